"""Write one more day of the benchmark's log beside the files of `generate.py`.

    python benchmarks/next_day.py --customers 1000000 --folder build/benchmark/input

writes `<folder>/<table>/next_day.parquet`: a 365th more orders, visits and reviews, and
the customers who register on that day. Every value is a function of its row number, as
in the log, where rows go on to be numbered. Orders, visits and registrations are of the
day after the log; reviews go on where those of the log end and so come late.

With `--days-later` all of them happen so many days later.
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


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description="Write one more day of the benchmark's log."
    )
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, required=True, help="of the tables")
    parser.add_argument("--days-later", type=int, default=0)
    arguments = parser.parse_args()
    write_next_day(arguments.customers, arguments.folder, arguments.days_later)


if __name__ == "__main__":
    main()
