"""Two of the random faults of `make fuzz`; more of them is for the tool."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import Warehouse

import fuzz
from small_shop import Workplace


class ServedWorkplace(Workplace):
    """A folder whose builds are commands of the server of the tests."""

    @property
    def database(self) -> Path:
        return Warehouse(self.folder).database

    def remove_warehouse(self) -> None:
        self.database.unlink(missing_ok=True)

    def parse(self, variables: Mapping[str, Any] | None = None) -> None:
        self.folder.mkdir(exist_ok=True)
        self.manifests.append((None, variables or {}))

    def build(self, *arguments: str) -> tuple[int | None, str]:
        _, variables = self.manifests[-1]
        result = Warehouse(self.folder).run_dbt(
            ["build", *arguments], {"crm_folder": str(self.landing), **variables}
        )
        return result.returncode, result.stdout + result.stderr


def test_random_faults_do_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fuzz, "Workplace", ServedWorkplace)
    options = ["--count", "2", "--folder", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", [fuzz.__file__, *options])
    status = fuzz.main()
    output = capsys.readouterr().out
    assert status == 0, output
    assert "2  built, all accounted for" in output
