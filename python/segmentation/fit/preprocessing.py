"""Learn, from training rows, how each feature becomes a scaled number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

IMPUTER_STRATEGIES = {
    "median": "median",
    "mean": "mean",
    "mode": "most_frequent",
    "constant": "constant",
    "zero": "constant",
}
TRANSFORMS = ("none", "log1p")
SCALERS = ("standard", "minmax", "robust")


@dataclass(frozen=True)
class FeatureSetting:
    """How one feature takes part in a segmentation.

    `cap_quantile` q caps values at the quantiles 1 - q and q of the training rows;
    None leaves them. `weight` multiplies the scaled value: a feature with weight 2
    counts in a squared distance as four features would.
    """

    name: str
    impute: str = "median"
    cap_quantile: float | None = None
    transform: str = "none"
    scale: str = "standard"
    weight: float = 1.0
    constant: float = 0.0

    def __post_init__(self) -> None:
        for attribute, allowed in (
            ("impute", tuple(IMPUTER_STRATEGIES)),
            ("transform", TRANSFORMS),
            ("scale", SCALERS),
        ):
            found = getattr(self, attribute)
            if found not in allowed:
                raise ValueError(
                    f"{attribute} of feature {self.name} is {found!r}; expected one of "
                    f"{', '.join(allowed)}."
                )
        if self.weight <= 0:
            raise ValueError(
                f"weight of feature {self.name} is {self.weight}; expected a number "
                "above 0."
            )

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Self:
        """Read a setting from a mapping with the names of the attributes."""
        return cls(**mapping)


@dataclass(frozen=True)
class FeatureParameters:
    """The parameters of one feature: all that SQL needs to scale it.

    scaled = (transform(cap(impute(x))) - center) / scale * weight
    """

    setting: FeatureSetting
    impute_value: float
    cap_lower: float | None
    cap_upper: float | None
    center: float
    scale: float

    def transform(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scale values (customers,) of the feature, missing ones as NaN."""
        capped = self.impute_and_cap(values)
        transformed = (
            signed_log1p(capped) if self.setting.transform == "log1p" else capped
        )
        return (transformed - self.center) / self.scale * self.setting.weight

    def impute_and_cap(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values (customers,) as they are transformed, in their own units."""
        imputed = np.where(np.isnan(values), self.impute_value, values)
        return np.clip(imputed, self.cap_lower, self.cap_upper)

    def inverse(self, scaled: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return scaled values (n,) to the feature's own units."""
        transformed = scaled / self.setting.weight * self.scale + self.center
        if self.setting.transform == "log1p":
            return signed_expm1(transformed)
        return transformed


def signed_log1p(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of 1 + |x| with the sign of x.

    It is ln(1 + x) for x >= 0 and defined for net spend below zero too.
    """
    return np.sign(values) * np.log1p(np.abs(values))


def signed_expm1(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of `signed_log1p`."""
    return np.sign(values) * np.expm1(np.abs(values))


def fit_preprocessing(
    training: pd.DataFrame, settings: Sequence[FeatureSetting]
) -> list[FeatureParameters]:
    """Learn the parameters of each feature with scikit-learn's own estimators.

    Parameters
    ----------
    training
        One row per training customer; a float column per feature, missing as NaN.
    settings
        The features, in the order in which the parameters are returned.

    Raises
    ------
    ValueError
        If there are no rows, or a feature is no column or has no known value.
    """
    if training.empty:
        raise ValueError("There are 0 training rows; expected at least 1.")
    missing = [s.name for s in settings if s.name not in training.columns]
    if missing:
        raise ValueError(
            f"The training rows have no column {missing[0]}; expected one of "
            f"{', '.join(training.columns)}."
        )
    return [fit_feature(training[s.name].to_numpy(float), s) for s in settings]


def default_preprocessing(
    settings: Sequence[FeatureSetting],
) -> list[FeatureParameters]:
    """Parameters where there is no customer to learn from: nothing is scaled.

    A missing value is the constant of the setting, which is 0 unless it says otherwise.
    """
    return [
        FeatureParameters(setting, setting.constant, None, None, center=0.0, scale=1.0)
        for setting in settings
    ]


def fit_feature(
    values: NDArray[np.float64], setting: FeatureSetting
) -> FeatureParameters:
    """Learn the parameters of one feature from its training values (customers,)."""
    from sklearn.impute import SimpleImputer

    constant = setting.constant if setting.impute == "constant" else 0.0
    if setting.impute not in ("zero", "constant") and np.isnan(values).all():
        raise ValueError(
            f"Feature {setting.name} is missing for all {values.size} training rows; "
            "expected a known value to impute from."
        )
    imputer = SimpleImputer(
        strategy=IMPUTER_STRATEGIES[setting.impute], fill_value=constant
    ).fit(np.where(np.isnan(values).all(), 0.0, values).reshape(-1, 1))
    impute_value = float(imputer.statistics_[0])
    imputed = np.where(np.isnan(values), impute_value, values)

    cap_lower = cap_upper = None
    if setting.cap_quantile is not None:
        cap_lower, cap_upper = (
            float(bound)
            for bound in np.quantile(
                imputed, [1 - setting.cap_quantile, setting.cap_quantile]
            )
        )
    capped = np.clip(imputed, cap_lower, cap_upper)
    transformed = signed_log1p(capped) if setting.transform == "log1p" else capped
    center, scale = fit_scaler(transformed, setting.scale)
    return FeatureParameters(setting, impute_value, cap_lower, cap_upper, center, scale)


def fit_scaler(values: NDArray[np.float64], kind: str) -> tuple[float, float]:
    """Learn center and scale of a scikit-learn scaler for values (customers,)."""
    from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

    column = values.reshape(-1, 1)
    if kind == "standard":
        standard = StandardScaler().fit(column)
        return float(standard.mean_[0]), float(standard.scale_[0])
    if kind == "minmax":
        minmax = MinMaxScaler().fit(column)
        return float(minmax.data_min_[0]), float(1 / minmax.scale_[0])
    robust = RobustScaler().fit(column)
    return float(robust.center_[0]), float(robust.scale_[0])


def transform_features(
    frame: pd.DataFrame, parameters: Sequence[FeatureParameters]
) -> NDArray[np.float64]:
    """Scale features: a matrix (customers, features) in the order of `parameters`."""
    return np.column_stack(
        [p.transform(frame[p.setting.name].to_numpy(float)) for p in parameters]
    )


def original_values(
    frame: pd.DataFrame, parameters: Sequence[FeatureParameters]
) -> NDArray[np.float64]:
    """Features as `transform_features` scales them, in their own units.

    Missing values are imputed and all are capped: each column of the matrix (customers,
    features) rises where the scaled one does.
    """
    return np.column_stack(
        [p.impute_and_cap(frame[p.setting.name].to_numpy(float)) for p in parameters]
    )
