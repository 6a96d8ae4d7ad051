"""Names are true of the centre, short, and never two segments' alike."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from segmentation.naming import (
    TERM_COLUMNS,
    Deviation,
    SegmentCenters,
    SegmentNames,
    Term,
    assign,
    descriptive_candidates,
    deviations_of,
    given_candidates,
    name_versions,
    neutral_candidates,
    read_terms,
    true_terms,
    with_own_words,
)

SEED = Path(__file__).parents[2] / "seeds/settings/segment_name_terms.csv"
THREE = ["recency_days", "order_count", "total_spend"]
NEUTRAL = {
    ("recency_days", "low"): "high recency",
    ("recency_days", "high"): "low recency",
    ("order_count", "low"): "low frequency",
    ("order_count", "high"): "high frequency",
    ("total_spend", "low"): "low spend",
    ("total_spend", "high"): "high spend",
    ("age", "low"): "low age",
    ("age", "high"): "high age",
    ("income", "low"): "low income",
    ("income", "high"): "high income",
}


def term(feature_name: str, direction: str, adjective: str, **others: Any) -> Term:
    """A term without bounds, but for what is given."""
    aspects = {"order_count": "purchases", "total_spend": "purchases"}
    values = {
        "center_from": None,
        "center_to": None,
        "other_feature_name": None,
        "other_center_from": None,
        "other_center_to": None,
        "aspect": aspects.get(feature_name, feature_name),
        "noun": None,
        "is_relative": False,
        "neutral_term": NEUTRAL.get((feature_name, direction), ""),
    }
    return Term(feature_name, direction, adjective=adjective, **{**values, **others})


TERMS = [
    term("recency_days", "low", "recent", center_to=60),
    term("recency_days", "high", "quiet", center_from=60),
    term(
        "recency_days",
        "high",
        "lapsed",
        center_from=90,
        other_feature_name="order_count",
        other_center_from=0.75,
    ),
    term("order_count", "low", "never-buying", center_to=0.75, noun="non-buyers"),
    term(
        "order_count",
        "low",
        "one-time",
        center_from=0.75,
        center_to=1.4,
        noun="one-time buyers",
    ),
    term("order_count", "high", "frequent", center_from=3, noun="frequent buyers"),
    term("total_spend", "low", "low-spending", noun="small spenders"),
    term("total_spend", "high", "high-spending", noun="big spenders"),
    term("age", "low", "younger", is_relative=True),
    term("age", "high", "older", is_relative=True),
    term("income", "low", "lower-income", is_relative=True),
    term("income", "high", "higher-income", is_relative=True),
]


def apart(**features: tuple[float, float]) -> list[Deviation]:
    """Deviations by feature: the signed distance in scaled units, and the centre."""
    return [
        Deviation(
            name,
            number,
            None if distance == 0 else "low" if distance < 0 else "high",
            abs(distance),
            center,
        )
        for number, (name, (distance, center)) in enumerate(features.items())
    ]


def adjectives(deviations: Sequence[Deviation]) -> list[str]:
    """Adjectives of a segment, the one that tells most first."""
    return [found.adjective for _, found in true_terms(deviations, TERMS)]


def centers(
    scaled: Mapping[int, Sequence[float]],
    original: Mapping[int, Sequence[float]] | None = None,
    sizes: Sequence[float] | None = None,
    given_names: Mapping[int, str] | None = None,
    features: Sequence[str] = ("recency_days", "order_count"),
) -> SegmentCenters:
    """The segments of a version; centres are the same in both units unless given."""
    return SegmentCenters(
        segment_ids=list(scaled),
        feature_names=list(features),
        training_customers=np.array(sizes or [1.0] * len(scaled), dtype=float),
        scaled=np.array(list(scaled.values()), dtype=float),
        original=np.array(list((original or scaled).values()), dtype=float),
        given_names=given_names or {},
    )


# ---------------------------------------------------------------- deviations


def test_the_mean_is_that_of_the_customers() -> None:
    segments = centers({1: [0.5], 2: [2.5]}, sizes=[300, 100], features=["age"])
    [first], [second] = deviations_of(segments).values()
    assert (first.direction, first.distance) == ("low", 0.5)
    assert (second.direction, second.distance) == ("high", 1.5)


def test_a_direction_holds_on_both_scales() -> None:
    """Above the mean of logarithms and below that of the amounts there is none."""
    found = deviations_of(
        centers(
            {1: [-1.5], 2: [0.5], 3: [1]},
            {1: [0], 2: [200], 3: [1000]},
            features=["total_spend"],
        )
    )
    assert [of_segment[0].direction for of_segment in found.values()] == [
        "low",
        None,
        "high",
    ]


def test_segments_without_customers_or_a_centre_do_not_move_the_mean() -> None:
    found = deviations_of(
        centers(
            {1: [-1], 2: [1], 3: [9], 4: [np.nan]},
            sizes=[10, 10, 0, 5],
            features=["age"],
        )
    )
    assert found[1][0].distance == found[2][0].distance == 1
    assert found[3][0].distance == 9
    assert found[4] == []


def test_no_customers_at_all_are_no_deviations() -> None:
    assert deviations_of(centers({1: [1, 1]}, sizes=[0])) == {1: []}


# ---------------------------------------------------------------- true terms


@pytest.mark.parametrize(
    ("recency", "orders", "expected"),
    [
        # From a bound on, and below the other.
        ((1, 90), (-1, 0.75), ["lapsed", "one-time"]),
        ((1.5, 120), (-1.25, 0.74), ["quiet", "never-buying"]),
        ((1, 89), (-0.9, 1.39), ["quiet", "one-time"]),
        ((-2.5, 60), (2.49, 3), ["frequent"]),
        ((-2.5, 59), (2.49, 2.9), ["recent"]),
        ((1, 59), (-1, 1.4), []),
        # Under a quarter of a unit nothing is said.
        ((-0.25, 20), (-0.24, 1), ["recent"]),
        ((0, 20), (0, 1), []),
    ],
)
def test_terms_are_true_of_the_centre(
    recency: tuple[float, float], orders: tuple[float, float], expected: list[str]
) -> None:
    assert adjectives(apart(recency_days=recency, order_count=orders)) == expected


def test_a_condition_on_a_feature_that_the_model_lacks_does_not_hold() -> None:
    assert adjectives(apart(recency_days=(1, 300))) == ["quiet"]


def test_another_aspect_goes_before_unless_it_is_not_clear() -> None:
    deviations = apart(
        recency_days=(0.6, 70),
        order_count=(2, 5),
        total_spend=(1.5, 100),
        age=(0.4, 50),
    )
    assert adjectives(deviations) == ["frequent", "quiet", "high-spending", "older"]


def test_of_equally_far_features_the_first_speaks_first() -> None:
    assert adjectives(apart(total_spend=(1, 9), recency_days=(-1, 9))) == [
        "high-spending",
        "recent",
    ]


def test_a_name_compares_once_at_most() -> None:
    deviations = apart(age=(1, 50), income=(2, 9), total_spend=(3, 9))
    assert adjectives(deviations) == ["high-spending", "higher-income"]


def test_a_name_says_no_adjective_twice() -> None:
    """Recent orders and recent spend of nothing are the same to say."""
    terms = [
        term("trailing_order_count", "low", "inactive"),
        term("trailing_spend", "low", "inactive"),
    ]
    deviations = apart(trailing_spend=(-1, 0), trailing_order_count=(-2, 0))
    assert [found.feature_name for _, found in true_terms(deviations, terms)] == [
        "trailing_order_count"
    ]
    assert descriptive_candidates(deviations, terms) == ["Inactive customers"]


# ---------------------------------------------------------------- descriptive names


@pytest.mark.parametrize(
    ("deviations", "expected"),
    [
        # The first feature with a noun gives it, whichever tells most.
        (
            apart(recency_days=(-0.4, 5), order_count=(1, 5), total_spend=(2, 9)),
            [
                "High-spending frequent buyers",
                "Recent, high-spending frequent buyers",
                "Recent big spenders",
                "Recent frequent buyers",
                "Big spenders",
                "Frequent buyers",
                "Recent customers",
            ],
        ),
        # The second word needs a clear feature.
        (
            apart(recency_days=(1, 100), order_count=(-0.4, 1)),
            ["Lapsed customers", "Lapsed one-time buyers", "One-time buyers"],
        ),
        (apart(recency_days=(0.1, 100), order_count=(-1, 1)), ["One-time buyers"]),
        # A noun of one word would be a name of one word.
        (apart(order_count=(-1, 0)), ["Never-buying customers"]),
        # Nothing sets it apart.
        (apart(recency_days=(0.2, 70), order_count=(0, 2)), ["Typical customers"]),
        # What sets it apart has no word.
        (apart(recency_days=(1, 59)), []),
        ([], []),
    ],
)
def test_a_descriptive_name_is_adjectives_and_a_noun(
    deviations: list[Deviation], expected: list[str]
) -> None:
    assert descriptive_candidates(deviations, TERMS) == expected


def test_adjectives_alone_describe_customers() -> None:
    deviations = apart(recency_days=(-1, 5), age=(2, 50))
    assert descriptive_candidates(deviations, TERMS)[0] == "Recent, older customers"


def test_a_descriptive_name_has_five_words_at_most() -> None:
    terms = [
        term("recency_days", "low", "very very recent"),
        term("age", "high", "no longer young"),
        term("order_count", "high", "often buying"),
    ]
    deviations = apart(recency_days=(-3, 5), age=(2, 50), order_count=(1, 1))
    assert descriptive_candidates(deviations, terms) == [
        "Very very recent customers",
        "No longer young customers",
        "Often buying customers",
    ]


# ---------------------------------------------------------------- neutral names


def test_a_neutral_name_has_the_two_features_that_are_farthest_apart() -> None:
    deviations = apart(recency_days=(0.6, 70), order_count=(1, 5), total_spend=(2, 9))
    assert neutral_candidates(deviations, TERMS) == [
        "High-frequency, high-spend customers",
        "Low-recency, high-frequency, high-spend customers",
        "Low-recency, high-spend customers",
        "Low-recency, high-frequency customers",
        "High-spend customers",
        "High-frequency customers",
        "Low-recency customers",
        "High-frequency, very high-spend customers",
        "Low-recency, high-frequency, very high-spend customers",
        "Low-recency, very high-spend customers",
        "Very high-spend customers",
    ]


def test_a_neutral_name_has_five_words_at_most() -> None:
    features = ("recency_days", "order_count", "total_spend", "age", "income")
    deviations = apart(**dict.fromkeys(features, (0.4, 1)))
    names = neutral_candidates(deviations, TERMS)
    assert {len(name.split()) for name in names} == {2, 3, 4, 5}
    assert "Slightly low-recency, slightly high-frequency customers" in names


def test_a_feature_near_the_mean_is_said_only_where_names_collide() -> None:
    deviations = apart(
        recency_days=(0.1, 70), total_spend=(-1.5, 9), order_count=(0, 1)
    )
    assert neutral_candidates(deviations, TERMS)[:2] == [
        "Low-spend customers",
        "Low-recency, low-spend customers",
    ]
    assert "Slightly low-recency, very low-spend customers" in neutral_candidates(
        deviations, TERMS
    )


def test_a_segment_near_the_mean_in_every_feature_is_average() -> None:
    assert neutral_candidates(apart(age=(0.1, 9)), TERMS)[:2] == [
        "Average customers",
        "High-age customers",
    ]
    assert neutral_candidates([], TERMS) == ["Average customers"]
    no_side = [Deviation("age", 0, None, 0.4, 9)]
    assert neutral_candidates(no_side, TERMS) == ["Average customers"]


def test_no_hyphen_follows_an_adverb_and_a_degree_stands_behind_it() -> None:
    terms = [
        term("trailing_spend", "low", "inactive", neutral_term="recently low spend")
    ]
    deviations = apart(trailing_spend=(-2, 0))
    assert neutral_candidates(deviations, terms) == [
        "Recently low-spend customers",
        "Recently very low-spend customers",
    ]
    assert given_candidates("Lost", deviations, terms)[1:3] == [
        "Lost with recently low spend",
        "Lost with recently low spend",
    ]


def test_a_feature_without_a_term_is_called_by_its_name() -> None:
    assert neutral_candidates(apart(order_size=(-1, 9)), TERMS)[0] == (
        "Low-order-size customers"
    )


# ---------------------------------------------------------------- names of their own


def test_who_could_have_the_same_name_goes_on_to_the_next() -> None:
    names = assign(
        {
            1: ["Recent customers", "Recent, older customers"],
            2: ["Lapsed customers", "Lapsed one-time buyers"],
            # It cannot be told apart from the one before.
            3: ["Lapsed customers"],
            4: ["Big spenders", "Lapsed customers"],
            5: ["Small spenders"],
            6: ["frequent buyers"],
        },
        {"big spenders": 9, "frequent buyers": 6},
    )
    assert names == {
        1: "Recent customers",
        2: "Lapsed one-time buyers",
        5: "Small spenders",
        6: "frequent buyers",
    }


def test_what_a_segment_is_called_stays_its_own() -> None:
    names = assign({1: ["Champions"], 2: ["Champions", "Best"]}, {"champions": 1})
    assert names == {1: "Champions", 2: "Best"}


def test_an_id_keeps_its_names_wherever_its_centre_goes() -> None:
    first = centers({1: [-1, 5], 2: [100, 1]})
    second = centers({1: [100, 1], 2: [-1, 5], 3: [-2, 1]})
    named = name_versions({1: first, 2: second}, TERMS, {})
    assert named[1][1] == SegmentNames(
        "Recent frequent buyers", "High-recency, high-frequency customers"
    )
    assert {id_: named[2][id_] for id_ in (1, 2)} == named[1]
    again = name_versions({1: first, 2: second}, TERMS, {1: named[1]})
    assert again == {2: named[2]}
    assert name_versions({1: first, 2: second}, TERMS, named) == {}


def test_no_name_changes_because_of_an_id_that_came_later() -> None:
    """What an earlier segment is called a later one is not, and neither is renamed."""
    first = centers({1: [-1, 5], 2: [100, 1]})
    second = centers({1: [-1, 5], 3: [100, 1], 4: [-0.9, 5]})
    named = name_versions({1: first, 2: second}, TERMS, {})
    alone = name_versions({1: first}, TERMS, {})
    assert named[1] == alone[1]
    assert named[2][1] == named[1][1]
    names = [
        name
        for of_segment in {**named[1], **named[2]}.values()
        for name in {of_segment.descriptive, of_segment.neutral}
    ]
    assert len(set(names)) == len(names)


def test_two_ids_that_appear_together_are_both_told_apart() -> None:
    """Each would be Lapsed customers; spend hardly sets them apart."""
    named = name_versions(
        {
            1: centers(
                {1: [-9, 2, 1], 2: [100, 1, 0.7], 3: [100, 1, 1.35]},
                features=["recency_days", "order_count", "total_spend"],
                sizes=[10, 1, 1],
            )
        },
        [found for found in TERMS if found.feature_name != "order_count"],
        {},
    )[1]
    assert (named[2].descriptive, named[3].descriptive) == (
        "Lapsed small spenders",
        "Lapsed big spenders",
    )


def test_a_segment_without_words_has_its_neutral_name() -> None:
    named = name_versions({1: centers({1: [0, 2], 2: [0, 1]})}, [], {})[1]
    assert named[1] == SegmentNames(
        "High-order-count customers", "High-order-count customers"
    )


def test_segments_that_nothing_tells_apart_have_different_names_nevertheless() -> None:
    """And a number where there are more of them than names."""
    alike = {id_: [1] if id_ < 9 else [0] for id_ in range(1, 10)}
    named = name_versions({1: centers(alike, features=["age"])}, [], {})[1]
    assert [named[id_].neutral for id_ in (1, 2, 3)] == [
        "Average customers",
        "High-age customers",
        "Slightly high-age customers",
    ]
    assert named[4].neutral == "Segment 4"


def test_two_neutral_names_that_collide_get_one_more_feature() -> None:
    named = name_versions(
        {1: centers({1: [-9, 9, 1], 2: [-9, 9, -1], 3: [9, -9, 0]}, features=THREE)},
        TERMS,
        {},
    )[1]
    assert [named[id_].neutral for id_ in (1, 2, 3)] == [
        "High-recency, high-frequency, high-spend customers",
        "High-recency, high-frequency, low-spend customers",
        "Low-recency, low-frequency customers",
    ]


def test_a_name_with_and_without_hyphens_is_one_name() -> None:
    """Names that were stored before had none."""
    stored = {7: SegmentNames("Old", "High recency, high frequency customers")}
    named = name_versions({2: centers({8: [-1, 5], 9: [100, 1]})}, TERMS, {1: stored})[
        2
    ]
    assert named[8].neutral == "High-recency customers"


# ---------------------------------------------------------------- given names


def test_a_given_name_that_is_taken_says_what_sets_the_segment_apart() -> None:
    deviations = apart(recency_days=(0.6, 70), total_spend=(2, 9))
    assert given_candidates("Lost", deviations, TERMS)[:3] == [
        "Lost",
        "Lost with high spend",
        "Lost with low recency and high spend",
    ]


def test_given_names_are_kept_and_never_shared() -> None:
    """An id that had the name first keeps it; a later one is told apart for good."""
    versions = {
        1: centers({1: [-1, 5], 2: [100, 1]}, given_names={1: "Best", 2: "Lost"}),
        2: centers({1: [-1, 5], 3: [100, 1]}),
        3: centers({1: [-1, 5], 4: [100, 1]}, given_names={1: "Best", 4: "Lost"}),
        # The centre of the last goes elsewhere.
        4: centers({1: [100, 1], 4: [-1, 5]}, given_names={1: "Best", 4: "Lost"}),
        # Its name is another one's now, and then that of the first again.
        5: centers({1: [-1, 5], 4: [100, 1]}, given_names={1: "Top", 4: "Gone"}),
        6: centers({1: [-1, 5], 4: [100, 1]}, given_names={1: "Lost", 4: "Best"}),
    }
    named = name_versions(versions, TERMS, {})
    given = {
        number: [names.given for names in of_version.values()]
        for number, of_version in named.items()
    }
    assert given == {
        1: ["Best", "Lost"],
        2: [None, None],
        3: ["Best", "Lost with low recency"],
        4: ["Best", "Lost with low recency"],
        5: ["Top", "Gone"],
        6: ["Lost with high recency", "Best with low recency"],
    }


def test_a_given_name_is_no_other_segments_descriptive_one() -> None:
    first = name_versions({1: centers({1: [-1, 5], 2: [100, 1]})}, TERMS, {})[1]
    [name, _] = (names.descriptive for names in first.values())
    second = centers({3: [100, 1], 4: [-1, 5]}, given_names={3: name.lower(), 4: "B"})
    named = name_versions({2: second}, TERMS, {1: first})[2]
    assert named[3].given == "recent frequent buyers with low recency"
    assert named[4].given == "B"


def test_a_given_name_that_nothing_tells_apart_gives_way() -> None:
    everybody = {
        number: centers({number: [0, 1]}, given_names={number: "All customers"})
        for number in (1, 2)
    }
    named = name_versions(everybody, TERMS, {})
    assert named[1][1].given == "All customers"
    assert named[2][2].given == named[2][2].descriptive != named[1][1].descriptive


def test_the_name_of_segment_0_is_no_other_segments() -> None:
    """However a method writes it."""
    first = centers({1: [-1, 5]}, given_names={1: "no purchases on record"})
    named = name_versions({1: first}, TERMS, {})
    assert named[1][1].given != "no purchases on record"
    assert named[1][1].given is not None


# ---------------------------------------------------------------- the seed


@pytest.fixture(scope="module")
def seed() -> pd.DataFrame:
    """The vocabulary as it is delivered."""
    return pd.read_csv(SEED)


def test_the_seed_is_read(seed: pd.DataFrame) -> None:
    terms = read_terms(seed)
    assert len(terms) == len(seed)
    first = terms[0]
    assert (first.center_from, first.center_to, first.noun) == (None, 60, None)
    assert first.is_relative is False


def test_a_seed_without_a_column_or_with_another_direction_is_refused(
    seed: pd.DataFrame,
) -> None:
    with pytest.raises(ValueError, match=r"lacks the columns is_relative; expected"):
        read_terms(seed.drop(columns="is_relative"))
    with pytest.raises(ValueError, match=r"has the direction up; expected low or high"):
        read_terms(seed.assign(direction="up"))


def test_the_seed_has_no_word_that_compares_twice(seed: pd.DataFrame) -> None:
    for adjective in seed["adjective"]:
        assert not re.search(r"\b(less|more|least|most)\b", adjective)
    comparing = seed["adjective"].str.contains(r"(?<!nev)(?<!oth)(?<!gend)er\b")
    assert comparing.sum() == 6
    assert seed.loc[comparing, "is_relative"].all()


@pytest.mark.parametrize("n_segments", [2, 3, 6])
@pytest.mark.parametrize(
    "features",
    [
        THREE,
        [
            "trailing_spend",
            "trailing_order_count",
            "total_spend",
            "order_count",
            "average_order_value",
        ],
        [*THREE, "age", "income", "tenure_days", "satisfaction"],
    ],
)
def test_names_of_any_centres_are_unique_and_short(
    seed: pd.DataFrame, features: list[str], n_segments: int
) -> None:
    """Twenty first versions, and one after another."""
    terms = read_terms(seed)
    comparing = {term.adjective for term in terms if term.is_relative}
    random = np.random.default_rng(n_segments)
    first: dict[int, SegmentCenters] = {}
    for version in range(20):
        ids = range(1 + version * n_segments, 1 + (version + 1) * n_segments)
        scaled = random.normal(0, 1.2, (n_segments, len(features)))
        first[version] = centers(
            dict(zip(ids, scaled, strict=True)),
            dict(zip(ids, np.expm1(np.clip(scaled + 3, 0, None)), strict=True)),
            features=features,
        )
    for version, of_version in first.items():
        [named] = name_versions({version: of_version}, terms, {}).values()
        names = {name for of_segment in named.values() for name in of_segment.all()}
        assert_each_is_its_own(named)
        for name in names:
            assert 2 <= len(name.split()) <= 5, name
            assert not re.search(r"[\d()]", name), name
            words = name.lower().replace(",", "").split()
            assert sum(word in comparing for word in words) <= 1, name
    together = name_versions({number: first[number] for number in range(4)}, terms, {})
    assert_each_is_its_own(
        {id_: names for named in together.values() for id_, names in named.items()}
    )


def assert_each_is_its_own(named: Mapping[int, SegmentNames]) -> None:
    """No two segments share a name, however it is written."""
    owners: dict[str, int] = {}
    for segment_id, of_segment in named.items():
        for name in of_segment.all():
            spoken = name.lower().replace("-", " ")
            assert owners.setdefault(spoken, segment_id) == segment_id


def test_a_company_has_words_for_features_of_its_own() -> None:
    table = pd.DataFrame([("spend", "high")], columns=["feature_name", "direction"])
    table = table.reindex(columns=[*TERM_COLUMNS, "claim"])
    features = [
        {"name": "keenness", "kind": "number", "words": {"low": "tepid"}},
        {"name": "brand_score", "kind": "number"},
        {"name": "region", "kind": "category", "categories": {"north": "northern"}},
    ]
    own = with_own_words(table, features).iloc[1:]
    words = ["feature_name", "direction", "adjective", "neutral_term"]
    assert own[words].to_numpy().tolist() == [
        ["keenness", "low", "tepid", "low keenness"],
        ["keenness", "high", "higher-keenness", "high keenness"],
        ["brand_score", "low", "lower-brand-score", "low brand score"],
        ["brand_score", "high", "higher-brand-score", "high brand score"],
        ["region_is_north", "low", "seldom northern", "low northern-share"],
        ["region_is_north", "high", "mostly northern", "high northern-share"],
        ["region_is_other", "low", "seldom other-region", "low other-region-share"],
        ["region_is_other", "high", "mostly other-region", "high other-region-share"],
    ]
    # A word of the company's own compares nothing.
    assert own["is_relative"].tolist() == [False, True, True, True, *[False] * 4]
    assert with_own_words(table, []) is table


@pytest.mark.parametrize(
    ("share", "names"),
    [
        (0.6, ["Mostly northern customers"]),
        # It is more than among all customers, but not most of the segment.
        (0.4, []),
    ],
)
def test_a_category_is_said_of_a_segment_that_mostly_is_of_it(
    share: float, names: list[str]
) -> None:
    region = {"name": "region", "kind": "category", "categories": {"north": "northern"}}
    table = pd.DataFrame([], columns=[*TERM_COLUMNS, "claim"])
    terms = read_terms(with_own_words(table, [region]))
    deviations = apart(region_is_north=(1, share))
    assert descriptive_candidates(deviations, terms) == names
