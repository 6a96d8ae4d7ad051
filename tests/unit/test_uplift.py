"""P-values are those of scipy and of published tables, and err as often as they say."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import (
    binomtest,
    chi2,
    chi2_contingency,
    fisher_exact,
    mannwhitneyu,
    ttest_ind,
)

from segmentation.uplift import (
    conversion_p_value,
    cuped_difference,
    heterogeneity_p_value,
    holm_adjusted,
    measure_balance,
    measure_significance,
    spend_p_value,
    split_p_value,
)

PYTHON_FOLDER = Path(__file__).parents[2] / "python"


# ---------------------------------------------------------------- conversion


@pytest.mark.parametrize(
    ("treated", "control"), [((56, 70), (48, 80)), ((64, 200), (4, 200))]
)
def test_shares_are_compared_by_chi_square(
    treated: tuple[int, int], control: tuple[int, int]
) -> None:
    table = [[arm[0], arm[1] - arm[0]] for arm in (treated, control)]
    statistic = chi2_contingency(table, correction=False).statistic
    total = treated[1] + control[1]
    expected = chi2.sf(statistic * (total - 1) / total, df=1)
    conversions, customers = zip(treated, control, strict=True)
    assert_allclose(conversion_p_value(conversions, customers), expected, rtol=1e-12)


def test_few_expected_conversions_are_compared_exactly() -> None:
    """One of 10 against none of 1000: chi-square would call it a miracle."""
    p_value = conversion_p_value([[1, 300], [0, 200]], [[10, 1000], [1000, 1000]])
    assert p_value[0] == pytest.approx(
        fisher_exact([[1, 9], [0, 1000]]).pvalue, rel=1e-12
    )
    assert p_value[0] == pytest.approx(10 / 1010)
    assert p_value[1] < 1e-6


@pytest.mark.parametrize("conversions", [0, 50])
def test_arms_without_any_difference_have_a_p_value_of_one(conversions: int) -> None:
    assert conversion_p_value([conversions] * 2, [50, 50]) == 1


def test_the_arms_may_be_swapped() -> None:
    assert conversion_p_value([9, 3], [40, 50]) == conversion_p_value([3, 9], [50, 40])


@pytest.mark.parametrize(
    ("conversions", "customers"),
    [([0, 1], [0, 10]), ([11, 1], [10, 10]), ([-1, 1], [10, 10]), ([1, 12], [10, 10])],
)
def test_impossible_counts_are_refused(
    conversions: list[int], customers: list[int]
) -> None:
    with pytest.raises(ValueError, match="expected at least one customer"):
        conversion_p_value(conversions, customers)


def test_there_are_two_arms() -> None:
    with pytest.raises(ValueError, match="treated and the control"):
        conversion_p_value([1, 2, 3], [10, 10, 10])


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_chance_alone_is_found_significant_as_often_as_stated(share: float) -> None:
    generator = np.random.default_rng(11)
    conversions = generator.binomial(200, share, (2, 20_000))
    p_value = conversion_p_value(conversions, np.full_like(conversions, 200))
    assert (p_value < 0.05).mean() <= 0.055


# ---------------------------------------------------------------- spend


def test_means_are_compared_by_the_test_of_welch() -> None:
    generator = np.random.default_rng(5)
    arms = [generator.lognormal(3, 1, 80), generator.lognormal(2.8, 1.2, 55)]
    assert_allclose(
        spend_p_value(
            [np.mean(arm) for arm in arms],
            [np.std(arm, ddof=1) for arm in arms],
            [len(arm) for arm in arms],
        ),
        ttest_ind(*arms, equal_var=False).pvalue,
        rtol=1e-10,
    )


def test_amounts_that_do_not_vary_say_nothing_about_their_difference() -> None:
    p_value = spend_p_value([[5, 5], [5, 6]], np.zeros((2, 2)), np.full((2, 2), 10))
    assert p_value[0] == 1
    assert np.isnan(p_value[1])


def test_one_customer_is_no_arm() -> None:
    with pytest.raises(ValueError, match="at least two"):
        spend_p_value([1, 1], [0, 1], [1, 10])


@pytest.mark.parametrize("customers", [(100, 100), (300, 100)])
def test_skewed_amounts_err_as_often_as_stated(customers: tuple[int, int]) -> None:
    """Log-normal spend of which half is zero, in arms of unequal size too."""
    generator = np.random.default_rng(7)
    arms = [generator.lognormal(0, 1, (10_000, size)) for size in customers]
    arms = [amounts * (generator.random(amounts.shape) < 0.5) for amounts in arms]
    p_value = spend_p_value(
        [amounts.mean(axis=1) for amounts in arms],
        [amounts.std(axis=1, ddof=1) for amounts in arms],
        [np.full(10_000, size) for size in customers],
    )
    assert (p_value < 0.05).mean() == pytest.approx(0.05, abs=0.015)


# ---------------------------------------------------------------- families


def test_adjustment_is_that_of_holm() -> None:
    """The example of R's p.adjust: .01, .02, .03, .04 become .04, .06, .06, .06."""
    assert_allclose(
        holm_adjusted([0.01, 0.04, 0.03, 0.02]), [0.04, 0.06, 0.06, 0.06], rtol=1e-12
    )
    assert_allclose(holm_adjusted([0.5, 0.9]), [1, 1])


def test_what_is_not_tested_counts_for_no_test() -> None:
    adjusted = holm_adjusted([0.02, np.nan, 0.01])
    assert_allclose(adjusted, [0.02, np.nan, 0.02])
    assert holm_adjusted([]).size == 0


def test_a_family_errs_no_more_often_than_one_test() -> None:
    p_values = np.random.default_rng(2).random((20_000, 8))
    found = np.array([(holm_adjusted(family) < 0.05).any() for family in p_values])
    assert found.mean() == pytest.approx(0.05, abs=0.006)
    assert (p_values < 0.05).any(axis=1).mean() > 0.3


# ---------------------------------------------------------------- campaigns


SPENT_BEFORE = {
    "treated_before_mean": 12.0,
    "treated_before_deviation": 20.0,
    "treated_covariance": 3.0,
    "control_before_mean": 11.0,
    "control_before_deviation": 20.0,
    "control_covariance": 3.0,
}


def arms_of(campaign: str, segment: float, outcome: str, **columns: float) -> dict:
    usual = {
        "treated_customers": 100,
        "treated_mean": 0.3,
        "treated_deviation": 0.46,
        "control_customers": 100,
        "control_mean": 0.2,
        "control_deviation": 0.4,
        **SPENT_BEFORE,
    }
    return {
        "campaign_id": campaign,
        "segment_id": segment,
        "outcome": outcome,
        "is_overall": np.isnan(segment),
        "is_large_enough": True,
        **usual,
        **columns,
    }


def test_segments_are_one_family_and_all_customers_another() -> None:
    rows = [
        arms_of("spring", segment, outcome)
        for segment in (1, 2, np.nan)
        for outcome in ("conversion", "spend")
    ]
    rows.append(arms_of("autumn", 1, "conversion"))
    tests = measure_significance(pd.DataFrame(rows).sample(frac=1, random_state=0))
    conversion = conversion_p_value([30, 20], [100, 100])
    spend = spend_p_value([0.3, 0.2], [0.46, 0.4], [100, 100])
    found = tests.set_index(["campaign_id", "outcome", "segment_id"])
    assert_allclose(found.loc[("spring", "conversion"), "p_value"], conversion)
    assert_allclose(found.loc[("spring", "spend"), "p_value"], spend)
    of_segments = found.loc["spring"].loc[lambda rows: rows.index.isin([1, 2], level=1)]
    assert of_segments["adjusted_p_value"].min() == pytest.approx(
        4 * min(spend, conversion)
    )
    overall = tests[tests["segment_id"].isna()]
    assert overall["adjusted_p_value"].min() == pytest.approx(
        2 * min(spend, conversion)
    )
    alone = found.loc[("autumn", "conversion", 1)]
    assert alone["adjusted_p_value"] == alone["p_value"]


def test_no_experiment_is_no_test() -> None:
    nothing = pd.DataFrame([arms_of("spring", 1, "spend")]).iloc[:0]
    assert measure_significance(nothing).empty


def test_an_arm_of_one_customer_has_no_test_of_spend() -> None:
    rows = [
        arms_of("spring", 1, outcome, control_customers=1, control_mean=0)
        for outcome in ("conversion", "spend")
    ]
    tests = measure_significance(pd.DataFrame(rows)).set_index("outcome")
    assert np.isnan(tests.loc["spend", "adjusted_p_value"])
    assert tests.loc["conversion", "adjusted_p_value"] <= 1


def test_an_unknown_outcome_is_refused() -> None:
    with pytest.raises(ValueError, match=r"clicks.*expected"):
        measure_significance(pd.DataFrame([arms_of("spring", 1, "clicks")]))


# ---------------------------------------------------------------- heterogeneity


def test_scatter_is_tested_by_the_q_of_cochran() -> None:
    """By hand: around (1 / 1 + 4 / 4 + 4 / 2) / 1.75 = 16 / 7."""
    q = (1 - 16 / 7) ** 2 + (4 - 16 / 7) ** 2 / 4 + (4 - 16 / 7) ** 2 / 2
    assert heterogeneity_p_value([1, 4, 4], [1, 4, 2]) == pytest.approx(chi2.sf(q, 2))


def test_a_segment_in_which_nobody_varies_takes_no_part() -> None:
    with_it = heterogeneity_p_value([1, 0, 4], [1, 0, 4])
    assert with_it == heterogeneity_p_value([1, 4], [1, 4])
    assert np.isnan(heterogeneity_p_value([1, 0], [1, 0]))
    assert np.isnan(heterogeneity_p_value([], []))


def test_large_enough_segments_are_compared_in_each_campaign_and_outcome() -> None:
    """The row over all customers is no segment, nor is one with few of them."""
    rows = [
        arms_of("spring", 1, "spend", treated_mean=1.0),
        arms_of("spring", 2, "spend", treated_mean=0.1),
        arms_of("spring", 3, "spend", treated_mean=9.0, is_large_enough=False),
        arms_of("spring", np.nan, "spend", treated_mean=5.0),
        arms_of("spring", 1, "conversion", treated_mean=0.5),
        arms_of("spring", 2, "conversion", treated_mean=0.1),
        arms_of("autumn", 1, "spend"),
        arms_of("autumn", np.nan, "spend"),
    ]
    tests = measure_significance(pd.DataFrame(rows))
    found = tests.groupby(["campaign_id", "outcome"])["heterogeneity_p_value"]
    variance = 0.46**2 / 100 + 0.4**2 / 100
    q = 0.9**2 / (2 * variance)
    assert found.first()[("spring", "spend")] == pytest.approx(chi2.sf(q, 1))
    # One conversion and one that is none more in each arm: Agresti and Caffo (2000).
    shares = (np.array([[50, 10], [20, 20]]) + 1) / 102
    variances = (shares * (1 - shares) / 102).sum(axis=0)
    centre = np.average([0.3, -0.1], weights=1 / variances)
    q = ((np.array([0.3, -0.1]) - centre) ** 2 / variances).sum()
    assert found.first()[("spring", "conversion")] == pytest.approx(chi2.sf(q, 1))
    assert (found.nunique() <= 1).all()
    assert found.count()[("spring", "spend")] == 4
    assert found.count()[("autumn", "spend")] == 0


def draw_arms(
    generator: np.random.Generator, outcome: str, effects: list[float], draws: int
) -> pd.DataFrame:
    """Arms of so many campaigns: four segments of 200 customers an arm, with effects.

    The segments differ much in what they do without a campaign.
    """
    usual = np.array([0.3, 0.15, 0.08, 0.04])
    shares = np.stack([usual + effects, usual])[..., np.newaxis, np.newaxis]
    values = (generator.random((2, 4, draws, 200)) < shares).astype(float)
    if outcome == "spend":
        values *= generator.lognormal(3, 0.8, values.shape)
    means, deviations = values.mean(axis=-1), values.std(axis=-1, ddof=1)
    segments, campaigns = np.indices((4, draws))
    return pd.DataFrame(
        {
            "campaign_id": campaigns.ravel(),
            "segment_id": segments.ravel(),
            "outcome": outcome,
            "is_overall": False,
            "is_large_enough": True,
            "treated_customers": 200,
            "treated_mean": means[0].ravel(),
            "treated_deviation": deviations[0].ravel(),
            "control_customers": 200,
            "control_mean": means[1].ravel(),
            "control_deviation": deviations[1].ravel(),
            **SPENT_BEFORE,
        }
    )


def scatter_of(
    generator: np.random.Generator, outcome: str, effects: list[float], draws: int
) -> pd.Series:
    tests = measure_significance(draw_arms(generator, outcome, effects, draws))
    return tests.groupby("campaign_id")["heterogeneity_p_value"].first()


@pytest.mark.parametrize("outcome", ["conversion", "spend"])
def test_equal_effects_scatter_as_often_as_stated(outcome: str) -> None:
    """Where no segment differs p-values are uniform, and none may be too small."""
    generator = np.random.default_rng(21)
    p_values = scatter_of(generator, outcome, [0.0] * 4, 1_000)
    assert (p_values < 0.05).mean() <= 0.065
    shares = [(p_values < bound).mean() for bound in (0.25, 0.5, 0.75)]
    assert_allclose(shares, [0.25, 0.5, 0.75], atol=0.06)


@pytest.mark.parametrize("outcome", ["conversion", "spend"])
def test_an_effect_in_one_segment_is_heterogeneity(outcome: str) -> None:
    generator = np.random.default_rng(22)
    p_values = scatter_of(generator, outcome, [0.0, 0.0, 0.0, 0.3], 200)
    assert p_values.median() < (1e-6 if outcome == "conversion" else 1e-3)


# ---------------------------------------------------------------- CUPED


def moments_of(outcome: np.ndarray, before: np.ndarray) -> list[np.ndarray]:
    """What cuped_difference takes, of customers (draws, customers) of one arm."""
    centred = outcome - outcome.mean(axis=1, keepdims=True)
    return [
        outcome.mean(axis=1),
        outcome.std(axis=1, ddof=1),
        before.mean(axis=1),
        before.std(axis=1, ddof=1),
        (centred * before).sum(axis=1) / (outcome.shape[1] - 1),
        np.full(len(outcome), outcome.shape[1]),
    ]


def adjusted(arms: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, ...]:
    """The adjusted difference of arms (outcome, before), and its standard error."""
    moments = zip(*(moments_of(*arm) for arm in arms), strict=True)
    *columns, customers = (np.stack(pair) for pair in moments)
    return cuped_difference(*columns, customers=customers)


def draw_spend(
    generator: np.random.Generator, draws: int, customers: int, effect: float
) -> tuple[np.ndarray, np.ndarray]:
    """Skewed spend that goes on as it was, at less than it was, and for some ends."""
    before = generator.lognormal(3, 1, (draws, customers))
    before *= generator.random(before.shape) < 0.7
    again = generator.lognormal(-0.5, 0.5, before.shape)
    again *= generator.random(before.shape) < 0.6
    new = generator.lognormal(2, 1, before.shape) * (
        generator.random(before.shape) < 0.1
    )
    return 0.5 * before * again + new + effect, before


def test_the_adjusted_difference_is_the_coefficient_of_a_regression() -> None:
    """Of the outcome on arm and spend before, with an intercept: by least squares."""
    generator = np.random.default_rng(31)
    arms = [draw_spend(generator, 1, size, 3.0) for size in (80, 50)]
    outcome = np.concatenate([arm[0][0] for arm in arms])
    before = np.concatenate([arm[1][0] for arm in arms])
    is_treated = np.repeat([1.0, 0.0], [80, 50])
    design = np.column_stack([np.ones(130), is_treated, before])
    coefficients = np.linalg.lstsq(design, outcome, rcond=None)[0]
    difference, standard_error = adjusted(arms)
    assert difference[0] == pytest.approx(coefficients[1], rel=1e-9)
    residuals = [arm[0][0] - coefficients[2] * arm[1][0] for arm in arms]
    assert standard_error[0] == pytest.approx(
        np.sqrt(sum(part.var(ddof=1) / part.size for part in residuals)), rel=1e-9
    )


@pytest.mark.parametrize("sizes", [(200, 200), (450, 50)])
def test_the_adjusted_difference_is_unbiased_and_scatters_less(
    sizes: tuple[int, int],
) -> None:
    generator = np.random.default_rng(32)
    effect = 4.0
    treated = draw_spend(generator, 5_000, sizes[0], effect)
    control = draw_spend(generator, 5_000, sizes[1], 0.0)
    plain = treated[0].mean(axis=1) - control[0].mean(axis=1)
    difference, standard_error = adjusted([treated, control])
    assert difference.mean() == pytest.approx(
        effect, abs=4 * difference.std() / np.sqrt(5_000)
    )
    assert difference.var() < 0.8 * plain.var()
    holds = np.abs(difference - effect) < 1.96 * standard_error
    assert holds.mean() == pytest.approx(0.95, abs=0.02)


def test_what_the_draw_left_unequal_is_corrected() -> None:
    """Outcome is a third of what was spent before, and nothing but the draw differs."""
    before = np.random.default_rng(33).lognormal(3, 1, (2, 1, 100))
    before[0] += 30
    noise = np.random.default_rng(34).normal(0, 0.1, before.shape)
    arms = [(before[arm] / 3 + noise[arm], before[arm]) for arm in (0, 1)]
    assert arms[0][0].mean() - arms[1][0].mean() > 5
    difference, _ = adjusted(arms)
    assert abs(difference[0]) < 0.1


def test_without_anything_to_adjust_by_there_is_no_adjusted_difference() -> None:
    """Nobody had spent, none of an arm converted, or one customer is an arm."""
    spend = np.array([[5.0, 3.0, 9.0]])
    before = np.array([[1.0, 0.0, 4.0]])
    usual = (spend, before)
    without = [
        [(spend, np.zeros((1, 3))), (spend, np.zeros((1, 3)))],
        [usual, (np.zeros((1, 3)), before)],
    ]
    for arms in without:
        assert np.isnan(adjusted(arms)).all()
    one = ([1, 1], [1, np.nan], [1, 1], [1, np.nan], [1, np.nan])
    assert np.isnan(cuped_difference(*one, customers=[3, 1])).all()
    assert np.isfinite(adjusted([usual, usual])).all()


# ---------------------------------------------------------------- balance

# Mean spend before the contact by segment, and how many of all customers are in it.
SPEND_BEFORE = np.array([400.0, 120.0, 30.0, 0.0])
SHARES = np.array([0.1, 0.25, 0.4, 0.25])


def draw_customers(
    generator: np.random.Generator,
    customers: int,
    treated_share: float = 0.5,
    campaigns: int = 1,
) -> pd.DataFrame:
    """Customers of campaigns, split between their arms by chance alone."""
    total = customers * campaigns
    segments = generator.choice(4, total, p=SHARES)
    return pd.DataFrame(
        {
            "campaign_id": np.repeat(np.arange(campaigns), customers),
            "segment_id": segments,
            "arm": np.where(
                generator.random(total) < treated_share, "treated", "control"
            ),
            "spend": SPEND_BEFORE[segments] * generator.lognormal(0, 1, total),
        }
    )


def balance_of(customers: pd.DataFrame, holdout_share: float = np.nan) -> pd.DataFrame:
    """Balance of campaigns, of moments that pandas takes of their customers."""
    ranks = customers.groupby("campaign_id")["spend"].rank()
    customers = customers.assign(rank=ranks)
    parts = []
    for keys in (["campaign_id", "segment_id"], ["campaign_id"]):
        moments = customers.groupby([*keys, "arm"]).agg(
            customers=("spend", "size"),
            spend_before_mean=("spend", "mean"),
            spend_before_deviation=("spend", "std"),
            spend_rank_mean=("rank", "mean"),
            spend_rank_deviation=("rank", "std"),
        )
        moments = moments.unstack()
        moments.columns = [f"{arm}_{name}" for name, arm in moments.columns]
        parts.append(moments.reset_index().assign(is_overall=len(keys) == 1))
    arms = pd.concat(parts, ignore_index=True)
    counts = ["treated_customers", "control_customers"]
    arms[counts] = arms[counts].fillna(0)
    return measure_balance(arms.assign(holdout_share=holdout_share))


def test_balance_is_tested_by_chi_square_and_by_ranks() -> None:
    customers = draw_customers(np.random.default_rng(3), 1_000)
    treated = customers["arm"] == "treated"
    spend = [customers.loc[arm, "spend"] for arm in (treated, ~treated)]
    balance = balance_of(customers).loc[0]
    assert balance["segment_balance_p_value"] == pytest.approx(
        chi2_contingency(
            pd.crosstab(customers["segment_id"], treated), correction=False
        ).pvalue,
        rel=1e-10,
    )
    ranks = customers["spend"].rank()
    assert balance["spend_before_p_value"] == pytest.approx(
        ttest_ind(ranks[treated], ranks[~treated], equal_var=False).pvalue, rel=1e-10
    )
    # Of large arms it is that of Mann and Whitney.
    assert balance["spend_before_p_value"] == pytest.approx(
        mannwhitneyu(*spend, use_continuity=False).pvalue, rel=0.01
    )
    assert balance["spend_before_difference"] == pytest.approx(
        (spend[0].mean() - spend[1].mean())
        / np.sqrt((spend[0].var() + spend[1].var()) / 2),
        rel=1e-10,
    )


@pytest.mark.parametrize(
    ("customers", "treated_share"), [(800, 0.5), (800, 0.9), (120, 0.5)]
)
def test_a_fair_split_is_seldom_called_unbalanced(
    customers: int, treated_share: float
) -> None:
    generator = np.random.default_rng(13)
    drawn = draw_customers(generator, customers, treated_share, campaigns=500)
    assert 1 - balance_of(drawn)["is_balanced"].mean() <= 0.02


def test_a_split_from_which_somebody_took_customers_is_called_unbalanced() -> None:
    """Half of the controls who had spent most are gone."""
    generator = np.random.default_rng(14)
    customers = draw_customers(generator, 4_000, campaigns=50)
    is_high = customers["spend"] > customers["spend"].quantile(0.7)
    is_lost = is_high & (customers["arm"] == "control")
    is_lost &= generator.random(len(customers)) < 0.5
    assert not balance_of(customers[~is_lost])["is_balanced"].any()


def test_a_broken_split_within_equal_segments_is_seen_by_spend() -> None:
    customers = draw_customers(np.random.default_rng(15), 1_500)
    treated = customers["arm"] == "treated"
    customers.loc[treated, "spend"] *= 2
    balance = balance_of(customers).loc[0]
    assert balance["segment_balance_p_value"] > 0.01
    assert balance["spend_before_p_value"] < 1e-4
    assert balance["spend_before_difference"] > 0
    assert not balance["is_balanced"]


def test_a_broken_split_without_orders_is_seen_by_segments() -> None:
    customers = draw_customers(np.random.default_rng(16), 1_500)
    customers["arm"] = np.where(
        customers["segment_id"] == 0, "treated", customers["arm"]
    )
    balance = balance_of(customers.assign(spend=np.nan)).loc[0]
    assert balance["segment_balance_p_value"] < 1e-12
    assert np.isnan(balance["spend_before_p_value"])
    assert np.isnan(balance["spend_before_difference"])
    assert not balance["is_balanced"]


def test_what_cannot_be_judged_is_neither_balanced_nor_unbalanced() -> None:
    """One segment, in which nobody had spent anything."""
    customers = draw_customers(np.random.default_rng(17), 500)
    balance = balance_of(customers.assign(segment_id=1, spend=0)).loc[0]
    assert balance["is_balanced"] is pd.NA
    assert balance.drop(["campaign_id", "is_balanced"]).isna().all()


def test_a_planned_share_is_tested_by_the_exact_binomial_test() -> None:
    customers = draw_customers(np.random.default_rng(18), 400, treated_share=0.8)
    control = int((customers["arm"] == "control").sum())
    balance = balance_of(customers, holdout_share=0.2).loc[0]
    assert balance["control_share_p_value"] == pytest.approx(
        binomtest(control, 400, 0.2).pvalue, rel=1e-10
    )
    assert balance["is_balanced"]
    # The same arms where half were to be held out: too few are, and nothing else shows.
    balance = balance_of(customers, holdout_share=0.5).loc[0]
    assert balance["control_share_p_value"] < 1e-12
    assert balance[["segment_balance_p_value", "spend_before_p_value"]].min() > 0.01
    assert not balance["is_balanced"]


def test_a_fair_draw_by_a_planned_share_is_seldom_called_unbalanced() -> None:
    generator = np.random.default_rng(19)
    drawn = draw_customers(generator, 800, 0.9, campaigns=500)
    assert 1 - balance_of(drawn, holdout_share=0.1)["is_balanced"].mean() <= 0.02


def test_small_segments_are_compared_together() -> None:
    """Each of them expects two and a half in an arm; all three are 10 to 0."""
    large = [[100, 100], [80, 80]]
    small = [[5, 0], [5, 0], [5, 0]]
    together = chi2_contingency([*large, [15, 0]], correction=False)
    assert split_p_value([*large, *small]) == pytest.approx(together.pvalue, rel=1e-10)
    # What is too small even so belongs to the smallest of the large ones.
    with_rest = chi2_contingency([[100, 100], [81, 80]], correction=False)
    assert split_p_value([*large, [1, 0]]) == pytest.approx(with_rest.pvalue, rel=1e-10)
    assert np.isnan(split_p_value([[100, 100], [1, 0]]))
    assert np.isnan(split_p_value([[100, 0], [80, 0]]))


def test_each_campaign_is_judged_by_itself() -> None:
    usual = {
        f"{arm}_{column}": 10.0
        for arm in ("treated", "control")
        for column in (
            "spend_before_mean",
            "spend_before_deviation",
            "spend_rank_mean",
            "spend_rank_deviation",
        )
    }
    rows = [
        ("spring", 1, 100, 100),
        ("spring", 2, 100, 100),
        ("spring", np.nan, 200, 200),
        ("autumn", 1, 150, 50),
        ("autumn", 2, 50, 150),
        ("autumn", np.nan, 200, 200),
    ]
    arms = pd.DataFrame(
        [
            {
                "campaign_id": campaign,
                "segment_id": segment,
                "is_overall": np.isnan(segment),
                "treated_customers": treated,
                "control_customers": control,
                "holdout_share": np.nan,
                **usual,
            }
            for campaign, segment, treated, control in rows
        ]
    )
    balance = measure_balance(arms)
    assert list(balance["campaign_id"]) == ["autumn", "spring"]
    assert list(balance["is_balanced"]) == [False, True]
    assert measure_balance(arms.iloc[:0]).empty


# ---------------------------------------------------------------- imports


def test_a_build_without_experiments_imports_no_statistics() -> None:
    """scipy.stats takes a second to import."""
    script = (
        "import sys, segmentation.uplift as uplift; "
        "uplift.conversion_p_value([30, 20], [100, 100]); "
        "print('scipy.stats' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PYTHON_FOLDER,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "False"
