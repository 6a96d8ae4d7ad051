"""Fit every method to the same customers and measure all of them in the same way.

The measures are of what production would publish: the segments that the scorer of a
method gives to all customers. A customer who is noise to the method counts in the
segment that the scorer gives them. A method that cannot be fitted, or cannot score all
customers, has a reason instead of numbers.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from segmentation.fit import k_selection
from segmentation.fit.clustering import fit_kmeans
from segmentation.fit.fit_input import build_fit_input, date_of
from segmentation.fit.fitting import (
    Fit,
    evaluate_partition,
    fit_partition,
    resolve_n_segments,
    sample_for_fit,
)
from segmentation.fit.indices import internal_indices
from segmentation.fit.k_selection import Selection, SelectionSettings
from segmentation.fit.outcomes import (
    out_of_time_facts,
    spend_cuts,
    training_with_outcomes,
)
from segmentation.fit.preprocessing import transform_features
from segmentation.methods import FitInput, Method, Partition, load_method
from segmentation.registry.write import value_of

SCHEMA = pa.schema(
    [
        ("method", pa.string()),
        ("other_method", pa.string()),
        ("parameter", pa.string()),
        ("number_value", pa.float64()),
        ("text_value", pa.string()),
    ]
)
LOGGER = logging.getLogger("segmentation")

Facts = dict[str, float | str]


@dataclass(frozen=True)
class Customers:
    """The customers on which all methods are compared.

    Attributes
    ----------
    matrix
        Scaled features (customers, features), the same for all methods.
    total_spend
        What they spent before the observation date (customers,).
    trailing_spend
        What they spent in the window before it (customers,).
    next_spend
        What they spent in the window after it (customers,); NaN where that window is
        not over.
    """

    matrix: NDArray[np.float64]
    total_spend: NDArray[np.float64]
    trailing_spend: NDArray[np.float64]
    next_spend: NDArray[np.float64]


@dataclass(frozen=True)
class ComparedMethod:
    """A method, the customers it is fitted on, and those it is compared on.

    Attributes
    ----------
    name, method
        The name of the method, and the method.
    fit_input
        Its training customers.
    matrix
        The customers who are compared, in the features of the method, scaled as those
        of `fit_input` (customers, features).
    """

    name: str
    method: Method
    fit_input: FitInput
    matrix: NDArray[np.float64]


@dataclass(frozen=True)
class Result:
    """The measures of a method, or the reason why it has none.

    Attributes
    ----------
    facts
        The measures that are known, by name.
    labels
        Segment of each compared customer (customers,); None where the method cannot be
        in production, and then `refusal_reason` is among the facts.
    """

    facts: Facts
    labels: NDArray[np.int64] | None


def compare(
    names: Sequence[str], prepare: Callable[[str], ComparedMethod], customers: Customers
) -> dict[str, Result]:
    """Fit and measure methods, by name; one that fails does not stop the others.

    Parameters
    ----------
    names
        Names of methods.
    prepare
        Returns the method of a name and its customers; an error that it raises is the
        reason of the method too.
    customers
        The customers on which they are compared.
    """
    results = {}
    for name in names:
        facts: Facts = {"customers": len(customers.matrix)}
        labels = None
        try:
            labels = measure_method(prepare(name), customers, facts)
        except Exception as error:
            # A library may raise any error; the other methods are compared all the
            # same.
            kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
            facts["refusal_reason"] = f"{kind}{error}"
            LOGGER.warning("%s: %s", name, facts["refusal_reason"])
        results[name] = Result(facts, labels)
    return results


def measure_method(
    compared_method: ComparedMethod, customers: Customers, facts: Facts
) -> NDArray[np.int64]:
    """Fit and measure a method, and return the segment of each customer (customers,).

    Each measure is added to `facts` as soon as it is known, so that a method that fails
    later keeps the earlier ones.
    """
    fit_input = resolve_n_segments(compared_method.method, compared_method.fit_input)
    sample = sample_for_fit(compared_method.method, fit_input)
    facts["customers_fitted"] = len(sample.matrix)
    partition, facts["fit_seconds"] = time_fit(compared_method.method, sample)
    facts["n_segments"] = partition.n_segments
    facts["noise_share"] = float((partition.labels < 0).mean())
    fit = evaluate_partition(
        compared_method.name, compared_method.method, fit_input, sample, partition
    )
    labels = fit.scorer.predict(compared_method.matrix)
    facts |= scoring_facts(fit)
    facts |= segment_facts(
        customers.matrix,
        labels,
        partition.n_segments,
        SelectionSettings.from_mapping(fit_input.settings),
    )
    is_over = ~np.isnan(customers.next_spend)
    if is_over.any():
        facts |= spend_facts(
            labels[is_over],
            customers.total_spend[is_over],
            customers.next_spend[is_over],
        )
    if is_over.any() and fit_input.next_spend is not None:
        facts |= out_of_time_facts(
            expected=labels[is_over],
            spend_before=customers.trailing_spend[is_over],
            spend_after=customers.next_spend[is_over],
            cuts=spend_cuts(fit_input.next_spend),
        )
    return labels


def time_fit(method: Method, sample: FitInput) -> tuple[Partition, float]:
    """Fit a method to its sample, and return the seconds that it took.

    The time includes what the method selects itself. For k-means, whose first fit
    includes the choice of k, it is the time of one more fit with that k.
    """
    started = time.perf_counter()
    partition = fit_partition(method, sample)
    if partition.selection is not None:
        started = time.perf_counter()
        fit_kmeans(sample.matrix, partition.n_segments, sample.random_state)
    return partition, time.perf_counter() - started


def scoring_facts(fit: Fit) -> Facts:
    """Return the scorer, its agreement with the method, and the stability."""
    return {
        "scorer": fit.scorer.name,
        "scorer_agreement": fit.scorer_agreement,
        "resample_count": len(fit.jaccard),
        "mean_jaccard": float(fit.jaccard.mean()),
        "minimum_jaccard": float(fit.jaccard.mean(axis=0).min()),
    }


def segment_facts(
    matrix: NDArray[np.float64],
    labels: NDArray[np.int64],
    n_segments: int,
    settings: SelectionSettings,
) -> Facts:
    """Compute the share of the smallest segment, and the internal indices.

    An index that is not defined, such as that of a single segment, is left out.
    """
    indices = internal_indices(matrix, labels, settings)
    sizes = np.bincount(labels, minlength=n_segments)
    return {
        "smallest_share": float(sizes.min() / len(labels)),
        **{name: value for name, value in indices.items() if np.isfinite(value)},
    }


def spend_facts(
    labels: NDArray[np.int64],
    total_spend: NDArray[np.float64],
    next_spend: NDArray[np.float64],
) -> Facts:
    """Compare how well segments and quantiles of spend explain next spend.

    There are as many quantiles as segments. Where all customers spend the same, neither
    share is defined, and neither is returned.
    """
    groups = quantile_groups(total_spend, len(np.unique(labels)))
    shares = {
        "eta_squared": eta_squared(labels, next_spend),
        "spend_quantiles_eta_squared": eta_squared(groups, next_spend),
    }
    return {name: share for name, share in shares.items() if np.isfinite(share)}


def quantile_groups(values: NDArray[np.float64], group_count: int) -> NDArray[np.int64]:
    """Group customers by falling values (customers,) into quantiles, from 0.

    Equal values share a group, so groups may differ in size or be fewer. Values that
    agree to 4 digits are equal, as in the model `int_backtest_value_bands`.
    """
    rounded = values.round(4)
    customers_above = len(rounded) - np.searchsorted(
        np.sort(rounded), rounded, side="right"
    )
    groups: NDArray[np.int64] = (customers_above * group_count) // len(rounded)
    return groups


def eta_squared(labels: NDArray[np.int64], values: NDArray[np.float64]) -> float:
    """Share of the variation of values (customers,) that lies between groups.

    Variation between groups over variation in all: Fisher (1925), Statistical Methods
    for Research Workers, section 45. NaN where all values are the same.
    """
    _, groups = np.unique(labels, return_inverse=True)
    sizes = np.bincount(groups)
    means = np.bincount(groups, values) / sizes
    overall = values.mean()
    if np.ptp(values) == 0:
        return float("nan")
    variation = ((values - overall) ** 2).sum()
    return float((sizes * (means - overall) ** 2).sum() / variation)


def agreement(results: Mapping[str, Result]) -> dict[tuple[str, str], float]:
    """Compute the adjusted Rand index of each pair of methods that can be in use.

    Hubert and Arabie (1985), by scikit-learn: 1 where two methods make the same
    segments, about 0 where they agree by chance alone. Each pair is there once, in the
    order of `results`.
    """
    labels = {
        name: result.labels
        for name, result in results.items()
        if result.labels is not None
    }
    return {
        (first, second): float(adjusted_rand_score(labels[first], labels[second]))
        for first, second in combinations(labels, 2)
    }


# ---------------------------------------------------------------- from and to tables


def compare_methods(
    *,
    methods: Sequence[str],
    outcomes: pd.DataFrame,
    next_window: pd.DataFrame,
    feature_selection: pd.DataFrame,
    settings: Mapping[str, Any],
) -> pa.Table:
    """Compare methods on the training customers and return a row for each fact.

    Each method gets the input that it would get in production. Only the choice of k by
    k-means is made once, for all methods.

    Parameters
    ----------
    methods
        Names of var `segmentation_method`.
    outcomes
        Rows of the model `outcome_training`; those of the latest date are the training
        customers.
    next_window
        Rows of the model `int_k_selection_customers`.
    feature_selection
        As for `fit_version` of the registry.
    settings
        As for `fit_version`.

    Returns
    -------
    table
        A fact of one method has no other method. That of a pair of methods is
        `adjusted_rand_index`; each pair is there once.

    Raises
    ------
    ValueError
        If the features of the training customers cannot be scaled.
    """
    if outcomes.empty:
        return SCHEMA.empty_table()
    # A table has no order, and fits depend on one.
    outcomes = outcomes.sort_values(
        ["observation_date", "customer_id"], ignore_index=True
    )
    training_date = outcomes["observation_date"].max()
    compared = outcomes[outcomes["observation_date"] == training_date]
    kmeans = load_method("kmeans")
    _, shared = build_fit_input(
        kmeans, compared, feature_selection, settings, next_window
    )
    shared = replace(shared, selection=selection_of(shared))

    def prepare(name: str) -> ComparedMethod:
        method = load_method(name)
        training = compared
        if method.is_supervised:
            training = training_with_outcomes(outcomes, training_date, name)
        parameters, fit_input = build_fit_input(
            method, training, feature_selection, settings
        )
        return ComparedMethod(
            name=name,
            method=method,
            fit_input=replace(fit_input, selection=shared.selection),
            matrix=transform_features(compared, parameters),
        )

    results = compare(
        methods,
        prepare,
        Customers(
            matrix=shared.matrix,
            total_spend=compared["total_spend"].to_numpy(float),
            trailing_spend=compared["trailing_spend"].to_numpy(float),
            next_spend=compared["next_window_spend"].to_numpy(float),
        ),
    )
    for result in results.values():
        result.facts["observation_date"] = date_of(compared)
    return pa.Table.from_pylist(rows_of(results), schema=SCHEMA)


def selection_of(fit_input: FitInput) -> Selection | None:
    """Select k with k-means; None where that fails.

    A method that needs k then raises its own error.
    """
    try:
        return k_selection.select_k(
            fit_input.matrix,
            "auto" if fit_input.n_segments is None else fit_input.n_segments,
            SelectionSettings.from_mapping(fit_input.settings),
            fit_input.next_window,
        )
    except ValueError:
        return None


def rows_of(results: Mapping[str, Result]) -> list[dict[str, Any]]:
    """One row for each fact of a method, and for each pair of methods."""
    facts = [
        {"method": name, "parameter": parameter, **value_of(value)}
        for name, result in results.items()
        for parameter, value in result.facts.items()
    ]
    pairs = [
        {
            "method": first,
            "other_method": second,
            "parameter": "adjusted_rand_index",
            "number_value": index,
        }
        for (first, second), index in agreement(results).items()
    ]
    return [*facts, *pairs]
