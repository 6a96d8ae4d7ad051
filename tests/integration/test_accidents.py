"""The tools that make faults and kill builds find nothing, as far as there is time."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PROJECT


@pytest.mark.parametrize(
    ("tool", "count", "outcome"),
    [
        ("fuzz", "2", "2  built, all accounted for"),
        ("torture", "1", "1  as without the kill"),
    ],
)
def test_accidents_do_no_harm(
    tool: str, count: str, outcome: str, tmp_path: Path
) -> None:
    result = subprocess.run(
        [
            *[sys.executable, str(PROJECT / "tools" / f"{tool}.py")],
            *["--count", count, "--folder", str(tmp_path)],
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr[-2000:]
    assert outcome in result.stdout
