"""dbt's own unit tests of the models, and which of them there are of other inputs.

A unit test that reads what an input does not have is off, by a condition on vars in its
own yml. The vars are set in dbt_project.yml here, as people set them: a condition there
would see only what --vars says, and pass where it is given on the command line alone.
The commands of the README run them on files and on the Complete Journey.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from conftest import Warehouse


def set_vars(warehouse: Warehouse, **variables: Any) -> None:
    """Set vars in the dbt_project.yml of a warehouse."""
    path = warehouse.folder / "dbt_project.yml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["vars"].update(variables)
    path.unlink()
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")


def unit_tests(warehouse: Warehouse, **variables: Any) -> int:
    """How many unit tests there are with these vars; dbt refuses one it cannot run."""
    set_vars(warehouse, **variables)
    result = warehouse.run_dbt(["parse"])
    assert result.returncode == 0, result.stdout[-4000:]
    path = warehouse.folder / "target" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    assert inputs_built_too_late(manifest) == []
    return len(manifest["unit_tests"])


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


def test_unit_tests_of_the_sample_pass(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse = sample_warehouse.copy_to(tmp_path)
    result = warehouse.run_dbt(["test", "--select", "test_type:unit"])
    assert result.returncode == 0, result.stdout[-4000:]
    passed = result.stdout.rsplit("PASS=", 1)[1].split()[0]
    assert int(passed) >= 160, result.stdout[-400:]


def test_unit_tests_without_a_crm(tmp_path: Path) -> None:
    assert unit_tests(Warehouse(tmp_path), source_systems=["complete_journey"]) >= 118


def test_unit_tests_of_two_tables_alone(tmp_path: Path) -> None:
    assert unit_tests(Warehouse(tmp_path), crm_tables=["customers", "orders"]) >= 140


def test_unit_tests_of_files_elsewhere(tmp_path: Path) -> None:
    assert unit_tests(Warehouse(tmp_path), crm_location="read_csv('{name}.csv')") >= 130
