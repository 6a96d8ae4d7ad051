"""What people query is public, and says in the warehouse itself what it holds."""

import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import pytest
from conftest import Warehouse


@pytest.fixture(scope="module")
def nodes(sample_warehouse: Warehouse) -> Mapping[str, Any]:
    """The project's nodes as dbt lists them."""
    path = sample_warehouse.folder / "target" / "manifest.json"
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))["nodes"]
    return found


def test_the_tables_of_the_marts_are_public_and_their_workings_private(
    nodes: Mapping[str, Any],
) -> None:
    models = [node for node in nodes.values() if node["resource_type"] == "model"]
    marts = {
        model["name"]
        for model in models
        if "marts" in PurePath(model["original_file_path"]).parts
        and "intermediate" not in PurePath(model["original_file_path"]).parts
    }

    assert len(marts) >= 30
    assert {model["name"] for model in models if model["access"] == "public"} == marts
    assert {model["access"] for model in models} == {"public", "private"}


def test_every_public_table_and_column_is_described_in_the_warehouse(
    nodes: Mapping[str, Any], sample_warehouse: Warehouse
) -> None:
    public = {
        node["name"]
        for node in nodes.values()
        if node.get("access") == "public" or node["resource_type"] == "snapshot"
    }
    tables = dict(
        sample_warehouse.rows("select table_name, comment from duckdb_tables()")
    )
    columns = sample_warehouse.rows(
        "select table_name, column_name, comment from duckdb_columns()"
    )

    built = public & set(tables)
    # The comparison of methods is built when it is asked for.
    assert {name for name in public - built if "method" not in name} == set()
    assert {name for name in built if not tables[name]} == set()
    undescribed = {
        (table, column)
        for table, column, comment in columns
        if table in built and not comment
    }
    assert undescribed == set()
