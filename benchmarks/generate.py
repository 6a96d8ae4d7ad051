"""Write raw benchmark data in the input contract as parquet files.

    python benchmarks/generate.py --customers 1000000 --output build/benchmark/1000000

writes `<output>/<table>/*.parquet` for customers, orders, visits and reviews, as a
company's lake would hold them: typed columns, events in the order in which they
happened, several files and row groups per table. Per million customers there are
ten million orders, twenty million visits and three million reviews over the two
years that end on 2025-12-31.

Every value is a function of its row number, so the same version of DuckDB writes the
same data each time, one bounded chunk after the other: memory does not grow with the
number of customers. How an event finds its customer without a join or a sort:

- Customers are numbered in the order of their registration, at a constant pace over the
  five years that end with the log. The customers who were registered at a given moment
  are therefore a range of numbers.
- The number of events a day grows with the number of registered customers, which is
  linear in time, so the moment of the n-th event is the root of a quadratic equation.
- A customer's number modulo 20 is its slot, and a group of customers is a run of
  slots. An event draws a slot by the group's share of all events, then two registered
  customers of that slot, and belongs to the one with the larger appetite. This gives
  different rates between groups and within each.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Final

import duckdb

ORDERS_PER_CUSTOMER: Final = 10
VISITS_PER_CUSTOMER: Final = 20
REVIEWS_PER_CUSTOMER: Final = 3
TABLES: Final = ("customers", "orders", "visits", "reviews")

MINIMUM_CUSTOMERS: Final = 1_000
ROWS_PER_FILE: Final = 5_000_000
MARKER: Final = "complete.json"
# Raise this when the same number of customers is to be written differently.
DATA_VERSION: Final = 1

LOG_STARTS: Final = "2024-01-01"
LOG_DAYS: Final = 731
# Registrations start three years before the log, whose two years are the unit of time.
REGISTERED_BEFORE: Final = 1.5
DAYS_TO_REVIEW: Final = 3


@dataclass(frozen=True)
class Group:
    """Customers who behave alike.

    Attributes:
        name: what one would call them; not in the data.
        slots: how many of the twenty slots, a twentieth of all customers each.
        order_share: their share of all orders.
        visit_share: their share of all visits.
        order_value: median amount of an order.
        conversion: probability that a visit converts.
        rating: mean rating before it is rounded to 1, ..., 5.
        stays: how long after registering they are active, in lengths of the log.
    """

    name: str
    slots: int
    order_share: float
    visit_share: float
    order_value: float
    conversion: float
    rating: float
    stays: float


FOREVER: Final = REGISTERED_BEFORE + 1.0
GROUPS: Final = (
    Group("champions", 1, 0.24, 0.16, 85.0, 0.60, 4.5, FOREVER),
    Group("loyal", 6, 0.47, 0.36, 50.0, 0.45, 4.2, FOREVER),
    Group("occasional", 7, 0.19, 0.26, 38.0, 0.25, 3.8, FOREVER),
    Group("lapsed", 4, 0.10, 0.10, 60.0, 0.30, 3.0, 0.4),
    Group("browsers", 1, 0.00, 0.12, 0.0, 0.00, 4.0, FOREVER),
    Group("silent", 1, 0.00, 0.00, 0.0, 0.00, 4.0, FOREVER),
)
SLOTS: Final = sum(group.slots for group in GROUPS)

FIRST_NAMES: Final = (
    "Ada Amir Ana Anton Asha Ben Carla Chen Clara Daniel Elif Emma Felix Grace Hana "
    "Hugo Ines Ivan Jana Jonas Kofi Lara Leo Lin Lucia Maria Mateo Mina Noah Nora "
    "Olga Omar Paul Priya Rosa Samir Sofia Tom Yara Zoe"
)
LAST_NAMES: Final = (
    "Adams Almeida Bauer Becker Bianchi Costa Diaz Dubois Evans Fischer Garcia Haddad "
    "Hansen Ito Jensen Jones Kim Klein Kowalski Kumar Larsen Lopez Martin Meyer Moreau "
    "Nguyen Novak Okafor Park Patel Petrov Rossi Santos Schmidt Silva Singh Smith "
    "Tanaka Weber Yilmaz"
)
CITIES: Final = {
    "Berlin": "DE",
    "Hamburg": "DE",
    "Munich": "DE",
    "Paris": "FR",
    "Lyon": "FR",
    "Madrid": "ES",
    "Valencia": "ES",
    "Milan": "IT",
    "Rome": "IT",
    "Lisbon": "PT",
    "London": "GB",
    "Leeds": "GB",
    "Vienna": "AT",
    "Warsaw": "PL",
    "Oslo": "NO",
    "New York": "US",
}


def macros(customers: int) -> str:
    """Return the SQL of the functions that all tables share.

    `uniform(row_number, purpose)` is a number in [0, 1) that depends on nothing else;
    purposes are below 64 and used by one column of one table each.
    `elapsed(share)` is the time by which that share of the events has happened, as a
    share of the log's length. `moment(time)` is the timestamp of such a time: whole
    seconds, by day, so later times never give earlier timestamps.
    `registered_by(time)` is the number of customers of a slot registered by then.
    """
    # Customers registered at time x: (before + x) / (before + 1). The events until x
    # are its integral, whose root this is once divided by the integral until 1.
    before = REGISTERED_BEFORE
    return f"""
    create macro uniform(row_number, purpose) as
        (hash(row_number * 64 + purpose) >> 11) / {2.0**53};

    create macro elapsed(share) as
        sqrt({before**2} + {1 + 2 * before} * share) - {before};

    create macro moment(time) as
        timestamp '{LOG_STARTS}' + to_seconds(
            floor(time * {LOG_DAYS}) * 86400
            + floor(7 * 3600 + 16 * 3600
                * (time * {LOG_DAYS} - floor(time * {LOG_DAYS})))
        );

    create macro registered_by(time) as
        cast(
            floor(greatest({before} + time, 0) / {before + 1} * {customers} / {SLOTS})
            as bigint
        );

    create macro normal(first, second) as
        sqrt(-2 * ln(1 - first)) * cos(2 * pi() * second);
    """


def pick(values: list[str], row_number: str, purpose: int) -> str:
    """Return the SQL that draws one of some texts."""
    listed = ", ".join(f"'{value}'" for value in values)
    return (
        f"([{listed}])"
        f"[1 + cast(floor(uniform({row_number}, {purpose}) * {len(values)}) as int)]"
    )


def by_slot(values: list[float]) -> str:
    """Return the SQL that looks one number per group up by the column `customer`."""
    spread = [
        str(value)
        for group, value in zip(GROUPS, values, strict=True)
        for _ in range(group.slots)
    ]
    return f"([{', '.join(spread)}])[1 + customer % {SLOTS}]"


def slot_of(draw: str, shares: list[float]) -> str:
    """Return the SQL of the slot that a uniform draw falls into.

    Args:
        draw: SQL of a number in [0, 1).
        shares: for each group, its share of the events; they add up to 1.
    """
    if abs(sum(shares) - 1) > 1e-9:
        raise ValueError(f"shares add up to {sum(shares)}, expected 1")
    cases = []
    first_slot = 0
    for group, share, upper in zip(GROUPS, shares, accumulate(shares), strict=True):
        if share > 0:
            last = group.slots - 1
            within = f"floor(({draw} - {upper - share}) / {share / group.slots})"
            cases.append(
                f"when {draw} < {upper} "
                f"then {first_slot} + greatest(0, least({last}, {within}))"
            )
        first_slot += group.slots
    # Rounding may leave the sum a hair below 1; the last group with events takes it.
    return f"case {' '.join(cases)} else {SLOTS - 3} end"


def drawn_customers(shares: list[float], first_purpose: int) -> str:
    """Return the CTEs that give each event of the CTE `events` its customer.

    They read the columns `event` (its number) and `time` (as a share of the log's
    length), use the purposes from `first_purpose` to `first_purpose + 2`, and end in
    the CTE `drawn` with the columns of `events` and the number `customer`.
    """
    stays = by_slot([group.stays for group in GROUPS]).replace("customer", "slot")
    return f"""
    slotted as (
        select
            *,
            uniform(event, {first_purpose}) as draw,
            cast({slot_of("draw", shares)} as bigint) as slot
        from events
    ),
    ranged as (
        select
            *,
            registered_by(time - {stays}) as lower_bound,
            registered_by(time) as upper_bound
        from slotted
    ),
    paired as (
        select
            *,
            {SLOTS} * (lower_bound + cast(floor(
                uniform(event, {first_purpose + 1}) * (upper_bound - lower_bound)
            ) as bigint)) + slot as one,
            {SLOTS} * (lower_bound + cast(floor(
                uniform(event, {first_purpose + 2}) * (upper_bound - lower_bound)
            ) as bigint)) + slot as other
        from ranged
    ),
    drawn as (
        select
            * exclude (draw, slot, lower_bound, upper_bound, one, other),
            case
                when uniform(one, 63) >= uniform(other, 63) then one else other
            end as customer
        from paired
    )
    """


def customers_sql(customers: int) -> str:
    """Return the query of one chunk of customers; `row_number` counts from zero."""
    return f"""
    with people as (
        select
            row_number,
            moment(
                row_number / {customers} * {REGISTERED_BEFORE + 1} - {REGISTERED_BEFORE}
            ) - interval 1 minute as registered_at,
            {pick(FIRST_NAMES.split(), "row_number", 48)} as first_name,
            {pick(LAST_NAMES.split(), "row_number", 49)} as last_name
        from row_numbers
    )
    select
        row_number + 1 as customer_id,
        first_name,
        last_name,
        lower(first_name) || '.' || lower(last_name) || '.' || customer_id
            || '@example.com' as email,
        '+1' || (2000000000 + customer_id) as phone,
        case when uniform(row_number, 50) >= 0.1 then
            date '1945-01-01' + cast(floor(uniform(row_number, 51) * 22600) as int)
        end as birth_date,
        case
            when uniform(row_number, 52) < 0.49 then 'female'
            when uniform(row_number, 52) < 0.97 then 'male'
            else 'other'
        end as gender,
        case when uniform(row_number, 53) >= 0.2 then
            round(36000 * exp(0.5 * normal(
                uniform(row_number, 54), uniform(row_number, 55)
            )), -2)
        end as income,
        {pick(list(CITIES), "row_number", 56)} as city,
        {pick(list(CITIES.values()), "row_number", 56)} as country,
        registered_at,
        registered_at + to_seconds(cast(floor(
            uniform(row_number, 57)
            * epoch(timestamp '2025-12-31 23:00:00' - registered_at)
        ) as bigint)) as updated_at,
        uniform(row_number, 58) < 0.55 as has_marketing_consent
    from people
    """


def orders_sql(orders: int) -> str:
    """Return the query of one chunk of orders."""
    return f"""
    with events as (
        select row_number as event, elapsed((row_number + 0.5) / {orders}) as time
        from row_numbers
    ),
    {drawn_customers([group.order_share for group in GROUPS], 0)}
    select
        event + 1 as order_id,
        customer + 1 as customer_id,
        moment(time) as ordered_at,
        round(
            {by_slot([group.order_value for group in GROUPS])}
            * (0.6 + 0.8 * uniform(customer, 62))
            * exp(0.6 * normal(uniform(event, 3), uniform(event, 4))),
            2
        ) as amount,
        case
            when uniform(event, 5) < 0.95 then 'completed'
            when uniform(event, 5) < 0.98 then 'returned'
            else 'cancelled'
        end as status,
        {pick(["web", "web", "app", "store"], "event", 6)} as channel
    from drawn
    """


def visits_sql(visits: int) -> str:
    """Return the query of one chunk of visits."""
    return f"""
    with events as (
        select row_number as event, elapsed((row_number + 0.5) / {visits}) as time
        from row_numbers
    ),
    {drawn_customers([group.visit_share for group in GROUPS], 16)}
    select
        event + 1 as visit_id,
        customer + 1 as customer_id,
        moment(time) as visited_at,
        {pick(["search", "direct", "email", "social"], "event", 19)} as channel,
        uniform(event, 20)
            < {by_slot([group.conversion for group in GROUPS])}
            * (0.5 + uniform(customer, 61)) as has_converted
    from drawn
    """


def reviews_sql(reviews: int, orders: int) -> str:
    """Return the query of one chunk of reviews.

    A review is written three days after its order, by the customer of that order.
    """
    # No order of the last days is reviewed: its review would be after the log's end.
    # One in `stride` of the others is, in the order of the orders.
    reviewable = orders * (1 - 2 * DAYS_TO_REVIEW / LOG_DAYS)
    stride = reviewable / reviews
    return f"""
    with chosen as (
        select
            row_number,
            cast(floor(
                (row_number + uniform(row_number, 32)) * {stride}
            ) as bigint) as event
        from row_numbers
    ),
    events as (
        select row_number, event, elapsed((event + 0.5) / {orders}) as time from chosen
    ),
    {drawn_customers([group.order_share for group in GROUPS], 0)}
    select
        row_number + 1 as review_id,
        customer + 1 as customer_id,
        event + 1 as order_id,
        cast(greatest(1, least(5, round(
            {by_slot([group.rating for group in GROUPS])}
            + 1.2 * (uniform(customer, 60) - 0.5)
            + 2.0 * (uniform(row_number, 33) - 0.5)
        ))) as integer) as rating,
        moment(time) + interval {DAYS_TO_REVIEW} day as reviewed_at
    from drawn
    """


def write_table(
    connection: duckdb.DuckDBPyConnection, query: str, rows: int, folder: Path
) -> None:
    """Write a table of `rows` rows as files of at most `ROWS_PER_FILE` rows.

    Args:
        connection: has the table `chunk` with the numbers below `ROWS_PER_FILE`.
        query: reads the column `row_number` of a relation `row_numbers`.
        rows: number of rows of the table.
        folder: is emptied first.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, first in enumerate(range(0, rows, ROWS_PER_FILE)):
        size = min(ROWS_PER_FILE, rows - first)
        connection.execute(
            f"""
            create or replace temp view row_numbers as
            select number + {first} as row_number from chunk where number < {size}
            """
        )
        connection.execute(
            f"copy ({query}) to '{folder}/part_{number:04d}.parquet' (format parquet)"
        )


def generate(customers: int, output: Path, memory_limit: str = "4GB") -> bool:
    """Write the four tables for a number of customers, unless they are there already.

    Args:
        customers: at least `MINIMUM_CUSTOMERS`.
        output: folder of the tables; its marker file says what it holds.
        memory_limit: of DuckDB.

    Returns:
        Whether anything was written.

    Raises:
        ValueError: too few customers for every slot to be inhabited from the start.
    """
    if customers < MINIMUM_CUSTOMERS:
        raise ValueError(
            f"customers is {customers}, expected at least {MINIMUM_CUSTOMERS}"
        )
    marker = output / MARKER
    content = {"customers": customers, "data_version": DATA_VERSION}
    if marker.exists() and json.loads(marker.read_text()) == content:
        return False

    orders = ORDERS_PER_CUSTOMER * customers
    visits = VISITS_PER_CUSTOMER * customers
    reviews = REVIEWS_PER_CUSTOMER * customers
    tables = {
        "customers": (customers, customers_sql(customers)),
        "orders": (orders, orders_sql(orders)),
        "visits": (visits, visits_sql(visits)),
        "reviews": (reviews, reviews_sql(reviews, orders)),
    }
    output.mkdir(parents=True, exist_ok=True)
    marker.unlink(missing_ok=True)
    with duckdb.connect(config={"memory_limit": memory_limit}) as connection:
        connection.execute(macros(customers))
        # A table, unlike the function range(), is read by all threads.
        connection.execute(
            "create temp table chunk as "
            f"select range as number from range({ROWS_PER_FILE})"
        )
        for table, (rows, query) in tables.items():
            started = time.perf_counter()
            write_table(connection, query, rows, output / table)
            size = sum(file.stat().st_size for file in (output / table).iterdir())
            print(
                f"{table}: {rows:,} rows, {size / 1e6:,.0f} MB, "
                f"{time.perf_counter() - started:.1f} s",
                flush=True,
            )
    marker.write_text(json.dumps(content) + "\n")
    return True


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description="Write raw benchmark data in the input contract as parquet files."
    )
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--output", type=Path, required=True, help="folder of tables")
    parser.add_argument("--memory-limit", default="4GB", help="of DuckDB")
    arguments = parser.parse_args()
    if not generate(arguments.customers, arguments.output, arguments.memory_limit):
        print(f"{arguments.output} already holds {arguments.customers:,} customers")


if __name__ == "__main__":
    main()
