"""Page 2: what customers of each segment are like."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from segmentation.report.figures import (
    HIDDEN,
    HIGH,
    LOW,
    MIDDLE,
    Figure,
    Page,
    colors_of,
    count_of,
    heat_map,
    hidden_text,
    legend_of,
    segment_color,
)
from segmentation.report.published import Published

Values = NDArray[np.float64]

# Customers on the map, as many as a person can look through.
MAP_CUSTOMERS = 1500
# In standard deviations; whatever is farther has the same colour.
FARTHEST = 2.0

PROFILES = """
with inputs as (
    select distinct centroids.feature_name
    from segmentation_centroids as centroids
    inner join segmentation_versions as versions
        on centroids.segmentation_name = versions.segmentation_name
            and centroids.segmentation_version = versions.segmentation_version
    where versions.is_in_use and versions.segmentation_name = 'default'
)
select
    profiles.segment_id, profiles.segment_name,
    replace(profiles.feature_name, '_', ' ') as feature_name,
    profiles.customers_measured, profiles.mean_value,
    profiles.quantile_25, profiles.median_value, profiles.quantile_75,
    profiles.difference_in_standard_deviations as difference,
    inputs.feature_name is not null as is_input
from segment_profiles as profiles
left join inputs on profiles.feature_name = inputs.feature_name
where profiles.segmentation_name = 'default'
order by
    is_input desc,
    max(abs(difference)) over (partition by profiles.feature_name) desc nulls last,
    profiles.feature_name, profiles.segment_id
"""
CUSTOMERS = """
select segments.segment_name, features.*
from customer_features as features
inner join customer_segments as segments
    on features.customer_id = segments.customer_id
        and features.observation_date = segments.observation_date
where segments.segmentation_name = 'default' and segments.segment_id <> 0
order by hash(features.customer_id), features.customer_id
limit {limit}
"""
CENTERS = """
select segments.segment_name, centroids.feature_name, centroids.centroid_original
from segmentation_centroids as centroids
inner join segments
    on centroids.segmentation_name = segments.segmentation_name
        and centroids.segmentation_version = segments.segmentation_version
        and centroids.segment_id = segments.segment_id
where segments.is_in_use and segments.segmentation_name = 'default'
order by centroids.feature_name, centroids.segment_id
"""


def who_they_are(published: Published) -> Page:
    """Make the page."""
    colors = colors_of(published)
    profiles = published.frame(PROFILES)
    return Page(
        "who-they-are",
        "Who they are",
        "What are the customers of each segment like?",
        (
            profile_heat_map(profiles, colors),
            distributions(profiles, colors),
            customer_map(published, colors),
        ),
    )


def profile_heat_map(profiles: pd.DataFrame, colors: Mapping[str, str]) -> Figure:
    """Show how far the mean of each feature is from that of all customers."""
    known = profiles.groupby("feature_name").difference.transform("count") > 0
    left_out = profiles.feature_name[~known].unique()
    rows = profiles[known].copy()
    rows["text"] = [
        f"{difference:+z.1f}"
        if pd.notna(difference)
        else HIDDEN
        if measured
        else "none"
        for difference, measured in zip(
            rows.difference, rows.customers_measured, strict=True
        )
    ]
    features = list(dict.fromkeys(rows.feature_name))
    farthest = rows.sort_values("difference", key=abs).dropna().tail(1)
    where = [
        f"; farthest are {name} in {feature}"
        for name, feature in zip(
            farthest.segment_name, farthest.feature_name, strict=True
        )
    ]
    chart = heat_map(
        rows[["segment_name", "feature_name", "difference", "text"]],
        x="segment_name",
        y="feature_name",
        value="difference",
        text="text",
        scale=alt.Scale(
            domain=[-FARTHEST, 0, FARTHEST],
            range=[LOW, MIDDLE, HIGH],
            clamp=True,
            interpolate="rgb",
        ),
        limit=FARTHEST,
        x_order=list(colors),
        y_order=features,
    )
    return Figure(
        "How far each segment is from the average, in standard deviations",
        "Blue is above the average of all customers, orange below"
        f"{''.join(where)}. "
        "The segments are made from the features that come first: "
        f"{', '.join(dict.fromkeys(rows[rows.is_input].feature_name))}."
        + (
            f" In {', '.join(left_out)} no difference is known."
            if len(left_out)
            else ""
        ),
        ("segment_profiles", "segmentation_centroids"),
        f"{count_of(rows.customers_measured.max())} measured in a cell, or fewer",
        rows[
            [
                *("segment_name", "feature_name", "customers_measured"),
                *("mean_value", "difference", "is_input"),
            ]
        ],
        (chart,),
    )


def distributions(profiles: pd.DataFrame, colors: Mapping[str, str]) -> Figure:
    """Show where the middle half of each segment lies, by clustered feature."""
    rows = profiles[profiles.is_input & (profiles.customers_measured > 0)]
    features = list(dict.fromkeys(rows.feature_name))
    return Figure(
        "The middle half of each segment in the features it is made from",
        "A bar holds half of the customers of a segment, the line in it is the median; "
        "bars that do not overlap are segments that differ.",
        ("segment_profiles",),
        f"{count_of(rows.customers_measured.max())} measured in a bar, or fewer",
        rows[
            [
                *("feature_name", "segment_name", "customers_measured"),
                *("quantile_25", "median_value", "quantile_75"),
            ]
        ],
        [
            quartile_bars(rows[rows.feature_name == feature], feature, colors)
            for feature in features
        ],
        legend_of(colors, rows.segment_name),
    )


def quartile_bars(
    rows: pd.DataFrame, feature: str, colors: Mapping[str, str]
) -> alt.TopLevelMixin:
    """Draw the quartiles of one feature."""
    order = list(legend_of(colors, rows.segment_name))
    names = alt.Y(
        "segment_name:N", sort=order, title=None, scale=alt.Scale(domain=order)
    )
    shown = rows[rows.median_value.notna()]
    base = alt.Chart(shown).encode(
        y=names,
        tooltip=["segment_name", "quantile_25", "median_value", "quantile_75"],
    )
    return alt.layer(
        base.mark_bar(size=14, minBandSize=3).encode(
            x=alt.X("quantile_25:Q", title=feature),
            x2="quantile_75:Q",
            color=segment_color(colors),
        ),
        base.mark_tick(color="currentColor", thickness=3, size=14).encode(
            x=alt.X("median_value:Q")
        ),
        hidden_text(rows[rows.median_value.isna()], names),
    ).properties(width="container", height=24 * len(order))


def customer_map(published: Published, colors: Mapping[str, str]) -> Figure:
    """Show a sample of customers on the two directions in which they differ most."""
    title = "A sample of customers, where those who are alike lie together"
    tables = ("customer_features", "customer_segments", "segmentation_centroids")
    if not published.has(*tables):
        return Figure.empty(
            title, tables, "Tables of single customers are not published."
        )
    customers = published.frame(CUSTOMERS.format(limit=MAP_CUSTOMERS))
    centers = published.frame(CENTERS).pivot(
        index="segment_name", columns="feature_name", values="centroid_original"
    )
    features = [name for name in centers.columns if name in customers.columns]
    if len(customers) < 3 or len(features) < 2:
        return Figure.empty(title, tables, "There is too little to tell customers by.")
    points, places, share = principal_components(
        customers[features].to_numpy(float, na_value=np.nan),
        centers[features].to_numpy(float, na_value=np.nan),
    )
    dots = pd.DataFrame(points, columns=["first", "second"]).round(3)
    dots["segment_name"] = customers.segment_name
    middles = pd.DataFrame(places, columns=["first", "second"]).round(3)
    middles["segment_name"] = list(centers.index)
    chart = alt.layer(
        alt.Chart(dots)
        .mark_circle(size=22, opacity=0.45)
        .encode(
            x=alt.X("first:Q", title="first principal component"),
            y=alt.Y("second:Q", title="second principal component"),
            color=segment_color(colors),
        ),
        alt.Chart(middles)
        .mark_point(size=220, shape="diamond", filled=True, opacity=1)
        .encode(
            x="first:Q",
            y="second:Q",
            color=segment_color(colors),
            stroke=alt.value("white"),
            strokeWidth=alt.value(2),
            tooltip=["segment_name"],
        ),
    ).properties(width="container", height=420)
    return Figure(
        title,
        "Clouds that lie apart are segments that differ; diamonds are their centres. "
        f"These two directions hold {share:.0f} % of how the customers differ in "
        f"{', '.join(features).replace('_', ' ')}, each in logarithms and scaled "
        "to the same spread.",
        tables,
        f"{count_of(len(customers))} drawn by a hash of their ids",
        middles[["segment_name", "first", "second"]],
        (chart,),
        {name: color for name, color in colors.items() if name in centers.index},
    )


def principal_components(
    customers: Values, centers: Values
) -> tuple[Values, Values, float]:
    """Place customers and centres on the first two principal components.

    Parameters
    ----------
    customers, centers
        Features in their units (rows, features); what is not known is NaN, and takes
        the median of the customers.

    Returns
    -------
    Places of customers and of centres (rows, 2), and the percentage of the variance of
    customers that the two components hold.
    """
    from sklearn.decomposition import PCA
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    pipeline = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        FunctionTransformer(signed_logarithm),
        StandardScaler(),
        PCA(n_components=2, svd_solver="full"),
    )
    places = pipeline.fit_transform(customers)
    held = 100 * float(pipeline[-1].explained_variance_ratio_.sum())
    return places, pipeline.transform(centers), held


def signed_logarithm(values: Values) -> Values:
    """Return `ln(1 + x)` of sizes, with their signs."""
    return np.copysign(np.log1p(np.abs(values)), values)
