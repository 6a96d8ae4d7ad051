"""DBSCAN (Ester, Kriegel, Sander and Xu 1996): chains of dense customers.

A customer is dense with `min_samples` customers within a distance, the customer
included. A customer who is within that distance of no dense customer is noise. Rules
select both parameters:

- `min_samples` is the number of customers that a segment must have at least
  (`MINIMUM_SEGMENT_SHARE` of them), and never under 2 x features, the rule of Sander,
  Ester, Kriegel and Xu (1998). That alone finds many tiny segments among thousands of
  customers; Schubert, Sander, Ester, Kriegel and Xu (2017) advise more for large data.
- The distance is at the knee of the sorted distances of all customers from the last of
  their `min_samples` nearest customers: where the curve is farthest from its chord
  (Satopaa, Albrecht, Irwin and Raghavan 2011). Customers with so many twins that their
  distance is 0 are left out.

The number of segments follows, whatever `n_segments` says.
"""

import numpy as np
from numpy.typing import NDArray

from segmentation.methods import FitInput, Method, Partition
from segmentation.methods.density import dense_partition, minimum_customers

ADVICE = (
    "There are no gaps between customers in these features: choose other "
    "segmentation_features or another method."
)


def fit(fit_input: FitInput) -> Partition:
    """Select the distance and find the dense segments."""
    from sklearn.cluster import DBSCAN

    n_customers, n_features = fit_input.matrix.shape
    min_samples = max(2 * n_features, minimum_customers(n_customers))
    distance = knee_distance(fit_input.matrix, min_samples)
    model = DBSCAN(eps=distance, min_samples=min_samples).fit(fit_input.matrix)
    return dense_partition(
        "dbscan",
        model.labels_.astype(np.int64),
        {"min_samples": min_samples, "distance": distance},
        ADVICE,
    )


def knee_distance(matrix: NDArray[np.float64], min_samples: int) -> float:
    """Distance at the knee of the sorted distances from the nearest customers.

    Parameters
    ----------
    matrix
        Scaled features (customers, features).
    min_samples
        How many nearest customers count, the customer included.

    Raises
    ------
    ValueError
        If there are fewer customers, or all have that many twins.
    """
    from sklearn.neighbors import NearestNeighbors

    if len(matrix) < min_samples:
        raise ValueError(
            f"segmentation_method dbscan was given {len(matrix)} customers; expected "
            f"at least min_samples = {min_samples}."
        )
    neighbors = NearestNeighbors(n_neighbors=min_samples).fit(matrix)
    distances = np.sort(neighbors.kneighbors(matrix)[0][:, -1])
    distances = distances[distances > 0]
    if distances.size == 0:
        raise ValueError(
            f"segmentation_method dbscan: each of the {len(matrix)} customers has at "
            f"least {min_samples - 1} twins in all features; expected some without. "
            "Choose more segmentation_features or another method."
        )
    chord = np.linspace(distances[0], distances[-1], distances.size)
    return float(distances[(chord - distances).argmax()])


METHOD = Method(fit, selects_k="always", is_quadratic=True)
