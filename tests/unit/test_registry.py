"""The registry holds all that scoring needs, and grows only when a fit is due."""

import datetime
import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.tree import DecisionTreeClassifier

from segmentation.drift import count_bins, learn_bins
from segmentation.fit.preprocessing import (
    FeatureSetting,
    fit_preprocessing,
    transform_features,
)
from segmentation.registry.configuration import (
    CONFIGURATION,
    SELECTION_CONFIGURATION,
    configuration_of,
    reason_to_fit,
)
from segmentation.registry.names import (
    NAME_PARAMETERS,
    NAMING_PARAMETERS,
    read_names,
    with_names,
)
from segmentation.registry.read import given_names, read_bins
from segmentation.registry.requests import was_answered
from segmentation.registry.versions import fit_version
from segmentation.registry.write import SCHEMA, no_rows

PYTHON_FOLDER = Path(__file__).parents[2] / "python"
TERMS = pd.read_csv(Path(__file__).parents[2] / "seeds/settings/segment_name_terms.csv")
FITTED_AT = datetime.datetime(2026, 1, 1, 12, 30, 15, 999, datetime.UTC)
TRAINING_DATE = datetime.date(2025, 10, 3)
FEATURES: list[dict[str, Any]] = [
    {"name": "recency_days", "impute": "median", "transform": "log1p"},
    {"name": "total_spend", "impute": "zero", "cap_quantile": 0.99, "weight": 2},
]
SETTINGS: dict[str, Any] = {
    "segmentation_method": "kmeans",
    "n_segments": 3,
    "segmentation_features": FEATURES,
    "maximum_missing_share": 0.2,
    "training_sample_rows": 1000,
    "random_state": 0,
    "maximum_rule_leaves": 8,
    "minimum_cell_size": 1,
    "k_range": [3, 5],
    "bootstrap_count": 5,
    "prediction_strength_splits": 2,
    "selection_sample_rows": 1000,
    "minimum_scoring_agreement": 0.9,
    "maximum_scoring_leaves": 64,
    "refit": False,
    "segmentation_name": "default",
    "minimum_match_similarity": 0.5,
    "outcome_window_days": 90,
    "segment_rules": [],
}
NAMES: list[str] = [feature["name"] for feature in FEATURES]
NO_VERSION = no_rows().to_pandas()


@pytest.fixture(scope="module")
def training() -> pd.DataFrame:
    """Three groups of customers: frequent big spenders, the usual ones, the lapsed."""
    random = np.random.default_rng(11)
    groups = [(10, 900), (60, 200), (400, 20)]
    recency, spend = (
        np.concatenate([random.normal(group[i], group[i] / 20, 50) for group in groups])
        for i in range(2)
    )
    recency[50:100:17] = np.nan
    return pd.DataFrame(
        {
            "customer_id": [f"c{number:03d}" for number in range(150)],
            "observation_date": pd.Timestamp(TRAINING_DATE),
            "recency_days": recency,
            "total_spend": spend,
        }
    )


def selection_of(selected_features: Sequence[str]) -> pd.DataFrame:
    """What feature selection says of the two features."""
    names = pd.Series(NAMES)
    return pd.DataFrame(
        {
            "feature_name": names,
            "is_selected": names.isin(selected_features),
            "is_time_driven": names == "recency_days",
            "is_always_known": names == "total_spend",
        }
    )


def fit(
    training: pd.DataFrame,
    registry: pd.DataFrame = NO_VERSION,
    selected_features: Sequence[str] = NAMES,
    *,
    outcomes: pd.DataFrame | None = None,
    training_date: datetime.date | None = TRAINING_DATE,
    next_window: pd.DataFrame | None = None,
    **changes: Any,
) -> pd.DataFrame:
    """Rows that a build with the settings, some changed, would append to a registry."""
    latest = registry["segmentation_version"].max()

    def read_outcomes() -> pd.DataFrame:
        assert outcomes is not None, "outcomes were read that nobody asked for"
        return outcomes

    def read_next_window() -> pd.DataFrame:
        assert settings["n_segments"] == "auto", "a window was read that judges nothing"
        return training.iloc[:0] if next_window is None else next_window

    settings = {**SETTINGS, **changes}
    table = fit_version(
        training=training,
        training_date=training_date,
        read_outcomes=read_outcomes,
        read_next_window=read_next_window,
        feature_selection=selection_of(selected_features),
        settings=settings,
        latest_version=registry[registry["segmentation_version"] == latest],
        highest_segment_id=int(registry["segment_id"].max()) if len(registry) else 0,
        fitted_at=FITTED_AT,
    )
    assert table.schema == SCHEMA
    rows: pd.DataFrame = table.to_pandas()
    return rows


@pytest.fixture(scope="module")
def registry(training: pd.DataFrame) -> pd.DataFrame:
    """The registry after the first fit."""
    return fit(training)


def facts_of(registry: pd.DataFrame) -> dict[str, Any]:
    """Numbers and texts that hold for the whole version, by their names."""
    facts = registry[
        registry[["segment_id", "feature_name", "unit_number"]].isna().all(axis=1)
    ]
    return dict(
        zip(
            facts["parameter"],
            facts["text_value"].where(
                facts["text_value"].notna(), facts["number_value"]
            ),
            strict=True,
        )
    )


# ---------------------------------------------------------------- when a fit is due


@pytest.mark.parametrize("refit", [False, True, "on_drift"])
def test_first_fit_is_due_without_a_version(refit: bool | str) -> None:
    assert reason_to_fit(None, "hash", refit) == "first_fit"


@pytest.mark.parametrize(
    ("latest", "refit", "has_drifted", "reason"),
    [
        ("same", False, False, None),
        ("same", False, True, None),
        ("same", True, True, "refit_requested"),
        ("same", "on_drift", False, None),
        ("same", "on_drift", True, "drift"),
        ("other", False, False, "configuration_changed"),
        ("other", True, False, "refit_requested"),
        ("other", "on_drift", True, "configuration_changed"),
    ],
)
def test_reason_to_fit(
    latest: str, refit: bool | str, has_drifted: bool, reason: str | None
) -> None:
    assert reason_to_fit(latest, "same", refit, has_drifted) == reason


# ---------------------------------------------------------------- drift


def test_drift_of_a_feature_fits_a_new_version_on_demand(
    training: pd.DataFrame, registry: pd.DataFrame
) -> None:
    drifted = training.assign(total_spend=training["total_spend"] * 2)
    assert fit(drifted, registry).empty
    facts = facts_of(fit(drifted, registry, refit="on_drift"))
    assert facts["fit_reason"] == "drift"
    assert facts["drifted_features"] == "total_spend"
    assert fit(training, registry, refit="on_drift").empty
    assert "drifted_features" not in facts_of(fit(training, registry, refit=True))


def test_features_that_time_moves_do_not_count_as_drift(
    training: pd.DataFrame, registry: pd.DataFrame
) -> None:
    later = training.assign(recency_days=training["recency_days"] + 90)
    assert fit(later, registry, refit="on_drift").empty


def test_values_that_go_missing_are_drift(
    training: pd.DataFrame, registry: pd.DataFrame
) -> None:
    known = training["total_spend"].mask(training.index < 60)
    lost = training.assign(total_spend=known)
    facts = facts_of(fit(lost, registry, refit="on_drift"))
    assert facts["drifted_features"] == "total_spend"


def test_bins_can_be_read_back(training: pd.DataFrame, registry: pd.DataFrame) -> None:
    bins = read_bins(registry, "recency_days")
    assert bins is not None
    bounds, counts = bins
    values = training["recency_days"].to_numpy()
    assert_array_equal(bounds, learn_bins(values))
    assert_array_equal(counts, count_bins(values, bounds))
    assert counts[0] == 3
    assert counts.sum() == 150
    assert read_bins(registry, "age") is None


def test_no_bin_holds_few_customers(training: pd.DataFrame) -> None:
    """Three missing values and rare ones are counted with others, and none is lost."""
    orders = np.where(training.index < 2, 99.0, 1.0)
    written = fit(training.assign(order_count=orders), minimum_cell_size=5)
    for name in ("recency_days", "order_count", "total_spend"):
        bins = read_bins(written, name)
        assert bins is not None
        _, counts = bins
        assert counts.sum() == len(training)
        assert not ((counts > 0) & (counts < 5)).any()


# ---------------------------------------------------------------- identity


def identities_of(rows: pd.DataFrame) -> pd.DataFrame:
    """What the rows of a version say of each of its segments."""
    of_segments = rows[
        rows["segment_id"].notna()
        & rows[["feature_name", "unit_number"]].isna().all(axis=1)
    ]
    return of_segments.pivot(
        index="segment_id", columns="parameter", values="number_value"
    )


def test_a_first_fit_matches_nothing(registry: pd.DataFrame) -> None:
    identities = identities_of(registry)
    assert list(identities.index) == [1, 2, 3]
    assert set(identities.columns) == {
        "scoring_order",
        "score_intercept",
        "training_customers",
        "bootstrap_jaccard_mean",
        "bootstrap_jaccard_minimum",
    }
    assert "matched_from_version" not in facts_of(registry)


def test_a_refit_keeps_ids_though_values_turn_round(
    training: pd.DataFrame, registry: pd.DataFrame
) -> None:
    """Numbered anew by falling mean spend the ids would be 3, 2, 1."""
    turned = training.assign(total_spend=1000 - training["total_spend"])
    old = registry[registry["feature_name"] != "total_spend"]
    refitted = fit(turned, old, selected_features=["recency_days"], refit=True)
    identities = identities_of(refitted)
    assert_array_equal(identities["matched_from_segment_id"], [1, 2, 3])
    assert (identities["match_similarity"] > 0.95).all()
    assert facts_of(refitted)["matched_from_version"] == 1
    centroids = refitted[refitted["parameter"] == "centroid_original"]
    recency = centroids.set_index("segment_id")["number_value"]
    assert recency[1] < recency[2] < recency[3]


def test_other_features_do_not_change_ids(
    training: pd.DataFrame, registry: pd.DataFrame
) -> None:
    refitted = fit(training, registry, selected_features=["total_spend"], refit=True)
    identities = identities_of(refitted)
    assert_array_equal(identities.index, [1, 2, 3])
    assert (identities["match_similarity"] > 0.9).all()


def test_retired_ids_never_return(
    training: pd.DataFrame, registry: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    with_group = pd.concat([training, new_group(training)], ignore_index=True)
    second = fit(with_group, registry, n_segments=4)
    assert_array_equal(identities_of(second).index, [1, 2, 3, 4])
    assert np.isnan(identities_of(second).loc[4, "matched_from_segment_id"])
    assert identities_of(second).loc[4, "match_similarity"] < 0.5
    assert "Segment 4 is new: it continues no segment of the" in caplog.text

    history = pd.concat([registry, second], ignore_index=True)
    third = fit(with_group.iloc[50:], history)
    assert_array_equal(identities_of(third).index, [2, 3, 4])

    history = pd.concat([history, third], ignore_index=True)
    fourth = fit(with_group, history, n_segments=4)
    assert_array_equal(identities_of(fourth).index, [2, 3, 4, 5])
    assert identities_of(fourth).loc[5, "training_customers"] == 50
    assert np.isnan(identities_of(fourth).loc[5, "matched_from_segment_id"])


def new_group(training: pd.DataFrame) -> pd.DataFrame:
    """Customers who spent far more than all others and have left since."""
    group = training.iloc[:40]
    return group.assign(
        customer_id="n" + group["customer_id"],
        recency_days=group["recency_days"] + 600,
        total_spend=group["total_spend"] + 3000,
    )


# ---------------------------------------------------------------- learned outcomes


@pytest.fixture(scope="module")
def outcomes(training: pd.DataFrame) -> pd.DataFrame:
    """Two dates: on the older one everybody had spent far less, and bought as today.

    Who spent more before spends more in the next window; the lapsed spend nothing. On
    the training date every third customer does not do as before.
    """
    random = np.random.default_rng(2)
    before = training["total_spend"].to_numpy() / 4
    after = np.where(before < 20, 0, before * random.uniform(0.5, 1.5, size=150))
    now = training.assign(trailing_spend=before, next_window_spend=after)
    older = now.assign(
        observation_date=pd.Timestamp("2025-04-06"),
        recency_days=training["recency_days"] / 2,
        total_spend=training["total_spend"] / 8,
    )
    changed = now["next_window_spend"].mask(now.index % 3 == 0, 0)
    return pd.concat(
        [now.assign(next_window_spend=changed), older.sample(frac=1, random_state=0)],
        ignore_index=True,
    )


@pytest.fixture(scope="module")
def learned(training: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """The registry after the first fit of a tree."""
    return fit(training, outcomes=outcomes, segmentation_method="decision_tree")


def test_an_outcome_is_learned_at_the_oldest_date(
    learned: pd.DataFrame, outcomes: pd.DataFrame
) -> None:
    facts = facts_of(learned)
    older = outcomes[outcomes["observation_date"] == "2025-04-06"]
    assert facts["training_date"] == "2025-04-06"
    assert facts["training_rows"] == 150
    assert facts["drift_reference_date"] == "2025-10-03"
    assert_allclose(
        [facts["method_lower_spend_cut"], facts["method_upper_spend_cut"]],
        older["next_window_spend"][older["next_window_spend"] > 0].quantile(
            [1 / 3, 2 / 3]
        ),
    )
    # What is scaled is scaled as it lay then.
    center = learned[
        (learned["parameter"] == "center") & (learned["feature_name"] == "recency_days")
    ]
    settings = FeatureSetting.from_mapping(FEATURES[0])
    [parameters] = fit_preprocessing(older, [settings])
    assert_allclose(center["number_value"], parameters.center)
    names = learned[learned["parameter"] == "given_name"]
    assert set(names["text_value"]) == {
        "Expected non-buyers",
        "Expected small spenders",
        "Expected medium spenders",
        "Expected big spenders",
    }


def test_what_was_learned_is_judged_on_the_training_date(
    learned: pd.DataFrame, outcomes: pd.DataFrame
) -> None:
    facts = facts_of(learned)
    older = outcomes[outcomes["observation_date"] == "2025-04-06"]
    older = older.sort_values("customer_id")
    now = outcomes[outcomes["observation_date"] == "2025-10-03"]
    cuts = [
        *[-np.inf, 0],
        *[facts["method_lower_spend_cut"], facts["method_upper_spend_cut"]],
        np.inf,
    ]
    before, after, then = (
        pd.cut(frame[column], cuts, labels=False)
        for frame, column in (
            (now, "trailing_spend"),
            (now, "next_window_spend"),
            (older, "next_window_spend"),
        )
    )
    parameters = fit_preprocessing(
        older, [FeatureSetting.from_mapping(feature) for feature in FEATURES]
    )
    tree = DecisionTreeClassifier(
        min_samples_leaf=0.02,
        max_leaf_nodes=64,
        class_weight="balanced",
        random_state=0,
    ).fit(transform_features(older, parameters), then)
    expected = tree.predict(transform_features(now, parameters))
    assert facts["outcome_customers"] == 150
    assert facts["baseline_accuracy"] == (before == after).mean()
    assert facts["outcome_accuracy"] == (expected == after).mean()
    for name, guess in (("baseline", before), ("outcome", expected)):
        recalls = [(guess == after)[after == number].mean() for number in range(4)]
        assert_allclose(facts[f"{name}_balanced_accuracy"], np.mean(recalls))


def test_drift_is_measured_from_the_training_date(
    training: pd.DataFrame, outcomes: pd.DataFrame, learned: pd.DataFrame
) -> None:
    """From the oldest date everything has drifted: each build would fit again."""
    bins = read_bins(learned, "total_spend")
    assert bins is not None
    assert_array_equal(bins[0], learn_bins(training["total_spend"].to_numpy()))
    settings = {"segmentation_method": "decision_tree", "refit": "on_drift"}
    assert fit(training, learned, outcomes=outcomes, **settings).empty
    older = training.assign(total_spend=training["total_spend"] / 8)
    assert not fit(older, learned, outcomes=outcomes, **settings).empty


def test_a_refit_of_an_outcome_keeps_ids(
    training: pd.DataFrame, outcomes: pd.DataFrame, learned: pd.DataFrame
) -> None:
    refitted = fit(
        training,
        learned,
        outcomes=outcomes,
        segmentation_method="decision_tree",
        refit=True,
    )
    for rows in (learned, refitted):
        names = rows[rows["parameter"] == "given_name"]
        assert_array_equal(names.sort_values("segment_id")["segment_id"], [1, 2, 3, 4])
    assert (identities_of(refitted)["match_similarity"] == 1).all()


def test_too_little_history_is_refused(
    training: pd.DataFrame, outcomes: pd.DataFrame
) -> None:
    with pytest.raises(ValueError, match=r"svm learns .* before 2025-10-03, the train"):
        fit(
            training,
            outcomes=outcomes[outcomes["observation_date"] == "2025-10-03"],
            segmentation_method="svm",
        )


# ---------------------------------------------------------------- rules of a seed


def segment_rules(*names: str) -> list[dict[str, Any]]:
    """Segments by monetary score, the best named first; nobody's is the last."""
    scores = ("recency", "frequency", "monetary")
    any_score = {f"{score}_score_from": 1 for score in scores} | {
        f"{score}_score_to": 5 for score in scores
    }
    best = {**any_score, "monetary_score_from": 4}
    return [
        {"rule_number": number, "segment_name": name, **rule}
        for number, (name, rule) in enumerate(
            zip(names, [best, any_score, any_score], strict=True), start=1
        )
    ]


@pytest.fixture(scope="module")
def with_orders(training: pd.DataFrame) -> pd.DataFrame:
    """The training customers with all that scores are of."""
    return training.assign(order_count=1.0)


RULES = {"segmentation_method": "rfm_rules"}


def test_rules_need_their_features_whatever_was_selected(
    with_orders: pd.DataFrame,
) -> None:
    rules = segment_rules("Best", "Rest", "Nobody")
    rows = fit(
        with_orders, selected_features=["recency_days"], segment_rules=rules, **RULES
    )
    of_features = rows[rows["parameter"].isin(["feature_number", "weight"])].pivot(
        index="feature_name", columns="parameter", values="number_value"
    )
    # The weight of spend is that of segmentation_features.
    assert of_features["feature_number"].to_dict() == {
        "recency_days": 1,
        "order_count": 2,
        "total_spend": 3,
    }
    assert of_features["weight"].to_dict() == {
        "recency_days": 1,
        "order_count": 1,
        "total_spend": 2,
    }


def test_a_refit_by_the_same_rules_keeps_the_ids_of_empty_segments(
    with_orders: pd.DataFrame,
) -> None:
    rules = segment_rules("Best", "Rest", "Nobody")
    first = fit(with_orders, segment_rules=rules, **RULES)
    again = fit(with_orders, first, segment_rules=rules, refit=True, **RULES)
    for rows in (first, again):
        names = rows[rows["parameter"] == "given_name"]
        assert names.set_index("segment_id")["text_value"].to_dict() == {
            1: "Best",
            2: "Rest",
            3: "Nobody",
        }
    assert (identities_of(again)["match_similarity"] == 1).all()
    assert_array_equal(identities_of(again)["training_customers"], [60, 90, 0])

    renamed = segment_rules("Best", "Rest", "Somebody")
    other = fit(with_orders, again, segment_rules=renamed, **RULES)
    assert facts_of(other)["fit_reason"] == "configuration_changed"
    assert list(identities_of(other).index) == [1, 2, 4]


def test_the_seed_is_part_of_the_configuration_of_rules_alone() -> None:
    rules = {"segment_rules": segment_rules("Best", "Rest", "Nobody")}
    for method, changes in (("rfm_rules", True), ("kmeans", False), ("svm", False)):
        settings = {**SETTINGS, "segmentation_method": method}
        changed = configuration_of({**settings, **rules})
        assert (changed != configuration_of(settings)) == changes


@pytest.mark.parametrize("method", ["decision_tree", "svm", "neural_network"])
def test_another_window_is_another_outcome(method: str) -> None:
    settings = {**SETTINGS, "segmentation_method": method}
    assert configuration_of({**settings, "outcome_window_days": 30}) != (
        configuration_of(settings)
    )


# ---------------------------------------------------------------- choice of k


def candidates_of(rows: pd.DataFrame) -> pd.DataFrame:
    """What the rows of a version say of each number of segments."""
    of_candidates = rows[
        rows["unit_number"].notna()
        & rows["feature_name"].isna()
        & rows["segment_id"].isna()
    ]
    values = of_candidates["number_value"].astype(object)
    return of_candidates.assign(
        value=values.where(values.notna(), of_candidates["text_value"])
    ).pivot(index="unit_number", columns="parameter", values="value")


@pytest.fixture(scope="module")
def round_groups(training: pd.DataFrame) -> pd.DataFrame:
    """Groups that spread alike in both features; halves of them would not last."""
    noise = np.random.default_rng(3).normal(0, 6, size=150)
    return training.assign(total_spend=np.repeat([900, 500, 100], 50) + noise)


def test_the_rule_chooses_the_number_of_segments(round_groups: pd.DataFrame) -> None:
    rows = fit(round_groups, n_segments="auto", bootstrap_count=20)
    candidates = candidates_of(rows)
    assert list(candidates.index) == [2, 3, 4, 5, 6, 7, 8]
    assert candidates["candidate_is_chosen"].tolist() == [0, 1, 0, 0, 0, 0, 0]
    assert facts_of(rows)["n_segments"] == 3
    assert candidates.loc[3, "candidate_minimum_jaccard"] == 1
    assert candidates.loc[3, "candidate_smallest_share"] == pytest.approx(1 / 3)
    assert_array_equal(identities_of(rows)["bootstrap_jaccard_minimum"], [1, 1, 1])


def test_a_choice_that_fails_the_rule_is_logged(
    round_groups: pd.DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    rows = fit(round_groups, n_segments=5, bootstrap_count=20)
    [reason] = candidates_of(rows)["candidate_reason"]
    assert reason.startswith("n_segments is 5; a segment has mean bootstrap Jaccard 0.")
    assert "n_segments 5: 5 segments, n_segments is 5; a segment has" in caplog.text


def test_how_k_is_chosen_defines_the_model_only_where_it_is_chosen() -> None:
    for name in SELECTION_CONFIGURATION:
        for n_segments, changes in (("auto", True), (4, False)):
            settings = {**SETTINGS, "n_segments": n_segments}
            changed = configuration_of({**settings, name: "changed"})
            assert (changed != configuration_of(settings)) == changes


# ---------------------------------------------------------------- configuration


@pytest.mark.parametrize("name", CONFIGURATION)
def test_every_setting_of_the_model_changes_the_hash(name: str) -> None:
    value = "hdbscan" if name == "segmentation_method" else "changed"
    changed = configuration_of({**SETTINGS, name: value})
    assert changed[1] != configuration_of(SETTINGS)[1]


def test_hash_depends_on_nothing_else() -> None:
    reordered = dict(reversed({**SETTINGS, "refit": True, "margin_rate": 0.1}.items()))
    assert configuration_of(reordered) == configuration_of(SETTINGS)


def test_configuration_can_be_read() -> None:
    text, _ = configuration_of(SETTINGS)
    assert json.loads(text) == {name: SETTINGS[name] for name in CONFIGURATION}


# ---------------------------------------------------------------- what is appended


def test_nothing_is_appended_when_no_fit_is_due(
    training: pd.DataFrame, registry: pd.DataFrame
) -> None:
    appended = fit(training, registry)
    assert appended.empty


def test_nothing_is_appended_without_a_customer(training: pd.DataFrame) -> None:
    assert fit(training.iloc[:0], training_date=None).empty


# ---------------------------------------------------------------- requests


def log_of(*events: tuple[str, str, str | None, int]) -> pd.DataFrame:
    """Rows of the log of builds: build, event, status and seconds after the fit."""
    return pd.DataFrame(
        [
            {
                "build_id": build,
                "event": event,
                "status": status,
                "happened_at": pd.Timestamp(FITTED_AT).tz_localize(None)
                + pd.Timedelta(seconds=seconds),
            }
            for build, event, status, seconds in events
        ],
        columns=["build_id", "event", "status", "happened_at"],
    )


STOPPED = ("fit", "began", None, -60)
NOW = ("now", "began", None, 600)


@pytest.mark.parametrize(
    ("case", "builds", "answered"),
    [
        ("stopped after the fit", [STOPPED, NOW], True),
        ("and the next one, too", [STOPPED, ("next", "began", None, 300), NOW], True),
        (
            "and the next one failed",
            [
                *[STOPPED, ("next", "began", None, 300)],
                *[("next", "ended", "failed", 400), NOW],
            ],
            True,
        ),
        ("ended", [STOPPED, ("fit", "ended", "complete", 60), NOW], False),
        ("failed", [STOPPED, ("fit", "ended", "failed", 60), NOW], False),
        (
            "gone on with",
            [
                *[STOPPED, ("next", "began", None, 300)],
                *[("next", "ended", "published", 400), NOW],
            ],
            False,
        ),
        (
            "an older one stopped",
            [
                *[("old", "began", None, -900), STOPPED],
                *[("fit", "ended", "partial", 60), NOW],
            ],
            False,
        ),
        ("no log of it", [NOW], False),
    ],
)
def test_a_request_is_answered_where_its_build_was_stopped(
    training: pd.DataFrame,
    registry: pd.DataFrame,
    case: str,
    builds: list[tuple[str, str, str | None, int]],
    answered: bool,
) -> None:
    refitted = fit(training, registry, refit=True)
    log = log_of(*builds)
    assert was_answered(refitted, TRAINING_DATE, log) is answered, case
    next_day = TRAINING_DATE + datetime.timedelta(days=1)
    assert not was_answered(refitted, next_day, log)
    assert not was_answered(registry, TRAINING_DATE, log)
    assert not was_answered(NO_VERSION, TRAINING_DATE, log)


def test_no_rows_have_the_columns_and_types() -> None:
    assert no_rows().num_rows == 0
    assert no_rows().schema == SCHEMA
    assert SCHEMA.field("number_value").type == pa.float64()


def test_a_refit_appends_the_next_version(
    training: pd.DataFrame, registry: pd.DataFrame
) -> None:
    refitted = fit(training, registry, refit=True)
    both = pd.concat([registry, refitted], ignore_index=True)
    changed = fit(training, both, n_segments=4)

    assert set(registry["segmentation_version"]) == {1}
    assert set(refitted["segmentation_version"]) == {2}
    assert set(changed["segmentation_version"]) == {3}
    assert facts_of(registry)["fit_reason"] == "first_fit"
    assert facts_of(refitted)["fit_reason"] == "refit_requested"
    assert facts_of(changed)["fit_reason"] == "configuration_changed"


def test_facts_of_a_version(registry: pd.DataFrame) -> None:
    facts = facts_of(registry)
    assert facts == {
        "method": "kmeans",
        "scorer": "quadratic",
        "scorer_agreement": 1,
        "n_segments": 3,
        "random_state": 0,
        "training_rows": 150,
        "training_date": "2025-10-03",
        "drift_reference_rows": 150,
        "drift_reference_date": "2025-10-03",
        "inertia": facts["inertia"],
        "outlier_distance": facts["outlier_distance"],
        "explanation_fidelity": 1,
        "explanation_cost_ratio": 1,
        "configuration": configuration_of(SETTINGS)[0],
        "configuration_hash": configuration_of(SETTINGS)[1],
        "fit_reason": "first_fit",
        "fitted_at": "2026-01-01T12:30:15+00:00",
        "scikit_learn_version": version("scikit-learn"),
        "numpy_version": version("numpy"),
        "pandas_version": version("pandas"),
    }


def test_every_row_has_one_value_and_no_parameter_comes_twice(
    registry: pd.DataFrame,
) -> None:
    key = list(SCHEMA.names[:6])
    assert not registry.duplicated(key).any()
    values = registry[["number_value", "text_value"]].notna().sum(axis=1)
    has_no_cap = registry["parameter"].isin(["cap_lower", "cap_upper"]) & (
        registry["feature_name"] == "recency_days"
    )
    assert_array_equal(values, np.where(has_no_cap, 0, 1))


def test_rows_hold_all_that_scoring_needs(
    training: pd.DataFrame, registry: pd.DataFrame
) -> None:
    """Read back from the rows alone, the model scores the training customers."""
    rows = registry[registry["feature_name"].notna()]
    centroids = rows[rows["parameter"] == "centroid"].pivot(
        index="segment_id", columns="feature_name", values="number_value"
    )[NAMES]
    scaled = []
    for name in NAMES:
        of_feature = rows[
            (rows["feature_name"] == name)
            & rows["segment_id"].isna()
            & rows["unit_number"].isna()
        ]
        number = of_feature.set_index("parameter")["number_value"]
        text = of_feature.set_index("parameter")["text_value"]
        values = training[name].fillna(number["impute_value"])
        values = values.clip(
            *(
                None if np.isnan(number[bound]) else number[bound]
                for bound in ("cap_lower", "cap_upper")
            )
        )
        if text["transform"] == "log1p":
            values = np.log1p(values)
        scaled.append((values - number["center"]) / number["scale"] * number["weight"])
    matrix = np.column_stack(scaled)
    distances = np.linalg.norm(matrix[:, None] - centroids.to_numpy()[None], axis=2)
    segments = centroids.index.to_numpy()[distances.argmin(axis=1)]

    facts = facts_of(registry)
    assert (distances.min(axis=1) ** 2).sum() == pytest.approx(facts["inertia"])
    assert facts["outlier_distance"] == pytest.approx(
        np.quantile(distances.min(axis=1), 0.99)
    )
    # The groups come in the order of their spend, which is that of the numbers.
    assert_array_equal(segments, np.repeat([1, 2, 3], 50))


def test_centroids_in_the_units_of_the_features(
    training: pd.DataFrame, registry: pd.DataFrame
) -> None:
    centroids = registry[registry["parameter"] == "centroid_original"].pivot(
        index="segment_id", columns="feature_name", values="number_value"
    )
    assert_allclose(centroids["total_spend"], [900, 200, 20], rtol=0.05)
    # The centre of logarithms is a geometric mean, not the mean.
    parameters = fit_preprocessing(
        training, [FeatureSetting.from_mapping(feature) for feature in FEATURES]
    )
    scaled = transform_features(training, parameters)
    expected = [
        parameters[0].inverse(np.array([scaled[rows, 0].mean()]))[0]
        for rows in (slice(0, 50), slice(50, 100), slice(100, 150))
    ]
    assert_allclose(centroids["recency_days"], expected, rtol=1e-9)


def test_sizes_of_the_segments_sum_to_the_training_rows(registry: pd.DataFrame) -> None:
    sizes = registry[registry["parameter"] == "training_customers"]
    assert dict(zip(sizes["segment_id"], sizes["number_value"], strict=True)) == {
        1: 50,
        2: 50,
        3: 50,
    }


# ---------------------------------------------------------------- rules


def rules_of(rows: pd.DataFrame) -> pd.DataFrame:
    """What the rows of a version say of each rule as a whole."""
    of_rules = rows[
        rows["segment_id"].notna()
        & rows["unit_number"].notna()
        & rows["feature_name"].isna()
    ]
    values = of_rules["number_value"].astype(object)
    return of_rules.assign(
        value=values.where(values.notna(), of_rules["text_value"])
    ).pivot(index=["unit_number", "segment_id"], columns="parameter", values="value")


def test_rules_explain_the_segments(
    training: pd.DataFrame, registry: pd.DataFrame
) -> None:
    rules = rules_of(registry)
    assert list(rules.index) == [(1, 1), (2, 2), (3, 3)]
    assert rules["rule_training_customers"].tolist() == [50, 50, 50]
    assert rules["rule_training_precision"].tolist() == [1, 1, 1]
    with duckdb.connect() as connection:
        connection.register("training", training)
        for (_, segment_id), predicate in rules["rule_predicate"].items():
            customers = connection.execute(
                f"select customer_id from training where {predicate} order by all"
            ).df()["customer_id"]
            first = 50 * (int(segment_id) - 1)
            expected = training["customer_id"].iloc[first : first + 50]
            assert customers.tolist() == expected.tolist()


def test_bounds_of_a_rule_are_those_of_its_predicate(registry: pd.DataFrame) -> None:
    of_bounds = registry[registry["parameter"].isin(["rule_lower", "rule_upper"])]
    predicates = rules_of(registry)["rule_predicate"]
    for (number, segment_id), predicate in predicates.items():
        bounds = of_bounds[
            (of_bounds["unit_number"] == number)
            & (of_bounds["segment_id"] == segment_id)
        ]
        assert len(bounds) == predicate.count(">") + predicate.count("<=")
        for bound in bounds.itertuples():
            operator = ">" if bound.parameter == "rule_lower" else "<="
            assert f"{operator} {bound.number_value:g}" in predicate
            assert bound.feature_name in predicate


def test_only_what_may_be_missing_is_imputed_in_a_predicate(
    training: pd.DataFrame,
) -> None:
    for name, expression in (
        ("recency_days", "coalesce(recency_days, "),
        ("total_spend", "total_spend "),
    ):
        predicates = rules_of(fit(training, selected_features=[name]))["rule_predicate"]
        assert all(predicate.startswith(expression) for predicate in predicates)


def test_rules_are_of_the_ids_of_the_segments(
    training: pd.DataFrame, registry: pd.DataFrame
) -> None:
    """Where a refit keeps ids, its rules come by id, not by falling mean spend."""
    turned = training.assign(total_spend=1000 - training["total_spend"])
    old = registry[registry["feature_name"] != "total_spend"]
    rules = rules_of(fit(turned, old, selected_features=["recency_days"], refit=True))
    assert list(rules.index) == [(1, 1), (2, 2), (3, 3)]
    first, _, last = rules["rule_predicate"]
    assert "<=" in first
    assert ">" not in first
    assert "<=" not in last


def test_more_rules_than_the_var_says_are_not_added(training: pd.DataFrame) -> None:
    """Of customers without groups a leaf each does not tell so many segments."""
    random = np.random.default_rng(9)
    noise = training.assign(
        recency_days=random.normal(100, 30, 150), total_spend=random.normal(9, 2, 150)
    )
    counts = [
        len(rules_of(fit(noise, n_segments=12, maximum_rule_leaves=maximum)))
        for maximum in (2, 12, 13)
    ]
    assert counts == [12, 12, 13]


def test_row_order_changes_nothing(
    training: pd.DataFrame, registry: pd.DataFrame
) -> None:
    shuffled = training.sample(frac=1, random_state=5)
    pd.testing.assert_frame_equal(fit(shuffled), registry, check_exact=True)


def test_features_that_were_not_selected_are_left_out(training: pd.DataFrame) -> None:
    rows = fit(training, selected_features=["total_spend"])
    names = set(rows.loc[rows["unit_number"].isna(), "feature_name"].dropna())
    assert names == {"total_spend"}


def test_no_selected_feature_is_refused(training: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match=r"\(recency_days\) none was selected"):
        fit(
            training,
            selected_features=[],
            segmentation_features=FEATURES[:1],
        )


def test_scikit_learn_is_imported_only_to_fit() -> None:
    """It takes seconds, which a build that only scores must not pay for."""
    code = """
import pkgutil, sys
from segmentation import methods
import segmentation.registry.versions
for module in pkgutil.iter_modules(methods.__path__, methods.__name__ + "."):
    __import__(module.name)
print("sklearn" in sys.modules)
"""
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PYTHON_FOLDER,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "False"


# ---------------------------------------------------------------- nothing to divide


@pytest.fixture(scope="module")
def alike(training: pd.DataFrame) -> pd.DataFrame:
    """Customers who are all like the first."""
    first = training.iloc[[0]].drop(columns="customer_id")
    return pd.concat([first] * len(training), ignore_index=True).assign(
        customer_id=training["customer_id"]
    )[list(training.columns)]


@pytest.mark.parametrize("selected", [NAMES, []])
@pytest.mark.parametrize("n_segments", [3, "auto"])
def test_customers_who_are_alike_are_one_segment(
    alike: pd.DataFrame, selected: Sequence[str], n_segments: int | str
) -> None:
    rows = fit(alike, selected_features=selected, n_segments=n_segments)
    assert facts_of(rows)["n_segments"] == 1
    [segment] = rows["segment_id"].dropna().unique()
    assert given_names(rows) == {segment: "All customers"}


def test_fewer_different_customers_than_segments_are_one_segment(
    training: pd.DataFrame,
) -> None:
    two_kinds = training.iloc[[0, 149]].drop(columns="customer_id")
    customers = pd.concat([two_kinds] * 30, ignore_index=True).assign(
        customer_id=training["customer_id"].head(60)
    )
    assert facts_of(fit(customers, n_segments=2))["n_segments"] == 2
    for n_segments in (3, "auto"):
        rows = fit(customers, n_segments=n_segments)
        assert facts_of(rows)["n_segments"] == 1
        assert set(given_names(rows).values()) == {"All customers"}


def test_rare_customers_are_no_segment_of_a_choice_on_a_sample(
    training: pd.DataFrame,
) -> None:
    """Three kinds of customers, of which the sample that chooses k sees two or one."""
    kinds = training.iloc[[0, 149, *[60] * 5998]].drop(columns="customer_id")
    customers = kinds.reset_index(drop=True).assign(
        customer_id=[f"c{number:04d}" for number in range(6000)]
    )
    rows = fit(customers, n_segments="auto", selection_sample_rows=100)
    assert facts_of(rows)["n_segments"] == 1


@pytest.mark.parametrize("method", ["kmeans", "rfm_rules", "svm", "gaussian_mixture"])
def test_too_few_customers_are_one_segment(
    training: pd.DataFrame, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the method would need; a fit is due as soon as they are enough."""
    few = training.assign(order_count=1.0).iloc[::3].head(49)
    extended = pd.concat([few] * 2).assign(
        customer_id=[f"d{number:03d}" for number in range(2 * len(few))]
    )
    assert len(few) < 50 <= len(extended)
    one = fit(few, segmentation_method=method)
    assert facts_of(one)["n_segments"] == 1
    assert set(given_names(one).values()) == {"All customers"}
    assert caplog.messages == [
        f"The {len(few)} training customers are fewer than the 50 that a fit needs: "
        "they are one segment, All customers."
    ]
    assert fit(few, one, segmentation_method=method).empty
    caplog.clear()
    fit(few, segmentation_method=method, segmentation_name="buyers")
    assert caplog.messages[0].startswith("Segmentation buyers: The 49 training")
    if method in ("kmeans", "gaussian_mixture"):
        several = fit(extended, one, segmentation_method=method)
        assert facts_of(several)["fit_reason"] == "customers_differ"
        assert facts_of(several)["n_segments"] == 3


def test_no_training_customer_is_one_segment_that_anybody_can_join(
    training: pd.DataFrame,
) -> None:
    """Customers there are, and none of them has bought."""
    rows = fit(training.iloc[:0], selected_features=[])
    facts = facts_of(rows)
    assert facts["n_segments"] == 1
    assert facts["training_rows"] == facts["drift_reference_rows"] == 0
    assert facts["training_date"] == facts["drift_reference_date"] == "2025-10-03"
    assert facts["explanation_fidelity"] == 1
    assert "outlier_distance" not in facts
    centroids = rows.loc[rows["parameter"] == "centroid", "number_value"]
    assert centroids.tolist() == [0]
    assert rows.loc[rows["parameter"] == "rule_predicate", "text_value"].tolist() == [
        "true"
    ]
    assert fit(training.iloc[:0], rows, selected_features=[]).empty

    again = fit(training.iloc[:0], rows, selected_features=[], refit=True)
    assert set(again["segment_id"].dropna()) == {1}
    assert facts_of(fit(training, rows))["fit_reason"] == "customers_differ"


def test_any_score_keep_their_id_in_a_refit(alike: pd.DataFrame) -> None:
    again = fit(alike, fit(alike), refit=True)
    assert facts_of(again)["matched_from_version"] == 1
    assert set(again["segment_id"].dropna()) == {1}


def test_customers_are_divided_as_soon_as_they_differ(
    training: pd.DataFrame, alike: pd.DataFrame
) -> None:
    one = fit(alike)
    assert fit(alike, one).empty
    several = fit(training, one)
    assert facts_of(several)["fit_reason"] == "customers_differ"
    assert "matched_from_version" not in facts_of(several)
    assert several["segment_id"].min() == 2
    assert not given_names(several)


# ---------------------------------------------------------------- names


def named(appended: pd.DataFrame, stored: pd.DataFrame = NO_VERSION) -> pd.DataFrame:
    """Rows that a build would append, with the names of segments."""
    table = with_names(
        pa.Table.from_pandas(appended, schema=SCHEMA, preserve_index=False),
        stored[stored["parameter"].isin(NAMING_PARAMETERS)],
        TERMS,
        "default",
    )
    assert table.schema == SCHEMA
    assert set(table["segmentation_name"].to_pylist()) <= {"default"}
    rows: pd.DataFrame = table.to_pandas()
    return rows


def without_names(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows as they were before names were stored."""
    return rows[~rows["parameter"].isin(list(NAME_PARAMETERS))]


def test_a_fit_names_its_segments(registry: pd.DataFrame) -> None:
    rows = named(registry)
    pd.testing.assert_frame_equal(without_names(rows), registry)
    names = read_names(rows)
    assert [names[segment_id].descriptive for segment_id in (1, 2, 3)] == [
        "Recent big spenders",
        "Small spenders",
        "Quiet small spenders",
    ]
    assert [names[segment_id].neutral for segment_id in (1, 2, 3)] == [
        "High-recency, high-spend customers",
        "Low-spend customers",
        "Low-recency, low-spend customers",
    ]
    assert {of_segment.given for of_segment in names.values()} == {None}


def test_a_refit_names_what_is_new_and_keeps_all_other_names(
    training: pd.DataFrame, registry: pd.DataFrame
) -> None:
    first = named(registry)
    again = fit(training, first, refit=True, n_segments=4, minimum_match_similarity=0.9)
    second = named(again, first)
    assert set(second["segmentation_version"]) == {2}
    old, new = read_names(first), read_names(second)
    assert set(new) - set(old)
    assert all(new[segment_id] == old[segment_id] for segment_id in set(new) & set(old))
    every_name = [
        name for names in {**old, **new}.values() for name in set(names.all())
    ]
    assert len(every_name) == len(set(every_name))


def test_versions_without_names_get_them(
    training: pd.DataFrame, registry: pd.DataFrame
) -> None:
    """Fitted before names were stored, each is named as it would have been."""
    first = named(registry)
    second = named(fit(training, first, refit=True), first)
    former = without_names(pd.concat([first, second]))
    nothing = no_rows().to_pandas()
    appended = named(nothing, former)
    assert set(appended["parameter"]) == {"descriptive_name", "neutral_name"}
    for number, rows in ((1, first), (2, second)):
        of_version = appended[appended["segmentation_version"] == number]
        assert read_names(of_version) == read_names(rows)
    assert named(nothing, pd.concat([former, appended])).empty
    assert named(nothing).empty


def test_names_that_a_method_gives_are_stored_as_given_and_as_told_apart(
    with_orders: pd.DataFrame,
) -> None:
    rules = segment_rules("Best", "Rest", "Nobody")
    rows = named(fit(with_orders, segment_rules=rules, **RULES))
    assert [names.given for names in read_names(rows).values()] == [
        "Best",
        "Rest",
        "Nobody",
    ]
    assert set(given_names(rows).values()) == {"Best", "Rest", "Nobody"}
