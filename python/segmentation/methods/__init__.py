"""The methods that divide customers: each is a module here that has a `METHOD`.

A method is added by a module of its name and by the name in the list of var
`segmentation_method`. It is imported only when it fits.
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
    from segmentation.fit.preprocessing import FeatureSetting


@dataclass(frozen=True)
class FitInput:
    """What a method is given.

    Attributes
    ----------
    matrix
        Scaled features of the customers to learn from (customers, features), in an
        order that does not depend on chance.
    feature_names
        Names of its columns.
    n_segments
        How many segments to make; None where a method that chooses for itself may.
    random_state
        Seed of everything random.
    settings
        The project's vars by name.
    selection
        The choice of their number by k-means, where it was made already.
    next_spend
        Spend in the window after the observation date (customers,); None unless the
        method learns outcomes.
    segment_rules
        The seed of named segments, one mapping of its columns for each row; only the
        methods that are rules read it.
    """

    matrix: NDArray[np.float64]
    feature_names: tuple[str, ...]
    n_segments: int | None
    random_state: int
    settings: Mapping[str, Any]
    selection: Selection | None = None
    next_spend: NDArray[np.float64] | None = None
    segment_rules: Sequence[Mapping[str, Any]] = ()

    def required_n_segments(self) -> int:
        """Return `n_segments`, for a method that does not choose it.

        Raises
        ------
        ValueError
            If it is None, or fewer customers differ.
        """
        from segmentation.fit.clustering import check_distinct

        if self.n_segments is None:
            raise ValueError("n_segments is None; expected a whole number.")
        check_distinct(self.matrix, self.n_segments)
        return self.n_segments

    def take(self, rows: NDArray[np.int64], **changes: Any) -> Self:
        """Leave only some customers (drawn,), and change other attributes."""
        return replace(
            self,
            matrix=self.matrix[rows],
            next_spend=None if self.next_spend is None else self.next_spend[rows],
            selection=None,
            **changes,
        )


@dataclass(frozen=True)
class Partition:
    """What a method makes of the customers it is given.

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
        What the method chose for itself, by name, for the registry.
    segment_names
        Names of the segments, in their order; empty where the method gives none.
    selection
        What was tried to choose their number, where it was done with resamples of the
        method itself.
    named_centers
        Where segments that are named and have no customer lie, in scaled units
        (segments, features); None where every segment has one.
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
    """A way to divide customers.

    Attributes
    ----------
    fit
        The method itself.
    selects_k
        When the method selects the number of segments itself: `always`, even where
        `n_segments` is set; `if_auto`, where `n_segments` is None; or `never`, and then
        it makes the number that is set, or that the rule selects for k-means.
    is_quadratic
        Whether its cost grows with the square of the customers, so that it is given no
        more than `selection_sample_rows`.
    is_supervised
        Whether it learns `next_spend`, at the oldest observation date.
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
