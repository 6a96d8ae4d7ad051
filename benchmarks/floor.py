"""Run `floor.sql` on the raw files of a benchmark and the warehouse built from them.

    python benchmarks/floor.py <folder> <warehouse> <output>

The output is a DuckDB file with the table `customer_segments`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder that generate.py wrote")
    parser.add_argument("warehouse", type=Path, help="file that dbt build wrote")
    parser.add_argument("output", type=Path, help="file to write")
    parser.add_argument("--memory-limit", default="8GB", help="of DuckDB")
    arguments = parser.parse_args()
    config = {
        "memory_limit": arguments.memory_limit,
        "threads": 2,
        "preserve_insertion_order": False,
    }
    with duckdb.connect(str(arguments.output), config=config) as connection:
        connection.execute(f"attach '{arguments.warehouse}' as warehouse (read_only)")
        connection.execute(f"set variable folder = '{arguments.folder}'")
        connection.execute(Path(__file__).with_suffix(".sql").read_text())


if __name__ == "__main__":
    main()
