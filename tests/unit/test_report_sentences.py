"""What the report says of a segment is true of it, and says the farthest first."""

import pytest

from segmentation.report.sentences import (
    FeatureFact,
    Retention,
    describe,
    ratio_in_words,
    recommend,
    share_in_words,
)

SPEND = FeatureFact("total_spend", 180.0, 200.0, 100.0, 1.2)
RECENT_SPEND = FeatureFact("trailing_spend", 80.0, 90.0, 30.0, 1.1)
GAP = FeatureFact("order_gap_days", 12.4, 15.0, 40.0, -0.9)
ORDERS = FeatureFact("order_count", 9.0, 10.0, 5.0, 0.8)
RATING = FeatureFact("satisfaction", 4.0, 4.4, 4.3, 0.1)


def test_the_two_farthest_facts_and_who_orders_again_are_said() -> None:
    assert describe([GAP, RATING, SPEND], Retention(0.8, 90)) == (
        "Spend twice the average and buy every 12 days; 8 of 10 order again within "
        "90 days."
    )


def test_of_one_kind_the_farther_is_said() -> None:
    assert describe([ORDERS, GAP], None) == "Buy every 12 days."
    assert describe([SPEND, ORDERS, GAP], None) == (
        "Spend twice the average and buy every 12 days."
    )


def test_two_kinds_of_spend_are_two_facts_as_little_as_two_rhythms() -> None:
    assert describe([RECENT_SPEND, SPEND, GAP], None) == (
        "Spend twice the average and buy every 12 days."
    )


def test_what_is_hidden_is_passed_over() -> None:
    hidden = FeatureFact("total_spend", None, None, None, None)
    broken = FeatureFact("recency_days", None, None, None, 3.0)
    assert describe([hidden, broken, GAP], None) == "Buy every 12 days."


def test_near_the_average_nothing_is_set_apart() -> None:
    assert describe([RATING], Retention(0.31, 30)) == (
        "Are near the average in all that is measured; 3 of 10 order again within "
        "30 days."
    )


def test_who_never_bought_does_not_order_again() -> None:
    assert describe([SPEND], Retention(0.02, 90), is_never_buyers=True) == (
        "Have no purchase on record; fewer than 1 of 20 order within 90 days."
    )


def test_where_most_did_nothing_lately_no_ratio_is_said() -> None:
    nothing = FeatureFact("trailing_spend", 0.0, 0.4, 30.0, -0.9)
    assert describe([nothing], None) == "Have mostly spent nothing lately."
    nothing = FeatureFact("trailing_order_count", 0.0, 0.1, 3.0, -0.9)
    assert describe([nothing], None) == "Have mostly not ordered lately."


def test_a_loss_has_no_ratio() -> None:
    assert describe([FeatureFact("total_spend", -5.0, -5.0, 100.0, -2.0)], None) == (
        "Are near the average in all that is measured."
    )


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (0.4, "60 % below the average"),
        (0.5, "half the average"),
        (1.02, "about the average"),
        (1.4, "40 % above the average"),
        (1.9, "twice the average"),
        (3.4, "3.5 times the average"),
        (12.0, "12 times the average"),
    ],
)
def test_ratios_in_words(ratio: float, expected: str) -> None:
    assert ratio_in_words(ratio) == expected


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.0, "none"),
        (0.04, "fewer than 1 of 20"),
        (0.06, "1 of 10"),
        (0.78, "8 of 10"),
        (0.95, "9 of 10"),
        (0.96, "more than 19 of 20"),
        (1.0, "all"),
    ],
)
def test_shares_in_words(share: float, expected: str) -> None:
    assert share_in_words(share) == expected


def test_what_the_budget_does_is_said() -> None:
    assert recommend("funded", "retention_plus_10_percent", "120") == (
        "The budget pays for retention plus 10 percent for 120 customers."
    )
    assert recommend("costs_more_than_it_earns", "value_plus", "0") == (
        "Value plus would cost more than it earns."
    )
    assert recommend("of_a_later_version", None, "0") == "Of a later version."
