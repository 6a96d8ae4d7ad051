"""Compare features to cluster on by what groups of customers explain of what comes.

    python benchmarks/feature_study.py --data <folder>

groups the customers of each public data set on a date, in as many groups whatever the
features, and prints markdown tables of scores. What a grouping explains of an outcome
is its cross-validated share of the variation (negative counts as 0), over what the best
grouping that was tried explains of it. The score is the mean over the outcomes of which
the best explains at least a hundredth: spend, log spend, orders, whether there was one,
days to the next order, and the mean basket. The mean over data sets is that of those
where anything is predicted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import KMeans

from order_logs import (
    QUERIES,
    Observed,
    add_arguments,
    end_of,
    observe,
    read_orders,
)

PROJECT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "python"))

from segmentation.fit.next_window import (  # noqa: E402
    cross_validated_shares,
    draw_folds,
)
from segmentation.fit.preprocessing import (  # noqa: E402
    FeatureSetting,
    fit_preprocessing,
    transform_features,
)

# Of how many days the windows are, and how many groups.
VARIANTS: Final = ((90, 6), (30, 6), (180, 6), (90, 4))
# Customers of each data set, drawn with a fixed seed, and starts of k-means.
MAXIMUM_CUSTOMERS: Final = 5_000
STARTS: Final = 10
# Less than this of an outcome is not predicted.
LEAST_SHARE: Final = 0.01
CLUSTERED: Final = {
    "recency, orders, spend": ("recency_days", "order_count", "total_spend"),
    "recent and total spend and orders, order value": (
        "trailing_spend",
        "trailing_order_count",
        "total_spend",
        "order_count",
        "average_order_value",
    ),
    "the same without order value": (
        "trailing_spend",
        "trailing_order_count",
        "total_spend",
        "order_count",
    ),
    "the same and recency": (
        "trailing_spend",
        "trailing_order_count",
        "total_spend",
        "order_count",
        "average_order_value",
        "recency_days",
    ),
    "recent spend and orders": ("trailing_spend", "trailing_order_count"),
    "recency, orders, spend, tenure": (
        "recency_days",
        "order_count",
        "total_spend",
        "tenure_days",
    ),
}

Labels = NDArray[np.int64]


def bands(values: pd.Series, groups: int) -> Labels:
    """Group of equal size, from 0 for the highest values; equal values share one."""
    above = values.round(4).rank(method="min", ascending=False).to_numpy() - 1
    return np.floor(above * groups / len(values)).astype(np.int64)


def groupings(features: pd.DataFrame, groups: int) -> dict[str, Labels]:
    """Return the group of each customer, by each way to group them."""
    quintiles = sum(
        4 - bands(values, 5)
        for values in (
            -features["recency_days"],
            features["order_count"],
            features["total_spend"],
        )
    )
    found = {
        "total spend in bands": bands(features["total_spend"], groups),
        "recent spend in bands": bands(features["trailing_spend"], groups),
        "quintiles of recency, orders, spend": bands(pd.Series(quintiles), groups),
    }
    for name, columns in CLUSTERED.items():
        parameters = fit_preprocessing(
            features, [FeatureSetting(column, transform="log1p") for column in columns]
        )
        matrix = transform_features(features, parameters)
        model = KMeans(groups, n_init=STARTS, random_state=0)
        found[name] = model.fit_predict(matrix).astype(np.int64)
    return found


def explained(labels: Labels, outcomes: pd.DataFrame) -> pd.Series:
    """Return the share of each outcome, of the customers of whom it is known."""
    shares = {}
    for name, outcome in outcomes.items():
        known = outcome.notna().to_numpy()
        folds = draw_folds(int(known.sum()), 0)
        values = outcome[known].to_numpy(float).reshape(-1, 1)
        shares[name] = cross_validated_shares(labels[known], values, folds).mean()
    return pd.Series(shares).clip(lower=0)


def score(observed: Observed, groups: int) -> tuple[pd.Series, pd.DataFrame]:
    """Return the score of each grouping, NaN where nothing is predicted, and shares."""
    shares = pd.DataFrame(
        {
            name: explained(labels, observed.outcomes)
            for name, labels in groupings(observed.features, groups).items()
        }
    )
    best = shares.max(axis=1)
    relative = shares[best >= LEAST_SHARE].div(best[best >= LEAST_SHARE], axis=0)
    return relative.mean(), shares


def drawn(observed: Observed) -> Observed:
    """Take at most `MAXIMUM_CUSTOMERS`."""
    count = min(len(observed.features), MAXIMUM_CUSTOMERS)
    features = observed.features.sample(count, random_state=0).sort_index()
    return Observed(features, observed.outcomes.loc[features.index])


def study(
    logs: Mapping[str, pd.DataFrame], window_days: int, groups: int
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return a row for each grouping with its score by data set, and all shares."""
    scores, shares = {}, {}
    for name, orders in logs.items():
        date = end_of(orders) - pd.Timedelta(days=window_days)
        observed = observe(orders, date, window_days)
        scores[name], shares[name] = score(drawn(observed), groups)
    table = pd.DataFrame(scores)
    predicted = table.dropna(axis=1, how="all")
    table["mean"] = predicted.mean(axis=1)
    table["worst"] = predicted.min(axis=1)
    return table, shares


def markdown(table: pd.DataFrame, digits: int) -> str:
    """Return a table as markdown, a dash where nothing is predicted."""
    lines = [
        "| | " + " | ".join(map(str, table.columns)) + " |",
        "|---" + "|--:" * table.shape[1] + "|",
    ]
    for name, row in table.iterrows():
        cells = ["-" if np.isnan(value) else f"{value:.{digits}f}" for value in row]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print a table for each variant, and the shares of the first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--shares", action="store_true", help="print all shares too")
    parser.add_argument(
        "--variants", type=int, default=len(VARIANTS), help="how many of the tables"
    )
    given = parser.parse_args()
    logs = {}
    for name in QUERIES:
        orders = read_orders(name, given.data, given.warehouse)
        if orders is not None:
            logs[name] = orders
    for window_days, groups in VARIANTS[: given.variants]:
        table, shares = study(logs, window_days, groups)
        print(f"{groups} groups, windows of {window_days} days\n")
        print(markdown(table, 2), end="\n\n", flush=True)
        if given.shares:
            for name, of_data in shares.items():
                print(f"{name}\n\n{markdown(of_data.T, 3)}", end="\n\n")


if __name__ == "__main__":
    main()
