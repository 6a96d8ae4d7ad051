"""A mixture of normal distributions with diagonal covariances: oval segments.

Where `n_segments` is `auto`, the number of components is that of `k_range` with the
least Bayesian information criterion (Schwarz 1978; Fraley and Raftery 2002), among
those whose segments all have `MINIMUM_SEGMENT_SHARE` of the customers; where there are
none, among those whose components all have a customer.

Every number is fitted `N_INIT` times on the customers of `selection_rows`, and the best
fit of the chosen number goes on from where it ended with all of them. Customers who are
alike in a feature, such as those who never bought, may be a component without variance;
scikit-learn adds 1e-6 to every variance, so hardly any other customer is in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segmentation.methods import FitInput, Method, Partition
from segmentation.score.quadratic import QuadraticScorer

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture

# Starts end in different optima, as those of k-means do.
N_INIT = 10
# Far more than any fit needs: the tolerance decides where it stops.
MAX_ITER = 1000


def fit(fit_input: FitInput) -> Partition:
    """Fit `n_segments` components, or as many as the criterion selects.

    Raises
    ------
    ValueError
        If there are fewer distinct customers than components.
    """
    from segmentation.fit.clustering import check_distinct
    from segmentation.fit.k_selection import SelectionSettings, selection_rows

    settings = SelectionSettings.from_mapping(fit_input.settings)
    sample = fit_input.matrix[selection_rows(len(fit_input.matrix), settings)]
    first, last = settings.k_range
    if fit_input.n_segments is not None:
        first = last = fit_input.required_n_segments()
    check_distinct(sample, first)
    last = min(last, len(np.unique(sample, axis=0)))
    mixtures = [
        fit_mixture(sample, number, fit_input.random_state)
        for number in range(first, last + 1)
    ]
    criteria = [float(mixture.bic(sample)) for mixture in mixtures]
    chosen = mixtures[choose(criteria, [smallest_share(m, sample) for m in mixtures])]
    if len(sample) < len(fit_input.matrix):
        chosen = go_on(chosen, fit_input.matrix)

    return Partition(
        labels=chosen.predict(fit_input.matrix).astype(np.int64),
        n_segments=len(chosen.weights_),
        scorer=scorer_of(chosen),
        facts={
            f"bic_of_{len(mixture.weights_)}": criterion
            for mixture, criterion in zip(mixtures, criteria, strict=True)
        },
    )


def fit_mixture(
    matrix: NDArray[np.float64], n_components: int, random_state: int
) -> GaussianMixture:
    """Fit a mixture to scaled features (customers, features), from several starts."""
    from sklearn.mixture import GaussianMixture

    return GaussianMixture(
        n_components,
        covariance_type="diag",
        n_init=N_INIT,
        max_iter=MAX_ITER,
        random_state=random_state,
    ).fit(matrix)


def go_on(mixture: GaussianMixture, matrix: NDArray[np.float64]) -> GaussianMixture:
    """Fit a mixture to more customers (customers, features), from where it ended."""
    from sklearn.mixture import GaussianMixture

    return GaussianMixture(
        len(mixture.weights_),
        covariance_type="diag",
        max_iter=MAX_ITER,
        weights_init=mixture.weights_,
        means_init=mixture.means_,
        precisions_init=mixture.precisions_,
        random_state=0,
    ).fit(matrix)


def smallest_share(mixture: GaussianMixture, matrix: NDArray[np.float64]) -> float:
    """Share of customers (customers, features) in the rarest component."""
    sizes = np.bincount(mixture.predict(matrix), minlength=len(mixture.weights_))
    return float(sizes.min() / len(matrix))


def choose(criteria: Sequence[float], smallest_shares: Sequence[float]) -> int:
    """Position of the least criterion among those with large enough segments."""
    from segmentation.fit.k_selection import MINIMUM_SEGMENT_SHARE

    for minimum in (MINIMUM_SEGMENT_SHARE, np.nextafter(0, 1), 0):
        allowed = np.where(np.array(smallest_shares) >= minimum, criteria, np.inf)
        if np.isfinite(allowed).any():
            break
    return int(allowed.argmin())


def scorer_of(mixture: GaussianMixture) -> QuadraticScorer:
    """Score by the negative logarithm of weight times density, without constants.

    For component k with weight w, means m and variances v it is

        sum over features of (x - m)^2 / (2 v), plus sum of ln(v) / 2 - ln(w)
    """
    variances = mixture.covariances_
    return QuadraticScorer(
        centers=mixture.means_,
        curvatures=1 / (2 * variances),
        slopes=np.zeros_like(variances),
        intercepts=np.log(variances).sum(axis=1) / 2 - np.log(mixture.weights_),
    )


METHOD = Method(fit, selects_k="if_auto")
