"""Write who is in the audience of a segment as a file for a tool that addresses them.

All is read from the file that a build published: table `segment_audience_changes` says
who is in which segment, who may be addressed and who is held out of a campaign.
"""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import duckdb

from segmentation.publishing.publish import FILE

FOLDER = "audiences"
LOG = "exports.csv"
TABLES = ("builds", "segment_audience_changes", "segments")
# Whose last row until a moment is in the segment, and says that they may be addressed.
MEMBERS = """
    select customer_id
    from segment_audience_changes
    where segmentation_name = 'default' and changed_at <= $moment
    group by customer_id
    having max_by(
        segment_id = $segment_id and is_contactable and not is_held_out, changed_at
    )
"""


class AudienceError(Exception):
    """Nothing was written; the text is one sentence that says why."""


@dataclass(frozen=True)
class Export:
    """What was written, when and of which build: a line of the log.

    Attributes
    ----------
    exported_at, build_started_at
        In UTC, as ISO 8601 writes them.
    customers
        Rows of the file below its header.
    sha256
        Checksum of the whole file.
    file
        Where it was written.
    """

    exported_at: str
    build_id: str
    build_started_at: str
    segment_id: int
    segment_name: str
    is_new_only: bool
    customers: int
    sha256: str
    file: str


def export_audience(
    serve: Path, segment: str, *, new_only: bool = False, output: Path | None = None
) -> Export:
    """Write the ids of the customers of a segment who may be addressed, in their order.

    Parameters
    ----------
    serve
        The folder of the published files.
    segment
        Id or name of a segment in use.
    new_only
        Leave out who was in the audience of the segment as of the last export of it.
    output
        The file to write, instead of `audiences/segment_<id>.csv` in the folder.

    Returns
    -------
    The line that it added to the log, `audiences/exports.csv` in the folder.

    Raises
    ------
    AudienceError
        If nothing is published, or there is no such segment.
    """
    with _opened(serve / FILE) as connection:
        segment_id, name = _segment(connection, segment)
        build_id, started_at = _last_build(connection)
        log = serve / FOLDER / LOG
        before = last_export(log, segment_id) if new_only else None
        members = _members(connection, segment_id, started_at)
        if before is not None:
            members -= _members(connection, segment_id, before)
    text = _as_csv([("customer_id",), *((member,) for member in sorted(members))])
    file = output or serve / FOLDER / f"segment_{segment_id}.csv"
    export = Export(
        exported_at=datetime.now(UTC).isoformat(timespec="seconds"),
        build_id=build_id,
        build_started_at=started_at.isoformat(),
        segment_id=segment_id,
        segment_name=name,
        is_new_only=new_only,
        customers=len(members),
        sha256=sha256(text.encode()).hexdigest(),
        file=str(file),
    )
    try:
        _write(file, text)
        _append(log, export)
    except OSError as error:
        raise AudienceError(
            f"{error.filename or file} cannot be written: {error.strerror}; expected a "
            "folder to write to."
        ) from error
    return export


def last_export(log: Path, segment_id: int) -> datetime | None:
    """Find when the build began whose audience was exported last; None for never.

    Raises
    ------
    AudienceError
        If the log is not as this command writes it.
    """
    if not log.is_file():
        return None
    try:
        with log.open(encoding="utf-8", newline="") as lines:
            moments = [
                datetime.fromisoformat(line["build_started_at"])
                for line in csv.DictReader(lines)
                if int(line["segment_id"]) == segment_id
            ]
    except (KeyError, TypeError, ValueError) as error:
        raise AudienceError(
            f"{log} cannot be read; expected the log that this command writes, or none."
        ) from error
    return moments[-1] if moments else None


# ---------- the published file


def _opened(file: Path) -> duckdb.DuckDBPyConnection:
    if not file.is_file():
        raise AudienceError(
            f"{file} is not there; expected what a whole green dbt build publishes."
        )
    try:
        connection = duckdb.connect(file, read_only=True)
    except duckdb.Error as error:
        raise AudienceError(
            f"{file} cannot be opened; expected what a whole green dbt build publishes."
        ) from error
    found = {name for (name,) in connection.execute("show tables").fetchall()}
    missing = [name for name in TABLES if name not in found]
    if missing:
        connection.close()
        raise AudienceError(
            f"{file} has no table {missing[0]}; expected a build of this version "
            "without SEGMENTATION_PUBLISH_CUSTOMERS=0."
        )
    return connection


def _segment(connection: duckdb.DuckDBPyConnection, text: str) -> tuple[int, str]:
    """Find a segment in use by its id or its name."""
    segments = connection.execute(
        "select segment_id, segment_name from segments "
        "where segmentation_name = 'default' and is_in_use order by segment_id"
    ).fetchall()
    for segment_id, name in segments:
        if text.strip().lower() in (str(segment_id), name.lower()):
            return segment_id, name
    known = ", ".join(f"{segment_id} ({name})" for segment_id, name in segments)
    raise AudienceError(f"segment is {text}; expected one of {known}.")


def _last_build(connection: duckdb.DuckDBPyConnection) -> tuple[str, datetime]:
    """Find the build that published the file."""
    [(build_id, started_at)] = connection.execute(
        "select build_id, started_at from builds where status = 'published' "
        "order by started_at desc limit 1"
    ).fetchall()
    return build_id, started_at


def _members(
    connection: duckdb.DuckDBPyConnection, segment_id: int, moment: datetime
) -> set[str]:
    found = connection.execute(MEMBERS, {"segment_id": segment_id, "moment": moment})
    return {customer_id for (customer_id,) in found.fetchall()}


# ---------- files


def _as_csv(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _write(file: Path, text: str) -> None:
    """Write a file whole or not at all: half an audience is none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_text(text, encoding="utf-8", newline="")
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def _append(log: Path, export: Export) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    values: Mapping[str, object] = asdict(export)
    header = [] if log.is_file() else [[field.name for field in fields(Export)]]
    with log.open("a", encoding="utf-8", newline="") as file:
        file.write(_as_csv([*header, list(values.values())]))
