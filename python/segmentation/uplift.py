"""Test whether a campaign's treated customers did better than its control group."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

ARMS = ("treated", "control")
OUTCOMES = ("conversion", "spend")
# Below this least expected count the chi-square distribution is no approximation:
# Campbell (2007), see conversion_p_value.
MINIMUM_EXPECTED_COUNT = 1.0
# The same where a table has more than two rows: see split_p_value.
MINIMUM_EXPECTED_OF_SEGMENT = 5.0
# Of so many fair splits one at most is called unbalanced. It is fewer than of findings,
# because a whole campaign is lost with it.
UNBALANCED_SHARE = 0.01


def conversion_p_value(
    conversions: ArrayLike, customers: ArrayLike
) -> NDArray[np.float64]:
    """Probability that two shares differ as much or more by chance alone.

    Two-sided. Pearson's chi-square times (n - 1) / n where every expected count is at
    least 1, else the exact test of Fisher and Irwin: Campbell, I. (2007), Chi-squared
    and Fisher-Irwin tests of two-by-two tables with small sample recommendations,
    Statistics in Medicine 26.

    Parameters
    ----------
    conversions
        Treated and control customers who converted, (2, ...).
    customers
        Customers of the same arms, (2, ...), at least 1.

    Returns
    -------
    p_value
        (...,), in [0, 1]; 1 where all or none converted.

    Raises
    ------
    ValueError
        If an arm is empty, or more customers converted than there are.
    """
    from scipy.special import chdtrc

    converted, size = _of_two_arms(conversions), _of_two_arms(customers)
    if (size < 1).any() or ((converted < 0) | (converted > size)).any():
        raise ValueError(
            f"Of {size.tolist()} customers {converted.tolist()} converted; expected at "
            "least one customer in each arm, and no more conversions than customers."
        )
    total = size.sum(axis=0)
    share = converted.sum(axis=0) / total
    variance = share * (1 - share) * (1 / size).sum(axis=0)
    difference = np.subtract(*(converted / size))
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = difference**2 / variance * (total - 1) / total
    p_value = np.asarray(np.where(variance > 0, chdtrc(1, statistic), 1.0))
    expected = np.minimum(share, 1 - share) * size.min(axis=0)
    is_small = (variance > 0) & (expected < MINIMUM_EXPECTED_COUNT)
    p_value[is_small] = _fisher_p_values(converted[:, is_small], size[:, is_small])
    return p_value


def spend_p_value(
    means: ArrayLike, deviations: ArrayLike, customers: ArrayLike
) -> NDArray[np.float64]:
    """Probability that two means differ as much or more by chance alone.

    Two-sided test of Welch, B. L. (1947), The generalization of Student's problem when
    several different population variances are involved, Biometrika 34: the arms need
    not spread equally.

    Parameters
    ----------
    means
        Mean spend of the treated and the control customers, (2, ...).
    deviations
        Standard deviations of the same arms, divided by n - 1, (2, ...).
    customers
        Customers of the same arms, (2, ...), at least 2.

    Returns
    -------
    p_value
        (...,), in [0, 1]. Where neither arm varies it is 1 for equal means, and NaN for
        other means, which then have no test.

    Raises
    ------
    ValueError
        If an arm has fewer than two customers.
    """
    from scipy.special import stdtr

    size = _of_two_arms(customers)
    if (size < 2).any():
        raise ValueError(
            f"The arms have {size.tolist()} customers; expected at least two in each "
            "to see how they vary."
        )
    squared_errors = _of_two_arms(deviations) ** 2 / size
    variance = squared_errors.sum(axis=0)
    difference = np.subtract(*_of_two_arms(means))
    with np.errstate(divide="ignore", invalid="ignore"):
        degrees = variance**2 / (squared_errors**2 / (size - 1)).sum(axis=0)
        p_value = 2 * stdtr(degrees, -np.abs(difference) / np.sqrt(variance))
    return np.where(variance > 0, p_value, np.where(difference == 0, 1.0, np.nan))


def holm_adjusted(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values so that one below 0.05 is wrong in at most 5 % of families.

    Holm, S. (1979), A simple sequentially rejective multiple test procedure,
    Scandinavian Journal of Statistics 6: the smallest of m is multiplied by m, the next
    by m - 1, and none is below the one before it. The tests may depend on each other.

    Parameters
    ----------
    p_values
        (tests,); NaN where there is no test, which then does not count.
    """
    given = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(given.shape, np.nan)
    tests = np.flatnonzero(~np.isnan(given))
    order = tests[np.argsort(given[tests], kind="stable")]
    multiplied = given[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(multiplied), 1)
    return adjusted


def heterogeneity_p_value(differences: ArrayLike, variances: ArrayLike) -> float:
    """How often chance alone scatters the effects of segments that far, or farther.

    Cochran's Q: the squared distances of the differences from their mean, each divided
    by its variance, the mean being weighted by the inverse variances. If every segment
    has the same effect, their sum is chi-square distributed with one degree of freedom
    less than there are segments: Cochran, W. G. (1954), The combination of estimates
    from different experiments, Biometrics 10.

    Parameters
    ----------
    differences
        Treated less control of each segment, (segments,).
    variances
        Squared standard errors of the same differences; a segment with none, in which
        nobody varies, cannot be weighted and takes no part.

    Returns
    -------
    p_value
        In [0, 1]; NaN with fewer than two segments.
    """
    from scipy.special import chdtrc

    variance = np.asarray(variances, dtype=np.float64)
    weights = 1 / variance[variance > 0]
    if len(weights) < 2:
        return float("nan")
    effects = np.asarray(differences, dtype=np.float64)[variance > 0]
    centre = np.average(effects, weights=weights)
    return float(chdtrc(len(weights) - 1, (weights * (effects - centre) ** 2).sum()))


def cuped_difference(
    means: ArrayLike,
    deviations: ArrayLike,
    before_means: ArrayLike,
    before_deviations: ArrayLike,
    covariances: ArrayLike,
    *,
    customers: ArrayLike,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Adjust the difference of two arms by a number known before the treatment.

    Of the difference of the outcome that part is taken off which the difference of the
    number, left by the draw of the arms, explains: Deng, A., Xu, Y., Kohavi, R. and
    Walker, T. (2013), Improving the sensitivity of online controlled experiments by
    utilizing pre-experiment data, WSDM '13. Its slope theta is estimated over both
    arms, each around its own mean, so that the effect itself is no part of it.

    Parameters
    ----------
    means, deviations
        Of the outcome, of the treated and the control customers, (2, ...); deviations
        are divided by n - 1.
    before_means, before_deviations
        The same of the number known before.
    covariances
        Of both in each arm, divided by n - 1, (2, ...).
    customers
        Customers of the same arms, (2, ...).

    Returns
    -------
    difference, standard_error
        Treated less control, (...,), and its standard error. NaN where an arm has fewer
        than two customers, or an outcome that does not vary (none who converts is no
        certainty that none does), or where nobody varied before.
    """
    size = _of_two_arms(customers)
    squares = _of_two_arms(deviations) ** 2
    before_squares = _of_two_arms(before_deviations) ** 2
    covariance = _of_two_arms(covariances)
    with np.errstate(divide="ignore", invalid="ignore"):
        theta = ((size - 1) * covariance).sum(axis=0)
        theta = theta / ((size - 1) * before_squares).sum(axis=0)
        residual = squares + theta**2 * before_squares - 2 * theta * covariance
        variance = (np.maximum(residual, 0) / size).sum(axis=0)
    difference = np.subtract(*_of_two_arms(means))
    difference = difference - theta * np.subtract(*_of_two_arms(before_means))
    is_known = np.isfinite(theta) & (squares > 0).all(axis=0) & (size > 1).all(axis=0)
    return (
        np.where(is_known, difference, np.nan),
        np.where(is_known, np.sqrt(variance), np.nan),
    )


def measure_significance(arms: pd.DataFrame) -> pd.DataFrame:
    """Test both outcomes of every campaign in every segment, and in all customers.

    Parameters
    ----------
    arms
        One row per campaign_id, segment_id (missing: all customers) and outcome that
        can be compared, with is_overall, is_large_enough and, for both ARMS,
        <arm>_customers, <arm>_mean and <arm>_deviation, of spend before the contact
        <arm>_before_mean and <arm>_before_deviation, and its <arm>_covariance with the
        outcome.

    Returns
    -------
    tests
        The keys in their order, with p_value and adjusted_p_value. The rows of a
        campaign over all customers are one family of tests, those of its segments
        another. heterogeneity_p_value is of the segments that are large enough, the
        same in all rows of a campaign and outcome. cuped_difference and
        cuped_standard_error are adjusted by spend before the contact.

    Raises
    ------
    ValueError
        If an outcome is none of OUTCOMES.
    """
    unknown = set(arms["outcome"]) - set(OUTCOMES)
    if unknown:
        raise ValueError(
            f"The outcomes {sorted(unknown)} have no test; expected {OUTCOMES}."
        )
    ordered = arms.sort_values(
        ["campaign_id", "outcome", "segment_id"], ignore_index=True
    )
    customers, means, deviations = (
        _columns_of_arms(ordered, column)
        for column in ("customers", "mean", "deviation")
    )
    p_value = np.full(len(ordered), np.nan)
    is_share = (ordered["outcome"] == "conversion").to_numpy()
    p_value[is_share] = conversion_p_value(
        np.rint(means * customers)[:, is_share], customers[:, is_share]
    )
    # A single customer has no standard deviation.
    is_amount = ~is_share & (customers > 1).all(axis=0)
    p_value[is_amount] = spend_p_value(
        means[:, is_amount], deviations[:, is_amount], customers[:, is_amount]
    )
    tests = ordered[["campaign_id", "segment_id", "outcome"]].assign(p_value=p_value)
    families = [ordered["campaign_id"], ordered["is_overall"]]
    tests["adjusted_p_value"] = tests.groupby(families)["p_value"].transform(
        holm_adjusted
    )
    effects = tests[["campaign_id", "outcome"]].assign(
        difference=np.subtract(*means),
        variance=_difference_variances(is_share, means, deviations, customers),
    )
    is_overall = ordered["is_overall"].to_numpy(bool)
    is_segment = ordered["is_large_enough"].to_numpy(bool) & ~is_overall
    scatter = {
        keys: heterogeneity_p_value(group["difference"], group["variance"])
        for keys, group in effects[is_segment].groupby(["campaign_id", "outcome"])
    }
    keys = zip(tests["campaign_id"], tests["outcome"], strict=True)
    tests["heterogeneity_p_value"] = [scatter.get(key, np.nan) for key in keys]
    before = (
        _columns_of_arms(ordered, column)
        for column in ("before_mean", "before_deviation", "covariance")
    )
    tests["cuped_difference"], tests["cuped_standard_error"] = cuped_difference(
        means, deviations, *before, customers=customers
    )
    return tests


def _difference_variances(
    is_share: NDArray[np.bool_],
    means: NDArray[np.float64],
    deviations: NDArray[np.float64],
    customers: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Squared standard errors (rows,) of treated less control, of arms (2, rows).

    Shares with one conversion and one that is none more in each arm, so that none of
    ten is not taken for certain: Agresti, A. and Caffo, B. (2000), Simple and effective
    confidence intervals for proportions and differences of proportions, The American
    Statistician 54.
    """
    shares = (means * customers + 1) / (customers + 2)
    of_shares = shares * (1 - shares) / (customers + 2)
    variances = np.where(is_share, of_shares, deviations**2 / customers)
    return np.asarray(variances.sum(axis=0))


def split_p_value(customers: ArrayLike) -> float:
    """How often chance alone splits segments that unevenly between two arms, or more.

    Pearson's chi-square test of whether arm and segment are independent. Segments of
    which fewer than five customers are expected in an arm count together: Cochran, W.
    G. (1954), Some methods for strengthening the common chi-square tests, Biometrics
    10.

    Parameters
    ----------
    customers
        Treated and control customers of each segment, (segments, 2).

    Returns
    -------
    p_value
        In [0, 1]; NaN if an arm is empty, or fewer than two segments are large enough.
    """
    from scipy.special import chdtrc

    counts = _with_small_segments_together(np.asarray(customers, dtype=np.float64))
    if len(counts) < 2:
        return float("nan")
    expected = _expected(counts)
    statistic = ((counts - expected) ** 2 / expected).sum()
    return float(chdtrc(len(counts) - 1, statistic))


def control_share_p_value(
    control: float, customers: float, planned_share: float
) -> float:
    """How often a draw by a planned share gives that many controls, or fewer or more.

    The two-sided exact binomial test.

    Parameters
    ----------
    control, customers
        Control customers, and all of both arms.
    planned_share
        Share of customers to hold out; NaN if none was planned.

    Returns
    -------
    p_value
        In [0, 1]; NaN if no share was planned.
    """
    if np.isnan(planned_share):
        return float("nan")
    from scipy.stats import binomtest

    return float(binomtest(int(control), int(customers), planned_share).pvalue)


def measure_balance(arms: pd.DataFrame) -> pd.DataFrame:
    """Test whether the arms of each campaign were alike before its first contact.

    Parameters
    ----------
    arms
        One row per campaign_id and segment_id (missing: customers without a segment),
        and one per campaign over all customers (is_overall), with, for both ARMS,
        <arm>_customers, <arm>_spend_before_mean and _deviation, and
        <arm>_spend_rank_mean and _deviation, of the ranks of all customers of the
        campaign by spend before the contact; missing where spend is not recorded; and
        holdout_share, the planned share of controls, missing where there is none.

    Returns
    -------
    balance
        One row per campaign_id, in order: segment_balance_p_value (of split_p_value);
        spend_before_p_value, of spend_p_value for ranks, which a few customers who
        spend most do not decide, missing where nobody varies: Conover, W. J. and Iman,
        R. L. (1981), Rank transformations as a bridge between parametric and
        nonparametric statistics, The American Statistician 35;
        spend_before_difference, treated less control in standard deviations, the root
        of the mean of both variances: Austin, P. C. (2009), Balance diagnostics for
        comparing the distribution of baseline covariates between treatment groups,
        Statistics in Medicine 28; control_share_p_value, of the function of that name;
        is_balanced, whether the smallest p-value, adjusted by holm_adjusted, is
        UNBALANCED_SHARE or more, missing where all are.
    """
    ordered = arms.sort_values("campaign_id", ignore_index=True)
    is_overall = ordered["is_overall"].to_numpy(bool)
    balance = ordered.loc[is_overall, ["campaign_id"]].reset_index(drop=True)
    customers, means, deviations, rank_means, rank_deviations = (
        _columns_of_arms(ordered[is_overall], column)
        for column in (
            "customers",
            "spend_before_mean",
            "spend_before_deviation",
            "spend_rank_mean",
            "spend_rank_deviation",
        )
    )
    counts = ordered[~is_overall].groupby("campaign_id")[
        [f"{arm}_customers" for arm in ARMS]
    ]
    by_campaign = {name: split_p_value(group) for name, group in counts}
    balance["segment_balance_p_value"] = [
        by_campaign.get(name, np.nan) for name in balance["campaign_id"]
    ]
    deviation = np.sqrt((deviations**2).mean(axis=0))
    is_known = (customers > 1).all(axis=0) & (deviation > 0)
    p_value, difference = np.full((2, len(balance)), np.nan)
    p_value[is_known] = spend_p_value(
        rank_means[:, is_known], rank_deviations[:, is_known], customers[:, is_known]
    )
    difference[is_known] = np.subtract(*means)[is_known] / deviation[is_known]
    balance["spend_before_p_value"] = p_value
    balance["spend_before_difference"] = difference
    balance["control_share_p_value"] = [
        control_share_p_value(control, treated + control, planned)
        for treated, control, planned in zip(
            *customers, ordered.loc[is_overall, "holdout_share"], strict=True
        )
    ]
    p_values = [name for name in balance.columns if name.endswith("p_value")]
    smallest = [
        np.nanmin([*holm_adjusted(row), np.inf]) for row in balance[p_values].to_numpy()
    ]
    balance["is_balanced"] = pd.Series(
        [None if np.isinf(p) else bool(p >= UNBALANCED_SHARE) for p in smallest],
        dtype="boolean",
    )
    return balance


def _columns_of_arms(arms: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Take a column of both arms as floats (2, rows)."""
    return arms[[f"{arm}_{column}" for arm in ARMS]].to_numpy(np.float64).T


def _with_small_segments_together(
    counts: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Add up rows (segments, 2) until each expects MINIMUM_EXPECTED_OF_SEGMENT."""
    rows = counts[np.argsort(-counts.sum(axis=1), kind="stable")]
    while len(rows) > 1 and _expected(rows).min() < MINIMUM_EXPECTED_OF_SEGMENT:
        # The two smallest, until what they are together is large enough.
        rows = np.vstack([rows[:-2], rows[-2:].sum(axis=0)])
        rows = rows[np.argsort(-rows.sum(axis=1), kind="stable")]
    return rows


def _expected(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Count (segments, arms) as if each segment were split like all customers."""
    margins = counts.sum(axis=1), counts.sum(axis=0)
    return np.asarray(np.outer(*margins) / max(counts.sum(), 1.0), dtype=np.float64)


def _fisher_p_values(
    conversions: NDArray[np.float64], customers: NDArray[np.float64]
) -> list[float]:
    """Exact p-values of tables with a row for each arm: (2, tables)."""
    if conversions.size == 0:
        return []
    from scipy.stats import fisher_exact

    tables = np.stack([conversions, customers - conversions]).astype(np.int64)
    return [float(fisher_exact(table).pvalue) for table in tables.transpose(2, 0, 1)]


def _of_two_arms(values: ArrayLike) -> NDArray[np.float64]:
    """Check that there are two arms and return their values as floats (2, ...)."""
    of_arms = np.asarray(values, dtype=np.float64)
    if of_arms.ndim == 0 or len(of_arms) != 2:
        raise ValueError(
            f"The values have the shape {of_arms.shape}; expected (2, ...), the "
            "treated and the control customers."
        )
    return of_arms
