"""K-means on batches of customers (Sculley 2010), for when all of them are too many.

Of as many starts as k-means has, it goes on only from the one that is best to begin
with. What is not said here is as scikit-learn has it: batches of 1024 customers, until
ten of them in a row bring no better inertia.
"""

import numpy as np

from segmentation.methods import FitInput, Method, Partition
from segmentation.score.quadratic import QuadraticScorer


def fit(fit_input: FitInput) -> Partition:
    """Make as many segments as the problem says."""
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
