"""A file of an earlier version, in which everything was in the schema of the target."""

from pathlib import Path
from typing import Any

import pytest
from conftest import SCHEMAS, Warehouse, open_database

# Some of what has another name now, and what it was called.
RENAMED = {
    "customer_segment_snapshot": "customer_segments_history",
    "int_customers": "int_customers_known",
    "int_segment_labels": "segment_labels",
    "int_segment_sizes": "segment_sizes",
}
REGISTRY = "select {} from segmentation_registry where segmentation_version = 1"
# What no build can make again has been without the name of a segmentation.
NAMED_SINCE = (
    "segmentation_registry",
    "customer_segment_snapshot",
    "int_segments_before_history",
)


@pytest.fixture
def former(sample_warehouse: Warehouse, tmp_path: Path) -> Warehouse:
    """The sample's warehouse as that version left it, with a table of a user's own."""
    warehouse = sample_warehouse.copy_to(tmp_path)
    with open_database(warehouse.database) as connection:
        relations = connection.execute(
            "select table_schema, table_name, table_type "
            f"from information_schema.tables where table_schema in {SCHEMAS[1:]}"
        ).fetchall()
        connection.execute("drop table main.customer_segments_history")
        for schema, name, kind in relations:
            former_name = f"main.{RENAMED.get(name, name)}"
            if kind == "VIEW":
                connection.execute(f"create view {former_name} as select 1 as id")
            else:
                columns = "*"
                if name in NAMED_SINCE:
                    columns += " exclude (segmentation_name)"
                connection.execute(
                    f"create table {former_name} as "
                    f"select {columns} from {schema}.{name}"
                )
        for schema in SCHEMAS[1:]:
            connection.execute(f"drop schema {schema} cascade")
        connection.execute("create table main.own_table as select 1 as id")
    return warehouse


def build_one_table(warehouse: Warehouse, **variables: Any) -> str:
    """Run a command that builds a single table, and give its output."""
    result = warehouse.run_dbt(["seed", "--select", "input_words"], variables)
    assert result.returncode == 0, result.stdout[-4000:]
    return result.stdout


def tables_in(warehouse: Warehouse, schema: str) -> set[str]:
    """Names of the relations of a schema."""
    return {
        name
        for (name,) in warehouse.rows(
            "select table_name from information_schema.tables "
            f"where table_schema = '{schema}'"
        )
    }


def test_the_first_build_keeps_the_registry_and_clears_the_schema(
    sample_warehouse: Warehouse, former: Warehouse
) -> None:
    output = build_one_table(former)

    kept = {
        "segmentation_registry",
        "int_passed_input_totals",
        "customer_segment_snapshot",
    }
    assert tables_in(former, "main_internal") == kept
    for table in kept:
        query = f"from {table} order by all"
        assert former.rows(query) == sample_warehouse.rows(query)
    public = tables_in(sample_warehouse, "main") - {"customer_segments_history"}
    assert tables_in(former, "main") == {*public, "own_table"}
    [sentence] = [line for line in output.splitlines() if "Dropped from it" in line]
    for name in ("raw_customers", "stg_crm__customers", "segment_labels"):
        assert f" {name}" in sentence
    assert "own_table" not in sentence

    with open_database(former.database) as connection:
        for name in ("int_item_rankings", "base_crm__customers"):
            connection.execute(f"create table main_internal.{name} as select 1")
    assert "Dropped from it" not in build_one_table(former)
    # Workings that nothing makes any more, or not in this schema.
    assert tables_in(former, "main_internal") == kept


def test_the_next_fit_appends_to_the_registry(former: Warehouse) -> None:
    before = former.rows(REGISTRY.format("*") + " order by all")
    former.build("--select", "+segmentation_registry", variables={"refit": True})

    assert former.row(
        "select max(segmentation_version) from segmentation_registry"
    ) == (2,)
    kept = former.rows(
        REGISTRY.format("* exclude (segmentation_name)") + " order by all"
    )
    assert kept == before


def test_rows_without_the_name_of_a_segmentation_get_that_of_the_only_one(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse = sample_warehouse.copy_to(tmp_path)
    with open_database(warehouse.database) as connection:
        for table in NAMED_SINCE:
            connection.execute(
                f"alter table main_internal.{table} drop column segmentation_name"
            )
    for _ in range(2):
        build_one_table(warehouse)
        for table in NAMED_SINCE:
            query = f"from {table} order by all"
            assert warehouse.rows(query) == sample_warehouse.rows(query)


def test_raw_tables_that_a_company_reads_stay(former: Warehouse) -> None:
    output = build_one_table(
        former, crm_location="main.raw_{name}", crm_tables=["customers", "orders"]
    )

    raw_tables = {name for name in tables_in(former, "main") if name.startswith("raw_")}
    assert {"raw_customers", "raw_orders"} <= raw_tables
    assert " segment_labels" in output
