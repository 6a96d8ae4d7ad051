"""Who never bought is segment 0, in every table, and no fit is made of them."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import BUT_THE_SAMPLE, Warehouse, from_fit_to, write_raw_tables

NAME = "No purchases on record"
ASSIGNMENTS = (
    "select observation_date, customer_id, segment_id, second_segment_id, distance, "
    "is_outlier from customer_segment_assignments"
)
FIRST_DAY = date(2024, 1, 1)
# One table each that has the segment, and the column by which it is named there.
TABLES_OF_SEGMENTS = (
    "segments",
    "segment_profiles",
    "segment_evaluation",
    "segment_rules",
    "segment_drift",
    "segment_scenarios",
    "segment_optimization",
    "segment_budget_allocation",
    "segment_category_affinity",
)


# ---------------------------------------------------------------- the sample


def first_purchases(warehouse: Warehouse) -> pd.Series:
    """The first purchase of each customer by the staged orders and nothing else.

    A completed order that is not negative, or a returned one of which is known both
    what was bought and what was given back.
    """
    orders = warehouse.frame(
        "select customer_id as source_customer_id, status, amount, refunded_amount, "
        "ordered_at from stg_crm__orders"
    )
    identities = warehouse.frame(
        "select source_customer_id, customer_id from customer_identities"
    )
    is_negative = orders["amount"].fillna(0) < 0
    is_purchase = (orders["status"] == "completed") & ~is_negative
    is_purchase |= (
        (orders["status"] == "returned")
        & ~is_negative
        & (orders["refunded_amount"].fillna(0) != 0)
    )
    purchases = orders[is_purchase].merge(identities, on="source_customer_id")
    first: pd.Series = purchases.groupby("customer_id")["ordered_at"].min()
    return first


def buyers_by_summary(warehouse: Warehouse, day: pd.Timestamp) -> set[str]:
    """Customers whose latest summary before a day says that they bought."""
    summaries = warehouse.frame(
        "select identities.customer_id, observed_on, total_order, total_purchase "
        "from stg_crm__customer_summaries as summaries "
        "inner join customer_identities as identities "
        "on summaries.customer_id = identities.source_customer_id "
        "order by observed_on"
    )
    known = summaries[pd.to_datetime(summaries["observed_on"]) < day]
    latest = known.groupby("customer_id").last()
    is_buyer = (latest["total_order"] > 0) | (latest["total_purchase"] > 0)
    return set(latest.index[is_buyer])


def test_segment_0_is_who_has_no_completed_order_before_the_date(
    sample_warehouse: Warehouse,
) -> None:
    first = first_purchases(sample_warehouse)
    assignments = sample_warehouse.frame(ASSIGNMENTS)
    sizes = []
    for day, assigned in assignments.groupby("observation_date"):
        bought = set(first.index[first < day]) | buyers_by_summary(
            sample_warehouse, day
        )
        expected = set(assigned["customer_id"]) - bought
        found = assigned[assigned["segment_id"] == 0]
        assert set(found["customer_id"]) == expected, day
        assert len(found) == len(expected), day
        assert found[["second_segment_id", "distance"]].isna().all(axis=None)
        assert not found["is_outlier"].any()
        assert assigned[assigned["segment_id"] != 0]["distance"].notna().all()
        sizes.append(len(expected))
    assert min(sizes) > 100
    assert len(set(sizes)) > 1


def test_the_number_of_segments_is_without_them(sample_warehouse: Warehouse) -> None:
    n_segments, training_rows = sample_warehouse.row(
        "select n_segments, training_rows from segmentation_versions where is_in_use"
    )
    buyers = sample_warehouse.row(
        "select count(*) from customer_features "
        "inner join int_observation_dates using (observation_date) "
        "where is_training and not is_never_buyer"
    )
    assert (training_rows,) == buyers
    assert sample_warehouse.rows(
        "select segment_id from segments where is_in_use order by segment_id"
    ) == [(number,) for number in range(n_segments + 1)]
    assert sample_warehouse.rows(
        "select distinct segment_id from segmentation_centroids order by segment_id"
    ) == [(number,) for number in range(1, n_segments + 1)]


@pytest.mark.parametrize("table", TABLES_OF_SEGMENTS)
def test_every_table_of_segments_has_it(
    sample_warehouse: Warehouse, table: str
) -> None:
    assert sample_warehouse.rows(
        f"select distinct segment_id, segment_name from {table} "
        f"where segment_id = 0 or segment_name = '{NAME}'"
    ) == [(0, NAME)]


def test_its_rule_is_sql_that_finds_it(sample_warehouse: Warehouse) -> None:
    [predicate] = sample_warehouse.row(
        "select predicate from segment_rules where segment_id = 0"
    )
    [found] = sample_warehouse.row(
        f"select count(*) from customer_features inner join customer_segments "
        f"using (observation_date, customer_id) where ({predicate}) = (segment_id = 0)"
    )
    assert (found,) == sample_warehouse.row("select count(*) from customer_segments")


def test_customers_leave_it_by_a_purchase_and_none_comes_back(
    sample_warehouse: Warehouse,
) -> None:
    moved = (
        "select coalesce(sum(customers), 0), count(*) from segment_migrations where {}"
    )
    left, _ = sample_warehouse.row(
        moved.format("from_segment_id = 0 and to_segment_id > 0")
    )
    assert left > 0
    assert sample_warehouse.row(
        moved.format("from_segment_id > 0 and to_segment_id = 0")
    ) == (0, 0)
    assert sample_warehouse.row(
        "select count(*) from customer_segments_history where segment_id = 0 "
        f"and segment_name = '{NAME}' and valid_to_date is not null"
    ) > (0,)


def test_every_baseline_gets_the_same_group(sample_warehouse: Warehouse) -> None:
    """And the rows of buyers are without it."""
    groups = sample_warehouse.frame(
        "select population, segmentation, group_number, sum(customers) as customers "
        "from int_backtest_groups group by all"
    )
    of_never_buyers = groups[groups["group_number"] == 0]
    assert set(of_never_buyers["segmentation"]) == set(groups["segmentation"])
    assert set(of_never_buyers["population"]) == {"customers"}
    assert of_never_buyers["customers"].nunique() == 1
    [(customers, buyers)] = sample_warehouse.rows(
        "select max(customers) filter (where population = 'customers'), "
        "max(customers) filter (where population = 'buyers') "
        "from segment_backtest where outcome = 'spend'"
    )
    assert customers - buyers == of_never_buyers["customers"].iloc[0]


def test_what_is_popular_is_recommended_to_them(sample_warehouse: Warehouse) -> None:
    assert sample_warehouse.rows(
        "select distinct reason from customer_recommendations where segment_id = 0"
    ) == [("popular",)]


# ---------------------------------------------------------------- a small input


def day(number: int) -> str:
    """The day so many days after the first one."""
    return (FIRST_DAY + timedelta(days=number)).isoformat()


BUYERS = [f"buyer_{number:02d}" for number in range(80)]
NEVER = {
    "only_registered": [],
    "only_open": ["pending"],
    "only_cancelled": ["cancelled", "cancelled"],
    "only_returned": ["returned"],
    "all_but_completed": ["pending", "cancelled", "returned"],
}


def small_input() -> dict[str, list[dict[str, Any]]]:
    """Buyers, the last two of whom bought late, and each kind who never bought."""
    random = np.random.default_rng(3)
    orders = [
        (customer, 20 + int(random.integers(340)), "completed")
        for number, customer in enumerate(BUYERS[:-2])
        for _ in range(1 + number % 7)
    ]
    orders += [(customer, 390, "completed") for customer in BUYERS[-2:]]
    orders += [
        (customer, 50 + 10 * number, status)
        for customer, states in NEVER.items()
        for number, status in enumerate(states)
    ]
    return {
        "customers": [
            {"customer_id": customer, "registered_at": day(number % 10)}
            for number, customer in enumerate([*BUYERS, *NEVER])
        ],
        "orders": [
            {
                "order_id": f"o{number:03d}",
                "customer_id": customer,
                "ordered_at": day(days),
                "amount": f"{5 + number % 40}.00",
                "status": status,
            }
            for number, (customer, days, status) in enumerate(orders)
        ],
    }


def build(
    folder: Path, tables: dict[str, list[dict[str, Any]]], **variables: Any
) -> Warehouse:
    """Build from a few records."""
    landing = folder / "landing"
    write_raw_tables(landing, tables)
    return Warehouse(folder).build_input(landing, list(tables), variables)


def segments_of(warehouse: Warehouse) -> dict[str, int]:
    """The segment of each customer on the current date."""
    return dict(warehouse.rows("select customer_id, segment_id from customer_segments"))


def states_of(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """What became of each segment id."""
    return warehouse.rows(
        "select segment_id, segment_name, identity_status, customers, is_in_use "
        "from segments order by segment_id"
    )


def test_open_cancelled_and_returned_orders_are_no_purchases(tmp_path: Path) -> None:
    tables = small_input()
    warehouse = build(tmp_path, tables, n_segments=2)
    segments = segments_of(warehouse)
    assert {c for c, segment in segments.items() if segment == 0} == set(NEVER)
    assert set(segments) == {*BUYERS, *NEVER}
    assert states_of(warehouse)[0] == (0, NAME, "first_fit", len(NEVER), True)
    before = warehouse.frame(ASSIGNMENTS)
    [training] = warehouse.row(
        "select observation_date from int_observation_dates where is_training"
    )
    on_training_date = before[before["observation_date"] == pd.Timestamp(training)]
    never = on_training_date[on_training_date["segment_id"] == 0]["customer_id"]
    bought = {
        order["customer_id"]
        for order in tables["orders"]
        if order["status"] == "completed" and order["ordered_at"] < str(training)
    }
    assert set(BUYERS[-2:]) <= set(BUYERS) - bought
    assert set(never) == {*NEVER, *BUYERS} - bought

    # A refit keeps the id, and gives it to nobody else.
    variables = {"crm_location": warehouse.files_in(tmp_path / "landing")}
    variables |= {"crm_tables": list(tables), "n_segments": 3, "refit": True}
    warehouse.build(*from_fit_to("segments", "customer_segments"), variables=variables)
    assert warehouse.row("select max(segmentation_version) from segments") == (2,)
    assert states_of(warehouse)[0] == (0, NAME, "kept", len(NEVER), True)
    assert {c for c, segment in segments_of(warehouse).items() if segment == 0} == set(
        NEVER
    )
    assert warehouse.row("select min(segment_id) from segmentation_registry") == (1,)


# ---------------------------------------------------------------- nothing to cluster


def test_few_buyers_are_one_segment_beside_it(tmp_path: Path) -> None:
    tables = small_input()
    few = BUYERS[:40]
    tables["customers"] = [
        row for row in tables["customers"] if row["customer_id"] in [*few, *NEVER]
    ]
    tables["orders"] = [
        row for row in tables["orders"] if row["customer_id"] in [*few, *NEVER]
    ]
    warehouse = build(tmp_path, tables, n_segments="auto")
    assert states_of(warehouse) == [
        (0, NAME, "first_fit", len(NEVER), True),
        (1, "All customers", "first_fit", len(few), True),
    ]


def test_nobody_has_bought(tmp_path: Path) -> None:
    """All is cancelled: one segment holds everybody, and the other nobody."""
    tables = small_input()
    for order in tables["orders"]:
        order["status"] = "cancelled"
    warehouse = build(tmp_path, tables)
    assert states_of(warehouse) == [
        (0, NAME, "first_fit", len(BUYERS) + len(NEVER), True),
        (1, "All customers", "first_fit", 0, True),
    ]


@pytest.mark.parametrize("registrations", [["", ""], [day(0), day(1)]])
def test_customers_alone(tmp_path: Path, registrations: list[str]) -> None:
    """Five thousand without any activity: one segment, and one sentence in the log.

    Two days of registration are two different customers, too few for any k.
    """
    customers = [
        {"customer_id": f"c{number:04d}", "registered_at": registrations[number % 2]}
        for number in range(5000)
    ]
    landing = tmp_path / "landing"
    write_raw_tables(landing, {"customers": customers})
    warehouse = Warehouse(tmp_path)
    result = warehouse.run_dbt(
        ["build", *BUT_THE_SAMPLE, "--exclude-resource-type", "unit_test"],
        {
            "crm_location": warehouse.files_in(landing),
            "crm_tables": ["customers"],
            "n_segments": "auto",
        },
    )
    assert result.returncode == 0, result.stdout[-4000:]
    log = result.stdout + result.stderr
    assert "Traceback" not in log
    assert log.count("they are one segment, All customers.") == 1
    assert states_of(warehouse) == [(1, "All customers", "first_fit", 5000, True)]
