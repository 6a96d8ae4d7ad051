"""Score by rules: the leaves of a tree, or a list of intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.score.rows import Row, feature_rows, read_matrix


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
