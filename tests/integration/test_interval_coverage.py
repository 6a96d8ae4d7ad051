"""The intervals hold a known truth as often as they say, and follow their formulas."""

import re
import sys
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from conftest import PROJECT, Warehouse
from numpy.typing import NDArray
from scipy.stats import binomtest, norm, skew

import interval_coverage

# Below it no interval of a proportion reaches 95 % for every rate: there are few
# possible counts. The published table has these rates too.
MINIMUM_SUCCESSES = 5
# Three standard errors of a coverage of 97 % among so many samples.
REPETITIONS = 10_000
NOISE = 0.005
# The default of the var: nothing is shown of fewer buyers.
MINIMUM_CELL_SIZE = 5


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """What `docs/intervals.md` publishes, measured again."""
    folder = tmp_path_factory.mktemp("coverage")
    output = folder / "coverage.csv"
    options = ["--repetitions", str(REPETITIONS), "--output", str(output)]

    def run_dbt(arguments: Sequence[str]) -> str:
        return Warehouse(folder).run_dbt(arguments).stdout

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(interval_coverage, "run_dbt", run_dbt)
        patch.setattr(sys, "argv", [interval_coverage.__file__, *options])
        interval_coverage.main()
    return pd.read_csv(output)


@pytest.fixture(scope="module")
def coverage(measured: pd.DataFrame) -> pd.DataFrame:
    """How often the intervals hold the truth."""
    return measured[measured["coverage"].notna()]


@pytest.fixture(scope="module")
def reliability(measured: pd.DataFrame) -> pd.DataFrame:
    """How often the interval of a spend that few customers have is called reliable."""
    return measured[measured["reliable"].notna()]


@pytest.mark.parametrize(
    ("measure", "sizes", "lowest", "highest"),
    [
        ("rate", [50, 200, 1000], 0.93, 0.97),
        ("rating", [50, 200, 1000], 0.93, 0.97),
        ("spend", [200, 1000], 0.90, 1.0),
        ("difference of rate", [50, 200, 1000], 0.93, 0.97),
        ("difference of spend", [200, 1000], 0.90, 1.0),
    ],
)
def test_intervals_hold_the_truth(
    coverage: pd.DataFrame,
    measure: str,
    sizes: list[int],
    lowest: float,
    highest: float,
) -> None:
    rows = coverage[
        (coverage["measure"] == measure) & coverage["customers"].isin(sizes)
    ]
    if measure == "rate":
        rates = rows["distribution"].str.extract(r"(\d+)%")[0].astype(float) / 100
        rows = rows[rates * rows["customers"] > MINIMUM_SUCCESSES - 1e-9]
        highest += NOISE
    assert len(rows) >= 2 * len(sizes)
    assert rows["coverage"].between(lowest, highest).all(), rows


def test_the_published_table_is_the_measured_one(coverage: pd.DataFrame) -> None:
    published = (PROJECT / "docs" / "intervals.md").read_text(encoding="utf-8")
    for name, rows in coverage.groupby("distribution"):
        [line] = [line for line in published.splitlines() if f"| {name} |" in line]
        stated = [float(cell) for cell in re.findall(r"\| ([0-9.]+)% \(", line)]
        assert stated == pytest.approx(rows["coverage"] * 100, abs=0.2), name


def test_what_is_called_reliable_is_seldom_wrong(reliability: pd.DataFrame) -> None:
    """By the number of customers alone 19 % were, where 1 % of 200 customers spend."""
    assert len(reliability) == 12
    assert (reliability["reliable_and_wrong"] <= 0.1).all(), reliability
    # Nobody spends in .99 to the power of 50 of the samples, and they have no interval.
    rarest = reliability[reliability["distribution"].str.contains("99%")]
    assert np.allclose(
        rarest["without_interval"], 0.99 ** rarest["customers"], atol=3 * NOISE
    )
    # With ten expected nearly all are reliable: the rule costs little.
    often = reliability[reliability["distribution"].str.contains("90%")]
    assert (often.query("customers >= 200")["reliable"] > 0.99).all()


def test_nothing_is_below_zero_where_nothing_was_returned(
    reliability: pd.DataFrame, sample_warehouse: Warehouse
) -> None:
    """Hall's own bound is below zero in 51 % of the samples where 1 % of 200 spend."""
    assert (reliability["below_zero"] == 0).all(), reliability
    bounds = sample_warehouse.frame(
        "select evaluation.ci_low, estimates.negative_count "
        "from segment_evaluation as evaluation "
        "inner join int_segment_estimates as estimates "
        "using (observation_date, segment_id, measure, evaluation_window) "
        "where estimates.interval_kind = 'amount' and ci_low is not null"
    )
    assert (bounds["negative_count"] == 0).any()
    assert (bounds.query("negative_count == 0")["ci_low"] >= 0).all()


def test_the_published_reliability_is_the_measured_one(
    reliability: pd.DataFrame,
) -> None:
    published = (PROJECT / "docs" / "intervals.md").read_text(encoding="utf-8")
    for name, rows in reliability.groupby("distribution"):
        [line] = [line for line in published.splitlines() if f"| {name} |" in line]
        cells = re.findall(r"\| ([0-9.]+)% \(([0-9.]+)%\)", line)
        stated = [(float(reliable), float(wrong)) for reliable, wrong in cells]
        assert np.array(stated) == pytest.approx(
            rows[["reliable", "reliable_and_wrong"]].to_numpy() * 100, abs=0.2
        ), name


def test_bounds_are_those_of_scipy(sample_warehouse: Warehouse) -> None:
    """Of the sample's own segments: retention by Wilson, ratings by the normal."""
    rows = sample_warehouse.frame(
        "select * from segment_evaluation where ci_low is not null"
    )
    retention = rows[
        (rows["measure"] == "retention") & (rows["evaluation_window"] == "outcome")
    ]
    assert len(retention) >= 4
    for row in retention.itertuples():
        successes = round(row.estimate * row.customers_measured)
        interval = binomtest(successes, row.customers_measured).proportion_ci(
            method="wilson"
        )
        assert (row.ci_low, row.ci_high) == pytest.approx(
            (interval.low, interval.high), abs=2e-6
        )
    ratings = rows[rows["measure"] == "satisfaction"]
    assert len(ratings) >= 4
    for row in ratings.itertuples():
        low, high = norm.interval(0.95, row.estimate, row.standard_error)
        assert (row.ci_low, row.ci_high) == pytest.approx(
            (max(low, 1), min(high, 5)), abs=5e-6
        )


def test_spend_is_bounded_by_halls_transformation(sample_warehouse: Warehouse) -> None:
    """The bounds are where the transformed studentised mean is a normal quantile."""
    rows = sample_warehouse.frame(
        "select evaluation.*, estimates.skewness "
        "from segment_evaluation as evaluation "
        "inner join int_segment_estimates as estimates "
        "using (observation_date, segment_id, measure, evaluation_window) "
        "where estimates.interval_kind = 'amount' and ci_low is not null "
        # What is cut off at zero is no such bound any more.
        "and estimates.skewness is not null and ci_low <> 0"
    )
    assert len(rows) >= 12
    assert (rows["skewness"].abs() > 0.1).any()
    for bound, quantile in (("ci_low", 0.975), ("ci_high", 0.025)):
        ratio = rows["skewness"] / np.sqrt(rows["customers_measured"])
        studentised = (rows["estimate"] - rows[bound]) / rows["standard_error"]
        transformed = (
            studentised
            + ratio * studentised**2 / 3
            + ratio**2 * studentised**3 / 27
            + ratio / 6
        )
        # What is published has six decimals.
        tolerance = 1e-4 + 2e-6 / rows["standard_error"]
        assert ((transformed - norm.ppf(quantile)).abs() <= tolerance).all()


def test_skewness_is_that_of_scipy(sample_warehouse: Warehouse) -> None:
    customers = sample_warehouse.frame(
        "select observation_date, segment_id, "
        "cast(trailing_spend as double) as spend, lifetime_value "
        "from customer_segment_assignments "
        "inner join customer_features using (observation_date, customer_id)"
    )
    published = sample_warehouse.frame(
        "select * from int_segment_measure_totals where not is_overall"
    ).set_index(["observation_date", "segment_id"])
    assert published["spend__skewness"].notna().sum() >= 4
    for key, rows in customers.groupby(["observation_date", "segment_id"]):
        for column in ("spend", "lifetime_value"):
            assert published.loc[key, f"{column}__skewness"] == pytest.approx(
                skew(rows[column], bias=False), abs=1e-5, nan_ok=True
            )


# ---------------------------------------------------------------- lift


# Purchases of a customer are a Poisson number whose mean is exponential, and how often
# one of them is of an item is a share of the customer's own: both vary more than
# purchases that are drawn one by one.
SHARE_CONCENTRATION = 5
SAMPLES = 4_000


def draw_purchases(
    generator: np.random.Generator, customers: int, mean: float, share: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Purchases of an item and of all items, by sample and customer."""
    shape = (SAMPLES, customers)
    total = generator.poisson(generator.exponential(mean, shape))
    own_shares = generator.beta(
        share * SHARE_CONCENTRATION, (1 - share) * SHARE_CONCENTRATION, shape
    )
    item = generator.binomial(total, own_shares)
    return item.astype(np.float64), total.astype(np.float64)


def lift_bounds(
    item: NDArray[np.float64], total: NDArray[np.float64], size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bounds of the lift of the first customers of each sample: the delta method."""

    def share(
        of: NDArray[np.bool_],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the share, and each customer's part in the error of its logarithm."""
        item_sum, total_sum = (
            (numbers * of).sum(axis=1, keepdims=True) for numbers in (item, total)
        )
        return item_sum / total_sum, of * (item / item_sum - total / total_sum)

    inside = np.arange(item.shape[1]) < size
    segment_share, added = share(inside)
    overall_share, added_to_overall = share(np.ones_like(inside))
    lift = (segment_share / overall_share)[:, 0]
    error = np.sqrt(((added - added_to_overall) ** 2).sum(axis=1))
    distance = np.exp(norm.ppf(0.975) * error)
    return lift / distance, lift * distance


def test_lifts_hold_the_truth_as_often_as_published() -> None:
    """`test_recommendations` has the same formula for the published bounds."""
    text = (PROJECT / "docs" / "backtest.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| ([\d ]+) of ([\d ]+) \| (\d+) / (\d+) \| (\d+) % / (\d+) % "
        r"\| ([\d.]+) % \|$",
        text,
        re.M,
    )
    assert len(rows) == 6
    generator = np.random.default_rng(0)
    for cells in rows:
        size, customers, mean, other_mean, percent, other_percent, published = (
            float(cell.replace(" ", "")) for cell in cells
        )
        others = customers - size
        item, total = (
            np.hstack(drawn)
            for drawn in zip(
                draw_purchases(generator, int(size), mean, percent / 100),
                draw_purchases(generator, int(others), other_mean, other_percent / 100),
                strict=True,
            )
        )
        shown = (item[:, : int(size)] > 0).sum(axis=1) >= MINIMUM_CELL_SIZE
        low, high = lift_bounds(item[shown], total[shown], int(size))
        weight = size * mean / (size * mean + others * other_mean)
        truth = percent / (weight * percent + (1 - weight) * other_percent)
        held = 100 * ((low <= truth) & (truth <= high)).mean()
        assert held == pytest.approx(published, abs=0.1), cells
