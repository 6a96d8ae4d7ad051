"""Grow the threshold tree that explains segments: see `explanation`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Indices = NDArray[np.int64]
# The label of customers who are in no segment.
NOISE = -1


@dataclass(frozen=True)
class Cut:
    """A split of the customers of a leaf: up to `highest_left`, or beyond.

    `threshold` says on which side a centre lies; it lies between the customers'
    neighbouring values `highest_left` and `lowest_right`. All are scaled.
    """

    feature: int
    threshold: float
    highest_left: float
    lowest_right: float


@dataclass
class Leaf:
    """Customers (rows of the matrix) of a leaf, and the cuts that bound it.

    `lower` and `upper` hold, by feature, the gap between two neighbouring values in
    original units: a bound anywhere in it splits the training customers alike.
    """

    rows: Indices
    segment: int
    lower: dict[int, tuple[float, float]] = field(default_factory=dict)
    upper: dict[int, tuple[float, float]] = field(default_factory=dict)


def minimise_mistakes(
    matrix: Matrix, values: Matrix, labels: Indices, centers: Matrix
) -> list[Leaf]:
    """Grow a tree whose leaves have one centre each.

    Centres that no split can separate, because they agree in every feature in which
    customers differ, share a leaf, which counts for the first of them. A centre without
    customers of its own gets no leaf.
    """
    all_rows = np.arange(len(matrix))
    with_own_center = all_rows[labels != NOISE]
    open_nodes = [(Leaf(all_rows, 0), with_own_center, np.unique(labels[labels >= 0]))]
    leaves = []
    while open_nodes:
        leaf, rows, node_centers = open_nodes.pop()
        cut = None
        if node_centers.size > 1:
            cut = cut_with_fewest_mistakes(
                matrix[leaf.rows],
                matrix[rows],
                centers[labels[rows]],
                centers[node_centers],
            )
        if cut is None:
            leaf.segment = int(node_centers[0])
            leaves.append(leaf)
            continue
        is_left = matrix[rows, cut.feature] <= cut.highest_left
        is_own_left = centers[labels[rows], cut.feature] <= cut.threshold
        is_center_left = centers[node_centers, cut.feature] <= cut.threshold
        left, right = split_leaf(leaf, cut, matrix, values)
        # The lower side comes first. A customer who is separated from their own centre
        # is covered by the leaf where they end, and no mistake is counted twice.
        open_nodes += [
            (right, rows[~is_left & ~is_own_left], node_centers[~is_center_left]),
            (left, rows[is_left & is_own_left], node_centers[is_center_left]),
        ]
    return leaves


def cut_with_fewest_mistakes(
    covered: Matrix, customers: Matrix, own_centers: Matrix, centers: Matrix
) -> Cut | None:
    """Find the cut that separates the fewest customers from their own centre.

    Of equal cuts it is the one with the lowest threshold of the first feature.

    Parameters
    ----------
    covered
        Customers of the node (covered, features); a cut has some on both sides.
    customers, own_centers
        Those of them whose centre is in the node too, and that centre (customers,
        features).
    centers
        Centres of the node (centers, features); a cut separates at least two.
    """
    best: Cut | None = None
    fewest = math.inf
    for feature in range(covered.shape[1]):
        present = np.unique(covered[:, feature])
        of_centers = centers[:, feature]
        # Where a threshold lies between two of these makes no difference.
        thresholds = np.union1d(present, of_centers)
        lowest = max(of_centers.min(), present[0])
        highest = min(of_centers.max(), present[-1])
        thresholds = thresholds[(thresholds >= lowest) & (thresholds < highest)]
        if not thresholds.size:
            continue
        # A threshold in [lower, higher) of customer and centre separates the two.
        pair = np.sort(
            np.stack([customers[:, feature], own_centers[:, feature]]), axis=0
        )
        begun, ended = (
            np.searchsorted(np.sort(side), thresholds, side="right") for side in pair
        )
        mistakes = begun - ended
        position = int(mistakes.argmin())
        if mistakes[position] < fewest:
            fewest = mistakes[position]
            threshold = thresholds[position]
            position = int(np.searchsorted(present, threshold, side="right"))
            below, above = present[position - 1 : position + 1]
            best = Cut(feature, float(threshold), float(below), float(above))
    return best


def add_leaves(
    leaves: Sequence[Leaf],
    matrix: Matrix,
    values: Matrix,
    labels: Indices,
    *,
    n_segments: int,
    maximum_leaves: int,
    minimum_fidelity: float,
) -> list[Leaf]:
    """Split the leaf that gains most, until the fidelity is high enough.

    It also ends at `maximum_leaves`, and where no split puts one more customer in their
    own segment.
    """
    grown = list(leaves)
    splits = [best_split(leaf, matrix, labels, n_segments) for leaf in grown]
    customers = int((labels != NOISE).sum())
    correct = sum(int((labels[leaf.rows] == leaf.segment).sum()) for leaf in grown)
    while correct < minimum_fidelity * customers and len(grown) < maximum_leaves:
        position = max(range(len(grown)), key=lambda number: splits[number][0])
        gain, cut = splits[position]
        if cut is None:
            break
        children = split_leaf(grown[position], cut, matrix, values)
        for child in children:
            counts = count_labels(labels[child.rows], n_segments)
            if counts.any():
                child.segment = int(counts.argmax())
        grown[position : position + 1] = children
        splits[position : position + 1] = [
            best_split(child, matrix, labels, n_segments) for child in children
        ]
        correct += gain
    return grown


def best_split(
    leaf: Leaf, matrix: Matrix, labels: Indices, n_segments: int
) -> tuple[int, Cut | None]:
    """Find the cut of a leaf that puts most additional customers in their own segment.

    Returns how many, and no cut where there are none. Of equal cuts it is the one with
    the lowest threshold of the first feature.
    """
    of_leaf = labels[leaf.rows]
    is_own = of_leaf[:, None] == np.arange(n_segments)
    totals = is_own.sum(axis=0)
    best_gain, best = 0, None
    for feature in range(matrix.shape[1]):
        column = matrix[leaf.rows, feature]
        order = np.argsort(column, kind="stable")
        ordered = column[order]
        ends = np.flatnonzero(ordered[:-1] < ordered[1:])
        if not ends.size:
            continue
        left = np.cumsum(is_own[order], axis=0, dtype=np.int32)[ends]
        gains = left.max(axis=1) + (totals - left).max(axis=1) - totals[leaf.segment]
        position = int(gains.argmax())
        if gains[position] > best_gain:
            best_gain = int(gains[position])
            below, above = ordered[ends[position] : ends[position] + 2]
            best = Cut(feature, float(below), float(below), float(above))
    return best_gain, best


def count_labels(labels: Indices, n_segments: int) -> Indices:
    """Count the customers of each segment (segments,)."""
    return np.bincount(labels[labels != NOISE], minlength=n_segments)


def split_leaf(leaf: Leaf, cut: Cut, matrix: Matrix, values: Matrix) -> list[Leaf]:
    """Split a leaf; the new bound of a side replaces an older, wider bound."""
    feature = cut.feature
    is_left = matrix[leaf.rows, feature] <= cut.highest_left
    left, right = leaf.rows[is_left], leaf.rows[~is_left]
    gap = (float(values[left, feature].max()), float(values[right, feature].min()))
    return [
        Leaf(left, leaf.segment, leaf.lower, {**leaf.upper, feature: gap}),
        Leaf(right, leaf.segment, {**leaf.lower, feature: gap}, leaf.upper),
    ]
