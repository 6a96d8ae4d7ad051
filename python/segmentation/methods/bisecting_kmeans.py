"""Bisecting k-means (Steinbach, Karypis and Kumar 2000): halve the widest, again.

Of the segments so far the one with the greatest inertia is divided in two by k-means,
which starts as often as k-means itself does.

Whoever is new walks down the tree of the divisions, which need not end at the nearest
centroid: how far centroids follow is measured.
"""

import numpy as np

from segmentation.methods import FitInput, Method, Partition


def fit(fit_input: FitInput) -> Partition:
    """Make as many segments as the problem says."""
    from sklearn.cluster import BisectingKMeans

    from segmentation.fit.clustering import N_INIT

    n_segments = fit_input.required_n_segments()
    model = BisectingKMeans(
        n_segments, n_init=N_INIT, random_state=fit_input.random_state
    ).fit(fit_input.matrix)
    return Partition(model.labels_.astype(np.int64), n_segments)


METHOD = Method(fit)
