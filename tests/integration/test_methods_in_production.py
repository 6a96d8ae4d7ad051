"""Every method as the production method, on the sample.

A method is tested by its name in the list of var `segmentation_method`. One that has a
`predict` of its own is compared with it where `LIBRARY_MODELS` says how to fit it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import (
    METHODS_WITH_DATA_TESTS,
    PROJECT,
    USUAL_VARIABLES,
    BuildMethod,
    Warehouse,
    method_variables,
    open_database,
)
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans
from sklearn.mixture import GaussianMixture
from sklearn.neural_network import MLPClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.class_weight import compute_sample_weight
from threadpoolctl import threadpool_limits

from segmentation.fit.identity import jaccard_similarities
from segmentation.fit.preprocessing import transform_features
from segmentation.methods import FitInput, load_method
from segmentation.registry.read import read_preprocessing, read_scorer
from segmentation.score.quadratic import QuadraticScorer
from segmentation.score.rules import RulesScorer
from segmentation.score.scorers import Scorer

K = USUAL_VARIABLES["n_segments"]
FROM_FIT_TO_ASSIGNMENT = (
    "--select",
    "segmentation_registry+,+customer_segment_assignments",
)
ASSIGNMENTS = (
    "select observation_date, customer_id, segment_id, second_segment_id, distance, "
    "second_distance, is_outlier from customer_segment_assignments order by all"
)
RULES = (PROJECT / "macros/validation/var_rules.sql").read_text(encoding="utf-8")
[LISTED] = re.findall(r"'segmentation_method': \{.*?\[(.*?)\]", RULES, re.DOTALL)
METHODS = [name for name in re.findall(r"'(\w+)'", LISTED) if name != "kmeans"]

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Production:
    """The sample with a second version, which another method than k-means made.

    Attributes
    ----------
    method
        The method of the second version; the first is of k-means.
    warehouse
        As the build left it.
    output
        What the build said.
    rows
        The registry of the second version, all that is known of it in what follows.
    """

    method: str
    warehouse: Warehouse
    output: str
    rows: pd.DataFrame

    @property
    def feature_names(self) -> list[str]:
        """The features, in the order in which they were fitted."""
        return [p.setting.name for p in read_preprocessing(self.rows)]

    def scaled(self, frame: pd.DataFrame) -> Matrix:
        """Scale features by what the registry says."""
        return transform_features(frame, read_preprocessing(self.rows))

    def training_matrix(self) -> Matrix:
        """Scaled features of the customers of the fit, by customer id."""
        return self.scaled(
            self.warehouse.frame("from segmentation_training order by customer_id")
        )

    def number(self, parameter: str) -> float:
        """A number that holds for the whole version."""
        is_fact = (self.rows["parameter"] == parameter) & self.rows["segment_id"].isna()
        [value] = self.rows.loc[is_fact, "number_value"]
        return float(value)


@pytest.fixture
def production(method: str, build_method: BuildMethod) -> Production:
    """The sample with the method of the test in production."""
    warehouse = build_method(method)
    output = (warehouse.folder / "output.stdout").read_text(encoding="utf-8")
    rows = warehouse.frame("from segmentation_registry where segmentation_version = 2")
    return Production(method, warehouse, output, rows)


# ---------------------------------------------------------------- all methods


@pytest.mark.parametrize("method", METHODS)
def test_the_build_is_green_and_assigns_everybody(production: Production) -> None:
    assert re.search(r"Done\. PASS=\d+ .*ERROR=0 SKIP=0", production.output)
    # Data tests have seen a method of the same scorer, if not this one.
    _, scorer = read_scorer(production.rows, production.feature_names)
    [finished] = re.findall(r"Finished running .*", production.output)
    has_data_tests = METHODS_WITH_DATA_TESTS[scorer.name] == production.method
    assert has_data_tests == ("data tests" in finished)
    assert production.warehouse.row(
        "select method, is_in_use, fit_reason, n_segments >= 2, "
        "scorer_agreement between 0.9 and 1 "
        "from segmentation_versions where segmentation_version = 2"
    ) == (production.method, True, "configuration_changed", True, True)
    assert production.warehouse.row(
        "select count(*), count(segment_id), count(distinct segmentation_version) "
        "from customer_features left join customer_segment_assignments "
        "using (observation_date, customer_id)"
    ) == production.warehouse.row("select count(*), count(*), 1 from customer_features")


@pytest.mark.parametrize("method", METHODS)
def test_the_registry_alone_reproduces_the_assignment(production: Production) -> None:
    in_order = "order by observation_date, customer_id"
    features = production.warehouse.frame(
        f"from customer_features where not is_never_buyer {in_order}"
    )
    found = production.warehouse.frame(
        f"from customer_segment_assignments where segment_id > 0 {in_order}"
    )
    matrix = production.scaled(features)
    segment_ids, scorer = read_scorer(production.rows, production.feature_names)
    labels = scorer.predict(matrix)

    assert len(matrix) == len(found) > 0
    assert_array_equal(found["customer_id"], features["customer_id"])
    assert_array_equal(found["segment_id"], segment_ids[labels])
    # Nobody need be in a segment that has its name before it has customers.
    if not (production.rows["parameter"] == "given_name").any():
        assert set(found["segment_id"]) == set(segment_ids)

    centroids = (
        production.rows[production.rows["parameter"] == "centroid"]
        .pivot(index="segment_id", columns="feature_name", values="number_value")
        .loc[segment_ids, production.feature_names]
        .to_numpy()
    )
    distances = np.linalg.norm(matrix - centroids[labels], axis=1)
    is_outlier = distances > production.number("outlier_distance")
    if isinstance(scorer, RulesScorer):
        is_outlier |= scorer.is_noise[scorer.leaves(matrix)]
    assert_allclose(found["distance"], distances, rtol=0, atol=1e-9)
    assert_array_equal(found["is_outlier"], is_outlier)


@pytest.mark.parametrize("method", METHODS)
def test_a_segment_that_lives_on_keeps_its_id(
    production: Production, sample_warehouse: Warehouse
) -> None:
    # A method that learns outcomes is fitted on the customers of an earlier date.
    [fitted_on] = production.warehouse.row(
        "select cast(training_date as text) from segmentation_versions where is_in_use"
    )
    training = (
        "select segment_id from customer_segment_assignments "
        f"where observation_date = '{fitted_on}' and segment_id > 0 "
        "order by customer_id"
    )
    before = sample_warehouse.frame(training)["segment_id"].to_numpy()
    after = production.warehouse.frame(training)["segment_id"].to_numpy()
    new_ids = np.unique(after)
    similarities = jaccard_similarities(
        before - 1, np.searchsorted(new_ids, after), K, len(new_ids)
    )
    # More than half in common have at most one segment on each side.
    for old, new in zip(*np.nonzero(similarities > 0.5), strict=True):
        assert new_ids[new] == old + 1
    for new in np.flatnonzero((similarities < 0.5).all(axis=0)):
        assert new_ids[new] > K
    assert len(before) == len(after) > 0


# ---------------------------------------------------------------- borders


@pytest.mark.parametrize("method", METHODS)
def test_sql_decides_as_the_registry_does_on_every_border(
    production: Production,
) -> None:
    """Customers are planted on the borders, where the last bit of a number decides."""
    segment_ids, scorer = read_scorer(production.rows, production.feature_names)
    planted = points_on_borders(scorer, production.training_matrix())
    found = score_in_sql(production, scorer, planted)
    if isinstance(scorer, QuadraticScorer):
        scores = np.sort(scorer.scores(planted), axis=1)
        assert (scores[:, 0] == scores[:, 1]).sum() > 10
    assert_array_equal(found["segment_id"], segment_ids[scorer.predict(planted)])
    if isinstance(scorer, RulesScorer):
        assert_array_equal(found["is_noise"], scorer.is_noise[scorer.leaves(planted)])


def points_on_borders(scorer: Scorer, matrix: Matrix) -> Matrix:
    """Points (points, features) between which the last bit of a number decides.

    On every bound of a leaf that cuts customers, and beside it: the next number of 32
    bits on either side, and numbers that are the bound only in 32 bits. Where segments
    have scores instead, as near as numbers come to the border of two of them, on the
    way from a customer of the one to a customer of the other.
    """
    random = np.random.default_rng(0)
    if isinstance(scorer, RulesScorer):
        points = []
        for bounds in (scorer.lower, scorer.upper):
            for leaf, feature in np.argwhere(np.isfinite(bounds)):
                bound = bounds[leaf, feature]
                single = np.float32(bound)
                inside = matrix[scorer.leaves(matrix) == leaf]
                inside = inside if len(inside) else matrix
                for value in (
                    bound,
                    float(single),
                    float(np.nextafter(single, np.float32(np.inf))),
                    float(np.nextafter(single, np.float32(-np.inf))),
                    np.nextafter(bound, np.inf),
                    np.nextafter(bound, -np.inf),
                ):
                    point = random.choice(inside).copy()
                    point[feature] = value
                    points.append(point)
        return np.array(points)
    starts, ends = (matrix[random.integers(len(matrix), size=2000)] for _ in range(2))
    is_apart = scorer.predict(starts) != scorer.predict(ends)
    starts, ends = starts[is_apart], ends[is_apart]
    for _ in range(60):
        middle = (starts + ends) / 2
        is_start = (scorer.predict(middle) == scorer.predict(starts))[:, np.newaxis]
        starts = np.where(is_start, middle, starts)
        ends = np.where(is_start, ends, middle)
    return np.concatenate([starts, ends])


def score_in_sql(
    production: Production, scorer: Scorer, matrix: Matrix
) -> pd.DataFrame:
    """Rows of the scorer's model for scaled features that nobody has."""
    frame = pd.DataFrame(matrix, columns=production.feature_names)
    frame["customer_id"] = np.arange(len(frame))
    with open_database(production.warehouse.database) as connection:
        connection.begin()
        connection.execute("drop view customer_feature_vectors")
        connection.execute(
            "create table main_internal.customer_feature_vectors as "
            "select *, current_date as observation_date, "
            "'default' as segmentation_name, 2 as segmentation_version from frame"
        )
        found = connection.execute(
            f"from int_{scorer.name}_assignments order by customer_id"
        ).df()
        connection.rollback()
    return found


# ---------------------------------------------------------------- the library's predict


def of_training(model: Any) -> Callable[[Production], Any]:
    """Fit a model to the training customers."""
    return lambda production: model.fit(production.training_matrix())


def of_outcomes(
    model: Any, *, is_weighted: bool = False
) -> Callable[[Production], Any]:
    """Fit a model to what the customers of the oldest date spent afterwards."""

    def fit(production: Production) -> Any:
        customers = production.warehouse.frame(
            "from outcome_training where observation_date = "
            "(select min(observation_date) from outcome_training) order by customer_id"
        )
        spend = customers["next_window_spend"].astype(float)
        thirds = spend[spend > 0].quantile([1 / 3, 2 / 3])
        classes = pd.cut(spend, [-np.inf, 0, *thirds, np.inf], labels=False)
        weights = compute_sample_weight("balanced", classes)
        fit_parameters = {"sample_weight": weights} if is_weighted else {}
        with threadpool_limits(limits=1):
            return model.fit(production.scaled(customers), classes, **fit_parameters)

    return fit


# What scikit-learn fits for itself; its classes are in scoring order.
LIBRARY_MODELS: dict[str, Callable[[Production], Any]] = {
    "mini_batch_kmeans": of_training(MiniBatchKMeans(K, n_init=50, random_state=0)),
    "gaussian_mixture": of_training(
        GaussianMixture(
            K, covariance_type="diag", n_init=10, max_iter=1000, random_state=0
        )
    ),
    "decision_tree": of_outcomes(
        DecisionTreeClassifier(
            min_samples_leaf=0.02,
            max_leaf_nodes=64,
            class_weight="balanced",
            random_state=0,
        )
    ),
    "svm": of_outcomes(LinearSVC(class_weight="balanced", random_state=0)),
    "neural_network": of_outcomes(
        MLPClassifier((9,), solver="lbfgs", tol=3e-3, max_iter=1000, random_state=0),
        is_weighted=True,
    ),
}


@pytest.mark.parametrize("method", LIBRARY_MODELS)
def test_the_library_predicts_the_same_for_every_customer(
    production: Production,
) -> None:
    model = LIBRARY_MODELS[production.method](production)
    segment_ids, scorer = read_scorer(production.rows, production.feature_names)
    customers = production.warehouse.frame(
        f"select {', '.join(production.feature_names)}, segment_id "
        "from customer_feature_vectors inner join customer_segment_assignments "
        "using (observation_date, customer_id)"
    )
    predicted = model.predict(customers[production.feature_names].to_numpy())
    assert_array_equal(customers["segment_id"], segment_ids[predicted])
    if isinstance(scorer, RulesScorer):
        planted = points_on_borders(scorer, production.training_matrix())
        found = score_in_sql(production, scorer, planted)["segment_id"]
        assert_array_equal(found, segment_ids[model.predict(planted)])


# ---------------------------------------------------------------- noise


@pytest.mark.parametrize("method", ["dbscan", "hdbscan"])
def test_noise_is_not_quietly_in_a_segment(production: Production) -> None:
    partition = load_method(production.method).fit(
        FitInput(production.training_matrix(), (), None, 0, {})
    )
    is_noise = partition.labels < 0
    is_outlier = production.warehouse.frame(
        "select is_outlier from customer_segment_assignments "
        "semi join segmentation_training using (observation_date, customer_id) "
        "order by customer_id"
    )["is_outlier"].to_numpy()
    assert is_noise.mean() > 0.01
    assert production.number("method_noise_share") == is_noise.mean()
    # Whoever is treated alike is either not noise or an outlier.
    agreement = production.number("scorer_agreement")
    assert (is_noise & ~is_outlier).mean() <= 1 - agreement
    assert is_outlier[is_noise].mean() > 3 * is_outlier[~is_noise].mean()


# ---------------------------------------------------------------- versions


@pytest.mark.parametrize("method", ["spectral"])
def test_a_pinned_version_of_another_method_scores(
    production: Production, sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse = production.warehouse.copy_to(tmp_path)
    assert warehouse.rows(ASSIGNMENTS) != sample_warehouse.rows(ASSIGNMENTS)
    warehouse.build(
        *FROM_FIT_TO_ASSIGNMENT,
        variables={**method_variables(production.method), "segmentation_version": 1},
    )
    assert warehouse.rows(ASSIGNMENTS) == sample_warehouse.rows(ASSIGNMENTS)
    assert warehouse.row(
        "select count(distinct segmentation_version) from segmentation_registry"
    ) == (2,)
