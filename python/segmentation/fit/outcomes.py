"""Value classes of next spend, learned at one date and evaluated at a later one.

The outcome of an observation date is the spend in the window that follows it, net of
returns. None of it is known on the date itself, so an evaluation on a later date shows
how well the predictions will do in use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from segmentation.fit.fitting import Fit, segment_means
from segmentation.fit.preprocessing import FeatureParameters, transform_features
from segmentation.methods import FitInput, Partition
from segmentation.score.quadratic import QuadraticScorer
from segmentation.score.scorers import Scorer

# The value classes by rising spend, as names of the segments that are predicted.
EXPECTATIONS = (
    "Expected non-buyers",
    "Expected small spenders",
    "Expected medium spenders",
    "Expected big spenders",
)


class Classifier(Protocol):
    """A fitted classifier of scikit-learn."""

    def predict(self, matrix: NDArray[np.float64]) -> NDArray[Any]:
        """Class (customers,) of scaled features (customers, features)."""


# A fitted classifier of value classes, the scorer that makes the same predictions, and
# the parameters that were selected.
Learned = tuple[Classifier, Scorer, Mapping[str, float | str]]


def spend_cuts(spend: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cuts (2,) between the thirds of the positive amounts (customers,)."""
    positive = spend[spend > 0]
    if positive.size == 0:
        raise ValueError(
            f"None of {spend.size} training customers spent anything in the window "
            "after their observation date; expected buyers to cut into thirds."
        )
    cuts: NDArray[np.float64] = np.quantile(positive, [1 / 3, 2 / 3])
    return cuts


def value_classes(
    spend: NDArray[np.float64], cuts: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Value class of amounts (customers,): 0 for none, then the thirds from 1 to 3.

    An amount that equals a cut is in the class below it, so equal amounts share a
    class. A customer who returned as much as they bought, or more, spent nothing.
    """
    return np.where(spend <= 0, 0, 1 + np.searchsorted(cuts, spend, side="left"))


def learn_value_classes(
    spend: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the value class of each customer by next spend (customers,), and the cuts.

    Raises
    ------
    ValueError
        If a value class has no customer.
    """
    cuts = spend_cuts(spend)
    classes = value_classes(spend, cuts)
    counts = np.bincount(classes, minlength=len(EXPECTATIONS))
    if (counts == 0).any():
        raise ValueError(
            f"In the window after their observation date {counts[0]} of {spend.size} "
            f"training customers spent nothing, {counts[1]} a small, {counts[2]} a "
            f"medium and {counts[3]} a big amount (thirds of those who spent); "
            "expected at least 1 customer in each of the four value classes."
        )
    return classes, cuts


def fit_by_outcome(
    fit_input: FitInput,
    learn: Callable[[FitInput, NDArray[np.int64]], Learned],
) -> Partition:
    """Segment customers by the value class that a classifier predicts.

    Parameters
    ----------
    fit_input
        The customers, with their next spend.
    learn
        Fits the classifier to an input and the value class of each customer.

    Raises
    ------
    ValueError
        If the outcome is missing, or a value class has no customer.
    """
    if fit_input.next_spend is None:
        raise ValueError(
            "There is no next_spend; expected that of every customer, as supervised "
            "methods are given it."
        )
    classes, cuts = learn_value_classes(fit_input.next_spend)
    model, scorer, facts = learn(fit_input, classes)
    return Partition(
        labels=model.predict(fit_input.matrix).astype(np.int64),
        n_segments=len(EXPECTATIONS),
        scorer=scorer,
        facts={"lower_spend_cut": cuts[0], "upper_spend_cut": cuts[1], **facts},
        segment_names=EXPECTATIONS,
        named_centers=class_means(fit_input.matrix, classes),
    )


def class_means(
    matrix: NDArray[np.float64], classes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Mean of each class from 0 (classes, features); every class has a customer."""
    return segment_means(matrix, classes, int(classes.max()) + 1)


def linear_scorer(
    weights: NDArray[np.float64],
    intercepts: NDArray[np.float64],
    centers: NDArray[np.float64],
) -> QuadraticScorer:
    """Scorer of a linear classifier of scikit-learn.

    Parameters
    ----------
    weights, intercepts
        Its `coef_` (classes, features) and `intercept_` (classes,); for two classes
        they have one row, which is that of the second.
    centers
        Centres of the segments (classes, features), which do not affect the score.
    """
    if len(weights) == 1:
        weights = np.concatenate([np.zeros_like(weights), weights])
        intercepts = np.concatenate([np.zeros_like(intercepts), intercepts])
    return QuadraticScorer(
        centers=centers,
        curvatures=np.zeros_like(weights),
        slopes=-weights,
        intercepts=-intercepts,
    )


# ---------------------------------------------------------------- out of time


def training_with_outcomes(
    outcomes: pd.DataFrame, training_date: Any, method: str
) -> pd.DataFrame:
    """Take the customers of earlier dates whose outcome is known.

    Parameters
    ----------
    outcomes
        Rows of the model `outcome_training`.
    training_date
        The date on which the predictions are evaluated.
    method
        Name of the method, for the message.

    Raises
    ------
    ValueError
        If there is no customer of an earlier date whose outcome has been observed.
    """
    has_outcome = (outcomes["observation_date"] < training_date) & outcomes[
        "next_window_spend"
    ].notna()
    if not has_outcome.any():
        raise ValueError(
            f"segmentation_method {method} learns what customers spend in the window "
            "after an observation date and is evaluated on a later one, but no "
            f"customer is observed before {str(training_date)[:10]}, the training "
            "date; expected at least 4 observation dates. Shorten "
            "outcome_window_days or minimum_history_days, raise observation_count "
            "to 4, or choose another method."
        )
    customers: pd.DataFrame = outcomes[has_outcome]
    return customers


def out_of_time_facts(
    *,
    expected: NDArray[np.int64],
    spend_before: NDArray[np.float64],
    spend_after: NDArray[np.float64],
    cuts: NDArray[np.float64],
) -> dict[str, float]:
    """Compare predicted value classes with the realised ones and with persistence.

    Parameters
    ----------
    expected
        Predicted value class (customers,), on a date after that of the training data.
    spend_before, spend_after
        What they spent in the window before that date, and in the one after it.
    cuts
        The cuts that were learned.

    Returns
    -------
    facts
        Accuracy, and balanced accuracy, in which each class has the same weight: of the
        predictions, and of the persistence baseline, in which every customer stays in
        the class of their spend before.
    """
    realised = value_classes(spend_after, cuts)
    unchanged = value_classes(spend_before, cuts)
    return {
        "outcome_customers": len(realised),
        "outcome_accuracy": accuracy_score(realised, expected),
        "baseline_accuracy": accuracy_score(realised, unchanged),
        "outcome_balanced_accuracy": mean_recall(realised, expected),
        "baseline_balanced_accuracy": mean_recall(realised, unchanged),
    }


def mean_recall(realised: NDArray[np.int64], expected: NDArray[np.int64]) -> float:
    """Balanced accuracy over the classes that were realised."""
    import warnings

    with warnings.catch_warnings():
        # A class that is predicted and never realised has no recall.
        warnings.simplefilter("ignore", UserWarning)
        return float(balanced_accuracy_score(realised, expected))


def evaluate_out_of_time(
    fit: Fit,
    parameters: Sequence[FeatureParameters],
    fit_customers: pd.DataFrame,
    training: pd.DataFrame,
    outcomes: pd.DataFrame,
) -> dict[str, float]:
    """Evaluate the predictions on the window after the training date."""
    later = outcomes[
        (outcomes["observation_date"] == training["observation_date"].iloc[0])
        & outcomes["next_window_spend"].notna()
    ]
    return out_of_time_facts(
        expected=fit.scorer.predict(transform_features(later, parameters)),
        spend_before=later["trailing_spend"].to_numpy(float),
        spend_after=later["next_window_spend"].to_numpy(float),
        cuts=spend_cuts(fit_customers["next_window_spend"].to_numpy(float)),
    )
