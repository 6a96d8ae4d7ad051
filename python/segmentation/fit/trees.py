"""Read a tree of scikit-learn as rules."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

from segmentation.score.rules import RulesScorer


def leaf_bounds(
    tree: DecisionTreeClassifier,
) -> tuple[
    NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]
]:
    """Return bounds, nodes and classes of the leaves of a fitted tree.

    Returns
    -------
    lower, upper
        (leaves, features): a leaf holds lower < x <= upper; infinite for no bound.
    nodes
        Node of each leaf, as `tree.apply` names it (leaves,).
    classes
        Class that each leaf predicts (leaves,).
    """
    structure = tree.tree_
    n_features = tree.n_features_in_
    found: list[tuple[NDArray[np.float64], NDArray[np.float64], int]] = []
    pending = [(0, np.full(n_features, -np.inf), np.full(n_features, np.inf))]
    while pending:
        node, lower, upper = pending.pop()
        left, right = structure.children_left[node], structure.children_right[node]
        if left == right:
            found.append((lower, upper, node))
            continue
        feature, threshold = structure.feature[node], structure.threshold[node]
        upper_of_left, lower_of_right = upper.copy(), lower.copy()
        upper_of_left[feature] = lower_of_right[feature] = threshold
        pending += [(right, lower_of_right, upper), (left, lower, upper_of_left)]
    nodes = np.array([node for _, _, node in found])
    return (
        np.array([lower for lower, _, _ in found]),
        np.array([upper for _, upper, _ in found]),
        nodes,
        tree.classes_[structure.value[nodes, 0].argmax(axis=1)].astype(np.int64),
    )


def rules_of(tree: DecisionTreeClassifier, n_segments: int) -> RulesScorer:
    """Return rules that predict as a tree whose classes are segments, from 0."""
    lower, upper, _, segments = leaf_bounds(tree)
    return RulesScorer(
        lower, upper, segments, n_segments, np.zeros(len(segments), dtype=bool)
    )


def fit_rules(
    matrix: NDArray[np.float64],
    labels: NDArray[np.int64],
    centers: NDArray[np.float64],
    maximum_leaves: int,
    random_state: int,
) -> RulesScorer:
    """Fit rules that reproduce the labels of a method that cannot predict.

    Parameters
    ----------
    matrix
        Scaled features (customers, features).
    labels
        Segment of each customer, from 0; -1 for noise (customers,).
    centers
        Centres of the segments (segments, features).
    maximum_leaves
        Leaves of the tree at most, at least 2.
    random_state
        Which of equally good splits is taken.

    Returns
    -------
    scorer
        Leaves of noise belong to the segment whose centre is nearest to the mean of
        their customers.
    """
    tree = DecisionTreeClassifier(
        max_leaf_nodes=maximum_leaves, random_state=random_state
    ).fit(matrix, labels)
    lower, upper, nodes, segments = leaf_bounds(tree)
    is_noise = segments < 0
    leaf_of = tree.apply(matrix)
    for leaf in np.flatnonzero(is_noise):
        mean = matrix[leaf_of == nodes[leaf]].mean(axis=0)
        segments[leaf] = ((centers - mean) ** 2).sum(axis=1).argmin()
    return RulesScorer(lower, upper, segments, len(centers), is_noise)
