"""A warehouse of before is carried on with its history, or refused and left alone."""

import csv
import json
from pathlib import Path

import pytest
from conftest import (
    BUT_THE_SAMPLE,
    PROJECT,
    SCHEMAS,
    Warehouse,
    open_database,
    write_raw_tables,
)

from small_shop import read_shop

# What builds cannot make again, as commits left it after a build of the small
# shop as of 2025-09-30; a folder for each commit, a file for each table.
FORMER = PROJECT / "tests" / "warehouses"
HISTORY = ("+customer_segments_history", "+customer_segment_changes", "builds")


def as_left_by(commit: str, folder: Path) -> Warehouse:
    """A warehouse with the tables of a commit, and the files of the shop."""
    warehouse = Warehouse(folder)
    with open_database(warehouse.database) as connection:
        for file in sorted((FORMER / commit).glob("*.parquet")):
            schema, table = file.stem.split(".")
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(f"create table {schema}.{table} as from '{file}'")
    return warehouse


# The versions that there are after one more build: eed018f had other features.
VERSIONS = {"eed018f": 2, "ec3718b": 1}
REGISTRY = (
    "select segmentation_version, segment_id, feature_name, unit_number, parameter, "
    "number_value, text_value from segmentation_registry"
)
SNAPSHOT = (
    "select customer_id, segment_id, dbt_valid_from from customer_segment_snapshot"
)


def test_every_warehouse_of_before_is_tried() -> None:
    assert {path.name for path in FORMER.iterdir() if path.is_dir()} == set(VERSIONS)


def test_published_columns_stay_as_they_were_released(
    sample_warehouse: Warehouse,
) -> None:
    """Tables and columns may come, but none goes or changes its type."""
    with (FORMER / "published_columns.csv").open(encoding="utf-8") as file:
        released = {tuple(row) for row in list(csv.reader(file))[1:]}
    assert (
        released
        - set(
            sample_warehouse.rows(
                "select table_name, column_name, data_type "
                "from information_schema.columns where table_schema = 'main'"
            )
        )
        == set()
    )


@pytest.mark.parametrize("commit", VERSIONS)
def test_a_warehouse_of_before_is_carried_on(commit: str, tmp_path: Path) -> None:
    warehouse = as_left_by(commit, tmp_path)
    registry, snapshot = (set(warehouse.rows(query)) for query in (REGISTRY, SNAPSHOT))
    write_raw_tables(tmp_path / "landing", read_shop())
    warehouse.build(
        *BUT_THE_SAMPLE,
        *["--select", *HISTORY],
        variables={"crm_folder": "landing"},
    )

    assert registry <= set(warehouse.rows(REGISTRY))
    assert snapshot < set(warehouse.rows(SNAPSHOT))
    assert warehouse.row(
        "select count(distinct segmentation_version) from segmentation_registry"
    ) == (VERSIONS[commit],)
    assert warehouse.row("select count(*) > 10 from customer_segment_changes") == (
        True,
    )
    assert warehouse.row("select max(data_format) from int_build_log") == (2,)


def tables(warehouse: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    """All rows and columns of all tables."""
    with open_database(warehouse.database, read_only=True) as connection:
        names = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables "
            f"where table_schema in {SCHEMAS} and table_type = 'BASE TABLE'"
        ).fetchall()
        return {
            name: [
                row
                for query in (f"describe {name}", f"from {name} order by all")
                for row in connection.execute(query).fetchall()
            ]
            for (name,) in names
        }


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            "update int_build_log set data_format = 99",
            "which keeps registry and history in format 99; expected at most format 2. "
            "Nothing was changed.",
        ),
        (
            "delete from segmentation_registry "
            "where parameter = 'scoring_order' and segment_id = 1",
            "segmentation version 1 in main_internal.segmentation_registry has no "
            "scoring_order of every segment; expected a warehouse that",
        ),
        (
            "delete from segmentation_registry "
            "where parameter in ('scorer', 'drift_reference_date')",
            "has no scorer or drift_reference_date; expected",
        ),
        (
            "alter table segmentation_registry drop column unit_number",
            "main_internal.segmentation_registry has no column unit_number; expected",
        ),
        (
            "alter table customer_segment_snapshot drop column segmentation_version",
            "customer_segment_snapshot has no column segmentation_version; expected",
        ),
    ],
)
def test_what_cannot_be_carried_on_is_refused_with_nothing_lost(
    sample_warehouse: Warehouse, tmp_path: Path, change: str, sentence: str
) -> None:
    warehouse = sample_warehouse.copy_to(tmp_path)
    with open_database(warehouse.database) as connection:
        connection.execute(change)
    before = tables(warehouse)

    result = warehouse.run_dbt(["seed", "--select", "input_words"])

    assert result.returncode != 0
    assert sentence in " ".join(result.stdout.split())
    assert "Traceback" not in result.stdout
    assert tables(warehouse) == before


def test_a_seed_that_got_columns_is_loaded_in_full(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse = sample_warehouse.copy_to(tmp_path)
    with open_database(warehouse.database) as connection:
        connection.execute("alter table main_settings.input_words drop column word")
    result = warehouse.run_dbt(["seed", "--select", "input_words"])
    assert result.returncode == 0, result.stdout[-2000:]
    query = "from input_words order by all"
    assert warehouse.rows(query) == sample_warehouse.rows(query)


def test_no_build_begins_anew_what_it_cannot_make_again(
    sample_warehouse: Warehouse,
) -> None:
    """Nor does one with --full-refresh."""
    path = sample_warehouse.folder / "target" / "manifest.json"
    nodes = json.loads(path.read_text(encoding="utf-8"))["nodes"].values()
    refreshed = {
        node["name"]: node["config"]["full_refresh"]
        for node in nodes
        if node["config"]["materialized"] == "incremental"
    }
    assert {
        *("erasures", "int_customer_addresses", "segmentation_registry"),
        *("int_build_log", "int_segments_before_history", "int_holdout_assignments"),
    } <= set(refreshed)
    assert set(refreshed.values()) == {False}
