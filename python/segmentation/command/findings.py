"""Look at raw tables and find what can be read of them.

The columns are looked at by the reader of the package, and what can be read of their
values is what the cleaning models count: both as in a build, in a folder that is
removed.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from segmentation.command.guesses import guess_columns, guess_table, known_words
from segmentation.command.project import (
    NEW_PROJECT,
    PROFILE,
    with_package,
    with_variables,
)
from segmentation.reading.tables import (
    FOLDER_SUFFIXES,
    BadInputError,
    NoInputError,
    RawTable,
    find_input,
)

EXAMPLES = 3
# Rows of a relation that are looked at.
SAMPLE_ROWS = 10_000


class FindingError(Exception):
    """What was named cannot be looked at; the text says why."""


@dataclass(frozen=True)
class Table:
    """A raw table and what its columns are taken for.

    Attributes
    ----------
    name
        Its name in the input contract.
    place
        The file, or what a person calls the relation.
    names
        The columns that it has.
    columns
        Column of the contract -> the name that it has there.
    """

    name: str
    place: str
    names: tuple[str, ...]
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Finding:
    """What can be read of a column.

    Attributes
    ----------
    column
        The column of the contract.
    records, present, readable
        How many records there are, have a value, and have one that can be read.
    examples
        Shapes of values: letters are a, digits 9.
    """

    column: str
    records: int
    present: int
    readable: int
    examples: tuple[str, ...]

    @property
    def readable_share(self) -> float | None:
        """The share of the values that can be read; None where there are none."""
        return self.readable / self.present if self.present else None


# ---------- which columns there are


def tables_of_folder(
    folder: Path, files: Mapping[str, str], said: Mapping[str, Mapping[str, str]]
) -> list[Table]:
    """Look at the files of a folder that are raw tables.

    Parameters
    ----------
    folder
        The folder.
    files
        Raw table -> name of its file, where a person has said so.
    said
        Raw table -> column of the contract -> its name, where a person has said so.

    Raises
    ------
    FindingError
        If no file is one, two are the same, or one cannot be read.
    """
    found: dict[str, str] = dict(files)
    for path in sorted(folder.glob("*")):
        stem, suffix = _split(path.name)
        table = guess_table(stem)
        if not suffix or path.name in files.values() or table is None or table in files:
            continue
        if table in found:
            raise FindingError(
                f"{found[table]} and {path.name} may both be {table}; expected "
                f"--table {table}=<file> to say which."
            )
        found[table] = path.name
    if not found:
        raise FindingError(
            f"{folder} has no file that is customers or orders by its name; expected "
            f"one, such as orders.csv, or --table orders=<file>."
        )
    order = list(known_words())
    return [
        _table_of_file(table, folder / found[table], said.get(table, {}))
        for table in sorted(found, key=order.index)
    ]


def _split(name: str) -> tuple[str, str]:
    for suffix in sorted(FOLDER_SUFFIXES, key=len, reverse=True):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)], suffix
    return name, ""


def location_of(path: str) -> str:
    """Write a file as SQL that selects from it."""
    reader = {".parquet": "read_parquet", ".json": "read_json", ".ndjson": "read_json"}
    function = reader.get(Path(path).suffix.lower(), "read_csv")
    return f"{function}('" + path.replace("'", "''") + "')"


def _table_of_file(table: str, path: Path, said: Mapping[str, str]) -> Table:
    with duckdb.connect() as connection:
        asked = RawTable(table=table, location=location_of(str(path)))
        try:
            names = find_input(connection, asked).columns
        except BadInputError as error:
            raise FindingError(str(error)) from error
        except NoInputError as error:
            raise FindingError(f"raw table {table} has {error}.") from error
    return Table(table, str(path), names, guess_columns(table, names, said))


def table_of_relation(
    table: str, relation: str, folder: Path, said: Mapping[str, str], copy: Path
) -> Table:
    """Look at the first rows of a relation of a dbt project, and write them to a file.

    Parameters
    ----------
    table
        The raw table that it is.
    relation
        What the var holds: a ref(), a source() or a name.
    folder
        The folder of the project.
    said
        Column of the contract -> its name, where a person has said so.
    copy
        The file to write.

    Raises
    ------
    FindingError
        If dbt cannot show it, or shows no row.
    """
    variable = {f"segmentation_{table}": relation}
    output = run_dbt(
        folder,
        "--quiet",
        "show",
        "--inline",
        f"select * from {relation}",
        "--limit",
        str(SAMPLE_ROWS),
        "--output",
        "json",
        "--vars",
        json.dumps(variable),
    )
    rows = json.loads(output[output.index("{") :])["show"]
    if not rows:
        raise FindingError(
            f"relation {relation} has no rows; expected some, so build it first."
        )
    copy.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    names = tuple(name.lower() for name in rows[0])
    return Table(table, relation, names, guess_columns(table, names, said))


# ---------- what can be read of their values


def find_readable(
    tables: Sequence[Table],
    variables: Mapping[str, Any],
    package: Mapping[str, str],
) -> dict[str, list[Finding]]:
    """Let the package read the tables, and say what it could read.

    Parameters
    ----------
    tables
        The tables.
    variables
        The vars of the package that say where they are.
    package
        The entry of packages.yml, with an absolute path.

    Returns
    -------
    Raw table -> findings, one for each column that it has.

    Raises
    ------
    FindingError
        If dbt stops, with what it says.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = NEW_PROJECT.format(name="first_look")
        for file, text in {
            "dbt_project.yml": with_variables(project, variables),
            "packages.yml": with_package("", package),
            "profiles.yml": PROFILE.format(name="first_look"),
        }.items():
            (folder / file).write_text(text, encoding="utf-8")
        run_dbt(folder, "--quiet", "deps")
        run_dbt(
            folder,
            "--quiet",
            "build",
            "--select",
            "+int_column_counts",
            "--exclude-resource-type",
            "test",
            "unit_test",
            "--profiles-dir",
            ".",
        )
        with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
            return {table.name: _findings(connection, table) for table in tables}


def _findings(connection: duckdb.DuckDBPyConnection, table: Table) -> list[Finding]:
    counts = connection.execute(
        "select column_name, rows_in, values_present, values_readable "
        "from main_segmentation_internal.int_column_counts where entity = ?",
        [table.name],
    ).fetchall()
    findings = []
    for column, records, present, readable in counts:
        if column not in table.columns:
            continue
        values = connection.execute(
            f"select distinct cast(raw_{column} as varchar) as value "
            f"from main_segmentation_raw.base_crm__{table.name} "
            f"where raw_{column} is not null order by value limit 1000"
        ).fetchall()
        shapes = dict.fromkeys(masked(value)[:30] for (value,) in values)
        findings.append(
            Finding(column, records, present, readable, tuple(shapes)[:EXAMPLES])
        )
    return findings


def masked(text: str) -> str:
    """Write the shape of a text as the macro `masked` does."""
    return re.sub("[^0-9 @./:+-]", "a", re.sub("[0-9]", "9", text))


def run_dbt(folder: Path, *arguments: str) -> str:
    """Run dbt in a folder, and return what it prints.

    Raises
    ------
    FindingError
        If it fails, with what it says.
    """
    found = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "--no-use-colors", *arguments],
        cwd=folder,
        env={
            **os.environ,
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "SEGMENTATION_PUBLISH": "0",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        said = (found.stdout + found.stderr).strip().splitlines()
        raise FindingError("dbt stopped:\n" + "\n".join(said[-15:]))
    return found.stdout
