"""What each segmentation is: as its entry in var `segmentations` has it, or the vars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The one that the vars define, which has every customer: macro segmentation_name.
DEFAULT_SEGMENTATION = "default"
# The setting that a field of an entry stands for.
FIELDS = {
    "features": "segmentation_features",
    "method": "segmentation_method",
    "n_segments": "n_segments",
    "refit": "refit",
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
    own = {
        setting: entry[field] for field, setting in FIELDS.items() if field in entry
    }
    return {**settings, **own, "segmentation_name": entry["name"]}
