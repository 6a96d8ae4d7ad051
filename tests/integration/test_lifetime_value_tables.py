"""Lifetime value of CDNOW, from the raw log through the input contract to the marts."""

import json
import re
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import ARTIFACTS, PROJECT, Warehouse, write_raw_tables
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import lomax, nbinom

from segmentation.lifetime_value import fit_nbd

PURCHASES = 6919
REPEATED_LINES = 21
CUSTOMERS = 2357
REPEAT_BUYERS = 946
REPEAT_PURCHASE_DAYS = 2457
HOLD_OUT_PURCHASE_DAYS = 1882
HOLD_OUT_DAYS = 273
# The default of var lifetime_value_sample_rows.
SAMPLE_ROWS = 20_000
TRAINING_DATE = "1997-10-01"
VARIABLES = {
    "as_of_date": "1998-07-01",
    # One window before it, and so a date of the grid, is the training date.
    "observation_anchor": TRAINING_DATE,
    "outcome_window_days": HOLD_OUT_DAYS,
    "observation_count": 2,
    "lifetime_horizon_days": HOLD_OUT_DAYS,
}
# Fader, Hardie and Lee (2005), and Fader and Hardie (2013).
BG_NBD = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
GAMMA_GAMMA = {"p": 6.25, "q": 3.74, "gamma": 15.44}
LOG_LIKELIHOOD = {"bg_nbd": -9582.43, "gamma_gamma": -4055.92}
CORRELATION_WITH_HOLD_OUT = 0.626
TOP_FIFTH_SHARE = {"model": 0.663, "baseline": 0.66}


NEWCOMERS = 1_500
NEWCOMERS_DATE = date(2025, 1, 1)
NEWCOMERS_HORIZON = 365
OLDEST_NEWCOMER_DAYS = 30


@pytest.fixture(scope="module")
def purchase_log() -> list[dict[str, str]]:
    """The lines of the log under the contract's names, with a key for each line."""
    package = find_spec("lifetimes")
    if package is None or package.origin is None:
        pytest.skip("the package lifetimes is not installed")
    log = Path(package.origin).parent / "datasets" / "CDNOW_sample.txt"
    lines = [line.split() for line in log.read_text(encoding="utf-8").splitlines()]
    return [
        {
            "order_id": f"line_{number}",
            "customer_id": customer,
            "ordered_at": purchased_on,
            "amount": amount,
        }
        for number, (_, customer, purchased_on, _, amount) in enumerate(lines, start=1)
    ]


def build_log(
    folder: Path, purchase_log: list[dict[str, str]], **variables: object
) -> Warehouse:
    write_raw_tables(folder / "landing", {"orders": purchase_log})
    return Warehouse(folder).build_input(
        folder / "landing",
        ["orders"],
        variables={**VARIABLES, **variables},
        environment=ARTIFACTS,
    )


@pytest.fixture(scope="module")
def cdnow(
    purchase_log: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """Fitted on 39 weeks at most, compared with the 39 weeks that followed."""
    return build_log(tmp_path_factory.mktemp("cdnow"), purchase_log)


def fitted(warehouse: Warehouse, model: str) -> pd.Series:
    """The row of a model at the training date."""
    [(_, row)] = warehouse.frame(
        "select * from lifetime_value_models "
        f"where observation_date = '{TRAINING_DATE}' and model = '{model}'"
    ).iterrows()
    return row


def test_no_line_of_the_log_is_lost(
    cdnow: Warehouse, purchase_log: list[dict[str, str]]
) -> None:
    lines = [tuple(list(line.values())[1:]) for line in purchase_log]
    assert len(lines) - len(set(lines)) == REPEATED_LINES
    total = sum(round(float(line["amount"]) * 100) for line in purchase_log)
    assert cdnow.row(
        "select sum(order_count), cast(round(sum(total_spend) * 100) as bigint) "
        "from customers"
    ) == (PURCHASES, total)


def test_purchases_of_a_day_are_one(cdnow: Warehouse) -> None:
    assert cdnow.row(
        "select count(*), count_if(frequency > 0), sum(frequency) "
        "from int_customer_repeat_purchases "
        f"where observation_date = '{TRAINING_DATE}'"
    ) == (CUSTOMERS, REPEAT_BUYERS, REPEAT_PURCHASE_DAYS)


@pytest.mark.parametrize(
    ("model", "published", "tolerance"),
    [("bg_nbd", BG_NBD, 5e-4), ("gamma_gamma", GAMMA_GAMMA, 5e-3)],
)
def test_parameters_are_as_published(
    cdnow: Warehouse, model: str, published: dict[str, float], tolerance: float
) -> None:
    row = fitted(cdnow, model)
    assert {name: row[name] for name in published} == pytest.approx(
        published, abs=tolerance
    )
    assert row["log_likelihood"] == pytest.approx(LOG_LIKELIHOOD[model], abs=0.01)
    assert row["customers"] == (CUSTOMERS if model == "bg_nbd" else REPEAT_BUYERS)
    assert row["is_converged"]


def test_backtest_is_as_published(cdnow: Warehouse) -> None:
    summary = cdnow.frame("select * from lifetime_value_backtest_summary").set_index(
        "predictor"
    )
    assert summary["realised_orders"].tolist() == [HOLD_OUT_PURCHASE_DAYS] * 2
    assert summary["customers"].tolist() == [CUSTOMERS] * 2
    assert summary["orders_correlation"]["model"] == pytest.approx(
        CORRELATION_WITH_HOLD_OUT, abs=1e-3
    )
    assert summary["top_quintile_spend_share"].round(3).to_dict() == TOP_FIFTH_SHARE
    assert summary["is_best"].to_dict() == {"model": True, "baseline": False}


def test_backtest_is_as_documented(cdnow: Warehouse) -> None:
    documentation = (PROJECT / "docs" / "backtest.md").read_text(encoding="utf-8")
    # Of the tenth of its customers that are built here.
    lines = [
        line
        for line in documentation.splitlines()
        if line.startswith("| CDNOW") and "| 2 357 |" in line
    ]
    summary = cdnow.frame(
        "from lifetime_value_backtest_summary order by predictor desc"
    )
    assert [re.findall(r"-?[0-9]*\.[0-9]+", line) for line in lines] == [
        [
            f"{100 * row.orders_error:.1f}",
            f"{100 * row.spend_error:.1f}",
            f"{row.orders_correlation:.3f}".lstrip("0"),
            f"{row.spend_correlation:.3f}".lstrip("0"),
            f"{100 * row.top_quintile_spend_share:.2f}",
            *(
                [f"{100 * row.orders_interval_coverage:.1f}"]
                if row.predictor == "model"
                else []
            ),
        ]
        for row in summary.itertuples()
    ]


def test_python_reads_no_row_for_each_customer(
    cdnow: Warehouse, purchase_log: list[dict[str, str]], tmp_path: Path
) -> None:
    """Ten times the customers, alike, are the same pairs and no larger a sample."""
    manifest = json.loads((cdnow.folder / "target" / "manifest.json").read_text())
    read_by_python = {
        parent.rpartition(".")[2]
        for node in manifest["nodes"].values()
        if node.get("language") == "python"
        and node["name"].startswith("int_lifetime_value")
        for parent in node["depends_on"]["nodes"]
    }
    assert read_by_python == {"int_lifetime_value_training", "int_lifetime_value_pairs"}

    copies = [
        {
            **line,
            "order_id": f"{line['order_id']}_{copy}",
            "customer_id": f"{line['customer_id']}_{copy}",
        }
        for copy in range(10)
        for line in purchase_log
    ]
    write_raw_tables(tmp_path / "landing", {"orders": copies})
    tenfold = Warehouse(tmp_path)
    tenfold.build(
        *[
            "--select",
            "+int_lifetime_value_terms",
            "--exclude",
            "path:seeds/crm_sample",
        ],
        variables={
            **VARIABLES,
            "crm_location": tenfold.files_in(tmp_path / "landing"),
            "crm_tables": ["orders"],
        },
    )
    assert tenfold.row(
        "select count(*) from int_customer_repeat_purchases "
        f"where observation_date = '{TRAINING_DATE}'"
    ) == (10 * CUSTOMERS,)
    pairs = (
        "select horizon_days, frequency, age_days from int_lifetime_value_pairs "
        f"where observation_date = '{TRAINING_DATE}' order by all"
    )
    assert tenfold.rows(pairs) == cdnow.rows(pairs)
    assert 0 < len(cdnow.rows(pairs)) < CUSTOMERS
    training = (
        "select cast(sum(customers) as int), count(*) from int_lifetime_value_training "
        f"where observation_date = '{TRAINING_DATE}'"
    )
    [sampled, rows] = tenfold.row(training)
    assert sampled == SAMPLE_ROWS < 10 * CUSTOMERS
    assert rows <= cdnow.row(training)[1]


def test_sql_equals_the_package_lifetimes_for_every_customer(cdnow: Warehouse) -> None:
    lifetimes = pytest.importorskip("lifetimes")
    values = cdnow.frame(
        "select lifetime.*, purchases.paid_repeat_days, purchases.mean_repeat_spend "
        "from customer_lifetime_value as lifetime "
        "inner join int_customer_repeat_purchases as purchases "
        "using (observation_date, customer_id) "
        f"where observation_date = '{TRAINING_DATE}'"
    )
    parameters = cdnow.frame(
        "select r, alpha, a, b, p, q, gamma as v, net_spend_share "
        f"from int_lifetime_value_parameters where observation_date = '{TRAINING_DATE}'"
    ).iloc[0]
    orders = lifetimes.BetaGeoFitter()
    orders.params_ = parameters[["r", "alpha", "a", "b"]]
    spend = lifetimes.GammaGammaFitter()
    spend.params_ = parameters[["p", "q", "v"]]

    known = (values["frequency"], values["recency_weeks"], values["age_weeks"])
    expected = orders.conditional_expected_number_of_purchases_up_to_time(39, *known)
    assert len(values) == CUSTOMERS
    assert np.allclose(values["expected_orders"], expected, rtol=1e-6, atol=1e-6)
    assert np.allclose(
        values["probability_alive"],
        orders.conditional_probability_alive(*known),
        atol=1e-6,
    )
    mean_spend = spend.conditional_expected_average_profit(
        values["paid_repeat_days"], values["mean_repeat_spend"].fillna(0)
    )
    assert np.allclose(
        values["expected_spend"],
        expected * mean_spend * parameters["net_spend_share"],
        rtol=1e-6,
        atol=1e-5,
    )


def test_feature_evaluation_and_customers_select_the_same_number(
    cdnow: Warehouse,
) -> None:
    assert cdnow.row(
        "select count(*), count_if(customers.lifetime_value = mart.expected_spend) "
        "from customers inner join customer_lifetime_value as mart "
        "using (observation_date, customer_id)"
    ) == (CUSTOMERS, CUSTOMERS)
    overall, mean = cdnow.row(
        "select min(overall_estimate), (select round(avg(expected_spend), 6) "
        f"from customer_lifetime_value where observation_date = '{TRAINING_DATE}') "
        "from segment_evaluation where measure = 'lifetime_value' "
        f"and observation_date = '{TRAINING_DATE}'"
    )
    assert overall == pytest.approx(mean, abs=2e-6)


def test_the_future_changes_nothing(
    cdnow: Warehouse, purchase_log: list[dict[str, str]], tmp_path: Path
) -> None:
    """What came on and after the training date is taken away; that date stays."""
    past = [
        line
        for line in purchase_log
        if line["ordered_at"] < TRAINING_DATE.replace("-", "")
    ]
    assert len(past) < len(purchase_log)
    before = build_log(tmp_path, past, as_of_date=TRAINING_DATE, observation_count=1)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{cdnow.database}' as later (read_only)")
        connection.execute(f"attach '{before.database}' as earlier (read_only)")
        for table in ("lifetime_value_models", "customer_lifetime_value"):
            rows = f"from {{}}.main.{table} where observation_date = '{TRAINING_DATE}'"
            [(differing, same)] = connection.execute(
                f"select (select count(*) from ((select * {rows.format('later')} "
                f"except all select * {rows.format('earlier')}) union all "
                f"(select * {rows.format('earlier')} "
                f"except all select * {rows.format('later')}))), "
                f"(select count(*) {rows.format('later')})"
            ).fetchall()
            assert (differing, same > 0) == (0, True), table


def test_too_few_repeat_buyers_leave_the_baseline(
    purchase_log: list[dict[str, str]], tmp_path: Path
) -> None:
    few = build_log(tmp_path, purchase_log, minimum_repeat_buyers=REPEAT_BUYERS + 1)
    for model in ("bg_nbd", "gamma_gamma"):
        row = fitted(few, model)
        assert (row["is_converged"], row["reason"]) == (False, "too_few_repeat_buyers")
        assert row["repeat_buyers"] == REPEAT_BUYERS
    assert few.rows(
        "select distinct prediction_method, prediction_reason, "
        "expected_spend = baseline_spend, probability_alive is null "
        f"from customer_lifetime_value where observation_date = '{TRAINING_DATE}'"
    ) == [("baseline", "bg_nbd_too_few_repeat_buyers", True, True)]


@dataclass(frozen=True)
class Newcomers:
    """Customers who came in the last month and never leave, and what they do later."""

    warehouse: Warehouse
    # By customer: purchase days after the first one, weeks since it, and purchase days
    # in the year to come.
    frequency: NDArray[np.int64]
    age: NDArray[np.float64]
    later: NDArray[np.int64]


def build_newcomers(
    warehouse: Warehouse, landing: Path, selected: str, **variables: object
) -> None:
    """Build the forecasts of a year as of the newcomers' date."""
    warehouse.build(
        *["--select", selected, "lifetime_value_models"],
        *["--exclude", "path:seeds/crm_sample"],
        variables={
            "crm_location": warehouse.files_in(landing),
            "crm_tables": ["orders"],
            "as_of_date": str(NEWCOMERS_DATE),
            "observation_count": 1,
            "lifetime_horizon_days": NEWCOMERS_HORIZON,
            **variables,
        },
    )


@pytest.fixture(scope="module")
def newcomers(tmp_path_factory: pytest.TempPathFactory) -> Newcomers:
    """They buy on a day or not, each at a rate of their own, mostly monthly."""
    folder = tmp_path_factory.mktemp("newcomers")
    generator = np.random.default_rng(6)
    rates = generator.gamma(1.2, 1 / 40, NEWCOMERS)
    first = -generator.integers(1, OLDEST_NEWCOMER_DAYS + 1, NEWCOMERS)
    days = np.arange(-OLDEST_NEWCOMER_DAYS, NEWCOMERS_HORIZON)
    buys = generator.random((NEWCOMERS, len(days))) < -np.expm1(-rates)[:, np.newaxis]
    buys &= days > first[:, np.newaxis]
    is_past = days < 0
    amounts = generator.gamma(4, 5, NEWCOMERS)
    write_raw_tables(
        folder / "landing",
        {
            "orders": [
                {
                    "order_id": f"{customer} {day}",
                    "customer_id": f"c{customer:04}",
                    "ordered_at": str(NEWCOMERS_DATE + timedelta(days=int(day))),
                    "amount": f"{amounts[customer] * generator.gamma(6, 1 / 6):.2f}",
                }
                for customer in range(NEWCOMERS)
                for day in [first[customer], *days[buys[customer] & is_past]]
            ]
        },
    )
    warehouse = Warehouse(folder)
    build_newcomers(warehouse, folder / "landing", "+customer_lifetime_value")
    return Newcomers(
        warehouse,
        frequency=buys[:, is_past].sum(axis=1),
        age=(-first - 1) / 7,
        later=buys[:, ~is_past].sum(axis=1),
    )


def test_nobody_seems_to_leave_and_the_models_say_what_is_used(
    newcomers: Newcomers,
) -> None:
    assert newcomers.warehouse.rows(
        "select model, reason, is_used from lifetime_value_models order by model"
    ) == [
        ("bg_nbd", "no_dropout", False),
        ("gamma_gamma", "converged", True),
        ("nbd", "converged", True),
    ]


def test_the_month_of_newcomers_is_not_their_year(newcomers: Newcomers) -> None:
    """As often as scipy expects, and in all as often as they then came."""
    values = newcomers.warehouse.frame(
        "from customer_lifetime_value order by customer_id"
    )
    assert values["frequency"].tolist() == newcomers.frequency.tolist()

    def loss(logarithms: NDArray[np.float64]) -> float:
        r, alpha = np.exp(logarithms)
        share = alpha / (alpha + newcomers.age)
        return -float(nbinom.logpmf(newcomers.frequency, r, share).sum())

    r, alpha = np.exp(minimize(loss, [0.0, 2.0], method="Nelder-Mead").x)
    expected = (r + newcomers.frequency) / (alpha + newcomers.age)
    assert np.allclose(
        values["expected_orders"], expected * NEWCOMERS_HORIZON / 7, rtol=1e-2
    )
    assert values["expected_orders"].sum() == pytest.approx(
        newcomers.later.sum(), rel=0.1
    )
    assert set(values["prediction_method"]) == {"nbd_gamma_gamma"}
    assert set(values["prediction_reason"]) == {"bg_nbd_no_dropout"}


def test_the_past_rate_of_newcomers_is_over_their_own_age(
    newcomers: Newcomers, tmp_path: Path
) -> None:
    """With too few buyers for a model; shrunk by the moments of Marshall (1991)."""
    few = newcomers.warehouse.copy_to(tmp_path)
    build_newcomers(
        few,
        newcomers.warehouse.folder / "landing",
        "int_lifetime_value_fit+,+customer_lifetime_value",
        minimum_repeat_buyers=NEWCOMERS,
    )
    values = few.frame("from customer_lifetime_value order by customer_id")
    assert set(values["prediction_reason"]) == {"bg_nbd_too_few_repeat_buyers"}

    weeks = newcomers.age.sum()
    mean = newcomers.frequency.sum() / weeks
    is_known = newcomers.age > 0
    rates = newcomers.frequency[is_known] / newcomers.age[is_known]
    variance = (newcomers.age[is_known] * (rates - mean) ** 2).sum() / weeks - (
        mean * is_known.sum() / weeks
    )
    own_share = variance * newcomers.age / (variance * newcomers.age + mean)
    rate = np.full(NEWCOMERS, mean)
    rate[is_known] += own_share[is_known] * (rates - mean)
    assert 0.1 < own_share.max() < 0.9
    assert np.allclose(values["expected_orders"], rate * NEWCOMERS_HORIZON / 7)
    assert values["expected_orders"].sum() == pytest.approx(
        newcomers.later.sum(), rel=0.1
    )


def test_intervals_of_newcomers_are_those_of_scipy(newcomers: Newcomers) -> None:
    """Of how many orders, and of the wait for the next one."""
    values = newcomers.warehouse.frame(
        "select lifetime.*, purchases.last_purchase_on "
        "from customer_lifetime_value as lifetime "
        "inner join int_customer_repeat_purchases as purchases "
        "using (observation_date, customer_id) order by customer_id"
    )
    r, alpha = newcomers.warehouse.row(
        "select r, alpha from int_lifetime_value_parameters"
    )
    weeks = alpha + newcomers.age
    orders = nbinom(r + newcomers.frequency, weeks / (weeks + NEWCOMERS_HORIZON / 7))
    assert values["orders_low"].tolist() == orders.ppf(0.025).tolist()
    assert values["orders_high"].tolist() == orders.ppf(0.975).tolist()
    is_within = (values["orders_low"] <= newcomers.later) & (
        newcomers.later <= values["orders_high"]
    )
    assert 0.94 < is_within.mean() < 0.99

    wait = lomax(r + newcomers.frequency, scale=alpha + values["recency_weeks"])
    for column, share in (
        ("next_order_earliest_date", 0.025),
        ("next_order_date", 0.5),
        ("next_order_latest_date", 0.975),
    ):
        days = np.ceil(7 * wait.ppf(share))
        expected = values["last_purchase_on"] + pd.to_timedelta(
            np.where(days <= 3650, days, np.nan), unit="D"
        )
        assert values[column].dt.date.tolist() == expected.dt.date.tolist(), column
    overdue = (pd.Timestamp(NEWCOMERS_DATE) - values["next_order_date"]).dt.days
    assert values["days_overdue"].tolist() == overdue.clip(lower=0).tolist()


def test_the_margin_is_discounted_over_the_year(newcomers: Newcomers) -> None:
    """At a constant rate of buying, by the mean of 1.1 to the power of minus a year."""
    factor = (1 - 1 / 1.1) / np.log(1.1)
    values = newcomers.warehouse.frame("from customer_lifetime_value")
    assert np.allclose(
        values["discounted_margin"], 0.3 * factor * values["expected_spend"], atol=1e-5
    )


def test_the_published_horizon_is_tested_on_what_came(
    sample_warehouse: Warehouse,
) -> None:
    """Orders of customers of the date, counted in the orders themselves."""
    summary = sample_warehouse.frame(
        "from lifetime_value_backtest_summary where predictor = 'model' "
        "order by horizon_days"
    )
    assert summary["horizon_days"].tolist() == [90, 365]
    for row in summary.itertuples():
        counted = sample_warehouse.row(
            "with orders as (select customer_id, counted_at, amount, order_kind "
            "from int_counted_orders where counted_at < "
            f"timestamp '{row.observation_date}' + to_days({row.horizon_days})), "
            "known as (select distinct customer_id from orders "
            f"where order_kind = 'order' and counted_at < '{row.observation_date}') "
            "select (select count(*) from known), "
            "count(distinct (customer_id, cast(counted_at as date))) "
            "filter (where order_kind = 'order'), "
            "sum(if(order_kind = 'order', amount, -abs(amount))) "
            "from orders inner join known using (customer_id) "
            f"where counted_at >= '{row.observation_date}'"
        )
        assert (row.customers, row.realised_orders, row.realised_spend) == (
            *counted[:2],
            pytest.approx(float(counted[2]), abs=1e-3),
        )
        assert row.orders_interval_coverage > 0.8


def test_the_models_of_an_earlier_date_saw_nothing_later(
    sample_warehouse: Warehouse,
) -> None:
    """Fitted again on nothing but the purchase days before it."""
    [date_] = sample_warehouse.row(
        "select max(observation_date) from int_forecast_dates where not is_observed"
    )
    days = sample_warehouse.frame(
        "select count(distinct cast(counted_at as date)) - 1 as frequency, "
        f"(date '{date_}' - 1 - cast(min(counted_at) as date)) / 7 as age "
        "from int_counted_orders where order_kind = 'order' "
        f"and counted_at < '{date_}' group by customer_id"
    )
    found = fit_nbd(days["frequency"], days["age"], np.ones(len(days)), 100)
    row = sample_warehouse.frame(
        "from lifetime_value_models where model = 'nbd' "
        f"and observation_date = '{date_}'"
    ).iloc[0]
    assert row["customers"] == len(days)
    assert row[["r", "alpha"]].to_dict() == pytest.approx(found.parameters, rel=1e-4)
