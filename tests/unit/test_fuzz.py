"""The tool that makes random faults knows where they are and what they change."""

from copy import deepcopy

import pytest

from fuzz import FAULTS, FAULTY_TABLES, Faulty, Reading, otherwise_read, with_faults
from small_shop import KEYS, Records, read_shop


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
    before = Reading({"orders": orders}, spend, {}, "2025-09-30")
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
