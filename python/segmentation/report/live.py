"""The report as a page on this machine, of all customers or of a part of them.

What may be chosen is read from the file, and only that is answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from segmentation.report.book import all_pages
from segmentation.report.figures import Figure, Page, colors_of, least_cell
from segmentation.report.holding import feature_drift, segment_drift
from segmentation.report.movement import MOVEMENTS, flow, transitions
from segmentation.report.overview import (
    EVALUATIONS,
    sizes_over_time,
    spend_beside_customers,
)
from segmentation.report.published import Published

# Tables that say how it was on each date, and their column of the date.
DATED = {
    "segment_evaluation": "observation_date",
    "segment_migrations": "to_observation_date",
    "feature_drift": "observation_date",
    "segment_drift": "observation_date",
}
CUSTOMERS = ("customers", "customer_features", "customer_segments")
DATES = """
select distinct strftime(observation_date, '%Y-%m-%d') as value
from segment_evaluation
where segmentation_name = 'default'
order by value desc
"""
# The groups by which customers can be chosen; each customer is in one of each kind.
GROUPS = {
    "country": "select customer_id, country as value from customers",
    "pareto_class": (
        "select customer_id, pareto_class as value from customer_value_tiers "
        "qualify observation_date = max(observation_date) over ()"
    ),
}
VALUES = """
select cast(value as varchar) as value
from ({groups})
where value is not null
group by value
having count(*) >= {least}
order by count(*) desc, value
"""
# What each segment spent in each group. Cells are hidden by the rule of
# macros/small_cells.sql: those of few customers or few who spent, and the smallest
# other group of the segment where the segment less what is shown would tell of so few.
CELLS = """
create temporary table shown_cells as
with cells as (
    select
        segments.observation_date, segments.segment_id, segments.segment_name,
        cast(groups.value as varchar) as value, count(*) as customers,
        count_if(features.trailing_spend <> 0) as spenders,
        avg(features.trailing_spend) as spend
    from customer_segments as segments
    inner join customer_features as features
        on segments.customer_id = features.customer_id
            and segments.observation_date = features.observation_date
    left join ({groups}) as groups on segments.customer_id = groups.customer_id
    group by all
),
judged as (
    select
        *,
        customers >= {least} and spenders not between 1 and {least} - 1
            and value is not null as is_open
    from cells
),
totals as (
    select
        *,
        coalesce(sum(customers) filter (where not is_open) over segment, 0)
            between 1 and {least} - 1
        or coalesce(sum(spenders) filter (where not is_open) over segment, 0)
            between 1 and {least} - 1 as tells_of_few,
        row_number() over (
            partition by segment_id, is_open
            order by spenders = 0, customers, value nulls last
        ) as place
    from judged
    window segment as (partition by segment_id)
)
select * exclude (spend), if(is_open and not (tells_of_few and place = 1), spend, null)
    as spend
from totals
"""
EVALUATION_OF_GROUP = """
select
    observation_date, segment_id, segment_name, 'value' as measure, customers,
    customers as customers_measured, spend as estimate
from shown_cells
where value = $value
order by segment_id
"""


class FilterError(ValueError):
    """What was asked for is not in the file; the text is one sentence."""


@dataclass(frozen=True)
class Filter:
    """A part of the report.

    Attributes
    ----------
    kind
        `observation_date` or one of `GROUPS`.
    value
        One that the file has.
    """

    kind: str
    value: str

    @property
    def key(self) -> str:
        """How a request names it."""
        return f"{self.kind}={self.value}"


def filters_of(published: Published) -> list[Filter]:
    """List what can be chosen in a file: dates, and groups that are large enough."""
    found = [Filter("observation_date", row["value"]) for row in published.rows(DATES)]
    if published.has(*CUSTOMERS):
        least = least_cell(published)
        for kind, groups in GROUPS.items():
            if kind == "country" or published.has("customer_value_tiers"):
                query = VALUES.format(groups=groups, least=least)
                found += [Filter(kind, row["value"]) for row in published.rows(query)]
    return found


def chosen_filter(published: Published, key: str) -> Filter | None:
    """Return the filter that a request names; none where it names nothing.

    Raises
    ------
    FilterError
        If the file has no such filter.
    """
    if not key:
        return None
    for known in filters_of(published):
        if known.key == key:
            return known
    raise FilterError(
        "The published file has no such filter; expected one that the page offers"
    )


def pages_of(published: Published, chosen: Filter | None) -> list[Page]:
    """Make the pages that a filter leaves: those figures that can be made of a part."""
    if chosen is None:
        return all_pages(published)
    if chosen.kind == "observation_date":
        return pages_on(published, chosen.value)
    return [page_of_group(published, chosen)]


def pages_on(published: Published, date: str) -> list[Page]:
    """Show what was known on a date.

    Views of the connection take the place of the tables, so that figures are made by
    the queries of the report.
    """
    for table, column in DATED.items():
        published.limit(table, column, date)
    colors = colors_of(published)
    evaluations = published.frame(EVALUATIONS)
    movements = published.frame(MOVEMENTS.format(least=least_cell(published)))
    return [
        Page(
            "overview",
            "Overview",
            f"Which segments were there on {date}, and what were they worth?",
            (
                sizes_over_time(evaluations, colors),
                spend_beside_customers(evaluations, colors),
            ),
        ),
        Page(
            "do-they-hold",
            "Do they hold",
            f"What had changed by {date} since the segments were made?",
            (feature_drift(published), segment_drift(published, colors)),
        ),
        Page(
            "how-they-move",
            "How they move",
            f"Who had gone from which segment to which by {date}?",
            (transitions(movements, colors), flow(movements, colors)),
        ),
    ]


def page_of_group(published: Published, chosen: Filter) -> Page:
    """Show which segments the customers of one group are in, and what they spend."""
    published.run(CELLS.format(groups=GROUPS[chosen.kind], least=least_cell(published)))
    rows = published.frame(EVALUATION_OF_GROUP, {"value": chosen.value})
    in_words = words_of(chosen)
    spend = spend_beside_customers(rows, colors_of(published))
    return Page(
        "overview",
        "Overview",
        f"Which segments are the customers of {in_words} in, and what do they spend?",
        (
            Figure(
                f"Customers and spend of {in_words} by segment",
                "Spend is the mean of the last window; that of few customers is "
                "hidden, and of another group where it would tell of them.",
                CUSTOMERS,
                spend.count,
                rows[["segment_name", "customers", "estimate"]].rename(
                    columns={"estimate": "mean_spend"}
                ),
            ),
            spend,
        ),
    )


def words_of(chosen: Filter) -> str:
    """Say a filter."""
    return f"{chosen.kind.replace('_', ' ')} {chosen.value}"


def options_of(
    filters: Sequence[Filter], chosen: Filter | None
) -> Mapping[str, list[tuple[str, str, bool]]]:
    """Sort filters by kind: for each its key, its words and whether it is chosen."""
    kinds = dict.fromkeys(known.kind for known in filters)
    return {
        kind.replace("_", " "): [
            (known.key, known.value, known == chosen)
            for known in filters
            if known.kind == kind
        ]
        for kind in kinds
    }
