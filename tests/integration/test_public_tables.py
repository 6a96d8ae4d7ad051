"""What people query is public, and says in the warehouse itself what it holds."""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import PROJECT, Warehouse


@pytest.fixture(scope="module")
def nodes(sample_warehouse: Warehouse) -> Mapping[str, Any]:
    """The project's nodes as dbt lists them."""
    path = sample_warehouse.folder / "target" / "manifest.json"
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))["nodes"]
    return found


# The folders of what people query; of others only the workings are below them.
PUBLIC = re.compile(
    r"models/(features|segmentation/registry|marts/[a-z]+)/\w+\.(sql|py)"
)


def public_tables(nodes: Mapping[str, Any]) -> set[str]:
    """Names of the models that people query."""
    return {node["name"] for node in nodes.values() if node.get("access") == "public"}


def test_public_tables_are_in_folders_of_their_own(nodes: Mapping[str, Any]) -> None:
    models = [node for node in nodes.values() if node["resource_type"] == "model"]
    public = {model["name"] for model in models if model["access"] == "public"}

    assert public == {
        model["name"]
        for model in models
        if PUBLIC.fullmatch(model["original_file_path"])
    }
    assert {model["access"] for model in models} == {"public", "private"}


def test_the_schema_of_the_target_holds_public_tables_and_nothing_else(
    nodes: Mapping[str, Any], sample_warehouse: Warehouse
) -> None:
    with duckdb.connect(str(sample_warehouse.database), read_only=True) as connection:
        shown = {name for (name,) in connection.execute("show tables").fetchall()}

    # The comparison of methods is built when it is asked for.
    public = {name for name in public_tables(nodes) if "method" not in name}
    assert shown == public
    assert 30 <= len(shown) <= 45


def test_exposures_have_the_tables_that_are_read(
    nodes: Mapping[str, Any], sample_warehouse: Warehouse
) -> None:
    """The report those that its source names, Superset all of the published file."""
    path = sample_warehouse.folder / "target" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    read = {
        exposure["name"]: {
            node.removeprefix("model.customer_segmentation.")
            for node in exposure["depends_on"]["nodes"]
        }
        for exposure in manifest["exposures"].values()
    }
    source = "".join(
        file.read_text(encoding="utf-8")
        for file in (PROJECT / "python" / "segmentation" / "report").glob("*.py")
    )
    public = {name for name in public_tables(nodes) if "method" not in name}

    assert read == {
        "segmentation_report": public & set(re.findall(r"\w+", source)),
        "superset": public,
    }
    assert len(read["segmentation_report"]) > 20


def test_every_public_table_and_column_is_described_in_the_warehouse(
    sample_warehouse: Warehouse,
) -> None:
    tables = sample_warehouse.rows(
        "select table_name from duckdb_tables() "
        "where schema_name = 'main' and comment is null"
    )
    columns = sample_warehouse.rows(
        "select table_name, column_name from duckdb_columns() "
        "where schema_name = 'main' and not internal and comment is null"
    )

    assert tables == []
    assert columns == []


def test_a_model_that_fails_leaves_its_former_table(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse = sample_warehouse.copy_to(tmp_path)
    models = warehouse.folder / "models"
    models.unlink()
    shutil.copytree(sample_warehouse.folder / "models", models)
    path = models / "marts" / "core" / "segments.sql"
    query = path.read_text(encoding="utf-8")
    last = "select * from final"
    assert query.count(last) == 1
    broken = query.replace(last, f"{last} where error('broken') is null")
    path.write_text(broken, encoding="utf-8")
    before = warehouse.rows("select * from segments order by segment_id")

    result = warehouse.run_dbt(["run", "--select", "segments"])
    assert result.returncode == 1, result.stdout[-2000:]
    assert "broken" in result.stdout
    assert warehouse.rows("select * from segments order by segment_id") == before
