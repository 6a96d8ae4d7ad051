"""The methods of segmentation: each is a module here that has a `METHOD`.

To add a method, add a module of its name, and the name to the list of var
`segmentation_method`. Every build imports the module of its method, so the module
imports scikit-learn and `segmentation.fit` only inside functions, for the builds that
fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from segmentation.score.scorers import Scorer

if TYPE_CHECKING:
    from segmentation.fit.k_selection import Selection
    from segmentation.fit.next_window import NextWindow
    from segmentation.fit.preprocessing import FeatureSetting


@dataclass(frozen=True)
class FitInput:
    """The input of a method.

    Attributes
    ----------
    matrix
        Scaled features of the training customers (customers, features), in an order
        that does not depend on chance.
    feature_names
        Names of its columns.
    n_segments
        How many segments to make; None where the method selects k.
    random_state
        Seed of everything random.
    settings
        The project's vars by name.
    selection
        The choice of k by k-means, where it is made already.
    next_spend
        Spend in the window after the observation date (customers,); None unless the
        method is supervised.
    next_window
        The customers whose next window the choice of k is judged by; None where no
        window is over.
    segment_rules
        The seed of named segments, one mapping of its columns for each row; only
        `rfm_rules` reads it.
    """

    matrix: NDArray[np.float64]
    feature_names: tuple[str, ...]
    n_segments: int | None
    random_state: int
    settings: Mapping[str, Any]
    selection: Selection | None = None
    next_spend: NDArray[np.float64] | None = None
    next_window: NextWindow | None = None
    segment_rules: Sequence[Mapping[str, Any]] = ()

    def required_n_segments(self) -> int:
        """Return `n_segments`, for a method that never selects k.

        Raises
        ------
        ValueError
            If it is None, or there are fewer distinct customers.
        """
        from segmentation.fit.clustering import check_distinct

        if self.n_segments is None:
            raise ValueError("n_segments is None; expected a whole number.")
        check_distinct(self.matrix, self.n_segments)
        return self.n_segments

    def take(self, rows: NDArray[np.int64], **changes: Any) -> Self:
        """Keep only the customers of `rows`, and change other attributes."""
        return replace(
            self,
            matrix=self.matrix[rows],
            next_spend=None if self.next_spend is None else self.next_spend[rows],
            selection=None,
            **changes,
        )


@dataclass(frozen=True)
class Partition:
    """The segments that a method makes of its customers.

    Attributes
    ----------
    labels
        Segment of each customer, from 0 (customers,); -1 for noise.
    n_segments
        Number of segments; each has a customer, unless `segment_names` names it.
    scorer
        What predicts the segment of any customer as the method itself does; None for a
        method that cannot predict.
    facts
        The parameters that the method selected, by name, for the registry.
    segment_names
        Names of the segments, in their order; empty where the method gives none.
    selection
        The choice of k, where the method made it with resamples of its own.
    named_centers
        Centres in scaled units (segments, features), which count for named segments
        without customers; None where every segment has a customer.
    """

    labels: NDArray[np.int64]
    n_segments: int
    scorer: Scorer | None = None
    facts: Mapping[str, float | str] = field(default_factory=dict)
    segment_names: tuple[str, ...] = ()
    selection: Selection | None = None
    named_centers: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Method:
    """A method of segmentation.

    Attributes
    ----------
    fit
        Makes a partition of an input.
    selects_k
        When the method selects the number of segments itself: `always`, even where
        `n_segments` is set; `if_auto`, where `n_segments` is None; or `never`, and then
        it makes the number that is set, or that the rule selects for k-means.
    is_quadratic
        Whether its cost grows with the square of the customers, so that it is given no
        more than `selection_sample_rows`.
    is_supervised
        Whether it learns `next_spend`, at the date before the training date.
    features
        The features it needs, in its order, and how each takes part where var
        `segmentation_features` does not say; empty for those that were selected.
    settings
        The vars and seeds that this method reads and k-means does not: where one of
        them changes, a new version is due.
    """

    fit: Callable[[FitInput], Partition]
    selects_k: Literal["never", "if_auto", "always"] = "never"
    is_quadratic: bool = False
    is_supervised: bool = False
    features: tuple[FeatureSetting, ...] = ()
    settings: tuple[str, ...] = ()


def load_method(name: str) -> Method:
    """Import the method of a name of var `segmentation_method`."""
    method: Method = import_module(f"segmentation.methods.{name}").METHOD
    return method
