"""What segments explain is what pandas computes, and chooses the right number."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from segmentation.fit.k_selection import Selection, SelectionSettings, select_k
from segmentation.fit.next_window import (
    FOLDS,
    REPETITIONS,
    NextWindow,
    compare_with_best,
    cross_validated_shares,
    draw_folds,
    explain_next_window,
    is_as_good,
)
from segmentation.fit.preprocessing import FeatureSetting, fit_preprocessing

SETTINGS = SelectionSettings(
    k_range=(2, 5),
    bootstrap_count=3,
    prediction_strength_splits=3,
    selection_sample_rows=3000,
    random_state=0,
)


def window_of(
    matrix: np.ndarray, spend: np.ndarray, orders: np.ndarray, **changes: Any
) -> NextWindow:
    dates = {"observation_date": "2025-07-05", "outcome_end_date": "2025-10-03"}
    return NextWindow(matrix, spend, orders, **{**dates, **changes})


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    """Three groups that differ in spend and hardly in orders; one customer alone."""
    random = np.random.default_rng(3)
    labels = np.append(random.integers(3, size=300), 3)
    return pd.DataFrame(
        {
            "label": labels,
            "spend": random.gamma(2, 20 * (1 + labels)) - 10,
            "orders": random.poisson(2, size=301),
        }
    )


def test_shares_are_those_of_pandas(
    customers: pd.DataFrame,
) -> None:
    labels = customers["label"].to_numpy()
    window = window_of(
        np.zeros((301, 1)), customers["spend"].to_numpy(), customers["orders"]
    )
    outcomes = window.outcomes
    assert_allclose(outcomes[:, 0], np.sign(window.spend) * np.log1p(abs(window.spend)))
    folds = draw_folds(301, random_state=0)
    shares = cross_validated_shares(labels, outcomes, folds)
    assert shares.shape == (FOLDS * REPETITIONS, 3)
    table = pd.DataFrame(outcomes)
    errors, deviations = [], []
    for fold in folds:
        for number in range(FOLDS):
            others = table[fold != number]
            own = table[fold == number]
            means = others.groupby(labels[fold != number]).mean()
            expected = means.reindex(labels[fold == number]).fillna(others.mean())
            errors.append(((own - expected.to_numpy()) ** 2).sum())
            deviations.append(((own - others.mean()) ** 2).sum())
    error, deviation = pd.DataFrame(errors), pd.DataFrame(deviations)
    share = 1 - error.sum() / deviation.sum()
    assert_allclose(shares.mean(axis=0), share)
    # The spread of a ratio of sums is that of its residuals.
    residuals = deviation - error - share * deviation
    assert_allclose(shares.std(axis=0), residuals.std(ddof=0) / deviation.mean())


def test_of_what_hardly_anybody_does_nothing_is_explained() -> None:
    """In four of five folds the others know one buyer, and the fold has none."""
    random = np.random.default_rng(0)
    outcomes = np.zeros((500, 1))
    outcomes[7] = 1
    labels = random.integers(3, size=500)
    shares = cross_validated_shares(labels, outcomes, draw_folds(500, 0))
    assert -0.1 < shares.mean() < 0.01


def test_nobody_is_expected_to_be_like_themselves() -> None:
    """A segment of one customer is expected to be like all."""
    outcomes = np.array([[1.0], [1], [1], [1], [1], [1], [1], [1], [1], [11]])
    labels = np.array([0] * 9 + [1])
    folds = np.array([np.arange(10) % FOLDS])
    shares = cross_validated_shares(labels, outcomes, folds)
    # The fold of the one customer is expected to have 1 as all others have; the others,
    # who are like their own segment, would be expected to be like all.
    deviation = 10.0**2 + 8 * (10 / 8) ** 2
    assert shares.mean() == pytest.approx(1 - 10.0**2 / deviation)
    assert (cross_validated_shares(labels, np.ones((10, 1)), folds) == 0).all()


def test_folds_hold_everybody_once_and_are_the_same_again() -> None:
    folds = draw_folds(103, random_state=1)
    assert folds.shape == (REPETITIONS, 103)
    for fold in folds:
        assert sorted(np.bincount(fold)) == [20, 20, 21, 21, 21]
    assert_array_equal(folds, draw_folds(103, random_state=1))
    assert (folds != draw_folds(103, random_state=2)).any()


def test_what_is_not_explained_counts_as_nothing(customers: pd.DataFrame) -> None:
    labels = customers["label"].to_numpy()
    window = window_of(
        np.zeros((301, 1)), customers["spend"].to_numpy(), customers["orders"]
    )
    facts = explain_next_window(labels, window, 0).facts
    shares = pd.DataFrame(
        cross_validated_shares(labels, window.outcomes, draw_folds(301, 0)),
        columns=["explained_log_spend", "explained_orders", "explained_retention"],
    )
    assert facts["explained_orders"] < 0 < facts["explained_log_spend"]
    for name, mean in shares.mean().items():
        assert facts[str(name)] == pytest.approx(mean)
    assert facts["explanation"] == pytest.approx(shares.mean().clip(lower=0).mean())
    counted = shares.loc[:, shares.mean() > 0].sum(axis=1) / 3
    assert facts["explanation_error"] == pytest.approx(
        np.sqrt((1 / 50 + 1 / 4) * counted.var())
    )


def test_the_error_of_a_difference_is_that_of_paired_folds() -> None:
    scores = {3: np.array([0.1, 0.3, 0.2]), 4: np.array([0.2, 0.4, 0.6])}
    compared = compare_with_best(scores, best=4, ratio=0.25)
    assert compared[4] == (0, 0)
    assert compared[3][0] == pytest.approx(0.2)
    assert compared[3][1] == pytest.approx(
        np.sqrt((1 / 3 + 1 / 4) * np.var([0.1, 0.1, 0.4], ddof=1))
    )
    assert is_as_good(0.2, 0.2, 0.4)
    assert not is_as_good(0.2, 0.19, 0.4)
    assert is_as_good(0.008, 0, 0.4)
    assert not is_as_good(0.0081, 0, 0.4)


def test_the_error_is_how_far_other_customers_would_differ() -> None:
    """Of two groupings of 60 samples; the error of independent folds is far too small.

    Nadeau and Bengio's is about right, and rather too large.
    """
    differences, errors, plain = [], [], []
    for sample in range(60):
        random = np.random.default_rng([7, sample])
        fine = random.integers(6, size=600)
        spend = np.exp(random.normal(fine / 3, 1))
        window = window_of(np.zeros((600, 1)), spend, random.poisson(fine / 2))
        scores = {
            k: explain_next_window(labels, window, 0).by_split
            for k, labels in ((2, fine // 3), (6, fine))
        }
        difference, error = compare_with_best(scores, 6, 1 / (FOLDS - 1))[2]
        differences.append(difference)
        errors.append(error)
        plain.append(np.std(scores[6] - scores[2], ddof=1) / np.sqrt(50))
    spread = np.std(differences, ddof=1)
    assert 0.8 * spread < np.mean(errors) < 1.6 * spread
    assert np.mean(plain) < 0.5 * spread


# ---------------------------------------------------------------- the number it chooses


def grouped(
    count: int, expected_orders: list[float], seed: int = 0
) -> tuple[np.ndarray, NextWindow]:
    """Groups along a line, a window before the training date and one after it."""
    random = np.random.default_rng(seed)
    group = np.arange(count) % len(expected_orders)
    orders = random.poisson(np.array(expected_orders)[group]).astype(float)
    spend = orders * random.gamma(4, 5, size=count)
    before, after = (
        (3.0 * group + random.normal(0, 0.3, count)).reshape(-1, 1) for _ in range(2)
    )
    return after, window_of(before, spend, orders)


def chosen_k(selection: Selection) -> int:
    return selection.chosen.n_segments


@pytest.mark.parametrize("groups", [2, 4])
def test_groups_that_differ_in_what_comes_are_counted(groups: int) -> None:
    # Each group buys twice as often as the one before.
    matrix, window = grouped(800, [2.0**number / 4 for number in range(groups)])
    assert chosen_k(select_k(matrix, "auto", SETTINGS, window)) == groups


def test_groups_that_are_alike_in_what_comes_are_not_parted() -> None:
    matrix, window = grouped(800, [0.3, 0.3, 3, 3])
    selection = select_k(matrix, "auto", SETTINGS, window)
    assert chosen_k(selection) == 2
    assert chosen_k(select_k(matrix, 4, SETTINGS, window)) == 4


def test_where_nothing_predicts_the_smallest_is_chosen() -> None:
    """The explanation is within its error of nothing, at every k."""
    found = []
    for seed in range(4):
        matrix, window = grouped(800, [1.5, 1.5, 1.5, 1.5], seed)
        candidates = select_k(matrix, "auto", SETTINGS, window).candidates
        assert candidates[0].is_chosen
        found.append(
            any(c.explanation > 1.96 * c.explanation_error for c in candidates)
        )
    assert not any(found)


# ---------------------------------------------------------------- from the table


def test_customers_are_read_as_the_training_customers_are_scaled() -> None:
    training = pd.DataFrame({"total_spend": [0.0, 10.0, 20.0, 90.0]})
    parameters = fit_preprocessing(
        training, [FeatureSetting("total_spend", transform="log1p")]
    )
    table = pd.DataFrame(
        {
            "customer_id": [f"c{number:02}" for number in range(50)],
            "total_spend": np.arange(50.0),
            "next_window_spend": np.arange(50.0) * 2,
            "next_window_order_count": np.arange(50.0) % 3,
            "observation_date": pd.Timestamp("2025-07-05"),
            "outcome_end_date": pd.Timestamp("2025-10-03"),
        }
    )
    shuffled = table.sample(frac=1, random_state=0)
    window = NextWindow.from_customers(shuffled, parameters)
    assert window is not None
    logs = np.log1p(training["total_spend"])
    assert_allclose(
        window.matrix[:, 0],
        (np.log1p(np.arange(50)) - logs.mean()) / logs.std(ddof=0),
    )
    assert_array_equal(window.spend, np.arange(50) * 2)
    assert_array_equal(window.orders, np.arange(50) % 3)
    assert window.observation_date == "2025-07-05"
    assert window.outcome_end_date == "2025-10-03"
    assert NextWindow.from_customers(table.iloc[:49], parameters) is None
