"""Write the file of a warehouse anew, so that it holds nothing that was deleted.

DuckDB leaves the bytes of deleted rows where they are, and those of dropped tables
where the system cannot take blocks out of a file.
"""

import shutil
from contextlib import suppress
from pathlib import Path

import duckdb

from segmentation.identifiers import identifier
from segmentation.publishing.publish import STORAGE_VERSION

# The name of the new file within the warehouse while it is written.
CATALOG = "segmentation_rewriting"


class RewritingError(Exception):
    """The file is as it was; the text is one sentence that says why."""


def rewrite(connection: duckdb.DuckDBPyConnection) -> int | None:
    """Put a copy of an open warehouse in the place of its file.

    Connections that are open go on in the former file, which is gone once they are
    closed: nothing that is written after this is kept.

    Parameters
    ----------
    connection
        To a database in a file, without another one that writes to it.

    Returns
    -------
    int or None
        Bytes of the new file; None where the warehouse is in no file.

    Raises
    ------
    RewritingError
        If there is no space for the copy, or it cannot be put in place.
    """
    [(database, place)] = connection.execute(
        "select database_name, path from duckdb_databases() "
        "where database_name = current_database()"
    ).fetchall()
    if place is None or not Path(place).is_file():
        return None
    # A link stays one.
    file = Path(place).resolve()
    copy = file.with_name(f".{file.name}.rewriting.tmp")
    log = file.with_name(f"{file.name}.wal")
    try:
        remove(copy)
        write_copy(connection, database, copy)
        shutil.copymode(file, copy)
        copy.replace(file)
        # Of the former file: it would be taken for one of the new.
        log.unlink(missing_ok=True)
    except (OSError, duckdb.Error) as error:
        reason = (str(error).strip() or repr(error)).splitlines()[0]
        raise RewritingError(f"{file} could not be written anew: {reason}") from error
    finally:
        with suppress(OSError):
            remove(copy)
    return file.stat().st_size


def write_copy(
    connection: duckdb.DuckDBPyConnection, database: str, copy: Path
) -> None:
    """Copy a database with all that is in it to a new file."""
    connection.execute(
        f"attach {_quoted(str(copy))} as {CATALOG} "
        f"(storage_version {_quoted(STORAGE_VERSION)})"
    )
    try:
        connection.execute(f"copy from database {identifier(database)} to {CATALOG}")
        connection.execute(f"checkpoint {CATALOG}")
    finally:
        connection.execute(f"detach {CATALOG}")


def remove(copy: Path) -> None:
    """Remove a copy that is not in place, and what DuckDB writes beside it."""
    copy.unlink(missing_ok=True)
    copy.with_name(f"{copy.name}.wal").unlink(missing_ok=True)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
