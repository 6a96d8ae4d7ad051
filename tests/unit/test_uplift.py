"""P-values are those of scipy and of published tables, and err as often as they say."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import chi2, chi2_contingency, fisher_exact, ttest_ind

from segmentation.uplift import (
    conversion_p_value,
    holm_adjusted,
    measure_significance,
    spend_p_value,
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


def arms_of(campaign: str, segment: float, outcome: str, **columns: float) -> dict:
    usual = {
        "treated_customers": 100,
        "treated_mean": 0.3,
        "treated_deviation": 0.46,
        "control_customers": 100,
        "control_mean": 0.2,
        "control_deviation": 0.4,
    }
    return {
        "campaign_id": campaign,
        "segment_id": segment,
        "outcome": outcome,
        "is_overall": np.isnan(segment),
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
