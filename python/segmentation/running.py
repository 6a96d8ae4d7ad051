"""Run dbt on a warehouse that it can open; say in one sentence why it could not.

    python -m segmentation.running dbt build --exclude-resource-type unit_test

dbt answers a file that is locked or damaged, and Ctrl-C, with hundreds of lines of
traceback. The exit status is that of dbt, 2 where it was not started, or 130 where it
was stopped.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from segmentation.identifiers import identifier

# The variables of profiles.yml and what they are where nobody sets them.
DEFAULTS = {
    "SEGMENTATION_DATABASE": "build/warehouse.duckdb",
    "SEGMENTATION_MEMORY_LIMIT": "8GB",
    "SEGMENTATION_THREADS": "2",
}
# With one of these dbt may open something else.
OTHER_PROFILE = ("--target", "-t", "--profile", "--profiles-dir")
# DuckDB has databases or a schema of these names.
RESERVED_NAMES = ("main", "system", "temp")
# The oldest DuckDB that can open what the profile makes.
STORAGE_VERSION = "v1.4.0"
# A file of DuckDB begins with three headers of so many bytes each.
HEADER_BYTES = 4096
NOT_STARTED = 2
STOPPED = 130


def problem_with_environment(environment: Mapping[str, str]) -> str | None:
    """Say what keeps dbt from opening the warehouse that the environment names."""
    given = {name: environment.get(name, DEFAULTS[name]) for name in DEFAULTS}
    threads = given["SEGMENTATION_THREADS"]
    if not re.fullmatch("0*[1-9][0-9]*", threads):
        return (
            f"environment variable SEGMENTATION_THREADS is '{threads}'; expected a "
            "whole number of at least 1."
        )
    limit = given["SEGMENTATION_MEMORY_LIMIT"]
    try:
        duckdb.connect(config={"memory_limit": limit}).close()
    except duckdb.Error:
        return (
            f"environment variable SEGMENTATION_MEMORY_LIMIT is '{limit}'; expected a "
            "size such as 8GB."
        )
    database = given["SEGMENTATION_DATABASE"]
    if not database:
        return (
            "environment variable SEGMENTATION_DATABASE is empty; expected the path of "
            "a file."
        )
    return problem_with_warehouse(database)


def problem_with_warehouse(database: str) -> str | None:
    """Say why DuckDB could not open a file and write to it; None if it could.

    There need be no file. What is in memory or elsewhere than on this machine is not
    looked at.
    """
    if database == ":memory:" or re.match("[a-z0-9]+:", database):
        return None
    path = Path(database)
    if path.stem.lower() in RESERVED_NAMES:
        return (
            f"the warehouse {path} has a name that DuckDB keeps for itself; "
            f"expected another than {' and '.join(RESERVED_NAMES)}."
        )
    return problem_with_place(path) or (
        problem_with_file(path) if path.exists() else None
    )


def problem_with_place(path: Path) -> str | None:
    """Say why a file could not be written at a path."""
    if path.is_dir():
        return f"the warehouse {path} is a folder; expected a file, or nothing yet."
    if not path.parent.is_dir():
        return (
            f"there is no folder {path.parent} for the warehouse {path}; make it, or "
            "let SEGMENTATION_DATABASE name another place."
        )
    try:
        if path.exists():
            path.open("r+b").close()
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        return (
            f"the warehouse {path} cannot be written there ({error.strerror}); "
            "expected a file and a folder that may be written to."
        )
    return None


def problem_with_file(path: Path) -> str | None:
    """Say why DuckDB could not open a file that is there."""
    try:
        with duckdb.connect(str(path)) as connection:
            [(block_bytes,)] = connection.execute(
                "select total_blocks * block_size from pragma_database_size() "
                "where database_name = current_database()"
            ).fetchall()
            missing = 3 * HEADER_BYTES + block_bytes - path.stat().st_size
            is_cut_off = missing > 0 and not can_be_read(connection)
    except duckdb.Error as error:
        return refusal_in_words(path, str(error))
    if is_cut_off:
        return (
            f"the warehouse {path} is cut off: it lacks {missing} bytes; put a copy "
            "back, or remove it to begin anew."
        )
    return None


def can_be_read(connection: duckdb.DuckDBPyConnection) -> bool:
    """Try whether every value of every table is there.

    A file may be shorter than its header says: DuckDB cuts free blocks off its end.
    """
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where database_name = current_database()"
    ).fetchall()
    try:
        for names in tables:
            table = ".".join(map(identifier, names))
            connection.execute(f"select max(hash(record)) from {table} as record")
    except duckdb.Error:
        return False
    return True


def note_on_storage(path: Path) -> str | None:
    """Say that DuckDB 1.4 cannot open a file that DuckDB can, where that is so."""
    with duckdb.connect(str(path)) as connection:
        [(tags,)] = connection.execute(
            "select tags from duckdb_databases() "
            "where database_name = current_database()"
        ).fetchall()
    storage = tags.get("storage_version", STORAGE_VERSION)
    if numbers_of(storage) <= numbers_of(STORAGE_VERSION):
        return None
    return (
        f"the warehouse {path} has the storage of DuckDB {storage}, which older ones "
        f"cannot open; a new file has that of {STORAGE_VERSION}."
    )


def numbers_of(version: str) -> list[int]:
    """Read a version such as v1.4.0+ as numbers."""
    return [int(number) for number in re.findall("[0-9]+", version)]


def refusal_in_words(path: Path, message: str) -> str:
    """Say in a sentence why DuckDB did not open a file.

    Parameters
    ----------
    path
        The file.
    message
        What DuckDB said.
    """
    lock = re.search(r"Conflicting lock is held(?: in (.*?))? \(PID (\d+)\)", message)
    if lock or "Could not set lock" in message:
        holder = f" (process {lock.group(2)})" if lock else ""
        return (
            f"the warehouse {path} is open in another program{holder}, and only one "
            "may write; close it there, or wait for its end."
        )
    if "not a valid DuckDB database" in message:
        return (
            f"the file {path} is no DuckDB database; expected a warehouse, or nothing "
            "yet."
        )
    if re.search("version number|storage version", message):
        return (
            f"the warehouse {path} was written by a later DuckDB than "
            f"{duckdb.__version__}, which is installed; expected a file that this one "
            "can read. Nothing was changed."
        )
    return (
        f"the warehouse {path} is damaged ({message.splitlines()[0]}); put a copy "
        "back, or remove it to begin anew."
    )


def run_dbt(command: Sequence[str]) -> int:
    """Run dbt and return its exit status; Ctrl-C stops it without a traceback."""
    # A process that does not hear Ctrl-C is told to end instead. What was being written
    # is rolled back when the file is opened next.
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = subprocess.Popen(command)
    finally:
        signal.signal(signal.SIGINT, heard)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        return STOPPED


def main(command: Sequence[str]) -> int:
    """Run dbt, or say why it was not started."""
    opens_another = any(word.split("=")[0] in OTHER_PROFILE for word in command)
    problem = None if opens_another else problem_with_environment(os.environ)
    if problem is not None:
        print(f"Not started: {problem}", file=sys.stderr)
        return NOT_STARTED
    path = Path(
        os.environ.get("SEGMENTATION_DATABASE", DEFAULTS["SEGMENTATION_DATABASE"])
    )
    if not opens_another and path.is_file() and (note := note_on_storage(path)):
        print(f"Note: {note}", file=sys.stderr)
    status = run_dbt(command)
    if status == STOPPED:
        print(
            "Stopped: tables may be of different builds until a whole build ends.",
            file=sys.stderr,
        )
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
