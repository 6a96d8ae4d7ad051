"""Two of the random faults of `make fuzz`; more of them is for the tool."""

import subprocess
import sys
from pathlib import Path

from conftest import PROJECT


def test_random_faults_do_no_harm(tmp_path: Path) -> None:
    result = subprocess.run(
        [
            *[sys.executable, str(PROJECT / "tools" / "fuzz.py")],
            *["--count", "2", "--folder", str(tmp_path)],
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr[-2000:]
    assert "2  built, all accounted for" in result.stdout
