"""What is back-tested, recomputed from customers and items by other libraries."""

from hashlib import md5
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import Warehouse, open_database
from scipy.stats import t as student_t

WAREHOUSES = ["sample_warehouse", "households"]
TRAINING_DATE = "(select observation_date from int_observation_dates where is_training)"
OUTCOME_DATE = "(select outcome_end_date from int_observation_dates where is_training)"


@pytest.fixture(params=WAREHOUSES)
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    """The sample, then the households."""
    result: Warehouse = request.getfixturevalue(request.param)
    return result


@pytest.fixture(params=["customers", "buyers"])
def population(request: pytest.FixtureRequest) -> str:
    """All customers of the training date, then those who had bought before it."""
    return str(request.param)


def compared_customers(warehouse: Warehouse, population: str) -> pd.DataFrame:
    """Customers of the training date, and their spend in the next window."""
    customers = warehouse.frame(
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
    return customers[(customers["segment_id"] > 0) | (population == "customers")]


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


def category_shares_of(warehouse: Warehouse) -> pd.DataFrame:
    """Shares of the five most bought categories, by customer of the training data."""
    bought = warehouse.frame(
        "select orders.customer_id, products.category "
        "from int_order_items_unioned as items "
        "inner join int_orders_unioned as orders using (order_id) "
        "inner join int_products_unioned as products "
        "on items.product_id = products.product_id "
        "where orders.order_kind = 'order' and products.category is not null "
        "and coalesce(items.quantity, 1) > 0 "
        f"and orders.ordered_at >= {TRAINING_DATE} "
        f"and orders.ordered_at < {OUTCOME_DATE} "
        "and orders.customer_id in (select customer_id from segmentation_training) "
        # What is bought twice on a day is bought once.
        "group by orders.customer_id, products.category, "
        "cast(orders.ordered_at as date)"
    )
    counts = pd.crosstab(bought["customer_id"], bought["category"])
    shares = counts.div(counts.sum(axis=1), axis=0)
    most_bought = counts.sum().sort_index().sort_values(ascending=False, kind="stable")
    # Decimals round a half up, and numpy to even.
    return (shares[most_bought.index[:5]] + 1e-9).round(4)


def outcomes_of(warehouse: Warehouse, customers: pd.DataFrame) -> pd.DataFrame:
    """What the customers did in the next window, from features and orders."""
    orders = warehouse.frame(
        "select customer_id, cast(amount as double) as amount, "
        "cast(discount_amount as double) as discount, "
        f"cast(ordered_at as date) - {TRAINING_DATE} as days "
        "from int_orders_unioned where order_kind = 'order' "
        f"and ordered_at >= {TRAINING_DATE} and ordered_at < {OUTCOME_DATE}"
    )
    contacts = warehouse.frame(
        "select customer_id, avg(has_converted::int) as response "
        "from int_campaign_contacts_unioned where is_control is not true "
        f"and contacted_at >= {TRAINING_DATE} and contacted_at < {OUTCOME_DATE} "
        "group by customer_id"
    ).set_index("customer_id")["response"]
    ids = customers["customer_id"]
    by_customer = orders.groupby("customer_id")
    spend = customers["spend_after"]
    count = ids.map(by_customer.size()).fillna(0)
    known = orders[orders["discount"].notna()].groupby("customer_id")
    paid = known["amount"].sum() + known["discount"].sum()
    days = ids.map(by_customer["days"].min().astype(float)).fillna(90)
    is_buyer = customers["order_count"] > 0
    shares = category_shares_of(warehouse)
    outcomes = pd.DataFrame(
        {
            "spend": spend,
            "log_spend": (np.sign(spend) * np.log1p(spend.abs())).round(4),
            "orders": count,
            "retention": (count > 0).astype(float).where(is_buyer),
            "days_to_order": days.where(is_buyer),
            "log_basket": np.log1p(ids.map(by_customer["amount"].mean())).round(4),
            "discount_share": ids.map(known["discount"].sum() / paid).round(4),
            "campaign_response": ids.map(contacts.astype(float)).round(4),
            **{
                f"category_mix {category}": ids.map(share)
                for category, share in shares.items()
            },
        }
    )
    return outcomes.dropna(axis=1, how="all")


def test_what_groups_explain_is_cross_validated(
    warehouse: Warehouse, population: str
) -> None:
    """With 16 folds by the last digit of a hash, and intervals over the folds."""
    customers = compared_customers(warehouse, population)
    outcomes = outcomes_of(warehouse, customers)
    summary = warehouse.frame(
        f"select * from segment_backtest where population = '{population}'"
    ).set_index(["segmentation", "outcome"])
    groupings = segmentations(customers)
    assert set(summary.index) == {
        (name, outcome.split()[0]) for name in groupings for outcome in outcomes
    }
    folds = customers["customer_id"].map(lambda key: md5(key.encode()).hexdigest()[-1])

    def explained(saved: pd.Series, squares: pd.Series) -> tuple[float, float]:
        """A share of squares that is saved, and half of its interval."""
        share = saved.sum() / squares.sum()
        by_fold = (saved - share * squares).groupby(folds).sum()
        count = len(by_fold)
        error = np.sqrt((1 / count + 1 / (count - 1)) * by_fold.var())
        half = student_t.ppf(0.975, 15) * error / (squares.sum() / count)
        return float(share), float(half)

    def squared_errors(values: pd.Series, groups: pd.Series) -> pd.Series:
        """Squares of the distances from what the other folds let expect."""
        expected = values * np.nan
        for fold in folds.unique():
            others = values[folds != fold]
            means = others.groupby(groups[folds != fold]).mean()
            own = groups[folds == fold].map(means).fillna(others.mean())
            expected[folds == fold] = own
        return ((values - expected) ** 2).dropna()

    for outcome in summary.index.unique("outcome"):
        columns = [column for column in outcomes if column.split()[0] == outcome]
        known = outcomes[columns].notna().all(axis=1)
        nothing = {"nothing": customers["segment_id"] * 0}
        # The columns of a vector are explained together.
        errors = {
            name: sum(squared_errors(outcomes[column], groups) for column in columns)
            for name, groups in {**groupings, **nothing}.items()
        }
        squares = errors.pop("nothing")
        for name in groupings:
            row = summary.loc[(name, outcome)]
            share, half = explained(squares - errors[name], squares)
            assert row["customers"] == known.sum()
            assert row["explained_share"] == pytest.approx(share, abs=2e-6)
            assert row["explained_share_low"] == pytest.approx(share - half, abs=2e-6)
            assert row["explained_share_high"] == pytest.approx(share + half, abs=2e-6)
            lows = {"all_customers": share - half}
            for other in groupings:
                if other != name:
                    lead, half_lead = explained(errors[other] - errors[name], squares)
                    lows[other] = lead - half_lead
            assert row["difference_low"] == pytest.approx(min(lows.values()), abs=2e-6)
            assert row["is_best"] == (row["difference_low"] > 0)
    assert summary["is_out_of_time"].all()


def test_best_customers_are_those_who_spent_most_before(
    warehouse: Warehouse, population: str
) -> None:
    customers = compared_customers(warehouse, population)
    summary = warehouse.frame(
        "select * from segment_backtest "
        f"where outcome = 'spend' and population = '{population}'"
    ).set_index("segmentation")
    for name, groups in segmentations(customers).items():
        assert summary.loc[name, "group_count"] == groups.nunique()
        assert summary.loc[name, "top_quintile_spend_share"] == pytest.approx(
            best_fifth_share(customers, groups), abs=2e-6
        ), name


def replace_by_shuffled(warehouse: Warehouse, view: str, columns: list[str]) -> None:
    """Give each customer of a view the outcomes of another one, drawn by a hash."""
    outcomes = ", ".join(f"outcome.{column}" for column in columns)
    with open_database(warehouse.database) as connection:
        connection.execute(
            "create table main_internal.shuffled as with numbered as ("
            "select *, row_number() over (order by customer_id) as own, "
            "row_number() over (order by md5(customer_id || 'shuffled')) as other "
            f"from main_internal.{view}) "
            f"select own.* exclude (own, other, {', '.join(columns)}), {outcomes} "
            "from numbered as own inner join numbered as outcome "
            "on own.own = outcome.other"
        )
        connection.execute(f"drop view main_internal.{view}")
        connection.execute(f"alter table main_internal.shuffled rename to {view}")


def test_where_nothing_predicts_nothing_is_best(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    """Every customer has the outcomes of another one."""
    warehouse = sample_warehouse.copy_to(tmp_path)
    outcomes = ["spend", "log_spend", "orders", "retention", "days_to_order"]
    replace_by_shuffled(
        warehouse,
        "int_backtest_outcomes",
        [
            *[*outcomes, "log_basket", "discount_share", "campaign_response"],
            *(f"category_share_{number}" for number in range(1, 6)),
        ],
    )
    warehouse.build("--select", "int_backtest_cells+")
    assert warehouse.row("select count_if(is_best) from segment_backtest") == (0,)
    assert sample_warehouse.row(
        "select count(*) from segment_backtest where explained_share_low > 0.3"
    ) > (5,)
    assert warehouse.row(
        "select count(*) from segment_backtest where explained_share > 0.02"
    ) == (0,)


def test_where_nothing_predicts_the_build_says_so(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse = sample_warehouse.copy_to(tmp_path)
    replace_by_shuffled(
        warehouse,
        "int_k_selection_customers",
        ["next_window_spend", "next_window_order_count"],
    )
    result = warehouse.run_dbt(
        [
            *["run", "--select", "segmentation_registry", "segmentation_versions"],
            "segmentation_k_candidates",
        ],
        {"n_segments": "auto", "refit": True},
    )
    assert result.returncode == 0, result.stdout
    assert "There is nothing to segment by these features: from 2 to 8" in result.stdout
    assert warehouse.row(
        "select min(k) from segmentation_k_candidates "
        "where is_in_use and minimum_jaccard >= 0.75 and smallest_share >= 0.02 "
        "and k >= 3"
    ) == warehouse.row(
        "select k from segmentation_k_candidates where is_in_use and is_chosen"
    )


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
            # What fewer than five customers make is not shown.
            if len(known) >= 5 and not 0 < known.astype(bool).sum() < 5:
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
    for date in dates[1:]:
        # Not always the one before: the current date may be near to it.
        date_before = max(day for day in dates if (date - day).days >= 90)
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
