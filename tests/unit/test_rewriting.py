"""The file of a warehouse is written anew, and holds nothing that was deleted."""

from pathlib import Path

import duckdb
import pytest

from segmentation.publishing.rewriting import CATALOG, RewritingError, rewrite

SECRET = "who asked to be erased"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with what was deleted still in its bytes."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create schema internal")
        connection.execute("create table internal.kept (id int primary key, name text)")
        connection.execute("insert into internal.kept values (1, 'kept')")
        connection.execute("comment on table internal.kept is 'What is kept.'")
        connection.execute("comment on column internal.kept.id is 'Its number.'")
        connection.execute(
            "create view names as select name from warehouse.internal.kept"
        )
        connection.execute(f"insert into internal.kept values (0, '{SECRET}')")
        connection.execute("checkpoint")
        connection.execute("delete from internal.kept where id = 0")
    assert SECRET.encode() in path.read_bytes()
    return path


def contents(path: Path) -> list[object]:
    """All that a reader finds in a database."""
    with duckdb.connect(path, read_only=True) as connection:
        return [
            connection.execute(query).fetchall()
            for query in (
                "from internal.kept",
                "from names",
                "select schema_name, table_name, comment from duckdb_tables() "
                "where not internal",
                "select table_name, column_name, comment from duckdb_columns() "
                "where not internal",
                "select table_name, constraint_type from duckdb_constraints()",
            )
        ]


def test_what_was_deleted_is_gone_and_all_else_is_there(file: Path) -> None:
    before = contents(file)
    mode = file.stat().st_mode
    with duckdb.connect(file) as connection:
        connection.execute("insert into internal.kept values (2, 'not in the file')")
        with connection.cursor() as cursor:
            size = rewrite(cursor)
        assert connection.execute("select count(*) from names").fetchone() == (2,)

    after = contents(file)
    assert SECRET.encode() not in file.read_bytes()
    assert size == file.stat().st_size
    assert file.stat().st_mode == mode
    assert after[0] == [(1, "kept"), (2, "not in the file")]
    assert after[2:] == before[2:]
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_link_to_the_file_stays_one(file: Path) -> None:
    link = file.with_name("link.duckdb")
    link.symlink_to(file.name)
    with duckdb.connect(link) as connection, connection.cursor() as cursor:
        rewrite(cursor)
    assert link.is_symlink()
    assert SECRET.encode() not in file.read_bytes()


def test_a_copy_that_cannot_be_written_leaves_the_file_as_it_was(file: Path) -> None:
    before = file.read_bytes()
    # Something that nobody can write to is where the copy goes.
    obstacle = file.with_name(f".{file.name}.rewriting.tmp")
    (obstacle / "within").mkdir(parents=True)
    with (
        duckdb.connect(file) as connection,
        connection.cursor() as cursor,
        pytest.raises(RewritingError, match=r"warehouse\.duckdb could not be written"),
    ):
        rewrite(cursor)
    assert file.read_bytes() == before


def test_a_copy_that_was_stopped_is_no_obstacle(file: Path) -> None:
    file.with_name(f".{file.name}.rewriting.tmp").write_bytes(b"half a copy")
    with duckdb.connect(file) as connection, connection.cursor() as cursor:
        rewrite(cursor)
        attached = connection.execute("from duckdb_databases()").fetchall()
    assert CATALOG not in str(attached)
    assert SECRET.encode() not in file.read_bytes()


def test_a_warehouse_in_memory_has_no_file() -> None:
    with duckdb.connect() as connection, connection.cursor() as cursor:
        assert rewrite(cursor) is None
