"""Value classes are what they say, and what is learned of them is scored in SQL."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score
from sklearn.neural_network import MLPClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from segmentation.fit.fitting import fit_method
from segmentation.fit.outcomes import (
    EXPECTATIONS,
    Learned,
    fit_by_outcome,
    learn_value_classes,
    linear_scorer,
    out_of_time_facts,
    spend_cuts,
    training_with_outcomes,
    value_classes,
)
from segmentation.fit.trees import rules_of
from segmentation.methods import FitInput, Method, load_method
from segmentation.methods.decision_tree import fit_tree
from segmentation.methods.neural_network import fit_network, network_scorer
from segmentation.methods.svm import fit_machine
from segmentation.score.rules import RulesScorer

RANDOM = np.random.default_rng(8)
# Order counts have many ties; what they spend next goes with them, and half spend
# nothing.
ORDERS = RANDOM.poisson(2, size=800)
SPEND = np.maximum(0, 20 * ORDERS + RANDOM.normal(-30, 25, size=800)).round(2)
MATRIX = np.column_stack([np.log1p(ORDERS), RANDOM.normal(size=800)])
CLASSES, CUTS = learn_value_classes(SPEND)
LEARNERS = {
    "decision_tree": fit_tree,
    "svm": fit_machine,
    "neural_network": fit_network,
}
SETTINGS: dict[str, Any] = {
    "k_range": [3, 5],
    "bootstrap_count": 3,
    "prediction_strength_splits": 2,
    "selection_sample_rows": 400,
    "random_state": 0,
    "minimum_scoring_agreement": 0.9,
    "maximum_scoring_leaves": 64,
}


def fit_input_of(
    matrix: NDArray[np.float64] = MATRIX,
    next_spend: NDArray[np.float64] | None = SPEND,
    n_segments: int | None = None,
    **settings: Any,
) -> FitInput:
    """Customers and what they spend next."""
    return FitInput(
        matrix=matrix,
        feature_names=("order_count", "income"),
        n_segments=n_segments,
        random_state=0,
        settings={**SETTINGS, **settings},
        next_spend=next_spend,
    )


# ---------------------------------------------------------------- value classes


def test_cuts_are_thirds_of_positive_spend() -> None:
    spend = np.array([-5.0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7])
    assert_array_equal(spend_cuts(spend), [3, 5])
    assert_array_equal(
        value_classes(spend, spend_cuts(spend)), [0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3]
    )


def test_value_classes_are_those_of_pandas() -> None:
    positive = pd.Series(SPEND[SPEND > 0])
    assert_array_equal(
        CLASSES[SPEND > 0], pd.qcut(positive, 3, labels=[1, 2, 3]).astype(int)
    )
    assert (CLASSES[SPEND <= 0] == 0).all()
    assert (SPEND <= 0).sum() > 100


def test_equal_amounts_share_a_class_and_returns_are_no_spend() -> None:
    cuts = np.array([10.0, 20.0])
    assert_array_equal(
        value_classes(np.array([-100, -0.01, 0, 0.01, 10, 10.01, 20, 20.01]), cuts),
        [0, 0, 0, 1, 1, 2, 2, 3],
    )


@pytest.mark.parametrize(
    ("spend", "message"),
    [
        (
            [0.0, 5, 5, 5, 5],
            "1 of 5 training customers spent nothing, 4 a small, 0 a medium and 0 a big"
            " amount (thirds of those who spent); expected at least 1 customer in each",
        ),
        ([1.0, 2, 3, 4, 5, 6], "0 of 6 training customers spent nothing, 2 a small"),
        ([0.0, -1], "None of 2 training customers spent anything in the window after"),
    ],
)
def test_a_class_without_customers_is_refused(spend: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        learn_value_classes(np.array(spend))


# ---------------------------------------------------------------- as the library does


def points_to_score(model: Any) -> NDArray[np.float64]:
    """Customers learned from, others, and those on the thresholds of a tree."""
    points = [MATRIX, RANDOM.normal(scale=2, size=(2000, 2)), np.zeros((1, 2))]
    if isinstance(model, DecisionTreeClassifier):
        used = model.tree_.feature >= 0
        on_thresholds = MATRIX[: used.sum()].copy()
        on_thresholds[np.arange(used.sum()), model.tree_.feature[used]] = (
            model.tree_.threshold[used]
        )
        points += [on_thresholds, on_thresholds + 1e-9, on_thresholds - 1e-9]
    return np.concatenate(points)


@pytest.mark.parametrize("name", LEARNERS)
def test_the_scorer_predicts_what_the_library_does(name: str) -> None:
    model, scorer, _ = LEARNERS[name](fit_input_of(), CLASSES)
    points = points_to_score(model)
    predicted = model.predict(points)
    assert_array_equal(scorer.predict(points), predicted)
    assert scorer.n_segments == len(np.unique(predicted)) == 4


@pytest.mark.parametrize("name", LEARNERS)
def test_the_scorer_of_two_classes_predicts_what_the_library_does(name: str) -> None:
    is_buyer = (CLASSES > 0).astype(np.int64)
    if name == "decision_tree":
        model: Any = DecisionTreeClassifier(max_leaf_nodes=9).fit(MATRIX, is_buyer)
        scorer: Any = rules_of(model, 2)
    elif name == "svm":
        model = LinearSVC().fit(MATRIX, is_buyer)
        scorer = linear_scorer(model.coef_, model.intercept_, np.zeros((2, 2)))
    else:
        model = MLPClassifier((3,), solver="lbfgs", tol=1e-2, random_state=0)
        scorer = network_scorer(model.fit(MATRIX, is_buyer))
    points = points_to_score(model)
    assert_array_equal(scorer.predict(points), model.predict(points))
    assert scorer.n_segments == len(np.unique(model.predict(points))) == 2


@pytest.mark.parametrize("n_classes", [2, 4])
def test_of_equal_scores_the_first_class_wins_as_in_the_library(n_classes: int) -> None:
    """A customer at the origin has the same score in every class."""
    classes = CLASSES % n_classes
    origin = np.zeros((1, 2))
    machine = LinearSVC().fit(MATRIX, classes)
    machine.intercept_ = np.zeros_like(machine.intercept_)
    scorer = linear_scorer(machine.coef_, machine.intercept_, np.zeros((n_classes, 2)))
    network = MLPClassifier((3,), solver="lbfgs", tol=1e-2, random_state=0).fit(
        MATRIX, classes
    )
    network.intercepts_ = [np.zeros_like(biases) for biases in network.intercepts_]
    assert_array_equal(machine.predict(origin), [0])
    assert_array_equal(scorer.predict(origin), [0])
    assert_array_equal(network.predict(origin), [0])
    assert_array_equal(network_scorer(network).predict(origin), [0])


# ---------------------------------------------------------------- the methods


@pytest.mark.parametrize("name", LEARNERS)
def test_a_method_learns_what_customers_spend_next(name: str) -> None:
    method = load_method(name)
    fit = fit_method(name, method, fit_input_of(n_segments=7))
    assert method.is_supervised
    assert fit.scorer_agreement == 1
    assert fit.partition.segment_names == EXPECTATIONS
    assert_allclose(
        [fit.partition.facts[f"{side}_spend_cut"] for side in ("lower", "upper")], CUTS
    )
    [candidate] = fit.candidates
    assert candidate.n_segments == 4
    assert candidate.reason.startswith(f"{name} chose it")
    # By chance it would be a quarter.
    assert balanced_accuracy_score(CLASSES, fit.labels) > 0.45
    assert SPEND[fit.labels == 3].mean() > SPEND[fit.labels == 1].mean()
    for segment in range(4):
        assert_allclose(
            fit.centers[segment], MATRIX[fit.labels == segment].mean(axis=0)
        )


@pytest.mark.parametrize("name", LEARNERS)
def test_a_rare_class_is_expected_of_somebody(name: str) -> None:
    """As if all but one in twenty bought, whatever they had done."""
    random = np.random.default_rng(1)
    spend = random.lognormal(3, 1, size=800)
    spend[np.argsort(MATRIX[:, 1] + random.normal(size=800))[:40]] = 0
    fit = fit_method(name, load_method(name), fit_input_of(next_spend=spend))
    assert (fit.labels == 0).sum() > 40


def test_every_leaf_has_as_many_customers_as_a_segment_must_have() -> None:
    tree, scorer, facts = fit_tree(fit_input_of(), CLASSES)
    assert isinstance(scorer, RulesScorer)
    sizes = np.bincount(scorer.leaves(MATRIX))
    assert sizes.min() >= 0.02 * len(MATRIX)
    assert len(sizes) == facts["leaves"] > 10
    _, fewer, _ = fit_tree(fit_input_of(maximum_scoring_leaves=5), CLASSES)
    assert isinstance(fewer, RulesScorer)
    assert len(fewer.lower) == 5
    assert isinstance(tree, DecisionTreeClassifier)


def test_a_network_has_as_many_hidden_units_as_features_and_classes() -> None:
    _, _, facts = fit_network(fit_input_of(), CLASSES)
    assert facts["hidden_units"] == 6
    assert facts["iterations"] < 1000


def test_an_expectation_that_nobody_meets_is_a_segment_all_the_same() -> None:
    def fit_stump(fit_input: FitInput, classes: NDArray[np.int64]) -> Learned:
        tree = DecisionTreeClassifier(max_depth=1, random_state=0)
        return tree.fit(fit_input.matrix, classes), rules_of(tree, 4), {}

    method = Method(
        lambda fit_input: fit_by_outcome(fit_input, fit_stump),
        selects_k="if_auto",
        is_supervised=True,
    )
    fit = fit_method("stump", method, fit_input_of())
    sizes = np.bincount(fit.labels, minlength=4)
    assert (sizes == 0).sum() == 2
    for segment in np.flatnonzero(sizes == 0):
        assert_allclose(fit.centers[segment], MATRIX[segment == CLASSES].mean(axis=0))


def test_without_an_outcome_nothing_is_learned() -> None:
    with pytest.raises(ValueError, match="There is no next_spend; expected that of"):
        load_method("svm").fit(fit_input_of(next_spend=None))


# ---------------------------------------------------------------- out of time


def outcomes_of(*dates: str) -> pd.DataFrame:
    """Two customers of each date, in falling order."""
    return pd.DataFrame(
        {
            "customer_id": ["b", "a"] * len(dates),
            "observation_date": pd.to_datetime(np.repeat(dates, 2)),
            "next_window_spend": [1.0, np.nan] * len(dates),
        }
    )


def test_only_an_earlier_date_with_an_outcome_is_learned_from() -> None:
    outcomes = outcomes_of("2025-04-06", "2025-10-03")
    training = training_with_outcomes(outcomes, pd.Timestamp("2025-10-03"), "svm")
    assert training.to_dict("records") == [
        {
            "customer_id": "b",
            "observation_date": pd.Timestamp("2025-04-06"),
            "next_window_spend": 1.0,
        }
    ]


def test_too_few_dates_are_refused() -> None:
    with pytest.raises(
        ValueError,
        match=r"segmentation_method svm learns .* no customer is observed before "
        "2025-10-03, the training date; expected at least 4 observation dates",
    ):
        training_with_outcomes(
            outcomes_of("2025-10-03"), pd.Timestamp("2025-10-03"), "svm"
        )


def test_accuracy_is_out_of_time_beside_what_stays_as_it_is() -> None:
    cuts = np.array([10.0, 20.0])
    after = np.array([0.0, 0, 0, 0, 5, 15, 25, 25])
    before = np.array([0.0, 0, 0, 5, 5, 25, 15, 25])
    expected = np.array([0, 0, 0, 0, 0, 2, 3, 1])
    facts = out_of_time_facts(
        expected=expected, spend_before=before, spend_after=after, cuts=cuts
    )
    assert facts == {
        "outcome_customers": 8,
        "outcome_accuracy": 6 / 8,
        "baseline_accuracy": 5 / 8,
        # All who spent nothing, none of the small, the medium, half of the big.
        "outcome_balanced_accuracy": (1 + 0 + 1 + 0.5) / 4,
        "baseline_balanced_accuracy": (3 / 4 + 1 + 0 + 0.5) / 4,
    }


@pytest.mark.filterwarnings("error")
def test_a_class_that_never_comes_has_no_part_in_balanced_accuracy() -> None:
    facts = out_of_time_facts(
        expected=np.array([0, 3, 1, 1]),
        spend_before=np.zeros(4),
        spend_after=np.array([0.0, 0, 5, 5]),
        cuts=np.array([10.0, 20.0]),
    )
    assert facts["outcome_balanced_accuracy"] == (0.5 + 1) / 2
