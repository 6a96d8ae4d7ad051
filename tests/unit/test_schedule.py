"""What docs/schedule.md tells people to run does what it says there."""

import ast
import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

PAGE = Path(__file__).parents[2] / "docs" / "schedule.md"
SEGMENT = {"segment_id": 1, "customers": 100, "customers_before": 100}
JQ = shutil.which("jq")


def blocks(language: str) -> list[str]:
    """The code blocks of the page in a language."""
    return re.findall(
        rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S
    )


def summary(**changes: Any) -> dict[str, Any]:
    """What a healthy build writes, as far as the alerts read it."""
    return {
        "ended_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}",
        "drift": {"level": "none"},
        "segments": [SEGMENT, SEGMENT | {"customers_before": None}],
        "warnings": [],
        **changes,
    }


OLD = f"{datetime.now(UTC) - timedelta(hours=27):%Y-%m-%d %H:%M:%S.%f}"
ALERTS = {
    "26 \\* 3600": {"ended_at": OLD},
    "drift": {"drift": {"level": "strong"}},
    "customers_before": {"segments": [SEGMENT | {"customers": 121}]},
    "warnings": {"warnings": ["orders: too many."]},
}


@pytest.mark.skipif(JQ is None, reason="jq is not installed")
@pytest.mark.parametrize("about", ALERTS)
def test_an_alert_is_0_if_all_is_well_and_1_if_not(about: str, tmp_path: Path) -> None:
    commands = [
        command
        for command in blocks("console")
        if command.startswith("jq ") and re.search(about, command)
    ]
    [command] = commands
    (tmp_path / "serve").mkdir()
    path = tmp_path / "serve" / "summary.json"
    found = []
    for text in (json.dumps(summary()), json.dumps(summary(**ALERTS[about])), None):
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text, encoding="utf-8")
        result = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, capture_output=True, check=False
        )
        found.append(result.returncode)
    assert found == [0, 1, 2]


def test_every_alert_of_the_page_is_tried() -> None:
    assert sum(command.startswith("jq ") for command in blocks("console")) == len(
        ALERTS
    )


def test_scripts_of_the_page_can_be_read() -> None:
    for script in blocks("sh"):
        subprocess.run(["sh", "-n"], input=script.encode(), check=True)
    [dag] = blocks("python")
    ast.parse(dag)
    [workflow] = blocks("yaml")
    jobs = yaml.safe_load(workflow)["jobs"]
    assert [step.get("run") for step in jobs["build"]["steps"]] == [None, "make build"]
