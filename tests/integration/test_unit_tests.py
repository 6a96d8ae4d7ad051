"""dbt's own unit tests of the models, under every kind of input.

What a unit test is given stands in for all that its model reads. Under another input
only those run whose model has other SQL then; the rest run once, on the sample.

A unit test that reads what an input does not have is off, by a condition on vars in its
own yml. The vars are set in dbt_project.yml here, as people set them: a condition there
would see only what --vars says, and pass where it is given on the command line alone.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ARTIFACTS, SEEDS, Warehouse

# The models whose SQL depends on what there is to read.
OF_INPUT = (
    "staging",
    "intermediate",
    "marts.core",
    "marts.monitoring",
    "marts.optimization.intermediate.campaigns",
)


def set_vars(warehouse: Warehouse, **variables: Any) -> None:
    """Set vars in the dbt_project.yml of a warehouse."""
    path = warehouse.folder / "dbt_project.yml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["vars"].update(variables)
    path.unlink()
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")


def assert_all_pass(
    warehouse: Warehouse,
    at_least: int,
    folders: Sequence[str] = OF_INPUT,
    **environment: str,
) -> None:
    """Run the unit tests of folders; that none was left out is part of the claim."""
    selected = [f"test_type:unit,customer_segmentation.{name}" for name in folders]
    result = warehouse.run_dbt(
        ["test", "--select", *selected], environment={**environment, **ARTIFACTS}
    )
    assert result.returncode == 0, result.stdout[-4000:]
    passed = result.stdout.rsplit("PASS=", 1)[1].split()[0]
    assert int(passed) >= at_least, result.stdout[-400:]
    manifest = (warehouse.folder / "target" / "manifest.json").read_text("utf-8")
    assert inputs_built_too_late(json.loads(manifest)) == []


def inputs_built_too_late(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Unit tests with an input that a new warehouse may not have yet.

    Rows take their types from the relation that they stand for, so that it must be
    built before the model under test; SQL brings its own.
    """
    late: list[tuple[str, str]] = []
    for test in manifest["unit_tests"].values():
        built_before = ancestors(manifest["parent_map"], test["depends_on"]["nodes"][0])
        late += [
            (test["name"], given["input"])
            for given in test["given"]
            if given["format"] == "dict" and given["input"] not in built_before
        ]
    return late


def ancestors(parents: Mapping[str, Sequence[str]], node: str) -> set[str]:
    """All that a node is built from, in the words of its ref() or source()."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        new = set(parents[waiting.pop()]) - found
        found |= new
        waiting += new
    return {
        f"source('{names[0]}', '{names[1]}')"
        if kind == "source"
        else f"ref('{names[0]}')"
        for kind, _, *names in (name.split(".") for name in found)
    }


@pytest.fixture
def warehouse(sample_warehouse: Warehouse, tmp_path: Path) -> Warehouse:
    """The sample's warehouse."""
    return sample_warehouse.copy_to(tmp_path)


def test_unit_tests_of_the_sample(warehouse: Warehouse) -> None:
    assert_all_pass(warehouse, at_least=200, folders=["*"])


def test_unit_tests_without_a_crm(
    households: Warehouse, complete_journey_location: str, tmp_path: Path
) -> None:
    warehouse = households.copy_to(tmp_path)
    set_vars(warehouse, source_systems=["complete_journey"])
    assert_all_pass(
        warehouse, at_least=80, COMPLETE_JOURNEY_LOCATION=complete_journey_location
    )


def test_unit_tests_of_two_tables_alone(warehouse: Warehouse) -> None:
    set_vars(warehouse, crm_tables=["customers", "orders"])
    assert_all_pass(warehouse, at_least=105)


def test_unit_tests_of_files_elsewhere(warehouse: Warehouse) -> None:
    files = f"read_csv('{SEEDS}/raw_{{name}}.csv', all_varchar = true)"
    set_vars(warehouse, crm_location=files)
    assert_all_pass(warehouse, at_least=92)
