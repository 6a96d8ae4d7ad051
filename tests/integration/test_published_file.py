"""Readers always find the public tables of one whole build, and nothing else."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy
import yaml
from conftest import ARTIFACTS, DBT, PROJECT, Warehouse, make_once, open_database
from test_privacy import Identities, has_identity, identities, personal_columns

from segmentation.publishing.publish import Publication, publish

__all__ = ["identities"]

# Enough rows for a build to be killed while it writes them.
ROWS = 1_000_000
DESCRIPTION = "One row per thing.\n\n**Primary key**: {}.\n"
# Each table says which build it is of; one is too large for a primary key, and the one
# that is private holds what a reader must not see.
PUBLIC = {
    "segments": (
        "`segmentation_name`, `segment_id`",
        "select 'default' as segmentation_name, 1 as segment_id, "
        "'All' as segment_name, 100 + build as customers, true as is_in_use, build "
        "from {{ ref('int_build') }}",
    ),
    "segmentation_versions": (
        "`segmentation_version`",
        "select 'default' as segmentation_name, 7 as segmentation_version, "
        "'kmeans' as method, 'first_fit' as fit_reason, true as is_in_use, "
        "date '2024-07-01' as training_date, build from {{ ref('int_build') }}",
    ),
    "customers": (
        "`customer_id`",
        f"select range as customer_id, md5(cast(range as varchar)) as text, build, "
        f"{ROWS} * build + range as number "
        f"from {{{{ ref('int_build') }}}}, range({ROWS})",
    ),
}
OF_SNAPSHOT = (
    "1 as segment_id, 1 as segmentation_version, now() as observation_date, "
    "'a' as dbt_scd_id, now() as dbt_updated_at, now() as dbt_valid_from, "
    "now() as dbt_valid_to"
)
PRIVATE = {
    "int_build": "select cast(content as int) as build from read_text('build.txt')",
    "int_input_gate": "select 'No one knows.' as sentence, 'warned' as outcome, "
    "'check' as check_name, 'crm' as source_system, 'orders' as entity, "
    "null as column_name",
    "int_people": "select 'Secret Person' as name",
    "int_check": "select case when content = '99' then error('broken') end as checked "
    "from read_text('build.txt')",
    # Nobody is erased.
    "erasures": "select '' as identifier, '' as identifier_hash where false",
    "int_rewrites": "select '' as erased_hash, now() as rewritten_at where false",
    "int_erased_customers": "select '' as customer_id, true as is_recorded where false",
    **dict.fromkeys(
        ("int_customers_unioned", "int_returned_customers"),
        "select '' as customer_id where false",
    ),
    # No row, but what a build must know of these to go on with them.
    **{
        name: f"select 'default' as segmentation_name, {columns} where false"
        for name, columns in {
            "segmentation_registry": "1 as segmentation_version, 1 as segment_id, "
            "'a' as feature_name, 1 as unit_number, 'a' as parameter, "
            "1 as number_value, 'a' as text_value",
            "customer_segment_snapshot": f"'a' as customer_id, {OF_SNAPSHOT}",
            "segment_name_snapshot": f"'a' as segment_name, {OF_SNAPSHOT}",
            "int_segments_before_history": f"'a' as customer_id, {OF_SNAPSHOT}",
        }.items()
    },
}
# Of a column that has the same value in all rows a reader needs no data. A read takes
# long enough for a build to publish in the middle of it.
QUERIES = (
    "select build from segments",
    "select build from segmentation_versions",
    f"select distinct cast(floor(number / {ROWS}) as int) from customers",
)
READER = """
import json, pathlib, sys, time, duckdb
file, log, stop = map(pathlib.Path, sys.argv[1:4])
found, errors, reads = set(), [], 0
while not stop.exists():
    builds = set()
    try:
        with duckdb.connect(str(file), read_only=True) as connection:
            for query in sys.argv[4:]:
                time.sleep(0.1)
                builds.update(connection.execute(query).fetchall())
            found.add(tuple(sorted(build for (build,) in builds)))
    except Exception as error:
        errors.append(repr(error))
    reads += 1
log.write_text(json.dumps([reads, sorted(found), errors]))
"""


class Small(Warehouse):
    """A small project that logs and publishes as this one does."""

    @property
    def serve(self) -> Path:
        """Where it publishes."""
        return self.folder / "serve"

    @property
    def file(self) -> Path:
        """What readers open."""
        return self.serve / "segments.duckdb"

    def build_number(
        self, number: int, *arguments: str, command: str = "build", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Build tables that say by which build they were made."""
        (self.folder / "build.txt").write_text(str(number), encoding="utf-8")
        return self.run_dbt(
            [command, *arguments],
            environment={"SEGMENTATION_PUBLISH": "1", **environment},
        )

    def read(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the published file."""
        with duckdb.connect(str(self.file), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def summary(self) -> dict[str, Any]:
        """What the publication says of itself."""
        text = (self.serve / "summary.json").read_text(encoding="utf-8")
        found: dict[str, Any] = json.loads(text)
        return found

    def leftovers(self) -> list[Path]:
        """What is in the folder beside what readers open."""
        names = {"segments.duckdb", "summary.json", "parquet"}
        return [path for path in self.serve.iterdir() if path.name not in names]


def write_small_project(folder: Path) -> None:
    """Write a project of a few models with the hooks and macros of this one."""
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    group = {"+group": "customer_segmentation"}
    project["models"] = {
        "customer_segmentation": {
            **group,
            "+materialized": "table",
            "+schema": "internal",
            "+access": "private",
            "public": {
                "+schema": None,
                "+access": "public",
                "+persist_docs": {"relation": True, "columns": True},
            },
        }
    }
    del project["seeds"], project["snapshots"]
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(project), encoding="utf-8")
    models = folder / "models"
    (models / "public").mkdir(parents=True)
    properties = []
    for name, (key, query) in PUBLIC.items():
        (models / "public" / f"{name}.sql").write_text(query, encoding="utf-8")
        meta = {"grain": "customer"} if name == "customers" else {}
        properties.append(
            {
                "name": name,
                "description": DESCRIPTION.format(key),
                "config": {"meta": meta},
                "columns": [{"name": "build", "description": "Its build's number."}],
            }
        )
    for name, query in PRIVATE.items():
        (models / f"{name}.sql").write_text(query, encoding="utf-8")
    (models / "public" / "models.yml").write_text(
        yaml.safe_dump({"models": properties}), encoding="utf-8"
    )
    real = PROJECT / "models"
    shutil.copy(real / "_groups.yml", models)
    shutil.copy(real / "docs" / "builds.md", models)
    for suffix in ("sql", "yml"):
        for name in ("builds", "build_tables"):
            path = real / "marts" / "monitoring" / f"{name}.{suffix}"
            shutil.copy(path, models / "public")
        for name in ("int_build_log", "int_build_tables"):
            shutil.copy(real / "intermediate" / "builds" / f"{name}.{suffix}", models)
    shutil.copytree(PROJECT / "tests" / "generic", folder / "tests" / "generic")
    (folder / "tests" / "number.sql").write_text(
        "select build from {{ ref('int_build') }} where build = 13", encoding="utf-8"
    )
    for name in ("seeds", "snapshots"):
        (folder / name).mkdir()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """A small project that was published, to read. Unit tests may be left out."""
    folder = tmp_path_factory.mktemp("small")
    write_small_project(folder)
    small = Small(folder)
    result = small.build_number(1, "--exclude-resource-type", "unit_test")
    assert result.returncode == 0, result.stdout[-3000:]
    assert "Published 5 tables: serve/segments.duckdb" in result.stdout
    return small


@pytest.fixture
def small(built: Small, tmp_path: Path) -> Small:
    """A copy of it, to go on with."""
    folder = tmp_path / "copy"
    shutil.copytree(built.folder, folder, symlinks=True)
    return Small(folder)


@pytest.fixture(scope="module")
def node_reader(run_folder: Path) -> list[str]:
    """The command of a reader in Node, whose DuckDB is older than that of the build."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")

    def install(folder: Path) -> None:
        shutil.copytree(PROJECT / "tests" / "node", folder, dirs_exist_ok=True)
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=folder, check=True)

    return ["node", str(make_once(run_folder / "node", install) / "reader.mjs")]


@contextmanager
def polling(small: Small, reader: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Read all tables again and again in another process; say what was found."""
    name = Path(reader[0]).name
    stop, log = small.folder / f"stop_{name}", small.folder / f"reads_{name}.json"
    process = subprocess.Popen([*reader, small.file, log, stop, *QUERIES])
    seen: dict[str, Any] = {}
    try:
        yield seen
    finally:
        stop.touch()
        assert process.wait(timeout=60) == 0
    reads, builds, errors = json.loads(log.read_text(encoding="utf-8"))
    seen.update(reads=reads, builds=builds, errors=errors)


def kill_while_publishing(small: Small, number: int) -> None:
    """Start a build and kill it in the middle of writing what it publishes."""
    (small.folder / "build.txt").write_text(str(number), encoding="utf-8")
    environment = {"SEGMENTATION_PUBLISH": "1"}
    process = subprocess.Popen(
        small.command(["build"]),
        cwd=small.folder,
        env=small.environment(environment),
        stdout=subprocess.DEVNULL,
    )
    while process.poll() is None:
        sizes = [path.stat().st_size for path in small.leftovers() if path.exists()]
        if sizes and max(sizes) > 1_000_000:
            process.kill()
        time.sleep(0.002)
    assert process.returncode == -signal.SIGKILL
    assert small.leftovers()


def test_readers_find_the_tables_of_one_whole_build_whatever_happens(
    small: Small, node_reader: list[str]
) -> None:
    python_reader = [sys.executable, "-c", READER]
    with polling(small, python_reader) as seen, polling(small, node_reader) as by_node:
        assert small.build_number(2).returncode == 0
        red = small.build_number(13)
        partial = small.build_number(4, "--select", "+segments")
        published = small.summary()
        kill_while_publishing(small, 5)
        assert small.summary() == published
        last = small.build_number(6)
        # A reader that begins now is done before it is told to stop.
        time.sleep(1)

    assert seen["errors"] == []
    assert seen["builds"] == [[1], [2], [6]]
    assert seen["reads"] > 20
    assert by_node["errors"] == []
    assert by_node["builds"] == [[1], [2], [6]]
    assert by_node["reads"] > 20
    assert red.returncode == 1
    assert "Not published: the build is not green (number: fail, " in red.stdout
    assert partial.returncode == 0
    assert (
        "Not published: the build had --select +segments; only a whole dbt build is."
        in partial.stdout
    )
    assert last.returncode == 0
    assert "UTC was stopped before its end: tables may be of different" in last.stdout
    assert small.leftovers() == []
    rows = small.rows(
        "select status, selection, ended_at is null, segmentation_version "
        "from builds order by started_at"
    )
    assert rows == [
        ("published", "--exclude-resource-type unit_test", False, 7),
        ("published", None, False, 7),
        ("failed", None, False, 7),
        ("partial", "--select +segments", False, 7),
        (None, None, True, None),
        ("published", None, False, 7),
    ]
    # Those who read the file know the same of every build, the last one among them.
    query = "select * from builds order by started_at"
    assert small.read(query) == small.rows(query)
    assert "was stopped" not in small.build_number(7).stdout


@pytest.mark.parametrize(
    ("command", "arguments", "reason"),
    [
        ("run", (), "this was dbt run"),
        ("build", ("--exclude", "customers"), "the build had --exclude customers"),
        (
            "build",
            ("--exclude-resource-type", "test", "unit_test"),
            "the build had --exclude-resource-type test unit_test",
        ),
        ("build", ("--resource-type", "model"), "the build had --resource-type model"),
        ("build", ("--empty",), "the build had --empty"),
    ],
)
def test_what_is_not_whole_is_not_published(
    small: Small, command: str, arguments: Sequence[str], reason: str
) -> None:
    before = small.file.stat()
    result = small.build_number(2, *arguments, command=command)
    assert result.returncode == 0, result.stdout[-3000:]
    [line] = re.findall("(?:Not p|P)ublished.*", result.stdout)
    assert line == f"Not published: {reason}; only a whole dbt build is."
    assert small.file.stat() == before


def test_a_retry_that_builds_some_tables_is_not_published(small: Small) -> None:
    assert small.build_number(99, **ARTIFACTS).returncode == 1
    (small.folder / "build.txt").write_text("2", encoding="utf-8")
    result = small.run_dbt(["retry"], environment={"SEGMENTATION_PUBLISH": "1"})
    assert "Not published: table " in result.stdout, result.stdout[-3000:]
    assert small.read("select distinct build from customers") == [(1,)]


def test_the_file_says_what_it_holds_and_nothing_of_what_is_private(
    built: Small,
) -> None:
    names = built.read(
        "select schema_name, table_name from duckdb_tables() order by all"
    )
    public = sorted([*PUBLIC, "builds", "build_tables"])
    assert names == [("main", name) for name in public]
    assert built.read("from duckdb_views() where not internal") == []
    assert b"Secret Person" not in built.file.read_bytes()
    assert b"Secret Person" in built.database.read_bytes()
    assert built.read(
        "select table_name, constraint_column_names from duckdb_constraints() "
        "where constraint_type = 'PRIMARY KEY' order by all"
    ) == [
        ("build_tables", ["build_id", "table_name"]),
        ("builds", ["build_id"]),
        ("segmentation_versions", ["segmentation_version"]),
        ("segments", ["segmentation_name", "segment_id"]),
    ]
    assert built.read(
        "select comment from duckdb_tables() where table_name = 'customers'"
    ) == [(DESCRIPTION.format("`customer_id`"),)]
    assert built.read(
        "select comment from duckdb_columns() "
        "where table_name = 'customers' and column_name = 'build'"
    ) == [("Its build's number.",)]


def test_the_summary_says_what_is_published(built: Small) -> None:
    summary = built.summary()
    assert summary["tables"] == {
        name: built.read(f"select count(*) from {name}")[0][0]
        for name in sorted([*PUBLIC, "builds", "build_tables"])
    }
    assert summary["tables"] == dict(
        built.read("select table_name, row_count from build_tables")
    )
    assert summary["tables"]["customers"] == ROWS
    assert [(summary["build_id"],)] == built.read("select build_id from builds")
    assert summary["segmentation"] == {
        "version": 7,
        "method": "kmeans",
        "fit_reason": "first_fit",
        "training_date": "2024-07-01",
    }
    [segment] = summary["segments"]
    assert segment == {
        "segment_id": 1,
        "segment_name": "All",
        "customers": 101,
        "customers_before": None,
    }
    assert summary["warnings"] == ["No one knows."]
    assert sha256(built.file.read_bytes()).hexdigest() == summary["sha256"]
    assert built.file.stat().st_size == summary["bytes"]


def test_variables_of_the_environment_decide_what_is_published(small: Small) -> None:
    shutil.rmtree(small.serve)
    result = small.build_number(1, SEGMENTATION_PUBLISH="0")
    assert result.returncode == 0
    assert not re.search("(Not p|P)ublished", result.stdout)
    assert not small.serve.exists()

    result = small.build_number(
        2,
        SEGMENTATION_SERVE="elsewhere",
        SEGMENTATION_PUBLISH_CUSTOMERS="0",
        SEGMENTATION_PUBLISH_PARQUET="1",
    )
    assert result.returncode == 0, result.stdout[-3000:]
    assert not small.serve.exists()
    elsewhere = small.folder / "elsewhere"
    with duckdb.connect(
        str(elsewhere / "segments.duckdb"), read_only=True
    ) as connection:
        tables = {name for (name,) in connection.execute("show tables").fetchall()}
    assert tables == {"segments", "segmentation_versions", "builds", "build_tables"}
    assert tables == {path.name for path in (elsewhere / "parquet").iterdir()}

    result = small.build_number(3, SEGMENTATION_PUBLISH="yes")
    assert result.returncode != 0
    assert (
        "environment variable SEGMENTATION_PUBLISH is 'yes'; expected 0 or 1."
        in result.stdout
    )


def test_a_build_that_cannot_publish_fails_in_one_sentence(small: Small) -> None:
    shutil.rmtree(small.serve)
    small.serve.write_text("a file where the folder should be", encoding="utf-8")
    result = small.build_number(1)
    assert result.returncode == 1
    assert "serve/segments.duckdb could not be written: " in result.stdout
    assert "Traceback" not in result.stdout
    query = "select status from builds order by started_at"
    assert small.rows(query) == [("published",), ("complete",)]


def test_dbt_reads_the_file_beside_other_readers(small: Small) -> None:
    with duckdb.connect(str(small.file), read_only=True):
        shown = small.run_dbt(
            ["show", "--target", "serve", "--inline", "from {{ ref('segments') }}"]
        )
        tested = small.run_dbt(["test", "--target", "serve", "--selector", "published"])
    assert shown.returncode == 0, shown.stdout[-2000:]
    assert re.search(r"\| default +\| +1 \| All", shown.stdout)
    assert tested.returncode == 0, tested.stdout[-2000:]
    assert "PASS builds_how_a_build_ended_is_known" in tested.stdout
    # Of what is private it knows nothing.
    assert "int_build_log_" not in tested.stdout


# ---------- the sample


def public_tables(warehouse: Warehouse) -> dict[str, Mapping[str, Any]]:
    """The public models that an ordinary build makes, by name."""
    path = warehouse.folder / "target" / "manifest.json"
    nodes = json.loads(path.read_text(encoding="utf-8"))["nodes"].values()
    return {
        node["name"]: node
        for node in nodes
        if node.get("access") == "public" and "comparison" not in node["tags"]
    }


@pytest.fixture(scope="module")
def sample_file(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """What a build of the sample publishes."""
    folder = tmp_path_factory.mktemp("sample")
    copy = sample_warehouse.copy_to(folder)
    nodes = public_tables(sample_warehouse)
    with open_database(copy.database) as connection:
        connection.execute("set search_path = 'main'")
        publish(
            connection,
            Publication(
                folder=str(folder / "serve"),
                build={"build_id": "sample"},
                tables={name: node["schema"] for name, node in nodes.items()},
            ),
        )
    return folder / "serve" / "segments.duckdb"


def test_the_published_sample_is_its_public_tables(
    sample_warehouse: Warehouse, sample_file: Path
) -> None:
    names = sorted(public_tables(sample_warehouse))
    assert len(names) > 30
    with duckdb.connect() as connection:
        connection.execute(f"attach '{sample_file}' as published (read_only)")
        connection.execute(
            f"attach '{sample_warehouse.database}' as warehouse (read_only)"
        )

        def rows(query: str) -> list[tuple[Any, ...]]:
            return connection.execute(query).fetchall()

        assert rows(
            "select table_name from information_schema.tables "
            "where table_catalog = 'published' order by 1"
        ) == [(name,) for name in names]
        for name in names:
            copy, source = f"published.main.{name}", f"warehouse.main.{name}"
            assert (
                rows(
                    f"(from {copy} except all from {source}) union all "
                    f"(from {source} except all from {copy})"
                )
                == []
            ), name
        for kind in ("duckdb_columns()", "duckdb_tables()"):
            assert (
                rows(
                    f"select * from {kind} where database_name = 'published' "
                    "and comment is null"
                )
                == []
            )
        without_key = {
            name
            for (name,) in rows(
                "select table_name from duckdb_tables() "
                "where database_name = 'published' and not has_primary_key"
            )
        }
    # A fault has no key; the others have rows for customers of no segment, or for all.
    assert without_key == {
        "data_quality_issues",
        "segment_campaign_uplift",
        "segment_cohorts",
        "segment_migrations",
    }


def test_the_published_sample_has_no_personal_value(
    sample_warehouse: Warehouse,
    sample_file: Path,
    identities: Identities,
) -> None:
    folder = sample_file.parent / "search"
    folder.mkdir()
    published = Warehouse(folder)
    shutil.copy(sample_file, published.database)
    assert personal_columns(published, identities, lambda _: True) == {}

    assert kinds_in_bytes(sample_file, identities) == set()
    # The search finds what is there.
    assert kinds_in_bytes(sample_warehouse.database, identities) >= {"name", "email"}


def kinds_in_bytes(file: Path, identities: Identities) -> set[str]:
    """Kinds of personal value in the texts of a file, as `strings` finds them."""
    texts = [
        text.decode("ascii").lower()
        for text in re.findall(rb"[\x20-\x7e]{6,}", file.read_bytes())
    ]
    # In bytes that are no text a short name stands by chance.
    long = Identities(
        names={name for name in identities.names if len(name) >= 6},
        emails=identities.emails,
        phones=identities.phones,
        birth_dates=identities.birth_dates,
        plain_hashes=identities.plain_hashes,
    )
    return long.found_in(texts)


def test_tables_of_single_customers_are_marked(sample_warehouse: Warehouse) -> None:
    nodes = public_tables(sample_warehouse)
    marked = {
        name
        for name, node in nodes.items()
        if node["config"]["meta"].get("grain") == "customer"
    }
    with_ids = {
        name
        for name, node in nodes.items()
        if any(
            column.endswith("customer_id") or column == "record_key"
            for column in node["columns"]
        )
    }
    assert marked == with_ids
    assert not any(has_identity(name) for name in nodes)


def test_the_joins_of_the_docs_find_the_segment_of_every_order(
    sample_warehouse: Warehouse, sample_file: Path
) -> None:
    text = (PROJECT / "docs" / "serve.md").read_text(encoding="utf-8")
    today, then = re.findall(r"```sql\n(.*?)```", text, flags=re.DOTALL)
    with duckdb.connect(str(sample_file), read_only=True) as connection:
        connection.execute(
            f"attach '{sample_warehouse.database}' as warehouse (read_only)"
        )
        connection.execute(
            "create temp table orders as "
            "select customer_id, cast(ordered_at as date) as ordered_on, amount "
            "from warehouse.main_internal.int_orders_unioned"
        )

        def counted(query: str) -> int:
            rows = connection.execute(query).fetchall()
            return sum(count for _, count, _ in rows)

        assert counted(today) == count_of(
            connection, "from orders semi join customers using (customer_id)"
        )
        assert counted(then) == count_of(
            connection,
            "from orders semi join customer_segments_history as history "
            "on orders.customer_id = history.customer_id "
            "and orders.ordered_on >= history.valid_from_date",
        )
        assert 0 < counted(then) < counted(today)


def count_of(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    """Count the rows of a relation."""
    [(count,)] = connection.execute(f"select count(*) {relation}").fetchall()
    return int(count)


def test_the_examples_in_code_work(
    sample_file: Path, node_reader: list[str], tmp_path: Path
) -> None:
    text = (PROJECT / "docs" / "serve.md").read_text(encoding="utf-8")
    (tmp_path / "serve").symlink_to(sample_file.parent, target_is_directory=True)
    modules = Path(node_reader[1]).with_name("node_modules")
    (tmp_path / "node_modules").symlink_to(modules, target_is_directory=True)

    def printed(command: list[str], code: str) -> str:
        return subprocess.run(
            command,
            cwd=tmp_path,
            input=code,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    python = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    counts = [
        int(printed([sys.executable, "-"], example + "print(len(segments))"))
        for example in python
    ]
    [javascript] = re.findall(r"```js\n(.*?)```", text, flags=re.DOTALL)
    segments = printed(["node", "--input-type=module", "-"], javascript)
    counts.append(segments.count(" segment_name:"))

    with duckdb.connect(str(sample_file), read_only=True) as connection:
        published = count_of(connection, "from segments where is_in_use")
    assert counts == [published] * 3


def test_another_dbt_project_reads_the_file(sample_file: Path, tmp_path: Path) -> None:
    text = (PROJECT / "docs" / "serve.md").read_text(encoding="utf-8")
    attach, sources = map(
        yaml.safe_load, re.findall(r"```yaml\n(.*?)```", text, flags=re.DOTALL)
    )
    attach["attach"][0]["path"] = str(sample_file)
    files = {
        "dbt_project.yml": {
            "name": "another",
            "profile": "another",
            "models": {"+materialized": "table"},
        },
        "profiles.yml": {
            "another": {
                "target": "dev",
                "outputs": {"dev": {"type": "duckdb", "path": "own.duckdb", **attach}},
            }
        },
        "models/sources.yml": sources,
    }
    (tmp_path / "models").mkdir()
    for name, content in files.items():
        (tmp_path / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    (tmp_path / "models" / "counts.sql").write_text(
        "select count(*) as customers "
        "from {{ source('segments', 'customer_segments') }}",
        encoding="utf-8",
    )
    subprocess.run(
        [DBT, "--no-version-check", "build", "--profiles-dir", "."],
        cwd=tmp_path,
        check=True,
    )
    with duckdb.connect(str(tmp_path / "own.duckdb"), read_only=True) as connection:
        [(count,)] = connection.execute("from counts").fetchall()
    assert count > 1000


def test_other_clients_find_tables_and_what_they_hold(
    built: Small, node_reader: list[str], tmp_path: Path
) -> None:
    engine = sqlalchemy.create_engine(
        f"duckdb:///{built.file}", connect_args={"read_only": True}
    )
    inspector = sqlalchemy.inspect(engine)
    tables = sorted([*PUBLIC, "build_tables", "builds"])
    assert sorted(inspector.get_table_names()) == tables
    described = inspector.get_table_comment("customers")["text"]
    assert described == DESCRIPTION.format("`customer_id`")
    comments = {
        column["name"]: column["comment"]
        for column in inspector.get_columns("customers")
    }
    assert comments["build"] == "Its build's number."
    with engine.connect() as connection:
        query = sqlalchemy.text("select count(*) from customers")
        assert connection.execute(query).scalar_one() == ROWS
    engine.dispose()

    log = tmp_path / "answers.json"
    queries = [
        "select table_name from duckdb_tables() order by all",
        "select comment from duckdb_tables() where table_name = 'customers'",
        "select comment from duckdb_columns() "
        "where table_name = 'customers' and column_name = 'build'",
        "select cast(count(*) as int) from customers",
    ]
    subprocess.run([*node_reader, built.file, log, "", *queries], check=True)
    answers = [value for [value] in json.loads(log.read_text(encoding="utf-8"))]
    assert answers == [*tables, described, comments["build"], ROWS]
