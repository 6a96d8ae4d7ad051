"""Data grow by a month without a refit: who changed segment, and why."""

from itertools import pairwise

import pandas as pd
import pytest
from conftest import NEW_CUSTOMER, USUAL_VARIABLES, Growth


@pytest.fixture(scope="module")
def after(growth: Growth) -> pd.DataFrame:
    """Segments after the month."""
    return growth.warehouse.frame("from customer_segments order by customer_id")


@pytest.fixture(scope="module")
def moved(growth: Growth, after: pd.DataFrame) -> pd.DataFrame:
    """Customers of both builds whose segment is another one, from the two tables."""
    both = growth.before.merge(after, on="customer_id", suffixes=("_before", "_after"))
    return both[both["segment_id_before"] != both["segment_id_after"]]


def test_the_month_brought_records_and_no_refit(
    growth: Growth, after: pd.DataFrame
) -> None:
    registry = growth.warehouse.rows("from segmentation_registry order by all")
    assert registry == growth.registry
    assert set(growth.before["observation_date"].dt.date) == {growth.start}
    assert set(after["observation_date"].dt.date) == {growth.end}


def test_every_change_is_listed_with_its_cause(
    growth: Growth, moved: pd.DataFrame
) -> None:
    """Who has a record dated in the month is asked of the records themselves."""
    in_month = f">= '{growth.start}' and"
    active = {
        customer
        for (customer,) in growth.warehouse.rows(
            "select customer_id from int_orders_unioned "
            f"where ordered_at {in_month} order_kind <> 'cancelled' "
            "union select customer_id from int_visits_unioned "
            f"where visited_at {in_month} true "
            "union select customer_id from int_reviews_unioned "
            f"where reviewed_at {in_month} true "
            "union select customer_id from int_customer_summaries_unioned "
            f"where observed_on {in_month} true"
        )
    }
    expected = {
        row.customer_id: (
            row.segment_id_before,
            row.segment_id_after,
            growth.start,
            growth.end,
            "new_records" if row.customer_id in active else "passage_of_time",
        )
        for row in moved.itertuples()
    }
    changes = {
        customer: change
        for customer, *change in growth.warehouse.rows(
            "select customer_id, from_segment_id, to_segment_id, "
            "from_observation_date, to_observation_date, cause "
            "from customer_segment_changes"
        )
    }
    assert {name: tuple(change) for name, change in changes.items()} == expected

    causes = pd.Series([cause for *_, cause in changes.values()]).value_counts()
    assert causes.sum() == len(moved)
    assert (causes.reindex(["new_records", "passage_of_time"]) > 5).all()


def test_sizes_reconcile(growth: Growth, after: pd.DataFrame) -> None:
    before = growth.before
    changes = growth.warehouse.frame("from customer_segment_changes")
    came, left = (
        frame[~frame["customer_id"].isin(other["customer_id"])]
        for frame, other in ((after, before), (before, after))
    )
    flows = pd.DataFrame(
        {
            "before": before["segment_id"].value_counts(),
            "moved_in": changes["to_segment_id"].value_counts(),
            "moved_out": changes["from_segment_id"].value_counts(),
            "new": came["segment_id"].value_counts(),
            "lost": left["segment_id"].value_counts(),
            "after": after["segment_id"].value_counts(),
        }
    ).fillna(0)
    reconciled = (
        flows["before"]
        + flows["moved_in"]
        - flows["moved_out"]
        + flows["new"]
        - flows["lost"]
    )
    assert list(reconciled) == list(flows["after"])
    assert set(came["customer_id"]) == {NEW_CUSTOMER}
    assert set(left["customer_id"]) == {growth.erased_customer}


def test_the_snapshot_has_both_builds(growth: Growth, after: pd.DataFrame) -> None:
    history = growth.warehouse.frame("from customer_segment_snapshot")
    now = history[history["dbt_valid_to"].isna()]
    then = history[history["dbt_valid_from"] == history["dbt_valid_from"].min()]
    columns = ["customer_id", "segment_id", "segmentation_version"]
    without_erased = growth.before[
        growth.before["customer_id"] != growth.erased_customer
    ]
    for rows, expected in ((now, after), (then, without_erased)):
        pd.testing.assert_frame_equal(
            rows[columns].sort_values("customer_id", ignore_index=True),
            expected[columns].reset_index(drop=True),
        )


def test_the_history_is_in_observation_dates(
    growth: Growth, after: pd.DataFrame
) -> None:
    history = growth.warehouse.frame(
        "from customer_segments_history order by customer_id, valid_from_date"
    )
    for day, expected in ((growth.start, growth.before), (growth.end, after)):
        on_that_day = history[
            (history["valid_from_date"] <= pd.Timestamp(day))
            & ~(history["valid_to_date"] <= pd.Timestamp(day))
        ]
        segments = expected.set_index("customer_id")["segment_id"]
        assert on_that_day.set_index("customer_id")["segment_id"].to_dict() == (
            segments.drop(growth.erased_customer, errors="ignore").to_dict()
        )

    moved = history[history["valid_from_date"] == pd.Timestamp(growth.end)]
    assert NEW_CUSTOMER in set(moved["customer_id"])
    assert 1 < len(moved) < len(after)
    reconstructed = history[history["is_reconstructed"]]
    assert len(reconstructed) > 0
    assert (reconstructed["valid_from_date"] < pd.Timestamp(growth.start)).all()
    assert not (history["valid_from_date"] < pd.Timestamp(growth.start))[
        ~history["is_reconstructed"]
    ].any()


def test_every_order_has_the_segment_of_its_day(growth: Growth) -> None:
    """From the customer's first observation date on: before it there was no segment."""
    orders, found, segments = growth.warehouse.row(
        "with orders as ("
        "select customer_id, cast(ordered_at as date) as ordered_on "
        "from int_orders_unioned), "
        "starts as (select customer_id, min(valid_from_date) as first_date "
        "from customer_segments_history group by customer_id) "
        "select (select count(*) from orders join starts using (customer_id) "
        "where ordered_on >= first_date), count(*), count(distinct segment_id) "
        "from orders join customer_segments_history using (customer_id) "
        "where ordered_on >= valid_from_date "
        "and (valid_to_date is null or ordered_on < valid_to_date)"
    )
    assert orders > 1000
    assert found == orders
    assert segments == USUAL_VARIABLES["n_segments"] + 1


def test_migrations_add_up_on_both_sides(growth: Growth) -> None:
    """By counting customers one by one, between dates that one build scored."""
    assignments = growth.warehouse.frame(
        "select observation_date, customer_id, segment_id "
        "from customer_segment_assignments"
    )
    migrations = growth.warehouse.frame("from segment_migrations")
    dates = sorted(assignments["observation_date"].unique())
    assert len(dates) == 4

    counted = []
    for start, end in pairwise(dates):
        pairs = assignments[assignments["observation_date"] == start].merge(
            assignments[assignments["observation_date"] == end],
            on="customer_id",
            how="outer",
            suffixes=("_from", "_to"),
        )
        sizes = pairs.groupby(["segment_id_from", "segment_id_to"], dropna=False).size()
        counted += [
            (start, end, *(None if pd.isna(segment) else segment for segment in key), n)
            for key, n in sizes.items()
        ]
    found = [
        (
            row.from_observation_date,
            row.to_observation_date,
            None if pd.isna(row.from_segment_id) else row.from_segment_id,
            None if pd.isna(row.to_segment_id) else row.to_segment_id,
            row.customers,
        )
        for row in migrations.itertuples()
    ]
    assert set(found) == set(counted)
    assert len(found) == len(counted)
    assert [
        (row.days_between, row.is_complete_window)
        for row in migrations.drop_duplicates("from_observation_date")
        .sort_values("from_observation_date")
        .itertuples()
    ] == [(90, True), (90, True), ((dates[3] - dates[2]).days, False)]


def test_an_audience_is_told_who_came_and_who_left(
    growth: Growth, after: pd.DataFrame
) -> None:
    """The last row of each is how it is today, and nobody has a row for nothing."""
    changes = growth.warehouse.frame(
        "from segment_audience_changes order by customer_id, changed_at"
    )
    last = changes.groupby("customer_id").tail(1).set_index("customer_id")
    there = last[last["segment_id"].notna()]
    segments = after.set_index("customer_id")["segment_id"]
    contactable = growth.warehouse.frame("from int_contactable_customers")
    before = growth.before.set_index("customer_id")["segment_id"]
    before = before.drop(growth.erased_customer)

    assert dict(there["segment_id"].astype(int)) == dict(segments)
    assert set(there.index[there["is_contactable"]]) == set(
        contactable.loc[contactable["is_contactable"], "customer_id"]
    )
    assert 0.2 < there["is_contactable"].mean() < 0.8
    new = changes[changes["observation_date"].dt.date == growth.end]
    new = new.set_index("customer_id")
    came = {name for name, segment in segments.items() if before.get(name) != segment}
    left = {name for name, segment in before.items() if segments.get(name) != segment}
    assert set(new.index[new["has_entered"]]) == came
    assert set(new.index[new["has_left"]]) == left
    assert NEW_CUSTOMER in came
    assert len(came) > 20
    assert changes["build_id"].nunique() == 2
