"""Page 5: what could be done, and what is known to work."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt

from segmentation.report.figures import (
    MOST_BARS,
    Figure,
    Page,
    colors_of,
    count_of,
    dots,
    least_cell,
    legend_of,
    percent,
    segment_color,
    whole,
)
from segmentation.report.published import Published

TOP_ITEMS = 4

SCENARIOS = """
select
    replace(scenario, '_', ' ') as scenario, segment_name, evidence,
    customers_affected, cast(incremental_revenue as double) as revenue,
    cast(incremental_revenue_low as double) as revenue_low,
    cast(incremental_revenue_high as double) as revenue_high,
    cast(cost as double) as cost, cast(net_benefit as double) as net_benefit, roi,
    roi_missing_reason
from segment_optimization
where incremental_revenue is not null
order by scenario, segment_id
"""
UPLIFT = """
select
    campaign_id || ': ' || coalesce(segment_name, 'all customers') as effect, outcome,
    difference, difference_low, difference_high, is_significant,
    customers_treated, customers_control, is_overall
from segment_campaign_uplift
where difference is not null and is_reliable
order by last_contacted_on desc, campaign_id, outcome, is_overall desc, segment_id
"""
BUDGET = """
select
    priority, segment_name, replace(scenario, '_', ' ') as scenario, evidence,
    replace(allocation, '_', ' ') as allocation, segment_customers,
    contactable_customers, customers, cast(cost as double) as cost,
    cast(expected_margin as double) as expected_margin, roi
from segment_budget_allocation
order by priority
"""
AFFINITY = """
select
    segment_name || ': ' || item as purchase, segment_name, item, buyers, lift,
    lift_low, lift_high, segment_purchase_share, overall_purchase_share
from segment_category_affinity
where item_kind = (
    select item_kind from segment_category_affinity
    group by item_kind order by item_kind limit 1
)
    and is_reliable and lift is not null
qualify row_number() over (
    partition by segment_id order by lift_low desc, item
) <= {items}
order by segment_id, lift desc, item
"""
TIERS = """
select
    tiers.pareto_class as class, segments.segment_name,
    case when count(*) >= {least} then count(*) end as customers,
    case when count(*) >= {least}
        then cast(sum(tiers.customer_value) as double) end as customer_value
from customer_value_tiers as tiers
inner join customer_segments as segments
    on tiers.customer_id = segments.customer_id
        and tiers.observation_date = segments.observation_date
where segments.segmentation_name = 'default'
group by all
order by class, min(segments.segment_id)
"""


def action(published: Published) -> Page:
    """Make the page."""
    colors = colors_of(published)
    return Page(
        "what-to-do",
        "What to do",
        "What could be done, what would it cost, and what is known to work?",
        (
            scenarios(published, colors),
            uplift(published),
            budget(published),
            affinity(published, colors),
            tiers(published, colors),
        ),
    )


def scenarios(published: Published, colors: Mapping[str, str]) -> Figure:
    """Show what each scenario would bring in each segment."""
    title = "What scenarios would bring"
    tables = ("segment_optimization",)
    rows = published.frame(SCENARIOS)
    if rows.empty:
        return Figure.empty(title, tables, "No scenario has a baseline to start from.")
    measured = (rows.evidence == "measured").sum()
    return Figure(
        title,
        f"Of {len(rows)} returns {measured} rest on a measured effect. The others take "
        "an assumed effect for certain, and their interval is that of what customers "
        "do without it. Scenarios overlap and are not added up.",
        tables,
        f"{count_of(rows.customers_affected.max())} in a row, or fewer",
        rows.drop(columns="roi_missing_reason"),
        [
            dots(
                rows[rows.scenario == scenario],
                "segment_name",
                ("revenue", "revenue_low", "revenue_high"),
                title=f"more revenue by {scenario}",
                color=segment_color(colors),
                reference=0,
            )
            for scenario in dict.fromkeys(rows.scenario)
        ],
        legend_of(colors, rows.segment_name),
        missing="none",
    )


def uplift(published: Published) -> Figure:
    """Show what campaigns with a control group changed, as a forest plot."""
    title = "What campaigns changed"
    tables = ("segment_campaign_uplift",)
    rows = published.frame(UPLIFT).head(2 * MOST_BARS)
    if rows.empty:
        return Figure.empty(
            title,
            tables,
            "No campaign with a control group has a reliable estimate yet.",
        )
    shown = rows.is_significant.sum()
    return Figure(
        title,
        f"Of {len(rows)} effects {shown} are shown to differ from 0: their line does "
        "not cross the one at 0, after an allowance for how many there are.",
        tables,
        f"{count_of((rows.customers_treated + rows.customers_control).max())} in a "
        "row, or fewer",
        rows.drop(columns="is_overall"),
        [
            dots(
                rows[rows.outcome == outcome],
                "effect",
                ("difference", "difference_low", "difference_high"),
                title=f"{outcome.replace('_', ' ')}, treated less control",
                reference=0,
            )
            for outcome in dict.fromkeys(rows.outcome)
        ],
    )


def budget(published: Published) -> Figure:
    """Show what the budget pays for."""
    title = "What the budget pays for"
    tables = ("segment_budget_allocation",)
    rows = published.frame(BUDGET)
    if rows.empty:
        return Figure.empty(title, tables, "No segment has a scenario to pay for.")
    paid = rows.customers.sum()
    return Figure(
        title,
        f"It pays for {whole(paid)} customers and costs {rows.cost.sum():,.0f}; the "
        "column allocation says why a segment gets nothing.",
        tables,
        count_of(rows.segment_customers.sum()),
        rows,
        missing="none",
    )


def affinity(published: Published, colors: Mapping[str, str]) -> Figure:
    """Show what each segment buys more often than all customers."""
    title = "What each segment buys more than others"
    tables = ("segment_category_affinity",)
    rows = published.frame(AFFINITY.format(items=TOP_ITEMS))
    if rows.empty:
        return Figure.empty(
            title, tables, "No segment has enough purchases of an item."
        )
    above = (rows.lift_low > 1).sum()
    return Figure(
        title,
        f"The items that stand out most in each segment: {above} of {len(rows)} are "
        "bought more by the segment than by all, whose share of purchases is at 1.",
        tables,
        f"n = {whole(rows.buyers.max())} buyers in a row, or fewer",
        rows.drop(columns="purchase"),
        (
            dots(
                rows,
                "purchase",
                ("lift", "lift_low", "lift_high"),
                title="share of purchases beside that of all customers",
                color=segment_color(colors),
                reference=1,
            ),
        ),
        legend_of(colors, rows.segment_name),
    )


def tiers(published: Published, colors: Mapping[str, str]) -> Figure:
    """Show in which segments the most valuable customers are."""
    title = "Where the most valuable customers are"
    tables = ("customer_value_tiers", "customer_segments")
    if not published.has(*tables):
        return Figure.empty(
            title, tables, "Tables of single customers are not published."
        )
    rows = published.frame(TIERS.format(least=least_cell(published)))
    if rows.empty:
        return Figure.empty(title, tables, "No customer has a value yet.")
    shown = rows.dropna(subset="customers")
    best = shown[shown["class"] == "A"].nlargest(1, "customers")
    of_a = shown.customers[shown["class"] == "A"].sum()
    where = (
        f"{percent(best.customers.iloc[0] / of_a)} of class A are "
        f"{best.segment_name.iloc[0]}"
        if len(best)
        else "Nobody is known to be in class A"
    )
    chart = (
        alt.Chart(shown)
        .mark_bar()
        .encode(
            x=alt.X("customers:Q", title="customers"),
            y=alt.Y("class:N", title="class"),
            color=segment_color(colors),
            tooltip=["class", "segment_name", "customers"],
        )
        .properties(width="container", height=130)
    )
    return Figure(
        title,
        f"{where}; class A holds the first 80 % of all value, B the next 15 %, C the "
        "rest.",
        tables,
        f"{count_of(shown.customers.sum())} shown",
        rows,
        (chart,),
        legend_of(colors, shown.segment_name),
    )
