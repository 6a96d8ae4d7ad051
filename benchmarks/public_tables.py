"""Compare the public tables of a benchmark with those that are expected.

Leaving out a table would make a build faster, so `public_tables.csv` has the rows of
each of them, by number of customers. A table that is missing or smaller needs a line in
`docs/decisions.md` that names it and what it has now, such as

    `segment_rules` has 12 rows at 1 000 000 customers: ...
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

EXPECTED: Final = Path(__file__).with_suffix(".csv")
COLUMNS: Final = ("customers", "table_name", "row_count")


def count_public_tables(warehouse: Path) -> dict[str, int]:
    """Return the rows of each table and view that people query, by name."""
    # Imported after everything is measured: see run.py.
    import duckdb

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        names = connection.execute(
            "select table_name from information_schema.tables "
            "where table_schema = 'main' order by table_name"
        ).fetchall()
        return {
            name: int(
                connection.execute(f'select count(*) from main."{name}"').fetchall()[0][
                    0
                ]
            )
            for (name,) in names
        }


def read_expected(customers: int, file: Path = EXPECTED) -> dict[str, int]:
    """Return the rows that a number of customers makes, by table; {} if not known."""
    with file.open(newline="") as lines:
        return {
            line["table_name"]: int(line["row_count"])
            for line in csv.DictReader(lines)
            if int(line["customers"]) == customers
        }


def record(customers: int, tables: Mapping[str, int], file: Path = EXPECTED) -> None:
    """Write down the rows of a number of customers, in place of former ones."""
    replace_rows(file, COLUMNS, customers, tables.items())


def replace_rows(
    file: Path, columns: Sequence[str], customers: int, rows: Iterable[Sequence[Any]]
) -> None:
    """Write rows of a number of customers into a file, in place of former ones.

    Args:
        file: in which the number is the first column.
        columns: the names of all columns.
        customers: the number.
        rows: without it.
    """
    lines = [(customers, *row) for row in rows]
    if file.exists():
        with file.open(newline="") as former:
            _, *kept = csv.reader(former)
        lines += [
            (int(number), *row) for number, *row in kept if int(number) != customers
        ]
    lines.sort(key=lambda line: line[:2])
    with file.open("w", newline="") as output:
        writer = csv.writer(output, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(lines)


def losses(
    customers: int,
    expected: Mapping[str, int],
    found: Mapping[str, int],
    decisions: str,
) -> list[str]:
    """Say which tables are missing or smaller without a line in the decisions.

    Args:
        customers: of the benchmark.
        expected: rows by table.
        found: rows by table.
        decisions: the text of `docs/decisions.md`.
    """
    lines = decisions.splitlines()
    sentences = []
    for name, rows in expected.items():
        now = found.get(name, 0)
        decided = f"`{name}` has {spaced(now)} rows at {spaced(customers)} customers"
        is_decided = any(decided in line for line in lines)
        if is_decided or (name in found and now >= rows):
            continue
        what = f"has {spaced(now)} rows" if name in found else "is missing"
        sentences.append(
            f"the public table {name} {what}; expected at least {spaced(rows)} rows, "
            f'or a line in docs/decisions.md with "{decided}"'
        )
    return sentences


def spaced(number: int) -> str:
    """Write a number as the documentation does."""
    return f"{number:,}".replace(",", " ")
