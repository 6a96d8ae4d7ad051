"""Spectral clustering: cut a graph of neighbours where its links are weakest.

Shi and Malik (2000), with the segments read from the eigenvectors by a pivoted QR
factorisation (Damle, Minden and Ying 2019), which needs no random start.

Each customer is linked to their ln(n) nearest customers, rounded up, of n customers in
all (von Luxburg 2007, A tutorial on spectral clustering, section 8.2). A graph with
more connected components than segments does not show which components belong together:
the number of neighbours is then doubled, until there are no more components than
segments.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segmentation.methods import FitInput, Method, Partition

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def fit(fit_input: FitInput) -> Partition:
    """Make `n_segments` segments.

    Raises
    ------
    ValueError
        If there are fewer distinct customers than segments, or no more customers.
    """
    from sklearn.cluster import SpectralClustering

    n_segments = fit_input.required_n_segments()
    if len(fit_input.matrix) == n_segments:
        raise ValueError(
            f"segmentation_method spectral was given {n_segments} customers; expected "
            f"more than n_segments = {n_segments}."
        )
    graph, neighbors = neighbor_graph(fit_input.matrix, n_segments)
    model = SpectralClustering(
        n_segments,
        affinity="precomputed",
        assign_labels="cluster_qr",
        random_state=fit_input.random_state,
    )
    with warnings.catch_warnings():
        # A graph of as many components as segments is what is wanted.
        warnings.filterwarnings("ignore", message="Graph is not fully connected")
        labels = model.fit_predict(graph)
    return Partition(
        labels.astype(np.int64), n_segments, facts={"neighbors": neighbors}
    )


def neighbor_graph(
    matrix: NDArray[np.float64], n_segments: int
) -> tuple[csr_matrix, int]:
    """Graph of neighbours with at most as many components as segments.

    Returns
    -------
    graph, neighbors
        1 for customers who are neighbours of each other, 0.5 where one is of the other
        (customers, customers); the number of neighbours of each.
    """
    from scipy.sparse.csgraph import connected_components
    from sklearn.neighbors import kneighbors_graph

    neighbors = math.ceil(math.log(len(matrix)))
    while True:
        neighbors = min(neighbors, len(matrix) - 1)
        nearest = kneighbors_graph(matrix, neighbors)
        graph = (nearest + nearest.T) / 2
        components, _ = connected_components(graph, directed=False)
        if components <= n_segments:
            return graph, neighbors
        neighbors *= 2


METHOD = Method(fit, is_quadratic=True)
