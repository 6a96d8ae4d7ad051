"""Copy public tables to a file of their own and put it in the place of the last one.

Readers never see a file that is being written: it has another name until it is whole,
and one rename puts it in its place. Who has the last one open keeps reading that.
"""

import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb

from segmentation.identifiers import identifier

FILE = "segments.duckdb"
SUMMARY = "summary.json"
PARQUET = "parquet"
# The oldest version of DuckDB that must be able to open the file.
STORAGE_VERSION = "v1.4.0"
# The name of the file within the warehouse while it is written.
CATALOG = "segmentation_publication"
# A primary key is an index: on more rows it costs more than it helps a reader.
ROWS_WITH_PRIMARY_KEY = 100_000
# By schema and name of a table its comment and, of each column, the name, the type,
# whether it may be null and the comment.
Descriptions = dict[tuple[str, str], tuple[str | None, list[tuple[Any, ...]]]]
HASH_OF_FILE = (
    "import hashlib, sys; print("
    "hashlib.file_digest(open(sys.argv[1], 'rb'), 'sha256').hexdigest())"
)


class PublishingError(Exception):
    """Nothing was published; the text is one sentence that says why."""


@dataclass(frozen=True)
class Publication:
    """What is published, and where.

    Attributes
    ----------
    folder
        The folder of the published files; it is made where it is not there.
    build
        The row of this build in table `builds`: column -> value, with `build_id`.
    tables
        Name of a public table -> its schema in the warehouse.
    left_out
        The tables of them to leave out.
    parquet
        Whether to write every table as a parquet file, too.
    warnings
        Sentences of the build that its readers should know.
    """

    folder: str
    build: Mapping[str, Any]
    tables: Mapping[str, str]
    left_out: Sequence[str] = ()
    parquet: bool = False
    warnings: Sequence[str] = field(default_factory=list)

    @property
    def published(self) -> dict[str, str]:
        """The tables that are not left out, with their schemas."""
        return {
            name: schema
            for name, schema in sorted(self.tables.items())
            if name not in self.left_out
        }

    def path(self, name: str) -> Path:
        """Where a file of the publication is, or will be."""
        return Path(self.folder) / name

    def unfinished(self, name: str) -> Path:
        """Name what is not whole yet as no other build does."""
        return self.path(f".{name}.{self.build['build_id']}.tmp")


def publish(
    connection: duckdb.DuckDBPyConnection, publication: Publication
) -> dict[str, Any]:
    """Publish tables of an open warehouse, and return the summary.

    Raises
    ------
    PublishingError
        If that cannot be done; what was published before is still there.
    """
    try:
        publication.path("").mkdir(parents=True, exist_ok=True)
        remove_leftovers(publication)
        try:
            return _publish(connection, publication)
        finally:
            remove_leftovers(publication)
    except (OSError, duckdb.Error, subprocess.SubprocessError) as error:
        raise PublishingError(
            f"{publication.path(FILE)} could not be written: {_first_line(error)}"
        ) from error


def _publish(
    connection: duckdb.DuckDBPyConnection, publication: Publication
) -> dict[str, Any]:
    file = publication.unfinished(FILE)
    link = publication.path(PARQUET)
    if publication.parquet and link.exists() and not link.is_symlink():
        raise PublishingError(
            f"{link} is no link; expected it to be absent, or what publishing made"
        )
    connection.execute(
        f"attach {_quoted(str(file))} as {CATALOG} "
        f"(storage_version {_quoted(STORAGE_VERSION)})"
    )
    try:
        rows = copy_tables(connection, publication)
        facts = summarize(connection, publication)
        if publication.parquet:
            write_parquet(connection, publication)
        connection.execute(f"checkpoint {CATALOG}")
    finally:
        connection.execute(f"detach {CATALOG}")
    summary = {
        "status": "published",
        **publication.build,
        **facts,
        "warnings": list(publication.warnings),
        "tables": rows,
        "file": FILE,
        "bytes": file.stat().st_size,
        "sha256": checksum(file),
        "parquet": PARQUET if publication.parquet else None,
    }
    publication.unfinished(SUMMARY).write_text(
        json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    file.replace(publication.path(FILE))
    if publication.parquet:
        publication.unfinished(PARQUET).replace(link)
    elif link.is_symlink():
        link.unlink()
    publication.unfinished(SUMMARY).replace(publication.path(SUMMARY))
    return summary


# ---------- the file


def copy_tables(
    connection: duckdb.DuckDBPyConnection, publication: Publication
) -> dict[str, int]:
    """Copy all tables as of one moment; return the rows of each."""
    connection.execute("begin")
    try:
        descriptions = describe(connection)
        rows = {
            name: copy_table(connection, schema, name, *descriptions[schema, name])
            for name, schema in publication.published.items()
        }
        complete_row(connection, publication)
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")
    return rows


def describe(connection: duckdb.DuckDBPyConnection) -> Descriptions:
    """Return what the warehouse says of its tables and views.

    Each query lists the whole warehouse, so it is asked once and not for every table.
    """
    comments = connection.execute(
        "select schema_name, table_name, comment from duckdb_tables() "
        "where database_name = current_database() union all "
        "select schema_name, view_name, comment from duckdb_views() "
        "where database_name = current_database()"
    ).fetchall()
    found: Descriptions = defaultdict(lambda: (None, []))
    for schema, name, comment in comments:
        found[schema, name] = (comment, [])
    for schema, name, *column in connection.execute(
        "select schema_name, table_name, column_name, data_type, is_nullable, comment "
        "from duckdb_columns() where database_name = current_database() "
        "order by schema_name, table_name, column_index"
    ).fetchall():
        found[schema, name][1].append(tuple(column))
    return found


def copy_table(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    name: str,
    comment: str | None,
    columns: Sequence[tuple[Any, ...]],
) -> int:
    """Copy a table with its comments and, if it is small, its primary key.

    `comment` and `columns` are what `describe` returns.

    Raises
    ------
    PublishingError
        If two rows of the table have the same primary key.
    """
    source = _relation(connection, schema, name)
    copy = f"{CATALOG}.main.{identifier(name)}"
    key = primary_key(comment)
    [(count,)] = connection.execute(f"select count(*) from {source}").fetchall()
    parts = [
        f"{identifier(column)} {kind}{'' if is_nullable else ' not null'}"
        for column, kind, is_nullable, _ in columns
    ]
    if key and count < ROWS_WITH_PRIMARY_KEY and is_known(connection, source, key):
        parts.append(f"primary key ({', '.join(map(identifier, key))})")
    connection.execute(f"create table {copy} ({', '.join(parts)})")
    try:
        connection.execute(f"insert into {copy} select * from {source}")
    except duckdb.ConstraintException as error:
        # Its own words have the values.
        raise PublishingError(
            f"table {name} has rows with the same {', '.join(key)}; expected one row "
            "for each"
        ) from error
    if comment is not None:
        connection.execute(f"comment on table {copy} is {_quoted(comment)}")
    for column, _, _, description in columns:
        if description is not None:
            connection.execute(
                f"comment on column {copy}.{identifier(column)} "
                f"is {_quoted(description)}"
            )
    return int(count)


def primary_key(comment: str | None) -> list[str]:
    """Read the columns of the primary key in the description of a table.

    Every description has a paragraph such as "**Primary key**: `segment_id`, `item`."
    """
    found = re.search(r"\*\*Primary key\*\*:((?:[,\s]*`\w+`)+)", comment or "")
    return re.findall(r"`(\w+)`", found.group(1)) if found else []


def is_known(
    connection: duckdb.DuckDBPyConnection, source: str, key: Sequence[str]
) -> bool:
    """Whether no part of a key is null in any row."""
    nulls = " or ".join(f"{identifier(column)} is null" for column in key)
    [(count,)] = connection.execute(
        f"select count(*) from {source} where {nulls}"
    ).fetchall()
    return not count


def complete_row(
    connection: duckdb.DuckDBPyConnection, publication: Publication
) -> None:
    """Say in the published table `builds` how this build ended, which is as it is now.

    Whoever can read the file knows that the build was published.
    """
    if "builds" not in publication.published:
        return
    build = dict(publication.build)
    build_id = build.pop("build_id")
    assignments = ", ".join(f"{identifier(column)} = ?" for column in build)
    connection.execute(
        f"update {CATALOG}.main.builds set status = 'published', {assignments} "
        "where build_id = ?",
        [*build.values(), build_id],
    )


def write_parquet(
    connection: duckdb.DuckDBPyConnection, publication: Publication
) -> None:
    """Write each table as a file of a new name, behind a link that is put in place.

    A file that was read once never changes, and all tables change in one moment.
    """
    folder = publication.path(f"{PARQUET}-{publication.build['build_id']}")
    for name in publication.published:
        (folder / name).mkdir(parents=True)
        file = folder / name / f"{publication.build['build_id']}.parquet"
        connection.execute(
            f"copy {CATALOG}.main.{identifier(name)} to {_quoted(str(file))} "
            "(format parquet, compression zstd)"
        )
    publication.unfinished(PARQUET).symlink_to(folder.name, target_is_directory=True)


def checksum(file: Path) -> str:
    """Compute the SHA-256 of a file in a process of its own.

    A process that closes a file gives up its locks on it, those of DuckDB among them.
    """
    found = subprocess.run(
        [sys.executable, "-I", "-S", "-c", HASH_OF_FILE, str(file)],
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.strip()


def remove_leftovers(publication: Publication) -> None:
    """Remove all that is not published: of builds that were stopped, and older files.

    Of another build that publishes to the same folder just now it removes what is not
    finished, too: that build then stops with an error.
    """
    folder = publication.path("")
    link = publication.path(PARQUET)
    in_place = link.readlink().name if link.is_symlink() else None
    unfinished = [folder.glob(f".{name}.*.tmp*") for name in (FILE, SUMMARY, PARQUET)]
    for path in chain(*unfinished, folder.glob(f"{PARQUET}-*")):
        if path.is_dir() and not path.is_symlink():
            if path.name != in_place:
                shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(FileNotFoundError):
                path.unlink()


# ---------- the summary


def summarize(
    connection: duckdb.DuckDBPyConnection, publication: Publication
) -> dict[str, Any]:
    """Collect what a person wants to know of a build at a glance.

    Returns
    -------
    `segmentation`: version in use, method and why it was fitted; `customers` and
    `segments`: how many customers there are in each, and were at the last publication
    (None where a segment was not there); `drift`: level and features that drifted most;
    `input`: raw records, and how many of them were rejected.
    """
    former = former_sizes(publication)

    def rows(table: str, query: str) -> list[tuple[Any, ...]]:
        schema = publication.tables.get(table)
        if schema is None:
            return []
        relation = _relation(connection, schema, table)
        return connection.execute(query.format(relation)).fetchall()

    versions = rows(
        "segmentation_versions",
        "select segmentation_version, method, fit_reason, "
        "cast(training_date as varchar) from {} "
        "where is_in_use and segmentation_name = 'default'",
    )
    segments = rows(
        "segments",
        "select segment_id, segment_name, customers from {} "
        "where is_in_use and segmentation_name = 'default' order by segment_id",
    )
    drift = rows(
        "segment_drift",
        "select any_value(drift_level) from {0} "
        "where observation_date = (select max(observation_date) from {0})",
    )
    drifted = rows(
        "feature_drift",
        "select feature_name from {0} "
        "where is_selected and drift_level <> 'none' "
        "and observation_date = (select max(observation_date) from {0}) "
        "order by population_stability_index desc, feature_name",
    )
    records = rows(
        "data_quality_summary", "select sum(rows_in), sum(rows_rejected) from {}"
    )
    return {
        "segmentation": dict(
            zip(
                ("version", "method", "fit_reason", "training_date"),
                versions[0],
                strict=True,
            )
        )
        if versions
        else None,
        "customers": sum(count for _, _, count in segments),
        "segments": [
            {
                "segment_id": segment_id,
                "segment_name": name,
                "customers": count,
                "customers_before": former.get(segment_id),
            }
            for segment_id, name, count in segments
        ],
        "drift": {
            "level": drift[0][0] if drift else None,
            "features": [name for (name,) in drifted],
        },
        "input": {
            "records": int(records[0][0] or 0) if records else None,
            "rejected": int(records[0][1] or 0) if records else None,
        },
    }


def former_sizes(publication: Publication) -> dict[int, int]:
    """Read the sizes of the segments, by id, as they were last published."""
    try:
        former = json.loads(publication.path(SUMMARY).read_text(encoding="utf-8"))
        return {
            segment["segment_id"]: segment["customers"]
            for segment in former["segments"]
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


# ---------- SQL


def _relation(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> str:
    [(database,)] = connection.execute("select current_database()").fetchall()
    return ".".join(map(identifier, (database, schema, name)))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
