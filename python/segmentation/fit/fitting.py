"""Fit any method so that all customers can be scored, and judge what came out."""

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
from segmentation.methods import Division, Method, Problem
from segmentation.registry.read import EVERYBODY
from segmentation.score.quadratic import QuadraticScorer
from segmentation.score.rules import RulesScorer
from segmentation.score.scorers import Scorer

# Beyond this quantile of the training distances a customer is an outlier.
OUTLIER_QUANTILE = 0.99
# A method whose cost grows with the square of the customers is fitted again on so many.
SQUARE_REFIT_ROWS = 1000


@dataclass(frozen=True)
class Fit:
    """The segments of all training customers, and how they follow from features.

    Attributes
    ----------
    division
        What the method made of the customers that it was given.
    scorer
        What tells the segment of any customer.
    scorer_agreement
        Share of the customers given to the method whom the scorer treats alike.
    centers
        Centre of each segment in scaled units (segments, features).
    outlier_distance
        Distance from the own centre beyond which a customer is an outlier.
    labels
        Segment of each training customer by the scorer (customers,).
    inertia
        Sum of the squared distances of those who are not noise from their centre.
    judged
        What is known of the segments, in the form of a candidate.
    candidates
        The numbers of segments that were tried, one of them chosen.
    jaccard
        Similarity of each segment in each resample (bootstraps, segments).
    """

    division: Division
    scorer: Scorer
    scorer_agreement: float
    centers: NDArray[np.float64]
    outlier_distance: float
    labels: NDArray[np.int64]
    inertia: float
    judged: Candidate
    candidates: list[Candidate]
    jaccard: NDArray[np.float64]


def fit_method(name: str, method: Method, problem: Problem) -> Fit:
    """Divide the training customers, find a scorer, and measure stability.

    Parameters
    ----------
    name, method
        A method and its name, for messages.
    problem
        All training customers. Where its `n_segments` is None and the method does not
        choose for itself, the written rule chooses the number with k-means.

    Raises
    ------
    ValueError
        If the customers cannot be divided, a segment is left without any, or no scorer
        treats enough of them as the method does.
    """
    problem = with_number(method, problem)
    given = given_customers(method, problem)
    return judge_division(name, method, problem, given, divide(method, given))


def is_divisible(method: Method, problem: Problem) -> bool:
    """Whether customers differ enough: as many as segments, and two at least.

    Segments that a method defines itself may be empty, so that it divides anybody.
    """
    return bool(method.features) or (
        count_distinct(problem.matrix) >= max(problem.n_segments or 2, 2)
    )


def fit_everybody(problem: Problem) -> Fit:
    """Put all customers into one segment, where nothing divides them."""
    settings = SelectionSettings.from_mapping(problem.settings)
    labels = np.zeros(len(problem.matrix), dtype=np.int64)
    division = Division(labels, 1, segment_names=(EVERYBODY,))
    scorer = QuadraticScorer.nearest_centroid(segment_means(problem.matrix, labels, 1))
    centers, outlier_distance = place(scorer, problem, division)
    inertia = float(((problem.matrix - centers[0]) ** 2).sum())
    unknown = float("nan")
    judged = Candidate(
        n_segments=1,
        inertia=inertia,
        silhouette=unknown,
        davies_bouldin=unknown,
        calinski_harabasz=unknown,
        gap=unknown,
        gap_error=unknown,
        prediction_strength=unknown,
        minimum_jaccard=1.0,
        smallest_share=1.0,
        is_chosen=True,
        reason="the customers do not differ enough to be divided",
    )
    return Fit(
        division=division,
        scorer=scorer,
        scorer_agreement=1.0,
        centers=centers,
        outlier_distance=outlier_distance,
        labels=labels,
        inertia=inertia,
        judged=judged,
        candidates=[judged],
        jaccard=np.ones((settings.bootstrap_count, 1)),
    )


def with_number(method: Method, problem: Problem) -> Problem:
    """Set the number of segments that k-means chooses for a method that does not."""
    if method.ignores_n_segments:
        return replace(problem, n_segments=None)
    if problem.n_segments is not None or method.chooses_number:
        return problem
    selection = problem.selection or k_selection.divide(
        problem.matrix, "auto", SelectionSettings.from_mapping(problem.settings)
    )
    return replace(problem, n_segments=selection.chosen.n_segments, selection=selection)


def given_customers(method: Method, problem: Problem) -> Problem:
    """Leave the customers that a method is given: not all, where pairs of them cost."""
    if not method.grows_with_square:
        return problem
    settings = SelectionSettings.from_mapping(problem.settings)
    return problem.drawn(selection_rows(len(problem.matrix), settings))


def divide(method: Method, given: Problem) -> Division:
    """Divide the customers given to a method, on one thread."""
    with threadpool_limits(limits=1):
        return method.divide(given)


def judge_division(
    name: str, method: Method, problem: Problem, given: Problem, division: Division
) -> Fit:
    """Find a scorer for what a method made of customers, and measure stability.

    Parameters
    ----------
    name, method, problem
        As for `fit_method`, with the number of segments.
    given, division
        The customers given to the method, and what it made of them.

    Raises
    ------
    ValueError
        If a segment is left without a customer, or no scorer treats enough of them as
        the method does.
    """
    settings = SelectionSettings.from_mapping(problem.settings)
    selection = problem.selection
    check_filled(name, division)
    scorer, agreement = find_scorer(name, division, given)
    centers, outlier_distance = place(scorer, given, division)

    labels = scorer.predict(problem.matrix)
    distances = np.linalg.norm(problem.matrix - centers[labels], axis=1)
    if division.selection is not None:
        selection = division.selection
        rows, refits = selection.rows, selection.refits
    else:
        rows, refits = refit(method, problem, division.n_segments, settings)
    jaccard = bootstrap_jaccard(labels[rows], division.n_segments, refits)
    inertia = float((distances[~noise_of(scorer, problem.matrix)] ** 2).sum())
    judged = (
        division.selection.chosen
        if division.selection is not None
        else judge(
            name=name,
            problem=problem,
            n_segments=division.n_segments,
            labels=labels,
            inertia=inertia,
            jaccard=jaccard,
        )
    )
    return Fit(
        division=division,
        scorer=scorer,
        scorer_agreement=agreement,
        centers=centers,
        outlier_distance=outlier_distance,
        labels=labels,
        inertia=inertia,
        judged=judged,
        candidates=[judged] if selection is None else selection.candidates,
        jaccard=jaccard,
    )


def check_filled(name: str, division: Division) -> None:
    """Raise ValueError if a segment has no customer that has no given name either."""
    labels = division.labels
    sizes = np.bincount(labels[labels >= 0], minlength=division.n_segments)
    empty = int((sizes == 0).sum())
    if empty and not division.segment_names:
        raise ValueError(
            f"segmentation_method {name} left {empty} of {division.n_segments} "
            f"segments without any of the {len(labels)} customers it was fitted on; "
            "expected one in each. Set n_segments to fewer or choose another method."
        )


def find_scorer(name: str, division: Division, given: Problem) -> tuple[Scorer, float]:
    """Find what treats other customers as a method treated those it was given.

    The method's own, if it can predict; else centroids; else rules, where centroids
    agree with the method on too few.

    Returns
    -------
    scorer, agreement
        The scorer, and the share of the given customers that it treats alike: to the
        same segment, or as an outlier who is noise to the method.

    Raises
    ------
    ValueError
        If neither centroids nor rules agree on `minimum_scoring_agreement`.
    """
    if division.scorer is not None:
        same = division.scorer.predict(given.matrix) == division.labels
        return division.scorer, float(same.mean())

    minimum = given.settings["minimum_scoring_agreement"]
    means = segment_means(given.matrix, division.labels, division.n_segments)
    centroids = QuadraticScorer.nearest_centroid(means)
    distances = np.linalg.norm(given.matrix - means[division.labels], axis=1)
    is_member = division.labels >= 0
    labels = centroids.predict(given.matrix)
    if not is_member.all():
        farthest = np.quantile(distances[is_member], OUTLIER_QUANTILE)
        nearest = np.linalg.norm(given.matrix - means[labels], axis=1)
        labels = np.where(nearest > farthest, -1, labels)
    by_centroids = float((labels == division.labels).mean())
    if by_centroids >= minimum:
        return centroids, by_centroids

    maximum_leaves = given.settings["maximum_scoring_leaves"]
    rules = fit_rules(
        given.matrix, division.labels, means, maximum_leaves, given.random_state
    )
    labels = np.where(noise_of(rules, given.matrix), -1, rules.predict(given.matrix))
    by_rules = float((labels == division.labels).mean())
    if by_rules >= minimum:
        return rules, by_rules
    raise ValueError(
        f"segmentation_method {name} cannot score all customers: of the "
        f"{len(given.matrix)} customers it was fitted on, centroids treat "
        f"{100 * by_centroids:.1f} % as it does and rules of at most {maximum_leaves} "
        f"leaves {100 * by_rules:.1f} %; expected at least {100 * minimum:g} % "
        "(minimum_scoring_agreement). Raise maximum_scoring_leaves or choose another "
        "method."
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


def noise_of(scorer: Scorer, matrix: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether each customer (customers,) is in a leaf of noise."""
    if isinstance(scorer, RulesScorer):
        return scorer.is_noise[scorer.leaves(matrix)]
    return np.zeros(len(matrix), dtype=bool)


def place(
    scorer: Scorer, given: Problem, division: Division
) -> tuple[NDArray[np.float64], float]:
    """Centre of each segment, and the distance beyond which a customer is an outlier.

    Only the customers who are no noise count. The centre of a segment without any is
    the point of its first leaf that is nearest to the mean of all customers; without a
    leaf too, the mean of those whom the method put there, else where the method says.
    """
    matrix, labels = given.matrix, scorer.predict(given.matrix)
    is_member = (division.labels >= 0) & ~noise_of(scorer, matrix)
    if isinstance(scorer, QuadraticScorer):
        centers = scorer.centers
    else:
        centers = segment_means(
            matrix[is_member], labels[is_member], division.n_segments
        )
    if isinstance(scorer, RulesScorer):
        for segment in np.flatnonzero(np.isnan(centers).any(axis=1)):
            leaves = np.flatnonzero(scorer.segments == segment)
            if leaves.size:
                lower, upper = scorer.lower[leaves[0]], scorer.upper[leaves[0]]
                centers[segment] = np.clip(matrix.mean(axis=0), lower, upper)
            elif (division.labels == segment).any():
                centers[segment] = matrix[division.labels == segment].mean(axis=0)
    if division.named_centers is not None:
        centers = np.where(np.isnan(centers), division.named_centers, centers)
    distances = np.linalg.norm(matrix - centers[labels], axis=1)[is_member]
    return centers, float(np.quantile(distances, OUTLIER_QUANTILE))


def refit(
    method: Method, problem: Problem, n_segments: int, settings: SelectionSettings
) -> tuple[NDArray[np.int64], list[Refit]]:
    """Fit the method to resamples of the customers.

    Customers are drawn with replacement, and who is drawn twice counts once: not every
    method has weights.

    Returns
    -------
    rows, refits
        The customers that are resampled, and what the method makes of those drawn. A
        resample that it cannot divide is one segment; noise is a segment of its own.
    """
    if method.grows_with_square:
        settings = replace(
            settings,
            selection_sample_rows=min(
                settings.selection_sample_rows, SQUARE_REFIT_ROWS
            ),
        )
    rows = selection_rows(len(problem.matrix), settings)
    refits = []
    for number in range(settings.bootstrap_count):
        random = np.random.default_rng([settings.random_state, number])
        drawn = np.unique(random.integers(len(rows), size=len(rows)))
        again = problem.drawn(
            rows[drawn],
            n_segments=n_segments,
            random_state=int(random.integers(2**31)),
        )
        try:
            with threadpool_limits(limits=1):
                labels = method.divide(again).labels
        except ValueError:
            labels = np.zeros(len(drawn), dtype=np.int64)
        refits.append(Refit(drawn, np.where(labels < 0, labels.max() + 1, labels)))
    return rows, refits


def judge(
    *,
    name: str,
    problem: Problem,
    n_segments: int,
    labels: NDArray[np.int64],
    inertia: float,
    jaccard: NDArray[np.float64],
) -> Candidate:
    """Say of the segments of any method what is said of those of k-means.

    The gap and prediction strength are those of k-means alone and left out.
    """
    settings = SelectionSettings.from_mapping(problem.settings)
    sizes = np.bincount(labels, minlength=n_segments)
    indices = internal_indices(problem.matrix, labels, settings)
    candidate = Candidate(
        n_segments=n_segments,
        inertia=inertia,
        silhouette=indices["silhouette"],
        davies_bouldin=indices["davies_bouldin"],
        calinski_harabasz=indices["calinski_harabasz"],
        gap=float("nan"),
        gap_error=float("nan"),
        prediction_strength=float("nan"),
        minimum_jaccard=float(jaccard.mean(axis=0).min()),
        smallest_share=float(sizes.min() / len(labels)),
        is_chosen=True,
    )
    chooser = (
        f"{name} chose it"
        if problem.n_segments is None
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
