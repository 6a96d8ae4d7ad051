"""Recommendations and affinities, worked out again from order items with pandas."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import Warehouse
from scipy.stats import norm

WAREHOUSES = ["sample_warehouse", "households"]
RECOMMENDATIONS = 5
# The default of the vars.
MINIMUM_CELL_SIZE = 5
MINIMUM_RELIABLE_CUSTOMERS = 30


@pytest.fixture(params=WAREHOUSES)
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    """The sample, then the households."""
    result: Warehouse = request.getfixturevalue(request.param)
    return result


def observation(warehouse: Warehouse, role: str) -> pd.Series:
    """The current or the training date."""
    [(_, date)] = warehouse.frame(
        f"select * from int_observation_dates where is_{role}"
    ).iterrows()
    return date


def purchases(warehouse: Warehouse) -> pd.DataFrame:
    """Each day on which a customer bought an item, which is `<kind> <name>`."""
    lines = warehouse.frame(
        "select orders.customer_id, orders.ordered_at, product_id, category "
        "from int_order_items_unioned "
        "inner join int_orders_unioned as orders using (order_id) "
        "left join int_products_unioned using (product_id) "
        "where orders.order_kind = 'order' and product_id is not null "
        "and coalesce(quantity, 1) > 0"
    )
    lines["day"] = lines["ordered_at"].dt.normalize()
    lines["item"] = ("category " + lines["category"]).fillna(
        "product " + lines["product_id"]
    )
    return lines[["customer_id", "day", "item"]].drop_duplicates()


def assigned(warehouse: Warehouse, date: pd.Timestamp) -> pd.Series:
    """The segment of each customer of a date."""
    return warehouse.frame(
        "select customer_id, segment_id from customer_segment_assignments "
        f"where observation_date = '{date:%Y-%m-%d}' order by customer_id"
    ).set_index("customer_id")["segment_id"]


def recommended(
    days: pd.DataFrame, date: pd.Series, segments: pd.Series
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each customer, with what is recommended and what most customers buy."""
    before = days[days["day"] < date["observation_date"]]
    window = before[before["day"] >= date["trailing_start_date"]]
    bought = window.drop_duplicates(["customer_id", "item"])
    buyers = bought["item"].value_counts()
    buyers = buyers[buyers >= MINIMUM_CELL_SIZE]
    popular = sorted(buyers.index, key=lambda item: (-buyers[item], item))
    shares = buyers / bought["customer_id"].nunique()
    of_segment = {}
    for segment_id, customers in segments.groupby(segments):
        inside = bought["customer_id"].isin(customers.index)
        own_buyers = bought.loc[inside, "item"].value_counts()
        scores = own_buyers.reindex(buyers.index, fill_value=0) + (
            MINIMUM_RELIABLE_CUSTOMERS * shares
        )
        scores = scores.round(6)
        of_segment[segment_id] = sorted(
            buyers.index, key=lambda item, scores=scores: (-scores[item], item)
        )
    recent = window.groupby("customer_id")["item"].agg(set).to_dict()
    counts = {
        customer: items.value_counts().to_dict()
        for customer, items in before.groupby("customer_id")["item"]
    }
    for customer, segment_id in segments.items():
        count, known = counts.get(customer, {}), recent.get(customer, set())
        # sorted() keeps the order of equal counts, which is that of the segment.
        own_first = sorted(
            (item for item in of_segment[segment_id] if item not in known),
            key=lambda item, count=count: -count.get(item, 0),
        )
        new = [item for item in popular if item not in known]
        yield customer, own_first[:RECOMMENDATIONS], new[:RECOMMENDATIONS]


def test_own_items_are_first_by_how_often_they_were_bought(
    warehouse: Warehouse,
) -> None:
    date = observation(warehouse, "current")
    segments = assigned(warehouse, date["observation_date"])
    consent = warehouse.frame(
        "select customer_id, has_marketing_consent from customers"
    ).set_index("customer_id")["has_marketing_consent"]
    agreed = set(consent.index[consent.fillna(value=False).astype(bool)])
    if consent.isna().all():
        agreed = set(segments.index)
    expected = {
        customer: own_first
        for customer, own_first, _ in recommended(purchases(warehouse), date, segments)
        if own_first and customer in agreed
    }
    published = warehouse.frame(
        "select * from customer_recommendations "
        "order by customer_id, recommendation_rank"
    )
    published["item"] = published["item_kind"] + " " + published["item"]
    assert published.groupby("customer_id")["item"].agg(list).to_dict() == expected
    assert {"repurchase", "popular"} == set(published["reason"])


def test_nothing_is_recommended_without_consent(
    sample_warehouse: Warehouse, households: Warehouse
) -> None:
    consents = dict(
        sample_warehouse.rows(
            "select coalesce(cast(has_marketing_consent as text), 'unknown'), count(*) "
            "from customer_recommendations inner join customers using (customer_id) "
            "group by all"
        )
    )
    assert set(consents) == {"true"}
    # The sample has customers of every kind; no household was ever asked.
    asked = "select count(distinct has_marketing_consent) from customers"
    assert sample_warehouse.row(asked) == (2,)
    assert households.row(asked) == (0,)
    recommended_to = "select count(distinct customer_id) from customer_recommendations"
    assert households.row(recommended_to) == households.row(
        "select count(*) from customer_segments"
    )
    is_required = "select is_consent_required from data_quality_columns " + (
        "where column_name = 'has_marketing_consent'"
    )
    assert sample_warehouse.rows(is_required) == [(True,)]
    assert households.rows(is_required) == [(False,)]


def test_consent_that_is_not_required_is_not_asked_for(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    copy = sample_warehouse.copy_to(tmp_path)
    result = copy.run_dbt(
        [
            *["build", "--exclude-resource-type", "unit_test", "--select"],
            *["int_contactable_customers", "int_ranked_recommendations"],
            *["customer_recommendations", "data_quality_columns"],
        ],
        {"require_consent": False},
    )
    assert result.returncode == 0, result.stdout[-4000:]
    assert "Consent to marketing is not required: all " in result.stdout
    assert "(var require_consent is false)." in result.stdout
    # A customer who bought every item in the window leaves none to recommend.
    assert copy.rows(
        "select customer_id from customer_segments "
        "anti join customer_recommendations using (customer_id)"
    ) == copy.rows(
        "select customer_id from int_customer_item_purchases "
        "inner join int_observation_dates using (observation_date) "
        "where is_current and window_purchases > 0 "
        "group by customer_id having count(*) = (select count(distinct item) "
        "from int_recommendable_items inner join int_observation_dates "
        "using (observation_date) where is_current)"
    )
    assert copy.rows(
        "select is_consent_required from data_quality_columns "
        "where column_name = 'has_marketing_consent'"
    ) == [(False,)]


def test_hits_are_those_of_a_plain_loop(warehouse: Warehouse) -> None:
    date = observation(warehouse, "training")
    segments = assigned(warehouse, date["observation_date"])
    days = purchases(warehouse)
    outcome = days[
        (days["day"] >= date["observation_date"])
        & (days["day"] < date["outcome_end_date"])
    ]
    after = outcome.groupby("customer_id")["item"].agg(set).to_dict()
    hits: dict[str, list[tuple[bool, int, int]]] = {
        "purchase_frequency": [],
        "overall_popularity": [],
    }
    for customer, *lists in recommended(days, date, segments):
        for counted, items in zip(hits.values(), lists, strict=True):
            # Who never bought is no customer to learn from, nor to be judged by.
            if items and segments[customer] > 0:
                bought = after.get(customer, set())
                counted.append((bool(bought), len(items), len(bought & set(items))))

    published = warehouse.frame("select * from recommendation_backtest").set_index(
        "recommender"
    )
    assert set(published.index) == set(hits)
    for recommender, counted in hits.items():
        row = published.loc[recommender]
        buyers, items, hit = np.array(counted).T
        assert row["customers"] == len(counted)
        assert row["buyers"] == buyers.sum()
        assert row["recommendations"] == items.sum()
        assert row["hits"] == hit.sum()
        assert row["customers_with_hit"] == (hit > 0).sum()
    assert (
        published["hit_rate"].idxmax() == published.index[published["is_best"]].item()
    )


def test_affinities_are_shares_of_purchases(warehouse: Warehouse) -> None:
    """What each customer adds to the error of a lift is added up here by customer."""
    date = observation(warehouse, "current")
    segments = assigned(warehouse, date["observation_date"])
    days = purchases(warehouse)
    window = days[
        (days["day"] >= date["trailing_start_date"])
        & (days["day"] < date["observation_date"])
    ]
    bought = (
        pd.crosstab(window["customer_id"], window["item"])
        .reindex(segments.index, fill_value=0)
        .astype(float)
    )
    # What too few of a segment bought is in no sum.
    bought = bought.where(
        (bought > 0).groupby(segments.to_numpy()).transform("sum") >= MINIMUM_CELL_SIZE,
        0.0,
    )
    total = bought.sum(axis=1)
    published = warehouse.frame("select * from segment_category_affinity")
    published["item"] = published["item_kind"] + " " + published["item"]
    assert len(published) == segments.nunique() * bought.shape[1]
    overall = bought.sum() / total.sum()
    quantile = norm.ppf(0.975)
    for segment_id, rows in published.groupby("segment_id"):
        inside = (segments == segment_id).to_numpy()
        own = bought[inside]
        share = own.sum() / total[inside].sum()
        buyers = (own > 0).sum()
        for row in rows.itertuples():
            key = row.item
            assert row.is_suppressed == (buyers[key] < MINIMUM_CELL_SIZE)
            assert row.is_reliable == (buyers[key] >= MINIMUM_RELIABLE_CUSTOMERS)
            if row.is_suppressed:
                assert pd.isna([row.buyers, row.lift, row.purchases]).all()
                continue
            lift = share[key] / overall[key]
            y, x = bought[key].to_numpy(), total.to_numpy()
            added = inside * (y / y[inside].sum() - x / x[inside].sum()) - (
                y / y.sum() - x / x.sum()
            )
            error = np.sqrt((added**2).sum())
            assert row.buyers == buyers[key]
            assert row.purchases == own[key].sum()
            assert [
                row.segment_purchase_share,
                row.overall_purchase_share,
                row.lift,
                row.lift_low,
                row.lift_high,
            ] == pytest.approx(
                [
                    share[key],
                    overall[key],
                    lift,
                    lift * np.exp(-quantile * error),
                    lift * np.exp(quantile * error),
                ],
                abs=2e-6,
                rel=1e-5,
            )


def test_no_segment_prefers_everything(warehouse: Warehouse) -> None:
    """However much a segment shops, more of one item is less of the others."""
    lifts = warehouse.frame(
        "select segment_id, min(lift) as lowest, max(lift) as highest, "
        "sum(segment_purchase_share) as shown, "
        "sum(lift * overall_purchase_share) as weighted "
        "from segment_category_affinity where not is_suppressed group by segment_id"
    )
    assert len(lifts) >= 2
    assert (lifts["lowest"] < 1).all()
    assert (lifts["highest"] > 1).all()
    # What is hidden is missing on both sides.
    assert np.allclose(lifts["weighted"], lifts["shown"], atol=1e-3)
    assert lifts["shown"].to_numpy() == pytest.approx(1, abs=1e-3)
