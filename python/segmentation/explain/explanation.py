"""Say in intervals of the features who belongs to which segment, and how truly.

The segments are explained by a threshold tree: each leaf is one interval a feature, so
it reads as a line of SQL. The tree sees scaled features, labels and centers alone,
whatever method they come from. It has two stages:

1. Iterative mistake minimisation [1]_ gives a leaf to each segment. A split parts at
   least two centers and as few customers as possible from their own center.
2. Leaves are added one at a time, as in ExKMC [2]_: each the split that lowers the
   number of customers in a leaf of another segment most.

Customers whom the method gave to no segment (label -1) are covered by a rule like
everybody, but no count, precision, fidelity or cost includes them: there is no segment
that a rule could rightly put them in.

References
----------
.. [1] S. Dasgupta, N. Frost, M. Moshkovitz and C. Rashtchian, "Explainable k-means and
   k-medians clustering", ICML 2020.
.. [2] N. Frost, M. Moshkovitz and C. Rashtchian, "ExKMC: Expanding explainable k-means
   clustering", 2020, arXiv:2006.02399.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Indices = NDArray[np.int64]

# The label of whoever is in no segment.
NOISE = -1
# Leaves are added until the rules put so many customers in their own segment.
MINIMUM_FIDELITY = 0.9


@dataclass(frozen=True)
class Interval:
    """The values above `lower` and up to `upper`, in original units; None is open."""

    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True)
class Rule:
    """One leaf: who it covers and which segment it says they are in.

    Attributes
    ----------
    segment
        Row of the centers.
    intervals
        By column of the features; those without a bound are left out.
    training_customers
        Training customers that it covers and that have a segment.
    training_precision
        The share of these that are in `segment`; None where it covers none.
    """

    segment: int
    intervals: dict[int, Interval]
    training_customers: int
    training_precision: float | None


@dataclass(frozen=True)
class Explanation:
    """Rules that together cover every possible customer once.

    Attributes
    ----------
    rules
        From the leaf of the lowest values to that of the highest.
    fidelity
        Share of the training customers with a segment that the rules put in it.
    cost_ratio
        Sum of the squared distances from the mean of the own group, where the rules
        form the groups, over the same sum where the segments do. None where the
        latter is 0.
    """

    rules: list[Rule]
    fidelity: float
    cost_ratio: float | None


@dataclass(frozen=True)
class Cut:
    """A split of the customers of a leaf: up to `highest_left`, or beyond.

    `threshold` says on which side a center lies; it lies between the customers'
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
    original units anywhere in which the bound divides the training customers alike.
    """

    rows: Indices
    segment: int
    lower: dict[int, tuple[float, float]] = field(default_factory=dict)
    upper: dict[int, tuple[float, float]] = field(default_factory=dict)


def explain(
    matrix: Matrix,
    values: Matrix,
    labels: Indices,
    centers: Matrix,
    *,
    maximum_leaves: int,
    minimum_fidelity: float = MINIMUM_FIDELITY,
) -> Explanation:
    """Explain segments by a threshold tree.

    Parameters
    ----------
    matrix
        Scaled features (customers, features).
    values
        The same features in original units, imputed and capped (customers, features):
        each column rises where that of `matrix` does.
    labels
        Row of `centers` of each customer (customers,); `NOISE` for no segment.
    centers
        Center of each segment in scaled units (segments, features).
    maximum_leaves
        With so many leaves no more is added; each segment has one whatever it says.
    minimum_fidelity
        As soon as it is reached no more leaf is added.

    Raises
    ------
    ValueError
        If the shapes disagree or no customer has a segment.
    """
    if matrix.shape != values.shape or labels.shape != matrix.shape[:1]:
        raise ValueError(
            f"The scaled features have shape {matrix.shape}, the original ones "
            f"{values.shape} and the labels {labels.shape}; expected (customers, "
            "features) twice and (customers,)."
        )
    if not (labels != NOISE).any():
        raise ValueError(
            f"Of the {labels.size} customers none has a segment; expected at least one."
        )
    leaves = add_leaves(
        minimise_mistakes(matrix, values, labels, centers),
        matrix,
        values,
        labels,
        n_segments=len(centers),
        maximum_leaves=maximum_leaves,
        minimum_fidelity=minimum_fidelity,
    )
    explained = np.empty_like(labels)
    for leaf in leaves:
        explained[leaf.rows] = leaf.segment
    has_segment = labels != NOISE
    return Explanation(
        [rule_of(leaf, labels) for leaf in leaves],
        float((explained == labels)[has_segment].mean()),
        cost_ratio(matrix[has_segment], labels[has_segment], explained[has_segment]),
    )


def cost_ratio(
    matrix: Matrix, labels: Indices, explained_labels: Indices
) -> float | None:
    """Compare the cost of two groupings of scaled features (customers, features).

    The cost is the sum of the squared distances from the mean of the own group, the
    inertia of k-means. None where that of `labels` is 0.
    """
    original, explained = (
        sum(
            float(((group - group.mean(axis=0)) ** 2).sum())
            for label in np.unique(grouping)
            for group in [matrix[grouping == label]]
        )
        for grouping in (labels, explained_labels)
    )
    return explained / original if original > 0 else None


def rule_of(leaf: Leaf, labels: Indices) -> Rule:
    """Give a leaf readable bounds and count its training customers."""
    intervals = {
        feature: Interval(
            *(
                readable_between(*gaps[feature]) if feature in gaps else None
                for gaps in (leaf.lower, leaf.upper)
            )
        )
        for feature in sorted({*leaf.lower, *leaf.upper})
    }
    covered = labels[leaf.rows]
    covered = covered[covered != NOISE]
    precision = float((covered == leaf.segment).mean()) if covered.size else None
    return Rule(leaf.segment, intervals, int(covered.size), precision)


# ---------------------------------------------------------------- a leaf a segment


def minimise_mistakes(
    matrix: Matrix, values: Matrix, labels: Indices, centers: Matrix
) -> list[Leaf]:
    """Grow a tree of which each leaf has one center.

    Centers that no split can part, because they agree in every feature that differs
    among the customers, share a leaf, which is that of the first. A center without a
    customer of its own gets no leaf where the others are told apart.
    """
    everybody = np.arange(len(matrix))
    with_own_center = everybody[labels != NOISE]
    open_nodes = [(Leaf(everybody, 0), with_own_center, np.unique(labels[labels >= 0]))]
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
        # The lower side is taken up first. Whoever was parted from the own center is
        # covered by the leaf that they ended in, and no mistake is counted twice.
        open_nodes += [
            (right, rows[~is_left & ~is_own_left], node_centers[~is_center_left]),
            (left, rows[is_left & is_own_left], node_centers[is_center_left]),
        ]
    return leaves


def cut_with_fewest_mistakes(
    covered: Matrix, customers: Matrix, own_centers: Matrix, centers: Matrix
) -> Cut | None:
    """Find the cut that parts the fewest customers from their own center.

    Of equals the one with the lowest threshold of the first feature.

    Parameters
    ----------
    covered
        Customers of the node (covered, features); a cut has some on both sides.
    customers, own_centers
        Those of them whose center is in the node too, and that center (customers,
        features).
    centers
        Centers of the node (centers, features); a cut parts at least two.
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
        # A threshold in [lower, higher) of customer and center parts the two.
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


# ---------------------------------------------------------------- more leaves


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
    """Split the leaf that gains most, until the rules are true enough.

    It ends at `maximum_leaves` too, and where no split puts one customer more in their
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
    """Find the cut after which most customers of a leaf more are in their own segment.

    Returns how many more, and no cut where there are none. Of equals the cut with the
    lowest threshold of the first feature.
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


# ---------------------------------------------------------------- bounds


def split_leaf(leaf: Leaf, cut: Cut, matrix: Matrix, values: Matrix) -> list[Leaf]:
    """Divide a leaf; the new bound of a side replaces an older, wider one of it."""
    feature = cut.feature
    is_left = matrix[leaf.rows, feature] <= cut.highest_left
    left, right = leaf.rows[is_left], leaf.rows[~is_left]
    gap = (float(values[left, feature].max()), float(values[right, feature].min()))
    return [
        Leaf(left, leaf.segment, leaf.lower, {**leaf.upper, feature: gap}),
        Leaf(right, leaf.segment, {**leaf.lower, feature: gap}, leaf.upper),
    ]


def readable_between(low: float, high: float) -> float:
    """Return the number with the fewest digits strictly between two others.

    Digits count from the first to the last that is not zero; of several numbers it is
    the one nearest to the middle. Where no number of double precision lies between the
    two it is `low`, which as an upper bound includes itself.
    """
    exact_low, exact_high = Decimal(low), Decimal(high)
    middle = (exact_low + exact_high) / 2
    step = Decimal(1).scaleb((exact_high - exact_low).adjusted() + 1)
    # 17 digits tell any two numbers of double precision apart.
    while step >= (exact_high - exact_low).scaleb(-18):
        nearest = (middle / step).to_integral_value() * step
        candidates = [nearest - step, nearest, nearest + step]
        between = [number for number in candidates if exact_low < number < exact_high]
        readable = [float(n) for n in between if low < float(n) < high]
        if readable:
            return min(readable, key=lambda number: abs(Decimal(number) - middle))
        step = step.scaleb(-1)
    return low


def number_text(number: float) -> str:
    """Write a number in full, without an exponent and without needless zeros."""
    text = format(Decimal(repr(number + 0.0)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def predicate_of(
    rule: Rule,
    feature_names: Sequence[str],
    impute_values: Sequence[float | None],
) -> str:
    """Write a rule as a condition in SQL on the columns of the features.

    Parameters
    ----------
    rule
        With the columns of `feature_names`.
    feature_names, impute_values
        The features, and what stands in where one is missing; None for one that never
        is.
    """
    conditions = []
    for feature, interval in rule.intervals.items():
        expression, impute_value = feature_names[feature], impute_values[feature]
        if impute_value is not None:
            expression = f"coalesce({expression}, {number_text(impute_value)})"
        for operator, bound in ((">", interval.lower), ("<=", interval.upper)):
            if bound is not None:
                conditions.append(f"{expression} {operator} {number_text(bound)}")
    return " and ".join(conditions) or "true"
