"""Break the code on purpose and say which check finds it.

    python tools/mutate.py tests/mutations/whole_build.toml [--only WORDS]

Each fault of the list is put into a copy of the tracked files, alone, and the list's
checks run there in their order until one fails. A fault that no check finds is a gap in
the tests; the exit status is the number of them.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any


def main() -> int:
    """Run the faults of a list and print what found each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faults", type=Path, help="a list in tests/mutations/")
    parser.add_argument("--only", default="", help="words in the names to run")
    parser.add_argument("--repo", type=Path, default=Path.cwd())
    arguments = parser.parse_args()

    faults = tomllib.loads(arguments.faults.read_text(encoding="utf-8"))
    missed = 0
    for fault in faults["mutation"]:
        if arguments.only in fault["name"]:
            started = time.monotonic()
            found_by = find(fault, faults["checks"], arguments.repo.resolve())
            missed += found_by is None
            seconds = time.monotonic() - started
            print(f"{fault['name']}: {found_by or 'MISSED'} ({seconds:.0f} s)")
            sys.stdout.flush()
    return missed


def find(fault: dict[str, Any], checks: dict[str, str], repo: Path) -> str | None:
    """Return the check that finds a fault, with its first words of failure, or None.

    Raises
    ------
    ValueError
        If the replaced text does not stand exactly once in the file.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        copy_tracked_files(repo, folder)
        file = folder / fault["file"]
        text = file.read_text(encoding="utf-8")
        if text.count(fault["old"]) != 1:
            raise ValueError(
                f"{fault['file']} has the text of {fault['name']!r} "
                f"{text.count(fault['old'])} times; expected it once."
            )
        file.write_text(text.replace(fault["old"], fault["new"]), encoding="utf-8")
        (folder / "build").mkdir()
        for check in fault["checks"]:
            result = run(checks.get(check, check), folder)
            if result.returncode != 0:
                return f"{check}: {first_failure(result.stdout)}"
    return None


def copy_tracked_files(repo: Path, folder: Path) -> None:
    """Copy what git tracks or would track to a new folder."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=repo,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in listed.stdout.splitlines():
        if (repo / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(repo / name, folder / name)


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a check with the tools of this environment first on the path."""
    tools = str(Path(sys.executable).parent)
    return subprocess.run(
        command,
        cwd=folder,
        shell=True,
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "PATH": tools + os.pathsep + os.environ["PATH"],
            "DBT_USE_COLORS": "false",
        },
    )


def first_failure(output: str) -> str:
    """Return the line of a check's output that names what failed first."""
    for line in output.splitlines():
        if any(word in line for word in ("FAILED ", "Failure in", " Error in")):
            return line.strip()[-120:]
    return "failed"


if __name__ == "__main__":
    sys.exit(main())
