"""Records in any dialect are read, or a stop says why they are not."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import ARTIFACTS, PROJECT, SCHEMAS, Warehouse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from segmentation.reading.malformed_lines import malformed_lines
from segmentation.reading.tables import BadInputError, RawTable, find_input
from segmentation.reading.text_files import open_file

COLUMNS = ["order_id", "customer_id", "ordered_at", "amount", "note", "channel"]
CONTRACT = ["order_id", "customer_id", "ordered_at", "amount", "status", "channel"]
PLACEHOLDER = "where_a_file_is_read"
# The same examples in every run; each is a file that is written and read.
settings.register_profile(
    "files",
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


# ---------------------------------------------------------------- files as they are


def count_records(path: Path, delimiter: str) -> int:
    """Count the records below the column names, as Python reads them."""
    with io.TextIOWrapper(open_file(str(path)), "utf-8-sig", newline="") as file:
        return sum(bool(row) for row in csv.reader(file, delimiter=delimiter)) - 1


def assert_every_record_is_read(paths: Sequence[Path]) -> None:
    connection = duckdb.connect()
    assert paths
    for path in paths:
        table = RawTable("any", f"(select * from read_csv('{path}'))")
        found = find_input(connection, table)
        [(count,)] = connection.execute(
            f"select count(*) from {found.relation}"
        ).fetchall()

        expected = count_records(path, found.files[0].header.delimiter)

        assert count + len(malformed_lines(connection, table)) == expected, path


def test_every_record_of_the_seeds_is_read() -> None:
    assert_every_record_is_read(sorted((PROJECT / "seeds").rglob("*.csv")))


def test_every_record_of_the_public_data_is_read(shared_data: Path) -> None:
    assert_every_record_is_read(
        sorted([*shared_data.rglob("*.csv"), *shared_data.rglob("*.csv.gz")])
    )


# ---------------------------------------------------------------- files as they may be


@dataclass(frozen=True)
class Order:
    """A known order."""

    order_id: str
    customer_id: str
    ordered_at: datetime
    amount: Decimal
    note: str


@dataclass(frozen=True)
class Dialect:
    """How a file is written."""

    delimiter: str
    quotes_all: bool
    line_end: str
    has_mark: bool
    banner: str
    column_order: Sequence[str]
    date_format: str
    thousands: str
    decimal: str
    currency: str
    minus: str


orders = st.lists(
    st.builds(
        Order,
        st.from_regex(r"o[A-Za-z0-9#/_.-]{1,6}x", fullmatch=True),
        st.from_regex(r"c[0-9]{1,3}x", fullmatch=True),
        st.datetimes(datetime(1995, 1, 1), datetime(2024, 12, 31)).map(
            lambda time: time.replace(second=0, microsecond=0)
        ),
        st.decimals(-9_999_999, 9_999_999, places=2),
        st.text("ab ,;|\t\"'\r\né#", max_size=12),
    ),
    max_size=12,
    unique_by=lambda order: order.order_id,
)
dialects = st.builds(
    Dialect,
    delimiter=st.sampled_from(",;\t|"),
    quotes_all=st.booleans(),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    has_mark=st.booleans(),
    banner=st.sampled_from(["", "Orders of, 2024\n\n", '"All;\n\torders"\n']),
    column_order=st.permutations(COLUMNS),
    date_format=st.sampled_from(
        [
            "%Y-%m-%d %H:%M:%S",
            "%Y-%m-%dT%H:%M:%S+02:00",
            "%d/%m/%Y %H:%M",
            "%m/%d/%Y %I:%M %p",
            "%d.%m.%Y %H:%M:%S",
        ]
    ),
    thousands=st.sampled_from(["", " "]),
    decimal=st.sampled_from([".", ","]),
    currency=st.sampled_from(["", "€", "$", "EUR "]),
    minus=st.sampled_from(["-", "()"]),
)
# Of the 25th of a month nobody can take the day for the month.
DECISIVE = Order("o-1x", "c1x", datetime(2024, 5, 25), Decimal("1234567.89"), "")


def written(known: Sequence[Order], dialect: Dialect) -> str:
    """Write orders in a dialect."""
    records = [
        {
            "order_id": order.order_id,
            "customer_id": order.customer_id,
            "ordered_at": written_time(order.ordered_at, dialect),
            "amount": written_amount(order.amount, dialect),
            "note": order.note,
            "channel": "web",
        }
        for order in known
    ]
    lines = [
        dialect.delimiter.join(
            written_value(record[name], dialect) for name in dialect.column_order
        )
        for record in [{name: name for name in COLUMNS}, *records]
    ]
    banner = dialect.banner.replace("\n", dialect.line_end)
    text = banner + dialect.line_end.join([*lines, ""])
    return "\ufeff" * dialect.has_mark + text


def written_time(time: datetime, dialect: Dialect) -> str:
    """Write an instant of UTC, by the clocks of a place if the dialect names one."""
    is_ahead = dialect.date_format.endswith("+02:00")
    return (time + timedelta(hours=2 * is_ahead)).strftime(dialect.date_format)


def written_value(value: str, dialect: Dialect) -> str:
    """Write a value in quotes, if it needs any."""
    needs_quotes = any(sign in value for sign in f'{dialect.delimiter}"\r\n')
    if dialect.quotes_all or needs_quotes:
        return '"' + value.replace('"', '""') + '"'
    return value


def written_amount(amount: Decimal, dialect: Dialect) -> str:
    """Write an amount in a dialect."""
    digits = f"{abs(amount):,.2f}".replace(",", "t").replace(".", dialect.decimal)
    text = dialect.currency + digits.replace("t", dialect.thousands)
    if amount >= 0:
        return text
    return f"({text})" if dialect.minus == "()" else f"-{text}"


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def raw_table(folder: Path) -> RawTable:
    """Ask for the orders of a folder as the macros do."""
    needed = ["order_id", "customer_id"]
    return RawTable("orders", folder=str(folder), columns=CONTRACT, needed=needed)


@pytest.fixture(scope="module")
def cleaning(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The views that clean orders, over a view `where_a_file_is_read`.

    dbt compiles them once for one file; where its SQL reads the file, it then reads the
    view, which each example puts over a file of its own.
    """
    warehouse = Warehouse(tmp_path_factory.mktemp("cleaning"))
    landing = tmp_path_factory.mktemp("landing")
    (landing / "orders.csv").write_text(",".join(COLUMNS), encoding="utf-8")
    result = warehouse.run_dbt(
        ["compile", "--select", "+base_crm__orders"],
        {"crm_folder": str(landing), "crm_tables": ["orders"]},
        ARTIFACTS,
    )
    assert result.returncode == 0, result.stdout
    manifest = json.loads((warehouse.folder / "target" / "manifest.json").read_text())
    relation = find_input(duckdb.connect(), raw_table(landing)).relation
    assert relation is not None

    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'; attach ':memory:' as warehouse")
    connection.execute(
        f"use warehouse; create view {PLACEHOLDER} as select * from {relation}"
    )
    for schema in SCHEMAS:
        connection.execute(f"create schema if not exists {schema}")
    is_cleaning_read = False
    for node in in_order(manifest, "model.customer_segmentation.base_crm__orders"):
        name = f"{node['schema']}.{node['name']}"
        if node["resource_type"] == "seed":
            path = PROJECT / node["original_file_path"]
            query = f"from read_csv('{path}', all_varchar = true)"
            connection.execute(f"create table {name} as {query}")
        elif node["name"] != "int_malformed_lines":
            query = node["compiled_code"].replace(relation, PLACEHOLDER)
            is_cleaning_read |= query != node["compiled_code"]
            connection.execute(f"create view {name} as {query}")
    assert is_cleaning_read
    connection.execute(f"set search_path = '{','.join(SCHEMAS)}'")
    yield connection
    connection.close()


def in_order(manifest: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """The nodes that one is built from, and itself, each after those it needs."""
    done: set[str] = set()

    def visit(name: str) -> Iterator[dict[str, Any]]:
        if name in done or name not in manifest["nodes"]:
            return
        done.add(name)
        for parent in manifest["nodes"][name]["depends_on"].get("nodes", []):
            yield from visit(parent)
        yield manifest["nodes"][name]

    return visit(name)


@settings(settings.get_profile("files"), max_examples=200)
@given(known=orders, dialect=dialects)
def test_known_orders_are_read_from_a_file_in_any_dialect(
    cleaning: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    known: list[Order],
    dialect: Dialect,
) -> None:
    known = [DECISIVE, *known]
    text = written(known, dialect)
    (tmp_path / "orders.csv").write_bytes(text.encode())

    assert malformed_lines(cleaning, raw_table(tmp_path)) == []
    relation = find_input(cleaning, raw_table(tmp_path)).relation
    cleaning.execute(
        f"create or replace view {PLACEHOLDER} as select * from {relation}"
    )
    found = cleaning.execute(
        "select order_id, customer_id, ordered_at, amount from base_crm__orders "
        "where rejection_column is null order by order_id"
    ).fetchall()

    assert found == sorted(
        (order.order_id, order.customer_id, order.ordered_at, order.amount)
        for order in known
    )


@settings(settings.get_profile("files"), max_examples=200)
@given(
    known=orders,
    dialect=dialects,
    quotes=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=3),
)
def test_a_stray_quote_takes_no_order_away_without_a_word(
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    known: list[Order],
    dialect: Dialect,
    quotes: list[float],
) -> None:
    known = [DECISIVE, *known]
    text = written(known, dialect)
    names_end = len(written([], dialect))
    for quote in quotes:
        position = names_end + int(quote * (len(text) - names_end))
        text = text[:position] + '"' + text[position:]
    (tmp_path / "orders.csv").write_bytes(text.encode())

    try:
        listed = malformed_lines(connection, raw_table(tmp_path))
    except BadInputError:
        return
    relation = find_input(connection, raw_table(tmp_path)).relation
    [(count,)] = connection.execute(f"select count(*) from {relation}").fetchall()
    # A quote that ends a note of several lines early makes records of the rest.
    assert count + len(listed) >= len(known)
