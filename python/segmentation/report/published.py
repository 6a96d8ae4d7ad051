"""Read the published file, and never write it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pandas as pd


class ReportError(ValueError):
    """The report cannot be made; the text is one sentence that says why."""


class Published:
    """The published tables, opened read-only.

    Raises
    ------
    ReportError
        If there is no such file, or it is no database that DuckDB can read.
    """

    def __init__(self, file: Path) -> None:
        """Open the file."""
        if not file.is_file():
            raise ReportError(
                f"{file} does not exist; expected the file that a whole build publishes"
            )
        try:
            self._connection = duckdb.connect(str(file), read_only=True)
        except duckdb.Error as error:
            raise ReportError(
                f"{file} cannot be read; expected the file that a whole build publishes"
            ) from error
        self._tables = {
            name
            for (name,) in self._connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'main'"
            ).fetchall()
        }
        if "segments" not in self._tables:
            self._connection.close()
            raise ReportError(
                f"{file} has no table segments; expected the file that a whole build "
                "publishes"
            )

    def __enter__(self) -> Self:
        """Return what is opened."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._connection.close()

    def has(self, *tables: str) -> bool:
        """Whether all of the tables were published."""
        return self._tables.issuperset(tables)

    def frame(
        self, query: str, parameters: Mapping[str, Any] | None = None
    ) -> pd.DataFrame:
        """Return the rows of a query as a frame, for what is computed by column."""
        return self._connection.execute(query, parameters).df()

    def run(self, statement: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Run a statement that makes a temporary table."""
        self._connection.execute(statement, parameters).fetchall()

    def limit(self, table: str, column: str, date: str) -> None:
        """Let later queries find the rows of a table up to a date alone."""
        self.run(
            f"create temporary table {table} as "
            f"from main.{table} where {column} <= cast($date as date)",
            {"date": date},
        )

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return the rows of a query, each by the names of columns; null is None."""
        found = self._connection.execute(query)
        names = [column for column, *_ in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
