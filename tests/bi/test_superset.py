"""Superset reads the published file while a build publishes. `make test-bi` runs it.

It builds the sample twice and starts Superset: too slow for every change.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

import duckdb
import pytest

from superset_client import PROJECT, Dashboard, Superset, register, running

DBT = PROJECT / ".venv" / "bin" / "dbt"
ENVIRONMENT = Path(os.environ.get("SUPERSET_ENVIRONMENT") or PROJECT / ".venv-superset")
PORT = 8189
# After a build has published, until its numbers must have been seen.
SECONDS_TO_SEE = 30


@dataclass(frozen=True)
class Served:
    """The sample as dbt builds and publishes it."""

    folder: Path

    @property
    def file(self) -> Path:
        """What readers open."""
        return self.folder / "serve" / "segments.duckdb"

    @property
    def log(self) -> Path:
        """What the last build said."""
        return self.folder / "build.log"

    def start_build(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a whole build.

        It writes to a file: a pipe that nobody reads while it runs would stop it.
        """
        with self.log.open("w", encoding="utf-8") as log:
            return subprocess.Popen(
                [
                    *(str(DBT), "build", "--exclude-resource-type", "unit_test"),
                    *("--target-path", str(self.folder / "target"), *arguments),
                ],
                cwd=PROJECT,
                env={
                    **os.environ,
                    "SEGMENTATION_DATABASE": str(self.folder / "warehouse.duckdb"),
                    "SEGMENTATION_SERVE": str(self.file.parent),
                    "SEGMENTATION_PUBLISH": "1",
                },
                stdout=log,
            )

    def sizes(self) -> dict[tuple[str, str], int]:
        """Customers by date and segment, as SQL has them."""
        with duckdb.connect(str(self.file), read_only=True) as connection:
            rows = connection.execute(
                "select cast(observation_date as varchar), segment_name, customers "
                "from segment_evaluation "
                "where measure = 'value' and evaluation_window = 'observed'"
            ).fetchall()
        return {(date, name): customers for date, name, customers in rows}

    def finish(self, build: subprocess.Popen[bytes]) -> None:
        """Wait for a build, which must be green."""
        status = build.wait()
        output = self.log.read_text(encoding="utf-8")
        assert status == 0, output[-3000:]
        assert "Published " in output


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """The sample, published once."""
    found = Served(tmp_path_factory.mktemp("served"))
    found.finish(found.start_build())
    return found


@pytest.fixture(scope="module")
def superset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    """A Superset that knows nothing yet."""
    if not (ENVIRONMENT / "bin" / "superset").is_file():
        pytest.skip(f"no Superset in {ENVIRONMENT}: make test-bi installs it")
    with running(ENVIRONMENT, tmp_path_factory.mktemp("superset"), PORT) as found:
        yield found


@pytest.fixture(scope="module")
def made(superset: Superset, served: Served) -> Dashboard:
    """The dashboard of the sample."""
    return register(superset, served.file)


def shown_sizes(superset: Superset, made: Dashboard) -> dict[tuple[str, str], int]:
    """Customers by date and segment, as the chart has them."""
    return {
        (
            time.strftime("%Y-%m-%d", time.gmtime(row["observation_date"] / 1000)),
            row["segment_name"],
        ): row["customers"]
        for row in superset.rows(made.sizes)
    }


def test_columns_are_described_as_in_the_file(
    superset: Superset, made: Dashboard, served: Served
) -> None:
    answer = superset.call("GET", f"dataset/{made.data_set}")
    described = {
        column["column_name"]: column["description"]
        for column in answer["result"]["columns"]
    }
    with duckdb.connect(str(served.file), read_only=True) as connection:
        expected = connection.execute(
            "select column_name, comment from duckdb_columns() "
            "where table_name = 'segment_evaluation'"
        ).fetchall()
    assert described == dict(expected)
    assert all(described.values())


def test_pages_ask_nobody_else(superset: Superset) -> None:
    with urlopen(f"{superset.url}/login/") as page:
        policy = page.headers["Content-Security-Policy"]
    assert "img-src 'self' blob: data:" in policy
    assert "http" not in policy


def test_the_dashboard_has_two_charts_and_making_it_again_changes_it(
    superset: Superset, made: Dashboard, served: Served
) -> None:
    assert register(superset, served.file) == made
    charts = superset.call("GET", f"dashboard/{made.dashboard}/charts")["result"]
    assert {found["id"] for found in charts} == {made.sizes, made.measures}
    estimates = {row["estimate"] for row in superset.rows(made.measures)}
    with duckdb.connect(str(served.file), read_only=True) as connection:
        [(expected,)] = connection.execute(
            "select count(distinct estimate) from segment_evaluation "
            "where evaluation_window = 'observed'"
        ).fetchall()
    assert len(estimates - {None}) == expected > 10


def test_readers_see_the_new_numbers_and_no_request_fails(
    superset: Superset, made: Dashboard, served: Served
) -> None:
    before = served.sizes()
    assert shown_sizes(superset, made) == before
    today = max(date for date, _ in before)
    with duckdb.connect() as connection:
        [(earlier,)] = connection.execute(
            "select cast(cast(? as date) - ? as varchar)", [today, timedelta(days=30)]
        ).fetchall()
    build = served.start_build("--vars", f"{{as_of_date: '{earlier[:10]}'}}")
    answered = len(superset.answers)
    seen = [before]
    # An answer that is an error ends the test.
    while build.poll() is None:
        seen.append(shown_sizes(superset, made))
        time.sleep(0.2)
    served.finish(build)
    after = served.sizes()
    assert after != before
    end = time.monotonic() + SECONDS_TO_SEE
    while seen[-1] != after and time.monotonic() < end:
        seen.append(shown_sizes(superset, made))
    assert seen[-1] == after
    assert all(sizes in (before, after) for sizes in seen)
    statuses = [status for _, _, status in superset.answers[answered:]]
    print(f"{len(statuses)} requests while a build published: {set(statuses)}")
    assert len(statuses) > 20
    assert set(statuses) == {200}
