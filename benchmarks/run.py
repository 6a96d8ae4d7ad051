"""Measure `dbt build` beside the pandas way on the same raw files.

    python benchmarks/run.py --customers 1000000

generates the files where they are not there yet, runs `pandas_way.py` and the
project's `dbt build` one after the other, and prints a markdown table of wall time
and peak memory, then the slowest dbt nodes. With `--lifetime-value` it then computes
lifetime value once more, alone, and prints the time of each of its nodes.

How it is measured:

- Each way is one child process, from its start (imports included) to its end.
- Peak memory is the maximum resident set that the operating system reports for the
  child when it ends (`wait4`): of the child or, where larger, of one of the processes
  that it started and waited for. Both ways are a single process.
- The raw files are read once before each way, so that neither pays for a cold disk.
- Generating runs in a process of its own: on Linux a child's maximum starts at the
  size of the parent that started it, so this one stays small.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

BENCHMARKS: Final = Path(__file__).resolve().parent
TABLES: Final = ("customers", "orders", "visits", "reviews")
LOG_LINES_ON_FAILURE: Final = 40
# From purchase days to what every customer is expected to spend. The features are on
# the way, but are not there for lifetime value alone.
LIFETIME_VALUE: Final = "int_customer_repeat_purchases+,+customer_lifetime_value"
NOT_LIFETIME_VALUE: Final = "customer_features"
# All that Python reads for it.
READ_BY_PYTHON: Final = ("int_lifetime_value_training", "int_lifetime_value_pairs")


@dataclass(frozen=True)
class Measurement:
    """What a finished child process used.

    Attributes:
        seconds: wall time.
        peak_bytes: maximum resident set.
        exit_code: as of `subprocess`: negative for the signal that ended it.
    """

    seconds: float
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
    return Measurement(seconds, usage.ru_maxrss * unit, child.returncode)


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


def run_pandas(folder: Path, log: Path) -> Measurement:
    """Run the pandas way; that it runs out of memory is a result, not an error.

    Raises:
        SystemExit: it failed for another reason.
    """
    read_once(folder)
    command = [sys.executable, str(BENCHMARKS / "pandas_way.py"), str(folder)]
    measurement = measure(command, log, BENCHMARKS)
    text = last_lines(log)
    killed = measurement.exit_code == -signal.SIGKILL
    if measurement.exit_code != 0 and not killed and "MemoryError" not in text:
        sys.exit(f"{text}\n\nthe pandas way failed, see {log}")
    return measurement


def dbt_command(
    subcommand: str, project: Path, folder: Path, target: Path
) -> list[str]:
    """Return the dbt command that reads the raw files of a folder."""
    dbt = Path(sys.executable).with_name("dbt")
    if not dbt.exists():
        sys.exit(f"no dbt beside {sys.executable}: run this in the project's venv")
    variables = {
        "crm_location": f"read_parquet('{folder}/{{name}}/*.parquet')",
        "crm_tables": TABLES,
    }
    return [
        str(dbt),
        subcommand,
        f"--project-dir={project}",
        f"--profiles-dir={project}",
        f"--target-path={target}",
        f"--log-path={target}",
        f"--vars={json.dumps(variables)}",
    ]


def run_dbt(
    command: Sequence[str],
    project: Path,
    target: Path,
    environment: Mapping[str, str],
) -> Measurement:
    """Run dbt on a warehouse.

    Raises:
        SystemExit: it failed; says how.
    """
    # Without what an earlier run parsed, so that every run does the same.
    shutil.rmtree(target, ignore_errors=True)
    log = target.with_suffix(".log")
    print(f"{shlex.join(command)}\n", flush=True)
    measurement = measure(command, log, project, environment)
    if measurement.exit_code != 0:
        sys.exit(
            f"{last_lines(log)}\n\ndbt failed (exit code {measurement.exit_code}) "
            f"after {measurement.seconds:.0f} s, see {log}"
        )
    return measurement


def count_segmented_customers(warehouse: Path) -> int:
    """Return the number of rows of the table of customer segments.

    Raises:
        SystemExit: there are none.
    """
    # Imported after everything is measured: see the module's docstring.
    import duckdb

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute("select count(*) from main.customer_segments")
        (count,) = rows.fetchall()[0]
    if not count:
        sys.exit(f"dbt build succeeded, but customer_segments in {warehouse} is empty")
    return int(count)


def count_rows(warehouse: Path, tables: Sequence[str]) -> int:
    """Return the number of rows of all these tables together."""
    import duckdb

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        counts = [
            connection.execute(
                f"select count(*) from main_internal.{table}"
            ).fetchall()[0][0]
            for table in tables
        ]
    return sum(map(int, counts))


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a markdown table: the first column is text, all others are numbers."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]

    def line(cells: Sequence[str]) -> str:
        first = cells[0].ljust(widths[0])
        others = (c.rjust(w) for c, w in zip(cells[1:], widths[1:], strict=True))
        return f"| {' | '.join([first, *others])} |"

    return "\n".join(map(line, [header, rule, *rows]))


def comparison(
    pandas: Measurement | None, pandas_customers: int, dbt: Measurement, customers: int
) -> str:
    """Return the table of both ways and the ratio of dbt to pandas.

    Where pandas ran on fewer customers, its time is also multiplied up to all of
    them, as a line of its own that says so; its memory is not.
    """

    def cells(name: str, number: int, measured: Measurement) -> list[str]:
        peak = f"{measured.peak_bytes / 1e9:.2f}"
        if measured.exit_code == 0:
            return [name, f"{number:,}", f"{measured.seconds:.1f}", peak]
        end = f"out of memory after {measured.seconds:.1f}"
        return [name, f"{number:,}", end, peak]

    rows = []
    if pandas is not None:
        rows.append(cells("pandas way", pandas_customers, pandas))
    rows.append(cells("dbt build", customers, dbt))
    if pandas is not None and pandas.exit_code == 0:
        factor = customers / pandas_customers
        seconds = pandas.seconds * factor
        memory_ratio = "-"
        if factor == 1:
            memory_ratio = f"{dbt.peak_bytes / pandas.peak_bytes:.2f}"
        else:
            name = f"pandas way, {factor:g} times its time (not measured)"
            rows.insert(1, [name, f"{customers:,}", f"{seconds:.1f}", "-"])
        time_ratio = f"{dbt.seconds / seconds:.2f}"
        rows.append(["dbt build / pandas way", "", time_ratio, memory_ratio])
    return markdown(["", "customers", "wall time (s)", "peak memory (GB)"], rows)


def results(target: Path) -> list[dict[str, Any]]:
    """Return what dbt wrote of each node that it ran."""
    artifact = json.loads((target / "run_results.json").read_text())
    return list(artifact["results"])


def slowest_nodes(target: Path, count: int) -> str:
    """Return tables of the slowest nodes and of the time by kind of node."""
    nodes: list[list[str]] = []
    seconds: dict[str, float] = defaultdict(float)
    numbers: dict[str, int] = defaultdict(int)
    for result in sorted(results(target), key=lambda result: -result["execution_time"]):
        kind, _, name = result["unique_id"].split(".", maxsplit=2)
        seconds[kind] += result["execution_time"]
        numbers[kind] += 1
        if len(nodes) < count:
            nodes.append([f"{kind} {name}", f"{result['execution_time']:.2f}"])
    kinds = [
        [kind, str(numbers[kind]), f"{total:.2f}"]
        for kind, total in sorted(seconds.items(), key=lambda item: -item[1])
    ]
    return "\n\n".join(
        [
            markdown(["slowest nodes", "seconds"], nodes),
            markdown(["kind of node", "nodes", "seconds"], kinds),
        ]
    )


def lifetime_value_nodes(target: Path, measurement: Measurement, rows: int) -> str:
    """Return a table of the models in the order in which they were built.

    Args:
        target: folder of the artifacts of dbt.
        measurement: of the whole process, dbt's start included.
        rows: that Python read.
    """
    built = [
        (
            datetime.fromisoformat(result["timing"][0]["started_at"]),
            datetime.fromisoformat(result["timing"][-1]["completed_at"]),
            result["unique_id"].rpartition(".")[2],
            float(result["execution_time"]),
        )
        for result in results(target)
        if result["unique_id"].startswith("model.")
    ]
    nodes = [[name, f"{seconds:.2f}"] for _, _, name, seconds in sorted(built)]
    first = min(started for started, _, _, _ in built)
    last = max(completed for _, completed, _, _ in built)
    together = (last - first).total_seconds()
    nodes.append(["from the first to the last", f"{together:.2f}"])
    return (
        f"{markdown(['lifetime value', 'seconds'], nodes)}\n\n"
        f"dbt took {measurement.seconds:.1f} s with its start, and "
        f"{measurement.peak_bytes / 1e9:.2f} GB at its peak; Python read {rows:,} rows."
    )


def parse_arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description="Measure dbt build beside the pandas way on the same raw files."
    )
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument(
        "--pandas-customers",
        type=int,
        help="run the pandas way on fewer, and multiply its time (default: on all)",
    )
    parser.add_argument("--skip-pandas", action="store_true")
    parser.add_argument(
        "--skip-build",
        action="store_true",
        help="take the warehouse that an earlier run has built",
    )
    parser.add_argument(
        "--lifetime-value",
        action="store_true",
        help="compute lifetime value once more, alone",
    )
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path("build/benchmark"),
        help="of the raw files, the warehouse and the logs",
    )
    parser.add_argument(
        "--publish",
        action="store_true",
        help="let dbt build publish the public tables at its end",
    )
    parser.add_argument("--memory-limit", default="8GB", help="of DuckDB in dbt build")
    parser.add_argument(
        "--project", type=Path, default=BENCHMARKS.parent, help="that dbt builds"
    )
    parser.add_argument("--slowest", type=int, default=15, help="nodes to list")
    arguments = parser.parse_args()
    arguments.pandas_customers = arguments.pandas_customers or arguments.customers
    return arguments


def main() -> None:
    """Run the command line."""
    arguments = parse_arguments()
    customers: int = arguments.customers
    pandas_customers: int = arguments.pandas_customers
    directory: Path = arguments.directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)

    pandas = None
    if not arguments.skip_pandas:
        generate(pandas_customers, directory / str(pandas_customers))
        log = directory / f"pandas_{pandas_customers}.log"
        pandas = run_pandas(directory / str(pandas_customers), log)
        print(f"pandas way: {last_lines(log)}", flush=True)

    folder = directory / str(customers)
    generate(customers, folder)
    project: Path = arguments.project.resolve()
    warehouse = directory / f"warehouse_{customers}.duckdb"

    def measure_dbt(subcommand: str, target: Path, *more: str) -> Measurement:
        read_once(folder)
        return run_dbt(
            [*dbt_command(subcommand, project, folder, target), *more],
            project,
            target,
            {
                "SEGMENTATION_DATABASE": str(warehouse),
                "SEGMENTATION_MEMORY_LIMIT": arguments.memory_limit,
                "SEGMENTATION_SERVE": str(directory / "serve"),
                "SEGMENTATION_PUBLISH": "1" if arguments.publish else "0",
            },
        )

    if not arguments.skip_build:
        for old in (warehouse, warehouse.with_name(f"{warehouse.name}.wal")):
            old.unlink(missing_ok=True)
        target = directory / f"target_{customers}"
        dbt = measure_dbt("build", target)
        segmented = count_segmented_customers(warehouse)
        print(comparison(pandas, pandas_customers, dbt, customers))
        print(
            f"\ncustomer_segments has {segmented:,} rows for {customers:,} raw "
            f"customers; the warehouse takes {warehouse.stat().st_size / 1e9:.2f} GB.\n"
        )
        print(slowest_nodes(target, arguments.slowest))
        print("\nNodes run side by side: their seconds exceed those of the build.\n")

    if arguments.lifetime_value:
        target = directory / f"lifetime_value_{customers}"
        alone = measure_dbt(
            "run",
            target,
            f"--select={LIFETIME_VALUE}",
            f"--exclude={NOT_LIFETIME_VALUE}",
        )
        rows = count_rows(warehouse, READ_BY_PYTHON)
        print(lifetime_value_nodes(target, alone, rows))


if __name__ == "__main__":
    main()
