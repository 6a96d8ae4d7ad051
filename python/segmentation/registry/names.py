"""Name the segments of the versions in the registry."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from segmentation.naming import SegmentCenters, SegmentNames, name_versions, read_terms
from segmentation.registry.read import given_names
from segmentation.registry.write import SCHEMA
from segmentation.score.rows import Row

# How the names of a segment are stored.
NAME_PARAMETERS = {
    "descriptive_name": "descriptive",
    "neutral_name": "neutral",
    "distinct_given_name": "given",
}
# All that names are made of, and the names themselves.
NAMING_PARAMETERS = (
    "feature_number",
    "centroid",
    "centroid_original",
    "training_customers",
    "given_name",
    *NAME_PARAMETERS,
)


def with_names(
    appended: pa.Table,
    stored: pd.DataFrame,
    terms: pd.DataFrame,
    segmentation_name: str,
) -> pa.Table:
    """Add the names of segments to the rows to append.

    Those of the version that is appended, and of any that was stored without names by
    an earlier version of this project.

    Parameters
    ----------
    appended
        What `fit_version` returned.
    stored
        The rows of all versions of the segmentation in the registry whose parameter is
        one of `NAMING_PARAMETERS`; no rows where there is no version.
    terms
        The rows of the seed segment_name_terms.
    segmentation_name
        The segmentation that all these rows are of.

    Raises
    ------
    ValueError
        If the seed lacks a column or has an unknown direction.
    """
    frames = [rows for rows in (stored, appended.to_pandas()) if not rows.empty]
    if not frames:
        return appended
    rows = pd.concat(frames, ignore_index=True)
    rows = rows[rows["parameter"].isin(NAMING_PARAMETERS)]
    versions = dict(list(rows.groupby("segmentation_version")))
    named = name_versions(
        {number: read_centers(of_version) for number, of_version in versions.items()},
        read_terms(terms),
        {number: read_names(of_version) for number, of_version in versions.items()},
    )
    names = [
        {
            "segmentation_name": segmentation_name,
            "segmentation_version": number,
            **row,
        }
        for number, of_version in named.items()
        for row in name_rows(of_version)
    ]
    return pa.concat_tables([appended, pa.Table.from_pylist(names, schema=SCHEMA)])


def name_rows(names: Mapping[int, SegmentNames]) -> list[Row]:
    """Rows of the names of each segment, by its id."""
    return [
        {"segment_id": segment_id, "parameter": parameter, "text_value": name}
        for segment_id, of_segment in names.items()
        for parameter, attribute in NAME_PARAMETERS.items()
        if (name := getattr(of_segment, attribute)) is not None
    ]


def read_centers(rows: pd.DataFrame) -> SegmentCenters:
    """Segments of a version and their centres, by rising id."""
    numbers = rows[rows["parameter"] == "feature_number"].sort_values("number_value")
    customers = rows[rows["parameter"] == "training_customers"].sort_values(
        "segment_id"
    )
    segment_ids = customers["segment_id"].astype(int).tolist()
    feature_names = numbers["feature_name"].astype(str).tolist()
    scaled, original = (
        rows[rows["parameter"] == parameter]
        .pivot(index="segment_id", columns="feature_name", values="number_value")
        .reindex(index=segment_ids, columns=feature_names)
        .to_numpy(np.float64)
        for parameter in ("centroid", "centroid_original")
    )
    return SegmentCenters(
        segment_ids=segment_ids,
        feature_names=feature_names,
        training_customers=customers["number_value"].to_numpy(np.float64),
        scaled=scaled,
        original=original,
        given_names=given_names(rows),
    )


def read_names(rows: pd.DataFrame) -> dict[int, SegmentNames]:
    """Names that are stored of the segments of a version, by their ids."""
    named = rows[rows["parameter"].isin(list(NAME_PARAMETERS))]
    names: dict[int, dict[str, str]] = {}
    for row in named.to_dict("records"):
        of_segment = names.setdefault(int(row["segment_id"]), {})
        of_segment[NAME_PARAMETERS[row["parameter"]]] = row["text_value"]
    return {
        segment_id: SegmentNames(**of_segment)
        for segment_id, of_segment in names.items()
    }
