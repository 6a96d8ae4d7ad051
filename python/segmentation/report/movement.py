"""Page 4: how customers move between segments, and how they come back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from segmentation.report.figures import (
    HIDDEN,
    HIGH,
    MIDDLE,
    Chart,
    Figure,
    Page,
    colors_of,
    count_of,
    heat_map,
    least_cell,
    legend_of,
    percent,
    segment_color,
)
from segmentation.report.published import Published

# Who was no customer on the first date, or on the second.
NEW, LOST = "new", "lost"
DARK, LIGHT = "#555555", "#C4C4C4"
# Of a band: enough for a curve that looks smooth.
POINTS = 24
# Of the flow and of a line of a name beside it, in pixels.
FLOW_HEIGHT, LINE_HEIGHT = 460, 16
# Months since the first order that a person looks at.
MOST_MONTHS = 24

# Of the latest two dates with a whole window between them, if there are any.
MOVEMENTS = """
select
    coalesce(from_segment_name, 'new') as from_segment,
    coalesce(to_segment_name, 'lost') as to_segment,
    movement, customers, transition_rate,
    is_suppressed and customers < {least} as is_suppressed,
    strftime(from_observation_date, '%Y-%m-%d') as from_date,
    strftime(to_observation_date, '%Y-%m-%d') as to_date,
    days_between, is_complete_window
from segment_migrations
where segmentation_name = 'default'
qualify dense_rank() over (
    order by is_complete_window desc, to_observation_date desc
) = 1
order by from_segment_id nulls last, to_segment_id nulls last
"""
COHORTS = """
select
    segment_name, month_number, customers, active_customers, retention_rate,
    cumulative_value
from segment_cohorts
where segmentation_name = 'default' and is_all_cohorts and month_number <= {months}
order by segment_id, month_number
"""


def movement(published: Published) -> Page:
    """Make the page."""
    colors = colors_of(published)
    rows = published.frame(MOVEMENTS.format(least=least_cell(published)))
    return Page(
        "how-they-move",
        "How they move",
        "Who goes from which segment to which, and do they come back?",
        (
            transitions(rows, colors),
            flow(rows, colors),
            *cohorts(published, colors),
        ),
    )


def transitions(rows: pd.DataFrame, colors: Mapping[str, str]) -> Figure:
    """Show the share of each segment that went to each other one."""
    title = f"Where customers of each segment were {later(rows)}"
    tables = ("segment_migrations",)
    known = rows[rows.movement != "new"].copy()
    if known.empty:
        return Figure.empty(title, tables, "There is only one observation date yet.")
    known["share"] = known.transition_rate.where(~known.is_suppressed)
    known["text"] = [percent(share) for share in known.share]
    shown = known[~known.is_suppressed]
    stayed = shown.customers[shown.movement == "stayed"].sum()
    total = known.customers.sum()
    chart = heat_map(
        known[["from_segment", "to_segment", "share", "text"]],
        x="to_segment",
        y="from_segment",
        value="share",
        text="text",
        scale=alt.Scale(domain=[0, 1], range=[MIDDLE, HIGH], interpolate="rgb"),
        limit=1.0,
        x_order=[name for name in (*colors, LOST) if name in set(known.to_segment)],
        y_order=list(colors),
        x_title=f"segment on {rows.to_date.iloc[0]}",
        y_title=f"segment on {rows.from_date.iloc[0]}",
    )
    return Figure(
        title,
        f"{percent(stayed / shown.customers.sum())} stayed where they were, which is "
        "the diagonal; read a row from the left: with what is hidden it is 100 %.",
        tables,
        f"{count_of(total)} on {rows.from_date.iloc[0]}",
        known[["from_segment", "to_segment", "customers", "share"]].assign(
            customers=known.customers.where(~known.is_suppressed)
        ),
        (chart,),
    )


def later(rows: pd.DataFrame) -> str:
    """Say how long after the first date the second one is."""
    if rows.empty or rows.is_complete_window.iloc[0]:
        return "a window later"
    return f"{rows.days_between.iloc[0]} days later, which is less than a window"


def flow(rows: pd.DataFrame, colors: Mapping[str, str]) -> Figure:
    """Show how many went from which segment to which, as bands."""
    title = "The flow from one observation date to the next"
    tables = ("segment_migrations",)
    if rows.empty:
        return Figure.empty(title, tables, "There is only one observation date yet.")
    bands = bands_of(rows.to_dict("records"), [*colors, NEW, LOST])
    drawn = ribbons(bands)
    first, last = rows.from_date.iloc[0], rows.to_date.iloc[0]
    paint = {**colors, NEW: DARK, HIDDEN: LIGHT}
    color = alt.Color(
        "color:N",
        scale=alt.Scale(domain=list(paint), range=list(paint.values())),
        legend=None,
    )
    ends = ends_of(bands)
    lowest = max(drawn.bottom.max(), ends.lowest.max())
    chart = alt.layer(
        alt.Chart(drawn)
        .mark_area(opacity=0.6)
        .encode(
            x=alt.X("place:Q", axis=None, scale=alt.Scale(domain=[-0.45, 1.45])),
            y=alt.Y(
                "top:Q",
                axis=None,
                scale=alt.Scale(reverse=True, nice=False, domain=[0, lowest]),
            ),
            y2="bottom:Q",
            color=color,
            detail="band:N",
            tooltip=["band", "customers"],
        ),
        names_beside(ends[ends.place == 0], "right", -6),
        names_beside(ends[ends.place == 1], "left", 6),
    ).properties(width="container", height=FLOW_HEIGHT)
    total = sum(band["customers"] for band in bands)
    hidden = sum(band["customers"] for band in bands if band["from_segment"] == HIDDEN)
    return Figure(
        title,
        f"On the left are the segments of {first}, on the right those of {last}; a "
        f"band is as thick as its customers, and {hidden:,} whose way is hidden are "
        "one grey band.",
        tables,
        f"{count_of(total)} on one of the two dates or on both",
        pd.DataFrame(bands)[["from_segment", "to_segment", "customers"]],
        (chart,),
        {name: paint[name] for name in paint if name in set(drawn.color)},
    )


def names_beside(
    ends: pd.DataFrame, align: Literal["left", "right"], distance: int
) -> alt.Chart:
    """Write the names of segments at one side of the flow, a word in each line."""
    drawn: alt.Chart = (
        alt.Chart(ends)
        .mark_text(
            align=align,
            baseline="middle",
            dx=distance,
            limit=150,
            lineBreak=" ",
            lineHeight=LINE_HEIGHT,
        )
        .encode(x="place:Q", y="first_line:Q", text="name:N")
    )
    return drawn


def bands_of(
    rows: Sequence[Mapping[Any, Any]], order: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the bands of a flow, all hidden ways as one.

    Parameters
    ----------
    rows
        `from_segment`, `to_segment`, `customers` and `is_suppressed` of each way.
    order
        The segments from top to bottom.

    Returns
    -------
    `from_segment`, `to_segment` and `customers`; the customers of all bands are those
    of all rows whose number is known.
    """
    shown = [row for row in rows if not row["is_suppressed"]]
    places = {name: place for place, name in enumerate(order)}
    bands = [
        {
            "from_segment": row["from_segment"],
            "to_segment": row["to_segment"],
            "customers": int(row["customers"]),
        }
        for row in sorted(
            shown,
            key=lambda row: tuple(
                places.get(row[side], len(places))
                for side in ("from_segment", "to_segment")
            ),
        )
    ]
    hidden = sum(
        int(row["customers"])
        for row in rows
        if row["is_suppressed"] and pd.notna(row["customers"])
    )
    if hidden:
        bands.append(
            {"from_segment": HIDDEN, "to_segment": HIDDEN, "customers": hidden}
        )
    return bands


def stacked(bands: Sequence[Mapping[str, Any]], side: str) -> list[tuple[float, float]]:
    """Stack bands by their segment on one side; return top and bottom of each.

    Within a segment they keep their order. Between segments there is a gap, so that a
    person sees where one ends.
    """
    gap = 0.035 * sum(band["customers"] for band in bands)
    edges: dict[int, tuple[float, float]] = {}
    top = 0.0
    for name in names_of(bands, side):
        for number, band in enumerate(bands):
            if band[side] == name:
                edges[number] = (top, top + band["customers"])
                top += band["customers"]
        top += gap
    return [edges[number] for number in range(len(bands))]


def names_of(bands: Sequence[Mapping[str, Any]], side: str) -> list[str]:
    """Return the segments of one side from top to bottom, as on the left if there."""
    left = list(dict.fromkeys(band["from_segment"] for band in bands))
    names = dict.fromkeys(band[side] for band in bands)
    return sorted(names, key=lambda name: (name not in left, *places_in(left, name)))


def places_in(names: Sequence[str], name: str) -> list[int]:
    """Return where a name is among others, if it is."""
    return [place for place, other in enumerate(names) if other == name]


def ribbons(bands: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the outline of each band, from `place` 0 on the left to 1 on the right.

    Its height, `bottom - top`, is its number of customers everywhere.
    """
    places = np.linspace(0, 1, POINTS)
    bend = places**2 * (3 - 2 * places)
    sides = zip(
        bands,
        stacked(bands, "from_segment"),
        stacked(bands, "to_segment"),
        strict=True,
    )
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "band": f"{band['from_segment']} → {band['to_segment']}",
                    "color": band["from_segment"],
                    "customers": band["customers"],
                    "place": places,
                    "top": left[0] + bend * (right[0] - left[0]),
                    "bottom": left[1] + bend * (right[1] - left[1]),
                }
            )
            for band, left, right in sides
        ],
        ignore_index=True,
    )


def ends_of(bands: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return where the name of each segment stands on either side.

    Its lines are in the middle of its bands, or below the name above where bands are
    thin.
    """
    rows = []
    for place, side in enumerate(("from_segment", "to_segment")):
        edges = stacked(bands, side)
        line = max(bottom for _, bottom in edges) * LINE_HEIGHT / FLOW_HEIGHT
        free = -math.inf
        for name in names_of(bands, side):
            own = [
                edge
                for band, edge in zip(bands, edges, strict=True)
                if band[side] == name
            ]
            height = line * len(name.split())
            top = max((own[0][0] + own[-1][1] - height) / 2, free)
            free = top + height
            rows.append(
                {
                    "name": name,
                    "place": place,
                    "first_line": top + line / 2,
                    "lowest": free,
                }
            )
    return pd.DataFrame(rows)


def cohorts(published: Published, colors: Mapping[str, str]) -> list[Figure]:
    """Show who comes back month after month, and what they have spent by then."""
    tables = ("segment_cohorts",)
    rows = published.frame(COHORTS.format(months=MOST_MONTHS))
    titles = (
        "Who orders again, by month since the first order",
        "What a customer has spent, by month since the first order",
    )
    if rows.empty:
        return [
            Figure.empty(title, tables, "Nobody has ordered yet.") for title in titles
        ]
    names = legend_of(colors, rows.segment_name)
    first = rows[rows.month_number == 0]
    return [
        Figure(
            title,
            see,
            tables,
            f"{count_of(first.customers.sum())} with a first order",
            rows[["segment_name", "month_number", "customers", column]],
            (cohort_lines(rows, column, axis, number_format, names),),
            names,
        )
        for title, see, column, axis, number_format in (
            (
                titles[0],
                "A line that stays high is a segment that keeps ordering; the segment "
                "is that of today, so this describes and proves nothing.",
                "retention_rate",
                "customers who order in the month",
                "%",
            ),
            (
                titles[1],
                "A line that rises steeply is a segment that spends fast; later months "
                "are of fewer customers, those who came long enough ago.",
                "cumulative_value",
                "spent by the end of the month",
                ",.0f",
            ),
        )
    ]


def cohort_lines(
    rows: pd.DataFrame,
    column: str,
    title: str,
    number_format: str,
    colors: Mapping[str, str],
) -> Chart:
    """Draw a line for each segment, with a gap where a month is hidden."""
    drawn: Chart = (
        alt.Chart(rows[["segment_name", "month_number", "customers", column]])
        .mark_line(point=True, invalid="break-paths-filter-domains")
        .encode(
            x=alt.X(
                "month_number:Q",
                title="months since the first order",
                axis=alt.Axis(format="d", tickMinStep=1, tickCount=12),
            ),
            y=alt.Y(f"{column}:Q", title=title, axis=alt.Axis(format=number_format)),
            color=segment_color(colors),
            tooltip=["segment_name", "month_number", "customers", column],
        )
        .properties(width="container", height=280)
    )
    return drawn
