"""How likely a campaign with a control group shows the effect that it has."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray


def power_of_shares(
    control_share: ArrayLike,
    effect: ArrayLike,
    treated: ArrayLike,
    control: ArrayLike,
    *,
    confidence_level: float,
) -> NDArray[np.float64]:
    """Probability that a test of two shares finds the effect.

    Of the two-sided chi-square test of two independent shares, by the normal
    approximation with the pooled variance under no effect and the two variances under
    the effect: Fleiss, J. L., Levin, B. and Paik, M. C. (2003), Statistical Methods for
    Rates and Proportions, third edition, chapter 4.

    Parameters
    ----------
    control_share
        Share of customers who buy without the campaign, (...,), in [0, 1].
    effect
        By how much the share is higher with it, (...,).
    treated, control
        Customers of the arms, (...,).
    confidence_level
        One less the share of campaigns without an effect that the test finds one in.

    Returns
    -------
    power
        (...,), in [0, 1]; NaN where a share is not known, the share with the effect is
        none in [0, 1], or an arm is empty.
    """
    from scipy.special import ndtr, ndtri

    base, change, n_treated, n_control = (
        np.asarray(values, dtype=np.float64)
        for values in (control_share, effect, treated, control)
    )
    share = base + change
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (n_treated * share + n_control * base) / (n_treated + n_control)
        without = np.sqrt(pooled * (1 - pooled) * (1 / n_treated + 1 / n_control))
        given = np.sqrt(share * (1 - share) / n_treated + base * (1 - base) / n_control)
        bound = ndtri((1 + confidence_level) / 2) * without
        power = ndtr((change - bound) / given) + ndtr((-change - bound) / given)
    is_known = (share >= 0) & (share <= 1) & (np.minimum(n_treated, n_control) > 0)
    return np.where(is_known, power, np.nan)


def measure_power(counts: pd.DataFrame, *, confidence_level: float) -> pd.DataFrame:
    """Compute the power of every campaign in every segment, and over all customers.

    Parameters
    ----------
    counts
        One row per campaign_id and segment_id (missing: all customers, is_overall) with
        customers, customers_held_out, buyer_share and expected_effect.

    Returns
    -------
    power
        The keys in their order, with power.
    """
    ordered = counts.sort_values(
        ["campaign_id", "is_overall", "segment_id"], ignore_index=True
    )
    held_out = ordered["customers_held_out"].to_numpy(np.float64)
    return ordered[["campaign_id", "segment_id", "is_overall"]].assign(
        power=power_of_shares(
            ordered["buyer_share"].to_numpy(np.float64),
            ordered["expected_effect"].to_numpy(np.float64),
            ordered["customers"].to_numpy(np.float64) - held_out,
            held_out,
            confidence_level=confidence_level,
        )
    )
