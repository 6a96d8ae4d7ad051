"""Measure `dbt build` beside the pandas way on the same raw files.

    python benchmarks/run.py --customers 1000000

generates the files where they are not there yet and runs, one after the other and
several times in turn:

- the pandas way: `pandas_way.py`;
- the core: what gives customers a segment and segments their evaluation, without tests;
- everything: `dbt build` with all tests of the data;
- the next day: everything once more with one more day of records, in the warehouse that
  is there; so on a day with which another past observation date begins; and so where
  past orders and customers have changed too;
- the floor: `floor.sql`, the least SQL that gives the same segments.

It prints a markdown table of their time and memory, the slowest dbt nodes, and the rows
of the public tables, and fails where one of these is lost or the floor has other
segments than the warehouse.

How it is measured:

- Each way is one child process, from its start (imports included) to its end.
- Peak memory is the maximum resident set that the operating system reports for the
  child when it ends (`wait4`): of the child or, where larger, of one of the processes
  that it started and waited for. All ways are a single process.
- The raw files are read once before each way, so that none pays for a cold disk.
- A build starts with nothing: without a warehouse and without what an earlier one
  parsed. That of the next day starts with both, as everything left them.
- Generating runs in a process of its own: on Linux a child's maximum starts at the
  size of the parent that started it, so this one stays small.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import signal
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Final

import growth
import public_tables
from measuring import (
    BENCHMARKS,
    Measurement,
    current_date,
    delete_warehouse,
    generate,
    generate_next_day,
    last_lines,
    link_files,
    markdown,
    measure,
    read_once,
    results,
    run_dbt,
)

# What the ways are compared on: neither may change without being seen.
HASHED: Final = ("pandas_way.py", "generate.py")
CORE: Final = (
    "--select",
    "+customer_segments",
    "+segment_evaluation",
    "--exclude-resource-type",
    "test",
    "unit_test",
)
EVERYTHING: Final = ("--exclude-resource-type", "unit_test")
# The day that follows the log of generate.py.
NEXT_DAY: Final = date(2026, 1, 1)
# The defaults of dbt_project.yml, by which a past observation date is added.
OBSERVATION_ANCHOR: Final = date(2000, 1, 1)
OUTCOME_WINDOW_DAYS: Final = 90
# Pandas holds all in memory, and more customers than these on few machines.
MOST_PANDAS_CUSTOMERS: Final = 1_000_000
# A customer on the border of two segments may be added up in another order.
LEAST_AGREEMENT: Final = 0.9999


def hashes() -> str:
    """Return the beginning of the hash of each file that stays as it is."""
    return ", ".join(
        f"{name} {hashlib.sha256((BENCHMARKS / name).read_bytes()).hexdigest()[:12]}"
        for name in HASHED
    )


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


def run_floor(
    folder: Path, warehouse: Path, output: Path, memory_limit: str
) -> Measurement:
    """Run the least SQL into a new file.

    Raises:
        SystemExit: it failed; says how.
    """
    delete_warehouse(output)
    read_once(folder)
    log = output.with_suffix(".log")
    script = [sys.executable, str(BENCHMARKS / "floor.py"), "--memory-limit"]
    files = [str(folder), str(warehouse), str(output)]
    measurement = measure([*script, memory_limit, *files], log, BENCHMARKS)
    if measurement.exit_code != 0:
        sys.exit(f"{last_lines(log)}\n\nthe floor failed, see {log}")
    return measurement


def agreement(warehouse: Path, floor: Path) -> float:
    """Return the share of customers who have the segment that the floor gives them."""
    # Imported after everything is measured: see the module's docstring.
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        connection.execute(f"attach '{floor}' as floor (read_only)")
        rows = connection.execute(
            """
            select avg(cast(
                built.segment_id is not distinct from least_sql.segment_id as int
            ))
            from warehouse.main.customer_segments as built
            full join floor.main.customer_segments as least_sql
                on built.customer_id = cast(least_sql.customer_id as varchar)
            """
        ).fetchall()
    return float(rows[0][0])


def cells(
    name: str,
    customers: int,
    runs: Sequence[Measurement],
    reference: tuple[float, float] | None,
) -> list[str]:
    """Return the line of a way: medians, the spread of time, and both ratios.

    Args:
        name: of the way.
        customers: that it segmented.
        runs: of the way.
        reference: seconds and bytes of the pandas way, where it has run.
    """
    seconds = median(run.seconds for run in runs)
    peak = median(run.peak_bytes for run in runs)
    least, *_, greatest = sorted([runs[0].seconds, *(run.seconds for run in runs)])
    time = f"{seconds:.1f}"
    if any(run.exit_code for run in runs):
        time = f"out of memory after {seconds:.1f}"
    return [
        name,
        f"{customers:,}",
        time,
        f"{least:.1f} to {greatest:.1f}",
        f"{median(run.processor_seconds for run in runs):.1f}",
        f"{peak / 1e9:.2f}",
        "-" if reference is None else f"{seconds / reference[0]:.2f}",
        "-" if reference is None else f"{peak / reference[1]:.2f}",
    ]


def comparison(
    ways: dict[str, Sequence[Measurement]], customers: int, pandas_customers: int
) -> str:
    """Return the table of all ways and their ratios to the pandas way.

    Where pandas ran on fewer customers, ratios are to its time multiplied up to all of
    them and to the memory that it took for the fewer.
    """
    pandas = ways.get("pandas way", [])
    reference = None
    if pandas and not any(run.exit_code for run in pandas):
        reference = (
            median(run.seconds for run in pandas) * customers / pandas_customers,
            median(run.peak_bytes for run in pandas),
        )
    rows = []
    for name, runs in ways.items():
        number = pandas_customers if name == "pandas way" else customers
        rows.append(cells(name, number, runs, reference))
    time = "pandas' time"
    if customers != pandas_customers:
        time = f"{customers / pandas_customers:g} x pandas' time"
    header = [
        *["", "customers", "wall time (s)", "least to most", "processor time (s)"],
        *["peak memory (GB)", f"/ {time}", "/ pandas' memory"],
    ]
    return markdown(header, rows)


def ways_of_all(
    ways: Mapping[str, Sequence[Measurement]], customers: int, pandas_customers: int
) -> dict[str, Sequence[Measurement]]:
    """Return the ways that ran on all customers: on fewer is the pandas way alone."""
    return {
        name: runs
        for name, runs in ways.items()
        if name != "pandas way" or pandas_customers == customers
    }


def next_grid_date(day: date) -> date:
    """Return the first past observation date of all builds that is not before a day."""
    windows = -((OBSERVATION_ANCHOR - day).days // OUTCOME_WINDOW_DAYS)
    return OBSERVATION_ANCHOR + timedelta(days=windows * OUTCOME_WINDOW_DAYS)


# The day, and how else its records differ from those of the first, which leaves the
# grid of past observation dates as it is.
NEXT_DAYS: Final[Mapping[str, tuple[date, Sequence[str]]]] = {
    "next day": (NEXT_DAY, ()),
    "next day, a window begins": (next_grid_date(NEXT_DAY), ()),
    "next day, records changed": (NEXT_DAY, ("--change-records",)),
}


def share_of_everything(ways: Mapping[str, Sequence[Measurement]], name: str) -> str:
    """Return in a sentence what a way takes of what everything takes."""

    def share(of: Callable[[Measurement], float]) -> str:
        taken, whole = (median(map(of, ways[way])) for way in (name, "everything"))
        return f"{100 * taken / whole:.0f} %"

    return (
        f"{name}: {share(lambda run: run.seconds)} of the time of everything, "
        f"{share(lambda run: run.processor_seconds)} of its processor time, "
        f"{share(lambda run: run.peak_bytes)} of its memory"
    )


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


def parse_arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description="Measure dbt build beside the pandas way on the same raw files."
    )
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument(
        "--pandas-customers",
        type=int,
        help="run the pandas way on fewer, and multiply its time "
        f"(default: on all, at most {MOST_PANDAS_CUSTOMERS})",
    )
    parser.add_argument(
        "--repetitions",
        type=int,
        help="of every way (default: 3 up to a million customers, else 1)",
    )
    parser.add_argument("--skip-pandas", action="store_true")
    parser.add_argument("--skip-core", action="store_true")
    parser.add_argument("--skip-next-day", action="store_true")
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path("build/benchmark"),
        help="of the raw files, the warehouse and the logs",
    )
    parser.add_argument(
        "--publish",
        action="store_true",
        help="let the build of everything publish the public tables at its end",
    )
    parser.add_argument("--memory-limit", default="8GB", help="of DuckDB")
    parser.add_argument(
        "--project", type=Path, default=BENCHMARKS.parent, help="that dbt builds"
    )
    parser.add_argument("--slowest", type=int, default=10, help="nodes to list")
    parser.add_argument(
        "--record",
        action="store_true",
        help="write down what was measured, and the rows of the public tables as those "
        "that are expected",
    )
    arguments = parser.parse_args()
    at_most = min(arguments.customers, MOST_PANDAS_CUSTOMERS)
    arguments.pandas_customers = arguments.pandas_customers or at_most
    few = arguments.customers <= MOST_PANDAS_CUSTOMERS
    arguments.repetitions = arguments.repetitions or (3 if few else 1)
    return arguments


class Run:
    """The builds of a command, and what each way took."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.customers: int = arguments.customers
        self.project: Path = arguments.project.resolve()
        self.directory: Path = arguments.directory.resolve()
        self.directory.mkdir(parents=True, exist_ok=True)
        self.folder = self.directory / str(self.customers)
        # dbt parses nothing anew where the folder of the records is the one of before.
        self.records = self.directory / f"records_{self.customers}"
        self.warehouse = self.directory / f"warehouse_{self.customers}.duckdb"
        self.target = self.directory / f"target_{self.customers}"
        self.floor = self.directory / f"floor_{self.customers}.duckdb"
        self.ways: dict[str, list[Measurement]] = defaultdict(list)

    def measure_ways(self) -> None:
        """Run all ways once, one after the other."""
        link_files(self.folder, self.records)
        if not self.arguments.skip_pandas:
            number = self.arguments.pandas_customers
            log = self.directory / f"pandas_{number}.log"
            self.ways["pandas way"].append(
                run_pandas(self.directory / str(number), log)
            )
            print(f"pandas way: {last_lines(log)}\n", flush=True)
        if not self.arguments.skip_core:
            core = self.directory / f"core_{self.customers}.duckdb"
            delete_warehouse(core)
            self.build("core", core, core.with_suffix(""), CORE)
            delete_warehouse(core)
        delete_warehouse(self.warehouse)
        self.build("everything", self.warehouse, self.target, EVERYTHING)
        limit: str = self.arguments.memory_limit
        self.ways["floor"].append(
            run_floor(self.folder, self.warehouse, self.floor, limit)
        )
        if not self.arguments.skip_next_day:
            for way, (day, options) in NEXT_DAYS.items():
                self.build_next_day(way, day, options)

    def build(
        self, way: str, warehouse: Path, target: Path, selection: Sequence[str]
    ) -> None:
        """Build and measure it."""
        measurement = run_dbt(
            "build",
            selection,
            project=self.project,
            folder=self.records,
            warehouse=warehouse,
            target=target,
            memory_limit=self.arguments.memory_limit,
            is_publishing=self.arguments.publish and way != "core",
        )
        self.ways[way].append(measurement)

    def build_next_day(self, way: str, day: date, options: Sequence[str]) -> None:
        """Build everything again with the records of a day, and undo it.

        Raises:
            SystemExit: the current date is not the day after; says which it is.
        """
        kept = self.warehouse.with_suffix(".kept")
        shutil.copyfile(self.warehouse, kept)
        days_later = (day - NEXT_DAY).days
        generate_next_day(
            self.customers, self.records, f"--days-later={days_later}", *options
        )
        parsed = self.target / "partial_parse.msgpack"
        selection = (*EVERYTHING, f"--partial-parse-file-path={parsed}")
        target = self.directory / f"next_day_{self.customers}"
        self.build(way, self.warehouse, target, selection)
        found = current_date(self.warehouse)
        if found != day + timedelta(days=1):
            sys.exit(
                f"{way}: the current date is {found}; expected the day after {day}"
            )
        kept.replace(self.warehouse)


def main() -> None:
    """Run the command line."""
    arguments = parse_arguments()
    customers: int = arguments.customers
    pandas_customers: int = arguments.pandas_customers
    run = Run(arguments)
    generate(customers, run.folder)
    if not arguments.skip_pandas:
        generate(pandas_customers, run.directory / str(pandas_customers))
    for _ in range(arguments.repetitions):
        run.measure_ways()

    warehouse = run.warehouse
    print(f"{hashes()}; {arguments.repetitions} repetitions\n")
    print(comparison(dict(run.ways), customers, pandas_customers), end="\n\n")
    for way in filter(run.ways.__contains__, NEXT_DAYS):
        print(share_of_everything(run.ways, way), end="\n\n")
    print(f"the warehouse takes {warehouse.stat().st_size / 1e9:.2f} GB\n")
    print(slowest_nodes(run.target, arguments.slowest))
    print("\nNodes run side by side: their seconds exceed those of the build.\n")
    found = public_tables.count_public_tables(warehouse)
    rows = [[name, f"{count:,}"] for name, count in found.items()]
    print(markdown(["public table", "rows"], rows), end="\n\n")
    agreed = agreement(warehouse, run.floor)
    print(f"{100 * agreed:.4f} % of customers have the segment that the floor gives")
    if arguments.record:
        public_tables.record(customers, found)
        growth.record(customers, ways_of_all(run.ways, customers, pandas_customers))
    check(customers, found, agreed, run.project)


def check(customers: int, found: dict[str, int], agreed: float, project: Path) -> None:
    """End with an error where tables are lost or the floor has other segments."""
    sentences = []
    expected = public_tables.read_expected(customers)
    if not expected:
        print(
            f"{public_tables.EXPECTED.name} has no rows of {customers:,} customers; "
            "--record writes them"
        )
    decisions = (project / "docs" / "decisions.md").read_text(encoding="utf-8")
    sentences += public_tables.losses(customers, expected, found, decisions)
    if agreed < LEAST_AGREEMENT:
        sentences.append(
            f"the floor gives {100 * (1 - agreed):.2f} % of customers another segment; "
            "expected those of the warehouse: floor.sql has to follow the features"
        )
    if sentences:
        sys.exit("\n".join(sentences))


if __name__ == "__main__":
    main()
