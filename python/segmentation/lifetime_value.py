"""What customers will buy: BG/NBD or NBD for how often, Gamma-Gamma for how much.

The models and their formulas are those of

- Fader, P. S., Hardie, B. G. S. and Lee, K. L. (2005), "Counting your customers" the
  easy way: an alternative to the Pareto/NBD model, Marketing Science 24 (2): BG/NBD.
- Ehrenberg, A. S. C. (1959), The pattern of consumer purchases, Applied Statistics 8
  (1), and Morrison, D. G. and Schmittlein, D. C. (1988), Generalizing the NBD model for
  customer purchases, Journal of Business and Economic Statistics 6 (2): NBD.
- Fader, P. S. and Hardie, B. G. S. (2013), The Gamma-Gamma model of monetary value,
  a note on brucehardie.com: Gamma-Gamma.

NBD is the limit of BG/NBD in which no customer ever leaves: purchases are a Poisson
process, and rates differ between customers by a gamma distribution of shape r and rate
alpha. After x purchases in T weeks a customer's rate has the gamma distribution of
shape r + x and rate alpha + T, and (r + x) / (alpha + T) * t purchases are expected in
t weeks.

All are fitted by maximum likelihood on rows that each stand for a number of customers.
Time is in weeks, money in the currency of the input. A fit that cannot be trusted says
so, and why, instead of giving parameters to go by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import OptimizeResult, minimize
from scipy.special import betainc, betaln, digamma, gammaln, hyp2f1
from scipy.stats import nbinom
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float64]

BG_NBD = "bg_nbd"
NBD = "nbd"
GAMMA_GAMMA = "gamma_gamma"
BG_NBD_PARAMETERS = ("r", "alpha", "a", "b")
NBD_PARAMETERS = ("r", "alpha")
GAMMA_GAMMA_PARAMETERS = ("p", "q", "gamma")

# Where the search begins, in units of the mean age (alpha) and of the geometric mean
# of spend (gamma): no opinion; many who rarely buy and some who leave; buyers much
# alike who mostly leave. The best end of all counts.
BG_NBD_STARTS = ((1.0, 1.0, 1.0, 1.0), (0.25, 0.2, 0.5, 2.5), (2.0, 0.5, 2.0, 1.0))
NBD_STARTS = ((1.0, 1.0), (0.25, 0.2), (2.0, 0.5))
GAMMA_GAMMA_STARTS = ((1.0, 2.0, 1.0), (6.0, 4.0, 0.5), (0.5, 5.0, 5.0))
# In these units the search goes on to the first bounds; an end beyond the second ones
# is the edge of the model and no estimate.
SEARCH_BOUNDS = (1e-5, 1e5)
TRUSTED_BOUNDS = (1e-3, 1e3)
# A smaller mean probability of leaving after a purchase is none.
MINIMUM_DROPOUT = 1e-3
# Largest derivative of the mean log-likelihood, by the logarithm of a parameter.
MAXIMUM_GRADIENT = 1e-5
# The formula of the expectation divides by a - 1, so that nearer to 1 digits are lost.
DISTANCE_FROM_ONE = 1e-7

CONVERGED = "converged"
TOO_FEW_REPEAT_BUYERS = "too_few_repeat_buyers"
NO_DROPOUT = "no_dropout"
PARAMETER_AT_BOUND = "parameter_at_bound"
INFINITE_MEAN_SPEND = "infinite_mean_spend"
SEARCH_STOPPED_EARLY = "search_stopped_early"

TRAINING_COLUMNS = (
    "observation_date",
    "frequency",
    "recency_weeks",
    "age_weeks",
    "paid_repeat_days",
    "mean_repeat_spend",
    "customers",
)
FIT_SCHEMA = pa.schema(
    [
        ("observation_date", pa.date32()),
        ("model", pa.string()),
        ("parameter", pa.string()),
        ("number_value", pa.float64()),
        ("text_value", pa.string()),
    ]
)
PAIR_COLUMNS = (
    "observation_date",
    "horizon_days",
    "frequency",
    "age_days",
    *BG_NBD_PARAMETERS,
)
TERM_KEYS = ("observation_date", "horizon_days", "frequency", "age_days")
TERM_SCHEMA = pa.schema(
    [
        ("observation_date", pa.date32()),
        ("horizon_days", pa.int64()),
        ("frequency", pa.int64()),
        ("age_days", pa.int64()),
        ("orders_if_alive", pa.float64()),
        ("discounted_orders_if_alive", pa.float64()),
        ("exceedance_if_alive", pa.list_(pa.float64())),
    ]
)
# So many pairs are evaluated at a time, each with probabilities of some hundred numbers
# of purchases at most.
BATCH_PAIRS = 10_000
# Of Gauss and Legendre, over the horizon.
DISCOUNT_NODES = 16
DAYS_IN_YEAR = 365


@dataclass(frozen=True)
class FittedModel:
    """A model of purchases or of spend, as fitted.

    Attributes
    ----------
    parameters
        Value by name; empty where nothing was fitted. They are those of the best end of
        the search also where they are not to be trusted.
    log_likelihood
        Natural logarithm of the likelihood at `parameters`; NaN where nothing was
        fitted.
    customers
        Customers that the likelihood is over.
    repeat_buyers
        Those among them with a repeat purchase (Gamma-Gamma: with a paid one).
    is_converged
        Whether the parameters are a maximum inside the model's space.
    reason
        `converged`, or why it did not.
    """

    parameters: dict[str, float]
    log_likelihood: float
    customers: int
    repeat_buyers: int
    is_converged: bool
    reason: str


def customers_by_frequency(
    frequency: Floats, customers: Floats
) -> tuple[Floats, Floats]:
    """Distinct frequencies and the customers of each: gamma functions cost much."""
    frequencies, index = np.unique(frequency, return_inverse=True)
    return frequencies, np.asarray(np.bincount(index, weights=customers), np.float64)


class BgNbdLikelihood:
    """Log-likelihood of BG/NBD and its gradient (Fader, Hardie and Lee 2005, eq. 6).

    Parameters
    ----------
    frequency
        Repeat purchases of each row, whole numbers from 0 up (rows,).
    recency
        Weeks from the first purchase to the last, 0 where frequency is (rows,).
    age
        Weeks from the first purchase to the end of the time observed (rows,).
    customers
        How many customers each row stands for (rows,).

    Raises
    ------
    ValueError
        If the arrays are no such numbers.
    """

    def __init__(
        self,
        frequency: ArrayLike,
        recency: ArrayLike,
        age: ArrayLike,
        customers: ArrayLike,
    ) -> None:
        self.recency = np.asarray(recency, dtype=np.float64)
        self.age = np.asarray(age, dtype=np.float64)
        self.customers = np.asarray(customers, dtype=np.float64)
        frequencies = np.asarray(frequency, dtype=np.float64)
        require_numbers(
            {
                "frequency": frequencies,
                "recency": self.recency,
                "age": self.age,
                "customers": self.customers,
            }
        )
        if (self.recency > self.age).any():
            raise ValueError(
                f"recency exceeds age in {(self.recency > self.age).sum()} rows; "
                "expected recency <= age."
            )
        if ((frequencies > 0) != (self.recency > 0)).any():
            raise ValueError(
                "recency is zero for a repeat buyer or above zero for another; "
                "expected both frequency and recency to be zero, or none."
            )
        self.frequencies, self.frequency_customers = customers_by_frequency(
            frequencies, self.customers
        )
        self.frequency = frequencies
        self.is_repeat = frequencies > 0

    def __call__(self, parameters: Sequence[float] | Floats) -> tuple[float, Floats]:
        """Return the log-likelihood at r, alpha, a, b and its gradient (4,)."""
        r, alpha, a, b = parameters
        x = self.frequencies
        by_frequency = (
            gammaln(r + x)
            - gammaln(r)
            + r * np.log(alpha)
            + gammaln(a + b)
            + gammaln(b + x)
            - gammaln(b)
            - gammaln(a + b + x)
        )
        log_age = np.log(alpha + self.age)
        log_recency = np.log(alpha + self.recency)
        # A customer who bought once has not left in this model: no second term.
        log_ratio = np.where(
            self.is_repeat,
            np.log(a)
            - np.log(np.where(self.is_repeat, b + self.frequency - 1, 1.0))
            + (r + self.frequency) * (log_age - log_recency),
            -np.inf,
        )
        log_sum = np.logaddexp(0.0, log_ratio)
        left = np.exp(log_ratio - log_sum)
        value = self.frequency_customers @ by_frequency + self.customers @ (
            log_sum - (r + self.frequency) * log_age
        )

        weighted_left = self.customers * left
        d_r = self.frequency_customers @ (
            digamma(r + x) - digamma(r) + np.log(alpha)
        ) + self.customers @ (left * (log_age - log_recency) - log_age)
        d_alpha = (
            self.customers.sum() * r / alpha
            - self.customers @ ((1 - left) * (r + self.frequency) / (alpha + self.age))
            - weighted_left @ ((r + self.frequency) / (alpha + self.recency))
        )
        sum_of_left = weighted_left.sum()
        d_a = (
            self.frequency_customers @ (digamma(a + b) - digamma(a + b + x))
            + sum_of_left / a
        )
        repeat = self.is_repeat
        d_b = (
            self.frequency_customers
            @ (digamma(a + b) + digamma(b + x) - digamma(b) - digamma(a + b + x))
            - (weighted_left[repeat] / (b + self.frequency[repeat] - 1)).sum()
        )
        return float(value), np.array([d_r, d_alpha, d_a, d_b])


class NbdLikelihood:
    """Log-likelihood of NBD and its gradient: that of BG/NBD where nobody leaves.

    It is the density of the times of the purchases, as in BG/NBD, so that the two can
    be compared. The probability of their number, which has the name negative binomial,
    is T ** x / x! times as large, whatever the parameters.

    Parameters
    ----------
    frequency
        Repeat purchases of each row, whole numbers from 0 up (rows,).
    age
        Weeks from the first purchase to the end of the time observed (rows,).
    customers
        How many customers each row stands for (rows,).

    Raises
    ------
    ValueError
        If the arrays are no such numbers.
    """

    def __init__(
        self, frequency: ArrayLike, age: ArrayLike, customers: ArrayLike
    ) -> None:
        self.frequency = np.asarray(frequency, dtype=np.float64)
        self.age = np.asarray(age, dtype=np.float64)
        self.customers = np.asarray(customers, dtype=np.float64)
        require_numbers(
            {
                "frequency": self.frequency,
                "age": self.age,
                "customers": self.customers,
            }
        )
        self.frequencies, self.frequency_customers = customers_by_frequency(
            self.frequency, self.customers
        )

    def __call__(self, parameters: Sequence[float] | Floats) -> tuple[float, Floats]:
        """Return the log-likelihood at r, alpha and its gradient (2,)."""
        r, alpha = parameters
        x = self.frequencies
        log_age = np.log(alpha + self.age)
        value = self.frequency_customers @ (
            gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        ) - self.customers @ ((r + self.frequency) * log_age)
        d_r = (
            self.frequency_customers @ (digamma(r + x) - digamma(r) + np.log(alpha))
            - self.customers @ log_age
        )
        d_alpha = self.customers @ (
            r / alpha - (r + self.frequency) / (alpha + self.age)
        )
        return float(value), np.array([d_r, d_alpha])


class GammaGammaLikelihood:
    """Log-likelihood of Gamma-Gamma and its gradient (Fader and Hardie 2013, eq. 1a).

    Parameters
    ----------
    frequency
        Repeat purchases with a positive spend of each row, from 1 up (rows,).
    mean_spend
        Mean spend of these, above zero (rows,).
    customers
        How many customers each row stands for (rows,).

    Raises
    ------
    ValueError
        If the arrays are no such numbers.
    """

    def __init__(
        self, frequency: ArrayLike, mean_spend: ArrayLike, customers: ArrayLike
    ) -> None:
        self.frequency = np.asarray(frequency, dtype=np.float64)
        self.mean_spend = np.asarray(mean_spend, dtype=np.float64)
        self.customers = np.asarray(customers, dtype=np.float64)
        require_numbers(
            {
                "frequency": self.frequency,
                "mean_spend": self.mean_spend,
                "customers": self.customers,
            }
        )
        if (self.frequency < 1).any() or (self.mean_spend <= 0).any():
            raise ValueError(
                "frequency or mean_spend is zero in a row; expected repeat buyers with "
                "a positive spend."
            )
        self.frequencies, self.frequency_customers = customers_by_frequency(
            self.frequency, self.customers
        )
        self.log_mean_spend = np.log(self.mean_spend)

    def __call__(self, parameters: Sequence[float] | Floats) -> tuple[float, Floats]:
        """Return the log-likelihood at p, q, gamma and its gradient (3,)."""
        p, q, gamma = parameters
        x = self.frequencies
        shape = p * self.frequency
        total = gamma + self.frequency * self.mean_spend
        log_total = np.log(total)
        by_frequency = (
            gammaln(p * x + q)
            - gammaln(p * x)
            - gammaln(q)
            + q * np.log(gamma)
            + p * x * np.log(x)
        )
        value = self.frequency_customers @ by_frequency + self.customers @ (
            (shape - 1) * self.log_mean_spend - (shape + q) * log_total
        )
        d_p = self.frequency_customers @ (
            x * (digamma(p * x + q) - digamma(p * x) + np.log(x))
        ) + self.customers @ (self.frequency * (self.log_mean_spend - log_total))
        d_q = (
            self.frequency_customers @ (digamma(p * x + q) - digamma(q) + np.log(gamma))
            - self.customers @ log_total
        )
        d_gamma = self.customers @ (q / gamma - (shape + q) / total)
        return float(value), np.array([d_p, d_q, d_gamma])


def require_numbers(arrays: Mapping[str, Floats]) -> None:
    """Raise a ValueError unless arrays of one length hold finite numbers from 0 up."""
    lengths = {name: len(values) for name, values in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"The lengths are {lengths}; expected one length.")
    for name, values in arrays.items():
        if not (np.isfinite(values) & (values >= 0)).all():
            raise ValueError(
                f"{name} is missing, infinite or negative in a row; expected numbers "
                "from 0 up."
            )


def maximize_likelihood(
    likelihood: Callable[[Floats], tuple[float, Floats]],
    starts: Sequence[Sequence[float]],
    units: Sequence[float],
    customers: float,
) -> tuple[Floats, float, str]:
    """Search the maximum of a likelihood from several starts.

    The search goes over the logarithms of the parameters in their `units`, so that it
    needs no constraint and does not depend on the scale of time and money.

    Returns
    -------
    The parameters of the best end (n,), their log-likelihood, and `converged` or why
    they did not.
    """
    unit = np.asarray(units, dtype=np.float64)

    def loss(logarithms: Floats) -> tuple[float, Floats]:
        parameters = np.exp(logarithms) * unit
        value, gradient = likelihood(parameters)
        return -value / customers, -gradient * parameters / customers

    # For so few parameters, threads wait for each other longer than they compute.
    with threadpool_limits(limits=1):
        ends: list[OptimizeResult] = [
            minimize(
                loss,
                np.log(start),
                jac=True,
                method="L-BFGS-B",
                bounds=[tuple(np.log(SEARCH_BOUNDS))] * len(start),
                options={"maxiter": 1000, "ftol": 1e-14, "gtol": 1e-8},
            )
            for start in starts
        ]
    best = min(ends, key=lambda end: float(end.fun))
    scaled = np.exp(best.x)
    reason = CONVERGED
    if (scaled < TRUSTED_BOUNDS[0]).any() or (scaled > TRUSTED_BOUNDS[1]).any():
        reason = PARAMETER_AT_BOUND
    elif np.abs(best.jac).max() > MAXIMUM_GRADIENT:
        reason = SEARCH_STOPPED_EARLY
    return scaled * unit, -float(best.fun) * customers, reason


def fit_bg_nbd(
    frequency: ArrayLike,
    recency: ArrayLike,
    age: ArrayLike,
    customers: ArrayLike,
    minimum_repeat_buyers: int,
) -> FittedModel:
    """Fit BG/NBD; arguments as for `BgNbdLikelihood`.

    With fewer than `minimum_repeat_buyers` who bought again nothing is fitted.
    """
    likelihood = BgNbdLikelihood(frequency, recency, age, customers)
    weights = likelihood.customers
    total = int(weights.sum())
    repeat_buyers = int(weights[likelihood.is_repeat].sum())
    if repeat_buyers < minimum_repeat_buyers:
        return not_fitted(total, repeat_buyers)
    mean_age = float(weights @ likelihood.age / total)
    found, log_likelihood, reason = maximize_likelihood(
        likelihood, BG_NBD_STARTS, (1.0, mean_age, 1.0, 1.0), total
    )
    parameters = dict(zip(BG_NBD_PARAMETERS, found.tolist(), strict=True))
    if parameters["a"] / (parameters["a"] + parameters["b"]) < MINIMUM_DROPOUT:
        reason = NO_DROPOUT
    return FittedModel(
        parameters, log_likelihood, total, repeat_buyers, reason == CONVERGED, reason
    )


def fit_nbd(
    frequency: ArrayLike,
    age: ArrayLike,
    customers: ArrayLike,
    minimum_repeat_buyers: int,
) -> FittedModel:
    """Fit NBD; arguments as for `NbdLikelihood`.

    With fewer than `minimum_repeat_buyers` who bought again nothing is fitted. Where
    all buy at one rate, r and alpha run off together, which is no convergence.
    """
    likelihood = NbdLikelihood(frequency, age, customers)
    weights = likelihood.customers
    total = int(weights.sum())
    repeat_buyers = int(weights[likelihood.frequency > 0].sum())
    if repeat_buyers < minimum_repeat_buyers:
        return not_fitted(total, repeat_buyers)
    mean_age = float(weights @ likelihood.age / total)
    found, log_likelihood, reason = maximize_likelihood(
        likelihood, NBD_STARTS, (1.0, mean_age), total
    )
    parameters = dict(zip(NBD_PARAMETERS, found.tolist(), strict=True))
    return FittedModel(
        parameters, log_likelihood, total, repeat_buyers, reason == CONVERGED, reason
    )


def fit_gamma_gamma(
    frequency: ArrayLike,
    mean_spend: ArrayLike,
    customers: ArrayLike,
    minimum_repeat_buyers: int,
) -> FittedModel:
    """Fit Gamma-Gamma; arguments as for `GammaGammaLikelihood`.

    With fewer than `minimum_repeat_buyers` customers nothing is fitted. For q <= 1 the
    mean spend of a new customer is infinite, which is no convergence either.
    """
    likelihood = GammaGammaLikelihood(frequency, mean_spend, customers)
    total = int(likelihood.customers.sum())
    if total < minimum_repeat_buyers:
        return not_fitted(total, total)
    # Few large amounts move a geometric mean less than a mean.
    unit = float(np.exp(likelihood.customers @ likelihood.log_mean_spend / total))
    found, log_likelihood, reason = maximize_likelihood(
        likelihood, GAMMA_GAMMA_STARTS, (1.0, 1.0, unit), total
    )
    parameters = dict(zip(GAMMA_GAMMA_PARAMETERS, found.tolist(), strict=True))
    if parameters["q"] <= 1:
        reason = INFINITE_MEAN_SPEND
    return FittedModel(
        parameters, log_likelihood, total, total, reason == CONVERGED, reason
    )


def not_fitted(customers: int, repeat_buyers: int) -> FittedModel:
    """Return a model for which there are too few repeat buyers."""
    return FittedModel(
        {}, float("nan"), customers, repeat_buyers, False, TOO_FEW_REPEAT_BUYERS
    )


def expected_orders_if_alive(
    parameters: Mapping[str, ArrayLike],
    frequency: ArrayLike,
    age: ArrayLike,
    horizon: ArrayLike,
) -> Floats:
    """Purchases that BG/NBD expects of a customer who has not left (customers,).

    Times the probability to be alive it is the conditional expectation of Fader, Hardie
    and Lee (2005), equation 10. Euler's transformation takes the hypergeometric
    function in it to small arguments, so that nothing overflows for frequent buyers:

        (a + b + x - 1) / (a - 1) * (1 - (1 - z)^(a - 1) F(a + b - 1 - r, a - 1;
        a + b + x - 1; z)),  z = t / (alpha + T + t)

    Parameters
    ----------
    parameters
        r, alpha (weeks), a and b, each a number or an array (customers,).
    frequency, age
        Repeat purchases x, and weeks T since the first purchase (customers,).
    horizon
        Weeks t to look ahead, a number or an array (customers,).
    """
    r, alpha, a, b = (
        np.asarray(parameters[name], dtype=np.float64) for name in BG_NBD_PARAMETERS
    )
    x, weeks, ahead = (
        np.asarray(values, dtype=np.float64) for values in (frequency, age, horizon)
    )
    a = np.where(np.abs(a - 1) < DISTANCE_FROM_ONE, 1 + DISTANCE_FROM_ONE, a)
    z = ahead / (alpha + weeks + ahead)
    decline = np.exp((a - 1) * np.log1p(-z)) * hyp2f1(
        a + b - 1 - r, a - 1, a + b + x - 1, z
    )
    return np.asarray((a + b + x - 1) / (a - 1) * (1 - decline), dtype=np.float64)


def discounted_orders_if_alive(
    parameters: Mapping[str, ArrayLike],
    frequency: ArrayLike,
    age: ArrayLike,
    horizon: ArrayLike,
    annual_rate: float,
) -> Floats:
    """Purchases that BG/NBD expects, each at its present value (customers,).

    Arguments are those of `expected_orders_if_alive`, and by `annual_rate` a purchase a
    year ahead is worth less. Integrated by parts, so that the expectation need not be
    derived: with the expectation M(s) of the weeks up to s, and d the logarithm of 1 +
    `annual_rate` by week, it is exp(-d t) M(t) plus the integral of d exp(-d s) M(s)
    from 0 to t.
    """
    by_week = np.log1p(annual_rate) * 7 / DAYS_IN_YEAR
    ahead = np.asarray(horizon, dtype=np.float64)
    value = np.exp(-by_week * ahead) * expected_orders_if_alive(
        parameters, frequency, age, ahead
    )
    nodes, weights = np.polynomial.legendre.leggauss(DISCOUNT_NODES)
    for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        until = node * ahead
        value += (
            (weight * by_week * ahead)
            * np.exp(-by_week * until)
            * expected_orders_if_alive(parameters, frequency, age, until)
        )
    return np.asarray(value, dtype=np.float64)


def exceedance_if_alive(
    parameters: Mapping[str, ArrayLike],
    frequency: ArrayLike,
    age: ArrayLike,
    horizon: ArrayLike,
    smallest: float,
) -> tuple[NDArray[np.int64], Floats]:
    """Probabilities that a customer who has not left buys more than 0, 1, 2, ... times.

    More than n purchases come if the customer does not leave after any of the first n,
    and if there would be as many had they never left. In BG/NBD the two are
    independent, and after x purchases in T weeks r + x, alpha + T and b + x take the
    place of r, alpha and b (Fader, Hardie and Lee 2005, equation 8):

        B(a, b + x + n) / B(a, b + x) * I(z; n + 1, r + x),  z = t / (alpha + T + t)

    The regularised incomplete beta function I is that of the negative binomial
    distribution, which is all of it where `a` is missing: in NBD nobody leaves.

    Parameters
    ----------
    parameters, frequency, age, horizon
        As for `expected_orders_if_alive`; a and b may be NaN (customers,).
    smallest
        Where the negative binomial distribution falls to this probability a customer's
        numbers end.

    Returns
    -------
    Where the probabilities of each customer begin, and where the last end (customers +
    1,), and the probabilities (their number,).
    """
    r, alpha, a, b = (
        np.asarray(parameters[name], dtype=np.float64) for name in BG_NBD_PARAMETERS
    )
    x, weeks, ahead = (
        np.asarray(values, dtype=np.float64) for values in (frequency, age, horizon)
    )
    shape, z, a, stays = np.broadcast_arrays(
        r + x, ahead / (alpha + weeks + ahead), a, b + x
    )
    lengths = np.asarray(nbinom.isf(smallest, shape, 1 - z), dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    row = np.repeat(np.arange(len(lengths)), lengths)
    more_than = np.arange(offsets[-1]) - offsets[row]
    exceedance = np.asarray(betainc(more_than + 1, shape[row], z[row]), np.float64)
    has_not_left = np.exp(
        betaln(a[row], stays[row] + more_than) - betaln(a, stays)[row]
    )
    exceedance *= np.where(np.isnan(a[row]), 1.0, has_not_left)
    return offsets.astype(np.int64), exceedance


def fit_rows(training: pd.DataFrame, minimum_repeat_buyers: int) -> pa.Table:
    """Fit all models for each observation date and return them as rows.

    Parameters
    ----------
    training
        The columns `TRAINING_COLUMNS`, one row for customers alike: repeat purchase
        days, weeks, repeat purchase days with a positive spend and their mean spend
        (missing where there are none), and the number of these customers.
    minimum_repeat_buyers
        With fewer nothing is fitted.

    Returns
    -------
    One row per observation date, model and parameter, with a number or a text.
    """
    rows: list[dict[str, object]] = []
    for observation_date, dated in training.groupby("observation_date", sort=True):
        # The last digits of a sum depend on the order of the rows.
        sample = dated.sort_values(list(TRAINING_COLUMNS), ignore_index=True)
        paid = sample[sample["paid_repeat_days"] > 0]
        frequency, recency, age, customers = (
            sample[name].to_numpy(np.float64)
            for name in ("frequency", "recency_weeks", "age_weeks", "customers")
        )
        models = {
            BG_NBD: fit_bg_nbd(
                frequency, recency, age, customers, minimum_repeat_buyers
            ),
            NBD: fit_nbd(frequency, age, customers, minimum_repeat_buyers),
            GAMMA_GAMMA: fit_gamma_gamma(
                paid["paid_repeat_days"].to_numpy(np.float64),
                paid["mean_repeat_spend"].to_numpy(np.float64),
                paid["customers"].to_numpy(np.float64),
                minimum_repeat_buyers,
            ),
        }
        date = pd.Timestamp(str(observation_date)).date()
        for name, model in models.items():
            rows.extend(
                {"observation_date": date, "model": name, **row}
                for row in parameter_rows(model)
            )
    return pa.Table.from_pylist(rows, schema=FIT_SCHEMA)


def parameter_rows(model: FittedModel) -> list[dict[str, object]]:
    """Return a fitted model as rows of a name and a number or a text."""
    numbers: dict[str, float] = {
        **model.parameters,
        "customers": model.customers,
        "repeat_buyers": model.repeat_buyers,
        "is_converged": model.is_converged,
    }
    if model.parameters:
        numbers["log_likelihood"] = model.log_likelihood
    return [
        *(
            {"parameter": name, "number_value": float(value)}
            for name, value in numbers.items()
        ),
        {"parameter": "reason", "text_value": model.reason},
    ]


def term_rows(
    pairs: pa.Table, annual_discount_rate: float, confidence_level: float
) -> pa.Table:
    """Evaluate what is no plain SQL for distinct pairs of frequency and age.

    Parameters
    ----------
    pairs
        The columns `PAIR_COLUMNS`: the parameters that hold on the observation date
        stand beside each pair. Of NBD a and b are missing.
    annual_discount_rate
        By which a purchase a year ahead is worth less.
    confidence_level
        Of the two-sided intervals for which the probabilities are.

    Returns
    -------
    The columns of `TERM_SCHEMA`, one row per pair. Of NBD the expectations are missing:
    they are plain SQL.
    """
    batches = [
        terms_of_batch(
            pairs.slice(start, BATCH_PAIRS), annual_discount_rate, confidence_level
        )
        for start in range(0, pairs.num_rows, BATCH_PAIRS)
    ]
    return pa.concat_tables([TERM_SCHEMA.empty_table(), *batches])


def terms_of_batch(
    pairs: pa.Table, annual_discount_rate: float, confidence_level: float
) -> pa.Table:
    """Return the rows of `term_rows` for some of the pairs."""
    numbers = {
        name: pairs[name].to_numpy().astype(np.float64)
        for name in PAIR_COLUMNS
        if name != "observation_date"
    }
    parameters = {name: numbers[name] for name in BG_NBD_PARAMETERS}
    known = (
        numbers["frequency"],
        numbers["age_days"] / 7,
        numbers["horizon_days"] / 7,
    )
    offsets, probabilities = exceedance_if_alive(
        parameters, *known, (1 - confidence_level) / 2
    )
    expectations = (
        expected_orders_if_alive(parameters, *known),
        discounted_orders_if_alive(parameters, *known, annual_discount_rate),
    )
    return pa.table(
        [
            *(pairs[name] for name in TERM_KEYS),
            *(pa.array(values, from_pandas=True) for values in expectations),
            pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), probabilities),
        ],
        schema=TERM_SCHEMA,
    )
