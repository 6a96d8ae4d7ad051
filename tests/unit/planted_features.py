"""The features of the sample's customers, computed from what was planted."""

import numpy as np
import pandas as pd

from crm_sample import Plant


def features(plant: Plant, observation_date: str) -> pd.DataFrame:
    """Compute recency, order count and spend from the records before a date."""
    observed_at = pd.Timestamp(observation_date)
    orders = plant.orders[plant.orders["ordered_at"] < observed_at]
    customers = plant.customers.set_index("customer_id").sort_index()
    customers = customers[
        (customers["registered_at"] < observed_at)
        | customers.index.isin(orders["customer_id"])
    ]
    is_completed = orders["status"] == "completed"
    is_purchase = is_completed & (orders["amount"] >= 0)
    is_return = (orders["status"] == "returned") | (
        is_completed & (orders["amount"] < 0)
    )
    purchases = orders[is_purchase].groupby("customer_id")
    returned = orders["amount"].abs()[is_return].groupby(orders["customer_id"])
    last_at = purchases["ordered_at"].max().reindex(customers.index)
    since = last_at.fillna(customers["registered_at"]).dt.normalize()
    spend = purchases["amount"].sum().reindex(customers.index, fill_value=0.0)
    spend -= returned.sum().reindex(customers.index, fill_value=0.0)
    return pd.DataFrame(
        {
            "recency_days": (observed_at - since).dt.days,
            "order_count": purchases.size().reindex(customers.index, fill_value=0),
            "total_spend": spend,
        }
    )


def logarithms(values: pd.DataFrame) -> np.ndarray:
    signed: np.ndarray = np.sign(values.to_numpy()) * np.log1p(
        np.abs(values.to_numpy())
    )
    return signed
