"""What the density methods, `dbscan` and `hdbscan`, share."""

import math

import numpy as np
from numpy.typing import NDArray

from segmentation.methods import Partition


def minimum_customers(n_customers: int) -> int:
    """Return the least size of a segment among `n_customers`; 2 or more."""
    from segmentation.fit.k_selection import MINIMUM_SEGMENT_SHARE

    return max(2, math.ceil(MINIMUM_SEGMENT_SHARE * n_customers))


def dense_partition(
    name: str, labels: NDArray[np.int64], facts: dict[str, float | str], advice: str
) -> Partition:
    """Make a partition of labels (customers,), -1 for noise.

    Raises
    ------
    ValueError
        If there are fewer than 2 segments; the message ends with `advice`.
    """
    n_segments = int(labels.max()) + 1
    noise = float((labels < 0).mean())
    if n_segments < 2:
        chosen = ", ".join(f"{fact} {value:.4g}" for fact, value in facts.items())
        raise ValueError(
            f"segmentation_method {name} found {n_segments} segments and "
            f"{100 * noise:.1f} % noise among {len(labels)} customers ({chosen}); "
            f"expected at least 2 segments. {advice}"
        )
    return Partition(labels, n_segments, facts={**facts, "noise_share": noise})
