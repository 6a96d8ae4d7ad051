"""Scores are fifths, ties share one, and the first rule that holds has the customer."""

import csv
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from segmentation.fit.fitting import fit_method
from segmentation.methods import FitInput, Partition, load_method
from segmentation.methods.rfm_rules import (
    FEATURES,
    check_rules,
    fifths,
    fit,
    holds,
    score_bounds,
    scorer_of,
    segment_names,
)
from segmentation.score.rules import RulesScorer

SEED = Path(__file__).parents[2] / "seeds" / "settings" / "rfm_segments.csv"
NAMES = tuple(feature.name for feature in FEATURES)
RANDOM = np.random.default_rng(4)
SETTINGS: dict[str, Any] = {
    "k_range": [3, 5],
    "bootstrap_count": 3,
    "prediction_strength_splits": 2,
    "selection_sample_rows": 400,
    "random_state": 0,
    "minimum_scoring_agreement": 0.9,
    "maximum_scoring_leaves": 64,
}


def rule(name: str, recency: str, frequency: str, monetary: str) -> dict[str, Any]:
    """A row of the seed: scores as `4-5`."""
    row: dict[str, Any] = {"segment_name": name}
    for score, scores in (
        ("recency", recency),
        ("frequency", frequency),
        ("monetary", monetary),
    ):
        first, last = scores.split("-")
        row |= {f"{score}_score_from": int(first), f"{score}_score_to": int(last)}
    return row


def rules_of_the_seed() -> list[dict[str, Any]]:
    """The rules that come with the project."""
    with SEED.open(encoding="utf-8", newline="") as file:
        return [
            {
                name: value if name == "segment_name" else int(value)
                for name, value in row.items()
            }
            for row in csv.DictReader(file)
        ]


def fit_input_of(
    matrix: NDArray[np.float64], rules: Sequence[Mapping[str, Any]]
) -> FitInput:
    """Customers by recency, frequency and spend, and what to call them."""
    return FitInput(
        matrix=matrix,
        feature_names=NAMES,
        n_segments=4,
        random_state=0,
        settings=SETTINGS,
        segment_rules=rules,
    )


def names_of(partition: Partition) -> list[str]:
    """Name of each customer's segment."""
    return [partition.segment_names[label] for label in partition.labels]


# ---------------------------------------------------------------- scores


def test_scores_are_fifths() -> None:
    values = np.arange(10.0)
    assert_array_equal(
        fifths(values, more_is_better=True), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    )


def test_the_most_recent_score_best() -> None:
    days_since_order = np.array([1.0, 20, 300, 40, 500])
    assert_array_equal(fifths(days_since_order, more_is_better=False), [5, 4, 2, 3, 1])


def test_equal_values_share_the_score_of_the_worst_of_them() -> None:
    # Seven of ten bought once: above them a fifth leaves out two scores.
    orders = np.array([1.0, 1, 1, 1, 1, 1, 1, 2, 3, 9])
    assert_array_equal(
        fifths(orders, more_is_better=True), [1, 1, 1, 1, 1, 1, 1, 4, 5, 5]
    )


@pytest.mark.parametrize("more_is_better", [True, False])
@pytest.mark.parametrize(
    "values",
    [
        np.arange(100.0),
        RANDOM.poisson(1, size=300).astype(float),
        np.array([3.0] * 80 + [1.0] * 20),
        np.array([3.0] * 20 + [1.0] * 80),
        np.full(7, 2.0),
        np.log1p(RANDOM.lognormal(5, 3, size=500)).astype(np.float32).astype(float),
        # Neighbours among 32-bit floats.
        np.nextafter(np.float32(1), np.float32([0, 2])).astype(float).repeat(5),
    ],
    ids=["distinct", "counts", "few_low", "few_high", "one", "amounts", "neighbours"],
)
def test_bounds_part_the_scores(
    values: NDArray[np.float64], more_is_better: bool
) -> None:
    bounds = score_bounds(values, more_is_better=more_is_better)
    scores = fifths(values, more_is_better=more_is_better)
    for score in range(1, 6):
        position = score if more_is_better else 6 - score
        is_within = (values > bounds[position - 1]) & (values <= bounds[position])
        assert_array_equal(is_within, scores == score)
    assert (bounds[0], bounds[-1]) == (-np.inf, np.inf)
    assert not np.isin(bounds, values).any()


# ---------------------------------------------------------------- rules


def test_the_rules_of_the_seed_have_every_combination() -> None:
    check_rules(rules_of_the_seed())
    assert len(segment_names(rules_of_the_seed())) == 11


def test_a_combination_without_a_segment_is_named() -> None:
    rules = [
        rule("Recent", "3-5", "1-5", "1-5"),
        rule("Gone", "1-2", "1-5", "2-5"),
        rule("Gone", "1-1", "1-5", "1-1"),
    ]
    with pytest.raises(
        ValueError,
        match="The seed rfm_segments has no segment for the scores recency 2, "
        "frequency 1, monetary 1 and 4 others; expected one for each of the 125 comb",
    ):
        check_rules(rules)
    with pytest.raises(ValueError, match="recency 2, frequency 1, monetary 1; expect"):
        check_rules([*rules, rule("Few", "2-2", "2-5", "1-1")])
    check_rules([*rules, rule("Few", "2-2", "1-5", "1-1")])


def test_without_rules_every_combination_is_missing() -> None:
    with pytest.raises(ValueError, match="recency 1, frequency 1, monetary 1 and 124"):
        fit(fit_input_of(RANDOM.normal(size=(10, 3)), []))


def test_the_first_rule_that_holds_has_the_customer() -> None:
    rules = [
        rule("Best", "5-5", "1-5", "1-5"),
        rule("Recent", "4-5", "1-5", "1-5"),
        rule("Rest", "1-5", "1-5", "1-5"),
    ]
    matrix = np.column_stack([np.arange(5.0), np.zeros(5), np.zeros(5)])
    assert names_of(fit(fit_input_of(matrix, rules))) == [
        *["Best", "Recent"],
        *["Rest"] * 3,
    ]
    turned = [rules[1], rules[0], rules[2]]
    assert names_of(fit(fit_input_of(matrix, turned))) == [
        *["Recent", "Recent"],
        *["Rest"] * 3,
    ]


def test_rules_of_one_name_are_one_segment() -> None:
    rules = [
        rule("Ends", "5-5", "1-5", "1-5"),
        rule("Middle", "2-4", "1-5", "1-5"),
        rule("Ends", "1-1", "1-5", "1-5"),
    ]
    matrix = np.column_stack([np.arange(5.0), np.zeros(5), np.zeros(5)])
    partition = fit(fit_input_of(matrix, rules))
    assert partition.segment_names == ("Ends", "Middle")
    assert_array_equal(partition.labels, [0, 1, 1, 1, 0])


def test_every_customer_has_the_segment_of_their_scores() -> None:
    """By a computation of its own, customer by customer, on values with many ties."""
    matrix = np.column_stack(
        [
            RANDOM.integers(1, 60, size=400),
            RANDOM.poisson(1, size=400),
            RANDOM.lognormal(3, 1, size=400).round(),
        ]
    ).astype(np.float64)
    rules = rules_of_the_seed()

    expected = []
    for customer in matrix:
        scores = [
            1 + int(5 * np.mean(matrix[:, 0] > customer[0]) + 1e-9),
            1 + int(5 * np.mean(matrix[:, 1] < customer[1]) + 1e-9),
            1 + int(5 * np.mean(matrix[:, 2] < customer[2]) + 1e-9),
        ]
        expected.append(next(r["segment_name"] for r in rules if holds(r, scores)))

    assert names_of(fit(fit_input_of(matrix, rules))) == expected
    assert len(set(expected)) > 7


def test_whoever_comes_later_is_in_a_segment_too() -> None:
    """Fifths that nobody was in, and values beyond all that were seen."""
    matrix = np.column_stack([np.full(50, 2.0), RANDOM.poisson(0.3, 50), np.arange(50)])
    scorer = fit(fit_input_of(matrix.astype(float), rules_of_the_seed())).scorer
    assert isinstance(scorer, RulesScorer)
    later = np.array(list(product([-1e9, 1.9, 2.0, 2.1, 1e9], repeat=3)))
    assert (scorer.leaves(later) >= 0).all()
    finite = np.isfinite(scorer.lower) | np.isfinite(scorer.upper)
    assert (scorer.lower < scorer.upper).all()
    assert finite.any()


def test_values_that_are_equal_as_32_bit_floats_share_a_score() -> None:
    # All three are 1 as 32-bit floats, beyond any bound between them.
    spend = np.array([1 - 3e-9, 1 - 2e-9, 1 - 1e-9, 2, 3])
    matrix = np.column_stack([np.zeros(5), np.zeros(5), spend])
    rules = [rule(f"Spend {n}", "1-5", "1-5", f"{n}-{n}") for n in range(1, 6)]
    partition = fit(fit_input_of(matrix, rules))
    assert names_of(partition) == ["Spend 1"] * 3 + ["Spend 4", "Spend 5"]


def test_columns_may_be_in_any_order() -> None:
    bounds = {
        "recency": score_bounds(np.arange(5.0), more_is_better=False),
        "frequency": score_bounds(np.full(5, 1.0), more_is_better=True),
        "monetary": score_bounds(np.full(5, 1.0), more_is_better=True),
    }
    scorer = scorer_of(
        [rule("Best", "5-5", "1-5", "1-5"), rule("Rest", "1-5", "1-5", "1-5")],
        bounds,
        ("total_spend", "age", "recency_days", "order_count"),
    )
    assert_array_equal(
        scorer.predict(np.array([[1.0, 70, 0, 1], [1.0, 70, 4, 1]])), [0, 1]
    )


def test_a_segment_that_nobody_is_in_keeps_its_place() -> None:
    matrix = np.column_stack([np.arange(50.0), np.ones(50), np.arange(50.0)[::-1]])
    rules = [
        rule("Often", "1-5", "5-5", "1-5"),
        rule("Recent and rich", "5-5", "1-4", "5-5"),
        rule("Recent", "5-5", "1-5", "1-5"),
        rule("Rest", "1-5", "1-5", "1-5"),
    ]
    fit = fit_method("rfm_rules", load_method("rfm_rules"), fit_input_of(matrix, rules))
    assert fit.partition.segment_names == ("Often", "Recent and rich", "Recent", "Rest")
    assert_array_equal(np.bincount(fit.labels, minlength=4), [0, 10, 0, 40])
    assert np.isfinite(fit.centers).all()
    assert_allclose(fit.centers[0], matrix.mean(axis=0))
    assert fit.candidates[0].reason.startswith("rfm_rules chose it")
    assert fit.scorer_agreement == 1
