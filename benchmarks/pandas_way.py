"""Segment customers the way an analyst would: pandas and scikit-learn, in memory.

    python benchmarks/pandas_way.py build/benchmark/1000000

reads the raw tables that `generate.py` wrote (only the columns it needs), and prints
one line of JSON with a few figures of the result. It stands beside `dbt build` in
`run.py` as the thing to beat, so it is written as one would write it with care: no
needless copies, no column read for nothing.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

FEATURES: Final = [
    "recency_days",
    "order_count",
    "total_spend",
    "visit_count",
    "conversion_rate",
    "satisfaction",
]


def customer_features(folder: Path) -> pd.DataFrame:
    """Return one row per customer with its features, missing where unknown."""
    customers = pd.read_parquet(folder / "customers", columns=["customer_id"])

    orders = pd.read_parquet(
        folder / "orders", columns=["customer_id", "ordered_at", "amount", "status"]
    )
    orders = orders[orders["status"] == "completed"]
    as_of = orders["ordered_at"].max().normalize() + pd.Timedelta(days=1)
    buying = orders.groupby("customer_id").agg(
        last_ordered_at=("ordered_at", "max"),
        order_count=("amount", "size"),
        total_spend=("amount", "sum"),
    )
    buying["recency_days"] = (as_of - buying.pop("last_ordered_at")).dt.days
    del orders

    visits = pd.read_parquet(
        folder / "visits", columns=["customer_id", "has_converted"]
    )
    visiting = visits.groupby("customer_id").agg(
        visit_count=("has_converted", "size"),
        conversion_rate=("has_converted", "mean"),
    )
    del visits

    reviews = pd.read_parquet(folder / "reviews", columns=["customer_id", "rating"])
    reviewing = reviews.groupby("customer_id").agg(satisfaction=("rating", "mean"))
    del reviews

    features = (
        customers.merge(buying, on="customer_id", how="left")
        .merge(visiting, on="customer_id", how="left")
        .merge(reviewing, on="customer_id", how="left")
    )
    counts = ["order_count", "total_spend", "visit_count"]
    features[counts] = features[counts].fillna(0)
    return features


def segment(features: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """Return the mean of each feature by cluster, with its size, and the inertia."""
    imputed = features[FEATURES].fillna(features[FEATURES].median())
    scaled = StandardScaler().fit_transform(np.log1p(imputed))
    model = KMeans(n_clusters=4, n_init=10, random_state=0).fit(scaled)
    groups = imputed.groupby(model.labels_)
    return groups.mean().assign(customers=groups.size()), float(model.inertia_)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description="Segment the raw tables of a folder with pandas and scikit-learn."
    )
    parser.add_argument("folder", type=Path, help="folder that generate.py wrote")
    features = customer_features(parser.parse_args().folder)
    clusters, inertia = segment(features)
    clusters = clusters.sort_values("total_spend", ascending=False)
    print(
        json.dumps(
            {
                "customers": len(features),
                "customers_by_cluster": clusters["customers"].tolist(),
                "spend_by_cluster": clusters["total_spend"].round(2).tolist(),
                "total_spend": round(float(features["total_spend"].sum()), 2),
                "inertia": round(inertia, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
