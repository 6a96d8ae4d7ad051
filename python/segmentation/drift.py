"""Measure how far the distribution of a feature moved since a version was fitted.

Imports nothing slow: a build that only scores calls it too.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

MAXIMUM_BINS = 10
# The usual thresholds of the index: no drift below the first, large drift from the
# second on; Siddiqi (2006), Credit Risk Scorecards, page 136.
MODERATE_DRIFT = 0.1
LARGE_DRIFT = 0.25


def learn_bins(
    values: NDArray[np.float64],
    maximum_bins: int = MAXIMUM_BINS,
    minimum_count: int = 1,
) -> NDArray[np.float64]:
    """Upper bounds, inclusive and rising, of all bins of a feature but the last.

    A feature with at most `maximum_bins` distinct values has a bin for each. Else the
    bins end at quantiles, which are values of the feature; equal ones are merged. The
    last bin is open. Every bin holds some of the values, at least `minimum_count` where
    as many are known: smaller ones are merged with the next, the last with the one
    before.

    Parameters
    ----------
    values
        Values of the training customers (customers,); missing ones, NaN, have a bin of
        their own and take no part here.

    Raises
    ------
    ValueError
        If no value is known.
    """
    known: NDArray[np.float64] = values[~np.isnan(values)]
    if known.size == 0:
        raise ValueError(
            f"All {values.size} values are missing; expected a known one to learn bins."
        )
    distinct: NDArray[np.float64] = np.unique(known)
    if distinct.size <= maximum_bins:
        return _merge_small_bins(known, distinct[:-1], minimum_count)
    shares = np.arange(1, maximum_bins) / maximum_bins
    quantiles = np.quantile(known, shares, method="inverted_cdf")
    bounds: NDArray[np.float64] = np.unique(quantiles)
    bounds = bounds[: np.searchsorted(bounds, distinct[-1])]
    return _merge_small_bins(known, bounds, minimum_count)


def _merge_small_bins(
    known: NDArray[np.float64], bounds: NDArray[np.float64], minimum_count: int
) -> NDArray[np.float64]:
    kept: list[float] = []
    inside = 0
    for bound, count in zip(bounds, count_bins(known, bounds)[1:-1], strict=True):
        inside += count
        if inside >= minimum_count:
            kept.append(bound)
            inside = 0
    if kept and (known > kept[-1]).sum() < minimum_count:
        kept.pop()
    return np.array(kept, dtype=np.float64)


def count_bins(
    values: NDArray[np.float64], upper_bounds: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Count values (customers,) in bins (bins + 1,); the first bin is for NaN."""
    is_missing = np.isnan(values)
    numbers = np.searchsorted(upper_bounds, values[~is_missing], side="left")
    counts = np.bincount(numbers, minlength=len(upper_bounds) + 1)
    return np.concatenate([[is_missing.sum()], counts]).astype(np.int64)


def population_stability_index(
    expected_counts: ArrayLike, actual_counts: ArrayLike
) -> NDArray[np.float64]:
    """Sum over bins of (actual - expected share) x ln(actual / expected share).

    Parameters
    ----------
    expected_counts, actual_counts
        As for `stability_contributions`.

    Returns
    -------
    index
        (...,), at least 0; NaN where a side has no customers.
    """
    index: NDArray[np.float64] = stability_contributions(
        expected_counts, actual_counts
    ).sum(axis=-1)
    return index


def stability_contributions(
    expected_counts: ArrayLike, actual_counts: ArrayLike
) -> NDArray[np.float64]:
    """Each bin's term of the population stability index.

    A bin that is empty on both sides is no bin, so features with different numbers of
    bins can be padded with zeros. Where a bin is empty on one side only, 0.5 is added
    to every count of both sides (the Haldane-Anscombe correction, as for an odds
    ratio): the logarithm of nothing is infinite.

    Parameters
    ----------
    expected_counts, actual_counts
        Customers in each bin then and now, (..., bins), for any number of features.

    Returns
    -------
    contributions
        (..., bins), each at least 0; NaN where a side has no customers.

    Raises
    ------
    ValueError
        If the shapes differ or a count is negative.
    """
    expected, actual = _counts(expected_counts, actual_counts)
    is_bin = (expected > 0) | (actual > 0)
    is_empty = is_bin & ((expected == 0) | (actual == 0))
    correction = np.where(is_bin & is_empty.any(axis=-1, keepdims=True), 0.5, 0.0)
    has_customers = (expected.sum(axis=-1, keepdims=True) > 0) & (
        actual.sum(axis=-1, keepdims=True) > 0
    )
    shares = []
    for counts in (expected, actual):
        corrected = counts + correction
        total = corrected.sum(axis=-1, keepdims=True)
        # A position without a bin has the same share on both sides and adds nothing.
        shares.append(
            np.where(is_bin, corrected, 1.0) / np.where(total > 0, total, 1.0)
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = (shares[1] - shares[0]) * np.log(shares[1] / shares[0])
    return np.where(has_customers, np.where(is_bin, terms, 0.0), np.nan)


def drift_p_value(
    expected_counts: ArrayLike, actual_counts: ArrayLike
) -> NDArray[np.float64]:
    """Probability that two samples of one population drift apart as far or farther.

    For independent samples of n and m customers from one population PSI / (1 / n + 1 /
    m) is chi-square with bins - 1 degrees of freedom: Yurdakul (2018), Statistical
    Properties of Population Stability Index, dissertation, Western Michigan University.
    It does not hold where the samples share customers.

    Parameters
    ----------
    expected_counts, actual_counts
        As for `stability_contributions`.

    Returns
    -------
    p_value
        (...,), in [0, 1]; NaN where a side has no customers or there is one bin.
    """
    from scipy.special import chdtrc

    expected, actual = _counts(expected_counts, actual_counts)
    degrees = ((expected > 0) | (actual > 0)).sum(axis=-1) - 1
    index = population_stability_index(expected, actual)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = 1 / expected.sum(axis=-1) + 1 / actual.sum(axis=-1)
        p_value = chdtrc(np.maximum(degrees, 1), index / variance)
    return np.where((degrees > 0) & np.isfinite(index), p_value, np.nan)


def drift_level(index: float) -> str | None:
    """`none`, `moderate` or `large`; None where there is no index."""
    if np.isnan(index):
        return None
    if index < MODERATE_DRIFT:
        return "none"
    return "moderate" if index < LARGE_DRIFT else "large"


def measure_drift(bin_counts: pd.DataFrame) -> pd.DataFrame:
    """Measure the drift of variables from counts of customers in their bins.

    Parameters
    ----------
    bin_counts
        One row per observation_date, variable_name and bin_number: customers on the
        date and training_customers.

    Returns
    -------
    drift
        The rows in the order of their keys, which they keep, with the bin's
        `contribution` to the index and, equal in all bins of a variable on a date,
        `population_stability_index`, `p_value` and `drift_level`; missing where a
        side has no customers.
    """
    keys = ["observation_date", "variable_name"]
    ordered = bin_counts.sort_values([*keys, "bin_number"], ignore_index=True)
    row = ordered.groupby(keys, sort=False).ngroup().to_numpy()
    column = ordered.groupby(keys, sort=False).cumcount().to_numpy()
    # A rectangle: variables with fewer bins have empty ones at the end.
    shape = (row.max(initial=-1) + 1, column.max(initial=-1) + 1)
    expected, actual = np.zeros(shape), np.zeros(shape)
    expected[row, column] = ordered["training_customers"]
    actual[row, column] = ordered["customers"]
    index = population_stability_index(expected, actual)
    levels = np.array([drift_level(value) for value in index], dtype=object)
    return ordered[[*keys, "bin_number"]].assign(
        contribution=stability_contributions(expected, actual)[row, column],
        population_stability_index=index[row],
        p_value=drift_p_value(expected, actual)[row],
        drift_level=levels[row],
    )


def _counts(
    expected_counts: ArrayLike, actual_counts: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Check counts and return them as arrays of float."""
    expected, actual = (
        np.asarray(counts, dtype=np.float64)
        for counts in (expected_counts, actual_counts)
    )
    if expected.shape != actual.shape or expected.ndim == 0:
        raise ValueError(
            f"The counts have shapes {expected.shape} and {actual.shape}; expected the "
            "same bins twice."
        )
    if (expected < 0).any() or (actual < 0).any():
        raise ValueError("A count is negative; expected 0 or more.")
    return expected, actual
