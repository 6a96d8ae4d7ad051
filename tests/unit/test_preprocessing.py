"""Preprocessing learns what scikit-learn learns, and SQL's formula gives its values."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from segmentation.fit.preprocessing import (
    SCALERS,
    FeatureSetting,
    fit_feature,
    fit_preprocessing,
    fit_scaler,
    signed_expm1,
    signed_log1p,
    transform_features,
)

TOLERANCE = 1e-12
LIBRARY_SCALERS = {
    "standard": StandardScaler,
    "minmax": MinMaxScaler,
    "robust": RobustScaler,
}


@pytest.fixture
def skewed() -> NDArray[np.float64]:
    """Amounts with a long tail, some below zero, a tenth missing, some repeated."""
    random = np.random.default_rng(7)
    values = np.round(random.lognormal(3, 1.5, 500) - 5, 1)
    values[random.random(500) < 0.1] = np.nan
    return values


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("attribute", "value", "sentence"),
    [
        ("impute", "average", "impute of feature age is 'average'; expected one of"),
        ("transform", "log", "transform of feature age is 'log'; expected one of"),
        ("scale", "unit", "scale of feature age is 'unit'; expected one of"),
        ("weight", 0, "weight of feature age is 0; expected a number above 0"),
        ("weight", -1, "weight of feature age is -1; expected a number above 0"),
    ],
)
def test_setting_that_cannot_work_is_refused(
    attribute: str, value: object, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        FeatureSetting.from_mapping({"name": "age", attribute: value})


def test_setting_is_read_from_its_mapping() -> None:
    setting = FeatureSetting.from_mapping(
        {
            "name": "income",
            "impute": "constant",
            "constant": 5,
            "cap_quantile": 0.9,
            "transform": "log1p",
            "scale": "robust",
            "weight": 2,
        }
    )
    assert setting == FeatureSetting("income", "constant", 0.9, "log1p", "robust", 2, 5)


# ---------------------------------------------------------------- transforms


def test_signed_log1p_of_known_values() -> None:
    values = np.array([0.0, np.e - 1, 1 - np.e, 99.0])
    assert_allclose(signed_log1p(values), [0, 1, -1, np.log(100)], atol=TOLERANCE)


def test_signed_expm1_inverts_signed_log1p() -> None:
    values = np.array([-1e6, -3.5, 0.0, 1e-9, 2.0, 1e9])
    assert_allclose(signed_expm1(signed_log1p(values)), values, rtol=TOLERANCE)


# ---------------------------------------------------------------- imputing


@pytest.mark.parametrize(
    ("impute", "strategy"),
    [("median", "median"), ("mean", "mean"), ("mode", "most_frequent")],
)
def test_imputed_value_is_that_of_simple_imputer(
    skewed: NDArray[np.float64], impute: str, strategy: str
) -> None:
    expected = SimpleImputer(strategy=strategy).fit(skewed.reshape(-1, 1)).statistics_
    learned = fit_feature(skewed, FeatureSetting("x", impute=impute))
    assert learned.impute_value == expected[0]


@pytest.mark.parametrize(
    ("impute", "expected"),
    [("median", 2.0), ("mean", 3.0), ("mode", 1.0), ("constant", 9.0), ("zero", 0.0)],
)
def test_imputed_value_of_known_values(impute: str, expected: float) -> None:
    values = np.array([1.0, 1.0, 3.0, 7.0, np.nan])
    setting = FeatureSetting("x", impute=impute, constant=9.0)
    assert fit_feature(values, setting).impute_value == expected


@pytest.mark.parametrize(("impute", "expected"), [("constant", 9.0), ("zero", 0.0)])
def test_all_missing_needs_a_value_given(impute: str, expected: float) -> None:
    missing = np.full(4, np.nan)
    setting = FeatureSetting("x", impute=impute, constant=9.0)
    learned = fit_feature(missing, setting)
    assert learned.impute_value == expected
    assert_allclose(learned.transform(missing), np.zeros(4))


@pytest.mark.parametrize("impute", ["median", "mean", "mode"])
def test_all_missing_teaches_nothing(impute: str) -> None:
    with pytest.raises(ValueError, match="x is missing for all 4 training rows"):
        fit_feature(np.full(4, np.nan), FeatureSetting("x", impute=impute))


# ---------------------------------------------------------------- caps and scales


def test_caps_are_quantiles_of_the_imputed_values() -> None:
    values = np.append(np.arange(100.0), np.nan)
    learned = fit_feature(values, FeatureSetting("x", impute="zero", cap_quantile=0.9))
    assert learned.cap_lower == pytest.approx(9.0)
    assert learned.cap_upper == pytest.approx(89.0)


def test_without_cap_quantile_there_is_no_cap(skewed: NDArray[np.float64]) -> None:
    learned = fit_feature(skewed, FeatureSetting("x"))
    assert (learned.cap_lower, learned.cap_upper) == (None, None)


@pytest.mark.parametrize("kind", SCALERS)
def test_scaler_is_that_of_scikit_learn(skewed: NDArray[np.float64], kind: str) -> None:
    values = skewed[~np.isnan(skewed)]
    center, scale = fit_scaler(values, kind)
    expected = LIBRARY_SCALERS[kind]().fit_transform(values.reshape(-1, 1))[:, 0]
    assert_allclose((values - center) / scale, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("kind", SCALERS)
def test_scaling_the_same_everywhere_divides_by_one(kind: str) -> None:
    assert fit_scaler(np.full(5, 4.0), kind) == (4.0, 1.0)


# ---------------------------------------------------------------- the whole formula


@pytest.mark.parametrize("scale", SCALERS)
@pytest.mark.parametrize("transform", ["none", "log1p"])
@pytest.mark.parametrize("cap_quantile", [None, 0.95])
def test_training_values_are_scaled_as_scikit_learn_would(
    skewed: NDArray[np.float64],
    scale: str,
    transform: str,
    cap_quantile: float | None,
) -> None:
    setting = FeatureSetting("x", "median", cap_quantile, transform, scale, weight=2)
    values = np.where(np.isnan(skewed), np.nanmedian(skewed), skewed)
    if cap_quantile is not None:
        values = np.clip(values, *np.quantile(values, [1 - cap_quantile, cap_quantile]))
    if transform == "log1p":
        values = np.copysign(np.log1p(abs(values)), values)
    expected = LIBRARY_SCALERS[scale]().fit_transform(values.reshape(-1, 1))[:, 0] * 2

    found = fit_feature(skewed, setting).transform(skewed)
    assert_allclose(found, expected, rtol=0, atol=TOLERANCE)


def test_new_values_are_scaled_by_what_was_learned() -> None:
    """A new customer changes neither the imputed value nor the caps nor the scale."""
    setting = FeatureSetting("x", impute="mean", cap_quantile=0.75, scale="minmax")
    learned = fit_feature(np.array([0.0, 4.0, 8.0, 12.0, 16.0]), setting)
    assert_allclose(learned.transform(np.array([-50.0, np.nan, 1e6])), [0, 0.5, 1])


@pytest.mark.parametrize("transform", ["none", "log1p"])
def test_inverse_returns_to_the_own_units(transform: str) -> None:
    setting = FeatureSetting("x", transform=transform, scale="robust", weight=3)
    values = np.array([-20.0, 0.0, 1.0, 7.5, 1000.0])
    learned = fit_feature(values, setting)
    assert_allclose(learned.inverse(learned.transform(values)), values, atol=1e-9)


# ---------------------------------------------------------------- several features


def test_parameters_come_in_the_order_of_the_settings() -> None:
    training = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [10.0, 20.0, np.nan]})
    settings = [FeatureSetting("b", impute="zero"), FeatureSetting("a")]
    parameters = fit_preprocessing(training, settings)
    matrix = transform_features(training, parameters)

    assert [p.setting.name for p in parameters] == ["b", "a"]
    assert matrix.shape == (3, 2)
    assert_allclose(matrix.mean(axis=0), [0, 0], atol=TOLERANCE)
    assert_allclose(matrix.std(axis=0), [1, 1], atol=TOLERANCE)
    assert matrix[2, 0] < matrix[0, 0] < matrix[1, 0]


def test_training_without_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="There are 0 training rows"):
        fit_preprocessing(pd.DataFrame({"a": []}), [FeatureSetting("a")])


def test_feature_that_is_no_column_is_refused() -> None:
    training = pd.DataFrame({"a": [1.0], "b": [2.0]})
    with pytest.raises(ValueError, match="have no column c; expected one of a, b"):
        fit_preprocessing(training, [FeatureSetting("a"), FeatureSetting("c")])
