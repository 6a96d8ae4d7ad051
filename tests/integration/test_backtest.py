"""What is back-tested, recomputed from customers and items by other libraries."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import Warehouse
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import OneHotEncoder

WAREHOUSES = ["sample_warehouse", "households"]
TRAINING_DATE = "(select observation_date from int_observation_dates where is_training)"
OUTCOME_DATE = "(select outcome_end_date from int_observation_dates where is_training)"


@pytest.fixture(params=WAREHOUSES)
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    """The sample, then the households."""
    result: Warehouse = request.getfixturevalue(request.param)
    return result


def compared_customers(warehouse: Warehouse) -> pd.DataFrame:
    """Customers of the training date, and their spend in the next window."""
    return warehouse.frame(
        "select features.customer_id, assignments.segment_id, features.recency_days, "
        "features.order_count, cast(features.total_spend as double) as total_spend, "
        "cast(features.trailing_spend as double) as trailing_spend, "
        "cast(outcome.trailing_spend as double) as spend_after "
        "from customer_features as features "
        "inner join customer_segment_assignments as assignments "
        "using (observation_date, customer_id) "
        "inner join customer_features as outcome "
        "on features.customer_id = outcome.customer_id "
        f"and outcome.observation_date = {OUTCOME_DATE} "
        f"where features.observation_date = {TRAINING_DATE} "
        "order by features.customer_id"
    )


def cut(values: pd.Series, groups: int) -> pd.Series:
    """The group of equal size that a value falls in, 0 for the highest values."""
    customers_above = values.rank(method="min", ascending=False) - 1
    return customers_above * groups // len(values)


def segmentations(customers: pd.DataFrame) -> dict[str, pd.Series]:
    """The group of each customer, by way of dividing those who have bought."""
    has_bought = customers["segment_id"] > 0
    of_buyers = segmentations_of_buyers(customers[has_bought])
    # Who never bought is one group more.
    return {
        name: groups.reindex(customers.index, fill_value=-1)
        for name, groups in of_buyers.items()
    }


def segmentations_of_buyers(customers: pd.DataFrame) -> dict[str, pd.Series]:
    """The group of each customer who has bought."""
    segments = customers.groupby("segment_id")["total_spend"].agg(["mean", "size"])
    k = len(segments)
    sizes = segments.sort_values("mean", ascending=False)["size"]
    spend_above = customers["total_spend"].rank(method="min", ascending=False) - 1
    quintiles = (
        cut(-customers["recency_days"], 5)
        + cut(customers["order_count"], 5)
        + cut(customers["total_spend"], 5)
    )
    return {
        "segments": customers["segment_id"],
        "spend_quantiles": cut(customers["total_spend"], k),
        "trailing_spend_quantiles": cut(customers["trailing_spend"], k),
        "size_matched_spend_bands": pd.Series(
            np.searchsorted(sizes.cumsum(), spend_above, side="right"),
            index=customers.index,
        ),
        "rfm_grid": cut(-quintiles, k),
    }


def best_fifth_share(customers: pd.DataFrame, groups: pd.Series) -> float:
    """Spend after of the best fifth, everybody being an average of their group."""
    means = customers.groupby(groups)[["trailing_spend", "spend_after"]].transform(
        "mean"
    )
    best_first = means.sort_values("trailing_spend", ascending=False)["spend_after"]
    fifth = len(customers) / 5
    whole = int(fifth)
    spend = best_first[:whole].sum() + (fifth - whole) * best_first.iloc[whole]
    return float(spend / customers["spend_after"].sum())


def test_eta_squared_is_that_of_a_regression_on_the_groups(
    warehouse: Warehouse,
) -> None:
    customers = compared_customers(warehouse)
    summary = warehouse.frame("select * from segment_backtest").set_index(
        "segmentation"
    )
    expected = segmentations(customers)
    assert set(summary.index) == set(expected)
    assert (summary["customers"] == len(customers)).all()
    for name, groups in expected.items():
        dummies = OneHotEncoder().fit_transform(groups.to_numpy().reshape(-1, 1))
        regression = LinearRegression().fit(dummies, customers["spend_after"])
        assert summary.loc[name, "eta_squared"] == pytest.approx(
            regression.score(dummies, customers["spend_after"]), abs=2e-6
        ), name
        assert summary.loc[name, "group_count"] == groups.nunique()
        buyers = customers[groups >= 0]
        dummies = OneHotEncoder().fit_transform(
            groups[groups >= 0].to_numpy().reshape(-1, 1)
        )
        regression = LinearRegression().fit(dummies, buyers["spend_after"])
        assert summary.loc[name, "eta_squared_among_buyers"] == pytest.approx(
            regression.score(dummies, buyers["spend_after"]), abs=2e-6
        ), name
        assert summary.loc[name, "buyers"] == len(buyers)
        assert summary.loc[name, "top_quintile_spend_share"] == pytest.approx(
            best_fifth_share(customers, groups), abs=2e-6
        ), name
    assert summary["eta_squared"].idxmax() == summary.index[summary["is_best"]].item()


def test_outcomes_are_means_of_what_customers_did(warehouse: Warehouse) -> None:
    outcomes = warehouse.frame(
        "select segment_id, "
        "cast(outcome.trailing_spend as double) as value, "
        "outcome.trailing_order_count as orders, "
        "case when features.order_count > 0 "
        "then cast(outcome.trailing_order_count > 0 as int) end as retention, "
        "outcome.trailing_satisfaction as satisfaction "
        "from customer_features as features "
        "inner join customer_segment_assignments as assignments "
        "using (observation_date, customer_id) "
        "inner join customer_features as outcome "
        "on features.customer_id = outcome.customer_id "
        f"and outcome.observation_date = {OUTCOME_DATE} "
        f"where features.observation_date = {TRAINING_DATE}"
    )
    published = warehouse.frame(
        "select * from segment_evaluation where evaluation_window = 'outcome' "
        f"and observation_date = {TRAINING_DATE}"
    ).set_index(["segment_id", "measure"])
    segments = outcomes.groupby("segment_id")
    # Every segment has the same measures, each once.
    assert published.index.is_unique
    assert published.groupby("segment_id").size().nunique() == 1
    for segment_id, rows in segments:
        for measure in ("value", "orders", "retention", "satisfaction"):
            row = published.loc[(segment_id, measure)]
            known = rows[measure].dropna()
            assert row["customers_measured"] == len(known)
            if len(known) >= 5:
                assert row["estimate"] == pytest.approx(known.mean(), abs=2e-6)
                if measure in ("value", "orders") and not known.any():
                    assert pd.isna(row["ci_low"])
                else:
                    assert row["ci_low"] <= row["estimate"] <= row["ci_high"]
            else:
                assert pd.isna(row["estimate"])


def test_value_tiers_are_those_of_pandas(warehouse: Warehouse) -> None:
    tiers = warehouse.frame(
        "select * from customer_value_tiers order by observation_date, customer_id"
    )
    for _, rows in tiers.groupby("observation_date"):
        value = rows["customer_value"].astype(float).round(4)
        below = value.rank(method="min") - 1
        assert np.allclose(rows["value_percentile"], below / (len(rows) - 1), atol=1e-6)
        assert (rows["value_decile"] == cut(value, 10) + 1).all()
        positive = value.clip(lower=0)
        # What those with a higher value hold; equal values stand and fall together.
        held = positive.groupby(value).sum().sort_index(ascending=False).cumsum()
        share_above = value.map((held.shift(fill_value=0) / positive.sum()).round(9))
        expected = np.select(
            [value <= 0, share_above < 0.8, share_above < 0.95], ["C", "A", "B"], "C"
        )
        assert (rows["pareto_class"] == expected).all()
        assert set(expected) == {"A", "B", "C"}


def test_classes_persist_as_pandas_counts(warehouse: Warehouse) -> None:
    tiers = warehouse.frame("select * from customer_value_tiers")
    dates = sorted(tiers["observation_date"].unique())
    for date_before, date in pairwise(dates):
        before, after = (
            tiers[tiers["observation_date"] == day].set_index("customer_id")
            for day in (date_before, date)
        )
        both = after.index.intersection(before.index)
        classes_before = before.loc[both, "pareto_class"]
        classes = after.loc[both, "pareto_class"]
        shares = pd.crosstab(classes_before, classes, normalize="index")
        overall = classes.value_counts(normalize=True)
        for name, rows in after.groupby("pareto_class"):
            assert np.allclose(
                rows["class_persistence"], shares.loc[name, name], atol=1e-6
            )
            assert np.allclose(rows["overall_class_share"], overall[name], atol=1e-6)
    oldest = tiers[tiers["observation_date"] == dates[0]]
    assert oldest["class_persistence"].isna().all()


@pytest.fixture(scope="module")
def without_items(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """The sample as a flat customer file leaves it: no orders and no order items."""
    folder: Path = tmp_path_factory.mktemp("without_items")
    return sample_warehouse.copy_to(folder).build(
        *["--select", "int_order_items_unioned", "int_customer_item_purchases+"],
        "int_value_bases+",
        variables={"crm_tables": ["customers", "customer_summaries"]},
    )


@pytest.mark.parametrize(
    "table",
    [
        "segment_category_affinity",
        "customer_recommendations",
        "recommendation_backtest",
    ],
)
def test_without_order_items_nothing_is_recommended(
    without_items: Warehouse, sample_warehouse: Warehouse, table: str
) -> None:
    assert sample_warehouse.rows(f"select 1 from {table} limit 1")
    assert without_items.row(f"select count(*) from {table}") == (0,)


def test_without_orders_value_is_the_total(
    without_items: Warehouse, sample_warehouse: Warehouse
) -> None:
    query = (
        "select distinct value_feature from customer_value_tiers inner join "
        "customer_features using (observation_date, customer_id) "
        "where customer_value = {}"
    )
    assert without_items.rows(query.format("total_spend")) == [("total_spend",)]
    assert sample_warehouse.rows(query.format("trailing_spend")) == [
        ("trailing_spend",)
    ]
