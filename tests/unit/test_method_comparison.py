"""Methods are measured by the same rulers, and one that fails stops no other."""

import datetime
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from scipy.stats import f_oneway
from sklearn.datasets import make_blobs
from sklearn.metrics import (
    adjusted_rand_score,
    calinski_harabasz_score,
    davies_bouldin_score,
    silhouette_score,
)

from segmentation.fit import comparison, k_selection
from segmentation.fit.comparison import (
    ComparedMethod,
    Customers,
    Facts,
    Result,
    agreement,
    compare,
    compare_methods,
    eta_squared,
    quantile_groups,
)
from segmentation.fit.fitting import fit_method
from segmentation.fit.k_selection import SelectionSettings
from segmentation.methods import FitInput, Method, Partition, load_method
from segmentation.registry.versions import fit_version
from segmentation.registry.write import no_rows
from segmentation.score.quadratic import QuadraticScorer

SETTINGS: dict[str, Any] = {
    "k_range": [3, 5],
    "bootstrap_count": 4,
    "prediction_strength_splits": 2,
    "selection_sample_rows": 300,
    "random_state": 0,
    "minimum_scoring_agreement": 0.9,
    "maximum_scoring_leaves": 64,
}
# Four groups of customers, of which those of the last two are of one kind.
BLOBS, BLOB_OF = make_blobs(
    n_samples=600,
    centers=[[0, 0], [10, 0], [0, 10], [4, 14]],
    cluster_std=1.5,
    random_state=0,
)
RANDOM = np.random.default_rng(1)
TOTAL_SPEND = np.round(RANDOM.gamma(1, 50, 600) * (RANDOM.random(600) > 0.3), 2)
NEXT_SPEND = np.round(BLOB_OF * 10 + RANDOM.gamma(1, 20, 600) + TOTAL_SPEND / 5, 2)
CUSTOMERS = Customers(BLOBS, TOTAL_SPEND, TOTAL_SPEND / 3, NEXT_SPEND)
FIT_INPUT = FitInput(
    matrix=BLOBS,
    feature_names=("recency_days", "total_spend"),
    n_segments=None,
    random_state=0,
    settings=SETTINGS,
)
TIME = "fit_seconds"


def compared_method(
    name: str, method: Method, fit_input: FitInput = FIT_INPUT
) -> ComparedMethod:
    return ComparedMethod(name, method, fit_input, BLOBS)


def by_centers(
    *centers: tuple[float, float], is_noise: Callable[..., Any] | None = None
) -> Method:
    """A method that always has the same centers, and whoever is far is noise."""

    def fit(fit_input: FitInput) -> Partition:
        scorer = QuadraticScorer.nearest_centroid(np.array(centers, dtype=float))
        labels = scorer.predict(fit_input.matrix)
        if is_noise is None:
            # Only segments that have a name may be empty.
            names = tuple(str(center) for center in centers)
            return Partition(labels, len(centers), scorer, segment_names=names)
        return Partition(
            np.where(is_noise(fit_input.matrix), -1, labels), len(centers), None
        )

    return Method(fit, selects_k="if_auto")


def raising(error: Exception) -> Method:
    def fit(_: FitInput) -> Partition:
        raise error

    return Method(fit, selects_k="if_auto")


THREE = by_centers((0, 0), (10, 0), (2, 12))
TWO = by_centers((0, 0), (2, 12))


def results_of(
    compared_methods: list[ComparedMethod], customers: Customers = CUSTOMERS
) -> dict[str, Result]:
    by_name = {
        compared_method.name: compared_method for compared_method in compared_methods
    }
    return compare(list(by_name), by_name.__getitem__, customers)


def facts_of(
    compared_methods: list[ComparedMethod], customers: Customers = CUSTOMERS
) -> list[Facts]:
    return [result.facts for result in results_of(compared_methods, customers).values()]


def nearest(*centers: tuple[float, float]) -> NDArray[np.int64]:
    distances = ((BLOBS[:, None] - np.array(centers)[None]) ** 2).sum(axis=2)
    labels: NDArray[np.int64] = distances.argmin(axis=1)
    return labels


def one_way_eta_squared(labels: NDArray[np.int64], values: NDArray[Any]) -> float:
    """From the F of scipy: eta squared is F d / (F d + n - k), d = k - 1."""
    groups = [values[labels == label] for label in np.unique(labels)]
    explained = f_oneway(*groups).statistic * (len(groups) - 1)
    return float(explained / (explained + len(values) - len(groups)))


def test_segments_are_measured_as_scikit_learn_does() -> None:
    all_customers = {**SETTINGS, "selection_sample_rows": 600}
    [facts] = facts_of(
        [compared_method("three", THREE, replace(FIT_INPUT, settings=all_customers))]
    )
    labels = nearest((0, 0), (10, 0), (2, 12))
    expected = {
        "customers": 600,
        "customers_fitted": 600,
        "n_segments": 3,
        "noise_share": 0,
        "scorer_agreement": 1,
        "resample_count": 4,
        "mean_jaccard": 1,
        "minimum_jaccard": 1,
        "silhouette": silhouette_score(BLOBS, labels),
        "davies_bouldin": davies_bouldin_score(BLOBS, labels),
        "calinski_harabasz": calinski_harabasz_score(BLOBS, labels),
        "smallest_share": np.bincount(labels).min() / 600,
    }
    assert facts["scorer"] == "quadratic"
    assert_allclose([facts[name] for name in expected], list(expected.values()))


def test_next_spend_is_explained_as_an_analysis_of_variance_says() -> None:
    three, two = facts_of(
        [compared_method("three", THREE), compared_method("two", TWO)]
    )
    for facts, labels in (
        (three, nearest((0, 0), (10, 0), (2, 12))),
        (two, nearest((0, 0), (2, 12))),
    ):
        assert_allclose(facts["eta_squared"], one_way_eta_squared(labels, NEXT_SPEND))
    # As many groups by spend as there are segments.
    assert_allclose(
        [f["spend_quantiles_eta_squared"] for f in (three, two)],
        [
            one_way_eta_squared(quantile_groups(TOTAL_SPEND, count), NEXT_SPEND)
            for count in (3, 2)
        ],
    )


def test_eta_squared_by_hand() -> None:
    values = np.array([1.0, 3.0, 3.0, 7.0, 5.0, 5.0])
    # Means 2, 5 and 4 of all. Between groups 2 (2 - 4)^2 + 4 (5 - 4)^2 = 12, in all
    # 9 + 1 + 1 + 9 + 1 + 1 = 22.
    assert_allclose(eta_squared(np.array([4, 4, 0, 0, 0, 0]), values), 12 / 22)
    assert np.isnan(eta_squared(np.array([0, 0, 1]), np.full(3, 0.1)))


def test_equal_spend_is_never_parted() -> None:
    spend = np.array([0.0, 0.0, 0.0, 50.0, 20.0, 0.0, 10.0, 10.00001])
    # Of those with 10, three quarters of the eight are not above; the zeros start in
    # the third of four groups, of which the fourth has nobody.
    assert_array_equal(quantile_groups(spend, 4), [2, 2, 2, 0, 0, 2, 1, 1])
    assert_array_equal(
        np.bincount(quantile_groups(np.arange(12.0), 3)[::-1]), [4, 4, 4]
    )


def test_a_method_that_fails_is_a_row_with_its_reason() -> None:
    compared_methods = {
        "empty": compared_method("empty", raising(ValueError("nobody is dense"))),
        "broken": compared_method("broken", raising(RuntimeError("no memory"))),
        "three": compared_method("three", THREE),
    }
    results = compare(
        [*compared_methods, "unheard_of"], compared_methods.__getitem__, CUSTOMERS
    )
    assert results["empty"].facts == {
        "customers": 600,
        "customers_fitted": 600,
        "refusal_reason": "nobody is dense",
    }
    assert results["broken"].facts["refusal_reason"] == "RuntimeError: no memory"
    assert results["unheard_of"].facts == {
        "customers": 600,
        "refusal_reason": "KeyError: 'unheard_of'",
    }
    assert results["empty"].labels is None
    assert "refusal_reason" not in results["three"].facts
    assert list(agreement(results)) == []


def test_a_method_that_cannot_be_scored_keeps_what_is_known_of_it() -> None:
    def fit(fit_input: FitInput) -> Partition:
        order = np.arange(len(fit_input.matrix))
        return Partition(order % 2, 2, None)

    refused = Method(fit, selects_k="if_auto", is_quadratic=True)
    fit_input = replace(FIT_INPUT, settings={**SETTINGS, "maximum_scoring_leaves": 2})
    [facts] = facts_of([compared_method("random", refused, fit_input)])
    assert facts.pop("fit_seconds") >= 0
    assert "random cannot score all customers" in str(facts.pop("refusal_reason"))
    assert facts == {
        "customers": 600,
        "customers_fitted": 300,
        "n_segments": 2,
        "noise_share": 0,
    }


def test_noise_is_a_share_of_the_customers_that_the_method_was_given() -> None:
    method = by_centers((0, 0), (10, 0), (2, 12), is_noise=lambda m: m[:, 1] > 16)
    settings = {**SETTINGS, "minimum_scoring_agreement": 0.995}
    [result] = results_of(
        [compared_method("noisy", method, replace(FIT_INPUT, settings=settings))]
    ).values()
    is_noise = BLOBS[:, 1] > 16
    assert 0.01 < is_noise.mean() < 0.1
    assert_allclose(result.facts["noise_share"], is_noise.mean())
    # All of them are in a segment all the same.
    assert result.facts["n_segments"] == 3
    assert result.labels is not None
    assert set(result.labels) == {0, 1, 2}
    assert (result.labels[is_noise] == 2).all()


def test_the_choice_of_the_number_of_segments_is_made_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    all_customers = {**SETTINGS, "selection_sample_rows": 600}
    selection = k_selection.select_k(
        BLOBS, "auto", SelectionSettings.from_mapping(all_customers)
    )

    def never(*_: Any) -> None:
        raise AssertionError("the number is chosen again")

    monkeypatch.setattr(k_selection, "select_k", never)
    # Not the time of doing nothing, but of one fit.
    monkeypatch.setattr(comparison, "fit_kmeans", lambda *_: time.sleep(0.3))
    wanted = []

    def fit(fit_input: FitInput) -> Partition:
        wanted.append(fit_input.n_segments)
        return THREE.fit(fit_input)

    shared = replace(FIT_INPUT, selection=selection, settings=all_customers)
    kmeans, other = facts_of(
        [
            compared_method("kmeans", load_method("kmeans"), shared),
            compared_method("other", Method(fit), shared),
        ]
    )
    chosen = selection.chosen
    assert wanted[0] == kmeans["n_segments"] == chosen.n_segments
    assert kmeans["minimum_jaccard"] == chosen.minimum_jaccard
    assert_allclose(kmeans["davies_bouldin"], chosen.davies_bouldin)
    assert_allclose(kmeans["silhouette"], chosen.silhouette)
    assert "refusal_reason" not in other
    assert float(kmeans["fit_seconds"]) >= 0.3


def test_what_a_method_makes_is_what_production_would_make() -> None:
    method = load_method("kmeans")
    fit_input = replace(FIT_INPUT, n_segments=4)
    [result] = results_of([compared_method("kmeans", method, fit_input)]).values()
    fit = fit_method("kmeans", method, fit_input)
    assert_array_equal(result.labels, fit.labels)
    assert result.facts["minimum_jaccard"] == fit.chosen.minimum_jaccard
    assert result.facts["smallest_share"] == fit.chosen.smallest_share


def test_one_segment_has_no_index_and_an_empty_one_is_the_smallest() -> None:
    far = (1e6, 1e6)
    one, three = facts_of(
        [
            compared_method("one", by_centers((0, 0), far)),
            compared_method("three", by_centers((0, 0), far, (10, 0))),
        ]
    )
    assert "silhouette" not in one
    assert "davies_bouldin" not in one
    assert_allclose(one["eta_squared"], 0, atol=1e-12)
    assert_allclose(one["spend_quantiles_eta_squared"], 0, atol=1e-12)
    assert one["smallest_share"] == three["smallest_share"] == 0
    assert_allclose(
        three["davies_bouldin"], davies_bouldin_score(BLOBS, nearest((0, 0), (10, 0)))
    )
    assert np.isfinite(float(three["silhouette"]))


def test_without_an_outcome_nothing_is_said_of_next_spend() -> None:
    [facts] = facts_of(
        [compared_method("three", THREE)],
        replace(CUSTOMERS, next_spend=np.full(600, np.nan)),
    )
    assert "eta_squared" not in facts
    assert "refusal_reason" not in facts


def test_agreement_is_the_adjusted_rand_index_of_every_pair() -> None:
    compared_methods = [
        compared_method("three", THREE),
        compared_method("failed", raising(ValueError("no"))),
        compared_method("two", TWO),
        compared_method("same", by_centers((10, 0), (2, 12), (0, 0))),
    ]
    pairs = agreement(results_of(compared_methods))
    assert list(pairs) == list(combinations(["three", "two", "same"], 2))
    expected = adjusted_rand_score(
        nearest((0, 0), (2, 12)), nearest((0, 0), (10, 0), (2, 12))
    )
    assert_allclose(pairs["three", "two"], expected)
    assert_allclose(pairs["two", "same"], expected)
    assert pairs["three", "same"] == 1
    reverse = agreement(results_of(compared_methods[::-1]))
    assert_allclose(reverse["two", "three"], pairs["three", "two"])


def test_only_the_time_differs_from_run_to_run() -> None:
    compared_methods = [
        compared_method(
            "kmeans", load_method("kmeans"), replace(FIT_INPUT, n_segments=4)
        ),
        compared_method("three", THREE),
    ]
    first, second = (facts_of(compared_methods) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert one.pop(TIME) > 0
        other.pop(TIME)
        assert one == other


# ---------------------------------------------------------------- from and to tables

FEATURES = [
    {"name": name, "impute": "zero", "transform": "log1p", "scale": "standard"}
    for name in ("recency_days", "order_count", "total_spend")
]
TABLE_SETTINGS = {
    **SETTINGS,
    "k_range": [3, 4],
    "n_segments": "auto",
    "segmentation_features": FEATURES,
    "segment_rules": [
        {
            "segment_name": "Everybody",
            **{
                f"{score}_score_{end}": bound
                for score in ("recency", "frequency", "monetary")
                for end, bound in (("from", 1), ("to", 5))
            },
        }
    ],
    # What the registry needs besides.
    "refit": False,
    "segmentation_name": "default",
    "maximum_missing_share": 0.2,
    "training_sample_rows": 1000,
    "minimum_match_similarity": 0.5,
    "outcome_window_days": 90,
    "maximum_rule_leaves": 16,
    "minimum_cell_size": 5,
}
OLDEST, TRAINING = (datetime.date(2025, month, 1) for month in (4, 7))
SELECTED = pd.DataFrame(
    {
        "feature_name": [feature["name"] for feature in FEATURES],
        "is_selected": True,
        "is_time_driven": False,
        "is_always_known": True,
    }
)
NAMES = ["kmeans", "agglomerative", "rfm_rules", "decision_tree", "unheard_of"]


def outcome_rows() -> pd.DataFrame:
    """Three kinds of customers on two dates, who mostly go on as before."""
    rows = []
    for number, date in enumerate((OLDEST, TRAINING)):
        random = np.random.default_rng(number)
        kind = random.integers(3, size=240)
        trailing_spend = random.gamma(2, 10 * kind + 1)
        following = random.gamma(3, 5 * kind + 1) * (random.random(240) > 0.3)
        rows.append(
            pd.DataFrame(
                {
                    "customer_id": [f"c{place:03}" for place in range(240)],
                    "observation_date": date,
                    "recency_days": random.integers(1, 60, 240) * (4.0 - kind),
                    "order_count": 1.0 + 3 * kind + random.integers(3, size=240),
                    "total_spend": trailing_spend * 2,
                    "trailing_spend": trailing_spend,
                    "next_window_spend": following,
                }
            )
        )
    # In no order, as tables are.
    return pd.concat(rows).sample(frac=1, random_state=0)


def table_of(outcomes: pd.DataFrame, **settings: Any) -> pd.DataFrame:
    table: pd.DataFrame = compare_methods(
        methods=NAMES,
        outcomes=outcomes,
        next_window=outcomes.iloc[:0],
        feature_selection=SELECTED,
        settings={**TABLE_SETTINGS, **settings},
    ).to_pandas()
    return table


def values_of(table: pd.DataFrame, method: str) -> dict[str, Any]:
    rows = table[(table["method"] == method) & table["other_method"].isna()]
    values = rows["text_value"].where(rows["number_value"].isna(), rows["number_value"])
    return dict(zip(rows["parameter"], values, strict=True))


def test_the_table_has_every_method_and_every_pair_that_can_be_scored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    choices = []
    choose = k_selection.select_k
    monkeypatch.setattr(
        k_selection, "select_k", lambda *given: choices.append(given) or choose(*given)
    )
    outcomes = outcome_rows()
    table = table_of(outcomes)
    assert list(dict.fromkeys(table["method"])) == NAMES
    pairs = table[table["parameter"] == "adjusted_rand_index"]
    assert list(zip(pairs["method"], pairs["other_method"], strict=True)) == list(
        combinations(NAMES[:-1], 2)
    )
    assert len(choices) == 1
    assert values_of(table, "unheard_of").keys() == {
        "customers",
        "observation_date",
        "refusal_reason",
    }
    kmeans = values_of(table, "kmeans")
    assert kmeans["observation_date"] == "2025-07-01"
    assert kmeans["customers"] == kmeans["customers_fitted"] == 240
    assert values_of(table, "agglomerative")["n_segments"] == kmeans["n_segments"]
    assert table_of(outcomes[:0]).empty


def test_the_order_of_the_rows_does_not_matter() -> None:
    outcomes = outcome_rows()
    first, second = (
        table[table["parameter"] != "fit_seconds"]
        for table in (table_of(outcomes), table_of(outcomes[::-1]))
    )
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.parametrize("method", NAMES[:-1])
def test_a_method_is_what_the_registry_would_make_of_it(method: str) -> None:
    outcomes = outcome_rows()
    found = values_of(table_of(outcomes), method)
    training = outcomes[outcomes["observation_date"] == TRAINING]
    registry = fit_version(
        training=training.drop(columns="next_window_spend"),
        training_date=pd.Timestamp(TRAINING).date(),
        read_outcomes=lambda: outcomes,
        read_next_window=lambda: outcomes.iloc[:0],
        feature_selection=SELECTED,
        settings={**TABLE_SETTINGS, "segmentation_method": method},
        latest_version=no_rows().to_pandas(),
        highest_segment_id=0,
        fitted_at=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    ).to_pandas()
    published = registry[
        registry["segment_id"].isna()
        & registry["feature_name"].isna()
        & registry["unit_number"].isna()
    ].set_index("parameter")
    common = set(published.index) & set(found)
    assert {"scorer", "scorer_agreement", "n_segments"} <= common
    assert ("outcome_accuracy" in common) == (method == "decision_tree")
    for name in common:
        value = published.loc[name, ["number_value", "text_value"]].dropna().iloc[0]
        assert found[name] == value, name
    similarities = registry.loc[
        registry["parameter"] == "bootstrap_jaccard_mean", "number_value"
    ]
    assert_allclose(found["mean_jaccard"], similarities.mean())
    assert_allclose(found["minimum_jaccard"], similarities.min())


def test_a_window_that_is_not_over_says_nothing_of_spend() -> None:
    outcomes = outcome_rows()
    outcomes.loc[outcomes["observation_date"] == TRAINING, "next_window_spend"] = np.nan
    table = table_of(outcomes)
    for method in NAMES[:-1]:
        found = values_of(table, method)
        assert "refusal_reason" not in found
        assert not {"eta_squared", "outcome_accuracy"} & set(found)


def test_without_an_older_date_only_what_learns_from_it_is_refused() -> None:
    outcomes = outcome_rows()
    table = table_of(outcomes[outcomes["observation_date"] == TRAINING])
    assert "4 observation dates" in values_of(table, "decision_tree")["refusal_reason"]
    assert "refusal_reason" not in values_of(table, "kmeans")


def test_a_number_that_cannot_be_chosen_is_a_reason_of_each_that_needs_it() -> None:
    outcomes = outcome_rows()
    outcomes[["recency_days", "order_count", "total_spend"]] = 1.0
    table = table_of(outcomes)
    for method in ("kmeans", "agglomerative"):
        reason = values_of(table, method)["refusal_reason"]
        assert "1 distinct feature vectors" in reason
