"""The figures that the documentation publishes are those of a build."""

import re
import runpy

import pandas as pd
import pytest
import yaml
from conftest import PROJECT, Warehouse

SEGMENTATIONS = {
    "the segments in production": "segments",
    "total spend, groups of the segments' sizes": "size_matched_spend_bands",
    "spend in the trailing window, equal groups": "trailing_spend_quantiles",
    "total spend, equal groups": "spend_quantiles",
    "sum of the quintiles of recency, frequency and spend": "rfm_grid",
}
PREDICTORS = {"model": "model", "past rate": "baseline"}
RECOMMENDERS = {
    "own items, the most often bought first (in production)": "purchase_frequency",
    "what everybody buys (baseline)": "overall_popularity",
}
DATA = ["sample", "Complete Journey"]


def published(heading: str) -> list[list[str]]:
    """The rows of the first table under a heading of docs/backtest.md."""
    text = (PROJECT / "docs" / "backtest.md").read_text(encoding="utf-8")
    [section] = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    first_table = re.search(r"(?:^\|.*\n)+", section, re.M)
    assert first_table
    _, _, *rows = first_table.group().splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def number(value: float) -> str:
    """A whole number as the documentation writes it."""
    return f"{value:,.0f}".replace(",", " ")


def fraction(value: float) -> str:
    """A correlation as the documentation writes it."""
    return f"{value:.3f}".lstrip("0")


def percent(value: float, digits: int = 1) -> str:
    """A share as the documentation writes it."""
    return f"{100 * value:.{digits}f} %"


def bold(text: str, is_winner: bool) -> str:
    """A figure, marked if it wins."""
    return f"**{text}**" if is_winner else text


@pytest.fixture
def warehouses(sample_warehouse: Warehouse, demo: Warehouse) -> dict[str, Warehouse]:
    """The warehouses by the name that the documentation gives them."""
    return dict(zip(DATA, [sample_warehouse, demo], strict=True))


def by(warehouse: Warehouse, table: str, key: str) -> pd.DataFrame:
    """A table by its key."""
    return warehouse.frame(f"from {table}").set_index(key)


def test_segments_beside_simple_cuts(warehouses: dict[str, Warehouse]) -> None:
    rows = published("Segments beside simple groups of the same number")
    assert [row[0] for row in rows] == list(SEGMENTATIONS)
    for data, first in zip(DATA, (1, 3), strict=True):
        built = by(
            warehouses[data],
            "(select * from segment_backtest "
            "where outcome = 'spend' and population = 'customers')",
            "segmentation",
        )
        for name, *cells in rows:
            row = built.loc[SEGMENTATIONS[name]]
            assert cells[first - 1 : first + 1] == [
                bold(fraction(row["explained_share"]), row["is_best"]),
                percent(row["top_quintile_spend_share"]),
            ], (data, name)


def test_the_default_features_are_those_that_the_study_calls_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(PROJECT / "benchmarks")
    study = runpy.run_path(str(PROJECT / "benchmarks" / "feature_study.py"))
    text = (PROJECT / "docs" / "features.md").read_text(encoding="utf-8")
    [name] = set(re.findall(r"^\| ([\w ,]+) \(the default\) \|", text, re.M))
    defaults = yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))["vars"]
    assert [feature["name"] for feature in defaults["segmentation_features"]] == list(
        study["CLUSTERED"][name]
    )


def test_names_of_the_sample(
    sample_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among those of other data, as the benchmark writes them."""
    monkeypatch.syspath_prepend(PROJECT / "benchmarks")
    benchmark = runpy.run_path(str(PROJECT / "benchmarks" / "public_data.py"))
    text = (PROJECT / "docs" / "segments.md").read_text(encoding="utf-8")
    assert benchmark["named"]("sample", sample_warehouse.database) in text.splitlines()


def test_lifetime_value(warehouses: dict[str, Warehouse]) -> None:
    rows = published("Lifetime value")
    for data in DATA:
        built = warehouses[data].frame(
            "from lifetime_value_backtest_summary order by horizon_days, predictor desc"
        )
        own = [row for row in rows if row[0] == data]
        assert len(own) == len(built) == 4
        for (_, name, *cells), (_, row) in zip(own, built.iterrows(), strict=True):
            assert PREDICTORS[name] == row["predictor"]
            assert cells == [
                number(row["horizon_days"]),
                number(row["customers"]),
                percent(row["orders_error"]),
                percent(row["spend_error"]),
                fraction(row["orders_correlation"]),
                fraction(row["spend_correlation"]),
                bold(
                    percent(row["top_quintile_spend_share"], digits=2), row["is_best"]
                ),
                percent(row["orders_interval_coverage"]) if name == "model" else "",
            ], (data, name)


def test_value_tiers(warehouses: dict[str, Warehouse]) -> None:
    rows = published("Value tiers")
    for data, first in zip(DATA, (1, 6), strict=True):
        built = by(
            warehouses[data],
            "(select pareto_class, count(*) as customers, "
            "sum(greatest(customer_value, 0)) as value, "
            "count_if(class_movement = 'up') as up, "
            "count_if(class_movement = 'down') as down, "
            "count_if(class_movement = 'new') as is_new "
            "from customer_value_tiers inner join int_observation_dates "
            "using (observation_date) where is_current group by pareto_class)",
            "pareto_class",
        )
        value = built["value"].astype(float)
        assert [row[0] for row in rows] == sorted(built.index)
        for name, *cells in rows:
            row = built.loc[name]
            assert cells[first - 1 : first + 4] == [
                number(row["customers"]),
                percent(value[name] / value.sum()),
                *(number(row[movement]) for movement in ("up", "down", "is_new")),
            ], (data, name)


def test_recommendations(warehouses: dict[str, Warehouse]) -> None:
    rows = published("Recommendations")
    assert [row[0] for row in rows] == list(RECOMMENDERS)
    for data, first in zip(DATA, (1, 3), strict=True):
        built = by(warehouses[data], "recommendation_backtest", "recommender")
        for name, *cells in rows:
            row = built.loc[RECOMMENDERS[name]]
            low, high = (
                f"{100 * row[bound]:.1f}" for bound in ("hit_rate_low", "hit_rate_high")
            )
            hit_rate = bold(percent(row["hit_rate"]), row["is_best"])
            assert cells[first - 1 : first + 1] == [
                f"{hit_rate} ({low} to {high})",
                percent(row["precision_at_5"]),
            ], (data, name)


def test_other_rankings_of_recommendations(warehouses: dict[str, Warehouse]) -> None:
    """The benchmark gives the published figures, for each window that is over."""
    compare = runpy.run_path(str(PROJECT / "benchmarks" / "recommendation_rankings.py"))
    measured = [
        compare["compare"](warehouses[data].database).groupby("ranking", sort=False)
        for data in DATA
    ]
    expected = []
    for name in measured[0].groups:
        hits = pd.concat([table.get_group(name)["hits"] for table in measured])
        expected.append([name, *(str(number) for number in hits)])
    assert published("Other rankings") == expected
