"""What dbt-duckdb loads: SQL functions that find out how raw tables are read.

    found_input(table)       how a raw table is read, as JSON
    malformed_lines(table)   the lines of its files that do not fit, as JSON

`table` is JSON with the fields of `RawTable`. Either answer has the field `problem`,
null or a sentence.
"""

import atexit
import json
import weakref
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from reading.malformed_lines import malformed_lines
from reading.tables import BadInputError, NoInputError, RawTable, find_input


class Plugin(BasePlugin):
    """Gives every connection the functions."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Register the functions on a new connection."""
        connection = weakref.ref(conn)
        for name, answer in {
            "found_input": describe_input,
            "malformed_lines": list_malformed_lines,
        }.items():
            conn.create_function(
                name,
                _function(connection, answer),
                ["VARCHAR"],
                "VARCHAR",
                side_effects=True,
            )
            # A function that outlives the interpreter makes it complain at its end.
            atexit.register(_remove, connection, name)


def describe_input(
    connection: duckdb.DuckDBPyConnection, table: RawTable
) -> dict[str, Any]:
    """Say how a raw table is read, or why it cannot be."""
    answer: dict[str, Any] = {"problem": None, "absence": None}
    try:
        found = find_input(connection, table)
    except BadInputError as error:
        return answer | {"problem": str(error)}
    except NoInputError as error:
        return answer | {"absence": str(error)}
    return answer | {
        "place": found.place,
        "relation": found.relation,
        "columns": found.columns,
        "absent": [
            column
            for column in table.columns
            if table.name_in_file(column) not in found.columns
        ],
        "notes": found.notes,
    }


def list_malformed_lines(
    connection: duckdb.DuckDBPyConnection, table: RawTable
) -> dict[str, Any]:
    """List the malformed lines of a raw table, or say why that cannot be."""
    try:
        lines = malformed_lines(connection, table)
    except BadInputError as error:
        return {"problem": str(error), "lines": []}
    except NoInputError:
        return {"problem": None, "lines": []}
    return {"problem": None, "lines": [asdict(line) for line in lines]}


def _function(
    connection: "weakref.ref[duckdb.DuckDBPyConnection]",
    answer: Callable[[duckdb.DuckDBPyConnection, RawTable], Mapping[str, Any]],
) -> Callable[[str], str]:
    """Make a function of JSON that asks the database through a cursor of its own."""

    def function(table: str) -> str:
        parent = connection()
        assert parent is not None
        with parent.cursor() as cursor:
            return json.dumps(answer(cursor, RawTable(**json.loads(table))))

    return function


def _remove(connection: "weakref.ref[duckdb.DuckDBPyConnection]", name: str) -> None:
    open_connection = connection()
    if open_connection is not None:
        try:
            open_connection.remove_function(name)
        except duckdb.Error:
            return
