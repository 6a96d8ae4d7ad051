"""Write rules as conditions in SQL, with numbers of few digits."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segmentation.explain.explanation import Rule


def readable_between(low: float, high: float) -> float:
    """Return the number with the fewest digits strictly between two others.

    Digits count from the first to the last that is not zero; of several numbers it is
    the one nearest to the middle. Where no number of double precision lies between the
    two it is `low`, which as an upper bound includes itself.
    """
    exact_low, exact_high = Decimal(low), Decimal(high)
    middle = (exact_low + exact_high) / 2
    step = Decimal(1).scaleb((exact_high - exact_low).adjusted() + 1)
    # 17 digits tell any two numbers of double precision apart.
    while step >= (exact_high - exact_low).scaleb(-18):
        nearest = (middle / step).to_integral_value() * step
        candidates = [nearest - step, nearest, nearest + step]
        between = [number for number in candidates if exact_low < number < exact_high]
        readable = [float(n) for n in between if low < float(n) < high]
        if readable:
            return min(readable, key=lambda number: abs(Decimal(number) - middle))
        step = step.scaleb(-1)
    return low


def number_text(number: float) -> str:
    """Write a number in full, without an exponent and without needless zeros."""
    text = format(Decimal(repr(number + 0.0)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def predicate_of(
    rule: Rule,
    feature_names: Sequence[str],
    impute_values: Sequence[float | None],
) -> str:
    """Write a rule as a condition in SQL on the columns of the features.

    Parameters
    ----------
    rule
        With the columns of `feature_names`.
    feature_names, impute_values
        The features, and the value that replaces a missing one; None for a feature that
        is never missing.
    """
    conditions = []
    for feature, interval in rule.intervals.items():
        expression, impute_value = feature_names[feature], impute_values[feature]
        if impute_value is not None:
            expression = f"coalesce({expression}, {number_text(impute_value)})"
        for operator, bound in ((">", interval.lower), ("<=", interval.upper)):
            if bound is not None:
                conditions.append(f"{expression} {operator} {number_text(bound)}")
    return " and ".join(conditions) or "true"
