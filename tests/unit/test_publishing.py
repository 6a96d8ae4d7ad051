"""What is published is whole, or what was there before stays."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from segmentation.publishing.digest import digest, main
from segmentation.publishing.plugin import git_commit, project_facts, publish_tables
from segmentation.publishing.publish import (
    Publication,
    PublishingError,
    primary_key,
    publish,
)


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse of two segments, with a table of workings."""
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(
            "create table segments as select 'default' as segmentation_name, "
            "range as segment_id, 'It''s ' || range as segment_name, "
            "10 * range as customers, true as is_in_use from range(1, 3)"
        )
        connection.execute(
            "comment on table segments is "
            "'It''s small. **Primary key**: `segmentation_name`, `segment_id`. More.'"
        )
        connection.execute("comment on column segments.customers is 'It''s a count.'")
        connection.execute("create table workings as select 1 as number")
        yield connection


def publication(folder: Path, build_id: str = "one", **more: Any) -> Publication:
    """Ask for the segments."""
    return Publication(
        **{
            "folder": str(folder / "serve"),
            "build": {"build_id": build_id},
            "tables": {"segments": "main"},
            **more,
        }
    )


def read(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query on the published file."""
    file = folder / "serve" / "segments.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(query).fetchall()


def files(folder: Path) -> list[str]:
    """Names of what is published, and of what was left over."""
    return sorted(path.name for path in (folder / "serve").iterdir())


@pytest.mark.parametrize(
    ("comment", "key"),
    [
        ("One row per item.\n\n**Primary key**: `item`.\n\nMore of `this`.", ["item"]),
        ("**Primary key**: `a`, `b`,\n`c`, where a missing `b` counts.", list("abc")),
        ("**Primary key**: none; `a` may repeat.", []),
        ("No key is named.", []),
        (None, []),
    ],
)
def test_the_key_is_read_from_the_description(
    comment: str | None, key: list[str]
) -> None:
    assert primary_key(comment) == key


def test_rows_comments_and_key_are_published_and_nothing_else(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    summary = publish(warehouse, publication(tmp_path))
    assert read(tmp_path, "show tables") == [("segments",)]
    assert read(tmp_path, "select segment_name from segments order by 1") == [
        ("It's 1",),
        ("It's 2",),
    ]
    assert read(tmp_path, "select comment from duckdb_tables()")[0][0].startswith(
        "It's small."
    )
    assert read(
        tmp_path, "select comment from duckdb_columns() where comment is not null"
    ) == [("It's a count.",)]
    assert read(
        tmp_path,
        "select constraint_column_names from duckdb_constraints() "
        "where constraint_type = 'PRIMARY KEY'",
    ) == [(["segmentation_name", "segment_id"],)]
    assert files(tmp_path) == ["segments.duckdb", "summary.json"]
    assert summary == json.loads((tmp_path / "serve" / "summary.json").read_text())
    # The warehouse is as it was.
    assert warehouse.execute("show databases").fetchall() == [("warehouse",)]


def test_a_part_of_a_key_that_is_missing_makes_it_none(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    warehouse.execute("insert into segments values ('default', null, 'All', 30, true)")
    publish(warehouse, publication(tmp_path))
    assert read(tmp_path, "select has_primary_key from duckdb_tables()") == [(False,)]


def test_rows_that_share_a_key_are_not_published_and_not_quoted(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    publish(warehouse, publication(tmp_path))
    warehouse.execute("update segments set segment_id = 1")
    with pytest.raises(PublishingError) as error:
        publish(warehouse, publication(tmp_path, "two"))
    assert str(error.value) == (
        "table segments has rows with the same segmentation_name, segment_id; "
        "expected one row for each"
    )
    assert read(tmp_path, "select max(segment_id) from segments") == [(2,)]
    assert files(tmp_path) == ["segments.duckdb", "summary.json"]
    assert warehouse.execute("show databases").fetchall() == [("warehouse",)]


def test_what_a_crash_left_is_removed(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    serve = tmp_path / "serve"
    (serve / "parquet-crashed").mkdir(parents=True)
    for name in ("segments.duckdb", "segments.duckdb.x.tmp", "summary.json"):
        (serve / f".{name}.crashed.tmp").write_bytes(b"half")
    (serve / ".segments.duckdb.crashed.tmp.wal").write_bytes(b"half")
    (serve / "notes.txt").write_text("a reader's own", encoding="utf-8")
    publish(warehouse, publication(tmp_path))
    assert files(tmp_path) == ["notes.txt", "segments.duckdb", "summary.json"]


def test_parquet_has_a_new_name_each_time_and_the_former_is_gone(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    table = tmp_path / "serve" / "parquet" / "segments"
    publish(warehouse, publication(tmp_path, "one", parquet=True))
    assert [path.name for path in table.iterdir()] == ["one.parquet"]
    publish(warehouse, publication(tmp_path, "two", parquet=True))
    assert [path.name for path in table.iterdir()] == ["two.parquet"]
    rows = warehouse.sql(f"select max(customers) from '{table}/*.parquet'").fetchall()
    assert rows == [(20,)]
    expected = ["parquet", "parquet-two", "segments.duckdb", "summary.json"]
    assert files(tmp_path) == expected
    # What is not kept up to date is not kept.
    publish(warehouse, publication(tmp_path, "three"))
    assert files(tmp_path) == ["segments.duckdb", "summary.json"]


def test_a_folder_of_somebody_else_is_left_alone(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "serve" / "parquet").mkdir(parents=True)
    answer = publish_tables(warehouse, vars(publication(tmp_path, parquet=True)))
    assert answer["problem"].endswith(
        "parquet is no link; expected it to be absent, or what publishing made"
    )
    assert files(tmp_path) == ["parquet"]


def test_a_build_is_compared_with_the_one_published_before(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    publish(warehouse, publication(tmp_path))
    warehouse.execute("update segments set customers = 25 where segment_id = 2")
    warehouse.execute("insert into segments values ('default', 3, 'New', 5, true)")
    summary = publish(warehouse, publication(tmp_path, "two"))
    assert [
        (segment["customers"], segment["customers_before"])
        for segment in summary["segments"]
    ] == [(10, 10), (25, 20), (5, None)]


def test_the_digest_is_ten_lines_that_a_person_reads(tmp_path: Path) -> None:
    summary = {
        "build_id": "two",
        "customers": 1040,
        "segments": [
            {
                "segment_id": 1,
                "segment_name": "Frequent buyers",
                "customers": 1000,
                "customers_before": 990,
            },
            {
                "segment_id": 12,
                "segment_name": "New",
                "customers": 40,
                "customers_before": None,
            },
        ],
        "segmentation": {
            "version": 3,
            "method": "kmeans",
            "fit_reason": "drift",
            "training_date": "2024-07-01",
        },
        "drift": {"level": "moderate", "features": ["total_spend", "order_count"]},
        "input": {"records": 12345, "rejected": 67},
        "warnings": ["One.", "Two.", "Three.", "Four."],
        "tables": {"segments": 2},
        "bytes": 3_100_000,
    }
    assert digest(summary, Path("serve")) == [
        "",
        "1,040 customers in 2 segments",
        "    1  Frequent buyers        1,000   96.2%  +10",
        "   12  New                       40    3.8%  new",
        "Segmentation: version 3 (kmeans), as of 2024-07-01; "
        "why it was fitted: customers had drifted",
        "Drift: of segments moderate; of features total_spend, order_count",
        "Input: 12,345 records, 67 rejected; warnings: 4",
        "  - One.",
        "  - Two.",
        "  - Three.",
        "  - and 1 more: summary.json",
        "Published: serve/segments.duckdb (1 tables, 3.1 MB)",
    ]
    run_results = tmp_path / "run_results.json"
    assert main(run_results, tmp_path) == []
    (tmp_path / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    for build, lines in (("one", 0), ("two", 12)):
        run_results.write_text(
            json.dumps({"metadata": {"invocation_id": build}}), encoding="utf-8"
        )
        assert len(main(run_results, tmp_path)) == lines


def test_the_commit_says_whether_files_differ_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert git_commit(tmp_path) is None
    file = tmp_path / "file"
    file.write_text("one", encoding="utf-8")

    def git(*arguments: str) -> str:
        name = ("-c", "user.name=name", "-c", "user.email=name@example.org")
        return subprocess.run(
            ["git", *name, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    git("init")
    git("add", ".")
    git("commit", "-m", "One")
    git("tag", "-a", "v1", "-m", "A tag is not a commit")
    commit = git("rev-parse", "HEAD")
    assert git_commit(tmp_path) == commit
    file.write_text("two", encoding="utf-8")
    assert git_commit(tmp_path) == f"{commit}-dirty"


def test_the_version_is_that_of_the_project() -> None:
    facts = project_facts(duckdb.connect(), ".")
    assert facts["project_version"] == "0.1.0"
