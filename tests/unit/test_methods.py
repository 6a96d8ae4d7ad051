"""Each method finds what it is for, and chooses its parameters by its written rule."""

import itertools
import math
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist
from scipy.stats import norm
from sklearn.cluster import MiniBatchKMeans
from sklearn.datasets import make_blobs, make_moons
from sklearn.metrics import adjusted_rand_score, pairwise_distances_argmin
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler

from segmentation.fit.fitting import Fit, fit_method
from segmentation.methods import FitInput, Method, Partition, load_method
from segmentation.methods.dbscan import knee_distance
from segmentation.methods.gaussian_mixture import choose, scorer_of
from segmentation.methods.spectral import neighbor_graph
from segmentation.score.rules import RulesScorer

PROJECT = Path(__file__).parents[2]
CLUSTERINGS = [
    "kmeans",
    "mini_batch_kmeans",
    "bisecting_kmeans",
    "gaussian_mixture",
    "agglomerative",
    "dbscan",
    "hdbscan",
    "spectral",
]
SETTINGS: dict[str, Any] = {
    "k_range": [3, 6],
    "bootstrap_count": 2,
    "prediction_strength_splits": 2,
    "selection_sample_rows": 3000,
    "random_state": 0,
    "minimum_scoring_agreement": 0.9,
    "maximum_scoring_leaves": 64,
}
BLOBS, BLOB_OF = make_blobs(
    n_samples=1500, centers=4, n_features=3, center_box=(-15, 15), random_state=4
)
UNIFORM = np.random.default_rng(0).uniform(size=(800, 2))


def fit_input_of(
    matrix: NDArray[np.float64], n_segments: int | None = None, **settings: Any
) -> FitInput:
    """All customers, and how many segments to make."""
    return FitInput(
        matrix=matrix,
        feature_names=("recency_days", "order_count", "total_spend")[: matrix.shape[1]],
        n_segments=n_segments,
        random_state=0,
        settings={**SETTINGS, **settings},
    )


def fit(name: str, fit_input: FitInput) -> Fit:
    """Fit a method by its name; a warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return fit_method(name, load_method(name), fit_input)


def fit_partition(name: str, fit_input: FitInput) -> Partition:
    """Fit a method alone; a warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return load_method(name).fit(fit_input)


def moons(random_state: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Two half circles that reach into each other, and which is whose."""
    matrix, moon_of = make_moons(600, noise=0.05, random_state=random_state)
    return StandardScaler().fit_transform(matrix), moon_of


# ---------------------------------------------------------------- the list


def test_the_list_of_the_var_names_every_method() -> None:
    rules = (PROJECT / "macros/validation/var_rules.sql").read_text(encoding="utf-8")
    [listed] = re.findall(r"'segmentation_method': \{.*?\[(.*?)\]", rules, re.DOTALL)
    names = re.findall(r"'(\w+)'", listed)
    modules = (PROJECT / "python/segmentation/methods").glob("*.py")
    # The others are what several methods share.
    methods = [path.stem for path in modules if "\nMETHOD = " in path.read_text()]
    assert sorted(names) == sorted(methods)
    assert all(isinstance(load_method(name), Method) for name in names)


# ---------------------------------------------------------------- shapes


@pytest.mark.parametrize("name", ["dbscan", "hdbscan", "spectral"])
@pytest.mark.parametrize("random_state", range(3))
def test_moons_are_recovered_and_carried_to_all_customers(
    name: str, random_state: int
) -> None:
    matrix, moon_of = moons(random_state)
    found = fit(name, fit_input_of(matrix, n_segments=2))
    assert found.partition.n_segments == 2
    assert adjusted_rand_score(moon_of, found.partition.labels) >= 0.98
    assert isinstance(found.scorer, RulesScorer)
    assert found.scorer_agreement >= 0.95
    assert adjusted_rand_score(moon_of, found.labels) >= 0.95


@pytest.mark.parametrize("name", ["dbscan", "hdbscan", "spectral"])
def test_moons_are_refused_where_no_scorer_can_follow(name: str) -> None:
    matrix, _ = moons(0)
    fit_input = fit_input_of(matrix, n_segments=2, maximum_scoring_leaves=2)
    with pytest.raises(ValueError, match="cannot score all customers") as refusal:
        fit(name, fit_input)
    message = re.fullmatch(
        rf"segmentation_method {name} cannot score all customers: of the 600 customers "
        r"it was fitted on, centroids give ([\d.]+) % the same segment and rules of at "
        r"most 2 leaves ([\d.]+) %; expected at least 90 % "
        r"\(minimum_scoring_agreement\)\. "
        r"Raise maximum_scoring_leaves or choose another method\.",
        str(refusal.value),
    )
    assert message is not None
    assert all(75 < float(agreement) < 90 for agreement in message.groups())


def test_k_means_does_not_see_moons() -> None:
    """Or the tests above would be of an easy shape."""
    matrix, moon_of = moons(0)
    found = fit("kmeans", fit_input_of(matrix, n_segments=2))
    assert adjusted_rand_score(moon_of, found.labels) < 0.6


@pytest.mark.parametrize(
    ("name", "n_segments"),
    [*((name, 4) for name in CLUSTERINGS), ("gaussian_mixture", None)],
)
def test_every_clustering_agrees_with_k_means_on_separate_blobs(
    name: str, n_segments: int | None
) -> None:
    k_means = fit_partition("kmeans", fit_input_of(BLOBS, 4)).labels
    assert adjusted_rand_score(k_means, BLOB_OF) == 1
    found = fit(name, fit_input_of(BLOBS, n_segments))
    assert found.partition.n_segments == 4
    # Noise counts as a segment of its own here.
    assert adjusted_rand_score(k_means, found.partition.labels) >= 0.95
    assert adjusted_rand_score(k_means, found.labels) >= 0.95
    assert found.scorer_agreement >= 0.95


@pytest.mark.parametrize("name", CLUSTERINGS)
def test_a_method_divides_twice_alike(name: str) -> None:
    # Without gaps every start and every tie would show.
    matrix = np.random.default_rng(7).normal(size=(700, 2)).round(1)
    matrix[:300] += 4
    first, second = (fit_partition(name, fit_input_of(matrix, 3)) for _ in range(2))
    assert_array_equal(first.labels, second.labels)
    assert first.facts == second.facts
    if first.scorer is not None and second.scorer is not None:
        rows = [
            scorer.rows(range(3), ("a", "b"))
            for scorer in (first.scorer, second.scorer)
        ]
        assert rows[0] == rows[1]


@pytest.mark.parametrize("name", [n for n in CLUSTERINGS if "dbscan" not in n])
def test_too_few_distinct_customers_are_refused(name: str) -> None:
    matrix = np.repeat([[0.0, 0.0], [1.0, 1.0], [5.0, 1.0]], 40, axis=0)
    with pytest.raises(
        ValueError, match=r"3 distinct feature vectors.* n_segments = 4"
    ):
        fit_partition(name, fit_input_of(matrix, 4))


def test_a_method_that_chooses_no_number_needs_one() -> None:
    with pytest.raises(ValueError, match="n_segments is None"):
        fit_partition("agglomerative", fit_input_of(BLOBS))


# ---------------------------------------------------------------- noise


@pytest.mark.parametrize("name", ["dbscan", "hdbscan"])
def test_noise_is_no_segment(name: str) -> None:
    blobs, _ = make_blobs(900, centers=[[0, 0], [12, 0], [0, 12]], random_state=1)
    noise = np.random.default_rng(1).uniform(9, 35, size=(40, 2))
    partition = fit_partition(name, fit_input_of(np.concatenate([blobs, noise])))
    assert partition.n_segments == 3
    assert (partition.labels[900:] == -1).all()
    assert (partition.labels[:900] == -1).mean() < 0.05
    assert partition.facts["noise_share"] == (partition.labels == -1).mean()


@pytest.mark.parametrize("name", ["dbscan", "hdbscan"])
def test_the_number_follows_from_the_data_whatever_is_set(name: str) -> None:
    found = fit(name, fit_input_of(BLOBS, n_segments=3))
    assert found.partition.n_segments == len(found.centers) == 4
    assert [c.n_segments for c in found.candidates] == [4]
    assert found.chosen.reason.startswith(f"{name} chose it")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (
            "dbscan",
            r"1 segments and \d\.\d % noise among 800 customers \(min_samples 16",
        ),
        ("hdbscan", r"0 segments and 100\.0 % noise among 30 .*\(min_cluster_size 2\)"),
    ],
)
def test_fewer_than_two_segments_are_refused(name: str, found: str) -> None:
    matrix = UNIFORM if name == "dbscan" else np.arange(30.0).reshape(-1, 1)
    with pytest.raises(ValueError, match=rf"{name} found {found}.*at least 2.*choose"):
        fit_partition(name, fit_input_of(matrix))


# ---------------------------------------------------------------- DBSCAN's distance


@pytest.mark.parametrize(
    ("n_customers", "min_samples"), [(600, 12), (601, 13), (90, 4)]
)
def test_min_samples_are_the_smallest_segment_or_twice_the_features(
    n_customers: int, min_samples: int
) -> None:
    matrix, _ = make_blobs(n_customers, centers=[[0, 0], [40, 40]], random_state=0)
    facts = fit_partition("dbscan", fit_input_of(matrix)).facts
    assert facts["min_samples"] == min_samples


def test_the_distance_is_farthest_from_the_chord() -> None:
    matrix, _ = moons(0)
    nearest = np.sort(cdist(matrix, matrix), axis=1)[:, 12 - 1]
    curve = np.column_stack([np.arange(600), np.sort(nearest)])
    start, along = curve[0], curve[-1] - curve[0]
    from_chord = np.abs(
        along[0] * (curve[:, 1] - start[1]) - along[1] * (curve[:, 0] - start[0])
    ) / np.hypot(*along)
    expected = curve[from_chord.argmax(), 1]
    # Neither end of the curve, nor any point of it would do.
    assert nearest.min() * 1.5 < expected < nearest.max() / 1.5
    assert_allclose(knee_distance(matrix, 12), expected, rtol=1e-12)
    assert_allclose(
        fit_partition("dbscan", fit_input_of(matrix)).facts["distance"], expected
    )


def test_the_knee_of_a_curve_with_a_corner_is_the_corner() -> None:
    matrix = np.cumsum([0, 1, *[2] * 6, 20]).astype(float).reshape(-1, 1)
    nearest = np.sort(cdist(matrix, matrix), axis=1)[:, 1]
    assert_array_equal(nearest, [*[1] * 2, *[2] * 6, 20])
    # The chord goes from 1 to 20 in 8 steps: at the last 2 it is at 17.6.
    assert knee_distance(matrix, 2) == 2


def test_twins_say_nothing_about_a_distance() -> None:
    matrix, _ = moons(0)
    twins = np.repeat(matrix[:1] + 30, 500, axis=0)
    both = np.concatenate([matrix, twins])
    assert knee_distance(both, 12) == knee_distance(matrix, 12)
    with pytest.raises(ValueError, match="each of the 500 customers has at least 11"):
        knee_distance(twins, 12)
    with pytest.raises(ValueError, match=r"given 5 customers; expected at least .* 12"):
        knee_distance(matrix[:5], 12)


# ---------------------------------------------------------------- HDBSCAN's size


@pytest.mark.parametrize(("n_customers", "expected"), [(600, 12), (601, 13), (50, 2)])
def test_a_segment_has_its_least_share_of_customers(
    n_customers: int, expected: int
) -> None:
    matrix, _ = make_blobs(n_customers, centers=[[0, 0], [9, 9]], random_state=0)
    partition = fit_partition("hdbscan", fit_input_of(matrix))
    assert partition.facts["min_cluster_size"] == expected
    assert np.bincount(partition.labels + 1)[1:].min() >= expected


# ---------------------------------------------------------------- spectral's graph


@pytest.mark.parametrize(("n_customers", "neighbors"), [(100, 5), (1500, 8)])
def test_neighbors_are_the_logarithm_of_the_customers(
    n_customers: int, neighbors: int
) -> None:
    matrix = np.random.default_rng(0).normal(size=(n_customers, 3))
    graph, found = neighbor_graph(matrix, 3)
    assert found == neighbors == math.ceil(math.log(n_customers))
    near = cdist(matrix, matrix)
    np.fill_diagonal(near, np.inf)
    nearest = np.argsort(near, axis=1)[:, :neighbors]
    expected = np.zeros((n_customers, n_customers))
    np.put_along_axis(expected, nearest, 0.5, axis=1)
    assert_allclose(graph.toarray(), expected + expected.T)


def test_neighbors_double_until_there_are_no_more_parts_than_segments() -> None:
    # Twelve groups of eight in a row: five neighbours stay within a group.
    matrix = np.array(
        [
            [100 * group + member, member % 3]
            for group, member in itertools.product(range(12), range(8))
        ],
        dtype=float,
    )
    graph, neighbors = neighbor_graph(matrix, 3)
    assert neighbors == 10
    assert connected_components(graph)[0] <= 3
    assert neighbor_graph(matrix, 12)[1] == 5
    assert fit_partition("spectral", fit_input_of(matrix, 3)).facts["neighbors"] == 10
    groups = fit_partition("spectral", fit_input_of(matrix, 12)).labels.reshape(12, 8)
    assert_array_equal(groups, np.repeat(groups[:, :1], 8, axis=1))


def test_spectral_needs_more_customers_than_segments() -> None:
    with pytest.raises(ValueError, match="given 4 customers; expected more than"):
        fit_partition("spectral", fit_input_of(BLOBS[:4], 4))


# ---------------------------------------------------------------- mini-batches


def test_the_scorer_of_mini_batches_is_their_own_predict() -> None:
    matrix = np.random.default_rng(3).normal(size=(5000, 3))
    partition = fit_partition("mini_batch_kmeans", fit_input_of(matrix, 5))
    model = MiniBatchKMeans(5, n_init=50, random_state=0).fit(matrix)
    assert partition.scorer is not None
    assert_array_equal(partition.scorer.predict(matrix), model.predict(matrix))
    assert_array_equal(partition.labels, model.predict(matrix))


def test_bisecting_k_means_is_not_claimed_to_be_its_centroids() -> None:
    matrix = np.random.default_rng(3).normal(size=(2000, 2))
    found = fit("bisecting_kmeans", fit_input_of(matrix, 5))
    assert found.partition.scorer is None
    by_centroids = pairwise_distances_argmin(matrix, found.centers)
    agreement = (by_centroids == found.partition.labels).mean()
    assert found.scorer_agreement == agreement < 1


# ---------------------------------------------------------------- mixtures


@pytest.fixture(scope="module")
def spiked() -> NDArray[np.float64]:
    """Three groups of customers; the second is all alike in a feature."""
    random = np.random.default_rng(2)
    groups = [
        random.normal([0, 0, 0], [1, 1, 1], size=(600, 3)),
        random.normal([-2, 1, 0], [0, 2, 0.5], size=(500, 3)),
        random.normal([4, 4, 0], [0.5, 0.2, 1], size=(100, 3)),
    ]
    return np.concatenate(groups)


def weighted_log_densities(
    mixture: GaussianMixture, matrix: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Logarithm of weight times density (customers, components), by scipy."""
    return np.column_stack(
        [
            np.log(weight) + norm.logpdf(matrix, mean, np.sqrt(variance)).sum(axis=1)
            for weight, mean, variance in zip(
                mixture.weights_, mixture.means_, mixture.covariances_, strict=True
            )
        ]
    )


@pytest.mark.parametrize("n_components", [2, 3, 5])
def test_the_scorer_of_a_mixture_is_its_own_predict(
    spiked: NDArray[np.float64], n_components: int
) -> None:
    mixture = GaussianMixture(n_components, covariance_type="diag", random_state=1)
    mixture.fit(spiked)
    scorer = scorer_of(mixture)
    others = np.random.default_rng(0).normal(scale=4, size=(20_000, 3))
    # Those without variance, and those who miss it by little.
    others[:2000, 0] = -2
    others[2000:4000, 0] = -2 + np.linspace(-0.01, 0.01, 2000)
    for matrix in (spiked, others):
        assert_array_equal(scorer.predict(matrix), mixture.predict(matrix))
    assert len(np.unique(scorer.predict(others))) == n_components

    densities = weighted_log_densities(mixture, spiked)
    constant = spiked.shape[1] * np.log(2 * np.pi) / 2
    assert_allclose(-scorer.scores(spiked) - constant, densities, rtol=1e-9, atol=1e-9)


def test_components_are_chosen_by_the_least_criterion(
    spiked: NDArray[np.float64],
) -> None:
    partition = fit_partition("gaussian_mixture", fit_input_of(spiked, k_range=[2, 6]))
    criteria, shares = {}, {}
    for number in range(2, 7):
        mixture = GaussianMixture(
            number, covariance_type="diag", n_init=10, max_iter=1000, random_state=0
        ).fit(spiked)
        densities = weighted_log_densities(mixture, spiked)
        likelihood = np.logaddexp.reduce(densities, axis=1).sum()
        parameters = number * 2 * spiked.shape[1] + number - 1
        criteria[number] = parameters * np.log(len(spiked)) - 2 * likelihood
        shares[number] = np.bincount(densities.argmax(axis=1), minlength=number).min()
    assert {
        int(name.removeprefix("bic_of_")): value
        for name, value in partition.facts.items()
    } == pytest.approx(criteria)
    allowed = [n for n in criteria if shares[n] >= 0.02 * len(spiked)]
    assert partition.n_segments == min(allowed, key=criteria.__getitem__) == 3


def test_a_set_number_of_components_is_kept(spiked: NDArray[np.float64]) -> None:
    partition = fit_partition(
        "gaussian_mixture", fit_input_of(spiked, 4, k_range=[2, 3])
    )
    assert partition.n_segments == 4
    assert list(partition.facts) == ["bic_of_4"]


def test_small_and_empty_components_are_the_last_resort() -> None:
    assert choose([3.0, 2.0, 1.0], [0.3, 0.02, 0.019]) == 1
    assert choose([3.0, 2.0, 1.0], [0.01, 0.001, 0.0]) == 1
    assert choose([3.0, 2.0, 1.0], [0.0, 0.0, 0.0]) == 2


def test_a_mixture_of_a_sample_goes_on_with_all_customers(
    spiked: NDArray[np.float64],
) -> None:
    partition = fit_partition("gaussian_mixture", fit_input_of(spiked, 3))
    of_sample = fit_partition(
        "gaussian_mixture", fit_input_of(spiked, 3, selection_sample_rows=400)
    )
    assert len(of_sample.labels) == len(spiked)
    assert adjusted_rand_score(partition.labels, of_sample.labels) >= 0.99
    # What only the sample says would be off by a standard error or more.
    assert partition.scorer is not None
    assert of_sample.scorer is not None
    assert_allclose(
        np.sort(of_sample.scorer.centers, axis=0),  # type: ignore[union-attr]
        np.sort(partition.scorer.centers, axis=0),  # type: ignore[union-attr]
        atol=0.02,
    )
