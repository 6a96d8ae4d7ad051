"""A linear support-vector machine that predicts what customers spend next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segmentation.methods import FitInput, Method, Partition

if TYPE_CHECKING:
    from segmentation.fit.outcomes import Learned


def fit_machine(fit_input: FitInput, classes: NDArray[np.int64]) -> Learned:
    """Separate each value class from the others (one versus rest), equally weighted."""
    from sklearn.svm import LinearSVC

    from segmentation.fit.outcomes import class_means, linear_scorer

    machine = LinearSVC(
        class_weight="balanced", random_state=fit_input.random_state
    ).fit(fit_input.matrix, classes)
    # A segment is the customers who are predicted to be in a class, so its centre is
    # their mean; where there are none, it is the mean of the training customers of the
    # class.
    centers = class_means(fit_input.matrix, classes)
    predicted = machine.predict(fit_input.matrix)
    for number in np.unique(predicted):
        centers[number] = fit_input.matrix[predicted == number].mean(axis=0)
    return machine, linear_scorer(machine.coef_, machine.intercept_, centers), {}


def fit(fit_input: FitInput) -> Partition:
    """Segment customers by the value class that the machine predicts."""
    from segmentation.fit.outcomes import fit_by_outcome

    return fit_by_outcome(fit_input, fit_machine)


METHOD = Method(
    fit, selects_k="always", is_supervised=True, settings=("outcome_window_days",)
)
