"""Agglomerative clustering (Ward 1963): join the two whose join adds least inertia.

It is given no more than `selection_sample_rows` customers: all pairs of them are
compared.
"""

import numpy as np
from sklearn.cluster import AgglomerativeClustering

from segmentation.methods import Division, Method, Problem


def divide(problem: Problem) -> Division:
    """Make as many segments as the problem says."""
    n_segments = problem.number()
    model = AgglomerativeClustering(n_segments, linkage="ward").fit(problem.matrix)
    return Division(model.labels_.astype(np.int64), n_segments)


METHOD = Method(divide, grows_with_square=True)
