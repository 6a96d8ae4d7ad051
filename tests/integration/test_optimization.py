"""Campaigns are measured as they were planted, and money goes where it returns."""

import numpy as np
import pandas as pd
import pytest
from conftest import ARTIFACTS, Warehouse, open_database
from scipy.stats import (
    binomtest,
    chi2,
    chi2_contingency,
    false_discovery_control,
    ttest_ind,
)

from crm_sample import CrmSample

CAMPAIGN = "return-2025"
PLANTED_GROUP = "lapsed"
BUDGET = 250.5


@pytest.fixture(scope="module")
def dated_warehouse(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """The sample on dates of which one lies right before the campaign."""
    return sample_warehouse.copy_to(tmp_path_factory.mktemp("dated")).build(
        "--select",
        "int_observation_dates+,+segment_campaign_uplift",
        "int_observation_dates+,+segment_optimization",
        variables={"observation_anchor": "2026-01-01"},
    )


@pytest.fixture(scope="module")
def planted_segment(sample: CrmSample, dated_warehouse: Warehouse) -> int:
    """The segment in which the planted group was before the campaign."""
    members = sample.plant.groups.query("group == @PLANTED_GROUP")["customer_id"]
    assigned = dated_warehouse.frame(
        "select customer_id, segment_id from customer_segment_assignments "
        "where observation_date = date '2025-07-05'"
    )
    segments = assigned[assigned["customer_id"].isin(members)]["segment_id"]
    [segment] = segments.mode()
    assert (segments == segment).mean() > 0.95
    return int(segment)


@pytest.fixture(scope="module")
def planted_uplift(sample: CrmSample) -> float:
    [uplift] = sample.plant.campaign_uplift.query(
        "group == @PLANTED_GROUP and campaign_id == @CAMPAIGN"
    )["uplift"]
    assert uplift >= 0.2
    return float(uplift)


def measured(warehouse: Warehouse) -> pd.DataFrame:
    """The campaign's rows of segments."""
    return warehouse.frame(
        "select * from segment_campaign_uplift "
        f"where campaign_id = '{CAMPAIGN}' and not is_overall"
    )


# ---------------------------------------------------------------- the plant


def test_the_planted_uplift_is_in_its_interval_and_found_alone(
    dated_warehouse: Warehouse, planted_segment: int, planted_uplift: float
) -> None:
    uplift = measured(dated_warehouse)
    conversion = uplift[uplift["outcome"] == "conversion"].set_index("segment_id")
    row = conversion.loc[planted_segment]
    assert row["difference_low"] < planted_uplift < row["difference_high"]
    assert row["difference_high"] - row["difference_low"] < 0.2
    assert row["adjusted_p_value"] < 1e-6
    assert 380 <= row["customers_treated"] + row["customers_control"] <= 420
    others = conversion.drop(planted_segment)
    assert len(others) >= 3
    # Three of those who never bought did, and another segment would tell it.
    assert set(others["estimate_missing_reason"].dropna()) == {
        "too_few_buyers",
        "tells_another_segment",
    }
    others = others[others["estimate_missing_reason"].isna()]
    assert len(others) >= 1
    assert not others["is_significant"].any()
    assert (others["difference_low"] < 0).all()
    assert (others["difference_high"] > 0).all()
    spend = uplift[uplift["outcome"] == "spend"].set_index("segment_id")
    is_significant = spend["is_significant"].fillna(value=False).astype(bool)
    assert set(spend.index[is_significant]) == {planted_segment}


def test_the_segment_after_the_contact_goes_wrong(
    dated_warehouse: Warehouse, planted_segment: int, planted_uplift: float
) -> None:
    """Whoever was won back has left the segment: in it there seems to be no effect."""
    by_arm = dated_warehouse.frame(
        "select after.segment_id, arm, count(*) as customers, "
        "avg(conversion) as share from int_campaign_customers "
        "inner join customer_segment_assignments as after using (customer_id) "
        f"where campaign_id = '{CAMPAIGN}' and conversion is not null "
        "and observation_date = date '2025-10-03' group by all"
    ).pivot(index="segment_id", columns="arm")
    difference = by_arm["share"]["treated"] - by_arm["share"]["control"]
    assert difference[planted_segment] < planted_uplift / 10
    before = measured(dated_warehouse).query("outcome == 'conversion'")
    [right] = before.query("segment_id == @planted_segment")["difference"]
    assert right == pytest.approx(planted_uplift, abs=0.02)
    # The arms were drawn at random; those who are left in the segment were not.
    arms = before.query("segment_id == @planted_segment").iloc[0]
    drawn = (int(arms["customers_treated"]), int(arms["customers_control"]))
    left = by_arm["customers"].loc[planted_segment]
    assert binomtest(drawn[0], sum(drawn)).pvalue > 0.5
    assert binomtest(int(left["treated"]), int(left.sum())).pvalue < 0.01


def test_what_was_planted_in_orders_is_what_is_counted(
    sample: CrmSample, sample_warehouse: Warehouse
) -> None:
    """Conversions and spend of the arms, from the orders of the plant."""
    customers = sample_warehouse.frame(
        "select customer_id, arm, contacted_at, window_end_at, conversion, spend "
        f"from int_campaign_customers where campaign_id = '{CAMPAIGN}'"
    )
    orders = sample.plant.orders.merge(customers, on="customer_id")
    orders = orders[
        (orders["ordered_at"] >= orders["contacted_at"])
        & (orders["ordered_at"] < orders["window_end_at"])
        & (orders["status"] != "cancelled")
    ]
    is_return = (orders["status"] == "returned") | (orders["amount"] < 0)
    orders["net"] = orders["amount"].abs().where(~is_return, -orders["amount"].abs())
    spend = customers["customer_id"].map(orders.groupby("customer_id")["net"].sum())
    bought = customers["customer_id"].isin(orders[~is_return]["customer_id"])
    known = customers["customer_id"].isin(sample.plant.customers["customer_id"])
    assert known.mean() > 0.98
    # A few days lost their hour or an amount to dirt.
    assert (customers["conversion"] == bought)[known].mean() > 0.995
    different = (customers["spend"].astype(float) - spend.fillna(0)).abs() > 0.01
    assert different[known].mean() < 0.01


# ---------------------------------------------------------------- formulas


def wilson(share: float, customers: int) -> tuple[float, float]:
    interval = binomtest(round(share * customers), customers).proportion_ci(
        method="wilson"
    )
    return interval.low, interval.high


def test_intervals_of_conversion_are_those_of_newcombe(
    sample_warehouse: Warehouse,
) -> None:
    rows = sample_warehouse.frame(
        "select * from segment_campaign_uplift "
        "where outcome = 'conversion' and difference is not null"
    )
    assert len(rows) >= 4
    for row in rows.itertuples():
        treated, control = row.treated_estimate, row.control_estimate
        low, high = wilson(treated, row.customers_treated)
        control_low, control_high = wilson(control, row.customers_control)
        difference = treated - control
        assert (row.difference_low, row.difference_high) == pytest.approx(
            (
                difference - np.hypot(treated - low, control_high - control),
                difference + np.hypot(high - treated, control - control_low),
            ),
            abs=5e-6,
        )


def test_p_values_are_those_of_scipy(sample_warehouse: Warehouse) -> None:
    """Chi-square where enough is expected, adjusted within each family."""
    rows = sample_warehouse.frame(
        "select * from segment_campaign_uplift where p_value is not null "
        "order by campaign_id, is_overall, p_value"
    )
    for row in rows[rows["outcome"] == "conversion"].itertuples():
        treated = round(row.treated_estimate * row.customers_treated)
        control = round(row.control_estimate * row.customers_control)
        total = row.customers_treated + row.customers_control
        share = (treated + control) / total
        variance = (
            share
            * (1 - share)
            * (1 / row.customers_treated + 1 / row.customers_control)
        )
        difference = treated / row.customers_treated - control / row.customers_control
        statistic = difference**2 / variance * (total - 1) / total
        assert row.p_value == pytest.approx(chi2.sf(statistic, 1), abs=1e-8)
    # Families have the tests of hidden rows, too.
    tests = sample_warehouse.frame(
        "select *, segment_id is null as is_overall from int_campaign_tests "
        "where p_value is not null order by p_value"
    )
    for _, family in tests.groupby(["campaign_id", "is_overall"]):
        raw = family["p_value"].to_numpy()
        stepped = raw * np.arange(len(raw), 0, -1)
        assert np.allclose(
            family["adjusted_p_value"],
            np.minimum(np.maximum.accumulate(stepped), 1),
            atol=1e-7,
        )
        # Holm never finds more than Benjamini and Hochberg do.
        assert (family["adjusted_p_value"] >= false_discovery_control(raw) - 1e-7).all()


# ---------------------------------------------------------------- heterogeneity


def test_effects_differ_where_one_was_planted(dated_warehouse: Warehouse) -> None:
    """By Cochran's Q over moments that pandas takes of the customers."""
    rows = dated_warehouse.frame(
        "select * from segment_campaign_uplift where heterogeneity_p_value is not null"
    )
    # Those of autumn-2024 had no segment yet.
    assert rows.groupby("campaign_id")["outcome"].nunique().to_dict() == {CAMPAIGN: 2}
    for (campaign_id, outcome), group in rows.groupby(["campaign_id", "outcome"]):
        assert group["heterogeneity_p_value"].nunique() == 1
        customers = dated_warehouse.frame(
            f"select segment_id, arm, cast({outcome} as double) as outcome "
            f"from int_campaign_customers where campaign_id = '{campaign_id}' "
            f"and {outcome} is not null and segment_id is not null"
        )
        arms = customers.groupby(["segment_id", "arm"])["outcome"]
        moments = arms.agg(["size", "mean", "var"])
        sizes, means, variances = (
            moments[column].unstack() for column in ("size", "mean", "var")
        )
        if outcome == "conversion":
            shares = (means * sizes + 1) / (sizes + 2)
            variances, sizes = shares * (1 - shares), sizes + 2
        weights = 1 / (variances / sizes).sum(axis=1)
        assert sizes.min(axis=None) >= 30
        effects = (means["treated"] - means["control"])[weights.index]
        q = (weights * (effects - np.average(effects, weights=weights)) ** 2).sum()
        assert group["heterogeneity_p_value"].iloc[0] == pytest.approx(
            chi2.sf(q, len(weights) - 1), rel=1e-5
        )
    assert rows["heterogeneity_p_value"].max() < 1e-6
    assert (rows["expected_difference"] == rows["difference"]).all()


# ---------------------------------------------------------------- CUPED


def test_adjusted_differences_are_coefficients_of_a_regression(
    sample_warehouse: Warehouse,
) -> None:
    """Of the outcome on arm and spend before, over the orders of the customers."""
    rows = sample_warehouse.frame(
        "select * from segment_campaign_uplift where cuped_difference is not null"
    )
    assert len(rows) >= 6
    for row in rows.itertuples():
        segment = "true" if row.is_overall else f"segment_id = {row.segment_id}"
        customers = sample_warehouse.frame(
            f"select arm, cast({row.outcome} as double) as outcome, coalesce(( "
            "select sum(if(order_kind = 'order', amount, -abs(amount))) "
            "from int_counted_orders as orders "
            "where orders.customer_id = customers.customer_id "
            "and orders.counted_at < customers.contacted_at "
            "), 0)::double as before "
            "from int_campaign_customers as customers "
            f"where campaign_id = '{row.campaign_id}' and {row.outcome} is not null "
            f"and {segment}"
        )
        treated = customers["arm"] == "treated"
        design = np.column_stack([np.ones(len(treated)), treated, customers["before"]])
        fitted = np.linalg.lstsq(design, customers["outcome"], rcond=None)[0]
        assert row.cuped_difference == pytest.approx(fitted[1], rel=1e-4, abs=2e-6)
        residual = customers["outcome"] - fitted[2] * customers["before"]
        squares = residual.groupby(treated).agg(lambda part: part.var() / len(part))
        error = np.sqrt(squares.sum())
        bounds = (row.cuped_difference_low, row.cuped_difference_high)
        assert bounds == pytest.approx(
            (fitted[1] - 1.959964 * error, fitted[1] + 1.959964 * error),
            rel=1e-4,
            abs=5e-6,
        )


# ---------------------------------------------------------------- balance


def balance_by_scipy(customers: pd.DataFrame) -> tuple[float, float]:
    """P-values of arm by segment and of ranks by spend before the contact."""
    assigned = customers[customers["arm"].isin(["treated", "control"])]
    treated = assigned["arm"] == "treated"
    segments = assigned["segment_id"].fillna(-1)
    # Of fewer than ten customers fewer than five are expected in an arm.
    sizes = segments.value_counts()
    segments = segments.where(segments.map(sizes) >= 10, sizes[sizes >= 10].idxmin())
    spend = assigned["spend_before"].astype(float).rank()
    return (
        chi2_contingency(pd.crosstab(segments, treated), correction=False).pvalue,
        ttest_ind(spend[treated], spend[~treated], equal_var=False).pvalue,
    )


def test_campaigns_of_the_sample_were_split_by_chance(
    sample_warehouse: Warehouse,
) -> None:
    """The one whose windows are not over is judged as well."""
    rows = sample_warehouse.frame(
        "select * from segment_campaign_uplift "
        "where is_overall and outcome = 'spend' and is_balanced is not null"
    ).set_index("campaign_id")
    assert set(rows.index) == {"autumn-2024", CAMPAIGN, "winter-2025"}
    assert rows["is_balanced"].all()
    for campaign_id, row in rows.iterrows():
        customers = sample_warehouse.frame(
            f"select * from int_campaign_customers where campaign_id = '{campaign_id}'"
        )
        of_segments, of_spend = balance_by_scipy(customers)
        assert row["spend_before_p_value"] == pytest.approx(of_spend, rel=1e-5)
        if campaign_id == "autumn-2024":
            # Before the first observation date there is no segment.
            assert np.isnan(row["segment_balance_p_value"])
        else:
            assert row["segment_balance_p_value"] == pytest.approx(of_segments)


def test_a_control_group_that_lost_its_best_customers_measures_nothing(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> None:
    broken = sample_warehouse.copy_to(tmp_path_factory.mktemp("broken"))
    with open_database(broken.database) as connection:
        # Half of the controls who had spent more than others.
        connection.execute(
            "delete from int_campaign_customers "
            f"where campaign_id = '{CAMPAIGN}' and arm = 'control' "
            "and spend_before > 100 and md5(customer_id) < '8'"
        )
    result = broken.run_dbt(
        [
            *["build", "--select", "int_campaign_customers+"],
            *["--exclude", "int_campaign_customers"],
            *["--exclude-resource-type", "test", "unit_test"],
        ]
    )
    assert result.returncode == 0, result.stdout
    [warning] = [line for line in result.stdout.splitlines() if "fair draw" in line]
    assert f"campaign {CAMPAIGN} differed" in warning
    rows = broken.frame(
        f"select * from segment_campaign_uplift where campaign_id = '{CAMPAIGN}'"
    )
    assert rows["difference"].notna().sum() >= 6
    assert not rows["is_balanced"].any()
    assert not rows["is_reliable"].any()
    overall = rows[rows["is_overall"]].iloc[0]
    assert overall["spend_before_p_value"] < 1e-3
    customers = broken.frame(
        f"select * from int_campaign_customers where campaign_id = '{CAMPAIGN}'"
    )
    published = overall["segment_balance_p_value"], overall["spend_before_p_value"]
    assert published == pytest.approx(balance_by_scipy(customers), rel=1e-5)
    # The other campaigns are what they were, and one of them is counted on instead.
    assert broken.row(
        "select bool_and(is_balanced) from segment_campaign_uplift "
        "where campaign_id = 'autumn-2024'"
    ) == (True,)
    assert broken.rows(
        f"select count(*) from segment_scenarios where campaign_id = '{CAMPAIGN}'"
    ) == [(0,)]


# ---------------------------------------------------------------- no estimate


def test_campaigns_without_a_control_group_say_so(sample_warehouse: Warehouse) -> None:
    reasons = dict(
        sample_warehouse.rows(
            "select distinct campaign_id, estimate_missing_reason "
            "from segment_campaign_uplift where is_overall"
        )
    )
    assert reasons == {
        "spring-2024": "no_control_group",
        "autumn-2024": None,
        "winter-2024": "no_control_group",
        "spring-2025": "no_control_group",
        "return-2025": None,
        "winter-2025": "window_not_over",
    }


def test_households_have_no_control_group(households: Warehouse) -> None:
    assert households.rows(
        "select distinct estimate_missing_reason, difference, p_value "
        "from segment_campaign_uplift"
    ) == [("is_control_not_recorded", None, None)]
    [campaigns, contacted] = households.row(
        "select count(distinct campaign_id), sum(customers_excluded) "
        "filter (where is_overall and outcome = 'spend') from segment_campaign_uplift"
    )
    assert (campaigns, contacted) == (27, 6589)
    assert households.rows("select distinct evidence from segment_optimization") == [
        ("assumed",)
    ]


# ---------------------------------------------------------------- baselines


DAILY_SPEND = """
    select customer_id, cast(counted_at as date) as counted_on,
        sum(if(order_kind = 'order', amount, -abs(amount)))::double as spend
    from int_counted_orders group by all
"""


def spend_between(daily: pd.DataFrame, start: object, end: object) -> pd.Series:
    """Spend of each customer from one day on and before another."""
    days = pd.to_datetime(daily["counted_on"])
    within = daily[(days >= pd.Timestamp(start)) & (days < pd.Timestamp(end))]
    return within.groupby("customer_id")["spend"].sum()


def segments_on(warehouse: Warehouse, date: object) -> pd.Series:
    """The segment of each customer on an observation date."""
    assigned = warehouse.frame(
        "select customer_id, segment_id from customer_segment_assignments "
        f"where observation_date = '{date}'"
    )
    return assigned.set_index("customer_id")["segment_id"]


def observation_dates(warehouse: Warehouse) -> list[pd.Timestamp]:
    """The current date, the end of the last window that is over, starts of windows."""
    dates = warehouse.rows(
        "select observation_date, trailing_start_date, outcome_end_date "
        "from int_observation_dates where is_current or outcome_end_date is not null "
        "order by observation_date desc"
    )
    current, *past = (date for date, *_ in dates)
    return [pd.Timestamp(date) for date in (current, dates[1][2], *past, dates[-1][1])]


def season_of(
    daily: pd.DataFrame, date: pd.Timestamp, start: pd.Timestamp, end: pd.Timestamp
) -> float:
    """All spend of the next window a year ago over that of the last one; 1 if none."""
    year_ago = date - pd.DateOffset(years=1)
    if pd.to_datetime(daily["counted_on"]).min() > year_ago:
        return 1.0
    last = spend_between(daily, start, end).sum()
    return float(spend_between(daily, year_ago, year_ago + (end - start)).sum() / last)


def test_a_baseline_is_what_came_after_the_training_date(
    sample_warehouse: Warehouse, households: Warehouse
) -> None:
    """Of the segment's customers of that date, in the season to come."""
    factors = []
    for warehouse in (sample_warehouse, households):
        current, end, training, *_ = observation_dates(warehouse)
        daily = warehouse.frame(DAILY_SPEND)
        segments = segments_on(warehouse, training.date())
        spend = spend_between(daily, training, end)
        spend = spend.reindex(segments.index, fill_value=0)
        means = spend.groupby(segments).mean()
        factors.append(season_of(daily, current, training, end))
        rows = warehouse.frame(
            "select * from segment_scenarios where measure = 'value'"
        ).set_index("segment_id")
        assert set(rows["baseline_window"]) == {"outcome"}
        assert set(rows["baseline_start_date"]) == {training}
        assert set(rows["baseline_end_date"]) == {end}
        # Of the only household that had not bought yet nothing is shown, nor of a
        # segment with few buyers.
        baselines = rows["baseline"].dropna()
        buyers = (spend != 0).groupby(segments).sum()
        shown = (segments.value_counts() > 1) & ~buyers.between(1, 4)
        assert set(baselines.index) == set(shown.index[shown])
        assert np.allclose(baselines, factors[-1] * means[baselines.index], rtol=1e-5)
    assert all(factor != 1 for factor in factors)


def test_baselines_are_checked_on_the_window_before(
    sample_warehouse: Warehouse, households: Warehouse
) -> None:
    """By means of segments and the interval of their sum."""
    for warehouse in (sample_warehouse, households):
        _, end, training, earlier, *_ = observation_dates(warehouse)
        daily = warehouse.frame(DAILY_SPEND)
        segments = segments_on(warehouse, training.date())
        customers = segments.value_counts()
        following = spend_between(daily, training, end)
        following = following.reindex(segments.index, fill_value=0)
        # What few of a segment spent is not told, and counts as nothing.
        buyers = (following != 0).groupby(segments).transform("sum")
        spent = following.where(~buyers.between(1, 4), 0).mean()
        intervals = warehouse.frame(
            "select segment_id, "
            "coalesce(estimate, overall_estimate, 0) as estimate, "
            "coalesce(ci_low, estimate, overall_estimate, 0) as ci_low, "
            "coalesce(ci_high, estimate, overall_estimate, 0) as ci_high "
            "from segment_evaluation "
            "where measure = 'value' and evaluation_window = 'outcome' "
            f"and observation_date = '{earlier.date()}'"
        ).set_index("segment_id")
        weights = (customers / customers.sum())[intervals.index]
        factor = season_of(daily, training, earlier, training)
        expected = factor * (weights * intervals["estimate"]).sum()
        reach = {
            side: factor
            * np.hypot.reduce(weights * (intervals[side] - intervals["estimate"]))
            for side in ("ci_low", "ci_high")
        }
        holds = expected - reach["ci_low"] <= spent <= expected + reach["ci_high"]
        published = warehouse.row(
            "select spend_per_customer, expected_spend, expected_spend_low, "
            "expected_spend_high, baseline_holds from int_baseline_check"
        )
        bounds = expected - reach["ci_low"], expected + reach["ci_high"]
        assert published[:4] == pytest.approx((spent, expected, *bounds), rel=1e-4)
        assert published[4] == holds
        assert warehouse.rows(
            "select distinct baseline_holds from segment_scenarios "
            "where baseline_window = 'outcome'"
        ) == [(holds,)]


def test_retention_earns_by_an_identity_of_its_own(households: Warehouse) -> None:
    """A customer more who comes back is one order more, not all that others spend."""
    revenue = households.frame(
        "select segment_id, measure, incremental_revenue::double as revenue, "
        "increment, customers_affected from segment_optimization "
        "inner join segment_scenarios using "
        "(segment_id, measure, scenario, customers_affected) "
        "where measure in ('value', 'retention')"
    ).set_index(["measure", "segment_id"])
    current, end, training, *_ = observation_dates(households)
    orders = households.frame(
        "select customer_id, counted_at, amount::double as amount "
        "from int_counted_orders where order_kind = 'order'"
    )
    today = segments_on(households, current.date())
    value = orders.groupby(orders["customer_id"].map(today))["amount"].mean()
    before = segments_on(households, training.date())
    bought = orders[orders["counted_at"] < training]["customer_id"].unique()
    former = pd.Series(before.index.isin(bought), before.index).groupby(before).mean()
    factor = season_of(households.frame(DAILY_SPEND), current, training, end)
    revenue = revenue[revenue["customers_affected"] > 0]
    rows = revenue.loc["retention"]
    expected = rows["increment"] * former[rows.index] * rows["customers_affected"]
    expected *= factor * value[rows.index]
    assert np.allclose(rows["revenue"], expected, rtol=1e-3)
    assert ((rows["revenue"] - revenue.loc["value"]["revenue"]).abs() > 1).all()


# ---------------------------------------------------------------- money


def test_a_measurement_replaces_the_assumption(
    dated_warehouse: Warehouse, planted_segment: int
) -> None:
    rows = dated_warehouse.frame(
        "select optimization.*, uplift.expected_difference, "
        "uplift.expected_difference_low, uplift.expected_difference_high, "
        "uplift.cost_per_customer as campaign_cost, uplift.estimate_missing_reason "
        "from segment_optimization as optimization "
        "inner join segment_campaign_uplift as uplift "
        f"on uplift.campaign_id = '{CAMPAIGN}' and uplift.outcome = 'spend' "
        "and uplift.segment_id = optimization.segment_id "
        "where optimization.measure = 'value'"
    )
    assert len(rows) == 4
    has_few_buyers = rows["estimate_missing_reason"] == "too_few_buyers"
    assert rows[has_few_buyers]["evidence"].tolist() == ["assumed"]
    rows = rows[~has_few_buyers]
    # What only would tell of these few is hidden, and acted on.
    assert set(rows["estimate_missing_reason"].dropna()) == {"tells_another_segment"}
    assert set(rows["evidence"]) == {"measured"}
    assert set(rows["campaign_id"]) == {CAMPAIGN}
    shown = rows[rows["expected_difference"].notna()]
    assert len(shown) == 2
    for revenue, difference in (
        ("incremental_revenue", "expected_difference"),
        ("incremental_revenue_low", "expected_difference_low"),
        ("incremental_revenue_high", "expected_difference_high"),
    ):
        assert np.allclose(
            shown[revenue].astype(float),
            shown[difference] * shown["customers_affected"],
            atol=0.006,
        )
    assert (rows["cost_per_customer"] == rows["campaign_cost"]).all()
    row = rows.set_index("segment_id").loc[planted_segment]
    # A tenth more of nothing is nothing: only the experiment shows what it is worth.
    assert row["baseline"] * row["assumed_uplift"] < 1
    assert row["net_benefit"] > 0


@pytest.fixture(scope="module")
def allocated(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """A copy in which another budget is allocated, whether or not baselines hold."""
    warehouse = sample_warehouse.copy_to(tmp_path_factory.mktemp("allocation"))
    return warehouse.build(
        *["--select", "int_budget_candidates", "segment_budget_allocation"],
        variables={"campaign_budget": BUDGET, "allocate_assumed_effects": True},
        environment=ARTIFACTS,
    )


@pytest.mark.parametrize("budget", [0, 1, BUDGET, 1_000_000_000])
def test_the_budget_is_never_exceeded(allocated: Warehouse, budget: float) -> None:
    """By the query that dbt compiled for one budget; in it the var is a number."""
    [path] = (allocated.folder / "target" / "compiled").rglob(
        "segment_budget_allocation.sql"
    )
    query = path.read_text(encoding="utf-8")
    assert query.count(str(BUDGET)) == 1
    with open_database(allocated.database, read_only=True) as connection:
        rows = connection.execute(query.replace(str(BUDGET), str(budget))).df()
    rows = rows.sort_values("priority", ignore_index=True)
    if budget == BUDGET:
        built = allocated.frame("from segment_budget_allocation order by priority")
        pd.testing.assert_frame_equal(built, rows, check_dtype=False)
    cost = sum(rows["cost"])
    assert cost == rows["cumulative_cost"].iloc[-1] <= budget
    worth_it = rows[
        rows["allocation"].isin(["funded", "partly_funded", "budget_spent"])
    ]
    assert len(worth_it) > 0
    assert worth_it["roi"].is_monotonic_decreasing
    if budget > 1_000_000:
        assert (worth_it["customers"] == worth_it["contactable_customers"]).all()
    elif budget > 0:
        first = worth_it.iloc[0]
        # What is left would not pay for one customer more.
        assert budget - cost < first["cost_per_customer"]
        assert first["customers"] < first["contactable_customers"]
    else:
        assert cost == 0
        assert (rows["expected_return"] == 0).all()
    assert sum(rows["expected_return"]) == rows["cumulative_return"].iloc[-1]


def test_each_segment_is_paid_for_once(sample_warehouse: Warehouse) -> None:
    """Scenarios overlap, so that two for one segment would count a return twice."""
    assert sample_warehouse.row(
        "select count(*), count(distinct segment_id) from segment_budget_allocation"
    ) == (4, 4)


def test_nothing_is_spent_on_what_was_not_measured(
    sample_warehouse: Warehouse, households: Warehouse
) -> None:
    """Nor where baselines did not hold when they last could be checked."""
    rows = sample_warehouse.frame("from segment_budget_allocation")
    has_few_buyers = rows["segment_id"] == 0
    assert rows[has_few_buyers]["allocation"].tolist() == ["no_known_return"]
    rows = rows[~has_few_buyers]
    assert set(rows["evidence"]) == {"measured"}
    assert not rows["baseline_holds"].any()
    assert set(rows["allocation"]) == {"baseline_does_not_hold"}
    rows = households.frame(
        "from segment_budget_allocation where segment_customers > 0"
    )
    assert set(rows["evidence"]) == {"assumed"}
    assert set(rows["allocation"]) == {"effect_not_measured"}
    assert (rows["customers"] == 0).all()


def test_a_budget_reaches_customers_who_agreed(
    sample_warehouse: Warehouse, households: Warehouse
) -> None:
    """The households never said, so that all of them may be addressed."""
    agreed = sample_warehouse.frame(
        "select segment_id, count(*) as customers from customer_segments "
        "inner join int_customers_deduplicated using (customer_id) "
        "where has_marketing_consent group by segment_id"
    ).set_index("segment_id")["customers"]
    budget = sample_warehouse.frame("from segment_budget_allocation").set_index(
        "segment_id"
    )
    assert (budget["contactable_customers"] == agreed[budget.index]).all()
    assert (budget["contactable_customers"] < budget["segment_customers"]).all()
    scenarios = sample_warehouse.frame("from segment_scenarios")
    reached = scenarios["segment_id"].map(agreed)
    assert (scenarios["customers_affected"] == reached).all()
    assert households.row(
        "select bool_and(contactable_customers = segment_customers) "
        "from segment_budget_allocation"
    ) == (True,)
