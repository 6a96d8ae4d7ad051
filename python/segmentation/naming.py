"""Name segments after what sets their centres apart.

A segment has a descriptive name in the words of a vocabulary, such as Lapsed one-time
buyers, and a neutral name of directions and features, such as Low-recency, high-spend
customers, for where the words of the other do not hold. A method can give it a name as
well. No two segments of any version share a name, and a name is never taken back: those
that came first keep theirs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# In scaled units: nearer to the mean a feature does not tell a segment apart.
LEAST_DEVIATION = 0.25
# From here on it does so well enough for a second word.
CLEAR_DEVIATION = 0.5
# From here on a feature is very high or very low, where that is said at all.
GREAT_DEVIATION = 1.5
MOST_WORDS = 5
# The name of segment 0, which is no segment of a fit. SQL gives it to customers.
NEVER_BUYERS = "No purchases on record"
# The digits of a centre that are the same on every machine.
DIGITS = 9

TERM_COLUMNS = (
    "feature_name",
    "direction",
    "center_from",
    "center_to",
    "other_feature_name",
    "other_center_from",
    "other_center_to",
    "aspect",
    "adjective",
    "noun",
    "is_relative",
    "neutral_term",
)


@dataclass(frozen=True)
class Term:
    """The words for one feature, direction and kind of centre.

    Attributes
    ----------
    feature_name, direction
        The feature, and on which side of the mean of all customers the centre must lie:
        `low` or `high`.
    center_from, center_to
        The words are true of a centre from the one (inclusive) to the other
        (exclusive), in the unit of the feature; None for no bound.
    other_feature_name, other_center_from, other_center_to
        Another feature whose centre must lie within bounds too; None for none.
    aspect
        What the feature is about.
    adjective, noun
        The words; not every term has a noun.
    is_relative
        Whether the words say nothing but a comparison with the other segments.
    neutral_term
        Direction and feature, such as `high spend`.
    """

    feature_name: str
    direction: str
    center_from: float | None
    center_to: float | None
    other_feature_name: str | None
    other_center_from: float | None
    other_center_to: float | None
    aspect: str
    adjective: str
    noun: str | None
    is_relative: bool
    neutral_term: str

    def is_true_of(self, deviations: Mapping[str, Deviation]) -> bool:
        """Whether the words are true of a centre, given by feature."""
        deviation = deviations.get(self.feature_name)
        if deviation is None or deviation.direction != self.direction:
            return False
        if not is_within(deviation.center, self.center_from, self.center_to):
            return False
        if self.other_feature_name is None:
            return True
        other = deviations.get(self.other_feature_name)
        return other is not None and is_within(
            other.center, self.other_center_from, self.other_center_to
        )

    @property
    def precision(self) -> tuple[float, float, bool, str]:
        """Sorts the term that says most of a centre to the end.

        It is the one with the highest lower bound; then that with the lowest upper one.
        """
        return (
            -np.inf if self.center_from is None else self.center_from,
            -np.inf if self.center_to is None else -self.center_to,
            self.other_feature_name is not None,
            self.adjective,
        )


@dataclass(frozen=True)
class Deviation:
    """How far the centre of a segment lies from the mean of all customers in a feature.

    Attributes
    ----------
    feature_name, feature_number
        The feature, and its place among those of the version.
    direction
        `low` or `high`; None where the centre is the mean, or lies on one side of it on
        the scale of the model and on the other in the unit of the feature, as it can on
        a scale of logarithms.
    distance
        Distance in scaled units, not negative.
    center
        The centre in the unit of the feature.
    """

    feature_name: str
    feature_number: int
    direction: str | None
    distance: float
    center: float


@dataclass(frozen=True)
class SegmentCenters:
    """The segments of one version.

    Attributes
    ----------
    segment_ids
        Their ids (segments,).
    feature_names
        The features of the version, in its order (features,).
    training_customers
        How many customers each segment had in the fit (segments,).
    scaled, original
        Their centres in the scaled units of the model and in those of the features
        (segments, features).
    given_names
        The names that the method gave, by segment id; empty for most methods.
    """

    segment_ids: Sequence[int]
    feature_names: Sequence[str]
    training_customers: NDArray[np.float64]
    scaled: NDArray[np.float64]
    original: NDArray[np.float64]
    given_names: Mapping[int, str]


@dataclass(frozen=True)
class SegmentNames:
    """What a segment can be called; each name is its own alone.

    Attributes
    ----------
    descriptive
        Name in the words of the vocabulary; the neutral one where no words are true of
        the segment or tell it apart.
    neutral
        Name by direction and feature, which claims nothing more.
    given
        The name that the method gave, with what sets the segment apart where another
        segment has had that name; None where it gave none.
    """

    descriptive: str
    neutral: str
    given: str | None = None

    def all(self) -> list[str]:
        """All names of the segment."""
        return [name for name in (self.descriptive, self.neutral, self.given) if name]


def is_within(value: float, lower: float | None, upper: float | None) -> bool:
    """Whether a value lies from a lower bound to below an upper one, if there are."""
    return (lower is None or value >= lower) and (upper is None or value < upper)


def read_terms(table: pd.DataFrame) -> list[Term]:
    """Read the vocabulary.

    Parameters
    ----------
    table
        One row per term, with the columns `TERM_COLUMNS`; a missing value is none.

    Raises
    ------
    ValueError
        If a column is missing, or a direction is neither `low` nor `high`.
    """
    missing = [name for name in TERM_COLUMNS if name not in table.columns]
    if missing:
        raise ValueError(
            f"The seed segment_name_terms lacks the columns {', '.join(missing)}; "
            f"expected {', '.join(TERM_COLUMNS)}."
        )
    directions = sorted(set(table["direction"].astype(str)) - {"low", "high"})
    if directions:
        raise ValueError(
            f"The seed segment_name_terms has the direction {directions[0]}; expected "
            "low or high."
        )
    rows = table[list(TERM_COLUMNS)].astype(object)
    rows = rows.where(rows.notna(), None)
    rows["is_relative"] = rows["is_relative"].map(bool)
    return [
        Term(**dict(zip(TERM_COLUMNS, row, strict=True)))
        for row in rows.itertuples(index=False)
    ]


def with_own_words(
    table: pd.DataFrame, features: Sequence[Mapping[str, Any]]
) -> pd.DataFrame:
    """Add the words that a company has for features of its own.

    A number without words is lower or higher; a category is said of a segment of which
    it is most customers, or hardly any, as gender is.

    Parameters
    ----------
    table
        One row per term, with the columns `TERM_COLUMNS`.
    features
        What var `custom_features` holds: of a number `words` for low and high, if it
        has any, of a category the word for those who are of each of its `categories`.
    """
    rows = [
        dict.fromkeys(TERM_COLUMNS) | {"aspect": feature["name"]} | term
        for feature in features
        for term in (
            _terms_of_number(feature["name"], feature.get("words", {}))
            if feature["kind"] == "number"
            else _terms_of_category(feature["name"], feature["categories"])
        )
    ]
    if not rows:
        return table
    own = pd.DataFrame(rows, columns=table.columns).astype(object)
    return pd.concat([table.astype(object), own], ignore_index=True)


def _terms_of_number(name: str, words: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "feature_name": name,
            "direction": direction,
            "adjective": words.get(
                direction, f"{comparative}-{name.replace('_', '-')}"
            ),
            "is_relative": direction not in words,
            "neutral_term": f"{direction} {name.replace('_', ' ')}",
        }
        for direction, comparative in (("low", "lower"), ("high", "higher"))
    ]


def _terms_of_category(name: str, words: Mapping[str, str]) -> list[dict[str, Any]]:
    other = {"other": f"other-{name.replace('_', '-')}"}
    return [
        {
            "feature_name": f"{name}_is_{category}",
            "direction": direction,
            "adjective": f"{how_many} {word}",
            "is_relative": False,
            "neutral_term": f"{direction} {word}-share",
            **bound,
        }
        for category, word in {**words, **other}.items()
        for direction, how_many, bound in (
            ("low", "seldom", {"center_to": 0.25}),
            ("high", "mostly", {"center_from": 0.5}),
        )
    ]


def deviations_of(segments: SegmentCenters) -> dict[int, list[Deviation]]:
    """How far each segment lies from the mean of all customers, by segment id.

    The mean is that of the centres, weighted with the customers of the fit; a segment
    without any, or without a centre, does not count.
    """
    is_counted = (segments.training_customers > 0) & np.isfinite(segments.scaled).all(
        axis=1
    )
    if not is_counted.any():
        return {segment_id: [] for segment_id in segments.segment_ids}
    weights = segments.training_customers[is_counted]
    from_mean, from_mean_original = (
        np.round(
            centers - np.average(centers[is_counted], axis=0, weights=weights), DIGITS
        )
        for centers in (segments.scaled, segments.original)
    )
    return {
        segment_id: [
            Deviation(
                feature_name=name,
                feature_number=number,
                direction={(-1, -1): "low", (1, 1): "high"}.get(
                    (
                        int(np.sign(from_mean[index, number])),
                        int(np.sign(from_mean_original[index, number])),
                    )
                ),
                distance=abs(float(from_mean[index, number])),
                center=round(float(segments.original[index, number]), DIGITS),
            )
            for number, name in enumerate(segments.feature_names)
        ]
        if np.isfinite(segments.scaled[index]).all()
        else []
        for index, segment_id in enumerate(segments.segment_ids)
    }


# ---------------------------------------------------------------- descriptive names


def true_terms(
    deviations: Sequence[Deviation], terms: Sequence[Term]
) -> list[tuple[Deviation, Term]]:
    """Terms that are true of a segment, the one that tells most of it first.

    Of each feature in which the segment lies at least a quarter of a scaled unit from
    the mean the narrowest term speaks. Features half a unit away come first, of these
    the farthest of each aspect: two features of one aspect say nearly the same. Of the
    terms that only compare the first stays, and of terms with the same adjective.
    """
    by_feature = {deviation.feature_name: deviation for deviation in deviations}
    true = []
    for deviation in sorted(deviations, key=by_distance):
        if deviation.distance < LEAST_DEVIATION:
            continue
        of_feature = [
            term
            for term in terms
            if term.feature_name == deviation.feature_name
            and term.is_true_of(by_feature)
        ]
        if of_feature:
            true.append((deviation, max(of_feature, key=lambda term: term.precision)))

    aspects: Counter[str] = Counter()
    ranks = {}
    for deviation, term in true:
        ranks[deviation.feature_name] = aspects[term.aspect]
        aspects[term.aspect] += 1
    true.sort(
        key=lambda pair: (
            pair[0].distance < CLEAR_DEVIATION,
            ranks[pair[0].feature_name],
            by_distance(pair[0]),
        )
    )
    relative = [pair for pair in true if pair[1].is_relative]
    first = {pair[1].adjective: pair for pair in reversed(true)}
    return [
        pair
        for pair in true
        if pair not in relative[1:] and pair is first[pair[1].adjective]
    ]


def by_distance(deviation: Deviation) -> tuple[float, int]:
    """Sort the feature in which a segment lies farthest from the mean to the front."""
    return -deviation.distance, deviation.feature_number


def compose(true: Sequence[tuple[Deviation, Term]]) -> str:
    """Put terms together as adjectives and one noun, in the order of the features.

    The first feature with a noun gives it, the others adjectives; without any noun they
    are customers, and so they are where the noun would stand alone.
    """
    terms = [term for _, term in sorted(true, key=lambda pair: pair[0].feature_number)]
    named = next((term for term in terms if term.noun), None)
    if named is not None:
        others = ", ".join(term.adjective for term in terms if term is not named)
        name = f"{others} {named.noun}".strip()
    if named is None or len(name.split()) == 1:
        name = f"{', '.join(term.adjective for term in terms)} customers"
    return capitalized(name)


def descriptive_candidates(
    deviations: Sequence[Deviation], terms: Sequence[Term]
) -> list[str]:
    """Descriptive names of a segment, the best first, of at most five words each.

    The first has the words of one feature, and of a second where that is clear; each
    further one those of one more feature; then come other combinations, and one feature
    alone. A segment of which no words are true, and that no feature sets clearly apart,
    is Typical customers.
    """
    true = true_terms(deviations, terms)
    if not true:
        is_apart = any(item.distance >= CLEAR_DEVIATION for item in deviations)
        return [] if is_apart or not deviations else ["Typical customers"]
    has_second = len(true) > 1 and true[1][0].distance >= CLEAR_DEVIATION
    counts = range(1 + has_second, min(len(true), MOST_WORDS) + 1)
    names = [
        *(compose(true[:count]) for count in counts),
        *(
            compose(chosen)
            for count in [*counts, 1]
            for chosen in combinations(true, count)
        ),
    ]
    return [name for name in dict.fromkeys(names) if len(name.split()) <= MOST_WORDS]


# ---------------------------------------------------------------- neutral names


def neutral_candidates(
    deviations: Sequence[Deviation], terms: Sequence[Term]
) -> list[str]:
    """Neutral names of a segment, the best first, of at most five words each.

    The first has the two features in which it lies farthest from the mean, each further
    one a feature more; then come other features, and then it is said how far each lies.
    A segment that lies near the mean in every feature, or on no one side of it, is
    Average customers.
    """
    is_average = all(
        item.distance < LEAST_DEVIATION or item.direction is None for item in deviations
    )
    adjectives = [
        ", ".join(map(hyphenated, phrases))
        for phrases in neutral_phrases(deviations, terms)
    ]
    names = [
        *(["Average customers"] if is_average else []),
        *(capitalized(f"{adjective} customers") for adjective in adjectives),
    ]
    return [name for name in dict.fromkeys(names) if len(name.split()) <= MOST_WORDS]


def neutral_phrases(
    deviations: Sequence[Deviation], terms: Sequence[Term]
) -> list[list[str]]:
    """Direction and feature, with a degree or without, of one feature or several."""
    neutral_terms = {
        (term.feature_name, term.direction): term.neutral_term for term in terms
    }
    apart = [item for item in sorted(deviations, key=by_distance) if item.direction]
    first = min(sum(item.distance >= LEAST_DEVIATION for item in apart), 2) or 1
    choices = [
        *(apart[:count] for count in range(first, len(apart) + 1)),
        *(
            list(others)
            for count in [*range(first, MOST_WORDS), 1]
            for others in combinations(apart[:MOST_WORDS], count)
        ),
    ]
    return [
        [
            with_degree(
                degree_of(item) if has_degree else "",
                neutral_terms.get((item.feature_name, str(item.direction)))
                or f"{item.direction} {item.feature_name.replace('_', ' ')}",
            )
            for item in sorted(chosen, key=lambda item: item.feature_number)
        ]
        for has_degree in (False, True)
        for chosen in choices
    ]


def degree_of(deviation: Deviation) -> str:
    """How far a centre lies from the mean, as a word before direction and feature."""
    if deviation.distance < CLEAR_DEVIATION:
        return "slightly "
    return "very " if deviation.distance >= GREAT_DEVIATION else ""


def with_degree(degree: str, term: str) -> str:
    """Put a degree before direction and feature: recently very high spend."""
    return re.sub(r"^(\w+ly )?", rf"\g<1>{degree}", term)


def hyphenated(phrase: str) -> str:
    """Write a phrase as an adjective; no hyphen follows an adverb."""
    return re.sub(r"(?<!ly)(?<!very) ", "-", phrase)


def spoken(name: str) -> str:
    """Write a name so that names that sound alike are the same."""
    return name.lower().replace("-", " ")


def capitalized(name: str) -> str:
    """Write the first letter of a name as a capital."""
    return name[:1].upper() + name[1:]


# ---------------------------------------------------------------- given names


def given_candidates(
    name: str, deviations: Sequence[Deviation], terms: Sequence[Term]
) -> list[str]:
    """Names by a method: the one it gave, then with what sets the segment apart."""
    apart = [item for item in sorted(deviations, key=by_distance) if item.direction]
    farthest = neutral_phrases(apart[:1], terms)[:1]
    return [
        name,
        *(
            f"{name} with {' and '.join(phrases)}"
            for phrases in [*farthest, *neutral_phrases(deviations, terms)]
        ),
    ]


def is_given(name: str | None, by_method: str) -> bool:
    """Whether a name is the one that a method gave, alone or with more."""
    return name is not None and (
        name == by_method or name.startswith(f"{by_method} with ")
    )


# ---------------------------------------------------------------- names of their own


def assign(
    candidates: Mapping[int, Sequence[str]], owners: Mapping[str, int]
) -> dict[int, str]:
    """Give each segment its best name that no other segment has or could have as well.

    Where several segments would get the same name none of them does, and all go on to
    their next ones; but what a segment is called already stays its own.

    Parameters
    ----------
    candidates
        Names of each segment, the best first, by segment id.
    owners
        Which segment has a name, by the name as it is spoken.

    Returns
    -------
    names
        By segment id; a segment whose names are all taken is left out.
    """
    names: dict[int, str] = {}
    waiting = {segment_id: list(rest) for segment_id, rest in candidates.items()}
    proposed: set[str] = set()
    while any(waiting.values()):
        proposals = {
            segment_id: rest.pop(0) for segment_id, rest in waiting.items() if rest
        }
        counts = Counter(spoken(name) for name in proposals.values())
        for segment_id, name in proposals.items():
            owner = owners.get(spoken(name))
            is_free = counts[spoken(name)] == 1 and spoken(name) not in proposed
            if owner == segment_id or (owner is None and is_free):
                names[segment_id] = name
                del waiting[segment_id]
        proposed.update(counts)
    return names


def name_segments(
    segments: SegmentCenters,
    terms: Sequence[Term],
    known: Mapping[int, SegmentNames],
    owners: Mapping[str, int],
) -> dict[int, SegmentNames]:
    """Name the segments of a version.

    Parameters
    ----------
    segments
        The segments.
    terms
        The vocabulary.
    known
        Names of the segments of other versions, by segment id. A segment that is known
        keeps its descriptive and its neutral name, wherever its centre has gone, and
        the given one as long as the method gives the same.
    owners
        Which segment has a name, or has had it, by the name as it is spoken.

    Returns
    -------
    names
        By segment id, for each of the segments. None of them is another segment's.
    """
    deviations = deviations_of(segments)
    new = [id_ for id_ in segments.segment_ids if id_ not in known]
    taken = dict(owners)

    def assigned(candidates: Mapping[int, Sequence[str]]) -> dict[int, str]:
        names = assign(candidates, taken)
        taken.update({spoken(name): id_ for id_, name in names.items()})
        return names

    def given_before(segment_id: int, by_method: str) -> list[str]:
        name = known[segment_id].given if segment_id in known else None
        return [str(name)] if is_given(name, by_method) else []

    given = assigned(
        {
            id_: given_before(id_, name)
            + given_candidates(name, deviations[id_], terms)
            for id_, name in segments.given_names.items()
        }
    )
    possible = {id_: neutral_candidates(deviations[id_], terms) for id_ in new}
    neutral = assigned(possible)
    # Those that have all names in common get different ones nevertheless.
    for id_ in new:
        neutral |= {} if id_ in neutral else assigned({id_: possible[id_]})
    neutral = {id_: neutral.get(id_, f"Segment {id_}") for id_ in new}
    words = assigned(
        {id_: descriptive_candidates(deviations[id_], terms) for id_ in new}
    )
    names = {
        id_: known.get(id_) or SegmentNames(words.get(id_, neutral[id_]), neutral[id_])
        for id_ in segments.segment_ids
    }
    return {
        id_: replace(
            of_segment,
            given=given.get(id_, of_segment.descriptive)
            if id_ in segments.given_names
            else None,
        )
        for id_, of_segment in names.items()
    }


def name_versions(
    versions: Mapping[int, SegmentCenters],
    terms: Sequence[Term],
    stored: Mapping[int, Mapping[int, SegmentNames]],
) -> dict[int, dict[int, SegmentNames]]:
    """Name the segments of all versions that have no names yet, the oldest first.

    Parameters
    ----------
    versions
        The segments of every version, by its number.
    terms
        The vocabulary.
    stored
        Names that are stored already, by version and segment id; they stay.

    Returns
    -------
    names
        By version and segment id, for the segments that had none; a version of which
        all had some is left out.
    """
    known: dict[int, SegmentNames] = {}
    owners = {spoken(NEVER_BUYERS): 0}

    def remember(names: Mapping[int, SegmentNames]) -> None:
        for segment_id, of_segment in names.items():
            first = known.get(segment_id, of_segment)
            known[segment_id] = replace(first, given=of_segment.given or first.given)
            for name in of_segment.all():
                owners.setdefault(spoken(name), segment_id)

    for version in sorted(stored):
        remember(stored[version])
    named = {}
    for version in sorted(versions):
        nameless = set(versions[version].segment_ids) - set(stored.get(version, {}))
        if nameless:
            names = name_segments(versions[version], terms, known, owners)
            remember(names)
            named[version] = {id_: names[id_] for id_ in sorted(nameless)}
    return named
