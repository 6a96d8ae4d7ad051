"""A linear support-vector machine of what customers will spend next."""

import numpy as np
from numpy.typing import NDArray
from sklearn.svm import LinearSVC

from segmentation.fit.outcomes import (
    Learned,
    class_means,
    divide_by_outcome,
    linear_scorer,
)
from segmentation.methods import Division, Method, Problem


def fit_machine(problem: Problem, classes: NDArray[np.int64]) -> Learned:
    """Tell each value class from the others (one versus rest), all of equal weight."""
    machine = LinearSVC(class_weight="balanced", random_state=problem.random_state).fit(
        problem.matrix, classes
    )
    # The centres are those of the customers who are predicted to be in a class, where
    # there are any: those are the segments.
    centers = class_means(problem.matrix, classes)
    predicted = machine.predict(problem.matrix)
    for number in np.unique(predicted):
        centers[number] = problem.matrix[predicted == number].mean(axis=0)
    return machine, linear_scorer(machine.coef_, machine.intercept_, centers), {}


def divide(problem: Problem) -> Division:
    """Divide customers by the value class that the machine expects of them."""
    return divide_by_outcome(problem, fit_machine)


METHOD = Method(
    divide, chooses_number=True, ignores_n_segments=True, learns_outcome=True
)
