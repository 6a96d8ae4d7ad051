"""Runs dbt as a user does: as a process of its own, in the project's folder."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
DBT = Path(sys.executable).with_name("dbt")

RunDbt = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def dbt_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dbt writes while the tests of one module run."""
    return tmp_path_factory.mktemp("dbt")


@pytest.fixture(scope="module")
def database(dbt_folder: Path) -> Path:
    """The database file of the module; dbt creates it."""
    return dbt_folder / "warehouse.duckdb"


@pytest.fixture(scope="module")
def run_dbt(dbt_folder: Path, database: Path) -> RunDbt:
    """Run dbt with `arguments`, `variables` and more `environment`; never raises."""

    def run(
        arguments: Sequence[str],
        variables: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        command = [
            *[DBT, "--no-use-colors", "--no-version-check"],
            *["--no-send-anonymous-usage-stats"],
            *arguments,
            *["--target-path", dbt_folder / "target"],
            *["--log-path", dbt_folder / "logs"],
            *["--vars", json.dumps(variables or {})],
        ]
        return subprocess.run(
            [str(part) for part in command],
            cwd=PROJECT,
            env={
                **os.environ,
                "SEGMENTATION_DATABASE": str(database),
                **(environment or {}),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run
