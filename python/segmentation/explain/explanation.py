"""Explain segments by intervals of the features, and measure how well they do.

The segments are explained by a threshold tree: each leaf is one interval a feature, so
it reads as a line of SQL. The tree sees scaled features, labels and centres alone,
whatever method they come from. It has two stages:

1. Iterative mistake minimisation [1]_ gives a leaf to each segment. A split separates
   at least two centres, and as few customers as possible from their own centre.
2. Leaves are added one at a time, as in ExKMC [2]_: each is the split that most lowers
   the number of customers in a leaf of another segment.

Rules also cover the customers that the method gave no segment (label -1), but no count,
precision, fidelity or cost includes them: no segment would be right for them.

References
----------
.. [1] S. Dasgupta, N. Frost, M. Moshkovitz and C. Rashtchian, "Explainable k-means and
   k-medians clustering", ICML 2020.
.. [2] N. Frost, M. Moshkovitz and C. Rashtchian, "ExKMC: Expanding explainable k-means
   clustering", 2020, arXiv:2006.02399.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segmentation.explain.predicates import readable_between
from segmentation.explain.tree import (
    NOISE,
    Indices,
    Leaf,
    Matrix,
    add_leaves,
    minimise_mistakes,
)

# Leaves are added until the rules put this share of customers in their own segment.
MINIMUM_FIDELITY = 0.9


@dataclass(frozen=True)
class Interval:
    """The values above `lower` and up to `upper`, in original units; None is open."""

    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True)
class Rule:
    """One leaf: the customers it covers, and the segment it gives them.

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
        Share of the training customers with a segment that the rules put in that one.
    cost_ratio
        Sum of the squared distances from the mean of the own group, where the rules
        form the groups, over the same sum where the segments do. None where the
        latter is 0.
    """

    rules: list[Rule]
    fidelity: float
    cost_ratio: float | None


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
        Centre of each segment in scaled units (segments, features).
    maximum_leaves
        No leaf is added beyond this number; each segment has one in any case.
    minimum_fidelity
        No leaf is added once the fidelity is this high.

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
            f"None of the {labels.size} customers has a segment; expected at least one."
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


def explain_without_customers() -> Explanation:
    """Explain one segment that was fitted to nobody: its rule holds for everybody."""
    return Explanation([Rule(0, {}, 0, None)], fidelity=1.0, cost_ratio=None)


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
