"""Write one more day of the benchmark's log beside the files of `generate.py`.

    python benchmarks/next_day.py --customers 1000000 --folder build/benchmark/input

writes `<folder>/<table>/next_day.parquet`: a 365th more orders, visits and reviews, and
the customers who register on that day. Every value is a function of its row number, as
in the log, where rows go on to be numbered. Orders, visits and registrations are of the
day after the log; reviews go on where those of the log end and so come late.

With `--days-later` all of them happen so many days later. With `--change-records` the
files of the log are written anew, with another amount in one of a hundred past orders
and another income of one in twenty customers.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from math import ceil
from pathlib import Path
from typing import Final

import duckdb

from generate import (
    LOG_DAYS,
    ORDERS_PER_CUSTOMER,
    REGISTERED_BEFORE,
    REVIEWS_PER_CUSTOMER,
    VISITS_PER_CUSTOMER,
    customers_sql,
    macros,
    orders_sql,
    reviews_sql,
    visits_sql,
)

FILE: Final = "next_day.parquet"
# Of all events so many parts are one more day.
PARTS: Final = 365
# The columns that say when a row happened; a new customer was not updated yet.
MOMENTS: Final[Mapping[str, Mapping[str, str]]] = {
    "customers": {"registered_at": "registered_at", "updated_at": "registered_at"},
    "orders": {"ordered_at": "ordered_at"},
    "visits": {"visited_at": "visited_at"},
    "reviews": {"reviewed_at": "reviewed_at"},
}

# What is changed in the log: a column, and of how many records one has another value.
CHANGES: Final[Mapping[str, tuple[str, int]]] = {
    "customers": ("income", 20),
    "orders": ("amount", 100),
}


def next_rows(customers: int) -> dict[str, range]:
    """Return the numbers of the rows that the next day brings, by table.

    Args:
        customers: of the log.
    """
    # Who registers on that day, and no fewer than those whom its events may draw.
    registered = ceil(customers / ((REGISTERED_BEFORE + 1) * LOG_DAYS))
    rows = {"customers": range(customers, customers + registered)}
    for table, per_customer in (
        ("orders", ORDERS_PER_CUSTOMER),
        ("visits", VISITS_PER_CUSTOMER),
        ("reviews", REVIEWS_PER_CUSTOMER),
    ):
        first = per_customer * customers
        rows[table] = range(first, first + first // PARTS)
    return rows


def next_day_macros(customers: int) -> str:
    """Return the SQL of the functions of all tables, by which the log goes on.

    The time of an event of the log is what it was; the 365th part that follows takes
    one day.
    """
    of_log = macros(customers).replace("macro elapsed(", "macro elapsed_in_log(")
    return f"""
    {of_log}

    create macro elapsed(share) as
        case
            when share < 1 then elapsed_in_log(share)
            else 1 + (share - 1) * {PARTS / LOG_DAYS}
        end;
    """


def write_next_day(customers: int, folder: Path, days_later: int = 0) -> None:
    """Write a file with the rows of the next day into the folder of each table.

    Args:
        customers: of the log.
        folder: of the tables.
        days_later: than the day after the log.
    """
    orders = ORDERS_PER_CUSTOMER * customers
    queries = {
        "customers": customers_sql(customers),
        "orders": orders_sql(orders),
        "visits": visits_sql(VISITS_PER_CUSTOMER * customers),
        "reviews": reviews_sql(REVIEWS_PER_CUSTOMER * customers, orders),
    }
    with duckdb.connect() as connection:
        connection.execute(next_day_macros(customers))
        for table, rows in next_rows(customers).items():
            moments = ", ".join(
                f"{moment} + interval {days_later} day as {column}"
                for column, moment in MOMENTS[table].items()
            )
            connection.execute(
                "create or replace temp table row_numbers as "
                f"select range as row_number from range({rows.start}, {rows.stop})"
            )
            connection.execute(
                f"copy (select * replace ({moments}) from ({queries[table]})) "
                f"to '{folder / table / FILE}' (format parquet)"
            )


def change_records(folder: Path) -> None:
    """Write the files of the log anew with changed orders and customers.

    Files that other folders have too, as links, stay as they are there.

    Args:
        folder: of the tables.
    """
    for table, (column, records) in CHANGES.items():
        is_changed = f"hash({table[:-1]}_id) % {records} = 0"
        changed = f"if({is_changed}, coalesce({column}, 0) + 1, {column})"
        for file in sorted((folder / table).glob("part_*.parquet")):
            written = file.with_suffix(".changed")
            with duckdb.connect() as connection:
                connection.execute(
                    f"copy (select * replace ({changed} as {column}) from '{file}') "
                    f"to '{written}' (format parquet)"
                )
            written.replace(file)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description="Write one more day of the benchmark's log."
    )
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, required=True, help="of the tables")
    parser.add_argument("--days-later", type=int, default=0)
    parser.add_argument("--change-records", action="store_true")
    arguments = parser.parse_args()
    if arguments.change_records:
        change_records(arguments.folder)
    write_next_day(arguments.customers, arguments.folder, arguments.days_later)


if __name__ == "__main__":
    main()
