"""Empty tables, absent tables, customers who never did a thing: all of it builds."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import (
    Warehouse,
    read_raw_table,
    write_raw_tables,
)

CUSTOMER_TABLES = ("customers", "customer_features", "customer_segments")
ACTIVITIES = (
    "orders",
    "visits",
    "reviews",
    "campaign_contacts",
    "customer_summaries",
    "erasure_requests",
)
FIRST_DAY = date(2024, 1, 1)

Records = list[dict[str, Any]]


def day(number: int) -> str:
    """The day so many days after the first one."""
    return (FIRST_DAY + timedelta(days=number)).isoformat()


# Thirty customers who register one after the other. Nothing is known of c00 to c04
# but that they registered; c05 to c29 do something, each more often than the last.
SILENT = [f"c{number:02d}" for number in range(5)]
ACTIVE = [f"c{number:02d}" for number in range(5, 30)]
CUSTOMERS: Records = [
    {
        "customer_id": customer,
        "email": "" if customer in SILENT else f"{customer}@example.com",
        "birth_date": "" if customer in SILENT else f"{1960 + number}-05-17",
        "registered_at": day(number),
    }
    for number, customer in enumerate([*SILENT, *ACTIVE])
]
# Of the customer of that number, by turns.
EVENTS = [
    (customer, 30 + 11 * number + 30 * turn)
    for number, customer in enumerate(ACTIVE, start=1)
    for turn in range(1 + number // 3)
]
ORDERS: Records = [
    {
        "order_id": f"o{number:03d}",
        "customer_id": customer,
        "ordered_at": day(days),
        "amount": f"{10 + 7 * (number % 13)}.50",
    }
    for number, (customer, days) in enumerate(EVENTS)
]
ORDER_ITEMS: Records = [
    {
        "order_id": order["order_id"],
        "product_id": f"p{number % 3}",
        "quantity": "1",
        "unit_price": order["amount"],
        "customer_id": order["customer_id"],
        "ordered_at": order["ordered_at"],
    }
    for number, order in enumerate(ORDERS)
]
VISITS: Records = [
    {"visit_id": f"v{number:03d}", "customer_id": customer, "visited_at": day(days)}
    for number, (customer, days) in enumerate(EVENTS)
]
SUMMARIES: Records = [
    {
        "customer_id": customer,
        "total_purchase": f"{25 * number}.00",
        "total_order": str(number),
        "recency_days": str(7 * number),
    }
    for number, customer in enumerate(ACTIVE, start=1)
]
HEADERS = {
    "customers": CUSTOMERS[0],
    "orders": ORDERS[0],
    "order_items": {
        "order_id": "",
        "line_number": "",
        "product_id": "",
        "quantity": "",
    },
    "products": {"product_id": "", "category": ""},
    "visits": VISITS[0],
    "reviews": {"review_id": "", "customer_id": "", "rating": "", "reviewed_at": ""},
    "campaign_contacts": {"contact_id": "", "customer_id": "", "contacted_at": ""},
    "customer_summaries": SUMMARIES[0],
    "erasure_requests": {"customer_id": "", "requested_at": ""},
}


def build(
    folder: Path,
    tables: Mapping[str, Records],
    variables: Mapping[str, Any] | None = None,
) -> Warehouse:
    """Build from a few records. A table of none has a line of column names."""
    landing = folder / "landing"
    write_raw_tables(landing, {name: rows for name, rows in tables.items() if rows})
    for name, rows in tables.items():
        if not rows:
            header = ",".join(HEADERS[name])
            (landing / f"{name}.csv").write_text(f"{header}\n", encoding="utf-8")
    return Warehouse(folder).build_input(landing, list(tables), variables)


def customers_of(warehouse: Warehouse, table: str) -> list[str]:
    """The customers of a customer-grain table on the current date."""
    return [
        customer
        for (customer,) in warehouse.rows(
            f"select customer_id from {table} where observation_date = "
            "(select observation_date from int_observation_dates where is_current) "
            "order by customer_id"
        )
    ]


def assert_holds(warehouse: Warehouse, customers: Sequence[str]) -> None:
    """Some customers, and nobody else, are in every customer-grain table once."""
    for table in CUSTOMER_TABLES:
        assert customers_of(warehouse, table) == sorted(customers), table


def test_of_the_sample_nobody_is_lost_who_did_nothing(
    sample_warehouse: Warehouse,
) -> None:
    active = {
        record["customer_id"].strip().removesuffix(".0")
        for table in ACTIVITIES
        for record in read_raw_table(table)
    }
    silent = {
        record["customer_id"]
        for record in read_raw_table("customers")
        if not record["email"] and not record["birth_date"]
    } - active

    assert len(silent) >= 20
    for table in CUSTOMER_TABLES:
        found = customers_of(sample_warehouse, table)
        assert silent <= set(found), table
        assert len(found) == len(set(found)), table


def test_customer_who_did_nothing(tmp_path: Path) -> None:
    """Empty tables beside filled ones, and somebody of whom nothing at all is known."""
    nobody = {"customer_id": "c99", "email": "", "birth_date": "", "registered_at": ""}
    warehouse = build(
        tmp_path,
        {
            **{name: [] for name in HEADERS},
            "customers": [*CUSTOMERS, nobody],
            "orders": ORDERS,
        },
    )

    assert_holds(warehouse, [*SILENT, *ACTIVE, "c99"])
    assert (
        warehouse.rows(
            "select order_count, total_spend, visit_count, average_order_value, "
            "satisfaction, conversion_rate, age from customers "
            "where customer_id in ('c00', 'c99')"
        )
        == [(0, 0, 0, None, None, None, None)] * 2
    )
    assert warehouse.row(
        "select recency_days = tenure_days, tenure_days > 365 from customers "
        "where customer_id = 'c00'"
    ) == (True, True)
    assert warehouse.row("select sum(rows_in) from data_quality_summary") == (
        len(CUSTOMERS) + 1 + len(ORDERS),
    )


def test_orders_alone(tmp_path: Path) -> None:
    warehouse = build(tmp_path, {"orders": ORDERS})
    assert_holds(warehouse, ACTIVE)
    assert warehouse.row("select sum(order_count) from customers") == (len(ORDERS),)
    # Without a customers table nobody is unknown.
    assert warehouse.rows("from data_quality_issues") == []


def test_orders_with_an_empty_customers_table(tmp_path: Path) -> None:
    warehouse = build(tmp_path, {"customers": [], "orders": ORDERS})
    assert_holds(warehouse, ACTIVE)
    assert warehouse.rows(
        "select distinct entity, issue, action from data_quality_issues"
    ) == [("orders", "unknown_customer", "kept")]


def test_order_items_alone(tmp_path: Path) -> None:
    """Lines that say whose and when are the orders."""
    warehouse = build(tmp_path, {"order_items": ORDER_ITEMS})
    assert_holds(warehouse, ACTIVE)
    assert warehouse.row(
        "select sum(order_count), sum(total_spend) from customers"
    ) == (
        len(ORDERS),
        warehouse.row("select sum(quantity * unit_price) from stg_crm__order_items")[0],
    )


def test_customers_alone(tmp_path: Path) -> None:
    """Nobody ever did anything: they are one segment."""
    warehouse = build(tmp_path, {"customers": CUSTOMERS})
    assert_holds(warehouse, [*SILENT, *ACTIVE])
    assert warehouse.rows(
        "select feature_name, reason from feature_selection "
        "where configured_number is not null order by configured_number"
    ) == [
        ("trailing_spend", "the same for every customer"),
        ("trailing_order_count", "the same for every customer"),
        ("total_spend", "the same for every customer"),
        ("order_count", "the same for every customer"),
        ("average_order_value", "missing for more than 0.2 of customers"),
    ]
    assert warehouse.rows("select segment_name from segments where is_in_use") == [
        ("All customers",)
    ]


def test_customer_summaries_alone(tmp_path: Path) -> None:
    """The flat customer file stands in for every kind of activity."""
    warehouse = build(tmp_path, {"customer_summaries": SUMMARIES})
    assert_holds(warehouse, ACTIVE)
    assert warehouse.rows(
        "select customer_id, total_spend, order_count, recency_days "
        "from customers order by customer_id"
    ) == [
        (customer, 25 * number, number, 7 * number)
        for number, customer in enumerate(ACTIVE, start=1)
    ]


@pytest.mark.parametrize("absent", ["order_items", "visits"])
def test_one_table_absent(tmp_path: Path, absent: str) -> None:
    tables = {
        "customers": CUSTOMERS,
        "orders": ORDERS,
        "order_items": [
            {key: item[key] for key in ("order_id", "quantity", "unit_price")}
            for item in ORDER_ITEMS
        ],
        "visits": VISITS,
    }
    warehouse = build(
        tmp_path, {name: rows for name, rows in tables.items() if name != absent}
    )
    assert_holds(warehouse, [*SILENT, *ACTIVE])
    assert warehouse.row(
        "select sum(order_count), sum(visit_count) from customers"
    ) == (
        len(ORDERS),
        0 if absent == "visits" else len(VISITS),
    )


def test_tables_without_a_single_row(tmp_path: Path) -> None:
    """No customers are no segments, and nothing to fit."""
    warehouse = build(tmp_path, {name: [] for name in HEADERS})
    assert_holds(warehouse, [])
    assert warehouse.rows("from segmentation_registry") == []
