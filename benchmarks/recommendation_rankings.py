"""Compare rankings of what to recommend, on every window that is over.

    python benchmarks/recommendation_rankings.py build/warehouse.duckdb

recommends five items to every customer of each observation date of a warehouse whose
next window is over, by several rules, and prints a markdown table: how many of the five
a customer bought in that window, and how many customers bought at least one. Nothing is
recommended that the customer bought in the trailing window, or that fewer than five
customers bought in it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

RECOMMENDATIONS: Final = 5
MINIMUM_BUYERS: Final = 5
# By so many customers a segment's share is shrunk to that of all.
PRIOR_CUSTOMERS: Final = 30
# To so many of the most bought items the former ranking was limited.
FORMER_ITEMS: Final = 300
PURCHASES: Final = """
    select
        orders.customer_id,
        cast(orders.ordered_at as date) as bought_on,
        case when products.category is null then 'product' else 'category' end
            || ' ' || coalesce(products.category, items.product_id) as item
    from main_internal.int_order_items_unioned as items
    inner join main_internal.int_orders_unioned as orders using (order_id)
    left join main_internal.int_products_unioned as products using (product_id)
    where orders.order_kind = 'order'
        and items.product_id is not null
        and coalesce(items.quantity, 1) > 0
"""

Matrix = NDArray[np.float64]


def matrix(purchases: pd.DataFrame, customers: pd.Index, items: pd.Index) -> Matrix:
    """Purchases of each customer (rows) and item (columns)."""
    known = purchases[purchases["item"].isin(items)]
    counts = np.zeros((len(customers), len(items)))
    rows = customers.get_indexer(pd.Index(known["customer_id"]))
    np.add.at(counts, (rows, items.get_indexer(pd.Index(known["item"]))), 1)
    return counts


def rankings(
    before: pd.DataFrame, window: pd.DataFrame, segments: pd.Series, items: pd.Index
) -> dict[str, tuple[Matrix, NDArray[np.bool_]]]:
    """Scores of items by customer, the best first, and the items a rule knows.

    Items are in the order of their buyers: of equal scores the more popular is first.
    """
    customers = segments.index
    lines = matrix(before, customers, items)
    days = matrix(before.drop_duplicates(), customers, items)
    recent = matrix(window, customers, items) > 0
    groups = pd.get_dummies(segments).to_numpy(np.float64)
    prior = PRIOR_CUSTOMERS
    shares = (groups.T @ recent + prior * recent.mean(axis=0)) / (
        groups.sum(axis=0)[:, None] + prior
    )
    of_segment = (groups @ shares).round(6)
    buyers = groups.T @ recent + prior * recent.sum(axis=0) / recent.any(axis=1).sum()
    tie_breaks = groups @ (buyers / (buyers.max() + 1))
    former = np.arange(len(items)) < FORMER_ITEMS
    every = np.full(len(items), fill_value=True)
    return {
        "own items by days, then what the segment buys (in production)": (
            days + tie_breaks,
            every,
        ),
        "own items by days, then what everybody buys": (days, every),
        "own items by lines of orders, then what everybody buys": (lines, every),
        "own items, then others, by what the segment buys (before)": (
            (days > 0) + of_segment,
            former,
        ),
        "what the segment buys": (of_segment, former),
        "what everybody buys (baseline)": (np.zeros_like(days), every),
    }


def judged(
    score: Matrix, known: NDArray[np.bool_], recent: Matrix, after: Matrix
) -> tuple[int, int, int, int]:
    """Count customers, recommendations, hits, and customers with a hit."""
    score = np.where((recent > 0) | ~known, -np.inf, score)
    best = np.argsort(-score, axis=1, kind="stable")[:, :RECOMMENDATIONS]
    shown = np.isfinite(np.take_along_axis(score, best, axis=1))
    hits = (shown & (np.take_along_axis(after, best, axis=1) > 0)).sum(axis=1)
    customers = shown.any(axis=1).sum()
    return int(customers), int(shown.sum()), int(hits.sum()), int((hits > 0).sum())


def compare(database: Path) -> pd.DataFrame:
    """One row per observation date whose window is over and ranking."""
    rows = []
    with duckdb.connect(str(database), read_only=True) as connection:
        purchases = connection.execute(PURCHASES).df()
        dates = connection.execute(
            "select observation_date, trailing_start_date, outcome_end_date "
            "from main_internal.int_observation_dates "
            "where outcome_end_date is not null order by observation_date"
        ).df()
        segments = connection.execute(
            "select observation_date, customer_id, segment_id "
            "from main_internal.customer_segment_assignments order by customer_id"
        ).df()
    for date, start, end in dates.itertuples(index=False, name=None):
        before = purchases[purchases["bought_on"] < date]
        window = before[before["bought_on"] >= start]
        after = purchases[
            (purchases["bought_on"] >= date) & (purchases["bought_on"] < end)
        ]
        of_date = segments[segments["observation_date"] == date]
        customers = of_date.set_index("customer_id")["segment_id"]
        before, window, after = (
            records[records["customer_id"].isin(customers.index)]
            for records in (before, window, after)
        )
        buyers = window.drop_duplicates(["customer_id", "item"])["item"].value_counts()
        buyers = buyers[buyers >= MINIMUM_BUYERS].rename("buyers").reset_index()
        items = pd.Index(
            buyers.sort_values(["buyers", "item"], ascending=[False, True])["item"]
        )
        recent = matrix(window, customers.index, items)
        outcome = matrix(after, customers.index, items)
        for name, (score, known) in rankings(before, window, customers, items).items():
            count, shown, hits, hit = judged(score, known, recent, outcome)
            rows.append(
                {
                    "date": date.date(),
                    "ranking": name,
                    "customers": count,
                    "items": len(items),
                    "hits": hits,
                    "hits per customer": f"{hits / count:.3f}",
                    "precision": f"{100 * hits / shown:.1f} %",
                    "hit rate": f"{100 * hit / count:.1f} %",
                }
            )
    return pd.DataFrame(rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("database", type=Path, help="a warehouse that was built")
    table = compare(parser.parse_args().database)
    print("| " + " | ".join(table.columns) + " |")
    print("|---" * len(table.columns) + "|")
    for row in table.astype(str).itertuples(index=False):
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
