"""Compare the tables that Spark built with those of DuckDB, on the same input.

    make build && make build-spark && .venv/bin/python tools/compare_engines.py

Of every public table that both have, numbers are the same to a millionth and all else
exactly. The exit status is 1 where a table differs.
"""

import argparse
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

# What differs from build to build on one engine as well.
OF_A_BUILD = {"build_id", "changed_at", "fitted_at"}
TOLERANCE = 1e-6


def difference(one: pd.DataFrame, other: pd.DataFrame) -> str | None:
    """Say what is different in two tables, in whatever order their rows are."""
    if set(one.columns) != set(other.columns):
        return f"columns: {sorted(set(one.columns) ^ set(other.columns))}"
    if len(one) != len(other):
        return f"{len(one)} rows on DuckDB, {len(other)} on Spark"
    columns = [name for name in one.columns if name not in OF_A_BUILD]
    numbers = [name for name in columns if one[name].dtype.kind == "f"]
    order = [name for name in columns if name not in numbers] + numbers
    tables = [
        table[columns]
        .fillna(dict.fromkeys(set(columns) - set(numbers), "(missing)"))
        .sort_values(order, ignore_index=True)
        for table in (one, other)
    ]
    differences = []
    for name in columns:
        first, second = tables[0][name], tables[1][name]
        if name in numbers:
            same = np.isclose(
                first, second, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True
            )
        else:
            same = np.asarray(first == second)
        if not same.all():
            row = int(np.argmin(same))
            differences.append(
                f"{name} in {int((~same).sum())} rows, such as {first[row]} and "
                f"{second[row]}"
            )
    return "; ".join(differences) or None


def read(connection: duckdb.DuckDBPyConnection, relation: str) -> pd.DataFrame:
    """Read a table with its columns as numbers, if they are, or as text."""
    types = connection.execute(f"describe select * from {relation}").fetchall()
    columns = [
        f'cast("{name}" as {"double" if is_number(type_) else "varchar"}) as "{name}"'
        for name, type_, *_ in types
    ]
    frame: pd.DataFrame = connection.execute(
        f"select {', '.join(columns)} from {relation}"
    ).df()
    return frame


def is_number(type_: str) -> bool:
    """Whether an SQL type holds numbers."""
    return type_.startswith(("DECIMAL", "DOUBLE", "FLOAT")) or type_.endswith("INT")


def compare(database: Path, warehouse: Path) -> dict[str, str | None]:
    """Find what is different in each table of schema main that both engines have."""
    found = {}
    with duckdb.connect(database, read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        tables = connection.execute(
            "select table_name from information_schema.tables"
            " where table_schema = 'main' order by table_name"
        ).fetchall()
        for (name,) in tables:
            files = warehouse / "main.db" / name
            if any(files.glob("*.parquet")):
                found[name] = difference(
                    read(connection, f"main.{name}"),
                    read(connection, f"read_parquet('{files}/*.parquet')"),
                )
    return found


def main() -> int:
    """Print what is different in each table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--database", type=Path, default="build/warehouse.duckdb")
    parser.add_argument("--warehouse", type=Path, default="build/spark/warehouse")
    arguments = parser.parse_args()
    found = compare(arguments.database, arguments.warehouse)
    for name, what in found.items():
        print(f"{name}: {what or 'the same'}")
    same = sum(what is None for what in found.values())
    print(f"{same} of {len(found)} tables are the same.")
    return 0 if found and same == len(found) else 1


if __name__ == "__main__":
    sys.exit(main())
