"""Score by a neural network with one hidden layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.score.rows import Row, feature_rows, read_matrix


@dataclass(frozen=True)
class NetworkScorer:
    """The segment with the greatest output of a network with one hidden layer.

    hidden = max(0, x hidden_weights + hidden_biases)
    output = hidden output_weights + output_biases

    Where outputs are equal, the customer is in the first segment, as in scikit-learn.

    Attributes
    ----------
    hidden_weights
        (features, units), for scaled features.
    hidden_biases
        (units,).
    output_weights
        (units, segments).
    output_biases
        (segments,).
    """

    name: ClassVar[str] = "network"
    hidden_weights: NDArray[np.float64]
    hidden_biases: NDArray[np.float64]
    output_weights: NDArray[np.float64]
    output_biases: NDArray[np.float64]

    @property
    def n_segments(self) -> int:
        """Number of segments."""
        return len(self.output_biases)

    def outputs(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Compute outputs (customers, segments) of features (customers, features).

        Terms are added one by one in the order in which SQL adds them, as for
        `QuadraticScorer`.
        """
        hidden = np.tile(self.hidden_biases, (len(matrix), 1))
        for values, weights in zip(matrix.T, self.hidden_weights, strict=True):
            hidden += values[:, np.newaxis] * weights
        hidden = np.maximum(hidden, 0)
        outputs = np.tile(self.output_biases, (len(matrix), 1))
        for values, weights in zip(hidden.T, self.output_weights, strict=True):
            outputs += values[:, np.newaxis] * weights
        return outputs

    def predict(self, matrix: NDArray[np.float64]) -> NDArray[np.int64]:
        """Segment (customers,) of scaled features (customers, features)."""
        segments: NDArray[np.int64] = self.outputs(matrix).argmax(axis=1)
        return segments

    def rows(
        self, segment_ids: Sequence[int], feature_names: Sequence[str]
    ) -> list[Row]:
        """Rows of the registry; the unit number is that of the hidden unit, from 1."""
        rows: list[Row] = []
        for unit, bias in enumerate(self.hidden_biases):
            number = {"unit_number": unit + 1}
            rows.append(
                {**number, "parameter": "hidden_bias", "number_value": float(bias)}
            )
            rows += feature_rows(
                number, "hidden_weight", feature_names, self.hidden_weights[:, unit]
            )
            rows += [
                {
                    **number,
                    "segment_id": segment_id,
                    "parameter": "output_weight",
                    "number_value": float(weight),
                }
                for segment_id, weight in zip(
                    segment_ids, self.output_weights[unit], strict=True
                )
            ]
        return rows + [
            {
                "segment_id": segment_id,
                "parameter": "output_bias",
                "number_value": float(bias),
            }
            for segment_id, bias in zip(segment_ids, self.output_biases, strict=True)
        ]

    @classmethod
    def from_rows(
        cls,
        rows: pd.DataFrame,
        segment_ids: Sequence[int],
        feature_names: Sequence[str],
    ) -> Self:
        """Read what `rows` wrote."""
        hidden_biases = rows[rows["parameter"] == "hidden_bias"].sort_values(
            "unit_number"
        )
        units = hidden_biases["unit_number"].tolist()
        output_weights = rows[rows["parameter"] == "output_weight"].pivot(
            index="unit_number", columns="segment_id", values="number_value"
        )
        output_biases = rows[rows["parameter"] == "output_bias"].set_index("segment_id")
        return cls(
            read_matrix(rows, "hidden_weight", "unit_number", units, feature_names).T,
            hidden_biases["number_value"].to_numpy(np.float64),
            output_weights.loc[units, list(segment_ids)].to_numpy(np.float64),
            output_biases.loc[list(segment_ids), "number_value"].to_numpy(np.float64),
        )
