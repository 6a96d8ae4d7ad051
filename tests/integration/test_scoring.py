"""Scoring in SQL is what scikit-learn does with the same rows."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import USUAL_VARIABLES, Warehouse
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.cluster import KMeans
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    RobustScaler,
    StandardScaler,
)

K = USUAL_VARIABLES["n_segments"]

TOLERANCE = 1e-9

DEFAULT_FEATURES: list[dict[str, Any]] = [
    {"name": "trailing_spend", "impute": "zero", "transform": "log1p"},
    {"name": "trailing_order_count", "impute": "zero", "transform": "log1p"},
    {"name": "total_spend", "impute": "zero", "transform": "log1p"},
    {"name": "order_count", "impute": "zero", "transform": "log1p"},
    {"name": "average_order_value", "impute": "median", "transform": "log1p"},
]
# Every imputer where values are missing, every scaler, caps, transforms, weights.
ALL_SETTINGS: list[dict[str, Any]] = [
    {"name": "recency_days", "impute": "median", "transform": "log1p", "weight": 2},
    {
        "name": "total_spend",
        "impute": "zero",
        "cap_quantile": 0.9,
        "transform": "log1p",
        "scale": "robust",
    },
    {"name": "age", "impute": "median", "scale": "minmax", "weight": 0.5},
    {
        "name": "income",
        "impute": "mean",
        "cap_quantile": 0.95,
        "transform": "log1p",
        "scale": "robust",
        "weight": 1.5,
    },
    {"name": "is_female", "impute": "mode", "scale": "minmax"},
    {"name": "satisfaction", "impute": "constant", "constant": 3.0},
    {"name": "loyalty", "impute": "zero", "cap_quantile": 0.8, "scale": "minmax"},
    {"name": "conversion_rate", "impute": "mean", "cap_quantile": 0.99},
]
IMPUTERS = {
    "median": "median",
    "mean": "mean",
    "mode": "most_frequent",
    "constant": "constant",
    "zero": "constant",
}
SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}


def complete(setting: dict[str, Any]) -> dict[str, Any]:
    """A feature's setting with everything said that var segmentation_features needs."""
    optional = {"cap_quantile": None, "transform": "none", "scale": "standard"}
    return {**optional, "weight": 1, **setting}


def signed_log1p(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """ln(1 + |x|) with the sign of x."""
    return np.copysign(np.log1p(np.abs(values)), values)


class QuantileCap(BaseEstimator):
    """Caps a column at the quantiles 1 - q and q of the rows it was fitted on."""

    def __init__(self, quantile: float) -> None:
        self.quantile = quantile

    def fit(self, values: NDArray[np.float64], _y: None = None) -> "QuantileCap":
        self.lower_ = np.quantile(values, 1 - self.quantile)
        self.upper_ = np.quantile(values, self.quantile)
        return self

    def transform(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip(values, self.lower_, self.upper_)


def pipeline_of(setting: dict[str, Any]) -> Pipeline:
    """What a setting says, in scikit-learn's words."""
    return make_pipeline(
        SimpleImputer(
            strategy=IMPUTERS[setting["impute"]], fill_value=setting.get("constant", 0)
        ),
        QuantileCap(setting["cap_quantile"]) if setting["cap_quantile"] else None,
        FunctionTransformer(signed_log1p if setting["transform"] == "log1p" else None),
        SCALERS[setting["scale"]](),
    )


def parameters_of(pipeline: Pipeline) -> dict[str, float]:
    """Parameters of a pipeline by the names of int_segmentation_preprocessing."""
    imputer, cap, _, scaler = (step for _, step in pipeline.steps)
    center, scale = {
        StandardScaler: lambda: (scaler.mean_, scaler.scale_),
        MinMaxScaler: lambda: (scaler.data_min_, scaler.data_range_),
        RobustScaler: lambda: (scaler.center_, scaler.scale_),
    }[type(scaler)]()
    return {
        "impute_value": imputer.statistics_[0],
        "cap_lower": np.nan if cap is None else cap.lower_,
        "cap_upper": np.nan if cap is None else cap.upper_,
        "center": center[0],
        "scale": scale[0],
    }


@pytest.fixture(scope="session")
def settings_warehouse(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """The sample segmented once more, with every kind of preprocessing."""
    return sample_warehouse.copy_to(tmp_path_factory.mktemp("settings")).build(
        *["--select", "feature_selection+", "--exclude", "tag:comparison"],
        variables={
            "segmentation_features": [complete(setting) for setting in ALL_SETTINGS],
            "maximum_missing_share": 0.95,
            "n_segments": 5,
        },
    )


@pytest.fixture(params=["default", "all_settings"])
def scored(
    request: pytest.FixtureRequest, sample_warehouse: Warehouse
) -> tuple[Warehouse, list[dict[str, Any]]]:
    """A warehouse, and the settings of the features it was segmented by."""
    if request.param == "default":
        return sample_warehouse, [complete(setting) for setting in DEFAULT_FEATURES]
    warehouse: Warehouse = request.getfixturevalue("settings_warehouse")
    return warehouse, [complete(setting) for setting in ALL_SETTINGS]


def table_in_use(warehouse: Warehouse, table: str, columns: str) -> pd.DataFrame:
    """Rows of the version that scores."""
    return warehouse.frame(
        f"select {columns} from {table} where segmentation_version = "
        "(select segmentation_version from segmentation_versions where is_in_use)"
    )


def test_every_customer_gets_the_segment_that_kmeans_predicts(
    scored: tuple[Warehouse, list[dict[str, Any]]],
) -> None:
    warehouse, settings = scored
    names = [setting["name"] for setting in settings]
    centroids = table_in_use(
        warehouse, "segmentation_centroids", "segment_id, feature_name, centroid"
    ).pivot(index="segment_id", columns="feature_name", values="centroid")[names]
    model = KMeans(len(centroids), n_init=1).fit(centroids.to_numpy())
    model.cluster_centers_ = np.ascontiguousarray(centroids)

    vectors = warehouse.frame(
        f"select segment_id, distance, {', '.join(names)} "
        "from customer_feature_vectors inner join customer_segment_assignments "
        "using (observation_date, customer_id, segmentation_version)"
    )
    [features] = warehouse.row(
        "select count(*) from customer_features where not is_never_buyer"
    )
    matrix = vectors[names].to_numpy()

    assert len(vectors) == features > 0
    assert set(vectors["segment_id"]) == set(centroids.index)
    np.testing.assert_array_equal(
        vectors["segment_id"], centroids.index[model.predict(matrix)]
    )
    np.testing.assert_allclose(
        vectors["distance"], model.transform(matrix).min(axis=1), rtol=0, atol=TOLERANCE
    )


def test_centroids_are_means_that_kmeans_cannot_better(
    scored: tuple[Warehouse, list[dict[str, Any]]],
) -> None:
    """Starting from them on the training rows, scikit-learn stays where it is."""
    warehouse, settings = scored
    names = [setting["name"] for setting in settings]
    centroids = table_in_use(
        warehouse, "segmentation_centroids", "segment_id, feature_name, centroid"
    ).pivot(index="segment_id", columns="feature_name", values="centroid")[names]
    training = warehouse.frame(
        f"select {', '.join(f'vectors.{name}' for name in names)} "
        "from customer_feature_vectors as vectors semi join segmentation_training "
        "using (observation_date, customer_id) order by customer_id"
    )
    [(inertia,)] = table_in_use(
        warehouse, "segmentation_versions", "inertia"
    ).to_numpy()
    model = KMeans(len(centroids), init=centroids.to_numpy(), n_init=1, tol=0)
    model.fit(training.to_numpy())

    np.testing.assert_allclose(model.cluster_centers_, centroids, rtol=0, atol=1e-2)
    assert model.inertia_ == pytest.approx(inertia, rel=1e-4)


def test_parameters_are_those_of_scikit_learn(
    scored: tuple[Warehouse, list[dict[str, Any]]],
) -> None:
    warehouse, settings = scored
    training = warehouse.frame(
        "select * from segmentation_training order by customer_id"
    )
    expected = pd.DataFrame(
        {
            setting["name"]: parameters_of(
                pipeline_of(setting).fit(training[[setting["name"]]].to_numpy())
            )
            for setting in settings
        }
    ).T
    found = table_in_use(warehouse, "int_segmentation_preprocessing", "*").set_index(
        "feature_name"
    )

    assert list(found.sort_values("feature_number").index) == list(expected.index)
    np.testing.assert_allclose(
        found.loc[expected.index, expected.columns].astype(float),
        expected.astype(float),
        rtol=0,
        atol=TOLERANCE,
    )
    assert dict(found["weight"]) == {
        setting["name"]: setting["weight"] for setting in settings
    }


def test_vectors_are_those_of_scikit_learn(
    scored: tuple[Warehouse, list[dict[str, Any]]],
) -> None:
    warehouse, settings = scored
    training = warehouse.frame(
        "select * from segmentation_training order by customer_id"
    )
    in_order = "order by observation_date, customer_id"
    features = warehouse.frame(
        f"select * from customer_features where not is_never_buyer {in_order}"
    )
    vectors = warehouse.frame(f"select * from customer_feature_vectors {in_order}")

    assert len(vectors) == len(features) > 0
    for setting in settings:
        name = setting["name"]
        pipeline = pipeline_of(setting).fit(training[[name]].to_numpy())
        values = features[[name]].to_numpy(dtype=float)
        np.testing.assert_allclose(
            vectors[name],
            pipeline.transform(values)[:, 0] * setting["weight"],
            rtol=0,
            atol=TOLERANCE,
            err_msg=name,
        )
        np.testing.assert_array_equal(
            vectors[f"{name}_is_imputed"], np.isnan(values)[:, 0], err_msg=name
        )


def test_all_settings_impute_something(settings_warehouse: Warehouse) -> None:
    """Without missing values every imputer would be right."""
    imputed = settings_warehouse.row(
        "select count_if(age_is_imputed), count_if(income_is_imputed), "
        "count_if(is_female_is_imputed), count_if(satisfaction_is_imputed), "
        "count_if(loyalty_is_imputed) from customer_feature_vectors"
    )
    assert min(imputed) > 0


def test_changed_settings_make_a_new_version(settings_warehouse: Warehouse) -> None:
    assert settings_warehouse.rows(
        "select segmentation_version, fit_reason, n_segments, is_in_use "
        "from segmentation_versions order by segmentation_version"
    ) == [(1, "first_fit", K, False), (2, "configuration_changed", 5, True)]
