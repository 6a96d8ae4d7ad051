"""dbt's own unit tests of the models, under every kind of input.

A unit test that reads what an input does not have is off, by a condition on vars in its
own yml. The vars are set in dbt_project.yml here, as people set them: a condition there
would see only what --vars says, and pass where it is given on the command line alone.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from conftest import PROJECT, SEEDS, TIMEOUT_SECONDS, Warehouse, dbt_server


def assert_all_pass(
    warehouse: Warehouse, project: Path, at_least: int, **environment: str
) -> None:
    """Run the unit tests; that none was left out is part of the claim."""
    result = dbt_server().run(
        warehouse.command(("test", "--select", "test_type:unit"))[1:],
        project,
        warehouse.environment(environment),
        warehouse.folder / "output",
        TIMEOUT_SECONDS,
    )
    assert result.returncode == 0, result.stdout[-4000:]
    passed = result.stdout.rsplit("PASS=", 1)[1].split()[0]
    assert int(passed) >= at_least, result.stdout[-400:]


def project_with(variables: Mapping[str, Any], folder: Path) -> Path:
    """The project, but that its dbt_project.yml has other `variables`."""
    for path in PROJECT.iterdir():
        if path.name in ("macros", "models", "python", "seeds", "snapshots", "tests"):
            (folder / path.name).symlink_to(path)
        elif path.suffix == ".yml":
            (folder / path.name).write_bytes(path.read_bytes())
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))
    settings["vars"].update(variables)
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(settings), "utf-8")
    return folder


def test_unit_tests_of_the_sample(sample_warehouse: Warehouse, tmp_path: Path) -> None:
    assert_all_pass(sample_warehouse.copy_to(tmp_path), PROJECT, at_least=136)


def test_unit_tests_without_a_crm(
    households: Warehouse, complete_journey_location: str, tmp_path: Path
) -> None:
    project = project_with({"source_systems": ["complete_journey"]}, tmp_path)
    assert_all_pass(
        households.copy_to(tmp_path),
        project,
        at_least=95,
        COMPLETE_JOURNEY_LOCATION=complete_journey_location,
    )


def test_unit_tests_of_two_tables_alone(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    project = project_with({"crm_tables": ["customers", "orders"]}, tmp_path)
    assert_all_pass(sample_warehouse.copy_to(tmp_path), project, at_least=120)


def test_unit_tests_of_files_elsewhere(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    files = f"read_csv('{SEEDS}/raw_{{name}}.csv', all_varchar = true)"
    project = project_with({"crm_location": files}, tmp_path)
    assert_all_pass(sample_warehouse.copy_to(tmp_path), project, at_least=105)
