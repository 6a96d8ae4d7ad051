"""Fit every method to the same customers and measure all of them by the same rulers.

What is measured is what production would publish: the segments that the scorer of a
method gives to all customers. Whom a method takes for noise counts in the segment that
he is scored to. A method that cannot be fitted, or not be carried to all customers, has
a reason instead of numbers.
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
    """The customers whom all methods are compared on.

    Attributes
    ----------
    matrix
        Scaled features (customers, features), the same for all methods.
    total_spend
        What they spent before the observation date (customers,).
    trailing_spend
        What they spent in the window before it (customers,).
    next_spend
        What they spent in the window after it (customers,); NaN where it is not over.
    """

    matrix: NDArray[np.float64]
    total_spend: NDArray[np.float64]
    trailing_spend: NDArray[np.float64]
    next_spend: NDArray[np.float64]


@dataclass(frozen=True)
class ComparedMethod:
    """A method that takes part.

    Attributes
    ----------
    name, method
        The method and its name.
    fit_input
        What it is fitted on.
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
    """What came of a method.

    Attributes
    ----------
    facts
        What is known of it, by name; what is not known is not there.
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
        Makes what takes part of a name; what it raises is the method's reason too.
    customers
        The customers whom they are compared on.
    """
    results = {}
    for name in names:
        facts: Facts = {"customers": len(customers.matrix)}
        labels = None
        try:
            labels = measure_method(prepare(name), customers, facts)
        except Exception as error:
            # Whatever a library raises, the other methods are still to be seen.
            kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
            facts["refusal_reason"] = f"{kind}{error}"
            LOGGER.warning("%s: %s", name, facts["refusal_reason"])
        results[name] = Result(facts, labels)
    return results


def measure_method(
    compared_method: ComparedMethod, customers: Customers, facts: Facts
) -> NDArray[np.int64]:
    """Fit and measure a method, and return the segment of each customer (customers,).

    What is known is added to `facts` as soon as it is, so that it stays known of a
    method that fails later.
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
    """Divide the customers given to a method, and tell the seconds that it took.

    Whatever the method chooses for itself is part of it. Of k-means, which comes with
    the choice of the number of segments, it is one more fit of the chosen number.
    """
    started = time.perf_counter()
    partition = fit_partition(method, sample)
    if partition.selection is not None:
        started = time.perf_counter()
        fit_kmeans(sample.matrix, partition.n_segments, sample.random_state)
    return partition, time.perf_counter() - started


def scoring_facts(fit: Fit) -> Facts:
    """Tell how all customers are scored, and how stable the segments are."""
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
    """Compute indices of the segments of customers (customers, features), by label.

    An index that is not defined, as of one segment alone, is left out.
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
    """Compare what segments tell of next spend with what as many cuts of spend tell.

    Where all customers spend the same there is nothing to tell, and no fact.
    """
    groups = quantile_groups(total_spend, len(np.unique(labels)))
    shares = {
        "eta_squared": eta_squared(labels, next_spend),
        "spend_quantiles_eta_squared": eta_squared(groups, next_spend),
    }
    return {name: share for name, share in shares.items() if np.isfinite(share)}


def quantile_groups(values: NDArray[np.float64], group_count: int) -> NDArray[np.int64]:
    """Cut customers by falling values (customers,) into groups of equal size, from 0.

    Equal values are never parted, so groups differ in size or are fewer. Values are
    equal where they are to 4 digits, as in the model `int_backtest_value_bands`.
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

    Hubert and Arabie (1985), by scikit-learn: 1 where they part customers alike, about
    0 where by chance. Each pair is there once, in the order of `results`.
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
    feature_selection: pd.DataFrame,
    settings: Mapping[str, Any],
) -> pa.Table:
    """Compare methods on the training customers and return a row for each fact.

    Each method is given the problem that it would be given in production. Only the
    choice of the number of segments by k-means is made once for all.

    Parameters
    ----------
    methods
        Names of var `segmentation_method`.
    outcomes
        Rows of the model `outcome_training`; those of the latest date are the training
        customers.
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
    _, shared = build_fit_input(kmeans, compared, feature_selection, settings)
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
    """Choose the number of segments by k-means; None where that cannot be done.

    Each method that needs the number then says itself why not.
    """
    try:
        return k_selection.select_k(
            fit_input.matrix,
            "auto" if fit_input.n_segments is None else fit_input.n_segments,
            SelectionSettings.from_mapping(fit_input.settings),
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
