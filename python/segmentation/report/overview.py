"""Page 1: a card for each segment, and what the segments are worth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from segmentation.report.figures import (
    SEGMENTS,
    Card,
    Figure,
    Measure,
    Page,
    amount,
    colors_of,
    count_of,
    legend_of,
    percent,
    segment_color,
    whole,
)
from segmentation.report.published import Published
from segmentation.report.sentences import (
    FeatureFact,
    Retention,
    describe,
    recommend,
)

Row = dict[str, Any]

MEASURES = {
    "value": "Spend in the last window",
    "satisfaction": "Rating",
    "loyalty": "Months with an order",
    "conversion": "Visits that convert",
    "lifetime_value": "Expected lifetime value",
}
SHARES = ("loyalty", "conversion")

# The former estimate is a window older: windows that overlap have much in common. Where
# no two dates are so far apart there is none: no window has more than 3650 days.
EVALUATIONS = """
select
    observation_date, segment_id, segment_name, measure, customers, customers_measured,
    estimate, ci_low, ci_high, overall_estimate,
    last_value(estimate) over (
        partition by segment_id, measure order by observation_date
        range between unbounded preceding and to_days(cast((
            select coalesce(max(days_between), 3650) from segment_migrations
            where is_complete_window
        ) as int)) preceding
    ) as former_estimate
from segment_evaluation
where segmentation_name = 'default' and evaluation_window = 'observed'
order by observation_date, segment_id, measure
"""
RETENTION = """
with dates as (
    select distinct
        observation_date,
        lead(observation_date) over (order by observation_date) - observation_date
            as window_days
    from (select distinct observation_date from segment_evaluation)
)
select
    evaluation.segment_id, evaluation.estimate, evaluation.customers_measured,
    dates.window_days
from segment_evaluation as evaluation
inner join dates on evaluation.observation_date = dates.observation_date
where evaluation.segmentation_name = 'default'
    and evaluation.measure = 'retention' and evaluation.evaluation_window = 'outcome'
    and dates.window_days is not null
qualify evaluation.observation_date = max(evaluation.observation_date) over ()
"""
# The last date of EVALUATIONS.
EVALUATIONS_NOW = """
with evaluations as ({evaluations})
from evaluations
qualify observation_date = max(observation_date) over ()
"""
FACTS = """
select
    segment_id, feature_name, median_value, mean_value, overall_mean,
    difference_in_standard_deviations
from segment_profiles
where segmentation_name = 'default'
"""
ALLOCATIONS = """
select segment_id, allocation, scenario, customers from segment_budget_allocation
"""
# What the latest campaign found in each segment.
EFFECTS = """
select
    segment_id, campaign_id, outcome, difference, difference_low, difference_high,
    is_significant
from segment_campaign_uplift
where is_reliable and not is_overall and difference is not null
qualify row_number() over (
    partition by segment_id
    order by is_significant desc, last_contacted_on desc, campaign_id, outcome
) = 1
"""


def overview(published: Published) -> Page:
    """Make the page."""
    colors = colors_of(published)
    evaluations = published.frame(EVALUATIONS)
    return Page(
        "overview",
        "Overview",
        "Which segments are there, and what are they worth?",
        (
            sizes_over_time(evaluations, colors),
            spend_beside_customers(evaluations, colors),
        ),
        cards(published, colors),
    )


def cards(published: Published, colors: dict[str, str]) -> list[Card]:
    """Make a card for each segment in use, of never-buyers only if there are any."""
    facts = by_segment(published.rows(FACTS))
    retention = by_segment(published.rows(RETENTION))
    allocations = by_segment(published.rows(ALLOCATIONS))
    effects = by_segment(published.rows(EFFECTS))
    measures = by_segment(
        published.rows(EVALUATIONS_NOW.format(evaluations=EVALUATIONS))
    )
    return [
        Card(
            segment["segment_id"],
            segment["segment_name"],
            colors[segment["segment_name"]],
            whole(segment["customers"]),
            percent(segment["customer_share"], 1),
            describe(
                [FeatureFact(*fact.values()) for fact in facts[number]],
                retention_of(retention[number]),
                is_never_buyers=number == 0,
            ),
            measures_of(measures[number]),
            [
                *map(effect_in_words, effects[number]),
                *map(allocation_in_words, allocations[number]),
            ],
        )
        for segment in published.rows(SEGMENTS)
        if segment["segment_id"] or segment["customers"]
        for number in [segment["segment_id"]]
    ]


def by_segment(rows: Sequence[Row]) -> Mapping[int, list[Row]]:
    """Sort rows by their column `segment_id`, which is taken out."""
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.pop("segment_id")].append(row)
    return found


def retention_of(rows: Sequence[Row]) -> Retention | None:
    """Return who orders again, unless that is not known or hidden."""
    known = [row for row in rows if row["estimate"] is not None]
    return Retention(known[0]["estimate"], known[0]["window_days"]) if known else None


def effect_in_words(row: Row) -> str:
    """Say what the latest campaign changed in a segment."""
    found = "changed" if row["is_significant"] else "was not shown to change"
    unit, factor = (
        ("points", 100) if row["outcome"] == "conversion" else ("a customer", 1)
    )
    difference, low, high = (
        f"{factor * row[name]:+.1f}"
        for name in ("difference", "difference_low", "difference_high")
    )
    return (
        f"Campaign {row['campaign_id']} {found} {row['outcome'].replace('_', ' ')}: "
        f"{difference} ({low} to {high}) {unit}."
    )


def allocation_in_words(row: Row) -> str:
    """Say what the budget does for a segment."""
    return recommend(row["allocation"], row["scenario"], whole(row["customers"]))


def measures_of(rows: Sequence[Row]) -> list[Measure]:
    """Write the five measures of one segment."""
    found = {row["measure"]: row for row in rows}
    return [
        measure_of(name, label, found.get(name)) for name, label in MEASURES.items()
    ]


def measure_of(name: str, label: str, row: Row | None) -> Measure:
    """Write a measure with its interval, and an arrow where it left the interval."""
    if row is None or row["customers_measured"] == 0:
        return Measure(label, "not measured", "", "", "", None, "")

    def written(number: float | None) -> str:
        return percent(number, 1) if name in SHARES else amount(number)

    interval = ""
    if row["ci_low"] is not None:
        interval = f"{written(row['ci_low'])} to {written(row['ci_high'])}"
    change, in_words = change_of(
        row["estimate"], row["ci_low"], row["ci_high"], row["former_estimate"]
    )
    if change:
        in_words = f"{in_words} {written(row['former_estimate'])}"
    return Measure(
        label,
        written(row["estimate"]),
        interval,
        change,
        in_words,
        row["estimate"],
        count_of(row["customers_measured"], "measured"),
    )


def change_of(
    estimate: float, low: float, high: float, former: float
) -> tuple[str, str]:
    """Return an arrow and its meaning.

    A change is shown where the estimate of the date before lies outside the interval.
    """
    if estimate is None or low is None or high is None or former is None:
        return "", ""
    if former < low:
        return "▲", "up from"
    if former > high:
        return "▼", "down from"
    return "=", "no clear change from"


def sizes_over_time(evaluations: pd.DataFrame, colors: dict[str, str]) -> Figure:
    """Show how many customers each segment had on each date."""
    title = "Customers by segment on each observation date"
    tables = ("segment_evaluation",)
    dates = ["observation_date", "segment_id", "segment_name"]
    rows = evaluations.groupby(dates)["customers"].max().reset_index()
    if rows.empty:
        return Figure.empty(title, tables, "No observation date has segments yet.")
    rows["date"] = rows.observation_date.dt.strftime("%Y-%m-%d")
    totals = rows.groupby("date")["customers"].sum()
    first, last = totals.index[0], totals.index[-1]
    chart = (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            x=alt.X("customers:Q", title="customers", stack=True),
            y=alt.Y("date:N", title=None),
            color=segment_color(colors),
            order=alt.Order("segment_id:Q"),
            tooltip=["date", "segment_name", "customers"],
        )
        .properties(width="container", height=max(44 * len(totals), 80))
    )
    return Figure(
        title,
        f"There were {whole(totals[first])} customers on {first} and "
        f"{whole(totals[last])} on {last}; a colour that widens is a segment that "
        "grows.",
        tables,
        f"{count_of(totals[last])} on {last}",
        rows[["date", "segment_name", "customers"]],
        (chart,),
        legend_of(colors, rows.segment_name[rows.customers > 0]),
    )


def spend_beside_customers(evaluations: pd.DataFrame, colors: dict[str, str]) -> Figure:
    """Show who spends more than their share of customers."""
    title = "Share of customers beside share of spend"
    tables = ("segment_evaluation",)
    rows = evaluations[evaluations.measure == "value"]
    rows = rows[rows.observation_date == rows.observation_date.max()].copy()
    rows["spend"] = rows.estimate * rows.customers_measured
    total = rows.spend.sum()
    if rows.empty or not total > 0:
        return Figure.empty(title, tables, "Nobody spent anything in the last window.")
    rows["customer_share"] = rows.customers / rows.customers.sum()
    rows["spend_share"] = rows.spend / total
    shown = rows[["segment_name", "customer_share", "spend_share"]]
    best = rows.loc[rows.spend_share.idxmax()]
    is_whole = rows.spend[rows.customers > 0].notna().all()
    of_which = "the last window" if is_whole else "the last window that is shown"
    long = shown.melt("segment_name", var_name="of", value_name="share")
    long["of"] = long["of"].map({"customer_share": "customers", "spend_share": "spend"})
    chart = (
        alt.Chart(long.dropna())
        .mark_bar()
        .encode(
            x=alt.X(
                "share:Q",
                title="share of all",
                axis=alt.Axis(format="%", tickCount=5),
                scale=alt.Scale(domain=[0, 1]),
            ),
            y=alt.Y("of:N", title=None),
            color=segment_color(colors),
            tooltip=["segment_name", "of", alt.Tooltip("share:Q", format=".1%")],
        )
        .properties(width="container", height=110)
    )
    return Figure(
        title,
        f"{best.segment_name} are {percent(best.customer_share)} of customers and "
        f"bring {percent(best.spend_share)} of the spend of {of_which}.",
        tables,
        count_of(rows.customers.sum()),
        shown,
        (chart,),
        legend_of(colors, rows.segment_name[rows.customers > 0]),
    )
