"""Page 6: what became of the records that came in."""

from __future__ import annotations

import altair as alt

from segmentation.report.figures import (
    PALETTE,
    Figure,
    Page,
    amount,
    whole,
)
from segmentation.report.published import Published

COLORS = {
    "nulled": PALETTE[1],
    "repaired": PALETTE[2],
    "merged": PALETTE[4],
    "rejected": PALETTE[5],
    "kept": PALETTE[0],
}

RECORDS = """
select
    entity, source_system, rows_in, rows_out, rows_merged, rows_rejected,
    rows_in = rows_out + rows_merged + rows_rejected as adds_up,
    values_nulled, values_repaired, records_flagged
from data_quality_summary
order by entity, source_system
"""
ISSUES = """
select replace(issue, '_', ' ') as issue, action, entity, count(*) as records
from data_quality_issues
group by all
order by records desc, issue, action, entity
"""
GUESSES = """
select
    source_system, entity, column_name,
    concat_ws(', ',
        replace(date_order, '_', ' '), 'decimal ' || decimal_separator, time_unit,
        'currencies ' || currencies
    ) as read_as,
    proving_count as values_that_prove_it,
    contradicting_count as values_that_contradict_it, is_undecided
from data_quality_columns
where coalesce(date_order, decimal_separator, time_unit, currencies) is not null
    or is_undecided
order by source_system, entity, column_name
"""
BUILDS = """
select
    strftime(started_at, '%Y-%m-%d %H:%M') as started_at, status, segmentation_version,
    project_version, dbt_version, left(git_commit, 12) as git_commit
from builds
order by builds.started_at desc
limit 10
"""


def trust(published: Published) -> Page:
    """Make the page."""
    return Page(
        "can-it-be-trusted",
        "Can it be trusted",
        "What became of the records that came in, and what had to be guessed?",
        (
            records(published),
            issues(published),
            guesses(published),
            builds(published),
        ),
    )


def records(published: Published) -> Figure:
    """Show that no record is lost without a word."""
    rows = published.frame(RECORDS)
    rejected, came = rows.rows_rejected.sum(), rows.rows_in.sum()
    share = 100 * rejected / came if came else 0
    lost = (~rows.adds_up).sum()
    check = (
        f"in {lost} tables the numbers do not add up"
        if lost
        else "in every table rows in = rows out + merged + rejected"
    )
    return Figure(
        "Where the records went",
        f"{whole(came)} records came in, {whole(rejected)} ({amount(share)} %) were "
        f"rejected, and {check}.",
        ("data_quality_summary",),
        f"n = {whole(came)} records",
        rows,
    )


def issues(published: Published) -> Figure:
    """Show what was wrong with records, by kind and table."""
    title = "What was wrong with records"
    tables = ("data_quality_issues",)
    if not published.has(*tables):
        return Figure.empty(
            title, tables, "Issues of single records are not published."
        )
    rows = published.frame(ISSUES)
    if rows.empty:
        return Figure.empty(title, tables, "No record has an issue.")
    totals = rows.groupby("issue")["records"].sum().sort_values(ascending=False)
    chart = (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            x=alt.X("sum(records):Q", title="issues"),
            y=alt.Y("issue:N", sort=list(totals.index), title=None),
            color=alt.Color(
                "action:N",
                scale=alt.Scale(domain=list(COLORS), range=list(COLORS.values())),
                legend=None,
            ),
            tooltip=["issue", "action", "sum(records)"],
        )
        .properties(width="container", height=22 * len(totals))
    )
    return Figure(
        title,
        f"The most frequent is {totals.index[0]}; the colour says what was done.",
        tables,
        f"n = {whole(totals.sum())} issues",
        rows,
        (chart,),
        {action: COLORS[action] for action in COLORS if action in set(rows.action)},
    )


def guesses(published: Published) -> Figure:
    """Show as what the formats of columns were read."""
    title = "Formats that were found out from the values"
    tables = ("data_quality_columns",)
    rows = published.frame(GUESSES)
    if rows.empty:
        return Figure.empty(title, tables, "No column had a format to find out.")
    doubtful = (rows.values_that_contradict_it > 0).sum()
    return Figure(
        title,
        f"Of {len(rows)} columns {doubtful} have values that contradict how the column "
        f"is read, and {rows.is_undecided.sum()} are undecided.",
        tables,
        f"n = {len(rows)} columns",
        rows,
        missing="none",
    )


def builds(published: Published) -> Figure:
    """Show by which builds this came about."""
    rows = published.frame(BUILDS)
    return Figure(
        "The last builds",
        "The first line is the build that this report is of.",
        ("builds",),
        f"n = {len(rows)} builds",
        rows,
        missing="none",
    )
