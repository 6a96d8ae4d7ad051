"""A decision tree (Breiman et al. 1984) that predicts what customers spend next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segmentation.methods import FitInput, Method, Partition

if TYPE_CHECKING:
    from segmentation.fit.outcomes import Learned


def fit_tree(fit_input: FitInput, classes: NDArray[np.int64]) -> Learned:
    """Grow a tree whose every leaf has as many customers as a segment must have.

    A smaller leaf would fit its customers rather than the next window. The tree has at
    most `maximum_scoring_leaves` leaves, as all rules that score. The value classes
    have equal weight; otherwise the tree would predict no customer in a rare one.
    """
    from sklearn.tree import DecisionTreeClassifier

    from segmentation.fit.k_selection import MINIMUM_SEGMENT_SHARE
    from segmentation.fit.outcomes import EXPECTATIONS
    from segmentation.fit.trees import rules_of

    tree = DecisionTreeClassifier(
        min_samples_leaf=MINIMUM_SEGMENT_SHARE,
        max_leaf_nodes=fit_input.settings["maximum_scoring_leaves"],
        class_weight="balanced",
        random_state=fit_input.random_state,
    ).fit(fit_input.matrix, classes)
    facts = {"leaves": float(tree.get_n_leaves())}
    return tree, rules_of(tree, len(EXPECTATIONS)), facts


def fit(fit_input: FitInput) -> Partition:
    """Segment customers by the value class that the tree predicts."""
    from segmentation.fit.outcomes import fit_by_outcome

    return fit_by_outcome(fit_input, fit_tree)


METHOD = Method(
    fit, selects_k="always", is_supervised=True, settings=("outcome_window_days",)
)
