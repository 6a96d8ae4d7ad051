"""Measure how well each segment reappears in resamples of the customers.

Hennig (2007), Cluster-wise assessment of cluster stability, Computational Statistics
and Data Analysis 52, as in `clusterboot` of the R package fpc.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from segmentation.fit.identity import jaccard_similarities

# "Generally, a valid, stable cluster should yield a mean Jaccard similarity value of
# 0.75 or more": documentation of clusterboot.
MINIMUM_STABLE_JACCARD = 0.75
# Starts of a refit. Fewer end in worse optima and make segments look less stable than
# they are; twice as many change the mean similarity by less than 0.03.
REFIT_N_INIT = 10


@dataclass(frozen=True)
class Refit:
    """The segments of a resample of customers.

    Attributes
    ----------
    rows
        The customers that were drawn, each once, rising (drawn,).
    labels
        The segment of each in the refit (drawn,).
    """

    rows: NDArray[np.int64]
    labels: NDArray[np.int64]


def refit_bootstraps(
    matrix: NDArray[np.float64],
    n_segments: int,
    bootstrap_count: int,
    random_state: int,
) -> list[Refit]:
    """Draw as many customers as there are, with replacement, and fit them, repeatedly.

    A customer who is drawn twice weighs twice. The resamples are the same for every
    number of segments, so that only the number differs.

    Parameters
    ----------
    matrix
        Scaled features (customers, features).
    n_segments
        Segments of every refit.
    bootstrap_count
        Number of resamples.
    random_state
        Seed of the draws and of the fits.
    """
    refits = []
    with threadpool_limits(limits=1):
        for number in range(bootstrap_count):
            random = np.random.default_rng([random_state, number])
            drawn = random.integers(len(matrix), size=len(matrix))
            weights = np.bincount(drawn, minlength=len(matrix))
            rows = np.flatnonzero(weights)
            labels = fit_labels(
                matrix[rows],
                n_segments,
                int(random.integers(2**31)),
                weights[rows].astype(np.float64),
            )
            refits.append(Refit(rows, labels))
    return refits


def fit_labels(
    matrix: NDArray[np.float64],
    n_segments: int,
    random_state: int,
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """Cluster customers (customers,) by k-means with `REFIT_N_INIT` starts.

    Where there are no more customers than segments, each customer is a segment.
    """
    if len(matrix) <= n_segments:
        return np.arange(len(matrix))
    model = KMeans(n_segments, n_init=REFIT_N_INIT, random_state=random_state)
    with warnings.catch_warnings():
        # A resample may have fewer distinct customers than segments.
        warnings.simplefilter("ignore", ConvergenceWarning)
        labels: NDArray[np.int64] = model.fit_predict(matrix, sample_weight=weights)
    return labels.astype(np.int64)


def bootstrap_jaccard(
    labels: NDArray[np.int64], n_segments: int, refits: Sequence[Refit]
) -> NDArray[np.float64]:
    """Similarity of each segment to the most similar one of each refit.

    It is the Jaccard similarity among the drawn customers. A segment without a drawn
    customer has similarity 0.

    Parameters
    ----------
    labels
        Segment of each customer, 0 to n_segments - 1 (customers,).
    n_segments
        Number of segments.
    refits
        The result of `refit_bootstraps` for the same customers.

    Returns
    -------
    similarities
        (refits, segments), in [0, 1].
    """
    return np.array(
        [
            jaccard_similarities(
                labels[refit.rows],
                refit.labels,
                n_segments,
                int(refit.labels.max()) + 1,
            ).max(axis=1)
            for refit in refits
        ]
    )
