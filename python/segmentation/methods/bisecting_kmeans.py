"""Bisecting k-means (Steinbach, Karypis and Kumar 2000): split the widest, again.

Each step splits the segment with the greatest inertia by k-means, with as many starts
as the method `kmeans` has.

The method scores a new customer down the tree of its splits, which need not end at the
nearest centroid. The fit therefore measures how many labels centroids reproduce.
"""

import numpy as np

from segmentation.methods import FitInput, Method, Partition


def fit(fit_input: FitInput) -> Partition:
    """Make `n_segments` segments."""
    from sklearn.cluster import BisectingKMeans

    from segmentation.fit.clustering import N_INIT

    n_segments = fit_input.required_n_segments()
    model = BisectingKMeans(
        n_segments, n_init=N_INIT, random_state=fit_input.random_state
    ).fit(fit_input.matrix)
    return Partition(model.labels_.astype(np.int64), n_segments)


METHOD = Method(fit)
