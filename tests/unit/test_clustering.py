"""K-means finds the known clusterings of known data, the same way every time."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris, load_wine
from sklearn.metrics import adjusted_rand_score, pairwise_distances_argmin
from sklearn.preprocessing import StandardScaler

from segmentation.fit.clustering import START_ROWS, fit_kmeans

Matrix = NDArray[np.float64]


@pytest.fixture(scope="module")
def iris() -> tuple[Matrix, NDArray[np.int64]]:
    """150 flowers in four raw measures, and their species."""
    matrix, species = load_iris(return_X_y=True)
    return matrix, species


@pytest.fixture(scope="module")
def wine() -> tuple[Matrix, NDArray[np.int64]]:
    """178 wines in thirteen standardised measures, and their makers."""
    matrix, makers = load_wine(return_X_y=True)
    return StandardScaler().fit_transform(matrix), makers


def test_iris_in_three(iris: tuple[Matrix, NDArray[np.int64]]) -> None:
    clustering = fit_kmeans(iris[0], 3, random_state=0)
    assert clustering.inertia == pytest.approx(78.8514, abs=1e-4)
    assert adjusted_rand_score(iris[1], clustering.labels) == pytest.approx(
        0.7302, abs=1e-4
    )


def test_wine_in_three(wine: tuple[Matrix, NDArray[np.int64]]) -> None:
    clustering = fit_kmeans(wine[0], 3, random_state=0)
    assert clustering.inertia == pytest.approx(1277.9285, abs=1e-4)
    assert adjusted_rand_score(wine[1], clustering.labels) == pytest.approx(
        0.8975, abs=1e-4
    )


def test_centers_labels_and_distances_belong_together(
    iris: tuple[Matrix, NDArray[np.int64]],
) -> None:
    matrix = iris[0]
    clustering = fit_kmeans(matrix, 3, random_state=0)
    distances = np.linalg.norm(matrix[:, None] - clustering.centers[None], axis=2)

    assert_array_equal(clustering.labels, distances.argmin(axis=1))
    assert_allclose(clustering.distances, distances.min(axis=1), atol=1e-9)
    assert clustering.inertia == pytest.approx((clustering.distances**2).sum())
    for label, center in enumerate(clustering.centers):
        assert_allclose(matrix[clustering.labels == label].mean(axis=0), center)


def test_the_same_seed_gives_the_same_bits(
    wine: tuple[Matrix, NDArray[np.int64]],
) -> None:
    first, second = (fit_kmeans(wine[0], 5, random_state=3) for _ in range(2))
    assert_array_equal(first.centers, second.centers)
    assert_array_equal(first.labels, second.labels)


def test_seeds_agree(iris: tuple[Matrix, NDArray[np.int64]]) -> None:
    """With enough starts the best of them is the same whatever the seed."""
    inertias = {
        round(fit_kmeans(iris[0], 5, random_state=seed).inertia, 3) for seed in range(5)
    }
    assert len(inertias) == 1


def test_a_sample_chooses_the_start_as_well_as_all_would() -> None:
    random = np.random.default_rng(4)
    centers = random.normal(size=(5, 3)) * 2
    matrix = centers[random.integers(0, 5, START_ROWS + 10_000)]
    matrix += random.normal(size=matrix.shape)
    of_all = KMeans(5, n_init=10, random_state=0).fit(matrix).inertia_
    for seed in range(2):
        clustering = fit_kmeans(matrix, 5, random_state=seed)
        assert len(clustering.labels) == len(matrix)
        assert clustering.inertia == pytest.approx(of_all, rel=1e-4)


def test_no_customer_is_nearer_to_the_mean_of_another_segment() -> None:
    """A fit that stops when centres hardly move leaves some on the wrong side."""
    matrix = np.random.default_rng(0).normal(size=(5000, 2))
    clustering = fit_kmeans(matrix, 6, random_state=0)
    means = np.array([matrix[clustering.labels == k].mean(axis=0) for k in range(6)])
    assert_array_equal(pairwise_distances_argmin(matrix, means), clustering.labels)


def test_too_few_distinct_customers_are_refused() -> None:
    matrix = np.array([[0.0, 1.0]] * 6 + [[2.0, 2.0]] * 4)
    with pytest.raises(
        ValueError,
        match="The 10 training customers have 2 distinct feature vectors; expected at "
        "least n_segments = 3",
    ):
        fit_kmeans(matrix, 3, random_state=0)


def test_as_many_distinct_customers_as_segments_are_enough() -> None:
    matrix = np.array([[0.0], [0.0], [5.0], [9.0]])
    clustering = fit_kmeans(matrix, 3, random_state=0)
    assert sorted(clustering.centers[:, 0]) == [0, 5, 9]
    assert clustering.inertia == 0
