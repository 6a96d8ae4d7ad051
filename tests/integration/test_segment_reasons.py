"""What decides between two segments is true: customers are scored again to see it."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import BuildMethod, Warehouse
from numpy.typing import NDArray

# To these a threshold is rounded: to whole numbers, or to four decimals.
WHOLE = {"order_count", "trailing_order_count"}
TOLERANCE = 1e-7


class Scores:
    """The scores of the customers of today, computed here from the registry."""

    def __init__(self, warehouse: Warehouse) -> None:
        """Read what the version in use learned."""
        in_use = (
            "where (segmentation_name, segmentation_version) in (select "
            "(segmentation_name, segmentation_version) from segmentation_versions "
            "where is_in_use)"
        )
        self.scaling = warehouse.frame(
            f"from int_segmentation_preprocessing {in_use} order by feature_number"
        ).set_index("feature_name")
        terms = warehouse.frame(f"from int_segmentation_score_terms {in_use}")
        self.terms = terms.set_index(["feature_name", "segment_id"])
        self.intercepts = terms.groupby("segment_id")["score_intercept"].first()
        self.customers = (
            warehouse.frame(
                "from customer_features where not is_never_buyer and "
                "observation_date in (select observation_date from customer_segments)"
            )
            .set_index("customer_id")
            .astype(dict.fromkeys(self.scaling.index, float))
        )

    def of(
        self, customers: pd.Series, segments: pd.Series, changed: dict[str, Any]
    ) -> NDArray[np.float64]:
        """Score customers in a segment each, with other values of some features."""
        scores = self.intercepts.loc[segments].to_numpy(dtype=float, copy=True)
        for feature, scaling in self.scaling.iterrows():
            values = self.customers.loc[customers, feature].to_numpy(dtype=float)
            values = np.where(np.isnan(values), scaling["impute_value"], values)
            values = np.asarray(changed.get(str(feature), values), dtype=float)
            values = np.fmin(
                np.fmax(values, scaling["cap_lower"]), scaling["cap_upper"]
            )
            if scaling["transform"] == "log1p":
                values = np.sign(values) * np.log1p(np.abs(values))
            scaled = (values - scaling["center"]) / scaling["scale"] * scaling["weight"]
            term = self.terms.loc[feature].loc[segments]
            scores += (
                term["score_curvature"].to_numpy()
                * (scaled - term["centroid"].to_numpy()) ** 2
                + term["score_slope"].to_numpy() * scaled
            )
        return scores

    def difference(
        self, rows: pd.DataFrame, changed: dict[str, Any]
    ) -> NDArray[np.float64]:
        """By how much the second segment scores above the customer's own."""
        of = rows["customer_id"]
        return self.of(of, rows["second_segment_id"], changed) - self.of(
            of, rows["segment_id"], changed
        )


def built(
    method: str, sample_warehouse: Warehouse, build_method: BuildMethod
) -> Warehouse:
    """The sample, segmented by a method."""
    return sample_warehouse if method == "kmeans" else build_method(method)


@pytest.mark.parametrize("method", ["kmeans", "gaussian_mixture", "svm"])
def test_the_second_segment_is_as_near_from_the_threshold_on(
    method: str, sample_warehouse: Warehouse, build_method: BuildMethod
) -> None:
    warehouse = built(method, sample_warehouse, build_method)
    scores = Scores(warehouse)
    reasons = warehouse.frame("from customer_segment_reasons")
    assert (scores.difference(reasons, {}) > -TOLERANCE).all()
    assert reasons["threshold"].notna().sum() > 500
    assert reasons["threshold"].isna().sum() > 20

    for feature, rows in reasons.groupby("feature_name"):
        name = str(feature)
        there = rows[rows["threshold"].notna()]
        threshold = there["threshold"].to_numpy()
        assert (scores.difference(there, {name: threshold}) <= TOLERANCE).all()

        # One step nearer to the customer's value it is not yet so.
        step = 1 if name in WHOLE else 1e-4
        value = there["feature_value"].to_numpy()
        nearer = threshold - step * np.sign(threshold - value)
        before = (nearer - value) * (threshold - value) >= 0
        assert before.mean() > 0.5
        at_nearer = scores.difference(there[before], {name: nearer[before]})
        assert (at_nearer >= -TOLERANCE).all()

        # Where there is no threshold, no value of a customer does it.
        never = rows[rows["threshold"].isna()]
        values = scores.customers[name].dropna().quantile(np.linspace(0, 1, 60))
        for other in values.unique():
            changed = {name: np.full(len(never), other)}
            assert (scores.difference(never, changed) > -1e-3).all()


def test_reasons_are_what_counts_most(sample_warehouse: Warehouse) -> None:
    """Of nearest centroids: how much farther the second one is along a feature.

    Less than a percent is no reason.
    """
    scores = Scores(sample_warehouse)
    reasons = sample_warehouse.frame("from customer_segment_reasons")
    first = reasons[reasons["reason_rank"] == 1]
    centroids = scores.terms["centroid"]
    shares = {}
    for feature, scaling in scores.scaling.iterrows():
        values = scores.customers.loc[first["customer_id"], feature].to_numpy()
        values = np.where(np.isnan(values), scaling["impute_value"], values)
        scaled = (np.log1p(values) - scaling["center"]) / scaling["scale"]
        own, second = (
            (scaled - centroids.loc[feature].loc[first[column]].to_numpy()) ** 2
            for column in ("segment_id", "second_segment_id")
        )
        shares[feature] = np.maximum(second - own, 0)
    frame = pd.DataFrame(shares, index=first["customer_id"])
    frame = frame.div(frame.sum(axis=1), axis=0)
    found = reasons.pivot(index="customer_id", columns="feature_name")[
        "contribution_share"
    ]
    expected = frame.where(frame.rank(axis=1, ascending=False, method="first") <= 3)
    expected = expected.where(expected >= 0.01).loc[found.index, found.columns]
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("method", ["decision_tree", "neural_network"])
def test_what_is_no_sum_of_features_has_no_reasons(
    method: str, build_method: BuildMethod
) -> None:
    warehouse = build_method(method)
    assert warehouse.row("select count(*) from customer_segment_reasons") == (0,)


def test_who_has_reasons(sample_warehouse: Warehouse) -> None:
    """All customers who have bought, each with at least one."""
    assert sample_warehouse.rows(
        "select count(distinct customer_id) from customer_segment_reasons"
    ) == sample_warehouse.rows(
        "select count(*) from customer_segments where segment_id <> 0"
    )
