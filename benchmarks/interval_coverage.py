"""Measure how often the published intervals hold a known truth.

    python benchmarks/interval_coverage.py

draws samples from distributions whose mean is known, has DuckDB compute the bounds of
`macros/intervals.sql` as dbt compiles them, and prints two markdown tables: the share
of intervals that hold the truth (nominally 95 %), and on which side the others miss it;
and, where few customers spend anything, how often `macros/reliability.sql` calls an
interval reliable, and how often one that is so does not hold the truth.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import skew

PROJECT: Final = Path(__file__).resolve().parent.parent
SIZES: Final = (50, 200, 1000)
# The standard error of a coverage of 95 % is then 0.2 %.
REPETITIONS: Final = 10_000
BOUNDS: Final = {
    "rate": "wilson_bound('estimate', 'customers', {side})",
    "rating": "normal_bound('estimate', 'standard_error', {side}, 1, 5)",
    "spend": "skewed_bound("
    "'estimate', 'standard_error', 'skewness', 'customers', {side})",
}
RARE_BOUND: Final = (
    "amount_bound(" + BOUNDS["spend"] + ", 'nonzero_count', 'negative_count')"
)
RELIABLE: Final = "is_reliable_interval('customers', 'nonzero_count', 'low', 'high')"
# Of treated less control customers, from the bounds of both arms.
DIFFERENCE_BOUND: Final = (
    "difference_bound('treated_estimate', 'treated_{same}', "
    "'control_estimate', 'control_{other}', {side})"
)


@dataclass(frozen=True)
class Rate:
    """Whether a customer does something, which the share `mean` of all do."""

    mean: float
    measure: str = "rate"

    @property
    def name(self) -> str:
        return f"{self.mean:.0%} of customers"

    def draw(
        self, generator: np.random.Generator, shape: tuple[int, int]
    ) -> NDArray[np.float64]:
        return (generator.random(shape) < self.mean).astype(np.float64)


@dataclass(frozen=True)
class Rating:
    """A rating from 1 to 5; `shares` are those of each."""

    described: str
    shares: tuple[float, ...]
    measure: str = "rating"

    @property
    def name(self) -> str:
        return f"1 to 5, {self.described}"

    @property
    def mean(self) -> float:
        return float(np.arange(1, 6) @ np.array(self.shares))

    def draw(
        self, generator: np.random.Generator, shape: tuple[int, int]
    ) -> NDArray[np.float64]:
        return generator.choice(np.arange(1.0, 6.0), size=shape, p=self.shares)


@dataclass(frozen=True)
class Spend:
    """Log-normal with this deviation of the logarithm, but for a share of zeros."""

    deviation: float
    zeros: float
    measure: str = "spend"

    @property
    def name(self) -> str:
        zeros = f", {self.zeros:.0%} zeros" if self.zeros else ""
        return f"log-normal, deviation {self.deviation:g}{zeros}"

    @property
    def mean(self) -> float:
        return float(np.exp(self.deviation**2 / 2) * (1 - self.zeros))

    def draw(
        self, generator: np.random.Generator, shape: tuple[int, int]
    ) -> NDArray[np.float64]:
        amounts = generator.lognormal(0, self.deviation, shape)
        return amounts * (generator.random(shape) >= self.zeros)


@dataclass(frozen=True)
class Difference:
    """What treated customers do more than as many control customers."""

    treated: Rate | Spend
    control: Rate | Spend

    @property
    def measure(self) -> str:
        return f"difference of {self.treated.measure}"

    @property
    def name(self) -> str:
        return f"{self.treated.name} less {self.control.name}"

    @property
    def mean(self) -> float:
        return self.treated.mean - self.control.mean


Distribution = Rate | Rating | Spend | Difference
DISTRIBUTIONS: Final[tuple[Distribution, ...]] = (
    *(Rate(mean) for mean in (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)),
    Rating("mostly content", (0.05, 0.05, 0.10, 0.30, 0.50)),
    Rating("divided", (0.30, 0.10, 0.10, 0.15, 0.35)),
    *(
        Spend(deviation, zeros)
        for deviation, zeros in ((1, 0), (1, 0.5), (1, 0.8), (1.5, 0), (1.5, 0.5))
    ),
    *(
        Difference(Rate(treated), Rate(control))
        for treated, control in ((0.1, 0.1), (0.2, 0.1), (0.32, 0.02), (0.5, 0.5))
    ),
    *(
        Difference(Spend(deviation, treated), Spend(deviation, control))
        for deviation, treated, control in (
            (1, 0, 0),
            (1, 0.7, 0.8),
            (1.5, 0.5, 0.5),
            (1, 0.7, 0.98),
        )
    ),
)


# Nine in ten customers, or nearly all, spend nothing.
RARE_SPEND: Final = tuple(Spend(1.5, zeros) for zeros in (0.99, 0.98, 0.95, 0.9))


def run_dbt(arguments: Sequence[str]) -> str:
    """Run dbt on the project and return what it wrote."""
    command = [
        *[str(Path(sys.executable).with_name("dbt")), *arguments],
        *["--target", "lint", "--target-path", "build/lint"],
    ]
    return subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout


def compiled_bounds() -> dict[str, str]:
    """Lower and upper bound of each measure, and of a difference, as SQL by dbt."""
    sides = (("low", -1), ("high", 1))
    columns = [
        f"{{{{ {macro.format(side=side)} }}}} as {measure}_{name}"
        for measure, macro in {**BOUNDS, "rare": RARE_BOUND}.items()
        for name, side in sides
    ]
    columns.append(f"{{{{ {RELIABLE} }}}} as reliable")
    for (same, side), (other, _) in zip(sides, reversed(sides), strict=True):
        macro = DIFFERENCE_BOUND.format(same=same, other=other, side=side)
        columns.append(f"{{{{ {macro} }}}} as difference_{same}")
    marked = " /* end of column */ ".join(columns)
    output = run_dbt(["--quiet", "compile", "--inline", marked, "--output", "json"])
    compiled = json.loads(output[output.index("{") :])["compiled"]
    bounds = {}
    for column in compiled.split("/* end of column */"):
        sql, name = column.rsplit(" as ", 1)
        bounds[name.strip()] = sql
    return bounds


def skewness_of(sample: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sample skewness of each row; not-a-number where all values are the same."""
    with np.errstate(invalid="ignore"):
        return np.asarray(skew(sample, axis=1, bias=False), dtype=np.float64)


def summaries_of(
    distribution: Rate | Rating | Spend,
    shape: tuple[int, int],
    generator: np.random.Generator,
) -> pd.DataFrame:
    """What the bounds need of samples that are the rows of `shape`."""
    sample = distribution.draw(generator, shape)
    summaries = pd.DataFrame({"customers": shape[1], "estimate": sample.mean(axis=1)})
    if distribution.measure != "rate":
        deviations = sample.std(axis=1, ddof=1)
        summaries["standard_error"] = deviations / np.sqrt(shape[1])
    if distribution.measure == "spend":
        summaries["nonzero_count"] = (sample != 0).sum(axis=1)
        summaries["negative_count"] = (sample < 0).sum(axis=1)
        # Of values that are all the same there is none.
        summaries["skewness"] = np.nan_to_num(skewness_of(sample))
    return summaries


def bounds_of_samples(
    distribution: Rate | Rating | Spend,
    shape: tuple[int, int],
    generator: np.random.Generator,
    bounds: dict[str, str],
) -> pd.DataFrame:
    """Estimate, low and high of samples that are the rows of `shape`."""
    summaries = summaries_of(distribution, shape, generator)
    low, high = (bounds[f"{distribution.measure}_{name}"] for name in ("low", "high"))
    return select(f"estimate, {low} as low, {high} as high", summaries)


def select(columns: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Have DuckDB compute columns of rows."""
    with duckdb.connect() as connection:
        connection.register("summaries", rows)
        return connection.execute(f"select {columns} from summaries").df()


def coverage(
    distribution: Distribution, size: int, repetitions: int, bounds: dict[str, str]
) -> dict[str, object]:
    """Coverage of the intervals of so many samples of a size, or of as many pairs."""
    generator = np.random.default_rng([size, DISTRIBUTIONS.index(distribution)])
    shape = (repetitions, size)
    if isinstance(distribution, Difference):
        arms = [
            bounds_of_samples(arm, shape, generator, bounds).add_prefix(prefix)
            for prefix, arm in (
                ("treated_", distribution.treated),
                ("control_", distribution.control),
            )
        ]
        low, high = (bounds[f"difference_{name}"] for name in ("low", "high"))
        found = select(f"{low} as low, {high} as high", pd.concat(arms, axis=1))
    else:
        found = bounds_of_samples(distribution, shape, generator, bounds)
    misses_below = float((found["high"] < distribution.mean).mean())
    misses_above = float((found["low"] > distribution.mean).mean())
    return {
        "measure": distribution.measure,
        "distribution": distribution.name,
        "customers": size,
        "coverage": 1 - misses_below - misses_above,
        "too_low": misses_below,
        "too_high": misses_above,
    }


def measure_coverage(repetitions: int, bounds: dict[str, str]) -> pd.DataFrame:
    """Coverage of every distribution and size."""
    return pd.DataFrame(
        [
            coverage(distribution, size, repetitions, bounds)
            for distribution in DISTRIBUTIONS
            for size in SIZES
        ]
    )


def measure_reliability(repetitions: int, bounds: dict[str, str]) -> pd.DataFrame:
    """How often the interval of a rare spend is reliable, and how often it is wrong."""
    rows = []
    for number, spend in enumerate(RARE_SPEND):
        for size in SIZES:
            generator = np.random.default_rng([size, number])
            summaries = summaries_of(spend, (repetitions, size), generator)
            low, high = (bounds[f"rare_{name}"] for name in ("low", "high"))
            found = select(f"*, {low} as low, {high} as high", summaries)
            found = select(f"*, {bounds['reliable']} as reliable", found)
            reliable = found["reliable"].astype(bool)
            holds = found["low"].le(spend.mean) & found["high"].ge(spend.mean)
            rows.append(
                {
                    "measure": "rare spend",
                    "distribution": spend.name,
                    "customers": size,
                    "without_interval": float(found["low"].isna().mean()),
                    "below_zero": float((found["low"] < 0).mean()),
                    "reliable": float(reliable.mean()),
                    "reliable_and_wrong": float((reliable & ~holds).mean()),
                }
            )
    return pd.DataFrame(rows)


def reliability_as_markdown(table: pd.DataFrame) -> str:
    """Return the reliability as a table, one row per distribution."""
    lines = [
        "| distribution | " + " | ".join(f"n = {n}" for n in SIZES) + " |",
        "|---|" + "--:|" * len(SIZES),
    ]
    for spend in RARE_SPEND:
        rows = table[table["distribution"] == spend.name]
        cells = [
            f"{row.reliable:.1%} ({row.reliable_and_wrong:.1%})"
            for row in rows.itertuples()
        ]
        lines.append(f"| {spend.name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def as_markdown(table: pd.DataFrame) -> str:
    """Return the coverages as a table, one row per distribution."""
    lines = [
        "| measure | distribution | " + " | ".join(f"n = {n}" for n in SIZES) + " |",
        "|---|---|" + "--:|" * len(SIZES),
    ]
    for distribution in DISTRIBUTIONS:
        rows = table[table["distribution"] == distribution.name]
        cells = [
            f"{row.coverage:.1%} ({row.too_low:.1%} / {row.too_high:.1%})"
            for row in rows.itertuples()
        ]
        start = f"| {distribution.measure} | {distribution.name} | "
        lines.append(start + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    parser.add_argument("--output", type=Path, help="also write a CSV file")
    arguments = parser.parse_args()
    bounds = compiled_bounds()
    table = measure_coverage(arguments.repetitions, bounds)
    reliability = measure_reliability(arguments.repetitions, bounds)
    if arguments.output:
        pd.concat([table, reliability]).to_csv(arguments.output, index=False)
    print(as_markdown(table), reliability_as_markdown(reliability), sep="\n\n")


if __name__ == "__main__":
    main()
