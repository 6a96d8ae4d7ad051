"""Drift is what an independent computation finds, and no more than chance allows."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import rel_entr
from scipy.stats import chi2, kstest

from segmentation.drift import (
    count_bins,
    drift_level,
    drift_p_value,
    learn_bins,
    measure_drift,
    population_stability_index,
    stability_contributions,
)

PYTHON_FOLDER = Path(__file__).parents[2] / "python"


# ---------------------------------------------------------------- bins


def test_bins_of_a_continuous_feature_are_deciles() -> None:
    values = np.random.default_rng(3).permutation(np.arange(1.0, 1001.0))
    bounds = learn_bins(values)
    assert_array_equal(bounds, np.arange(100, 1000, 100))
    assert_array_equal(count_bins(values, bounds), [0, *[100] * 10])


def test_a_feature_with_few_values_has_a_bin_for_each() -> None:
    values = np.array([5.0, 1, 1, 3, np.nan, 5, 5])
    bounds = learn_bins(values)
    assert_array_equal(bounds, [1, 3])
    assert_array_equal(count_bins(values, bounds), [1, 2, 1, 3])


def test_equal_quantiles_are_merged() -> None:
    values = np.concatenate([np.zeros(750), np.arange(1.0, 251.0)])
    bounds = learn_bins(values)
    assert_array_equal(bounds, [0, 50, 150])
    assert_array_equal(count_bins(values, bounds), [0, 750, 50, 100, 100])


def test_a_value_most_have_at_the_end_leaves_no_empty_bin() -> None:
    values = np.concatenate([np.arange(100.0), np.full(900, 100.0)])
    bounds = learn_bins(values)
    assert_array_equal(bounds, [99])
    assert_array_equal(count_bins(values, bounds), [0, 100, 900])


def test_a_constant_feature_has_one_bin() -> None:
    bounds = learn_bins(np.full(5, 7.0))
    assert bounds.size == 0
    assert_array_equal(count_bins(np.array([1.0, 7, 9, np.nan]), bounds), [1, 3])


def test_unseen_values_go_to_the_bins_at_the_ends() -> None:
    bounds = np.array([1.0, 3.0])
    assert_array_equal(
        count_bins(np.array([-9.0, 1, 1.1, 3, 3.1, 99]), bounds), [0, 2, 2, 2]
    )


def test_bins_are_those_of_pandas() -> None:
    values = np.random.default_rng(0).lognormal(size=997)
    bounds = learn_bins(values)
    expected = pd.cut(values, [-np.inf, *bounds, np.inf]).value_counts()
    assert_array_equal(count_bins(values, bounds)[1:], expected)
    assert expected.min() >= 99


def test_small_bins_are_merged() -> None:
    """With the next one; what is left at the end with the one before."""
    values = np.repeat([1.0, 2, 3, 4, 5], [2, 4, 9, 5, 3])
    bounds = learn_bins(values, minimum_count=5)
    assert_array_equal(bounds, [2, 3])
    assert_array_equal(count_bins(values, bounds), [0, 6, 9, 8])
    assert learn_bins(values[:3], minimum_count=5).size == 0


def test_a_feature_that_is_never_known_is_refused() -> None:
    with pytest.raises(ValueError, match="All 2 values are missing; expected a known"):
        learn_bins(np.array([np.nan, np.nan]))


# ---------------------------------------------------------------- index and p-value

EXPECTED = np.array([[120, 300, 80, 500], [10, 20, 30, 40]])
ACTUAL = np.array([[260, 560, 230, 950], [11, 19, 33, 37]])


def test_index_is_the_symmetric_relative_entropy() -> None:
    """PSI is Jeffreys' divergence: both Kullback-Leibler divergences, added up."""
    expected = EXPECTED / EXPECTED.sum(axis=1, keepdims=True)
    actual = ACTUAL / ACTUAL.sum(axis=1, keepdims=True)
    divergence = (rel_entr(expected, actual) + rel_entr(actual, expected)).sum(axis=1)
    assert_allclose(population_stability_index(EXPECTED, ACTUAL), divergence)


def test_p_value_is_the_chi_square_tail() -> None:
    index = population_stability_index(EXPECTED, ACTUAL)
    n, m = EXPECTED.sum(axis=1), ACTUAL.sum(axis=1)
    assert_allclose(
        drift_p_value(EXPECTED, ACTUAL), chi2(df=3).sf(index / (1 / n + 1 / m))
    )


def test_features_with_fewer_bins_can_be_padded() -> None:
    padded = [np.pad(counts, ((0, 0), (1, 5))) for counts in (EXPECTED, ACTUAL)]
    assert_allclose(
        population_stability_index(*padded),
        population_stability_index(EXPECTED, ACTUAL),
    )
    assert_allclose(drift_p_value(*padded), drift_p_value(EXPECTED, ACTUAL))


def test_a_bin_empty_on_one_side_is_corrected_by_a_half() -> None:
    expected, actual = np.array([50, 50, 0, 0]), np.array([40, 50, 10, 0])
    shares = [np.array([50.5, 50.5, 0.5]) / 101.5, np.array([40.5, 50.5, 10.5]) / 101.5]
    divergence = ((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum()
    assert population_stability_index(expected, actual) == pytest.approx(divergence)
    assert drift_p_value(expected, actual) == pytest.approx(
        chi2(df=2).sf(divergence / (1 / 100 + 1 / 100))
    )


def test_one_feature_with_an_empty_bin_does_not_correct_the_others() -> None:
    expected = np.vstack([EXPECTED, [5, 5, 0, 5]])
    actual = np.vstack([ACTUAL, [5, 5, 5, 5]])
    assert_allclose(
        population_stability_index(expected, actual)[:2],
        population_stability_index(EXPECTED, ACTUAL),
    )


def test_nothing_can_be_said_without_customers_or_with_one_bin() -> None:
    assert np.isnan(population_stability_index([0, 0], [3, 4]))
    assert np.isnan(drift_p_value([0, 0], [3, 4]))
    assert population_stability_index([0, 9], [0, 4]) == 0
    assert np.isnan(drift_p_value([0, 9], [0, 4]))


def test_p_values_of_samples_of_one_population_are_uniform() -> None:
    random = np.random.default_rng(1)
    shares = random.dirichlet(np.full(8, 5.0))
    p_values = drift_p_value(
        random.multinomial(1000, shares, size=4000),
        random.multinomial(3000, shares, size=4000),
    )
    assert kstest(p_values, "uniform").statistic < 0.03


def test_counts_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shapes \(2,\) and \(3,\); expected"):
        population_stability_index([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="A count is negative"):
        drift_p_value([1, -2], [1, 2])


@pytest.mark.parametrize(
    ("index", "level"),
    [
        (0.0, "none"),
        (0.0999, "none"),
        (0.1, "moderate"),
        (0.2499, "moderate"),
        (0.25, "large"),
        (np.nan, None),
    ],
)
def test_level(index: float, level: str | None) -> None:
    assert drift_level(index) == level


def test_no_scikit_learn_is_imported() -> None:
    """A build that only scores measures drift too."""
    code = (
        "import sys; from segmentation.drift import drift_p_value; "
        "drift_p_value([1, 2], [2, 2]); "
        "print([name for name in ('sklearn', 'scipy.stats') if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PYTHON_FOLDER,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "[]"


# ---------------------------------------------------------------- many variables


def counted(
    variable_name: str, customers: list[int], training: list[int]
) -> pd.DataFrame:
    """Counts in the bins of a variable, from bin 0."""
    return pd.DataFrame(
        {
            "observation_date": pd.Timestamp("2024-07-01"),
            "variable_name": variable_name,
            "bin_number": range(len(customers)),
            "customers": customers,
            "training_customers": training,
        }
    )


def test_contributions_sum_to_the_index_and_are_never_negative() -> None:
    expected, actual = [[50, 30, 20], [10, 0, 90]], [[20, 30, 50], [0, 40, 60]]
    contributions = stability_contributions(expected, actual)
    assert (contributions >= 0).all()
    assert contributions[0, 1] == 0
    assert_allclose(
        contributions.sum(axis=-1), population_stability_index(expected, actual)
    )


def test_variables_are_measured_together_as_each_is_alone() -> None:
    """Neither the order of the rows nor variables with more bins change anything."""
    three, two = ([20, 30, 50], [50, 30, 20]), ([7, 3], [40, 60])
    bin_counts = pd.concat([counted("two", *two), counted("three", *three)])
    drift = measure_drift(bin_counts.sample(frac=1, random_state=0))

    assert list(drift["variable_name"]) == ["three"] * 3 + ["two"] * 2
    assert list(drift["bin_number"]) == [0, 1, 2, 0, 1]
    for name, (customers, training) in {"three": three, "two": two}.items():
        of_variable = drift[drift["variable_name"] == name]
        index = population_stability_index(training, customers)
        assert_allclose(of_variable["population_stability_index"], index)
        assert_allclose(of_variable["contribution"].sum(), index)
        assert_allclose(of_variable["p_value"], drift_p_value(training, customers))
        assert set(of_variable["drift_level"]) == {drift_level(float(index))}


def test_a_date_without_customers_has_no_drift() -> None:
    drift = measure_drift(counted("age", [0, 0], [5, 5]))
    assert drift[["contribution", "population_stability_index"]].isna().all(axis=None)
    assert list(drift["drift_level"]) == [None, None]


def test_no_counts_give_no_rows() -> None:
    assert measure_drift(counted("age", [], [])).empty
