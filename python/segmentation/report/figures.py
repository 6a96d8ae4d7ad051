"""What a page is made of, and how all of its charts look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from textwrap import wrap
from typing import Any

import altair as alt
import pandas as pd

from segmentation.report.published import Published

Chart = alt.TopLevelMixin

# Colour-blind people can tell them apart (Okabe and Ito 2008); their yellow is left
# out, which nobody sees on white. Customers who never bought are grey.
PALETTE = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#8C6BB1",
    "#A6761D",
)
GREY = "#8A8A8A"
LOW, MIDDLE, HIGH = "#E08214", "#F2F0EB", "#2166AC"
HIDDEN = "hidden"
# A diagram is not drawn of more segments, lines or rows than a person can tell apart.
MOST_BARS = 30

# Text has the colour of the page around it, in the light, in the dark and on paper.
CONFIG: Mapping[str, Any] = {
    "background": None,
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "titleFontWeight": "normal",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "labelLimit": 175,
        "labelBound": True,
        "domainColor": "currentColor",
        "domainOpacity": 0.4,
        "tickColor": "currentColor",
        "tickOpacity": 0.4,
        "gridColor": "currentColor",
        "gridOpacity": 0.12,
    },
    "legend": {
        "labelColor": "currentColor",
        "titleColor": "currentColor",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "orient": "top",
    },
    "title": {
        "color": "currentColor",
        "anchor": "start",
        "fontSize": 13,
        "fontWeight": "bold",
    },
    "text": {"color": "currentColor", "fontSize": 12},
    "rule": {"color": "currentColor"},
}


@dataclass(frozen=True)
class Figure:
    """Something to see on a page.

    Attributes
    ----------
    title
        What it is.
    see
        One sentence that says what to see.
    tables
        The published tables that it is made of.
    count
        Of how many customers or records it is.
    rows
        All that the charts show, as the page lists it below them.
    charts
        The charts; none where a table says it better.
    legend
        The colours of what the charts show, by its name.
    missing
        What a null of `rows` means.
    """

    title: str
    see: str
    tables: Sequence[str]
    count: str
    rows: pd.DataFrame
    charts: Sequence[Chart] = ()
    legend: Mapping[str, str] = field(default_factory=dict)
    missing: str = HIDDEN

    @classmethod
    def empty(cls, title: str, tables: Sequence[str], why: str) -> Figure:
        """Return a figure that says why there is nothing to see."""
        return cls(title, why, tables, "n = 0", pd.DataFrame())


@dataclass(frozen=True)
class Measure:
    """A measure on a card: its name, estimate, interval and change, in words."""

    name: str
    estimate: str
    interval: str
    change: str
    change_in_words: str
    value: float | None
    measured: str


@dataclass(frozen=True)
class Card:
    """A segment at a glance."""

    segment_id: int
    name: str
    color: str
    customers: str
    share: str
    sentence: str
    measures: Sequence[Measure]
    advice: Sequence[str]


@dataclass(frozen=True)
class Page:
    """A page of the report."""

    anchor: str
    title: str
    question: str
    figures: Sequence[Figure]
    cards: Sequence[Card] = ()


SEGMENTS = """
select segment_id, segment_name, customers, customer_share
from segments
where is_in_use and segmentation_name = 'default'
order by segment_id
"""


# Below it a count of customers that is made here is hidden, as the build that published
# hid what it made.
LEAST_CELL = """
select max_by(minimum_cell_size, started_at) as least from builds
"""


def least_cell(published: Published) -> int:
    """Return the var minimum_cell_size of the build that published the file."""
    [row] = published.rows(LEAST_CELL)
    return int(row["least"])


def colors_of(published: Published) -> dict[str, str]:
    """Give each segment in use, by name, the colour that it has in all charts."""
    others = cycle(PALETTE)
    return {
        segment["segment_name"]: GREY if segment["segment_id"] == 0 else next(others)
        for segment in published.rows(SEGMENTS)
    }


def legend_of(colors: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Return the colours of those segments that a chart shows."""
    shown = set(names)
    return {name: color for name, color in colors.items() if name in shown}


def segment_color(colors: Mapping[str, str], field: str = "segment_name") -> alt.Color:
    """Color marks by segment; the page has the legend."""
    return alt.Color(
        f"{field}:N",
        scale=alt.Scale(domain=list(colors), range=list(colors.values())),
        legend=None,
    )


def count_of(number: float | None, what: str = "customers") -> str:
    """State n."""
    return f"n = {whole(number)} {what}"


def whole(number: float | None) -> str:
    """Write a count; one that is not shown is hidden."""
    return HIDDEN if is_null(number) or number is None else f"{int(number):,}"


def percent(share: float | None, digits: int = 0) -> str:
    """Write a share of [0, 1]; one that is not shown is hidden."""
    return HIDDEN if is_null(share) else f"{share:.{digits}%}".replace("%", " %")


def amount(number: float | None) -> str:
    """Write a number with three digits that count; one that is not shown is hidden."""
    if is_null(number) or number is None:
        return HIDDEN
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"


def is_null(value: Any) -> bool:
    """Whether a cell of a frame has no value."""
    return bool(pd.isna(value))


def dots(
    rows: pd.DataFrame,
    y: str,
    estimate: tuple[str, str, str],
    *,
    title: str,
    color: alt.Color | None = None,
    reference: float | None = None,
    label_format: str = ",.2~f",
) -> Chart:
    """Draw estimates as dots with their intervals, one row each.

    Parameters
    ----------
    rows
        One row for each value of column `y`, in the order of the chart.
    estimate
        Columns with the estimate and the bounds of its interval; where there is no
        estimate the row says that it is hidden.
    title
        Of the axis of estimates.
    reference
        Where to draw a line to compare with.
    """
    x, low, high = estimate
    order = list(dict.fromkeys(rows[y]))
    shown = rows[rows[x].notna()]
    paint: dict[str, Any] = {"color": color or alt.value(PALETTE[0])}
    axis = alt.X(
        f"{low}:Q",
        title=wrap(title, 28),
        scale=alt.Scale(zero=reference == 0),
        axis=alt.Axis(format=label_format, tickCount=5),
    )
    # What stands behind a colon is the second line of a label.
    lines = alt.Axis(labelExpr="split(datum.label, ': ')")
    step = 36 if any(": " in name for name in order) else 26
    names = alt.Y(
        f"{y}:N", sort=order, title=None, scale=alt.Scale(domain=order), axis=lines
    )
    layers = [
        alt.Chart(shown)
        .mark_rule(strokeWidth=2)
        .encode(x=axis, x2=f"{high}:Q", y=names, **paint),
        alt.Chart(shown)
        .mark_point(filled=True, size=70, opacity=1)
        .encode(
            x=alt.X(f"{x}:Q"),
            y=names,
            tooltip=[
                y,
                *(alt.Tooltip(f"{column}:Q", format=",.4~g") for column in estimate),
            ],
            **paint,
        ),
        hidden_text(rows[rows[x].isna()], names),
    ]
    if reference is not None:
        line = pd.DataFrame({"reference": [reference]})
        layers.append(
            alt.Chart(line)
            .mark_rule(strokeDash=[4, 3], opacity=0.6)
            .encode(x="reference:Q")
        )
    drawn: Chart = alt.layer(*layers).properties(
        width="container", height=max(step * len(order), 60)
    )
    return drawn


def hidden_text(rows: pd.DataFrame, y: alt.Y) -> alt.Chart:
    """Say in the place of an estimate that it is hidden."""
    drawn: alt.Chart = (
        alt.Chart(rows)
        .mark_text(align="left", fontStyle="italic", opacity=0.7)
        .encode(y=y, x=alt.value(4), text=alt.value(HIDDEN))
    )
    return drawn


def heat_map(
    rows: pd.DataFrame,
    *,
    x: str,
    y: str,
    value: str,
    text: str,
    scale: alt.Scale,
    limit: float,
    x_order: Sequence[str],
    y_order: Sequence[str],
    y_title: str | None = None,
    x_title: str | None = None,
) -> Chart:
    """Draw a number in each cell of a grid, and the colour that goes with it.

    Parameters
    ----------
    x, y
        Columns with the names of columns and rows of the grid.
    value, text
        Columns with the number behind the colour and with what the cell says.
    limit
        The largest number of the scale.
    """
    base = alt.Chart(rows).encode(
        x=alt.X(
            f"{x}:N",
            title=x_title,
            sort=list(x_order),
            axis=alt.Axis(
                labelAngle=0, labelFontSize=9, labelExpr="split(datum.label, ' ')"
            ),
        ),
        y=alt.Y(f"{y}:N", title=y_title, sort=list(y_order)),
        tooltip=[y, x, text],
    )
    shown = f"isValid(datum.{value})"
    dark = f"{shown} && datum.{value} > {0.6 * limit}"
    drawn: Chart = alt.layer(
        base.mark_rect(stroke=GREY, strokeOpacity=0.25, fillOpacity=0),
        base.transform_filter(shown)
        .mark_rect()
        .encode(color=alt.Color(f"{value}:Q", scale=scale, legend=None)),
        base.mark_text(fontSize=11).encode(
            text=f"{text}:N",
            color=alt.when(dark)
            .then(alt.value("#fff"))
            .when(shown)
            .then(alt.value("#111"))
            .otherwise(alt.value("currentColor")),
        ),
    ).properties(
        width="container" if len(x_order) <= 4 else alt.Step(76),
        height=max(28 * len(y_order), 80),
    )
    return drawn
