"""Page 3: whether the segments hold, out of time and when customers are drawn again."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from segmentation.report.figures import (
    GREY,
    PALETTE,
    Figure,
    Page,
    colors_of,
    count_of,
    dots,
    percent,
    segment_color,
)
from segmentation.report.published import Published

# Of segment_backtest, those that most companies have.
OUTCOMES = ("spend", "log_spend", "orders", "retention")
STABLE = 0.75

BACKTEST = """
select
    outcome, replace(segmentation, '_', ' ') as grouping,
    segmentation = 'segments' as is_ours, customers,
    explained_share, explained_share_low, explained_share_high, is_best, is_out_of_time
from segment_backtest
where population = 'customers' and outcome in {outcomes}
order by outcome, explained_share desc nulls last, grouping
"""
STABILITY = """
select
    segment_name, training_customers, bootstrap_jaccard_mean,
    bootstrap_jaccard_minimum, stability_level
from segment_stability
where is_in_use and segmentation_name = 'default'
order by segment_id
"""
CANDIDATES = """
select
    k, cast(k as varchar) || if(is_chosen, ' (chosen)', '') as segments,
    explanation, explanation - 1.96 * explanation_error as explanation_low,
    explanation + 1.96 * explanation_error as explanation_high,
    minimum_jaccard, smallest_share, is_chosen, reason
from segmentation_k_candidates
where is_in_use and segmentation_name = 'default'
order by k
"""
DRIFT = """
select
    replace(feature_name, '_', ' ') as feature, population_stability_index,
    drift_level, is_selected, customers
from feature_drift
where observation_date = (select max(observation_date) from feature_drift)
order by is_selected desc, population_stability_index desc nulls last, feature
"""
SHARES = """
select segment_name, customers, training_share, customer_share, outlier_share
from segment_drift
where observation_date = (select max(observation_date) from segment_drift)
    and segment_id <> 0
order by segment_id
"""


def holding(published: Published) -> Page:
    """Make the page."""
    return Page(
        "do-they-hold",
        "Do they hold",
        "Do the segments say what comes next, and would they be found again?",
        (
            out_of_time(published),
            stability(published),
            number_of_segments(published),
            feature_drift(published),
            segment_drift(published, colors_of(published)),
        ),
    )


def out_of_time(published: Published) -> Figure:
    """Show what the segments explain of the next window, beside baselines."""
    title = "How much of what customers did next is explained"
    tables = ("segment_backtest",)
    rows = published.frame(BACKTEST.format(outcomes=OUTCOMES))
    if rows.empty:
        return Figure.empty(
            title, tables, "No window after a training date is over yet."
        )
    ours = alt.Color(
        "is_ours:N",
        scale=alt.Scale(domain=[True, False], range=[PALETTE[0], GREY]),
        legend=None,
    )
    best = rows[rows.is_best & rows.is_ours].outcome
    outcomes = list(dict.fromkeys(rows.outcome))
    said = ", ".join(outcome.replace("_", " ") for outcome in best) or "none of them"
    kind = (
        "out of time" if rows.is_out_of_time.all() else "in part of the time fitted on"
    )
    return Figure(
        title,
        f"The segments (blue) are shown to explain more than each baseline (grey) of: "
        f"{said}; this is measured {kind}.",
        tables,
        count_of(rows.customers.max()),
        rows.drop(columns="is_ours"),
        [
            dots(
                rows[rows.outcome == outcome],
                "grouping",
                ("explained_share", "explained_share_low", "explained_share_high"),
                title=f"explained share of {outcome.replace('_', ' ')}",
                color=ours,
                label_format="%",
            )
            for outcome in outcomes
        ],
        {"segments": PALETTE[0], "baselines of the same size": GREY},
    )


def stability(published: Published) -> Figure:
    """Show how well each segment is found again."""
    title = "Is a segment found again when other customers are drawn?"
    rows = published.frame(STABILITY)
    if rows.empty:
        return Figure.empty(title, ("segment_stability",), "Nothing was clustered.")
    weak = rows[rows.bootstrap_jaccard_mean < STABLE].segment_name
    found = (
        f"{', '.join(weak)} would not be found again reliably"
        if len(weak)
        else "On average all segments are found again"
    )
    return Figure(
        title,
        f"{found}: the dot is the mean similarity, its line reaches down to the worst "
        f"draw, and a segment whose dot is left of {STABLE} is not stable.",
        ("segment_stability",),
        f"{count_of(rows.training_customers.sum())} of the training",
        rows,
        (
            dots(
                rows,
                "segment_name",
                (
                    "bootstrap_jaccard_mean",
                    "bootstrap_jaccard_minimum",
                    "bootstrap_jaccard_mean",
                ),
                title="Jaccard similarity",
                reference=STABLE,
            ),
        ),
    )


def number_of_segments(published: Published) -> Figure:
    """Show what speaks for the number of segments."""
    title = "Why so many segments"
    tables = ("segmentation_k_candidates",)
    rows = published.frame(CANDIDATES)
    if rows.empty:
        return Figure.empty(title, tables, "No numbers of segments were compared.")
    chosen = rows[rows.is_chosen]
    reason = (
        f"{chosen.k.iloc[0]} segments: {chosen.reason.iloc[0]}" if len(chosen) else ""
    )
    measure, low, high = (
        ("explanation", "explanation_low", "explanation_high")
        if rows.explanation.notna().any()
        else ("minimum_jaccard", "minimum_jaccard", "minimum_jaccard")
    )
    color = alt.Color(
        "is_chosen:N",
        scale=alt.Scale(domain=[True, False], range=[PALETTE[0], GREY]),
        legend=None,
    )
    return Figure(
        title,
        f"{reason or 'None was chosen by the rule'}; the table says why not another.",
        tables,
        f"n = {len(rows)} numbers tried",
        rows[
            [
                *("k", "explanation", "explanation_low", "explanation_high"),
                *("minimum_jaccard", "smallest_share", "reason"),
            ]
        ],
        (
            dots(
                rows,
                "segments",
                (measure, low, high),
                title=f"{measure.replace('_', ' ')}, with its 95 % interval",
                color=color,
            ),
        ),
        missing="none",
    )


def feature_drift(published: Published) -> Figure:
    """Show which features have changed since the fit."""
    title = "Which features have changed since the segments were made"
    tables = ("feature_drift",)
    rows = published.frame(DRIFT)
    if rows.empty:
        return Figure.empty(title, tables, "No drift was measured.")
    changed = rows[rows.is_selected & (rows.drift_level == "large")].feature
    limits = pd.DataFrame({"limit": [0.1, 0.25]})
    chart = alt.layer(
        alt.Chart(rows)
        .mark_bar()
        .encode(
            x=alt.X(
                "population_stability_index:Q",
                title="population stability index",
                axis=alt.Axis(tickCount=5),
            ),
            y=alt.Y("feature:N", sort=list(rows.feature), title=None),
            color=alt.Color(
                "is_selected:N",
                scale=alt.Scale(domain=[True, False], range=[PALETTE[0], GREY]),
                legend=None,
            ),
            tooltip=["feature", "population_stability_index", "drift_level"],
        ),
        alt.Chart(limits).mark_rule(strokeDash=[4, 3], opacity=0.6).encode(x="limit:Q"),
    ).properties(width="container", height=max(20 * len(rows), 60))
    return Figure(
        title,
        f"{', '.join(changed) or 'No feature that segments are made from'} changed "
        "much: left of the first line is little change, right of the second is much.",
        tables,
        count_of(rows.customers.max()),
        rows,
        (chart,),
        {"segments are made from it": PALETTE[0], "others": GREY},
        missing="not measured",
    )


def segment_drift(published: Published, colors: Mapping[str, str]) -> Figure:
    """Show how sizes of segments have changed since the fit."""
    title = "How sizes have changed since the segments were made"
    tables = ("segment_drift",)
    rows = published.frame(SHARES)
    shown = rows.dropna(subset=["training_share", "customer_share"])
    if shown.empty:
        return Figure.empty(title, tables, "No drift was measured.")
    change = (shown.customer_share - shown.training_share).abs()
    most = shown.assign(change=change).nlargest(1, "change").to_dict("records")[0]
    return Figure(
        title,
        f"{most['segment_name']} changed most, from "
        f"{percent(most['training_share'], 1)} of the training customers to "
        f"{percent(most['customer_share'], 1)} of all: each line runs from the one to "
        "the dot.",
        tables,
        count_of(rows.customers.sum()),
        rows,
        (
            dots(
                rows,
                "segment_name",
                ("customer_share", "training_share", "customer_share"),
                title="share of customers who have bought",
                color=segment_color(colors),
                label_format="%",
            ),
        ),
    )
