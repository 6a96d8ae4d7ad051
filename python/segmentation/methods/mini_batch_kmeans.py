"""K-means on batches of customers (Sculley 2010), for too many to fit at once.

It compares as many starts as k-means has, and continues only from the best one. The
rest is the default of scikit-learn: batches of 1024 customers, until ten in a row do
not improve the inertia.
"""

import numpy as np

from segmentation.methods import FitInput, Method, Partition
from segmentation.score.quadratic import QuadraticScorer


def fit(fit_input: FitInput) -> Partition:
    """Make `n_segments` segments."""
    from sklearn.cluster import MiniBatchKMeans

    from segmentation.fit.clustering import N_INIT

    model = MiniBatchKMeans(
        fit_input.required_n_segments(),
        n_init=N_INIT,
        random_state=fit_input.random_state,
    ).fit(fit_input.matrix)
    return Partition(
        labels=model.labels_.astype(np.int64),
        n_segments=len(model.cluster_centers_),
        scorer=QuadraticScorer.nearest_centroid(model.cluster_centers_),
    )


METHOD = Method(fit)
