"""Compute lifetime value once more, alone, on a warehouse that `run.py` has built.

    python benchmarks/lifetime_value.py --customers 1000000

prints the time of each of its models, and how many rows Python read.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from measuring import BENCHMARKS, Measurement, markdown, results, run_dbt

# From purchase days to what every customer is expected to spend. The features are on
# the way, but are not there for lifetime value alone.
LIFETIME_VALUE: Final = "int_customer_repeat_purchases+,+customer_lifetime_value"
NOT_LIFETIME_VALUE: Final = "customer_features"
# All that Python reads for it.
READ_BY_PYTHON: Final = ("int_lifetime_value_training", "int_lifetime_value_pairs")


def count_rows(warehouse: Path, tables: Sequence[str]) -> int:
    """Return the number of rows of all these tables together."""
    # Imported after everything is measured: see run.py.
    import duckdb

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        counts = [
            connection.execute(
                f"select count(*) from main_internal.{table}"
            ).fetchall()[0][0]
            for table in tables
        ]
    return sum(map(int, counts))


def lifetime_value_nodes(target: Path, measurement: Measurement, rows: int) -> str:
    """Return a table of the models in the order in which they were built.

    Args:
        target: folder of the artifacts of dbt.
        measurement: of the whole process, dbt's start included.
        rows: that Python read.
    """
    built = [
        (
            datetime.fromisoformat(result["timing"][0]["started_at"]),
            datetime.fromisoformat(result["timing"][-1]["completed_at"]),
            result["unique_id"].rpartition(".")[2],
            float(result["execution_time"]),
        )
        for result in results(target)
        if result["unique_id"].startswith("model.")
    ]
    nodes = [[name, f"{seconds:.2f}"] for _, _, name, seconds in sorted(built)]
    first = min(started for started, _, _, _ in built)
    last = max(completed for _, completed, _, _ in built)
    together = (last - first).total_seconds()
    nodes.append(["from the first to the last", f"{together:.2f}"])
    return (
        f"{markdown(['lifetime value', 'seconds'], nodes)}\n\n"
        f"dbt took {measurement.seconds:.1f} s with its start, and "
        f"{measurement.peak_bytes / 1e9:.2f} GB at its peak; Python read {rows:,} rows."
    )


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path("build/benchmark"),
        help="of the raw files and the warehouse",
    )
    parser.add_argument("--memory-limit", default="8GB", help="of DuckDB")
    arguments = parser.parse_args()
    directory: Path = arguments.directory.resolve()
    warehouse = directory / f"warehouse_{arguments.customers}.duckdb"
    target = directory / f"lifetime_value_{arguments.customers}"
    alone = run_dbt(
        "run",
        [f"--select={LIFETIME_VALUE}", f"--exclude={NOT_LIFETIME_VALUE}"],
        project=BENCHMARKS.parent,
        folder=directory / str(arguments.customers),
        warehouse=warehouse,
        target=target,
        memory_limit=arguments.memory_limit,
    )
    rows = count_rows(warehouse, READ_BY_PYTHON)
    print(lifetime_value_nodes(target, alone, rows))


if __name__ == "__main__":
    main()
