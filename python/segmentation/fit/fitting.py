"""Fit any method, find a scorer for all customers, and evaluate the segments."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from segmentation.fit import k_selection
from segmentation.fit.clustering import count_distinct
from segmentation.fit.indices import internal_indices
from segmentation.fit.k_selection import Candidate, SelectionSettings, selection_rows
from segmentation.fit.stability import Refit, bootstrap_jaccard
from segmentation.fit.trees import fit_rules
from segmentation.methods import FitInput, Method, Partition
from segmentation.registry.read import ALL_CUSTOMERS
from segmentation.score.quadratic import QuadraticScorer
from segmentation.score.rules import RulesScorer
from segmentation.score.scorers import Scorer

# Of fewer customers segments would say more of chance than of customers.
MINIMUM_CUSTOMERS = 50
# Beyond this quantile of the training distances a customer is an outlier.
OUTLIER_QUANTILE = 0.99
# A method of quadratic cost is fitted to resamples of at most so many customers.
SQUARE_REFIT_ROWS = 1000


@dataclass(frozen=True)
class Fit:
    """The segments of all training customers, and the scorer that predicts them.

    Attributes
    ----------
    partition
        The segments that the method itself made of its sample.
    scorer
        What predicts the segment of any customer.
    scorer_agreement
        Share of the sample for which the scorer reproduces the label of the method.
    centers
        Centre of each segment in scaled units (segments, features).
    outlier_distance
        Distance from the centre of the segment beyond which a customer is an outlier.
    labels
        Segment of each training customer by the scorer (customers,).
    inertia
        Sum of the squared distances from the centre, over customers who are not noise.
    chosen
        The evaluation of the segments, in the form of a candidate.
    candidates
        The numbers of segments that were tried, one of them chosen.
    jaccard
        Similarity of each segment in each resample (bootstraps, segments).
    """

    partition: Partition
    scorer: Scorer
    scorer_agreement: float
    centers: NDArray[np.float64]
    outlier_distance: float
    labels: NDArray[np.int64]
    inertia: float
    chosen: Candidate
    candidates: list[Candidate]
    jaccard: NDArray[np.float64]


def fit_method(name: str, method: Method, fit_input: FitInput) -> Fit:
    """Fit a method to the training customers, find a scorer, and measure stability.

    Parameters
    ----------
    name, method
        A method and its name, for messages.
    fit_input
        All training customers. Where its `n_segments` is None and the method never
        selects k, k-means selects it.

    Raises
    ------
    ValueError
        If the method fails, a segment has no customer, or no scorer reproduces enough
        labels of the method.
    """
    fit_input = resolve_n_segments(method, fit_input)
    sample = sample_for_fit(method, fit_input)
    return evaluate_partition(
        name, method, fit_input, sample, fit_partition(method, sample)
    )


def reason_for_one_segment(method: Method, fit_input: FitInput) -> str | None:
    """Say why the customers are one segment; None where they can be more.

    They must be enough, and as many distinct ones as segments. A method that defines
    its segments by features of its own may leave some empty: it needs no distinct ones.
    """
    n_customers = len(fit_input.matrix)
    if n_customers < MINIMUM_CUSTOMERS:
        return f"fewer than the {MINIMUM_CUSTOMERS} that a fit needs"
    if method.features:
        return None
    settings = SelectionSettings.from_mapping(fit_input.settings)
    least = 2 if method.selects_k == "always" else settings.k_range[0]
    n_segments = max(fit_input.n_segments or least, 2)
    # What is selected or costs much is fitted to a sample of the customers.
    rows = selection_rows(n_customers, settings)
    distinct = count_distinct(fit_input.matrix[rows])
    if distinct < n_segments:
        return (
            f"too alike ({distinct} different by their features, fewer than "
            f"{n_segments} segments; see feature_selection)"
        )
    return None


def fit_one_segment(fit_input: FitInput, reason: str) -> Fit:
    """Put all customers into one segment, where there is a reason not to fit more.

    Without any customer its centre is the origin, and nobody is too far from it.
    """
    settings = SelectionSettings.from_mapping(fit_input.settings)
    labels = np.zeros(len(fit_input.matrix), dtype=np.int64)
    partition = Partition(labels, 1, segment_names=(ALL_CUSTOMERS,))
    means = np.nan_to_num(segment_means(fit_input.matrix, labels, 1))
    scorer = QuadraticScorer.nearest_centroid(means)
    centers, outlier_distance = means, float("inf")
    if len(labels):
        centers, outlier_distance = locate_centers(scorer, fit_input, partition)
    inertia = float(((fit_input.matrix - centers[0]) ** 2).sum())
    chosen = Candidate(
        n_segments=1,
        inertia=inertia,
        silhouette=k_selection.UNKNOWN,
        davies_bouldin=k_selection.UNKNOWN,
        calinski_harabasz=k_selection.UNKNOWN,
        minimum_jaccard=1.0,
        smallest_share=1.0,
        small_segment_share=0.0,
        is_chosen=True,
        reason=f"one segment: the customers are {reason}",
    )
    return Fit(
        partition=partition,
        scorer=scorer,
        scorer_agreement=1.0,
        centers=centers,
        outlier_distance=outlier_distance,
        labels=labels,
        inertia=inertia,
        chosen=chosen,
        candidates=[chosen],
        jaccard=np.ones((settings.bootstrap_count, 1)),
    )


def resolve_n_segments(method: Method, fit_input: FitInput) -> FitInput:
    """Set the k that k-means selects, for a method that never selects it itself."""
    if method.selects_k == "always":
        return replace(fit_input, n_segments=None)
    if fit_input.n_segments is not None or method.selects_k == "if_auto":
        return fit_input
    selection = fit_input.selection or k_selection.select_k(
        fit_input.matrix,
        "auto",
        SelectionSettings.from_mapping(fit_input.settings),
        fit_input.next_window,
    )
    return replace(
        fit_input, n_segments=selection.chosen.n_segments, selection=selection
    )


def sample_for_fit(method: Method, fit_input: FitInput) -> FitInput:
    """Take the customers to fit a method on: a sample, where its cost is quadratic."""
    if not method.is_quadratic:
        return fit_input
    settings = SelectionSettings.from_mapping(fit_input.settings)
    return fit_input.take(selection_rows(len(fit_input.matrix), settings))


def fit_partition(method: Method, sample: FitInput) -> Partition:
    """Fit a method to its sample, on one thread."""
    with threadpool_limits(limits=1):
        return method.fit(sample)


def evaluate_partition(
    name: str,
    method: Method,
    fit_input: FitInput,
    sample: FitInput,
    partition: Partition,
) -> Fit:
    """Find a scorer for the segments of a method, and measure their stability.

    Parameters
    ----------
    name, method, fit_input
        As for `fit_method`, with the number of segments.
    sample, partition
        The customers that the method was fitted on, and the segments that it made.

    Raises
    ------
    ValueError
        If a segment has no customer, or no scorer reproduces enough labels of the
        method.
    """
    settings = SelectionSettings.from_mapping(fit_input.settings)
    selection = fit_input.selection
    check_filled(name, partition)
    scorer, agreement = find_scorer(name, partition, sample)
    centers, outlier_distance = locate_centers(scorer, sample, partition)

    labels = scorer.predict(fit_input.matrix)
    distances = np.linalg.norm(fit_input.matrix - centers[labels], axis=1)
    if partition.selection is not None:
        selection = partition.selection
        rows, refits = selection.rows, selection.refits
    else:
        rows, refits = refit(method, fit_input, partition.n_segments, settings)
    jaccard = bootstrap_jaccard(labels[rows], partition.n_segments, refits)
    inertia = float((distances[~is_noise(scorer, fit_input.matrix)] ** 2).sum())
    chosen = (
        partition.selection.chosen
        if partition.selection is not None
        else evaluate(
            name=name,
            fit_input=fit_input,
            n_segments=partition.n_segments,
            labels=labels,
            inertia=inertia,
            jaccard=jaccard,
        )
    )
    return Fit(
        partition=partition,
        scorer=scorer,
        scorer_agreement=agreement,
        centers=centers,
        outlier_distance=outlier_distance,
        labels=labels,
        inertia=inertia,
        chosen=chosen,
        candidates=[chosen] if selection is None else selection.candidates,
        jaccard=jaccard,
    )


def check_filled(name: str, partition: Partition) -> None:
    """Raise ValueError if a segment without a name has no customer."""
    labels = partition.labels
    sizes = np.bincount(labels[labels >= 0], minlength=partition.n_segments)
    empty = int((sizes == 0).sum())
    if empty and not partition.segment_names:
        raise ValueError(
            f"segmentation_method {name} left {empty} of {partition.n_segments} "
            f"segments without any of the {len(labels)} customers it was fitted on; "
            "expected one in each. Set n_segments to fewer or choose another method."
        )


def find_scorer(
    name: str, partition: Partition, sample: FitInput
) -> tuple[Scorer, float]:
    """Find a scorer that reproduces the labels of the method.

    It is the method's own, where the method can predict; else centroids; else, where
    centroids reproduce too few labels, rules.

    Returns
    -------
    scorer, agreement
        The scorer, and the share of the sample on which it agrees with the method: by
        the same segment, or by an outlier where the method finds noise.

    Raises
    ------
    ValueError
        If neither centroids nor rules reach `minimum_scoring_agreement`.
    """
    if partition.scorer is not None:
        same = partition.scorer.predict(sample.matrix) == partition.labels
        return partition.scorer, float(same.mean())

    minimum = sample.settings["minimum_scoring_agreement"]
    means = segment_means(sample.matrix, partition.labels, partition.n_segments)
    centroids = QuadraticScorer.nearest_centroid(means)
    distances = np.linalg.norm(sample.matrix - means[partition.labels], axis=1)
    is_member = partition.labels >= 0
    labels = centroids.predict(sample.matrix)
    if not is_member.all():
        farthest = np.quantile(distances[is_member], OUTLIER_QUANTILE)
        nearest = np.linalg.norm(sample.matrix - means[labels], axis=1)
        labels = np.where(nearest > farthest, -1, labels)
    by_centroids = float((labels == partition.labels).mean())
    if by_centroids >= minimum:
        return centroids, by_centroids

    maximum_leaves = sample.settings["maximum_scoring_leaves"]
    rules = fit_rules(
        sample.matrix, partition.labels, means, maximum_leaves, sample.random_state
    )
    labels = np.where(is_noise(rules, sample.matrix), -1, rules.predict(sample.matrix))
    by_rules = float((labels == partition.labels).mean())
    if by_rules >= minimum:
        return rules, by_rules
    raise ValueError(
        f"segmentation_method {name} cannot score all customers: of the "
        f"{len(sample.matrix)} customers it was fitted on, centroids give "
        f"{100 * by_centroids:.1f} % the same segment and rules of at most "
        f"{maximum_leaves} leaves {100 * by_rules:.1f} %; expected at least "
        f"{100 * minimum:g} % (minimum_scoring_agreement). Raise "
        "maximum_scoring_leaves or choose another method."
    )


def segment_means(
    matrix: NDArray[np.float64], labels: NDArray[np.int64], n_segments: int
) -> NDArray[np.float64]:
    """Means of the segments (segments, features); NaN for one without a customer."""
    return np.array(
        [
            matrix[labels == segment].mean(axis=0)
            if (labels == segment).any()
            else np.full(matrix.shape[1], np.nan)
            for segment in range(n_segments)
        ]
    )


def is_noise(scorer: Scorer, matrix: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each customer (customers,) is in a leaf of noise."""
    if isinstance(scorer, RulesScorer):
        return scorer.is_noise[scorer.leaves(matrix)]
    return np.zeros(len(matrix), dtype=bool)


def locate_centers(
    scorer: Scorer, sample: FitInput, partition: Partition
) -> tuple[NDArray[np.float64], float]:
    """Centre of each segment, and the distance beyond which a customer is an outlier.

    Only customers who are not noise count. Where a segment has none of these, its
    centre is the point of its first leaf that is nearest to the mean of all customers;
    without a leaf, the mean of the customers that the method put there; without these,
    the centre that the method gives.
    """
    matrix, labels = sample.matrix, scorer.predict(sample.matrix)
    is_member = (partition.labels >= 0) & ~is_noise(scorer, matrix)
    if isinstance(scorer, QuadraticScorer):
        centers = scorer.centers
    else:
        centers = segment_means(
            matrix[is_member], labels[is_member], partition.n_segments
        )
    if isinstance(scorer, RulesScorer):
        for segment in np.flatnonzero(np.isnan(centers).any(axis=1)):
            leaves = np.flatnonzero(scorer.segments == segment)
            if leaves.size:
                lower, upper = scorer.lower[leaves[0]], scorer.upper[leaves[0]]
                centers[segment] = np.clip(matrix.mean(axis=0), lower, upper)
            elif (partition.labels == segment).any():
                centers[segment] = matrix[partition.labels == segment].mean(axis=0)
    if partition.named_centers is not None:
        centers = np.where(np.isnan(centers), partition.named_centers, centers)
    distances = np.linalg.norm(matrix - centers[labels], axis=1)[is_member]
    return centers, float(np.quantile(distances, OUTLIER_QUANTILE))


def refit(
    method: Method, fit_input: FitInput, n_segments: int, settings: SelectionSettings
) -> tuple[NDArray[np.int64], list[Refit]]:
    """Fit the method to resamples of the customers.

    Customers are drawn with replacement. A customer who is drawn twice counts once,
    because not every method has weights.

    Returns
    -------
    rows, refits
        The customers that are resampled, and the segments of each resample. A resample
        on which the method fails is one segment; noise is a segment of its own.
    """
    if method.is_quadratic:
        settings = replace(
            settings,
            selection_sample_rows=min(
                settings.selection_sample_rows, SQUARE_REFIT_ROWS
            ),
        )
    rows = selection_rows(len(fit_input.matrix), settings)
    refits = []
    for number in range(settings.bootstrap_count):
        random = np.random.default_rng([settings.random_state, number])
        drawn = np.unique(random.integers(len(rows), size=len(rows)))
        resample = fit_input.take(
            rows[drawn],
            n_segments=n_segments,
            random_state=int(random.integers(2**31)),
        )
        try:
            with threadpool_limits(limits=1):
                labels = method.fit(resample).labels
        except ValueError:
            labels = np.zeros(len(drawn), dtype=np.int64)
        refits.append(Refit(drawn, np.where(labels < 0, labels.max() + 1, labels)))
    return rows, refits


def evaluate(
    *,
    name: str,
    fit_input: FitInput,
    n_segments: int,
    labels: NDArray[np.int64],
    inertia: float,
    jaccard: NDArray[np.float64],
) -> Candidate:
    """Evaluate the segments of any method as those of k-means are evaluated.

    Prediction strength and what they explain of the next window are of k-means alone,
    as only its number of segments is chosen by them.
    """
    settings = SelectionSettings.from_mapping(fit_input.settings)
    candidate = Candidate(
        n_segments=n_segments,
        inertia=inertia,
        **internal_indices(fit_input.matrix, labels, settings),
        minimum_jaccard=float(jaccard.mean(axis=0).min()),
        **k_selection.size_facts(labels, n_segments),
        is_chosen=True,
    )
    chooser = (
        f"{name} chose it"
        if fit_input.n_segments is None
        else f"n_segments is {n_segments}"
    )
    return replace(candidate, reason="; ".join([chooser, *candidate.faults]))


def order_by_value(
    labels: NDArray[np.int64], centers: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Segments by falling mean of `values` (customers,); those without customers last.

    Of equal means the segment with the lesser first coordinate comes first.
    """
    means = np.array(
        [
            values[labels == segment].mean() if (labels == segment).any() else -np.inf
            for segment in range(len(centers))
        ]
    )
    return np.lexsort((centers[:, 0], -means))
