"""A segment keeps its id as long as enough of its customers stay together."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from planted_features import features, logarithms
from sklearn.preprocessing import StandardScaler

from crm_sample import generate_sample
from segmentation.fit.clustering import fit_kmeans
from segmentation.fit.identity import (
    SegmentIdentity,
    first_identities,
    jaccard_similarities,
    match_segments,
)

OLD_IDS = np.array([1, 2, 5])


def labels(*sizes: int) -> np.ndarray:
    """Customers of segment 0, then of segment 1, and so on."""
    return np.repeat(np.arange(len(sizes)), sizes)


def identities_of(
    old_labels: np.ndarray,
    new_labels: np.ndarray,
    minimum: float,
    highest_segment_id: int = 5,
    old_ids: np.ndarray = OLD_IDS,
) -> list[SegmentIdentity]:
    """Ids of the new segments."""
    return match_segments(
        old_segment_ids=old_ids,
        old_labels=old_labels,
        new_labels=new_labels,
        n_new=int(new_labels.max()) + 1,
        highest_segment_id=highest_segment_id,
        minimum_match_similarity=minimum,
    )


def test_a_first_fit_numbers_from_one() -> None:
    assert [identity.segment_id for identity in first_identities(3)] == [1, 2, 3]
    assert first_identities(2, highest_segment_id=7) == [
        SegmentIdentity(8),
        SegmentIdentity(9),
    ]


def test_similarities_are_shares_of_the_union() -> None:
    similarities = jaccard_similarities(labels(4, 6), labels(2, 8), 2, 2)
    assert_allclose(similarities, [[2 / 4, 2 / 10], [0, 6 / 8]])


def test_an_empty_segment_is_similar_to_nothing() -> None:
    similarities = jaccard_similarities(labels(3, 0, 2), labels(3, 2, 0), 3, 3)
    assert_allclose(similarities, [[1, 0, 0], [0, 0, 0], [0, 1, 0]])


def test_labels_of_other_customers_are_refused() -> None:
    with pytest.raises(ValueError, match="10 old and 9 new labels; expected one of"):
        jaccard_similarities(labels(4, 6), labels(2, 7), 2, 2)


def test_ids_follow_the_customers_whatever_the_order() -> None:
    old = labels(20, 30, 50)
    new = np.array([2, 0, 1])[old]
    assert identities_of(old, new, 0.5) == [
        SegmentIdentity(2, 2, 1.0),
        SegmentIdentity(5, 5, 1.0),
        SegmentIdentity(1, 1, 1.0),
    ]


def test_a_segment_more_gets_an_id_that_no_version_ever_had() -> None:
    old = labels(20, 30, 50)
    new = labels(20, 30, 40, 10)
    identities = identities_of(old, new, 0.5, highest_segment_id=9)
    assert identities == [
        SegmentIdentity(1, 1, 1.0),
        SegmentIdentity(2, 2, 1.0),
        SegmentIdentity(5, 5, 0.8),
        SegmentIdentity(10, None, 0.2),
    ]


def test_a_segment_less_retires_its_id() -> None:
    identities = identities_of(labels(20, 10, 50), labels(30, 50), 0.5)
    assert [identity.segment_id for identity in identities] == [1, 5]
    assert identities[0].match_similarity == pytest.approx(2 / 3)


@pytest.mark.parametrize(("minimum", "segment_id"), [(0.5, 1), (0.500001, 6)])
def test_a_match_is_at_least_as_similar_as_the_minimum(
    minimum: float, segment_id: int
) -> None:
    """Half of segment 1 is the new segment 0; its other half joined segment 2."""
    old = labels(20, 80, 0)
    new = labels(10, 90)
    identities = identities_of(old, new, minimum)
    assert identities[0].segment_id == segment_id
    assert identities[0].match_similarity == 0.5
    assert identities[1] == SegmentIdentity(2, 2, 80 / 90)


def test_two_weak_pairs_do_not_part_a_strong_one() -> None:
    """Together 0 with 1 and 1 with 0, both weak, are more similar than 0 with 0."""
    old = np.array([0] * 60 + [1] * 20)
    new = np.array([0] * 36 + [1] * 24 + [0] * 20)
    similarities = jaccard_similarities(old, new, 2, 2)
    assert similarities[0, 0] < similarities[0, 1] + similarities[1, 0]
    identities = identities_of(old, new, 0.42, 2, np.array([1, 2]))
    assert identities == [SegmentIdentity(1, 1, 0.45), SegmentIdentity(3, None, 0.4)]


def test_the_pairing_is_the_best_of_all() -> None:
    """The most similar pair, 0 and 0, would leave both others without a partner."""
    old = np.array([0] * 50 + [1] * 20)
    new = np.array([0] * 30 + [1] * 20 + [0] * 20)
    similarities = jaccard_similarities(old, new, 2, 2)
    assert_allclose(similarities, [[3 / 7, 2 / 5], [2 / 5, 0]])
    assert identities_of(old, new, 0.1, 2, np.array([1, 2])) == [
        SegmentIdentity(2, 2, 2 / 5),
        SegmentIdentity(1, 1, 2 / 5),
    ]


def test_empty_segments_are_known_by_their_names() -> None:
    """Old segments 1 and 2 are empty, and so are new segments 0, 2 and 3."""
    identities = match_segments(
        old_segment_ids=OLD_IDS,
        old_labels=np.zeros(10, dtype=np.int64),
        new_labels=np.ones(10, dtype=np.int64),
        n_new=4,
        highest_segment_id=5,
        minimum_match_similarity=0.5,
        # The names of the first old segment and of the first new one are the same too,
        # but only one of the two is empty.
        has_same_name=np.array(
            [
                [True, False, False, False],
                [False, False, True, False],
                [False, False, False, False],
            ]
        ),
    )
    assert identities == [
        SegmentIdentity(6, None, 0),
        SegmentIdentity(1, 1, 1),
        SegmentIdentity(2, 2, 1),
        SegmentIdentity(7, None, 0),
    ]


def test_thirty_refits_agree_on_the_ids_of_the_sample() -> None:
    """With other seeds the same segments come in another order; ids undo that."""
    values = features(generate_sample().plant, "2025-10-03")
    matrix = StandardScaler().fit_transform(logarithms(values))
    first = fit_kmeans(matrix, 4, random_state=0).labels
    raw_agreements, agreements = [], []
    for random_state in range(1, 31):
        labels = fit_kmeans(matrix, 4, random_state).labels
        identities = identities_of(first, labels, 0.5, 4, np.array([1, 2, 3, 4]))
        ids = np.array([identity.segment_id for identity in identities])
        raw_agreements.append((labels == first).mean())
        agreements.append((ids[labels] == first + 1).mean())
    assert np.mean(raw_agreements) < 0.6
    assert min(agreements) >= 0.999
