"""A scorer predicts as its method does, and is whole in the registry."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import load_iris
from sklearn.metrics import pairwise_distances_argmin
from sklearn.tree import DecisionTreeClassifier

from segmentation.fit.trees import rules_of
from segmentation.score.network import NetworkScorer
from segmentation.score.quadratic import QuadraticScorer
from segmentation.score.rows import Row
from segmentation.score.rules import RulesScorer
from segmentation.score.scorers import Scorer

RANDOM = np.random.default_rng(5)
MATRIX = RANDOM.normal(size=(500, 3))
NAMES = ("recency_days", "order_count", "total_spend")
# Ids are not in the order of the scorer, as after a refit.
SEGMENT_IDS = [5, 2, 9]


def tree_rules() -> RulesScorer:
    """Rules of a tree that divides the matrix in three, with a leaf of noise."""
    labels = pairwise_distances_argmin(MATRIX, MATRIX[:3])
    rules = rules_of(DecisionTreeClassifier(max_leaf_nodes=6).fit(MATRIX, labels), 3)
    is_noise = np.arange(len(rules.lower)) == 2
    return RulesScorer(rules.lower, rules.upper, rules.segments, 3, is_noise)


SCORERS: dict[str, Scorer] = {
    "quadratic": QuadraticScorer(
        *RANDOM.normal(size=(3, 3, 3)), intercepts=RANDOM.normal(size=3)
    ),
    "rules": tree_rules(),
    "network": NetworkScorer(
        RANDOM.normal(size=(3, 4)),
        RANDOM.normal(size=4),
        RANDOM.normal(size=(4, 3)),
        RANDOM.normal(size=3),
    ),
}


def stored(scorer: Scorer) -> pd.DataFrame:
    """Rows of a scorer as the registry has them, in another order."""
    rows: list[Row] = scorer.rows(SEGMENT_IDS, NAMES)
    if isinstance(scorer, QuadraticScorer):
        rows += [
            {
                "segment_id": segment_id,
                "feature_name": name,
                "parameter": "centroid",
                "number_value": scorer.centers[segment, feature],
            }
            for segment, segment_id in enumerate(SEGMENT_IDS)
            for feature, name in enumerate(NAMES)
        ]
    return pd.DataFrame(
        rows,
        columns=[
            "segment_id",
            "feature_name",
            "unit_number",
            "parameter",
            "number_value",
            "text_value",
        ],
    ).sample(frac=1, random_state=0)


@pytest.mark.parametrize("name", SCORERS)
def test_a_scorer_can_be_read_back(name: str) -> None:
    scorer = SCORERS[name]
    read = type(scorer).from_rows(stored(scorer), SEGMENT_IDS, NAMES)
    assert_array_equal(read.predict(MATRIX), scorer.predict(MATRIX))
    assert len(np.unique(scorer.predict(MATRIX))) == 3
    assert read.n_segments == 3
    if isinstance(scorer, RulesScorer) and isinstance(read, RulesScorer):
        assert_array_equal(read.is_noise, scorer.is_noise)


@pytest.mark.parametrize("name", SCORERS)
def test_rows_have_a_number_or_a_text(name: str) -> None:
    rows = stored(SCORERS[name])
    assert (rows["number_value"].isna() != rows["text_value"].isna()).all()
    keys = ["segment_id", "feature_name", "unit_number", "parameter"]
    assert not rows.duplicated(keys).any()


def test_nearest_centroid_is_that_of_scikit_learn() -> None:
    scorer = QuadraticScorer.nearest_centroid(MATRIX[:3])
    assert_array_equal(
        scorer.predict(MATRIX), pairwise_distances_argmin(MATRIX, MATRIX[:3])
    )


def test_of_equal_scores_the_first_wins() -> None:
    scorer = QuadraticScorer.nearest_centroid(np.array([[2.0], [0.0], [4.0]]))
    assert_array_equal(scorer.predict(np.array([[1.0], [3.0]])), [0, 0])
    network = NetworkScorer(
        np.ones((1, 1)), np.zeros(1), np.array([[1.0, 1.0]]), np.zeros(2)
    )
    assert_array_equal(network.predict(np.array([[1.0]])), [0])


def test_rules_of_a_tree_predict_what_it_does_on_its_thresholds_too() -> None:
    matrix, species = load_iris(return_X_y=True)
    tree = DecisionTreeClassifier(random_state=0).fit(matrix, species)
    rules = rules_of(tree, 3)
    used = tree.tree_.feature >= 0
    thresholds = matrix[: used.sum()].copy()
    thresholds[np.arange(used.sum()), tree.tree_.feature[used]] = tree.tree_.threshold[
        used
    ]
    for rows in (matrix, thresholds, thresholds + 1e-9, thresholds - 1e-9):
        assert_array_equal(rules.predict(rows), tree.predict(rows))


def test_a_point_in_no_leaf_is_refused() -> None:
    rules = RulesScorer(
        np.array([[0.0]]), np.array([[1.0]]), np.array([0]), 1, np.array([False])
    )
    with pytest.raises(ValueError, match="1 of 2 customers are in no leaf"):
        rules.predict(np.array([[0.5], [2.0]]))
