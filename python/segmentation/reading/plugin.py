"""What dbt-duckdb loads: SQL functions that find out how raw tables are read.

    found_input(table)       how a raw table is read, as JSON
    malformed_lines(table)   the lines of its files that do not fit, as JSON

`table` is JSON with the fields of `RawTable`. Either answer has the field `problem`,
null or a sentence.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from segmentation.reading.malformed_lines import malformed_lines
from segmentation.reading.tables import (
    BadInputError,
    NoInputError,
    RawTable,
    find_input,
)
from segmentation.sql_functions import register


class Plugin(BasePlugin):
    """Gives every connection the functions."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Register the functions on a new connection."""
        register(conn, "found_input", describe_input)
        register(conn, "malformed_lines", list_malformed_lines)


def describe_input(
    connection: duckdb.DuckDBPyConnection, asked: Mapping[str, Any]
) -> dict[str, Any]:
    """Say how a raw table is read, or why it cannot be."""
    table = RawTable(**asked)
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
    connection: duckdb.DuckDBPyConnection, asked: Mapping[str, Any]
) -> dict[str, Any]:
    """List the malformed lines of a raw table, or say why that cannot be."""
    try:
        lines = malformed_lines(connection, RawTable(**asked))
    except BadInputError as error:
        return {"problem": str(error), "lines": []}
    except NoInputError:
        return {"problem": None, "lines": []}
    return {"problem": None, "lines": [asdict(line) for line in lines]}
