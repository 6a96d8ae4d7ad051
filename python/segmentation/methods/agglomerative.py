"""Agglomerative clustering (Ward 1963): merge the pair that adds least inertia.

It is fitted on at most `selection_sample_rows` customers, because it compares all
pairs.
"""

import numpy as np

from segmentation.methods import FitInput, Method, Partition


def fit(fit_input: FitInput) -> Partition:
    """Make `n_segments` segments."""
    from sklearn.cluster import AgglomerativeClustering

    n_segments = fit_input.required_n_segments()
    model = AgglomerativeClustering(n_segments, linkage="ward").fit(fit_input.matrix)
    return Partition(model.labels_.astype(np.int64), n_segments)


METHOD = Method(fit, is_quadratic=True)
