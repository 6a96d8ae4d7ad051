"""A scorer covers all customers of any method, or the method is refused."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.datasets import make_blobs, make_moons
from sklearn.preprocessing import StandardScaler

from segmentation.fit.fitting import check_filled, fit_method, order_by_value
from segmentation.methods import FitInput, Method, Partition, load_method
from segmentation.score.quadratic import QuadraticScorer
from segmentation.score.rules import RulesScorer

SETTINGS: dict[str, Any] = {
    "k_range": [3, 5],
    "bootstrap_count": 4,
    "prediction_strength_splits": 2,
    "selection_sample_rows": 400,
    "random_state": 0,
    "minimum_scoring_agreement": 0.9,
    "maximum_scoring_leaves": 64,
}
MOONS, MOON_OF = make_moons(n_samples=600, noise=0.05, random_state=0)
MOONS = StandardScaler().fit_transform(MOONS)
BLOBS, BLOB_OF = make_blobs(
    n_samples=600, centers=[[0, 0], [10, 0], [0, 10]], random_state=0
)


def fit_input_of(matrix: NDArray[np.float64], **settings: Any) -> FitInput:
    """All customers, and how many segments to make."""
    return FitInput(
        matrix=matrix,
        feature_names=("recency_days", "total_spend"),
        n_segments=settings.pop("n_segments", None),
        random_state=0,
        settings={**SETTINGS, **settings},
    )


def known(
    truth: NDArray[np.int64], matrix: NDArray[np.float64]
) -> Callable[[FitInput], Partition]:
    """A clustering that cannot predict: it looks up who belongs where."""
    label_of = {
        tuple(row): int(label) for row, label in zip(matrix, truth, strict=True)
    }

    def fit_known(fit_input: FitInput) -> Partition:
        labels = np.array([label_of[tuple(row)] for row in fit_input.matrix])
        return Partition(labels, int(truth.max()) + 1)

    return fit_known


def test_centroids_score_what_they_can_follow() -> None:
    method = Method(known(BLOB_OF, BLOBS), selects_k="if_auto")
    fit = fit_method("known", method, fit_input_of(BLOBS))
    assert isinstance(fit.scorer, QuadraticScorer)
    assert fit.scorer_agreement == 1
    assert_array_equal(fit.labels, BLOB_OF)
    for segment in range(3):
        assert_allclose(fit.centers[segment], BLOBS[segment == BLOB_OF].mean(axis=0))
    assert_allclose(fit.jaccard, 1)


def test_rules_score_what_centroids_cannot_follow() -> None:
    method = Method(known(MOON_OF, MOONS), selects_k="if_auto")
    fit = fit_method("known", method, fit_input_of(MOONS))
    assert isinstance(fit.scorer, RulesScorer)
    assert fit.scorer_agreement >= 0.95
    assert (fit.labels == MOON_OF).mean() == fit.scorer_agreement


def test_what_no_scorer_can_follow_is_refused() -> None:
    method = Method(known(MOON_OF, MOONS), selects_k="if_auto")
    with pytest.raises(
        ValueError,
        match=r"moons cannot score all customers: of the 600"
        r" .* centroids give 8\d\.\d % .* at most 2 leaves 8\d\.\d %; expected at"
        r" least 90 % \(minimum_scoring_agreement\)",
    ):
        fit_method("moons", method, fit_input_of(MOONS, maximum_scoring_leaves=2))


@pytest.mark.parametrize("far", [20.0, 4.0])
def test_noise_is_an_outlier_and_no_segment(far: float) -> None:
    # Far noise is told by its distance; noise between the segments by leaves.
    noise = np.array([[far, far]]) + np.random.default_rng(0).normal(size=(60, 2)) / 3
    matrix = np.concatenate([BLOBS, noise])
    truth = np.concatenate([BLOB_OF, np.full(60, -1)])
    method = Method(known(truth, matrix), selects_k="if_auto")
    fit = fit_method(
        "known", method, fit_input_of(matrix, minimum_scoring_agreement=0.95)
    )
    assert fit.partition.n_segments == len(fit.centers) == 3
    assert fit.labels.min() == 0
    distances = np.linalg.norm(matrix - fit.centers[fit.labels], axis=1)
    is_outlier = distances > fit.outlier_distance
    if isinstance(fit.scorer, RulesScorer):
        is_outlier |= fit.scorer.is_noise[fit.scorer.leaves(matrix)]
    assert is_outlier[600:].all()
    assert is_outlier[:600].mean() < 0.02
    for segment in range(3):
        assert_allclose(
            fit.centers[segment], BLOBS[segment == BLOB_OF].mean(axis=0), atol=0.1
        )


@pytest.mark.parametrize("scorer", [QuadraticScorer, RulesScorer])
def test_noise_that_is_not_seen_lowers_the_agreement(
    scorer: type[QuadraticScorer] | type[RulesScorer],
) -> None:
    # Some of it is far from everybody, some amid the segments.
    segments, segment_of = MOONS, MOON_OF
    if scorer is QuadraticScorer:
        segments, segment_of = StandardScaler().fit_transform(BLOBS), BLOB_OF
    noise = np.random.default_rng(0).uniform(-3, 3, size=(80, 2))
    matrix = np.concatenate([segments, noise])
    truth = np.concatenate([segment_of, np.full(80, -1)])
    method = Method(known(truth, matrix), selects_k="if_auto")
    settings = {"selection_sample_rows": 1000, "maximum_scoring_leaves": 16}
    fit = fit_method("known", method, fit_input_of(matrix, **settings))

    assert isinstance(fit.scorer, scorer)
    if isinstance(fit.scorer, RulesScorer):
        is_outlier = fit.scorer.is_noise[fit.scorer.leaves(matrix)]
    else:
        means = [segments[segment == segment_of].mean(axis=0) for segment in range(3)]
        assert_allclose(fit.centers, means)
        own = np.linalg.norm(segments - np.array(means)[segment_of], axis=1)
        is_outlier = cdist(matrix, means).min(axis=1) > np.quantile(own, 0.99)
    alike = (~is_outlier[:600] & (fit.labels[:600] == segment_of)).sum()
    seen = is_outlier[600:].sum()
    assert alike < 600
    assert 10 < seen < 75
    assert fit.scorer_agreement == (alike + seen) / 680


def test_a_method_whose_cost_grows_with_the_square_is_given_a_sample() -> None:
    seen = []

    def fit_known(fit_input: FitInput) -> Partition:
        seen.append(len(fit_input.matrix))
        return known(BLOB_OF, BLOBS)(fit_input)

    method = Method(fit_known, selects_k="if_auto", is_quadratic=True)
    fit = fit_method("known", method, fit_input_of(BLOBS))
    assert max(seen) == seen[0] == 400
    assert_array_equal(fit.labels, BLOB_OF)


def test_the_number_that_a_method_does_not_choose_is_chosen_by_k_means() -> None:
    wanted = []

    def fit_known(fit_input: FitInput) -> Partition:
        wanted.append(fit_input.n_segments)
        return known(BLOB_OF, BLOBS)(fit_input)

    fit = fit_method("known", Method(fit_known), fit_input_of(BLOBS, k_range=[3, 3]))
    assert set(wanted) == {3}
    assert [c.n_segments for c in fit.candidates if c.is_chosen] == [3]
    assert len(fit.candidates) > 1

    wanted.clear()
    fit = fit_method("known", Method(fit_known), fit_input_of(BLOBS, n_segments=7))
    assert wanted[0] == 7
    assert len(fit.candidates) == 1


def test_a_segment_without_customers_is_refused_unless_it_has_a_name() -> None:
    def fit_known(fit_input: FitInput) -> Partition:
        return Partition(known(BLOB_OF, BLOBS)(fit_input).labels, 4)

    with pytest.raises(
        ValueError, match=r"other left 1 of 4 segments without any of the 600 customers"
    ):
        fit_method("other", Method(fit_known, selects_k="if_auto"), fit_input_of(BLOBS))

    def fit_and_name(fit_input: FitInput) -> Partition:
        return replace(fit_known(fit_input), segment_names=("a", "b", "c", "d"))

    check_filled("named", fit_and_name(fit_input_of(BLOBS)))


def test_k_means_is_judged_by_its_own_resamples() -> None:
    fit = fit_method("kmeans", load_method("kmeans"), fit_input_of(BLOBS, n_segments=3))
    assert fit.chosen.is_chosen
    assert fit.scorer_agreement == 1
    assert_allclose(
        fit.inertia,
        sum(
            ((BLOBS[s == BLOB_OF] - BLOBS[s == BLOB_OF].mean(axis=0)) ** 2).sum()
            for s in range(3)
        ),
    )


def test_segments_are_ordered_by_falling_mean_value() -> None:
    labels = np.array([0, 1, 1, 2, 0])
    centers = np.array([[0.0], [10.0], [20.0], [5.0]])
    # Mean values: 6 of the first, 55 of the second, 30 of the third, no fourth.
    order = order_by_value(labels, centers, np.array([5.0, 100.0, 10.0, 30.0, 7.0]))
    assert_array_equal(order, [1, 2, 0, 3])


def test_segments_of_equal_value_are_ordered_by_their_centers() -> None:
    centers = np.array([[3.0], [1.0], [2.0]])
    order = order_by_value(np.array([0, 1, 2]), centers, np.full(3, 7.0))
    assert_array_equal(order, [1, 2, 0])
