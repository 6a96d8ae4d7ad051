"""Build public data sets and simulated trades, and print what the tables say of each.

    python benchmarks/public_data.py --data <folder>

builds the segments of each as a user does, with the default vars, and prints three
markdown tables. The first has the names: how the fit describes its segments, and what
those are called instead of which a word claims more than the next window supports. The
second has what the segments explain of the next window, beside the best of the simple
ways to group customers; the third the errors of forecasts. Of the public data sets
orders are given (`order_logs.py`), of the flat file sums by customer; the sample is
built from all of its tables. The trades are made up here:

nobody lapsed      everybody orders about every 200 days, and nobody leaves
nothing predicts   all order at random times, and are alike but for chance
half of them left  all order about every 20 days, half of them until 200 days ago
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pandas as pd

from order_logs import QUERIES, add_arguments, read_orders

PROJECT: Final = Path(__file__).resolve().parent.parent
SAMPLE: Final = "sample"
FLAT_FILE: Final = "Customer personality"
FLAT_FILE_QUERY: Final = """
    select ID as customer_id,
        cast(MntWines as int) + cast(MntFruits as int) + cast(MntMeatProducts as int)
        + cast(MntFishProducts as int) + cast(MntSweetProducts as int)
        + cast(MntGoldProds as int) as total_purchase,
        cast(NumWebPurchases as int) + cast(NumCatalogPurchases as int)
        + cast(NumStorePurchases as int) as total_order
    from read_csv(
        '{data}/customer_personality/marketing_campaign.csv',
        delim = ';', header = true, all_varchar = true
    )
"""
NAMES: Final = """
    select segment_name, former_segment_name
    from main.segments
    where is_in_use and segment_id > 0
    order by segment_id
"""
READ: Final = (
    "segments",
    "segmentation_k_candidates",
    "segment_backtest",
    "lifetime_value_backtest_summary",
)
# As the build decides whether it says that there is nothing to segment.
EXPLAINS: Final = """
    select coalesce(bool_or(explanation > 1.96 * explanation_error), true)
    from main.segmentation_k_candidates
    where is_in_use
"""
OUTCOMES: Final = (
    "spend",
    "log_spend",
    "orders",
    "retention",
    "days_to_order",
    "log_basket",
)
EXPLAINED: Final = """
    select outcome,
        max(explained_share) filter (where segmentation = 'segments') as of_segments,
        max(explained_share) filter (where segmentation <> 'segments') as of_best_other,
        bool_or(is_best) filter (where segmentation = 'segments') as is_best
    from main.segment_backtest
    where population = 'buyers'
    group by outcome
"""
FORECASTS: Final = """
    select if(predictor = 'model', prediction_method, 'past rate') as predictor,
        horizon_days, customers, orders_error, spend_error, orders_correlation,
        spend_correlation
    from main.lifetime_value_backtest_summary
    order by horizon_days, lifetime_value_backtest_summary.predictor desc
"""
CUSTOMERS: Final = 1_000
LAST_DAY: Final = pd.Timestamp("2025-06-30")
DAYS: Final = 1_200

Tables = Mapping[str, pd.DataFrame]


def simulated(gap_days: float, gap_shape: float, share_left: float = 0) -> pd.DataFrame:
    """Orders of customers who are alike, but that some left 200 days ago.

    Gaps between orders are gamma distributed with a mean and a shape, 1 for orders at
    random times; amounts are log-normal.
    """
    random = np.random.default_rng(0)
    count = int(3 * DAYS / gap_days) + 20
    gaps = random.gamma(gap_shape, gap_days / gap_shape, (CUSTOMERS, count))
    # Where in the first gap somebody is when the records begin is chance.
    gaps[:, 0] *= random.uniform(0, 1, CUSTOMERS)
    days = gaps.cumsum(axis=1)
    end = np.where(np.arange(CUSTOMERS) < share_left * CUSTOMERS, DAYS - 200, DAYS)
    customers, orders = np.nonzero(days < end[:, np.newaxis])
    first_day = LAST_DAY - pd.Timedelta(days=DAYS)
    return pd.DataFrame(
        {
            "customer_id": customers,
            "ordered_at": first_day
            + pd.to_timedelta(np.floor(days[customers, orders]), unit="D"),
            "amount": random.lognormal(3, 0.5, len(customers)).round(2),
            "is_return": False,
        }
    )


TRADES: Final[Mapping[str, Callable[[], pd.DataFrame]]] = {
    "nobody lapsed": lambda: simulated(gap_days=200, gap_shape=200),
    "nothing predicts": lambda: simulated(gap_days=40, gap_shape=1),
    "half of them left": lambda: simulated(20, gap_shape=1, share_left=0.5),
}


def as_orders(log: pd.DataFrame) -> Tables:
    """Give the orders of a log ids and states."""
    orders = log.sort_values(list(log.columns), ignore_index=True)
    return {
        "orders": pd.DataFrame(
            {
                "order_id": orders.index.astype(str),
                "customer_id": orders["customer_id"].astype(str),
                "ordered_at": orders["ordered_at"],
                "amount": orders["amount"].round(4),
                "status": np.where(orders["is_return"], "returned", "completed"),
            }
        )
    }


def data_sets(data: Path, warehouse: Path) -> Iterator[tuple[str, Tables]]:
    """Yield the tables of each data set that is there, none for the sample's seeds."""
    yield SAMPLE, {}
    for name in QUERIES:
        log = None if name == SAMPLE else read_orders(name, data, warehouse)
        if log is not None:
            yield name, as_orders(log)
    try:
        with duckdb.connect() as connection:
            people = connection.execute(FLAT_FILE_QUERY.format(data=data)).df()
        yield FLAT_FILE, {"customer_summaries": people}
    except duckdb.IOException:
        pass
    for name, simulate in TRADES.items():
        yield name, as_orders(simulate())


def build(tables: Tables, folder: Path) -> Path:
    """Build the segments of some tables and return the warehouse.

    Raises
    ------
    RuntimeError
        If the build fails, with the end of what it says.
    """
    warehouse = folder / "warehouse.duckdb"
    selection = ["--select", *(f"+{table}" for table in READ)]
    variables: dict[str, Any] = {}
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet")
        variables |= {"crm_folder": str(folder), "crm_tables": list(tables)}
        if "ordered_at" in table:
            # The last window ends where the records do.
            end = pd.to_datetime(table["ordered_at"]).max().normalize()
            anchor = (end + pd.Timedelta(days=1)).date()
            variables["observation_anchor"] = anchor.isoformat()
        selection += ["--exclude", "path:seeds/crm_sample"]
    result = subprocess.run(
        [
            str(Path(sys.executable).with_name("dbt")),
            *["--no-use-colors", "build", *selection],
            *["--exclude-resource-type", "test", "unit_test"],
            *["--target-path", str(folder / "target")],
            *["--log-path", str(folder / "logs")],
            *["--vars", json.dumps(variables)],
        ],
        cwd=PROJECT,
        env={**os.environ, "SEGMENTATION_DATABASE": str(warehouse)},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(result.stdout[-2000:])
    return warehouse


def rows_of(warehouse: Path, query: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(query).fetchall()


def named(name: str, warehouse: Path) -> str:
    """Return the row of a data set in the table of names."""
    names = rows_of(warehouse, NAMES)
    [(explains,)] = rows_of(warehouse, EXPLAINS)
    described = "; ".join(former or current for current, former in names)
    instead = "; ".join(
        f"{current} ({former})" for current, former in names if former is not None
    )
    remark = "" if explains else ", nothing is predicted"
    return f"| {name}{remark} | {len(names)} | {described} | {instead} |"


def explained(name: str, warehouse: Path) -> str:
    """Return the row of a data set in the table of what segments explain."""
    found = {
        outcome: f"{'**' * is_best}{of_segments:.3f}{'**' * is_best} / {of_other:.3f}"
        for outcome, of_segments, of_other, is_best in rows_of(warehouse, EXPLAINED)
        if of_segments is not None and of_other is not None
    }
    cells = [found.get(outcome, "") for outcome in OUTCOMES]
    return f"| {name} | {' | '.join(cells)} |"


def forecast(name: str, warehouse: Path) -> list[str]:
    """Return the rows of a data set in the table of forecasts."""
    return [
        f"| {name} | {predictor} | {days} | {customers} | {orders_error:.1%} "
        f"| {spend_error:.1%} | {orders_correlation:.3f} | {spend_correlation:.3f} |"
        for (
            predictor,
            days,
            customers,
            orders_error,
            spend_error,
            orders_correlation,
            spend_correlation,
        ) in rows_of(warehouse, FORECASTS)
        if orders_correlation is not None and spend_correlation is not None
    ]


def main() -> None:
    """Build everything, then print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    given = parser.parse_args()
    names, shares, forecasts = [], [], []
    for name, tables in data_sets(given.data.resolve(), given.warehouse):
        with tempfile.TemporaryDirectory() as folder:
            warehouse = build(tables, Path(folder))
            names.append(named(name, warehouse))
            shares.append(explained(name, warehouse))
            forecasts += forecast(name, warehouse)
        print(name, file=sys.stderr, flush=True)
    print("| data | segments | descriptive names | called instead |")
    print("|---|--:|---|---|", *names, sep="\n", end="\n\n")
    print(f"| data | {' | '.join(OUTCOMES)} |".replace("_", " "))
    print("|---" + "|--:" * len(OUTCOMES) + "|", *shares, sep="\n", end="\n\n")
    print(
        "| data | predicted by | days | customers | error of orders | error of spend "
        "| correlation of orders | correlation of spend |"
    )
    print("|---|---" + "|--:" * 6 + "|", *forecasts, sep="\n")


if __name__ == "__main__":
    main()
