"""Run a command as a child process and measure it; shared by the benchmarks."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

BENCHMARKS: Final = Path(__file__).resolve().parent
TABLES: Final = ("customers", "orders", "visits", "reviews")
LOG_LINES_ON_FAILURE: Final = 40
READ_CURRENT_DATE: Final = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    [(day,)] = connection.execute(
        "select max(observation_date) from main.customer_segments"
    ).fetchall()
print(day)
"""


@dataclass(frozen=True)
class Measurement:
    """What a finished child process used.

    Attributes:
        seconds: wall time.
        processor_seconds: of all processors together, for it and for the processes that
            it waited for.
        peak_bytes: maximum resident set.
        exit_code: as of `subprocess`: negative for the signal that ended it.
    """

    seconds: float
    processor_seconds: float
    peak_bytes: int
    exit_code: int


def measure(
    command: Sequence[str],
    log: Path,
    directory: Path,
    environment: Mapping[str, str] | None = None,
) -> Measurement:
    """Run a command to its end and measure it.

    Args:
        command: program and arguments.
        log: file that gets everything it prints.
        directory: where it runs.
        environment: variables on top of those of this process.
    """
    with log.open("wb") as output:
        started = time.perf_counter()
        child = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env={**os.environ, **(environment or {})},
        )
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            raise
        seconds = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    # The unit of ru_maxrss is the byte on macOS and the kibibyte elsewhere.
    unit = 1 if sys.platform == "darwin" else 1024
    return Measurement(
        seconds,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss * unit,
        child.returncode,
    )


def generate(customers: int, folder: Path) -> None:
    """Write the raw files of a number of customers, unless they are there already."""
    subprocess.run(
        [
            sys.executable,
            str(BENCHMARKS / "generate.py"),
            f"--customers={customers}",
            f"--output={folder}",
        ],
        check=True,
    )


def link_files(folder: Path, output: Path) -> None:
    """Have the files of a folder in another one too, which is emptied first."""
    shutil.rmtree(output, ignore_errors=True)
    shutil.copytree(folder, output, copy_function=os.link)


def generate_next_day(customers: int, folder: Path, *options: str) -> None:
    """Write one more day beside the raw files of a number of customers."""
    subprocess.run(
        [
            sys.executable,
            str(BENCHMARKS / "next_day.py"),
            f"--customers={customers}",
            f"--folder={folder}",
            *options,
        ],
        check=True,
    )


def current_date(warehouse: Path) -> date:
    """Return the day as of which customers have their segments.

    Another process reads it: this one stays small, see run.py.
    """
    found = subprocess.run(
        [sys.executable, "-c", READ_CURRENT_DATE, str(warehouse)],
        check=True,
        capture_output=True,
        text=True,
    )
    return date.fromisoformat(found.stdout.strip())


def read_once(folder: Path) -> None:
    """Read all raw files, so that the operating system has them at hand."""
    for file in sorted(folder.glob("*/*.parquet")):
        with file.open("rb", buffering=0) as content:
            while content.read(1 << 24):
                pass


def last_lines(log: Path) -> str:
    """Return the end of a log."""
    lines = log.read_text(errors="replace").splitlines()
    return "\n".join(lines[-LOG_LINES_ON_FAILURE:])


def run_dbt(
    subcommand: str,
    arguments: Sequence[str],
    *,
    project: Path,
    folder: Path,
    warehouse: Path,
    target: Path,
    memory_limit: str,
    is_publishing: bool = False,
) -> Measurement:
    """Run dbt on the raw files of a folder, with nothing parsed before.

    Args:
        subcommand: of dbt.
        arguments: what follows it.
        project: that dbt builds.
        folder: of the raw files.
        warehouse: the file that dbt writes to.
        target: folder of the artifacts of dbt; is emptied first.
        memory_limit: of DuckDB.
        is_publishing: whether the build publishes, to a folder in `target`.

    Raises:
        SystemExit: it failed; says how.
    """
    dbt = Path(sys.executable).with_name("dbt")
    if not dbt.exists():
        sys.exit(f"no dbt beside {sys.executable}: run this in the project's venv")
    variables = {
        "crm_location": f"read_parquet('{folder}/{{name}}/*.parquet')",
        "crm_tables": TABLES,
    }
    command = [
        str(dbt),
        subcommand,
        f"--project-dir={project}",
        f"--profiles-dir={project}",
        f"--target-path={target}",
        f"--log-path={target}",
        f"--vars={json.dumps(variables)}",
        *arguments,
    ]
    shutil.rmtree(target, ignore_errors=True)
    read_once(folder)
    log = target.with_suffix(".log")
    print(f"{shlex.join(command)}\n", flush=True)
    environment = {
        "SEGMENTATION_DATABASE": str(warehouse),
        "SEGMENTATION_MEMORY_LIMIT": memory_limit,
        "SEGMENTATION_PUBLISH": "1" if is_publishing else "0",
        "SEGMENTATION_SERVE": str(target / "serve"),
    }
    measurement = measure(command, log, project, environment)
    if measurement.exit_code != 0:
        sys.exit(
            f"{last_lines(log)}\n\ndbt failed (exit code {measurement.exit_code}) "
            f"after {measurement.seconds:.0f} s, see {log}"
        )
    return measurement


def results(target: Path) -> list[dict[str, Any]]:
    """Return what dbt wrote of each node that it ran."""
    artifact = json.loads((target / "run_results.json").read_text())
    return list(artifact["results"])


def delete_warehouse(warehouse: Path) -> None:
    """Delete a DuckDB file, if it is there, and its log."""
    for file in (warehouse, warehouse.with_name(f"{warehouse.name}.wal")):
        file.unlink(missing_ok=True)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a markdown table: the first column is text, all others are numbers."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]

    def line(cells: Sequence[str]) -> str:
        first = cells[0].ljust(widths[0])
        others = (c.rjust(w) for c, w in zip(cells[1:], widths[1:], strict=True))
        return f"| {' | '.join([first, *others])} |"

    return "\n".join(map(line, [header, rule, *rows]))
