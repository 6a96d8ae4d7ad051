"""Stability is what Hennig (2007) defines, and finds what is known to be there."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import pairwise_distances_argmin

from segmentation.fit import stability
from segmentation.fit.stability import (
    Refit,
    bootstrap_jaccard,
    nearest,
    refit_bootstraps,
    refit_resamples,
    run_lloyd,
)


@pytest.fixture(scope="module")
def blobs() -> tuple[np.ndarray, np.ndarray]:
    """Four groups of 60 that nothing confuses."""
    centers = [[0, 0], [20, 0], [0, 20], [20, 20]]
    matrix, groups = make_blobs(240, centers=centers, random_state=0)
    return matrix, groups.astype(np.int64)


def jaccard(first: set[int], second: set[int]) -> float:
    return len(first & second) / len(first | second)


def test_similarity_is_that_of_sets_of_the_customers_drawn() -> None:
    random = np.random.default_rng(4)
    labels = random.integers(3, size=40)
    refits = []
    for _ in range(5):
        rows = np.sort(random.choice(40, size=25, replace=False))
        refits.append(Refit(rows, random.integers(4, size=25)))
    expected = [
        [
            max(
                jaccard(
                    {row for row in refit.rows if labels[row] == segment},
                    set(refit.rows[refit.labels == other]),
                )
                for other in set(refit.labels)
            )
            for segment in range(3)
        ]
        for refit in refits
    ]
    assert_allclose(bootstrap_jaccard(labels, 3, refits), expected)


def test_a_segment_of_which_none_was_drawn_is_not_found() -> None:
    refit = Refit(np.array([0, 1]), np.array([0, 0]))
    similarities = bootstrap_jaccard(np.array([0, 0, 1]), 2, [refit])
    assert_array_equal(similarities, [[1.0, 0.0]])


def test_groups_that_are_there_are_always_found(
    blobs: tuple[np.ndarray, np.ndarray],
) -> None:
    matrix, groups = blobs
    similarities = bootstrap_jaccard(groups, 4, refit_bootstraps(matrix, 4, 20, 0))
    assert similarities.shape == (20, 4)
    assert similarities.min() == 1


def test_a_group_that_is_cut_in_two_is_not_stable(
    blobs: tuple[np.ndarray, np.ndarray],
) -> None:
    matrix, _ = blobs
    labels = KMeans(5, n_init=50, random_state=0).fit_predict(matrix)
    similarities = bootstrap_jaccard(
        labels.astype(np.int64), 5, refit_bootstraps(matrix, 5, 20, 0)
    )
    assert similarities.mean(axis=0).min() < 0.75


def test_a_single_customer_is_found_as_often_as_drawn(
    blobs: tuple[np.ndarray, np.ndarray],
) -> None:
    """Some 1 - 1/e of resamples hold a given customer."""
    matrix = np.vstack([blobs[0], [[1000.0, 1000.0]]])
    labels = np.append(np.zeros(240, dtype=np.int64), 1)
    similarities = bootstrap_jaccard(labels, 2, refit_bootstraps(matrix, 2, 200, 0))
    assert set(similarities[:, 1]) == {0.0, 1.0}
    assert similarities[:, 1].mean() == pytest.approx(1 - np.exp(-1), abs=0.07)


def test_a_customer_drawn_twice_weighs_twice() -> None:
    """Each is nearest to the mean of a segment in which repetitions are counted."""
    matrix = np.random.default_rng(0).normal(size=(150, 2))
    [refit] = refit_bootstraps(matrix, 3, 1, 0)
    random = np.random.default_rng([0, 0])
    drawn = random.integers(150, size=150)
    assert_array_equal(refit.rows, np.unique(drawn))
    labels = refit.labels[np.searchsorted(refit.rows, drawn)]
    drawn_rows = matrix[drawn]
    means = np.array([drawn_rows[labels == label].mean(axis=0) for label in range(3)])
    assert_array_equal(labels, pairwise_distances_argmin(drawn_rows, means))


def test_the_seed_decides_the_draws_and_the_number_of_segments_does_not() -> None:
    matrix = np.random.default_rng(0).normal(size=(50, 2))
    first, again, other = (
        refit_bootstraps(matrix, 3, 4, random_state) for random_state in (0, 0, 1)
    )
    for one, two in zip(first, again, strict=True):
        assert_array_equal(one.rows, two.rows)
        assert_array_equal(one.labels, two.labels)
    assert not np.array_equal(first[0].rows, other[0].rows)
    assert not np.array_equal(first[0].rows, first[1].rows)
    four = refit_bootstraps(matrix, 4, 4, 0)
    assert_array_equal(four[0].rows, first[0].rows)


def test_customers_who_are_all_alike_are_no_reason_to_stop() -> None:
    matrix = np.repeat([[0.0], [1.0], [2.0]], [40, 2, 1], axis=0)
    refits = refit_bootstraps(matrix, 3, 10, 0)
    similarities = bootstrap_jaccard(np.repeat([0, 1, 2], [40, 2, 1]), 3, refits)
    assert similarities[:, 0].min() > 0.9


# ---------------------------------------------------------------- all resamples at once


def drawn_weights(count: int, rows: int) -> np.ndarray:
    random = np.random.default_rng(8)
    return np.array(
        [
            np.bincount(random.integers(rows, size=rows), minlength=rows)
            for _ in range(count)
        ],
        dtype=float,
    )


def best_fit(fits: list[KMeans], matrix: np.ndarray, weights: np.ndarray) -> KMeans:
    """Fit all of them to a resample, and take the one with the least inertia."""
    rows = np.flatnonzero(weights)
    for fit in fits:
        fit.fit(matrix[rows], sample_weight=weights[rows])
    return min(fits, key=lambda fit: fit.inertia_)


def inertia_of(matrix: np.ndarray, weights: np.ndarray, labels: np.ndarray) -> float:
    total = 0.0
    for label in np.unique(labels):
        is_own = labels == label
        own, own_weights = matrix[is_own], weights[is_own]
        if own_weights.any():
            center = np.average(own, axis=0, weights=own_weights)
            total += float((own_weights * ((own - center) ** 2).sum(axis=1)).sum())
    return total


def test_all_at_once_are_what_scikit_learn_fits_one_by_one() -> None:
    """From the same starts, and customers who were not drawn are predicted."""
    matrix = np.random.default_rng(6).normal(size=(300, 3))
    weights = drawn_weights(12, 300)
    starts = matrix[np.random.default_rng(2).integers(300, size=(12, 5))]
    centers = run_lloyd(matrix, weights, starts, 300)
    labels, distances = nearest(matrix, centers)
    for number, of_weights in enumerate(weights):
        model = KMeans(5, init=starts[number], n_init=1, tol=0)
        best_fit([model], matrix, of_weights)
        assert_allclose(centers[number], model.cluster_centers_)
        assert_array_equal(labels[number], model.predict(matrix))
        squares = distances[number] + (matrix**2).sum(axis=1)
        assert of_weights @ squares == pytest.approx(model.inertia_)


@pytest.mark.parametrize(
    ("n_segments", "mean_loss", "greatest_loss"),
    [(3, 0.0005, 0.005), (5, 0.0005, 0.005), (8, 0.006, 0.03)],
)
def test_shared_ends_fit_as_well_as_ten_starts_of_scikit_learn(
    n_segments: int, mean_loss: float, greatest_loss: float
) -> None:
    """Without any groups, where there are many optima; eight segments have hundreds."""
    random = np.random.default_rng(7)
    matrix = random.normal(size=(1000, 4)) * [3, 2, 1, 1]
    weights = drawn_weights(20, 1000)
    labels = refit_resamples(matrix, weights, n_segments, range(20))
    ratios = []
    for number, of_weights in enumerate(weights):
        found = inertia_of(matrix, of_weights, labels[number])
        fits = [KMeans(n_segments, n_init=10, random_state=number)]
        model = best_fit(fits, matrix, of_weights)
        ratios.append(found / model.inertia_)
    assert np.mean(ratios) < 1 + mean_loss
    assert max(ratios) < 1 + greatest_loss


def test_blocks_of_resamples_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = np.random.default_rng(6).normal(size=(200, 2))
    weights = drawn_weights(7, 200)
    together = refit_resamples(matrix, weights, 4, range(7))
    monkeypatch.setattr(stability, "BLOCK_SIZE", 2 * 200 * stability.REFIT_ENDS)
    in_blocks = refit_resamples(matrix, weights, 4, range(7))
    for one, other in zip(in_blocks, together, strict=True):
        assert len(set(zip(one, other, strict=True))) == 4


def test_a_resample_without_a_segment_is_fitted_from_starts_of_others() -> None:
    """Without the far customer the others are parted, in one resample of twenty."""
    matrix = np.repeat([[0.0, 0.0], [1.0, 0.0], [50.0, 0.0]], [30, 30, 1], axis=0)
    weights = np.ones((20, 61))
    weights[0, 60] = 0
    labels = refit_resamples(matrix, weights, 2, range(20))
    assert len(set(labels[0, :60])) == 2
    assert labels[0, 60] == labels[0, 59]
    assert all(len(set(of_resample[:60])) == 1 for of_resample in labels[1:])


def test_a_resample_of_fewer_customers_than_segments_has_no_start() -> None:
    """Each of the three resamples is one customer: the first of two segments."""
    labels = refit_resamples(np.eye(3), np.eye(3), 2, range(3))
    assert_array_equal(np.diag(labels), [0, 0, 0])
