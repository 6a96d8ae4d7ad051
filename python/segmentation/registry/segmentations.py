"""What a segmentation is: as its entry in var `segmentations` says, or the vars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pandas as pd

# The one that the vars define, which has every customer: macro segmentation_name.
DEFAULT_SEGMENTATION = "default"
# The setting that a field of an entry stands for.
FIELDS = {
    "features": "segmentation_features",
    "method": "segmentation_method",
    "n_segments": "n_segments",
    "refit": "refit",
    "filter": "segmentation_filter",
}


def settings_of(
    entry: Mapping[str, Any], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the settings of one segmentation.

    Parameters
    ----------
    entry
        Its entry: a name, and those of `FIELDS` that differ.
    settings
        The vars, which hold wherever the entry says nothing else.
    """
    own = {setting: entry[field] for field, setting in FIELDS.items() if field in entry}
    return {**settings, **own, "segmentation_name": entry["name"]}


def prefix_of(settings: Mapping[str, Any]) -> str:
    """Say which segmentation a sentence is about; nothing for the one of the vars."""
    name = settings["segmentation_name"]
    return "" if name == DEFAULT_SEGMENTATION else f"Segmentation {name}: "


@contextmanager
def naming_the_segmentation(settings: Mapping[str, Any]) -> Iterator[None]:
    """Let an error of a fit say which segmentation it is about.

    Raises
    ------
    ValueError
        In place of one that does not say it, with the name before the sentence.
    """
    try:
        yield
    except ValueError as error:
        prefix = prefix_of(settings)
        if not prefix or settings["segmentation_name"] in str(error):
            raise
        raise ValueError(f"{prefix}{error}") from error


def selected_among(
    training: pd.DataFrame, feature_selection: pd.DataFrame, settings: Mapping[str, Any]
) -> pd.DataFrame:
    """Judge features by the customers whom a filter leaves, as well as by all.

    A feature that is known for all customers may be missing, or the same, for these.

    Parameters
    ----------
    training, feature_selection, settings
        As for `fit_version`.

    Returns
    -------
    feature_selection
        With is_selected false where too many of these customers lack the feature, or
        it is the same for all who have it.

    Raises
    ------
    ValueError
        If the filter leaves fewer customers than a fit needs.
    """
    from segmentation.fit.fitting import MINIMUM_CUSTOMERS

    if len(training) < MINIMUM_CUSTOMERS:
        raise ValueError(
            f"The filter of segmentation {settings['segmentation_name']} "
            f"({settings['segmentation_filter']}) leaves fewer than the "
            f"{MINIMUM_CUSTOMERS} buyers that a fit needs; expected one that leaves "
            "more."
        )
    values = training[feature_selection["feature_name"].tolist()]
    is_known = values.isna().mean() <= settings["maximum_missing_share"]
    differs = values.nunique() > 1
    return feature_selection.assign(
        is_selected=feature_selection["is_selected"].to_numpy()
        & (is_known & differs).to_numpy()
    )
