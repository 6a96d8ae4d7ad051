"""Rules say who is in which segment, and how often that is so."""

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from sklearn.datasets import load_iris, load_wine, make_blobs, make_moons
from sklearn.preprocessing import StandardScaler

from segmentation.explain.explanation import (
    Explanation,
    Interval,
    Rule,
    cost_ratio,
    explain,
)
from segmentation.explain.predicates import number_text, predicate_of, readable_between
from segmentation.explain.tree import NOISE, cut_with_fewest_mistakes
from segmentation.fit.clustering import Clustering, fit_kmeans
from segmentation.fit.preprocessing import (
    FeatureSetting,
    fit_preprocessing,
    original_values,
    transform_features,
)

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]


def covered(rule: Rule, values: Matrix) -> NDArray[np.bool_]:
    """Whether a rule covers each customer, by its intervals in original units."""
    is_covered = np.ones(len(values), dtype=bool)
    for feature, interval in rule.intervals.items():
        if interval.lower is not None:
            is_covered &= values[:, feature] > interval.lower
        if interval.upper is not None:
            is_covered &= values[:, feature] <= interval.upper
    return is_covered


def explained_labels(explanation: Explanation, values: Matrix) -> Labels:
    """The segment that the rules put each customer in; exactly one covers each."""
    coverage = np.array([covered(rule, values) for rule in explanation.rules])
    assert_array_equal(coverage.sum(axis=0), 1)
    segments = np.array([rule.segment for rule in explanation.rules])
    labels: Labels = segments[coverage.argmax(axis=0)]
    return labels


def centers_of(matrix: Matrix, labels: Labels) -> Matrix:
    """Mean of each segment."""
    segments = range(labels.max() + 1)
    return np.array([matrix[labels == segment].mean(axis=0) for segment in segments])


@pytest.fixture(scope="module")
def moons() -> tuple[Matrix, Labels]:
    """Two half moons, which no center can stand for."""
    matrix, labels = make_moons(1500, noise=0.05, random_state=0)
    return matrix, labels.astype(np.int64)


# ---------------------------------------------------------------- known data


def explained_by_kmeans(matrix: Matrix) -> tuple[Clustering, Explanation]:
    clustering = fit_kmeans(matrix, 3, random_state=0)
    explanation = explain(
        matrix, matrix, clustering.labels, clustering.centers, maximum_leaves=3
    )
    return clustering, explanation


def test_iris_in_three_leaves() -> None:
    matrix = load_iris().data
    clustering, explanation = explained_by_kmeans(matrix)
    assert clustering.inertia == pytest.approx(78.8514, abs=5e-5)
    assert explanation.cost_ratio == pytest.approx(1.0365, abs=5e-5)
    assert explanation.fidelity == pytest.approx(0.973, abs=5e-4)
    # Of the flowers 146 of 150 are where the rules say.
    is_right = explained_labels(explanation, matrix) == clustering.labels
    assert is_right.sum() == 146
    assert explanation.fidelity == 146 / 150
    assert len(explanation.rules) == 3


def test_wine_in_three_leaves() -> None:
    matrix = StandardScaler().fit_transform(load_wine().data)
    clustering, explanation = explained_by_kmeans(matrix)
    assert clustering.inertia == pytest.approx(1277.9285, abs=5e-5)
    assert explanation.cost_ratio == pytest.approx(1.047, abs=5e-4)
    assert explanation.fidelity >= 0.9
    assert len(explanation.rules) == 3


def test_iris_is_told_in_numbers_of_two_or_three_digits() -> None:
    """Petals of 1.9 cm and 3.0 cm are neighbours, and so are those of 5.1 and 5.2."""
    _, explanation = explained_by_kmeans(load_iris().data)
    assert [rule.intervals for rule in explanation.rules] == [
        {2: Interval(None, 2)},
        {2: Interval(2, 5.15)},
        {2: Interval(5.15, None)},
    ]


def test_cost_is_measured_from_the_mean_of_the_own_group() -> None:
    matrix = np.array([[0.0], [2.0], [10.0], [12.0]])
    # Sums of squares of 1 + 1 + 1 + 1, and of 8 / 3 + 128 / 3 + 200 / 3 and 0.
    assert cost_ratio(
        matrix, np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])
    ) == pytest.approx((16 + 4 + 36) / 4)
    assert cost_ratio(matrix[:2], np.array([0, 1]), np.array([0, 0])) is None


# ---------------------------------------------------------------- the fewest mistakes


def mistakes(feature: int, threshold: float, customers: Matrix, own: Matrix) -> int:
    """Customers on the other side of a threshold than their own center, one by one."""
    return sum(
        (customer[feature] <= threshold) != (center[feature] <= threshold)
        for customer, center in zip(customers, own, strict=True)
    )


@pytest.mark.parametrize("seed", range(20))
def test_no_cut_makes_fewer_mistakes(seed: int) -> None:
    """Compared with every threshold there is, on values that often are equal."""
    random = np.random.default_rng(seed)
    customers = random.integers(0, 12, size=(40, 3)).astype(float)
    centers = random.uniform(0, 12, size=(4, 3))
    own = centers[random.integers(0, 4, size=40)]
    cut = cut_with_fewest_mistakes(customers, customers, own, centers)
    assert cut is not None
    possible = []
    for feature in range(3):
        values = customers[:, feature]
        numbers = np.union1d(values, centers[:, feature])
        for threshold in (numbers[:-1] + numbers[1:]) / 2:
            sides = {center[feature] <= threshold for center in centers}
            if len(sides) == 2 and values.min() < threshold < values.max():
                possible.append(mistakes(feature, threshold, customers, own))
    assert mistakes(cut.feature, cut.threshold, customers, own) == min(possible)
    values = customers[:, cut.feature]
    assert cut.highest_left == values[values <= cut.threshold].max()
    assert cut.lowest_right == values[values > cut.threshold].min()


def test_parted_customers_are_mistaken_once() -> None:
    """Whoever was cut off from the own center has no say in the cuts that follow."""
    groups = [[0.0, 0.0], [5.0, 0.0], [5.0, 4.0], [5.0, 5.0], [5.0, 2.0]]
    sizes = [20, 20, 17, 3, 2]
    matrix = np.repeat(np.array(groups), sizes, axis=0)
    labels = np.repeat([0, 1, 2, 1, 0], sizes)
    centers = np.array(groups[:3])
    explanation = explain(matrix, matrix, labels, centers, maximum_leaves=3)
    # The first cut parts two of the first segment, and any second one three of the
    # second. Of these the lowest is taken, as if the two at 2 were not there.
    assert [(rule.segment, rule.intervals) for rule in explanation.rules] == [
        (0, {0: Interval(None, 2)}),
        (1, {0: Interval(2, None), 1: Interval(None, 1)}),
        (2, {0: Interval(2, None), 1: Interval(1, None)}),
    ]
    assert [rule.training_customers for rule in explanation.rules] == [20, 20, 22]
    assert explanation.rules[2].training_precision == pytest.approx(17 / 22)
    assert explanation.fidelity == pytest.approx(57 / 62)


def test_every_segment_has_one_leaf_where_no_more_is_needed() -> None:
    middles = [[0, 0], [0, 9], [9, 0], [9, 9], [18, 0], [18, 9]]
    matrix, labels = make_blobs(600, centers=middles, random_state=3)
    explanation = explain(
        matrix, matrix, labels, centers_of(matrix, labels), maximum_leaves=20
    )
    assert sorted(rule.segment for rule in explanation.rules) == [0, 1, 2, 3, 4, 5]
    assert explanation.fidelity == 1
    assert explanation.cost_ratio == pytest.approx(1)


def test_centers_that_agree_share_a_leaf_until_more_are_added() -> None:
    """A ring around a disc: both have their center in the middle."""
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    ring = 5 * np.column_stack([np.cos(angles), np.sin(angles)])
    matrix = np.vstack([ring, ring / 10])
    labels = np.repeat([0, 1], 400)
    centers = np.zeros((2, 2))
    [rule] = explain(matrix, matrix, labels, centers, maximum_leaves=1).rules
    assert (rule.segment, rule.intervals) == (0, {})
    grown = explain(matrix, matrix, labels, centers, maximum_leaves=16)
    assert grown.fidelity >= 0.9
    assert_array_equal(
        (explained_labels(grown, matrix) == labels).mean(), grown.fidelity
    )


# ---------------------------------------------------------------- more leaves


def test_leaves_are_added_until_the_rules_are_true_enough(
    moons: tuple[Matrix, Labels],
) -> None:
    matrix, labels = moons
    centers = centers_of(matrix, labels)
    fidelities = [
        explain(matrix, matrix, labels, centers, maximum_leaves=number).fidelity
        for number in range(2, 17)
    ]
    assert fidelities[0] < 0.9
    assert fidelities == sorted(fidelities)
    assert fidelities[-1] >= 0.9
    # No leaf more than it takes.
    enough = explain(matrix, matrix, labels, centers, maximum_leaves=1000)
    assert len(enough.rules) == 2 + int(np.argmax(np.array(fidelities) >= 0.9))
    is_right = explained_labels(enough, matrix) == labels
    assert enough.fidelity == is_right.mean()


def test_the_first_leaf_added_is_the_best_there_is(
    moons: tuple[Matrix, Labels],
) -> None:
    """Compared with every way to split one of the two leaves."""
    matrix, labels = moons
    centers = centers_of(matrix, labels)
    two = explain(matrix, matrix, labels, centers, maximum_leaves=2)
    three = explain(matrix, matrix, labels, centers, maximum_leaves=3)
    best = 0
    for rule in two.rules:
        is_covered = covered(rule, matrix)
        elsewhere = sum(
            round(other.training_customers * (other.training_precision or 0))
            for other in two.rules
            if other is not rule
        )
        for feature in range(2):
            values = matrix[is_covered, feature]
            for threshold in values:
                sides = [labels[is_covered][values <= threshold]]
                sides.append(labels[is_covered][values > threshold])
                right = sum(np.bincount(side).max() for side in sides if side.size)
                best = max(best, elsewhere + right)
    assert round(three.fidelity * len(matrix)) == best


def test_leaves_that_gain_nothing_are_not_added() -> None:
    """Two segments that no cut tells apart at all."""
    matrix = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
    labels = np.array([0, 0, 1, 1])
    explanation = explain(
        matrix, matrix, labels, centers_of(matrix, labels), maximum_leaves=16
    )
    assert len(explanation.rules) == 1
    assert explanation.fidelity == 0.5


# ---------------------------------------------------------------- noise


def test_noise_is_covered_and_counts_nowhere(moons: tuple[Matrix, Labels]) -> None:
    matrix, labels = moons
    random = np.random.default_rng(1)
    everywhere = random.uniform(-3, 3, size=(200, 2))
    all_rows = np.vstack([matrix, everywhere])
    all_labels = np.concatenate([labels, np.full(200, NOISE)])
    explanation = explain(
        all_rows, all_rows, all_labels, centers_of(matrix, labels), maximum_leaves=16
    )
    explained = explained_labels(explanation, all_rows)
    assert explanation.fidelity == (explained[:1500] == labels).mean()
    assert sum(rule.training_customers for rule in explanation.rules) == 1500
    assert explanation.cost_ratio == cost_ratio(matrix, labels, explained[:1500])
    assert {rule.segment for rule in explanation.rules} == {0, 1}


def test_nobody_in_a_segment_is_refused() -> None:
    matrix = np.zeros((3, 1))
    with pytest.raises(ValueError, match="None of the 3 customers has a segment"):
        explain(matrix, matrix, np.full(3, NOISE), np.zeros((1, 1)), maximum_leaves=2)


@pytest.mark.parametrize(
    ("values", "labels"),
    [(np.zeros((3, 2)), np.zeros(4)), (np.zeros((3, 1)), np.zeros(3))],
)
def test_shapes_that_disagree_are_refused(values: Matrix, labels: Matrix) -> None:
    with pytest.raises(ValueError, match=r"scaled features have shape \(3, 2\)"):
        explain(
            np.zeros((3, 2)),
            values,
            labels.astype(np.int64),
            np.zeros((1, 2)),
            maximum_leaves=2,
        )


# ---------------------------------------------------------------- original units

SETTINGS = [
    FeatureSetting("days", impute="median", transform="log1p"),
    FeatureSetting("spend", impute="zero", cap_quantile=0.9, transform="log1p"),
    FeatureSetting("rating", impute="mean", scale="minmax", weight=3),
]


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    """Customers with whole days, spend below zero and above its cap, and gaps."""
    random = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "days": random.lognormal(4, 1, 800).round(),
            "spend": (random.lognormal(4, 2, 800) - 20).round(4),
            "rating": random.integers(1, 6, 800).astype(float),
        }
    )
    frame.loc[random.choice(800, 90, replace=False), "days"] = np.nan
    frame.loc[random.choice(800, 150, replace=False), "rating"] = np.nan
    return frame


def test_predicates_divide_the_training_customers_as_the_tree_does(
    customers: pd.DataFrame,
) -> None:
    """Executed as SQL on the raw, missing and uncapped values of the customers."""
    parameters = fit_preprocessing(customers, SETTINGS)
    matrix = transform_features(customers, parameters)
    values = original_values(customers, parameters)
    clustering = fit_kmeans(matrix, 5, random_state=0)
    explanation = explain(
        matrix, values, clustering.labels, clustering.centers, maximum_leaves=12
    )
    assert len(explanation.rules) >= 5
    names = [setting.name for setting in SETTINGS]
    impute_values = [parameter.impute_value for parameter in parameters]
    predicates = [
        predicate_of(rule, names, impute_values) for rule in explanation.rules
    ]
    with duckdb.connect() as connection:
        connection.register("customers", customers)
        coverage = connection.execute(
            f"select {', '.join(predicates)} from customers"
        ).df()
    assert_array_equal(coverage.sum(axis=1), 1)
    explained = np.array([rule.segment for rule in explanation.rules])[
        coverage.to_numpy().argmax(axis=1)
    ]
    assert_array_equal(explained, explained_labels(explanation, values))
    assert (explained == clustering.labels).mean() == explanation.fidelity


def test_a_bound_lies_below_the_cap() -> None:
    """Above its cap, which is 180.1, all spend is the same to the model."""
    frame = pd.DataFrame({"spend": [*range(90), *[1000] * 10]}).astype(float)
    [parameter] = fit_preprocessing(frame, [FeatureSetting("spend", cap_quantile=0.9)])
    assert parameter.cap_upper == pytest.approx(180.1)
    labels = np.repeat([0, 1], [90, 10])
    matrix = transform_features(frame, [parameter])
    explanation = explain(
        matrix,
        original_values(frame, [parameter]),
        labels,
        centers_of(matrix, labels),
        maximum_leaves=2,
    )
    assert explanation.rules[0].intervals == {0: Interval(None, 100)}
    assert explanation.fidelity == 1


@pytest.mark.parametrize("strays", [0, 1])
def test_bounds_along_a_path_are_merged(strays: int) -> None:
    """Five groups on a line: each leaf has one interval whatever cuts lead to it.

    Without strays the lowest cut is made first. With some of the second group where the
    first is, fewer of the third where the second is, and so on, it is the highest.
    """
    values = [10.0, 20.0, 30.0, 40.0, 50.0, *[10.0, 20.0, 30.0]]
    sizes = [7, 7, 7, 7, 7, *[3 * strays, 2 * strays, strays]]
    matrix = np.repeat(values, sizes).reshape(-1, 1)
    labels = np.repeat([0, 1, 2, 3, 4, 1, 2, 3], sizes)
    centers = np.array([[10.0], [20.0], [30.0], [40.0], [50.0]])
    explanation = explain(matrix, matrix, labels, centers, maximum_leaves=5)
    assert [(rule.segment, rule.intervals) for rule in explanation.rules] == [
        (0, {0: Interval(None, 15)}),
        (1, {0: Interval(15, 25)}),
        (2, {0: Interval(25, 35)}),
        (3, {0: Interval(35, 45)}),
        (4, {0: Interval(45, None)}),
    ]


def test_rules_cover_every_possible_customer_once(
    moons: tuple[Matrix, Labels],
) -> None:
    matrix, labels = moons
    explanation = explain(
        matrix, matrix, labels, centers_of(matrix, labels), maximum_leaves=16
    )
    anywhere = np.random.default_rng(2).uniform(-9, 9, size=(5000, 2))
    bounds = {
        bound
        for rule in explanation.rules
        for interval in rule.intervals.values()
        for bound in (interval.lower, interval.upper)
        if bound is not None
    }
    on_a_bound = np.array([[first, second] for first in bounds for second in bounds])
    explained_labels(explanation, np.vstack([anywhere, on_a_bound]))


def test_the_order_of_the_customers_changes_nothing(
    moons: tuple[Matrix, Labels],
) -> None:
    matrix, labels = moons
    centers = centers_of(matrix, labels)
    order = np.random.default_rng(3).permutation(len(matrix))
    first, second = (
        explain(matrix[rows], matrix[rows], labels[rows], centers, maximum_leaves=9)
        for rows in (np.arange(len(matrix)), order)
    )
    assert first.rules == second.rules
    assert first.fidelity == second.fidelity


# ---------------------------------------------------------------- readable numbers


@pytest.mark.parametrize(
    ("low", "high", "number"),
    [
        (45, 46, 45.5),
        (45.4, 45.56, 45.5),
        (40, 50, 45),
        (30, 50, 40),
        (12, 400, 200),
        (900, 1288, 1000),
        (99500, 100400, 100000),
        (0.2, 3, 2),
        (-3, 4, 0),
        (-46, -45, -45.5),
        (45.4837, 45.4838, 45.48375),
        (0, 1e-9, 5e-10),
    ],
)
def test_readable_numbers(low: float, high: float, number: float) -> None:
    assert readable_between(low, high) == number


def digits(number: float) -> int:
    """Digits of a number from the first to the last that is not zero."""
    return len(number_text(abs(number)).replace(".", "").strip("0")) or 1


def test_no_number_between_has_fewer_digits() -> None:
    """Compared with all numbers of one digit less, from hundreds to hundredths."""
    random = np.random.default_rng(6)
    for low in random.uniform(-200, 200, 300):
        high = low + random.lognormal(0, 2)
        number = readable_between(low, high)
        assert low < number < high
        largest = 10 ** (digits(number) - 1) - 1
        shorter = np.outer(np.arange(-largest, largest + 1), 10.0 ** np.arange(-3, 4))
        is_between = (low < shorter) & (shorter < high)
        assert not (is_between & (shorter != number)).any()


def test_neighbours_without_a_number_between_are_parted_at_the_lower() -> None:
    for low in (0.1, 1.0, 45.4, -2.7, 1e9):
        assert readable_between(low, float(np.nextafter(low, np.inf))) == low


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (45.5, "45.5"),
        (120.0, "120"),
        (1e16, "10000000000000000"),
        (5e-10, "0.0000000005"),
        (-0.0, "0"),
        (-12.25, "-12.25"),
        (0.1 + 0.2, "0.30000000000000004"),
    ],
)
def test_numbers_are_written_in_full(number: float, text: str) -> None:
    assert number_text(number) == text
    assert float(text) == number


@pytest.mark.parametrize(
    ("intervals", "impute_values", "predicate"),
    [
        (
            {0: Interval(45.5, None), 2: Interval(1, 3)},
            [120, None, None],
            "coalesce(days, 120) > 45.5 and rating > 1 and rating <= 3",
        ),
        (
            {1: Interval(None, 0.25), 2: Interval(None, 4)},
            [120, None, 3.75],
            "spend <= 0.25 and coalesce(rating, 3.75) <= 4",
        ),
        ({}, [None, None, None], "true"),
    ],
)
def test_predicates(
    intervals: dict[int, Interval],
    impute_values: Sequence[float | None],
    predicate: str,
) -> None:
    rule = Rule(0, intervals, 1, 1.0)
    assert predicate_of(rule, ["days", "spend", "rating"], impute_values) == predicate
