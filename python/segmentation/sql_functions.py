"""SQL functions by which macros ask Python: JSON in, JSON out."""

import atexit
import json
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import duckdb

Answer = Callable[[duckdb.DuckDBPyConnection, Any], Mapping[str, Any]]


def register(connection: duckdb.DuckDBPyConnection, name: str, answer: Answer) -> None:
    """Give a new connection a function.

    `answer` gets a cursor of its own, so that secrets and attached databases hold, and
    what the argument of the function holds as JSON; what it returns becomes JSON.
    """
    reference = weakref.ref(connection)
    connection.create_function(
        name, _function(reference, answer), ["VARCHAR"], "VARCHAR", side_effects=True
    )
    # A function that outlives the interpreter makes it complain at its end.
    atexit.register(_remove, reference, name)


def _function(
    connection: "weakref.ref[duckdb.DuckDBPyConnection]", answer: Answer
) -> Callable[[str], str]:
    def function(question: str) -> str:
        parent = connection()
        assert parent is not None
        with parent.cursor() as cursor:
            return json.dumps(answer(cursor, json.loads(question)))

    return function


def _remove(connection: "weakref.ref[duckdb.DuckDBPyConnection]", name: str) -> None:
    open_connection = connection()
    if open_connection is not None:
        try:
            open_connection.remove_function(name)
        except duckdb.Error:
            return
