"""A flow is as thick as its customers, and hides what is hidden in one band."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

pytest.importorskip("altair", reason="make .venv/.report installs what draws charts")

from segmentation.report.movement import (
    FLOW_HEIGHT,
    LINE_HEIGHT,
    bands_of,
    ends_of,
    ribbons,
    stacked,
)

ORDER = ["A", "B", "new", "lost"]


def way(left: str, right: str, customers: int | None, hidden: bool) -> dict[str, Any]:
    return {
        "from_segment": left,
        "to_segment": right,
        "customers": customers,
        "is_suppressed": hidden,
    }


WAYS = [
    way("B", "A", 20, False),
    way("A", "A", 100, False),
    way("A", "B", 3, True),
    way("new", "B", 30, False),
    way("B", "lost", 4, True),
    way("B", "B", 50, False),
]


def test_bands_add_up_and_hidden_ways_are_one() -> None:
    bands = bands_of(WAYS, ORDER)
    assert [(band["from_segment"], band["to_segment"]) for band in bands] == [
        ("A", "A"),
        ("B", "A"),
        ("B", "B"),
        ("new", "B"),
        ("hidden", "hidden"),
    ]
    assert sum(band["customers"] for band in bands) == 207
    assert bands[-1]["customers"] == 7


def test_where_hidden_numbers_are_null_there_is_no_band_of_them() -> None:
    bands = bands_of([way("A", "A", 9, False), way("A", "B", None, True)], ORDER)
    assert [band["customers"] for band in bands] == [9]


def test_a_band_is_as_thick_as_its_customers_everywhere() -> None:
    drawn = ribbons(bands_of(WAYS, ORDER))
    assert np.allclose(drawn.bottom - drawn.top, drawn.customers)
    assert set(drawn.groupby("band").place.min()) == {0.0}
    assert set(drawn.groupby("band").place.max()) == {1.0}


@pytest.mark.parametrize("side", ["from_segment", "to_segment"])
def test_bands_do_not_overlap_on_either_side(side: str) -> None:
    edges = sorted(stacked(bands_of(WAYS, ORDER), side))
    assert all(above[1] <= below[0] for above, below in pairwise(edges))


def test_names_of_thin_bands_stand_below_each_other() -> None:
    names = ["Low activity small spenders", "Seldom seen", "C"]
    bands = bands_of([way(name, name, 1, False) for name in names], names)
    bands += bands_of([way("Most", "Most", 200, False)], ["Most"])
    ends = ends_of(bands)
    height = max(bottom for _, bottom in stacked(bands, "to_segment"))
    line = height * LINE_HEIGHT / FLOW_HEIGHT
    for place in (0, 1):
        rows = ends[ends.place == place].sort_values("first_line")
        lines = rows.name.str.split().str.len()
        lowest = rows.first_line + (lines - 0.5) * line
        highest = rows.first_line - 0.5 * line
        assert (highest.to_numpy()[1:] >= lowest.to_numpy()[:-1] - 1e-9).all()
        assert lowest.max() <= ends.lowest.max() + 1e-9
