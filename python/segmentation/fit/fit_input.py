"""Build the input of a method from tables and settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from segmentation.fit.next_window import NextWindow
from segmentation.fit.preprocessing import (
    FeatureParameters,
    FeatureSetting,
    default_preprocessing,
    fit_preprocessing,
    transform_features,
)
from segmentation.methods import FitInput, Method


def build_fit_input(
    method: Method,
    training: pd.DataFrame,
    feature_selection: pd.DataFrame,
    settings: Mapping[str, Any],
    next_window: pd.DataFrame | None = None,
) -> tuple[list[FeatureParameters], FitInput]:
    """Scale the features of training customers and collect all that a method needs.

    Parameters
    ----------
    method
        The method.
    training
        The customers that the method is fitted on, by rising customer_id: rows of
        `training` or, for a supervised method, of `outcome_training`, as for
        `fit_version`. Without any nothing is scaled.
    feature_selection, settings
        As for `fit_version`.
    next_window
        The customers whose next window the choice of k is judged by: rows of
        `int_k_selection_customers`.

    Raises
    ------
    ValueError
        If no feature is left.
    """
    features = feature_settings(method, feature_selection, settings)
    parameters = (
        default_preprocessing(features)
        if training.empty
        else fit_preprocessing(training, features)
    )
    n_segments = settings["n_segments"]
    fit_input = FitInput(
        matrix=transform_features(training, parameters),
        feature_names=tuple(feature.setting.name for feature in parameters),
        n_segments=None if n_segments == "auto" else n_segments,
        random_state=settings["random_state"],
        settings=settings,
        next_spend=training["next_window_spend"].to_numpy(float)
        if "next_window_spend" in training and method.is_supervised
        else None,
        next_window=None
        if next_window is None
        else NextWindow.from_customers(next_window, parameters),
        segment_rules=settings["segment_rules"],
    )
    return parameters, fit_input


def feature_settings(
    method: Method, feature_selection: pd.DataFrame, settings: Mapping[str, Any]
) -> list[FeatureSetting]:
    """Return the features that the method needs, or else those that are selected.

    Where none is selected, because the customers do not differ, the features that are
    known for all customers take part.

    Raises
    ------
    ValueError
        If none of these is configured either.
    """
    configured = {
        feature["name"]: FeatureSetting.from_mapping(feature)
        for feature in settings["segmentation_features"]
    }
    if method.features:
        return [configured.get(feature.name, feature) for feature in method.features]
    for condition in ("is_selected", "is_always_known"):
        names = set(feature_selection.loc[feature_selection[condition], "feature_name"])
        found = [feature for name, feature in configured.items() if name in names]
        if found:
            break
    else:
        raise ValueError(
            f"Of segmentation_features ({', '.join(configured)}) none was selected; "
            "expected at least one. The table feature_selection gives the reasons."
        )
    return found


def date_of(customers: pd.DataFrame) -> str:
    """Observation date of customers of one date, as yyyy-mm-dd."""
    return str(customers["observation_date"].iloc[0])[:10]
