"""HDBSCAN (Campello, Moulavi and Sander 2013): DBSCAN at all distances at once.

`min_cluster_size` is the number of customers that a segment must have at least
(`MINIMUM_SEGMENT_SHARE` of them), and so is `min_samples`, which is the default of
scikit-learn. It keeps the segments of its tree that persist longest.

The number of segments follows, whatever `n_segments` says.
"""

import numpy as np

from segmentation.methods import FitInput, Method, Partition
from segmentation.methods.density import dense_partition, minimum_customers

ADVICE = (
    "No segments persist longer than all customers together: choose other "
    "segmentation_features or another method."
)


def fit(fit_input: FitInput) -> Partition:
    """Find the dense segments, at any density."""
    from sklearn.cluster import HDBSCAN

    min_cluster_size = minimum_customers(len(fit_input.matrix))
    model = HDBSCAN(min_cluster_size=min_cluster_size, copy=True).fit(fit_input.matrix)
    return dense_partition(
        "hdbscan",
        model.labels_.astype(np.int64),
        {"min_cluster_size": min_cluster_size},
        ADVICE,
    )


METHOD = Method(fit, selects_k="always", is_quadratic=True)
