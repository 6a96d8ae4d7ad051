"""Drift is what scipy computes from the same bins."""

import numpy as np
import pandas as pd
import pytest
from conftest import Warehouse, open_database
from numpy.typing import NDArray
from scipy.special import rel_entr
from scipy.stats import chi2

# Published numbers are rounded to nine digits.
TOLERANCE = 1e-8
KEYS = ["observation_date", "feature_name"]


@pytest.fixture(scope="module")
def drifted(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """The sample, in which today's customers are all new and spend a third more.

    Only a population that shares nobody with the training customers has p-values.
    """
    warehouse = sample_warehouse.copy_to(tmp_path_factory.mktemp("drift"))
    with open_database(warehouse.database) as connection:
        connection.execute(
            "update customer_features "
            "set tenure_days = 1, total_spend = total_spend * 4 / 3, income = null "
            "where observation_date = (select max(observation_date) "
            "from int_observation_dates)"
        )
    return warehouse.build(
        "--select",
        "int_feature_bin_counts+",
        "int_training_overlap+",
        "int_segment_sizes+",
    )


@pytest.fixture(scope="module")
def feature_drift(drifted: Warehouse) -> pd.DataFrame:
    """The table of drift, by date and feature."""
    return drifted.frame("select * from feature_drift").set_index(KEYS).sort_index()


def psi_and_p_value(
    then: NDArray[np.float64], now: NDArray[np.float64]
) -> tuple[float, float]:
    """Index and p-value of two rows of counts in the same bins."""
    is_bin = (then > 0) | (now > 0)
    then, now = then[is_bin], now[is_bin]
    variance = 1 / then.sum() + 1 / now.sum()
    if (then == 0).any() or (now == 0).any():
        then, now = then + 0.5, now + 0.5
    shares = then / then.sum(), now / now.sum()
    psi = float(rel_entr(*shares).sum() + rel_entr(*shares[::-1]).sum())
    return psi, float(chi2.sf(psi / variance, is_bin.sum() - 1))


def counts_of(
    values: NDArray[np.float64], bounds: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Missing values, then the values of each interval that ends with a bound."""
    edges = [-np.inf, *bounds, np.inf]
    intervals = pd.Series(pd.cut(values, edges)).value_counts(sort=False)
    return np.array([np.isnan(values).sum(), *intervals], dtype=float)


def test_index_and_p_value_are_those_of_scipy(
    drifted: Warehouse, feature_drift: pd.DataFrame
) -> None:
    bounds = drifted.frame(
        "select feature_name, number_value from segmentation_registry "
        "where parameter = 'training_bin_upper' order by feature_name, unit_number"
    ).groupby("feature_name")["number_value"]
    training = drifted.frame("from segmentation_training")
    features = drifted.frame("from customer_features where not is_never_buyer")
    expected = {}
    for name in feature_drift.index.unique("feature_name"):
        uppers = bounds.get_group(name).to_numpy() if name in bounds.groups else []
        then = counts_of(training[name].to_numpy(float), uppers)
        for date, customers in features.groupby("observation_date"):
            now = counts_of(customers[name].to_numpy(float), uppers)
            expected[(date, name)] = psi_and_p_value(then, now)
    expected_drift = pd.DataFrame.from_dict(
        expected, orient="index", columns=["psi", "p_value"]
    ).reindex(feature_drift.index)

    assert len(feature_drift) == len(expected) >= 3 * 15
    np.testing.assert_allclose(
        feature_drift["population_stability_index"],
        expected_drift["psi"],
        rtol=0,
        atol=TOLERANCE,
    )
    with_p_value = feature_drift["p_value"].dropna()
    np.testing.assert_allclose(
        with_p_value,
        expected_drift.loc[with_p_value.index, "p_value"],
        rtol=0,
        atol=TOLERANCE,
    )
    # Some are small and some are not, so that a wrong formula would show.
    assert with_p_value.between(0.05, 0.999).sum() >= 3
    assert (with_p_value < 0.01).sum() >= 3


def test_customers_that_are_shared_leave_no_p_value(
    feature_drift: pd.DataFrame,
) -> None:
    today = feature_drift.index.get_level_values("observation_date").max()
    is_today = feature_drift.index.get_level_values("observation_date") == today
    assert (feature_drift.loc[is_today, "possible_training_customers"] == 0).all()
    assert feature_drift.loc[is_today, "p_value"].notna().all()
    assert (feature_drift.loc[~is_today, "possible_training_customers"] > 0).all()
    assert feature_drift.loc[~is_today, "p_value"].isna().all()


def test_what_was_moved_has_drifted_and_the_rest_has_not(
    drifted: Warehouse, feature_drift: pd.DataFrame, sample_warehouse: Warehouse
) -> None:
    [(training_date,)] = drifted.rows("select training_date from segmentation_versions")
    on_training_date = feature_drift.loc[pd.Timestamp(training_date)]
    assert (on_training_date["population_stability_index"] == 0).all()

    today = feature_drift.loc[feature_drift.index[-1][0]]
    before = sample_warehouse.frame("from feature_drift").set_index(KEYS)
    before = before.loc[feature_drift.index[-1][0]].loc[today.index]
    is_changed = (
        today["population_stability_index"] != before["population_stability_index"]
    )
    assert set(today.index[is_changed]) == {"tenure_days", "total_spend", "income"}
    assert today.loc["income", "drift_level"] == "large"
    assert set(today.index[today["is_selected"]]) == {
        "trailing_spend",
        "trailing_order_count",
        "total_spend",
        "order_count",
        "average_order_value",
    }
    assert set(today.index[today["is_time_driven"]]) == {"recency_days", "tenure_days"}


def test_segments_drift_as_scipy_says(drifted: Warehouse) -> None:
    drift = drifted.frame("from segment_drift order by observation_date, segment_id")
    sizes = drifted.frame(
        "select observation_date, segment_id, count(*) as customers, "
        "avg(cast(is_outlier as int)) as outlier_share "
        "from customer_segment_assignments group by all order by all"
    )
    training = drifted.frame(
        "select number_value from segmentation_registry "
        "where parameter = 'training_customers' order by segment_id"
    )["number_value"].to_numpy()

    assert list(drift["customers"]) == list(sizes["customers"])
    np.testing.assert_allclose(
        drift["outlier_share"], sizes["outlier_share"], rtol=0, atol=1e-6
    )
    never_bought = drift[drift["segment_id"] == 0]
    shares = ["customer_share", "training_share", "contribution", "p_value"]
    assert len(never_bought) == 4
    assert never_bought[shares].isna().all(axis=None)
    for date, segments in drift[drift["segment_id"] > 0].groupby("observation_date"):
        psi, p_value = psi_and_p_value(training, segments["customers"].to_numpy(float))
        np.testing.assert_allclose(
            segments["population_stability_index"], psi, rtol=0, atol=TOLERANCE
        )
        assert segments["contribution"].sum() == pytest.approx(psi, abs=TOLERANCE)
        if date == drift["observation_date"].max():
            np.testing.assert_allclose(
                segments["p_value"], p_value, rtol=0, atol=TOLERANCE
            )
        else:
            assert segments["p_value"].isna().all()
