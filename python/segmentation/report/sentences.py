"""Say in one sentence what sets a segment apart, and what is known to work in it.

The sentence on a segment has the two facts of different kinds in which it lies farthest
from all customers, and how many of its customers order again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

# In standard deviations: nearer to the mean of all customers nothing is set apart.
LEAST_DIFFERENCE = 0.25
MOST_FACTS = 2


@dataclass(frozen=True)
class FeatureFact:
    """How a feature is distributed in a segment; null is None.

    Attributes
    ----------
    feature_name
        The feature.
    median, mean, overall_mean
        In its unit, in the segment and over all customers.
    difference
        Of the means, in standard deviations of all customers.
    """

    feature_name: str
    median: float | None
    mean: float | None
    overall_mean: float | None
    difference: float | None


@dataclass(frozen=True)
class Retention:
    """Who orders again: the share of customers in [0, 1], within so many days."""

    share: float
    days: int


def ratio_in_words(ratio: float) -> str:
    """Say how large something is beside the average, which is 1."""
    if ratio < 0.005:
        return "nothing to speak of beside the average"
    if abs(ratio - 1) < 0.05:
        return "about the average"
    if abs(ratio - 0.5) < 0.03:
        return "half the average"
    if ratio < 1.75:
        side = "above" if ratio > 1 else "below"
        return f"{_percent(abs(ratio - 1))} {side} the average"
    times = round(ratio * 2) / 2
    return "twice the average" if times == 2 else f"{times:g} times the average"


def share_in_words(share: float) -> str:
    """Say a share of customers as so many of ten, or of twenty where it is extreme."""
    if share <= 0:
        return "none"
    if share >= 1:
        return "all"
    if share < 0.05:
        return "fewer than 1 of 20"
    if share > 0.95:
        return "more than 19 of 20"
    return f"{min(max(round(share * 10), 1), 9)} of 10"


def days_in_words(days: float) -> str:
    """Say a number of days."""
    count = max(round(days), 1)
    return "1 day" if count == 1 else f"{count:,} days"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _ratio(fact: FeatureFact) -> str | None:
    overall = fact.overall_mean or 0
    if fact.mean is None or fact.mean < 0 or overall <= 0:
        return None
    return ratio_in_words(fact.mean / overall)


def _spend(fact: FeatureFact) -> str | None:
    words = _ratio(fact)
    return words and f"spend {words}"


def _recent_spend(fact: FeatureFact) -> str | None:
    if fact.median == 0:
        return "have mostly spent nothing lately"
    words = _ratio(fact)
    return words and f"recently spend {words}"


def _basket(fact: FeatureFact) -> str | None:
    words = _ratio(fact)
    return words and f"have orders worth {words}"


def _gap(fact: FeatureFact) -> str | None:
    if not fact.median:
        return None
    days = days_in_words(fact.median)
    return "buy every day" if days == "1 day" else f"buy every {days}"


def _recency(fact: FeatureFact) -> str | None:
    if fact.median is None:
        return None
    return f"bought last {days_in_words(fact.median)} ago"


def _orders(fact: FeatureFact) -> str | None:
    if fact.median is None:
        return None
    count = round(fact.median)
    if count == 0:
        return "have mostly not ordered"
    return f"have ordered {'once' if count == 1 else f'{count:,} times'}"


def _recent_orders(fact: FeatureFact) -> str | None:
    if fact.median is None:
        return None
    if fact.median == 0:
        return "have mostly not ordered lately"
    count = round(fact.median)
    return f"lately ordered {'once' if count == 1 else f'{count:,} times'}"


def _rating(fact: FeatureFact) -> str | None:
    return None if fact.mean is None else f"give {fact.mean:.1f} of 5 in reviews"


def _conversion(fact: FeatureFact) -> str | None:
    return None if fact.mean is None else f"buy in {_percent(fact.mean)} of visits"


def _discount(fact: FeatureFact) -> str | None:
    return None if fact.mean is None else f"save {_percent(fact.mean)} by discounts"


# What a feature is about, and its words; of one kind only one is said.
WORDS: Mapping[str, tuple[str, Callable[[FeatureFact], str | None]]] = {
    "order_gap_days": ("rhythm", _gap),
    "order_count": ("rhythm", _orders),
    "trailing_order_count": ("rhythm", _recent_orders),
    "recency_days": ("recency", _recency),
    "total_spend": ("spend", _spend),
    "trailing_spend": ("spend", _recent_spend),
    "average_order_value": ("basket", _basket),
    "satisfaction": ("rating", _rating),
    "conversion_rate": ("visits", _conversion),
    "discount_share": ("discounts", _discount),
}


def describe(
    facts: Sequence[FeatureFact],
    retention: Retention | None,
    *,
    is_never_buyers: bool = False,
) -> str:
    """Say in one sentence what sets a segment apart.

    Parameters
    ----------
    facts
        One for each feature of the segment; those that have no words, are hidden or
        near to the average are passed over.
    retention
        How many order again; None where no window after an observation date is over,
        or the number is hidden.
    is_never_buyers
        Whether nobody in it has bought.

    Returns
    -------
    Such as "Buy every 12 days and spend twice the average; 8 of 10 order again within
    90 days."
    """
    said: list[str] = []
    if is_never_buyers:
        said.append("have no purchase on record")
    else:
        kinds: set[str] = set()
        for fact in sorted(facts, key=_farthest):
            if len(said) == MOST_FACTS or not _is_apart(fact):
                break
            kind, in_words = WORDS.get(fact.feature_name, ("", _nothing))
            words = in_words(fact)
            if words and kind not in kinds:
                kinds.add(kind)
                said.append(words)
    sentence = " and ".join(said) or "are near the average in all that is measured"
    if retention is not None:
        again = "order" if is_never_buyers else "order again"
        sentence += (
            f"; {share_in_words(retention.share)} {again} within {retention.days} days"
        )
    return f"{sentence[0].upper()}{sentence[1:]}."


def _nothing(_: FeatureFact) -> None:
    return None


def _is_apart(fact: FeatureFact) -> bool:
    return fact.difference is not None and abs(fact.difference) >= LEAST_DIFFERENCE


def _farthest(fact: FeatureFact) -> tuple[float, str]:
    return (
        math.inf if fact.difference is None else -abs(fact.difference),
        fact.feature_name,
    )


# By segment_budget_allocation.allocation.
ALLOCATIONS = {
    "funded": "The budget pays for {scenario} for {customers} customers",
    "partly_funded": "The budget pays for {scenario} for {customers} customers of it",
    "budget_spent": "{scenario} would pay, and the budget is spent on better ones",
    "costs_more_than_it_earns": "{scenario} would cost more than it earns",
    "effect_not_measured": "No effect is measured here: try a campaign with a holdout",
    "baseline_does_not_hold": "What customers do has changed: no money is planned",
    "no_contactable_customers": "Nobody here may be addressed",
    "no_known_return": "No scenario says what could be earned here",
}


def recommend(allocation: str, scenario: str | None, customers: str) -> str:
    """Say what the budget does for a segment.

    Parameters
    ----------
    allocation, scenario
        As in `segment_budget_allocation`.
    customers
        For how many, in words.
    """
    text = ALLOCATIONS.get(allocation, allocation.replace("_", " ")).format(
        scenario=(scenario or "a scenario").replace("_", " "), customers=customers
    )
    return f"{text[0].upper()}{text[1:]}."
