"""Say in some lines which segments there are and how the last build ended."""

import json
from pathlib import Path
from typing import Any

import duckdb

from segmentation.publishing.digest import digest, summary_lines
from segmentation.publishing.publish import SUMMARY, Publication, summarize


class StatusError(Exception):
    """There is nothing to say; the text is one sentence that says why."""


def status_of_file(folder: Path) -> list[str]:
    """Say what was published to a folder."""
    summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    ended_at = str(summary.get("ended_at"))[:19]
    return [
        *digest(summary, folder)[1:],
        f"Last build: ended {ended_at} UTC, published",
    ]


def status_of_database(path: Path) -> list[str]:
    """Say what is in the tables of a warehouse.

    Raises
    ------
    StatusError
        If it cannot be opened, or has no segments.
    """
    try:
        connection = duckdb.connect(path, read_only=True)
    except duckdb.Error as error:
        raise StatusError(
            f"{path} cannot be opened ({str(error).splitlines()[0]}); expected a "
            "DuckDB file that no build is writing."
        ) from error
    with connection:
        schemas = [
            schema
            for (schema,) in connection.execute(
                "select table_schema from information_schema.tables "
                "where table_name = 'segmentation_versions' order by table_schema"
            ).fetchall()
        ]
        if not schemas:
            raise StatusError(
                f"{path} has no table segmentation_versions; expected one that "
                "dbt build has made."
            )
        if len(schemas) > 1:
            raise StatusError(
                f"{path} has segments in the schemas {' and '.join(schemas)}; expected "
                "one."
            )
        return _status_of_schema(connection, schemas[0])


def _status_of_schema(connection: duckdb.DuckDBPyConnection, schema: str) -> list[str]:
    tables = {
        str(name): schema
        for (name,) in connection.execute(
            "select table_name from information_schema.tables where table_schema = ?",
            [schema],
        ).fetchall()
    }
    summary: dict[str, Any] = summarize(
        connection, Publication(folder="", build={}, tables=tables)
    )
    for segment in summary["segments"]:
        # Of tables it is not known what they were before.
        del segment["customers_before"]
    lines = summary_lines({**summary, "warnings": []})
    if "builds" in tables:
        builds = connection.execute(
            f'select started_at, status from "{schema}".builds '
            "order by started_at desc, build_id limit 1"
        ).fetchall()
        for started_at, status in builds:
            lines.append(
                f"Last build: began {started_at:%Y-%m-%d %H:%M:%S} UTC, "
                f"{status or 'not ended: it runs still or was stopped'}"
            )
    return lines


def find_database(folder: Path) -> Path:
    """Find the only DuckDB file of a project.

    Raises
    ------
    StatusError
        If there is none, or more than one.
    """
    files = sorted([*folder.glob("*.duckdb"), *folder.glob("build/*.duckdb")])
    if len(files) != 1:
        found = " and ".join(map(str, files)) or "none"
        raise StatusError(
            f"{folder} has not one DuckDB file but {found}; expected --database <file>."
        )
    return files[0]
