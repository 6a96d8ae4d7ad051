"""What is hidden of small groups stays hidden, whatever is added up and subtracted."""

import json
import re
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import PROJECT, Warehouse, open_database
from small_cells import attack

MINIMUM_CELL_SIZE = 5
# Nearly every second cell of the sample is smaller than that.
RAISED_MINIMUM = 200
ATTACKED = (
    "int_segment_intervals+",
    "segment_profiles",
    "segment_migrations",
    "segment_rules",
    "lifetime_value_backtest",
    "int_campaign_arms+",
    "int_segment_cohort_cells+",
    "segment_category_affinity",
    "segments",
    "segment_drift",
)
# Public tables that tell of no small group, and what they tell of.
OF_NO_SMALL_GROUP = {
    "build_tables": "rows of tables",
    "builds": "builds",
    "data_quality_columns": "values of a column of all records",
    "data_quality_summary": "records of a raw table",
    "feature_drift": "all customers",
    "feature_selection": "all training customers",
    "lifetime_value_backtest_summary": "all customers of a date",
    "lifetime_value_models": "all customers of a date",
    "segment_backtest": "ways to group all customers; int_backtest_best_groups hides",
    "segment_budget_allocation": "worked out from what is shown",
    "segment_holdout_power": "int_holdout_counts counts few buyers as none",
    "segment_optimization": "worked out from what is shown",
    "segment_scenarios": "worked out from what is shown",
    "segment_stability": "likeness of segments of samples",
    "segmentation_centroids": "centres, which customers are scored by",
    "segmentation_k_candidates": "numbers of segments",
    "segmentation_versions": "all training customers",
}
CALL = """
select
    *,
    {{ is_shown_cell(
        ['size', 'other_size'], ['buyers'], ['total'], 'number', 'is_published'
    ) }} as is_shown
from cells
"""


def shown_by_hand(cells: pd.DataFrame) -> pd.Series:
    """The rule of macros/small_cells.sql, one total after the other."""
    counts = ["size", "other_size", "buyers"]
    shown = pd.Series(False, index=cells.index)
    for _, group in cells.groupby("total"):
        is_open = (
            (group[["size", "other_size"]] >= MINIMUM_CELL_SIZE).all(axis=1)
            & ~group["buyers"].between(1, MINIMUM_CELL_SIZE - 1)
            & group["is_published"]
        )
        hidden = group.loc[~is_open, counts].sum()
        if hidden.between(1, MINIMUM_CELL_SIZE - 1).any() and is_open.any():
            candidates = group[is_open].assign(
                nobody=group["buyers"] == 0, both=group["size"] + group["other_size"]
            )
            smallest = candidates.sort_values(["nobody", "both", "number"]).index[0]
            is_open[smallest] = False
        shown[group.index] = is_open
    return shown


def test_the_rule_agrees_with_one_worked_out_by_hand(tmp_path: Path) -> None:
    result = Warehouse(tmp_path).run_dbt(["--quiet", "compile", "--inline", CALL])
    assert result.returncode == 0, result.stdout[-4000:]
    random = np.random.default_rng(0)
    rows = 5000
    cells = pd.DataFrame(
        {
            "number": np.arange(rows),
            "total": random.integers(0, rows // 4, rows),
            "size": random.choice([0, 1, 2, 3, 4, 5, 6, 50, 60], rows),
            "other_size": random.choice([4, 5, 50, 60], rows, p=[0.1, 0.1, 0.4, 0.4]),
            "buyers": random.choice([0, 2, 4, 5, 9], rows, p=[0.2, 0.1, 0.1, 0.3, 0.3]),
            "is_published": random.random(rows) < 0.9,
        }
    )
    with duckdb.connect() as connection:
        connection.register("cells", cells)
        judged = connection.execute(result.stdout).df().sort_values("number")

    by_hand = shown_by_hand(cells)
    is_large = (cells[["size", "other_size"]] >= MINIMUM_CELL_SIZE).all(axis=1)
    assert (is_large & cells["is_published"] & ~by_hand).sum() > 100
    assert (judged["is_shown"].to_numpy() == by_hand.to_numpy()).all()
    # Where no group is small nothing is hidden.
    has_small = (
        ~is_large | cells["buyers"].between(1, 4) | ~cells["is_published"]
    ).groupby(cells["total"])
    assert by_hand[~has_small.transform("any")].all()


def test_nothing_small_of_the_sample_is_recovered(sample_warehouse: Warehouse) -> None:
    found = attack(sample_warehouse.rows, MINIMUM_CELL_SIZE)
    print(f"Recovered of the sample: {found}")
    assert sum(found.values()) == 0


def test_the_attack_finds_what_a_total_tells(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    """Two customers who never bought before spent something in the next window."""
    warehouse = sample_warehouse.copy_to(tmp_path)
    with open_database(warehouse.database) as connection:
        connection.execute(
            "update main.segment_evaluation set overall_estimate = totals.spend "
            "from (select observation_date, outcome_spend__mean as spend "
            "from main_internal.int_segment_measure_totals where is_overall) as totals "
            "where segment_evaluation.observation_date = totals.observation_date "
            "and measure = 'value' and evaluation_window = 'outcome'"
        )
    found = attack(warehouse.rows, MINIMUM_CELL_SIZE)
    assert found["segment_evaluation, segment_migrations"] >= 1


def test_nothing_is_recovered_where_many_groups_are_small(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse = sample_warehouse.copy_to(tmp_path)
    warehouse.build(
        "--select", *ATTACKED, variables={"minimum_cell_size": RAISED_MINIMUM}
    )
    found = attack(warehouse.rows, RAISED_MINIMUM)
    print(f"Recovered of the sample, under {RAISED_MINIMUM} customers: {found}")
    assert sum(found.values()) == 0
    # And not because nothing is shown any more.
    for table, number in {
        "segment_evaluation": "estimate",
        "segment_profiles": "mean_value",
    }.items():
        assert warehouse.row(f"select count({number}) from {table}") > (0,)


@pytest.mark.usefixtures("complete_journey_location")
def test_nothing_small_of_the_households_is_recovered(households: Warehouse) -> None:
    found = attack(households.rows, MINIMUM_CELL_SIZE)
    print(f"Recovered of Complete Journey: {found}")
    assert sum(found.values()) == 0


def test_every_table_of_groups_is_checked(sample_warehouse: Warehouse) -> None:
    path = sample_warehouse.folder / "target" / "manifest.json"
    nodes = json.loads(path.read_text(encoding="utf-8"))["nodes"].values()
    tables = {
        node["name"]
        for node in nodes
        if node.get("access") == "public"
        and node["config"]["meta"].get("grain") != "customer"
        and "comparison" not in node["tags"]
    }
    checked = {
        node["attached_node"].split(".")[-1]
        for node in nodes
        if (node.get("test_metadata") or {}).get("name") == "k_anonymous"
    }
    assert checked.isdisjoint(OF_NO_SMALL_GROUP)
    assert tables == checked | set(OF_NO_SMALL_GROUP)
    page = (PROJECT / "docs" / "privacy.md").read_text(encoding="utf-8")
    for name in sorted(checked):
        assert re.search(rf"^\| .*`{name}`.*\|$", page, re.MULTILINE), name
