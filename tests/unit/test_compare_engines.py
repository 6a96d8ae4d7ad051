from pathlib import Path

import duckdb
import pytest

from compare_engines import compare

SAME = "select * from (values ('a', 1, 0.5, 2.5), (null, 2, null, null))"
COLUMNS = "as rows (name, number, share, amount)"


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A database of one table, and the same in the files of another engine."""
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        connection.execute(f"create table rows as {SAME} {COLUMNS}")
        connection.execute("create table only_here as select 1 as number")
    (tmp_path / "main.db" / "rows").mkdir(parents=True)
    return tmp_path


def write(warehouse: Path, query: str) -> None:
    file = warehouse / "main.db" / "rows" / "part.parquet"
    duckdb.connect().sql(f"copy ({query}) to '{file}'")


def found(warehouse: Path) -> dict[str, str | None]:
    return compare(warehouse / "warehouse.duckdb", warehouse)


def test_the_order_of_rows_and_the_last_digits_make_no_difference(
    warehouse: Path,
) -> None:
    write(
        warehouse,
        "select * from (values (null, 2, null, null), ('a', 1, 0.5000001, 2.5))"
        + COLUMNS,
    )
    assert found(warehouse) == {"rows": None}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("values ('a', 1, 0.50001, 2.5), (null, 2, null, null)", "share in 1 rows"),
        ("values ('a', 1, 0.5, 2.5), (null, 2, 0, null)", "share in 1 rows"),
        ("values ('a ', 1, 0.5, 2.5), (null, 2, null, null)", "name in 1 rows"),
        ("values ('a', 1, 0.5, 2.5)", "2 rows on DuckDB, 1 on Spark"),
    ],
    ids=["a number", "a missing number", "a text", "a row"],
)
def test_what_differs_is_said(warehouse: Path, query: str, expected: str) -> None:
    write(warehouse, f"select * from ({query}) {COLUMNS}")
    assert str(found(warehouse)["rows"]).startswith(expected)


def test_a_column_that_one_lacks_is_said(warehouse: Path) -> None:
    write(warehouse, f"select name, number, share from ({SAME} {COLUMNS})")
    assert found(warehouse)["rows"] == "columns: ['amount']"
