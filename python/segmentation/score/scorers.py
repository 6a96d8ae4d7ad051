"""The three ways in which a segment follows from scaled features, as plain numbers.

A scorer is all that is kept of a fitted method. What it predicts here, SQL predicts
from the registry. Nothing here imports scikit-learn: a build that only scores must not
pay for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Row = dict[str, Any]


@dataclass(frozen=True)
class QuadraticScorer:
    """The segment with the least sum of quadratic functions, one for each feature.

    score = sum over features of curvature (x - center)^2 + slope x, plus intercept

    Nearest centroid has curvature 1, slope 0 and intercept 0; a mixture with diagonal
    covariances has another curvature for each segment and feature; a linear
    classifier has curvature 0. Of equal scores the first segment has the customer, as
    in scikit-learn.

    Attributes
    ----------
    centers, curvatures, slopes
        (segments, features), for scaled features.
    intercepts
        (segments,).
    """

    name: ClassVar[str] = "quadratic"
    centers: NDArray[np.float64]
    curvatures: NDArray[np.float64]
    slopes: NDArray[np.float64]
    intercepts: NDArray[np.float64]

    @classmethod
    def nearest_centroid(cls, centers: NDArray[np.float64]) -> Self:
        """Score by the squared distance from centers (segments, features)."""
        return cls(
            centers,
            np.ones_like(centers),
            np.zeros_like(centers),
            np.zeros(len(centers)),
        )

    @property
    def n_segments(self) -> int:
        """Number of segments."""
        return len(self.centers)

    def scores(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Score (customers, segments) scaled features (customers, features).

        Terms are added one by one in the order in which SQL adds them, so that sums are
        the same to the last bit and ties are ties in both.
        """
        scores = np.zeros((len(matrix), self.n_segments))
        for feature, values in enumerate(matrix.T):
            differences = values[:, np.newaxis] - self.centers[:, feature]
            scores += differences * differences * self.curvatures[:, feature]
            scores += values[:, np.newaxis] * self.slopes[:, feature]
        return scores + self.intercepts

    def predict(self, matrix: NDArray[np.float64]) -> NDArray[np.int64]:
        """Segment (customers,) of scaled features (customers, features)."""
        segments: NDArray[np.int64] = self.scores(matrix).argmin(axis=1)
        return segments

    def rows(
        self, segment_ids: Sequence[int], feature_names: Sequence[str]
    ) -> list[Row]:
        """Rows of the registry; the centers are there as centroids."""
        rows: list[Row] = []
        for index, segment_id in enumerate(segment_ids):
            rows.append(
                {
                    "segment_id": segment_id,
                    "parameter": "score_intercept",
                    "number_value": float(self.intercepts[index]),
                }
            )
            for parameter, values in (
                ("score_curvature", self.curvatures),
                ("score_slope", self.slopes),
            ):
                rows += feature_rows(
                    {"segment_id": segment_id}, parameter, feature_names, values[index]
                )
        return rows

    @classmethod
    def from_rows(
        cls,
        rows: pd.DataFrame,
        segment_ids: Sequence[int],
        feature_names: Sequence[str],
    ) -> Self:
        """Read what `rows` wrote."""
        centers, curvatures, slopes = (
            read_matrix(rows, parameter, "segment_id", segment_ids, feature_names)
            for parameter in ("centroid", "score_curvature", "score_slope")
        )
        intercepts = rows[rows["parameter"] == "score_intercept"].set_index(
            "segment_id"
        )["number_value"]
        return cls(
            centers,
            curvatures,
            slopes,
            intercepts.loc[list(segment_ids)].to_numpy(np.float64),
        )


@dataclass(frozen=True)
class RulesScorer:
    """The segment of the first leaf whose intervals hold all features.

    A feature is in its interval where lower < x <= upper, compared as 32-bit floats as
    the trees of scikit-learn compare them.

    Attributes
    ----------
    lower, upper
        (leaves, features), for scaled features; infinite for no bound. Every point is
        in some leaf.
    segments
        Segment of each leaf (leaves,).
    n_segments
        Number of segments.
    is_noise
        Whether the customers of a leaf are noise (leaves,): they are outliers of the
        segment of the leaf.
    """

    name: ClassVar[str] = "rules"
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    segments: NDArray[np.int64]
    n_segments: int
    is_noise: NDArray[np.bool_]

    def leaves(self, matrix: NDArray[np.float64]) -> NDArray[np.int64]:
        """Leaf (customers,) of scaled features (customers, features)."""
        values = matrix.astype(np.float32).astype(np.float64)
        leaves = np.full(len(values), -1)
        for number in reversed(range(len(self.lower))):
            is_within = (values > self.lower[number]) & (values <= self.upper[number])
            leaves[is_within.all(axis=1)] = number
        if (leaves < 0).any():
            raise ValueError(
                f"{(leaves < 0).sum()} of {len(values)} customers are in no leaf; "
                "expected leaves that hold every point."
            )
        return leaves

    def predict(self, matrix: NDArray[np.float64]) -> NDArray[np.int64]:
        """Segment (customers,) of scaled features (customers, features)."""
        return self.segments[self.leaves(matrix)]

    def rows(
        self, segment_ids: Sequence[int], feature_names: Sequence[str]
    ) -> list[Row]:
        """Rows of the registry; the unit number is that of the leaf, from 1."""
        rows: list[Row] = []
        for index, segment in enumerate(self.segments):
            leaf = {"segment_id": segment_ids[segment], "unit_number": index + 1}
            kind = "noise" if self.is_noise[index] else "segment"
            rows.append({**leaf, "parameter": "leaf_kind", "text_value": kind})
            for parameter, bounds in (
                ("leaf_lower", self.lower),
                ("leaf_upper", self.upper),
            ):
                rows += [
                    row
                    for row in feature_rows(
                        leaf, parameter, feature_names, bounds[index]
                    )
                    if np.isfinite(row["number_value"])
                ]
        return rows

    @classmethod
    def from_rows(
        cls,
        rows: pd.DataFrame,
        segment_ids: Sequence[int],
        feature_names: Sequence[str],
    ) -> Self:
        """Read what `rows` wrote."""
        leaves = rows[rows["parameter"] == "leaf_kind"].sort_values("unit_number")
        numbers = leaves["unit_number"].tolist()
        lower, upper = (
            read_matrix(rows, parameter, "unit_number", numbers, feature_names)
            for parameter in ("leaf_lower", "leaf_upper")
        )
        return cls(
            np.where(np.isnan(lower), -np.inf, lower),
            np.where(np.isnan(upper), np.inf, upper),
            np.array([list(segment_ids).index(i) for i in leaves["segment_id"]]),
            len(segment_ids),
            leaves["text_value"].to_numpy() == "noise",
        )


@dataclass(frozen=True)
class NetworkScorer:
    """The segment with the greatest output of a network with one hidden layer.

    hidden = max(0, x hidden_weights + hidden_biases)
    output = hidden output_weights + output_biases

    Of equal outputs the first segment has the customer, as in scikit-learn.

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


Scorer = QuadraticScorer | RulesScorer | NetworkScorer
SCORERS: dict[str, type[QuadraticScorer] | type[RulesScorer] | type[NetworkScorer]] = {
    scorer.name: scorer for scorer in (QuadraticScorer, RulesScorer, NetworkScorer)
}


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
