"""The tool that makes random faults knows where they are and what they change."""

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from dbt.contracts.graph.manifest import Manifest

from fuzz import (
    FAULTS,
    FAULTY_TABLES,
    Faulty,
    Reading,
    decided_by_faults,
    otherwise_read,
    try_out,
    with_faults,
)
from small_shop import KEYS, Records, Workplace, read_shop


@pytest.fixture(scope="module")
def shop() -> dict[str, Records]:
    return read_shop()


def test_the_shop_is_a_part_of_the_sample_whose_records_belong_together(
    shop: dict[str, Records],
) -> None:
    customers = {record["customer_id"] for record in shop["customers"]}
    orders = {record["order_id"] for record in shop["orders"]}
    assert 250 < len(customers) < 350
    assert {record["order_id"] for record in shop["order_items"]} <= orders
    assert len({record["customer_id"] for record in shop["orders"]} & customers) > 150


def test_the_faults_of_a_number_are_always_the_same(shop: dict[str, Records]) -> None:
    before = deepcopy(shop)
    assert with_faults(shop, 7) == with_faults(shop, 7)
    assert with_faults(shop, 7) != with_faults(shop, 8)
    assert shop == before


@pytest.mark.parametrize("number", range(20))
def test_what_has_no_fault_is_known(shop: dict[str, Records], number: int) -> None:
    faulty = with_faults(shop, number)
    assert faulty.counts.total() > 0
    assert set(faulty.counts) <= {*FAULTS, "repeated", "removed"}
    for table, keys in KEYS.items():
        touched = faulty.touched.get(table, set())
        assert not touched or table in FAULTY_TABLES
        before, after = (
            [
                record
                for record in records
                if tuple(record[key].strip() for key in keys) not in touched
            ]
            for records in (shop[table], faulty.shop[table])
        )
        assert before == after


def test_a_record_without_a_fault_that_is_read_otherwise_is_found() -> None:
    orders = {("1",): {"one"}, ("2",): {"two"}}
    spend = {"a": "1.00", "b": "2.00"}
    before = Reading({"orders": orders}, spend, {}, "2025-09-30", {})
    faulty = Faulty({}, {"orders": {("1",)}}, {"a"})

    after = deepcopy(before)
    after.records["orders"][("1",)] = {"other"}
    after.spend["a"] = "9.00"
    assert otherwise_read(before, after, faulty) == []

    after.records["orders"][("2",)] = {"two", "other"}
    del after.spend["b"]
    assert otherwise_read(before, after, faulty) == [
        "orders: 1 such as ('2',)",
        "spend of 1 such as b",
    ]


def reading(order: str, styles: dict[str, tuple[bool | None, bool | None]]) -> Reading:
    """What a build made of one order of customer a."""
    return Reading(
        {"orders": {("1",): {order}}}, {"a": "1.00"}, {}, "2025-09-30", styles
    )


def test_what_faults_decided_of_columns_is_said_by_vars() -> None:
    before = {
        "orders.ordered_at": (None, None),
        "orders.updated_at": (True, None),
        "orders.amount": (None, None),
        "orders.tax_amount": (None, True),
        "orders.refunded_amount": (None, None),
        "visits.visited_at": (False, None),
    }
    after = before | {
        "orders.ordered_at": (False, None),
        "orders.updated_at": (None, None),
        "orders.amount": (None, True),
        "orders.tax_amount": (None, None),
    }
    assert decided_by_faults(reading("", before), reading("", before)) == {}
    assert decided_by_faults(reading("", before), reading("", after)) == {
        "date_orders": {
            "orders.ordered_at": "month_first",
            "orders.updated_at": "day_first",
        },
        "decimal_separators": {
            "orders.amount": "comma",
            "orders.tax_amount": "point",
        },
    }


class ToldWorkplace(Workplace):
    """A workplace whose builds succeed and account for every record."""

    def remove_warehouse(self) -> None:
        """There is none."""

    def write(self, shop: Mapping[str, Records]) -> None:
        """Nobody reads the raw tables."""

    def parse(self, variables: Mapping[str, Any] | None = None) -> None:
        """Remember the vars."""
        self.manifests.append((Manifest(), variables or {}))

    def build(self, *_: str) -> tuple[int | None, str]:
        """Say that all went well."""
        return 0, "Done."

    def rows(self, _: str) -> list[tuple[Any, ...]]:
        """Of no raw table."""
        return []


@pytest.mark.parametrize(
    ("as_decided", "outcome"),
    [
        ("in June", "built, all accounted for, by columns that faults decided"),
        ("in May", "FAULT: records without a fault were read otherwise"),
    ],
)
def test_a_column_that_faults_decided_is_compared_with_one_that_a_var_decides(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, as_decided: str, outcome: str
) -> None:
    column = "orders.ordered_at"
    workplace = ToldWorkplace(tmp_path)
    workplace.parse()
    readings = iter(
        [
            reading("in June", {column: (False, None)}),
            reading(as_decided, {column: (False, None)}),
        ]
    )
    variables: list[Mapping[str, Any]] = []

    def next_reading(of: Workplace) -> Reading:
        variables.append(of.manifests[-1][1])
        return next(readings)

    monkeypatch.setattr(Reading, "of", next_reading)
    before = reading("in May", {column: (None, None)})

    found, sentences = try_out(workplace, {}, Faulty({}), before)

    assert found == outcome
    assert variables == [{}, {"date_orders": {column: "month_first"}}]
    # The next number is built without the vars of this one.
    assert [given for _, given in workplace.manifests] == [{}]
    if not outcome.startswith("FAULT"):
        assert sentences == [f"{column}: month_first"]


def test_a_record_that_no_column_explains_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    style = {"orders.ordered_at": (True, None)}
    monkeypatch.setattr(Reading, "of", lambda _: reading("in June", style))

    found, sentences = try_out(
        ToldWorkplace(tmp_path), {}, Faulty({}), reading("in May", style)
    )

    assert found == "FAULT: records without a fault were read otherwise"
    assert sentences == ["orders: 1 such as ('1',)"]
