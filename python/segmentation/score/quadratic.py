"""Score by quadratic functions: centroids, mixtures, linear classifiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.score.rows import Row, feature_rows, read_matrix


@dataclass(frozen=True)
class QuadraticScorer:
    """The segment with the least sum of quadratic functions, one for each feature.

    score = sum over features of curvature (x - center)^2 + slope x, plus intercept

    Nearest centroid has curvature 1, slope 0 and intercept 0; a mixture with diagonal
    covariances has another curvature for each segment and feature; a linear classifier
    has curvature 0. Where scores are equal, the customer is in the first segment, as in
    scikit-learn.

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
