"""The models of lifetime value against published numbers and independent code."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from scipy.optimize import check_grad, minimize
from scipy.special import gammaln
from scipy.stats import beta, gamma, nbinom

from segmentation import lifetime_value
from segmentation.lifetime_value import (
    BgNbdLikelihood,
    GammaGammaLikelihood,
    NbdLikelihood,
    discounted_orders_if_alive,
    exceedance_if_alive,
    expected_orders_if_alive,
    fit_bg_nbd,
    fit_gamma_gamma,
    fit_nbd,
    fit_rows,
    term_rows,
)

CALIBRATION_END = pd.Timestamp("1997-09-30")
HOLD_OUT_WEEKS = 39
MINIMUM_REPEAT_BUYERS = 100
# Fader, Hardie and Lee (2005), table 2, and Fader and Hardie (2013).
PUBLISHED_BG_NBD = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
PUBLISHED_BG_NBD_LOG_LIKELIHOOD = -9582.43
PUBLISHED_GAMMA_GAMMA = {"p": 6.25, "q": 3.74, "gamma": 15.44}
PUBLISHED_GAMMA_GAMMA_LOG_LIKELIHOOD = -4055.92
PUBLISHED_EXPECTATION = 1.226


@dataclass(frozen=True)
class Cdnow:
    """The 1/10 sample of CDNOW: one row per customer, and who bought afterwards."""

    frequency: NDArray[np.float64]
    recency: NDArray[np.float64]
    age: NDArray[np.float64]
    paid_frequency: NDArray[np.float64]
    mean_spend: NDArray[np.float64]
    hold_out: NDArray[np.float64]

    @property
    def one_each(self) -> NDArray[np.float64]:
        return np.ones(len(self.frequency))


@pytest.fixture(scope="module")
def cdnow() -> Cdnow:
    package = find_spec("lifetimes")
    if package is None or package.origin is None:
        pytest.skip("the package lifetimes is not installed")
    log = pd.read_csv(
        Path(package.origin).parent / "datasets" / "CDNOW_sample.txt",
        sep=r"\s+",
        names=["master_id", "customer_id", "purchased_on", "items", "spend"],
        dtype={"customer_id": str},
        parse_dates=["purchased_on"],
        date_format="%Y%m%d",
    )
    days = log.groupby(["customer_id", "purchased_on"], as_index=False)["spend"].sum()
    seen = days[days["purchased_on"] <= CALIBRATION_END]
    dates = seen.groupby("customer_id")["purchased_on"].agg(["min", "max", "count"])
    repeats = seen[
        (seen["purchased_on"] > seen["customer_id"].map(dates["min"]))
        & (seen["spend"] > 0)
    ]
    spend = repeats.groupby("customer_id")["spend"].agg(["count", "mean"])
    later = days[days["purchased_on"] > CALIBRATION_END]
    return Cdnow(
        frequency=(dates["count"] - 1).to_numpy(np.float64),
        recency=((dates["max"] - dates["min"]).dt.days / 7).to_numpy(np.float64),
        age=((CALIBRATION_END - dates["min"]).dt.days / 7).to_numpy(np.float64),
        paid_frequency=spend["count"].to_numpy(np.float64),
        mean_spend=spend["mean"].to_numpy(np.float64),
        hold_out=later.groupby("customer_id")
        .size()
        .reindex(dates.index, fill_value=0)
        .to_numpy(np.float64),
    )


@pytest.fixture(scope="module")
def bg_nbd(cdnow: Cdnow) -> lifetime_value.FittedModel:
    return fit_bg_nbd(
        cdnow.frequency, cdnow.recency, cdnow.age, cdnow.one_each, MINIMUM_REPEAT_BUYERS
    )


@pytest.fixture(scope="module")
def gamma_gamma(cdnow: Cdnow) -> lifetime_value.FittedModel:
    return fit_gamma_gamma(
        cdnow.paid_frequency,
        cdnow.mean_spend,
        np.ones(len(cdnow.mean_spend)),
        MINIMUM_REPEAT_BUYERS,
    )


def probability_alive(
    parameters: dict[str, float],
    frequency: NDArray[np.float64],
    recency: NDArray[np.float64],
    age: NDArray[np.float64],
) -> NDArray[np.float64]:
    """What SQL computes in int_customer_lifetime_expectations, for repeat buyers."""
    r, alpha, a, b = (parameters[name] for name in ("r", "alpha", "a", "b"))
    left = (
        a / (b + frequency - 1) * ((alpha + age) / (alpha + recency)) ** (r + frequency)
    )
    return np.where(frequency > 0, 1 / (1 + left), 1.0)


def simulate(
    customers: int, dropout: tuple[float, float] | None, seed: int
) -> tuple[NDArray[np.float64], ...]:
    """Frequency, recency and age of made-up customers over 52 weeks."""
    generator = np.random.default_rng(seed)
    rates = generator.gamma(1.5, 1 / 8, customers)
    leaving = (
        np.zeros(customers) if dropout is None else generator.beta(*dropout, customers)
    )
    frequency = np.zeros(customers)
    recency = np.zeros(customers)
    for customer in range(customers):
        now = 0.0
        while True:
            now += generator.exponential(1 / rates[customer])
            if now > 52:
                break
            frequency[customer] += 1
            recency[customer] = now
            if generator.random() < leaving[customer]:
                break
    return frequency, recency, np.full(customers, 52.0)


def test_bg_nbd_is_as_published(bg_nbd: lifetime_value.FittedModel) -> None:
    assert bg_nbd.parameters == pytest.approx(PUBLISHED_BG_NBD, abs=5e-4)
    assert bg_nbd.log_likelihood == pytest.approx(
        PUBLISHED_BG_NBD_LOG_LIKELIHOOD, abs=0.01
    )
    assert (bg_nbd.customers, bg_nbd.repeat_buyers) == (2357, 946)
    assert (bg_nbd.is_converged, bg_nbd.reason) == (True, "converged")


def test_gamma_gamma_is_as_published(gamma_gamma: lifetime_value.FittedModel) -> None:
    rounded = {name: round(value, 2) for name, value in gamma_gamma.parameters.items()}
    assert rounded == PUBLISHED_GAMMA_GAMMA
    assert gamma_gamma.log_likelihood == pytest.approx(
        PUBLISHED_GAMMA_GAMMA_LOG_LIKELIHOOD, abs=0.01
    )
    assert (gamma_gamma.customers, gamma_gamma.is_converged) == (946, True)


def test_expectation_is_as_published(bg_nbd: lifetime_value.FittedModel) -> None:
    [if_alive] = expected_orders_if_alive(
        bg_nbd.parameters, [2], [38.86], HOLD_OUT_WEEKS
    )
    [alive] = probability_alive(bg_nbd.parameters, *np.array([[2], [30.43], [38.86]]))
    assert if_alive * alive == pytest.approx(PUBLISHED_EXPECTATION, abs=0.001)


def test_expectation_correlates_with_the_hold_out_as_published(
    cdnow: Cdnow, bg_nbd: lifetime_value.FittedModel
) -> None:
    expected = expected_orders_if_alive(
        bg_nbd.parameters, cdnow.frequency, cdnow.age, HOLD_OUT_WEEKS
    ) * probability_alive(bg_nbd.parameters, cdnow.frequency, cdnow.recency, cdnow.age)
    assert cdnow.hold_out.sum() == 1882
    assert np.corrcoef(expected, cdnow.hold_out)[0, 1] == pytest.approx(0.626, abs=1e-3)


def test_likelihoods_equal_those_of_the_package_lifetimes(cdnow: Cdnow) -> None:
    """At parameters far from the maximum, where errors would show."""
    lifetimes = pytest.importorskip("lifetimes")
    # It takes logarithms of parameters, returns minus the mean and drops no constant.
    theirs = -lifetimes.BetaGeoFitter._negative_log_likelihood(
        np.log([0.7, 9.0, 1.4, 3.1]),
        cdnow.frequency,
        cdnow.recency,
        cdnow.age,
        cdnow.one_each,
        0.0,
    )
    ours, _ = BgNbdLikelihood(
        cdnow.frequency, cdnow.recency, cdnow.age, cdnow.one_each
    )([0.7, 9.0, 1.4, 3.1])
    assert ours / len(cdnow.frequency) == pytest.approx(theirs, rel=1e-10)

    ones = np.ones(len(cdnow.mean_spend))
    theirs = -lifetimes.GammaGammaFitter._negative_log_likelihood(
        np.log([2.0, 5.0, 30.0]),
        cdnow.paid_frequency,
        cdnow.mean_spend,
        ones,
        0.0,
    )
    ours, _ = GammaGammaLikelihood(cdnow.paid_frequency, cdnow.mean_spend, ones)(
        [2.0, 5.0, 30.0]
    )
    assert ours / len(ones) == pytest.approx(theirs, rel=1e-10)


def test_nbd_is_the_negative_binomial_distribution_of_scipy(cdnow: Cdnow) -> None:
    """But for a term without parameters, which makes it the limit of BG/NBD."""
    r, alpha = 0.7, 9.0
    theirs = nbinom.logpmf(cdnow.frequency, r, alpha / (alpha + cdnow.age)).sum()
    without_parameters = (
        cdnow.frequency * np.log(cdnow.age) - gammaln(cdnow.frequency + 1)
    ).sum()
    ours, _ = NbdLikelihood(cdnow.frequency, cdnow.age, cdnow.one_each)([r, alpha])
    assert ours == pytest.approx(theirs - without_parameters, rel=1e-10)
    limit, _ = BgNbdLikelihood(
        cdnow.frequency, cdnow.recency, cdnow.age, cdnow.one_each
    )([r, alpha, 1e-15, 1.0])
    assert ours == pytest.approx(limit, rel=1e-7)


def test_nbd_is_the_maximum_that_scipy_finds(cdnow: Cdnow) -> None:
    """By another likelihood and another search."""

    def loss(logarithms: NDArray[np.float64]) -> float:
        r, alpha = np.exp(logarithms)
        return -float(
            nbinom.logpmf(cdnow.frequency, r, alpha / (alpha + cdnow.age)).sum()
        )

    best = minimize(
        loss, [0.0, 2.0], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-8}
    )
    found = fit_nbd(cdnow.frequency, cdnow.age, cdnow.one_each, MINIMUM_REPEAT_BUYERS)
    r, alpha = np.exp(best.x)
    assert found.parameters == pytest.approx({"r": r, "alpha": alpha}, rel=1e-4)
    assert (found.customers, found.repeat_buyers) == (2357, 946)
    assert (found.is_converged, found.reason) == (True, "converged")


def test_gradients_are_those_of_the_likelihoods() -> None:
    bg_nbd = BgNbdLikelihood(
        [0, 1, 7, 400], [0, 3, 20, 50], [5, 9, 30, 51], [4, 2, 1, 1]
    )
    nbd = NbdLikelihood([0, 1, 7, 400], [0, 9, 30, 51], [4, 2, 1, 1])
    gamma_gamma = GammaGammaLikelihood([1, 4, 90], [3.0, 55.5, 800.0], [3, 2, 1])
    for likelihood, parameters in (
        (bg_nbd, [0.7, 9.0, 1.4, 3.1]),
        (bg_nbd, [3.0, 0.5, 0.2, 0.4]),
        (nbd, [0.7, 9.0]),
        (nbd, [3.0, 0.5]),
        (gamma_gamma, [2.0, 5.0, 30.0]),
        (gamma_gamma, [0.4, 1.5, 900.0]),
    ):
        error = check_grad(
            lambda point, likelihood=likelihood: likelihood(point)[0],
            lambda point, likelihood=likelihood: likelihood(point)[1],
            np.array(parameters),
        )
        assert error < 1e-3 * np.linalg.norm(likelihood(parameters)[1])


@pytest.mark.parametrize(
    ("frequency", "recency", "age"),
    [(0, 0.0, 20.0), (2, 30.43, 38.86), (6, 10.0, 39.0)],
)
def test_expectation_equals_an_integral_over_all_customers(
    frequency: int, recency: float, age: float
) -> None:
    """Bayes' theorem over rates and probabilities to leave, by quadrature alone."""
    r, alpha, a, b = 0.9, 4.4, 0.8, 2.4
    horizon = 39.0

    # Gauss-Legendre nodes of the quantiles: each weight is a share of the customers.
    nodes, weights = np.polynomial.legendre.leggauss(400)
    quantiles = (nodes + 1) / 2
    rate = gamma.ppf(quantiles, r, scale=1 / alpha)[:, np.newaxis]
    leaving = beta.ppf(quantiles, a, b)[np.newaxis, :]
    share = np.outer(weights, weights) / 4

    still_there = (1 - leaving) ** frequency * rate**frequency * np.exp(-rate * age)
    left_after_the_last = (
        leaving
        * (1 - leaving) ** (frequency - 1)
        * rate**frequency
        * np.exp(-rate * recency)
        if frequency
        else 0.0
    )
    later_purchases = -np.expm1(-rate * leaving * horizon) / leaving
    numerator = (share * still_there * later_purchases).sum()
    denominator = (share * (still_there + left_after_the_last)).sum()
    parameters = {"r": r, "alpha": alpha, "a": a, "b": b}
    [if_alive] = expected_orders_if_alive(parameters, [frequency], [age], horizon)
    [alive] = probability_alive(parameters, *np.array([[frequency], [recency], [age]]))
    assert if_alive * alive == pytest.approx(numerator / denominator, rel=1e-4)


def test_expectation_bears_extreme_customers() -> None:
    """Naive formulas overflow for thousands of purchases, and divide by a - 1."""
    parameters = {"r": 0.24, "alpha": 4.4, "a": 1.0, "b": 2.4}
    frequency = np.array([0.0, 1.0, 100.0, 5000.0])
    exact = expected_orders_if_alive(parameters, frequency, 900.0, 52.0)
    assert np.isfinite(exact).all()
    assert (np.diff(exact) > 0).all()
    # Nobody leaves: the rate carried on.
    nobody = expected_orders_if_alive(
        {**parameters, "a": 1e-9, "b": 10.0}, frequency, 900.0, 52.0
    )
    assert nobody == pytest.approx(52 * (0.24 + frequency) / (4.4 + 900), rel=1e-6)
    # On both sides of a = 1 as at it.
    for a in (1 - 1e-4, 1 + 1e-4):
        near = expected_orders_if_alive({**parameters, "a": a}, frequency, 900.0, 52.0)
        assert near == pytest.approx(exact, rel=1e-3)


# Of the posterior of a customer who bought 3 times in 20 weeks, looking a year ahead.
HISTORIES = [(0.0, 0.0), (3.0, 20.0), (60.0, 50.0)]


def test_nbd_exceeds_numbers_as_the_distribution_of_scipy_does() -> None:
    frequency, age = np.array(HISTORIES).T
    nobody_leaves = {"r": 0.7, "alpha": 9.0, "a": np.nan, "b": np.nan}
    offsets, found = exceedance_if_alive(nobody_leaves, frequency, age, 52.0, 0.025)
    for row, (x, weeks) in enumerate(HISTORIES):
        theirs = nbinom(0.7 + x, (9 + weeks) / (9 + weeks + 52))
        ours = found[offsets[row] : offsets[row + 1]]
        assert ours == pytest.approx(theirs.sf(np.arange(len(ours))), rel=1e-9)
        # As many as are above a tail are its quantile.
        for level in (0.025, 0.5, 0.9, 0.975):
            assert (ours > 1 - level).sum() == theirs.ppf(level)


@pytest.mark.parametrize(("frequency", "age"), HISTORIES)
def test_numbers_of_purchases_are_those_of_simulated_customers(
    frequency: float, age: float
) -> None:
    """Rates and probabilities to leave drawn from what is known, and lived through."""
    parameters = {"r": 0.9, "alpha": 4.4, "a": 0.8, "b": 2.4}
    _, found = exceedance_if_alive(parameters, [frequency], [age], 52.0, 1e-9)
    # The mean of a count is the sum of the probabilities to exceed 0, 1, 2, ...
    [mean] = expected_orders_if_alive(parameters, [frequency], [age], 52.0)
    assert found.sum() == pytest.approx(mean, rel=1e-6)

    generator = np.random.default_rng(7)
    rates = generator.gamma(0.9 + frequency, 1 / (4.4 + age), 100_000)
    would_buy = generator.poisson(rates * 52)
    leaves_after = generator.geometric(generator.beta(0.8, 2.4 + frequency, 100_000))
    bought = np.minimum(would_buy, leaves_after)
    for number in (0, 1, 5, 20):
        expected = found[number] if number < len(found) else 0.0
        assert (bought > number).mean() == pytest.approx(expected, abs=0.006)


def test_what_comes_later_is_worth_less() -> None:
    frequency, age = np.array(HISTORIES).T
    for alpha in (4.4, 0.1):
        parameters = {"r": 0.9, "alpha": alpha, "a": 0.8, "b": 2.4}
        known = (parameters, frequency, age)
        undiscounted = discounted_orders_if_alive(*known, 52.0, 0.0)
        assert undiscounted == pytest.approx(
            expected_orders_if_alive(*known, 52.0), rel=1e-12
        )
        # The purchases of ten thousand short steps, each at the value of its time.
        steps = np.linspace(0, 52, 10_001)
        until = expected_orders_if_alive(*known, steps[:, np.newaxis])
        worth = 1.1 ** (-(steps[1:] + steps[:-1]) / 2 * 7 / 365)
        assert discounted_orders_if_alive(*known, 52.0, 0.1) == pytest.approx(
            worth @ np.diff(until, axis=0), rel=1e-5
        )


def test_weights_stand_for_repeated_rows(cdnow: Cdnow) -> None:
    rows = pd.DataFrame(
        {"x": cdnow.frequency, "recency": cdnow.recency, "age": cdnow.age}
    )
    distinct = rows.value_counts().reset_index()
    assert len(distinct) < len(rows)
    weighted = fit_bg_nbd(
        distinct["x"].to_numpy(np.float64),
        distinct["recency"].to_numpy(np.float64),
        distinct["age"].to_numpy(np.float64),
        distinct["count"].to_numpy(np.float64),
        MINIMUM_REPEAT_BUYERS,
    )
    assert weighted.parameters == pytest.approx(PUBLISHED_BG_NBD, abs=5e-4)
    assert (weighted.customers, weighted.repeat_buyers) == (2357, 946)


def test_fit_does_not_depend_on_the_units_of_time_and_money(
    cdnow: Cdnow,
    bg_nbd: lifetime_value.FittedModel,
    gamma_gamma: lifetime_value.FittedModel,
) -> None:
    in_days = fit_bg_nbd(
        cdnow.frequency, cdnow.recency * 7, cdnow.age * 7, cdnow.one_each, 10
    )
    assert in_days.parameters["alpha"] == pytest.approx(
        bg_nbd.parameters["alpha"] * 7, rel=1e-4
    )
    in_cents = fit_gamma_gamma(
        cdnow.paid_frequency, cdnow.mean_spend * 100, np.ones(946), 10
    )
    assert in_cents.parameters["gamma"] == pytest.approx(
        gamma_gamma.parameters["gamma"] * 100, rel=1e-4
    )


def test_simulated_parameters_are_recovered() -> None:
    frequency, recency, age = simulate(20_000, dropout=(0.8, 2.5), seed=1)
    found = fit_bg_nbd(frequency, recency, age, np.ones(len(age)), 100)
    assert found.is_converged
    assert found.parameters == pytest.approx(
        {"r": 1.5, "alpha": 8.0, "a": 0.8, "b": 2.5}, rel=0.1
    )


def test_customers_who_never_leave_are_no_convergence() -> None:
    frequency, recency, age = simulate(3_000, dropout=None, seed=2)
    found = fit_bg_nbd(frequency, recency, age, np.ones(len(age)), 100)
    assert (found.is_converged, found.reason) == (False, "no_dropout")
    limit = fit_nbd(frequency, age, np.ones(len(age)), 100)
    assert (limit.is_converged, limit.reason) == (True, "converged")
    assert limit.parameters == pytest.approx({"r": 1.5, "alpha": 8.0}, rel=0.1)
    # Inside its space BG/NBD finds nothing that is more likely.
    assert limit.log_likelihood == pytest.approx(found.log_likelihood, rel=1e-5)


def test_equal_customers_are_no_convergence() -> None:
    """All buy at one rate, so that r and alpha run off together."""
    generator = np.random.default_rng(3)
    age = np.full(3_000, 52.0)
    frequency = generator.binomial(10, 0.5, 3_000).astype(np.float64)
    recency = np.where(frequency > 0, 52 * frequency / (frequency + 1), 0.0)
    found = fit_bg_nbd(frequency, recency, age, np.ones(3_000), 100)
    assert not found.is_converged
    assert found.reason in {"parameter_at_bound", "no_dropout"}
    limit = fit_nbd(frequency, age, np.ones(3_000), 100)
    assert (limit.is_converged, limit.reason) == (False, "parameter_at_bound")


def test_spend_without_a_mean_is_no_convergence() -> None:
    generator = np.random.default_rng(4)
    rates = generator.gamma(0.5, 1.0, 5_000)
    frequency = np.full(5_000, 3.0)
    mean_spend = generator.gamma(3 * 2.0, 1.0, 5_000) / rates / 3
    found = fit_gamma_gamma(frequency, mean_spend, np.ones(5_000), 100)
    assert found.parameters["q"] == pytest.approx(0.5, rel=0.1)
    assert (found.is_converged, found.reason) == (False, "infinite_mean_spend")


def test_equal_spend_is_no_convergence() -> None:
    found = fit_gamma_gamma([2.0, 3.0], [10.0, 10.0], [500, 500], 100)
    assert (found.is_converged, found.reason) == (False, "parameter_at_bound")


def test_too_few_repeat_buyers_are_not_fitted(cdnow: Cdnow) -> None:
    found = fit_bg_nbd(cdnow.frequency, cdnow.recency, cdnow.age, cdnow.one_each, 947)
    assert found.reason == "too_few_repeat_buyers"
    assert (found.customers, found.repeat_buyers) == (2357, 946)
    assert found.parameters == {}
    assert np.isnan(found.log_likelihood)
    assert not found.is_converged
    limit = fit_nbd(cdnow.frequency, cdnow.age, cdnow.one_each, 947)
    assert limit.reason == "too_few_repeat_buyers"
    assert (limit.customers, limit.repeat_buyers) == (2357, 946)


@pytest.mark.parametrize(
    ("arrays", "problem"),
    [
        (([1], [2], [1], [1]), "recency exceeds age in 1 rows"),
        (([1], [0], [1], [1]), "both frequency and recency to be zero"),
        (([0], [1], [2], [1]), "both frequency and recency to be zero"),
        (([np.nan], [0], [1], [1]), "frequency is missing, infinite or negative"),
        (([0], [0], [-1], [1]), "age is missing, infinite or negative"),
        (([0, 0], [0], [1], [1]), "expected one length"),
    ],
)
def test_impossible_purchases_are_refused(
    arrays: tuple[list[float], ...], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        BgNbdLikelihood(*arrays)


def test_impossible_exposure_is_refused() -> None:
    with pytest.raises(ValueError, match="age is missing, infinite or negative"):
        NbdLikelihood([1], [-1], [1])


def test_impossible_spend_is_refused() -> None:
    with pytest.raises(ValueError, match="mean_spend is zero"):
        GammaGammaLikelihood([1], [0.0], [1])
    with pytest.raises(ValueError, match="mean_spend is missing"):
        GammaGammaLikelihood([1], [np.nan], [1])


def training_rows(cdnow: Cdnow) -> pd.DataFrame:
    """CDNOW as int_lifetime_value_training has it, on one date."""
    is_repeat = cdnow.frequency > 0
    paid = np.zeros(len(cdnow.frequency))
    paid[is_repeat] = cdnow.paid_frequency
    spend = np.full(len(paid), np.nan)
    spend[is_repeat] = cdnow.mean_spend
    return pd.DataFrame(
        {
            "observation_date": pd.Timestamp("1997-10-01"),
            "frequency": cdnow.frequency.astype(int),
            "recency_weeks": cdnow.recency,
            "age_weeks": cdnow.age,
            "paid_repeat_days": paid.astype(int),
            "mean_repeat_spend": spend,
            "customers": 1,
        }
    )


def test_every_date_has_rows_of_its_own_whatever_their_order(cdnow: Cdnow) -> None:
    training = training_rows(cdnow)
    earlier = training.head(50).assign(observation_date=pd.Timestamp("1997-07-01"))
    both = pd.concat([training, earlier])
    table = fit_rows(both, MINIMUM_REPEAT_BUYERS)
    assert table == fit_rows(both.sample(frac=1, random_state=5), MINIMUM_REPEAT_BUYERS)

    rows = table.to_pandas().set_index(["observation_date", "model", "parameter"])
    numbers = rows["number_value"]
    late, early = sorted({date for date, _, _ in rows.index}, reverse=True)
    assert str(late) == "1997-10-01"
    assert numbers[late, "bg_nbd", "r"] == pytest.approx(0.243, abs=5e-4)
    assert numbers[late, "nbd", "is_converged"] == 1
    assert numbers[late, "gamma_gamma", "is_converged"] == 1
    assert rows["text_value"][early, "bg_nbd", "reason"] == "too_few_repeat_buyers"
    assert numbers[early, "bg_nbd", "customers"] == 50
    assert (early, "bg_nbd", "r") not in rows.index
    assert (early, "bg_nbd", "log_likelihood") not in rows.index


def test_without_customers_there_are_no_rows(cdnow: Cdnow) -> None:
    empty = fit_rows(training_rows(cdnow).head(0), MINIMUM_REPEAT_BUYERS)
    assert empty.num_rows == 0
    assert empty.schema == lifetime_value.FIT_SCHEMA


def test_terms_stand_beside_their_pairs(bg_nbd: lifetime_value.FittedModel) -> None:
    """The last pair is of a date on which nobody leaves."""
    date = pd.Timestamp("1997-10-01").date()
    known = bg_nbd.parameters
    pairs = pa.table(
        {
            "observation_date": pa.array([date] * 3),
            "horizon_days": pa.array([273, 7, 273]),
            "frequency": pa.array([2, 0, 2]),
            "age_days": pa.array([272, 14, 272]),
            "r": pa.array([known["r"], known["r"], 0.7]),
            "alpha": pa.array([known["alpha"], known["alpha"], 9.0]),
            "a": pa.array([known["a"], known["a"], None], pa.float64()),
            "b": pa.array([known["b"], known["b"], None], pa.float64()),
        }
    )
    terms = term_rows(pairs, 0.1, 0.95)
    assert terms.schema == lifetime_value.TERM_SCHEMA
    assert terms["frequency"].to_pylist() == [2, 0, 2]
    *of_bg_nbd, of_nbd = terms["orders_if_alive"].to_pylist()
    assert of_bg_nbd == pytest.approx(
        [
            *expected_orders_if_alive(known, [2], [272 / 7], 39),
            *expected_orders_if_alive(known, [0], [2], 1),
        ],
        rel=1e-12,
    )
    *discounted, discounted_of_nbd = terms["discounted_orders_if_alive"].to_pylist()
    assert all(
        0 < less < all_ for less, all_ in zip(discounted, of_bg_nbd, strict=True)
    )
    assert (of_nbd, discounted_of_nbd) == (None, None)
    first, _, last = terms["exceedance_if_alive"].to_pylist()
    theirs = nbinom(2.7, (9 + 272 / 7) / (9 + 272 / 7 + 39))
    assert len(last) == theirs.ppf(0.975)
    assert last == pytest.approx(theirs.sf(np.arange(len(last))), rel=1e-9)
    assert (np.diff(first) < 0).all()
    assert term_rows(pairs.slice(0, 0), 0.1, 0.95).num_rows == 0
    # As many as a batch holds, and more.
    many = pa.concat_tables([pairs] * (lifetime_value.BATCH_PAIRS // 2))
    found = term_rows(many, 0.1, 0.95)
    assert found.slice(many.num_rows - 3) == terms
