"""Give the segments of a new version the ids of the segments that they continue."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.fit.fitting import Fit
from segmentation.fit.identity import (
    SegmentIdentity,
    first_identities,
    match_segments,
)
from segmentation.fit.preprocessing import transform_features
from segmentation.registry.read import given_names, read_preprocessing, read_scorer


def identify_segments(
    *,
    fit: Fit,
    order: NDArray[np.int64],
    training: pd.DataFrame,
    latest_version: pd.DataFrame,
    highest_segment_id: int,
    minimum_match_similarity: float,
) -> list[SegmentIdentity]:
    """Match new segments with those that the latest version gives the same customers.

    The training customers are scored with the preprocessing and the scorer that the
    latest version froze, whatever its features were: those of its own training date
    would be other customers, or the same ones at another age.

    Parameters
    ----------
    fit
        The new version.
    order
        Its segments in the order in which they get new ids (segments,).
    training, latest_version, highest_segment_id, minimum_match_similarity
        As for `fit_version` and `match_segments`.

    Returns
    -------
    identities
        One for each segment of the fit, in its own order.
    """
    if latest_version.empty:
        numbered = first_identities(len(order), highest_segment_id)
    else:
        parameters = read_preprocessing(latest_version)
        old_ids, old_scorer = read_scorer(
            latest_version, [parameter.setting.name for parameter in parameters]
        )
        rank = np.argsort(order)
        names = fit.partition.segment_names
        old_names = given_names(latest_version)
        numbered = match_segments(
            old_segment_ids=old_ids,
            old_labels=old_scorer.predict(transform_features(training, parameters)),
            new_labels=rank[fit.labels],
            n_new=len(order),
            highest_segment_id=highest_segment_id,
            minimum_match_similarity=minimum_match_similarity,
            has_same_name=None
            if not names
            else np.array(
                [
                    [old_names.get(old_id) == names[new] for new in order]
                    for old_id in old_ids
                ]
            ),
        )
    return [numbered[position] for position in np.argsort(order)]
