"""Draw how the time of each way grows with the number of customers.

    python benchmarks/growth.py

reads `growth.csv`, into which `run.py --record` writes what it measured, writes
`docs/growth.svg` and prints how many times as long each way took where there were so
many times as many customers. It needs what `make report` installs.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from statistics import median
from typing import Final

from measuring import BENCHMARKS, Measurement, markdown
from public_tables import replace_rows

MEASURED: Final = BENCHMARKS / "growth.csv"
PICTURE: Final = BENCHMARKS.parent / "docs" / "growth.svg"
COLUMNS: Final = ("customers", "way", "seconds", "processor_seconds", "peak_gigabytes")


def record(
    customers: int, ways: Mapping[str, Sequence[Measurement]], file: Path = MEASURED
) -> None:
    """Write down the medians of each way, in place of former ones of as many."""
    rows = [
        (
            way,
            round(median(run.seconds for run in runs), 1),
            round(median(run.processor_seconds for run in runs), 1),
            round(median(run.peak_bytes for run in runs) / 1e9, 2),
        )
        for way, runs in ways.items()
        if not any(run.exit_code for run in runs)
    ]
    replace_rows(file, COLUMNS, customers, rows)


def read(file: Path = MEASURED) -> dict[str, list[tuple[int, float]]]:
    """Return customers and seconds of each way, the fewest customers first."""
    with file.open(newline="") as lines:
        rows = sorted(
            (line["way"], int(line["customers"]), float(line["seconds"]))
            for line in csv.DictReader(lines)
        )
    return {
        way: [(customers, seconds) for _, customers, seconds in of_way]
        for way, of_way in groupby(rows, key=lambda row: row[0])
    }


def growth(measured: Mapping[str, list[tuple[int, float]]]) -> Iterator[list[str]]:
    """Yield a line for each way and two sizes that follow each other.

    It has the way, both numbers of customers, how many times as many there are, and how
    many times as long the way took.
    """
    for way, points in measured.items():
        for (fewer, before), (more, after) in pairwise(points):
            yield [
                way,
                f"{fewer:,}",
                f"{more:,}",
                f"{more / fewer:.1f}",
                f"{after / before:.1f}",
            ]


def picture(measured: Mapping[str, list[tuple[int, float]]]) -> str:
    """Return the lines of all ways, both axes logarithmic, as an SVG."""
    # Imported here: what measures does not need it.
    import vl_convert

    rows = [
        {"way": way, "customers": customers, "seconds": seconds}
        for way, points in measured.items()
        for customers, seconds in points
    ]
    sizes = {customers for points in measured.values() for customers, _ in points}
    axis = {"values": sorted(sizes), "format": "~s"}
    scale = {"type": "log", "nice": False}
    specification = {
        "data": {"values": rows},
        "width": 560,
        "height": 320,
        "encoding": {
            "x": {
                "field": "customers",
                "type": "quantitative",
                "scale": scale,
                "axis": axis,
            },
            "y": {"field": "seconds", "type": "quantitative", "scale": {"type": "log"}},
            "color": {"field": "way", "type": "nominal", "title": None},
        },
        "layer": [{"mark": "line"}, {"mark": {"type": "point", "filled": True}}],
    }
    return str(vl_convert.vegalite_to_svg(specification))


def main() -> None:
    """Run the command line."""
    measured = read()
    header = ["", "from", "to", "times the customers", "times the seconds"]
    print(markdown(header, list(growth(measured))))
    PICTURE.write_text(picture(measured), encoding="utf-8")


if __name__ == "__main__":
    main()
