"""Agglomerative clustering (Ward 1963): join the two whose join adds least inertia.

It is given no more than `selection_sample_rows` customers: all pairs of them are
compared.
"""

import numpy as np

from segmentation.methods import FitInput, Method, Partition


def fit(fit_input: FitInput) -> Partition:
    """Make as many segments as the problem says."""
    from sklearn.cluster import AgglomerativeClustering

    n_segments = fit_input.required_n_segments()
    model = AgglomerativeClustering(n_segments, linkage="ward").fit(fit_input.matrix)
    return Partition(model.labels_.astype(np.int64), n_segments)


METHOD = Method(fit, is_quadratic=True)
