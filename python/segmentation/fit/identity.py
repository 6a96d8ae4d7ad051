"""Give the segments of a new version the ids of the segments that they continue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment


@dataclass(frozen=True)
class SegmentIdentity:
    """The id of a segment of a new version, and where it comes from.

    Attributes
    ----------
    segment_id
        The id; that of `matched_from_segment_id` if there is one.
    matched_from_segment_id
        The old segment that it continues; None for a segment that is new.
    match_similarity
        Jaccard similarity to that segment, for a new one to the most similar of all old
        segments, in [0, 1]; None where there was no old version.
    """

    segment_id: int
    matched_from_segment_id: int | None = None
    match_similarity: float | None = None


def first_identities(
    n_segments: int, highest_segment_id: int = 0
) -> list[SegmentIdentity]:
    """Ids for segments that have no old version to be matched with, in their order."""
    return [
        SegmentIdentity(highest_segment_id + number)
        for number in range(1, n_segments + 1)
    ]


def jaccard_similarities(
    old_labels: NDArray[np.int64],
    new_labels: NDArray[np.int64],
    n_old: int,
    n_new: int,
) -> NDArray[np.float64]:
    """Share of the customers in either segment who are in both, (n_old, n_new).

    Parameters
    ----------
    old_labels, new_labels
        Segment of each customer (customers,) in two segmentations of the same
        customers, as indices 0 to n_old - 1 and 0 to n_new - 1.
    n_old, n_new
        Numbers of segments; a segment may be empty. Two empty ones have similarity 0.

    Raises
    ------
    ValueError
        If the labels are not of the same number of customers.
    """
    if old_labels.shape != new_labels.shape:
        raise ValueError(
            f"There are {old_labels.size} old and {new_labels.size} new labels; "
            "expected one of each for every customer."
        )
    both = np.bincount(old_labels * n_new + new_labels, minlength=n_old * n_new)
    both = both.reshape(n_old, n_new)
    either = both.sum(axis=1, keepdims=True) + both.sum(axis=0, keepdims=True) - both
    similarities: NDArray[np.float64] = both / np.maximum(either, 1)
    return similarities


def match_segments(
    *,
    old_segment_ids: NDArray[np.int64],
    old_labels: NDArray[np.int64],
    new_labels: NDArray[np.int64],
    n_new: int,
    highest_segment_id: int,
    minimum_match_similarity: float,
    has_same_name: NDArray[np.bool_] | None = None,
) -> list[SegmentIdentity]:
    """Match the segments of a new version with those of an old one.

    The matches are the pairs with the greatest sum of Jaccard similarities (Kuhn 1955,
    by `scipy.optimize.linear_sum_assignment`). A pair less similar than
    `minimum_match_similarity` adds nothing to the sum and is no match, so two weak
    pairs never break up a strong one.

    Parameters
    ----------
    old_segment_ids
        Ids of the old version's segments (n_old,).
    old_labels
        Index into `old_segment_ids` of each customer's old segment (customers,): the
        customers of the new fit, scored with the old model.
    new_labels
        Segment of the same customers in the new version, 0 to n_new - 1 (customers,).
    n_new
        Number of new segments; new ids go to them in their order.
    highest_segment_id
        The highest id that any version ever had. New ids follow it, so an id is never
        used again.
    minimum_match_similarity
        Least Jaccard similarity of a match, in (0, 1].
    has_same_name
        Whether the method gave an old and a new segment the same name (n_old, n_new);
        None where it names none. Two such segments match where neither has a customer:
        only their name identifies them.

    Returns
    -------
    identities
        One for each new segment, in the order of the new labels.
    """
    similarities = jaccard_similarities(
        old_labels, new_labels, len(old_segment_ids), n_new
    )
    if has_same_name is not None:
        is_empty = np.isin(np.arange(len(old_segment_ids)), old_labels, invert=True)
        is_empty_too = np.isin(np.arange(n_new), new_labels, invert=True)
        similarities[has_same_name & np.outer(is_empty, is_empty_too)] = 1
    is_match = similarities >= minimum_match_similarity
    pairs = linear_sum_assignment(np.where(is_match, similarities, 0), maximize=True)
    matched = {
        int(new): int(old)
        for old, new in zip(*pairs, strict=True)
        if is_match[old, new]
    }

    identities = []
    next_id = highest_segment_id + 1
    for new in range(n_new):
        if new in matched:
            old_id = int(old_segment_ids[matched[new]])
            similarity = float(similarities[matched[new], new])
            identities.append(SegmentIdentity(old_id, old_id, similarity))
        else:
            most_similar = float(similarities[:, new].max())
            identities.append(SegmentIdentity(next_id, None, most_similar))
            next_id += 1
    return identities
