"""The sample on a cluster: a master and two workers on this machine.

`make test-spark-cluster` runs it, in the order of the file. It takes some forty minutes
of a busy machine with two cores, a third of it for the first build.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from compare_engines import compare, read
from spark_cluster import Cluster, in_words, running_cluster

PROJECT = Path(__file__).resolve().parents[2]
DBT = Path(sys.executable).with_name("dbt")
TIMEOUT_SECONDS = 1800
OF_SPARK = ("--selector", "spark")
# Without what tests models and tables, which the first build did.
UNTESTED = ("--exclude-resource-types", "test", "--exclude-resource-types", "unit_test")
FROM_ORDERS = ("--select", "int_customer_orders+,+customer_segments", *UNTESTED)
FROM_REGISTRY = ("--select", "segmentation_registry+,+customer_segments", *UNTESTED)
# With the history, holdouts and audiences of a second build.
ALL_FROM_REGISTRY = (
    *("--select", "segmentation_registry+", "--exclude", "tag:comparison"),
    *UNTESTED,
)
COMPLETE_JOURNEY = (
    *("build", *OF_SPARK, "--vars"),
    "{source_systems: [complete_journey], observation_anchor: 2018-01-01}",
)
# More segments than the sample gets by itself.
OTHER_VARS = ("--vars", "{n_segments: 4}")
SEGMENTS = ("customer_segments", "customer_segment_memberships")


@dataclass
class Warehouse:
    """A warehouse of either engine, and the cluster if it has one."""

    folder: Path
    cluster: Cluster | None = None

    @property
    def database(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def tables(self) -> Path:
        return self.folder / "warehouse"

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        inherited = self.cluster.environment if self.cluster else dict(os.environ)
        return subprocess.Popen(
            [
                *(DBT, "--no-use-colors", *arguments),
                *("--target", "spark" if self.cluster else "duckdb"),
                *("--target-path", self.folder / "target"),
            ],
            cwd=PROJECT,
            env=inherited
            | {
                "PYTHONPATH": "python",
                "SEGMENTATION_DATABASE": str(self.database),
                "SEGMENTATION_PUBLISH": "0",
                "SPARK_WAREHOUSE": str(self.tables),
                "SPARK_METASTORE": str(self.folder / "metastore"),
            },
            stdout=(self.folder / "output").open("w"),
            stderr=subprocess.STDOUT,
            text=True,
        )

    def output(self) -> str:
        return (self.folder / "output").read_text(encoding="utf-8")

    def run(self, *arguments: str) -> None:
        status = self.start(*arguments).wait(TIMEOUT_SECONDS)
        assert status == 0, self.output()

    def ask(self, statement: str) -> None:
        self.run("run-operation", "run_query", "--args", f"{{sql: {statement}}}")

    def carry_registry(self, operation: str, folder: Path) -> None:
        self.run("run-operation", operation, "--args", f"{{folder: {folder}}}")

    def rows(self, name: str) -> list[str]:
        """All rows of a table as text, in order."""
        schema, _, table = name.rpartition(".")
        relation, database = name, str(self.database)
        if self.cluster:
            files = self.tables / f"{schema or 'main'}.db" / table
            relation, database = f"read_parquet('{files}/*.parquet')", ":memory:"
        with duckdb.connect(database, read_only=self.cluster is None) as connection:
            rows = read(connection, relation).itertuples(index=False, name=None)
        return sorted(map(str, rows))


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("duckdb"))
    warehouse.run("build", *OF_SPARK)
    return warehouse


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if shutil.which("java") is None:
        pytest.skip("Java is not installed: Spark needs Java 17")
    with running_cluster(tmp_path_factory.mktemp("cluster") / "cluster") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def on_cluster(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("spark"), cluster)
    warehouse.run("build", *OF_SPARK)
    return warehouse


def differences(on_duckdb: Warehouse, on_cluster: Warehouse) -> dict[str, str]:
    found = compare(on_duckdb.database, on_cluster.tables)
    assert set(SEGMENTS) <= set(found)
    return {name: what for name, what in found.items() if what is not None}


def test_every_public_table_is_that_of_duckdb(
    on_duckdb: Warehouse, on_cluster: Warehouse
) -> None:
    assert differences(on_duckdb, on_cluster) == {}


@pytest.mark.skipif(
    "COMPLETE_JOURNEY_LOCATION" not in os.environ,
    reason="COMPLETE_JOURNEY_LOCATION does not say where the real households are",
)
def test_every_public_table_of_real_households_is_that_of_duckdb(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> None:
    on_duckdb = Warehouse(tmp_path_factory.mktemp("households_on_duckdb"))
    on_cluster = Warehouse(tmp_path_factory.mktemp("households_on_spark"), cluster)
    for warehouse in (on_duckdb, on_cluster):
        warehouse.run(*COMPLETE_JOURNEY)
    assert differences(on_duckdb, on_cluster) == {}


def test_both_workers_did_their_part(on_cluster: Warehouse) -> None:
    assert on_cluster.cluster is not None
    print("\n".join(in_words(on_cluster.cluster, with_tables=True)))
    tasks = on_cluster.cluster.tasks()
    assert set(tasks) == {"0", "1"}
    assert min(tasks.values()) > max(tasks.values()) / 3


def test_a_build_that_loses_a_worker_gives_the_same_rows(
    on_duckdb: Warehouse, on_cluster: Warehouse
) -> None:
    """The tests after it have one worker."""
    assert on_cluster.cluster is not None
    build = on_cluster.start("build", *FROM_ORDERS)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while "START sql table model main.customer_features" not in on_cluster.output():
        assert build.poll() is None, on_cluster.output()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    on_cluster.cluster.kill_worker(0)
    assert build.wait(TIMEOUT_SECONDS) == 0, on_cluster.output()
    assert "worker lost" in on_cluster.output()
    assert differences(on_duckdb, on_cluster) == {}


def test_versions_fitted_on_duckdb_score_on_spark(
    on_duckdb: Warehouse, on_cluster: Warehouse, tmp_path: Path
) -> None:
    fitted = Warehouse(tmp_path)
    shutil.copyfile(on_duckdb.database, fitted.database)
    fitted.run("build", *ALL_FROM_REGISTRY, *OTHER_VARS)
    fitted.carry_registry("export_registry", tmp_path / "registry")

    # As if the build before had stopped while it wrote this table anew.
    snapshot = "main_internal.customer_segment_snapshot"
    on_cluster.ask(f"alter table {snapshot} rename to {snapshot}__next")
    # A warehouse takes a registry where it has none.
    on_cluster.ask("drop table main_internal.segmentation_registry")
    on_cluster.carry_registry("import_registry", tmp_path / "registry")
    on_cluster.run("build", *ALL_FROM_REGISTRY, *OTHER_VARS)

    registry = "main_internal.segmentation_registry"
    assert on_cluster.rows(registry) == fitted.rows(registry)
    assert fitted.rows("customer_segment_changes")
    assert differences(fitted, on_cluster) == {}


def test_versions_fitted_on_spark_score_on_duckdb(
    on_cluster: Warehouse, tmp_path: Path
) -> None:
    """The versions of the test before: the first is of DuckDB, this one of Spark."""
    refit = ("--vars", "{n_segments: 5}")
    on_cluster.run("build", *FROM_REGISTRY, *refit)
    on_cluster.carry_registry("export_registry", tmp_path / "registry")

    scored = Warehouse(tmp_path)
    scored.carry_registry("import_registry", tmp_path / "registry")
    scored.run("build", "--select", "+customer_segments", *UNTESTED, *refit)

    registry = "main_internal.segmentation_registry"
    assert scored.rows(registry) == on_cluster.rows(registry)
    found = compare(scored.database, on_cluster.tables)
    assert {name: found[name] for name in SEGMENTS} == dict.fromkeys(SEGMENTS)
