"""Rows of the registry that hold one number for each feature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Row = dict[str, Any]


def feature_rows(
    key: Row,
    parameter: str,
    feature_names: Sequence[str],
    values: NDArray[np.float64],
) -> list[Row]:
    """Rows of a parameter that has a value for each feature (features,)."""
    return [
        {
            **key,
            "feature_name": name,
            "parameter": parameter,
            "number_value": float(value),
        }
        for name, value in zip(feature_names, values, strict=True)
    ]


def read_matrix(
    rows: pd.DataFrame,
    parameter: str,
    index: str,
    labels: Sequence[int],
    feature_names: Sequence[str],
) -> NDArray[np.float64]:
    """Values of a parameter (labels, features), NaN where there is no row."""
    values = rows[rows["parameter"] == parameter].pivot(
        index=index, columns="feature_name", values="number_value"
    )
    return values.reindex(index=list(labels), columns=list(feature_names)).to_numpy(
        np.float64
    )
