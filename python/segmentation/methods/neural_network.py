"""A network with one hidden layer that predicts what customers spend next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from segmentation.methods import FitInput, Method, Partition
from segmentation.score.network import NetworkScorer

if TYPE_CHECKING:
    from sklearn.neural_network import MLPClassifier

    from segmentation.fit.outcomes import Learned

# Learning ends where the gradient is less. That takes a tenth of the iterations of
# scikit-learn's 1e-4, and the networks predict as well out of time.
TOLERANCE = 3e-3
MAXIMUM_ITERATIONS = 1000


def fit_network(fit_input: FitInput, classes: NDArray[np.int64]) -> Learned:
    """Learn a network with as many hidden units as features and classes together.

    That is `t` of Weka's MultilayerPerceptron. The whole sample is used in each step
    (L-BFGS), so nothing depends on the order of customers, and the value classes weigh
    the same.
    """
    from sklearn.neural_network import MLPClassifier
    from sklearn.utils.class_weight import compute_sample_weight

    units = fit_input.matrix.shape[1] + len(np.unique(classes))
    network = MLPClassifier(
        (units,),
        solver="lbfgs",
        tol=TOLERANCE,
        max_iter=MAXIMUM_ITERATIONS,
        random_state=fit_input.random_state,
    ).fit(
        fit_input.matrix,
        classes,
        sample_weight=compute_sample_weight("balanced", classes),
    )
    facts = {"hidden_units": float(units), "iterations": float(network.n_iter_)}
    return network, network_scorer(network), facts


def network_scorer(network: MLPClassifier) -> NetworkScorer:
    """Scorer of a fitted network with one hidden layer of rectified units.

    With two classes the network has one output, for the second. The first then has the
    output 0, at which the network gives both the probability of a half.
    """
    output_weights, output_biases = network.coefs_[1], network.intercepts_[1]
    if len(output_biases) == 1:
        output_weights = np.column_stack(
            [np.zeros(len(output_weights)), output_weights]
        )
        output_biases = np.concatenate([[0.0], output_biases])
    return NetworkScorer(
        network.coefs_[0], network.intercepts_[0], output_weights, output_biases
    )


def fit(fit_input: FitInput) -> Partition:
    """Segment customers by the value class that the network predicts."""
    from segmentation.fit.outcomes import fit_by_outcome

    return fit_by_outcome(fit_input, fit_network)


METHOD = Method(
    fit, selects_k="always", is_supervised=True, settings=("outcome_window_days",)
)
