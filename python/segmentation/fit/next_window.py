"""How much of the next window of customers their segments explain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.fit.preprocessing import (
    FeatureParameters,
    signed_log1p,
    transform_features,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDS = 5
REPETITIONS = 10
# Of fewer customers the folds say nothing.
MINIMUM_CUSTOMERS = 50
# A difference that is a smaller share of the best is none.
SMALL_DIFFERENCE = 0.02
# The customers of a fold for each customer that the other folds have.
FOLD_RATIO = 1 / (FOLDS - 1)


@dataclass(frozen=True)
class NextWindow:
    """Customers of a date, and what they did in the window after it.

    Attributes
    ----------
    matrix
        Features, scaled as those of the training customers (customers, features).
    spend, orders
        In the window after the date (customers,).
    observation_date, outcome_end_date
        First day of that window, and the day after its last one, as yyyy-mm-dd.
    """

    matrix: NDArray[np.float64]
    spend: NDArray[np.float64]
    orders: NDArray[np.float64]
    observation_date: str
    outcome_end_date: str

    @property
    def outcomes(self) -> NDArray[np.float64]:
        """Logarithm of spend, orders, and whether there was one (customers, 3)."""
        return np.column_stack(
            [signed_log1p(self.spend), self.orders, self.orders > 0]
        ).astype(np.float64)

    @classmethod
    def from_customers(
        cls, customers: pd.DataFrame, parameters: Sequence[FeatureParameters]
    ) -> Self | None:
        """Read the rows of the model `int_k_selection_customers`.

        None where there are fewer than `MINIMUM_CUSTOMERS`.
        """
        if len(customers) < MINIMUM_CUSTOMERS:
            return None
        # A table has no order, and the folds depend on one.
        customers = customers.sort_values("customer_id", ignore_index=True)
        return cls(
            matrix=transform_features(customers, parameters),
            spend=customers["next_window_spend"].to_numpy(float),
            orders=customers["next_window_order_count"].to_numpy(float),
            observation_date=str(customers["observation_date"].iloc[0])[:10],
            outcome_end_date=str(customers["outcome_end_date"].iloc[0])[:10],
        )


@dataclass(frozen=True)
class ExplainedShares:
    """What segments explain of the next window, split by split.

    Attributes
    ----------
    shares
        Of each split and outcome (splits, outcomes): see `cross_validated_shares`.
    """

    shares: NDArray[np.float64]

    @property
    def by_outcome(self) -> dict[str, float]:
        """Mean share of each outcome, by its name in `Candidate`."""
        names = ("explained_log_spend", "explained_orders", "explained_retention")
        return dict(zip(names, self.shares.mean(axis=0).tolist(), strict=True))

    @property
    def by_split(self) -> NDArray[np.float64]:
        """Mean share of the outcomes (splits,); one that is not explained counts 0."""
        is_explained = self.shares.mean(axis=0) > 0
        counted: NDArray[np.float64] = np.where(is_explained, self.shares, 0.0)
        mean: NDArray[np.float64] = counted.mean(axis=1)
        return mean

    @property
    def facts(self) -> dict[str, Any]:
        """The attributes of `Candidate` that it decides."""
        return {
            **self.by_outcome,
            "explanation": float(self.by_split.mean()),
            "explanation_error": standard_error(self.by_split, FOLD_RATIO),
        }


def explain_next_window(
    labels: NDArray[np.int64], next_window: NextWindow, random_state: int
) -> ExplainedShares:
    """Measure what the segments of the customers (customers,) explain."""
    folds = draw_folds(len(labels), random_state)
    return ExplainedShares(cross_validated_shares(labels, next_window.outcomes, folds))


def draw_folds(n_customers: int, random_state: int) -> NDArray[np.int64]:
    """Fold of each customer, 0 to 4, in each repetition (repetitions, customers).

    The same customers get the same folds, whatever the segments.
    """
    return np.array(
        [
            np.random.default_rng([random_state, FOLDS, number]).permutation(
                n_customers
            )
            % FOLDS
            for number in range(REPETITIONS)
        ]
    )


def cross_validated_shares(
    labels: NDArray[np.int64],
    outcomes: NDArray[np.float64],
    folds: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Share of the variation that the segments of other folds explain, split by split.

    A customer of a fold is expected to be like the mean of their segment in the other
    folds, or, where nobody there is in it, like the mean of all. The share is what is
    saved of the sum of squared errors of the mean of all, over all splits; a fold in
    which hardly anything happens has no share of its own. The value of a split is the
    linearised one of such a ratio (Cochran 1977, Sampling Techniques, chapter 6): their
    mean is the share, and their spread is that of the share.

    Parameters
    ----------
    labels
        Segment of each customer, from 0 (customers,).
    outcomes
        What they did (customers, outcomes).
    folds
        The result of `draw_folds`.

    Returns
    -------
    shares
        (repetitions x folds, outcomes); the mean is at most 1, and negative where
        segments mislead. 0 of an outcome that is the same for all.
    """
    centered = outcomes - outcomes.mean(axis=0)
    shape = (int(labels.max()) + 1, FOLDS)
    saved = np.zeros((len(folds), FOLDS, outcomes.shape[1]))
    total = np.zeros_like(saved)
    for repetition, fold in enumerate(folds):
        cells = labels * FOLDS + fold
        counts = np.bincount(cells, minlength=shape[0] * FOLDS).reshape(shape)
        others = counts.sum(axis=1, keepdims=True) - counts
        for number, outcome in enumerate(centered.T):
            sums = np.bincount(cells, outcome, shape[0] * FOLDS).reshape(shape)
            other_sums = sums.sum(axis=1, keepdims=True) - sums
            overall = other_sums.sum(axis=0) / np.maximum(others.sum(axis=0), 1)
            means = np.where(others > 0, other_sums / np.maximum(others, 1), overall)
            squares = np.bincount(fold, outcome**2, FOLDS)
            by_segment, by_all = (
                squares + (expected * (expected * counts - 2 * sums)).sum(axis=0)
                for expected in (means, np.broadcast_to(overall, shape))
            )
            saved[repetition, :, number] = by_all - by_segment
            total[repetition, :, number] = by_all
    varies = np.ptp(outcomes, axis=0) > 0
    mean_total = np.where(varies, total.mean(axis=(0, 1)), 1)
    share = np.where(varies, saved.mean(axis=(0, 1)) / mean_total, 0)
    values = np.where(varies, share + (saved - share * total) / mean_total, 0)
    return values.reshape(-1, outcomes.shape[1])


def standard_error(values: NDArray[np.float64], ratio: float) -> float:
    """Return the standard error of the mean of values (splits,) of overlapping splits.

    Splits of the same customers are not independent, so that the usual error is too
    small: Nadeau and Bengio (2003), Inference for the generalization error, Machine
    Learning 52. `ratio` is how many customers a split is judged on for each that it
    learns from.
    """
    return float(np.sqrt((1 / len(values) + ratio) * values.var(ddof=1)))


def compare_with_best(
    scores: Mapping[int, NDArray[np.float64]], best: int, ratio: float
) -> dict[int, tuple[float, float]]:
    """How far the mean score of each k is below that of the best, and its error.

    Parameters
    ----------
    scores
        Values of the same splits (splits,), by k.
    best
        The k that all are compared with.
    ratio
        As for `standard_error`.
    """
    differences = {k: scores[best] - values for k, values in scores.items()}
    return {
        k: (float(difference.mean()), standard_error(difference, ratio))
        for k, difference in differences.items()
    }


def is_as_good(difference: float, error: float, best: float) -> bool:
    """Whether a difference from the best is below its error, or hardly any."""
    return difference <= max(error, SMALL_DIFFERENCE * best)
