"""What dbt would answer with a traceback is said in one sentence."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml

from segmentation import running

PROJECT = Path(__file__).resolve().parents[2]
# A program that says where it is and then works on, as dbt does.
WORKING = "import time; print('working', flush=True); time.sleep(60)"


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A small database, in the storage that the profile asks for."""
    path = tmp_path / "warehouse.duckdb"
    config = {"storage_compatibility_version": "v1.4.0"}
    with duckdb.connect(str(path), config=config) as connection:
        connection.execute("create table numbers as from range(1000000)")
    return path


@pytest.fixture
def locked(warehouse: Path) -> Iterator[Path]:
    """A warehouse that another process has open."""
    opening = f"import duckdb; c = duckdb.connect({str(warehouse)!r}); " + WORKING
    with subprocess.Popen(
        [sys.executable, "-c", opening], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield warehouse
        process.kill()


def problem_with(path: Path) -> str:
    """The sentence on a warehouse: one, that ends as one does."""
    problem = running.problem_with_warehouse(str(path))
    assert problem is not None
    assert "\n" not in problem
    assert problem.endswith(".")
    assert str(path) in problem
    return problem


def test_the_defaults_are_those_of_the_profile() -> None:
    text = (PROJECT / "profiles.yml").read_text(encoding="utf-8")
    profile = str(yaml.safe_load(text)["customer_segmentation"]["outputs"]["duckdb"])
    for name, value in running.DEFAULTS.items():
        assert f"env_var('{name}', '{value}')" in profile.replace("\\'", "'")


@pytest.mark.parametrize("name", ["warehouse.duckdb", "of.two.parts.duckdb", "db"])
def test_a_warehouse_that_is_not_there_is_no_problem(tmp_path: Path, name: str) -> None:
    assert running.problem_with_warehouse(str(tmp_path / name)) is None
    assert list(tmp_path.iterdir()) == []


def test_a_whole_warehouse_is_no_problem_and_stays_as_it_is(warehouse: Path) -> None:
    before = warehouse.read_bytes()
    assert running.problem_with_warehouse(str(warehouse)) is None
    assert warehouse.read_bytes() == before


def test_a_warehouse_that_is_open_elsewhere_is_said_to_be(locked: Path) -> None:
    assert "is open in another program (process " in problem_with(locked)


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_text("customer_id,name\n" * 1000)
    assert "is no DuckDB database" in problem_with(path)
    assert path.read_text() == "customer_id,name\n" * 1000


@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_half_a_warehouse_is_said_to_be_damaged(warehouse: Path, share: float) -> None:
    whole = warehouse.read_bytes()
    half = whole[: int(share * len(whole))]
    warehouse.write_bytes(half)
    problem = problem_with(warehouse)
    assert "is cut off" in problem or "is damaged" in problem
    assert warehouse.read_bytes() == half


def test_a_warehouse_that_lacks_values_is_said_to_be_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        for name in ("first", "last"):
            rows = "select random() from range(500_000)"
            connection.execute(f"create table {name} as {rows}; checkpoint")
        # What leads to the tables is written where the first one was.
        connection.execute("drop table first; checkpoint")
    os.truncate(path, path.stat().st_size * 3 // 4)
    assert "is cut off" in problem_with(path)


def test_a_warehouse_that_shrank_is_whole(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table large as select random() from range(500_000)")
        connection.execute("checkpoint")
        connection.execute("drop table large")
    with duckdb.connect(str(warehouse)) as connection:
        [(block_bytes,)] = connection.execute(
            "select total_blocks * block_size from pragma_database_size()"
        ).fetchall()
    assert warehouse.stat().st_size < block_bytes
    assert running.problem_with_warehouse(str(warehouse)) is None


def checksum_of(block: bytes) -> int:
    """What DuckDB writes before each of its headers."""
    checksum = 5381
    for start in range(0, len(block), 8):
        number = int.from_bytes(block[start : start + 8], "little")
        checksum ^= number * 0xBF58476D1CE4E5B9 % 2**64
    return checksum


def test_a_storage_that_cannot_be_read_is_said_to_be_one(warehouse: Path) -> None:
    whole = bytearray(warehouse.read_bytes())
    # After a checksum and the mark DUCK stands the number of the storage.
    whole[12:20] = (9999).to_bytes(8, "little")
    whole[:8] = checksum_of(whole[8 : running.HEADER_BYTES]).to_bytes(8, "little")
    warehouse.write_bytes(whole)
    assert "was written by a later DuckDB" in problem_with(warehouse)
    assert warehouse.read_bytes() == whole


def test_a_storage_that_duckdb_1_4_cannot_read_is_noted(
    warehouse: Path, tmp_path: Path
) -> None:
    assert running.note_on_storage(warehouse) is None
    later = tmp_path / "later.duckdb"
    config = {"storage_compatibility_version": "v2.0.0"}
    with duckdb.connect(str(later), config=config) as connection:
        connection.execute("create table numbers as from range(10)")
    assert "has the storage of DuckDB v2.0.0" in str(running.note_on_storage(later))
    with run(sys.executable, "-c", "", SEGMENTATION_DATABASE=str(later)) as process:
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors.count("\n")) == (0, 1)
    assert errors.startswith("Note: the warehouse ")


@pytest.mark.parametrize("name", ["temp.duckdb", "TEMP.db", "system.db", "main.db"])
def test_names_that_duckdb_has_are_refused(tmp_path: Path, name: str) -> None:
    assert "a name that DuckDB keeps for itself" in problem_with(tmp_path / name)


def test_places_without_a_file_are_named(tmp_path: Path) -> None:
    assert "is a folder" in problem_with(tmp_path)
    assert "there is no folder" in problem_with(tmp_path / "gone" / "x.duckdb")
    (tmp_path / "file").touch()
    assert "there is no folder" in problem_with(tmp_path / "file" / "x.duckdb")


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="no place is read-only")
def test_a_place_that_is_read_only_is_said_to_be() -> None:
    assert "cannot be written there" in problem_with(Path("/sys/kernel/x.duckdb"))


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MEMORY_LIMIT", "lots", "MEMORY_LIMIT is 'lots'; expected a size such as"),
        ("THREADS", "all", "THREADS is 'all'; expected a whole number"),
        ("THREADS", "0", "THREADS is '0'; expected a whole number"),
        ("DATABASE", "", "DATABASE is empty; expected the path"),
    ],
)
def test_settings_that_cannot_work_are_named(
    name: str, value: str, sentence: str
) -> None:
    problem = running.problem_with_environment({f"SEGMENTATION_{name}": value})
    assert problem is not None
    assert sentence in problem


def run(*command: str, **environment: str) -> subprocess.Popen[str]:
    """Run a command as `make build` does."""
    return subprocess.Popen(
        [sys.executable, "-m", "segmentation.running", *command],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": "python", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_dbt_is_not_started_where_it_could_not_begin(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_text("no database")
    with run(sys.executable, "-c", WORKING, SEGMENTATION_DATABASE=str(path)) as process:
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (running.NOT_STARTED, "")
    assert errors.startswith("Not started: the file ")
    assert errors.count("\n") == 1


def test_the_exit_status_is_that_of_dbt(tmp_path: Path) -> None:
    path = str(tmp_path / "warehouse.duckdb")
    failing = "import sys; sys.exit(1)"
    with run(sys.executable, "-c", failing, SEGMENTATION_DATABASE=path) as process:
        assert process.wait(timeout=30) == 1


def test_another_target_is_not_looked_at(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print(1)", "--target", "serve"]
    with run(*command, SEGMENTATION_DATABASE=str(tmp_path)) as process:
        assert process.communicate(timeout=30) == ("1\n", "")


def test_an_interrupt_is_one_line(tmp_path: Path) -> None:
    path = str(tmp_path / "warehouse.duckdb")
    # The background job of a shell hears no Ctrl-C, nor do its children: here they do.
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        started = run(sys.executable, "-c", WORKING, SEGMENTATION_DATABASE=path)
    finally:
        signal.signal(signal.SIGINT, heard)
    with started as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        time.sleep(0.2)
        # As a terminal does: everything that runs in it hears Ctrl-C.
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == running.STOPPED
    assert errors.startswith("Stopped: ")
    assert errors.count("\n") == 1
