"""HDBSCAN (Campello, Moulavi and Sander 2013): DBSCAN at all distances at once.

`min_cluster_size` is the number of customers that a segment must have at least
(`MINIMUM_SEGMENT_SHARE` of them), and so is `min_samples`, as scikit-learn has it where
nothing is said. Of the tree of segments those are kept that last longest.

The number of segments follows, whatever `n_segments` says.
"""

import numpy as np
from sklearn.cluster import HDBSCAN

from segmentation.methods import Division, Method, Problem
from segmentation.methods.density import dense_division, minimum_customers

ADVICE = (
    "No division of the customers lasts longer than all of them together: choose other "
    "segmentation_features or another method."
)


def divide(problem: Problem) -> Division:
    """Find what is dense, however dense that is."""
    min_cluster_size = minimum_customers(len(problem.matrix))
    model = HDBSCAN(min_cluster_size=min_cluster_size, copy=True).fit(problem.matrix)
    return dense_division(
        "hdbscan",
        model.labels_.astype(np.int64),
        {"min_cluster_size": min_cluster_size},
        ADVICE,
    )


METHOD = Method(
    divide, chooses_number=True, grows_with_square=True, ignores_n_segments=True
)
