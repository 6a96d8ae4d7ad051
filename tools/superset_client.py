"""Start Superset on this machine with the published file and a dashboard of it.

    python tools/superset_client.py

It goes on until it is stopped. Superset, its settings and what it stores are apart from
the project: the environment that `make superset` installs, and `build/superset`.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

PROJECT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
USER = "admin"
SECONDS_TO_START = 120
DATABASE = "Customer segments"
DASHBOARD = "Customer segments"
TABLE = "segment_evaluation"
SIZES, MEASURES = "Customers by segment", "Measures with 95 % intervals"

SETTINGS = """
SECRET_KEY = {key!r}
SQLALCHEMY_DATABASE_URI = {uri!r}
# A test that waits for a build outlives the 15 minutes of before.
JWT_ACCESS_TOKEN_EXPIRES = 24 * 60 * 60
# A browser then asks Superset alone: without this its pages report to scarf.sh.
from superset.config import TALISMAN_CONFIG

TALISMAN_CONFIG["content_security_policy"].update({{
    "img-src": ["'self'", "blob:", "data:"],
    "connect-src": ["'self'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "font-src": ["'self'"],
}})
"""


class SupersetError(RuntimeError):
    """Superset cannot be started or refuses something; the text says why."""


@dataclass
class Superset:
    """A running Superset, called through its REST API as the administrator.

    Attributes
    ----------
    url
        Where it listens.
    password
        Of the administrator.
    answers
        What was called and the status of its answer, in order.
    """

    url: str
    password: str
    answers: list[tuple[str, str, int]] = field(default_factory=list)
    _headers: dict[str, str] = field(default_factory=dict, repr=False)
    _opener: OpenerDirector = field(
        default_factory=lambda: build_opener(HTTPCookieProcessor(CookieJar())),
        repr=False,
    )

    def log_in(self) -> None:
        """Get the tokens that all other calls need."""
        login = {
            "username": USER,
            "password": self.password,
            "provider": "db",
            "refresh": False,
        }
        token = self.call("POST", "security/login", login)["access_token"]
        self._headers["Authorization"] = f"Bearer {token}"
        self._headers["X-CSRFToken"] = self.call("GET", "security/csrf_token/")[
            "result"
        ]
        self._headers["Referer"] = self.url

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Call the API and return its answer.

        Raises
        ------
        SupersetError
            If the answer is an error.
        """
        kind = {} if body is None else {"Content-Type": "application/json"}
        request = Request(
            f"{self.url}/api/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={**kind, **self._headers},
        )
        try:
            with self._opener.open(request, timeout=60) as answer:
                self.answers.append((method, path, answer.status))
                found: dict[str, Any] = json.load(answer)
                return found
        except URLError as error:
            said = error.read().decode() if hasattr(error, "read") else error.reason
            raise SupersetError(f"{method} {path}: {said}") from error

    def put_in_place(
        self, kind: str, name: Mapping[str, str], content: Mapping[str, Any]
    ) -> int:
        """Make something, or change what has the name; return its id."""
        [(column, value)] = name.items()
        escaped = value.replace("!", "!!").replace("'", "!'")
        filters = quote(f"(filters:!((col:{column},opr:eq,value:'{escaped}')))")
        known: list[int] = self.call("GET", f"{kind}/?q={filters}")["ids"]
        if known:
            changes = {key: content[key] for key in content if key != "database"}
            self.call("PUT", f"{kind}/{known[0]}", changes)
            return known[0]
        return int(self.call("POST", f"{kind}/", {**name, **content})["id"])

    def rows(self, chart: int) -> list[dict[str, Any]]:
        """Return what a chart shows, as the file says at this moment."""
        answer = self.call("GET", f"chart/{chart}/data/?force=true")
        found: list[dict[str, Any]] = answer["result"][0]["data"]
        return found


@dataclass(frozen=True)
class Dashboard:
    """The ids of what was made in Superset."""

    data_set: int
    sizes: int
    measures: int
    dashboard: int


def register(superset: Superset, file: Path) -> Dashboard:
    """Make database, data set, two charts and their dashboard, or renew them."""
    connect = {"engine_params": {"connect_args": {"read_only": True}}}
    database = superset.put_in_place(
        "database",
        {"database_name": DATABASE},
        {
            "sqlalchemy_uri": f"duckdb:///{file.resolve()}",
            "extra": json.dumps(connect),
            "expose_in_sqllab": True,
        },
    )
    data_set = superset.put_in_place(
        "dataset",
        {"table_name": TABLE},
        {"database": database},
    )
    # Columns and their descriptions as they are in the file now.
    superset.call("PUT", f"dataset/{data_set}/refresh")
    observed = [equals("evaluation_window", "observed")]
    sizes = chart(
        superset,
        data_set,
        name=SIZES,
        kind="echarts_timeseries_bar",
        form={
            "x_axis": "observation_date",
            "groupby": ["segment_name"],
            "metrics": [metric("customers", "MAX")],
            "adhoc_filters": [*observed, equals("measure", "value")],
            "time_grain_sqla": None,
            "x_axis_time_format": "%Y-%m-%d",
            "stack": "Stack",
            "show_legend": True,
            "row_limit": 1000,
        },
        query={
            "columns": ["observation_date", "segment_name"],
            "metrics": [metric("customers", "MAX")],
            "filters": where(evaluation_window="observed", measure="value"),
        },
    )
    shown = ["observation_date", "segment_name", "measure", "estimate"]
    shown += ["ci_low", "ci_high", "customers_measured"]
    measures = chart(
        superset,
        data_set,
        name=MEASURES,
        kind="table",
        form={
            "query_mode": "raw",
            "all_columns": shown,
            "adhoc_filters": observed,
            "order_by_cols": ['["observation_date", false]', '["measure", true]'],
            "row_limit": 1000,
            "server_pagination": False,
            "show_cell_bars": False,
            "table_timestamp_format": "%Y-%m-%d",
        },
        query={
            "columns": shown,
            "orderby": [["observation_date", False], ["measure", True]],
            "filters": where(evaluation_window="observed"),
        },
    )
    charts = {SIZES: sizes, MEASURES: measures}
    dashboard = superset.put_in_place(
        "dashboard",
        {"dashboard_title": DASHBOARD},
        {"published": True, "position_json": json.dumps(layout(charts))},
    )
    for number in charts.values():
        superset.call("PUT", f"chart/{number}", {"dashboards": [dashboard]})
    return Dashboard(data_set, sizes, measures, dashboard)


def chart(
    superset: Superset,
    data_set: int,
    *,
    name: str,
    kind: str,
    form: Mapping[str, Any],
    query: Mapping[str, Any],
) -> int:
    """Make a chart from what its form shows and what is asked for it; return its id."""
    source = {"id": data_set, "type": "table"}
    form = {"viz_type": kind, "datasource": f"{data_set}__table", **form}
    context = {
        "datasource": source,
        "queries": [{"row_limit": 1000, **query}],
        "result_format": "json",
        "result_type": "full",
    }
    return superset.put_in_place(
        "chart",
        {"slice_name": name},
        {
            "viz_type": kind,
            "datasource_id": data_set,
            "datasource_type": "table",
            "params": json.dumps(form),
            "query_context": json.dumps(context),
        },
    )


def metric(column: str, aggregate: str) -> dict[str, Any]:
    """Aggregate a column."""
    return {
        "expressionType": "SIMPLE",
        "column": {"column_name": column},
        "aggregate": aggregate,
        "label": column,
    }


def equals(column: str, value: str) -> dict[str, Any]:
    """Filter the rows of a form."""
    return {
        "expressionType": "SIMPLE",
        "clause": "WHERE",
        "subject": column,
        "operator": "==",
        "comparator": value,
    }


def where(**values: str) -> list[dict[str, str]]:
    """Filter the rows of a query."""
    return [
        {"col": column, "op": "==", "val": value} for column, value in values.items()
    ]


def layout(charts: Mapping[str, int]) -> dict[str, Any]:
    """Place charts below each other, each as wide as the dashboard."""
    rows = {
        f"ROW-{number}": {
            "id": f"ROW-{number}",
            "type": "ROW",
            "children": [f"CHART-{number}"],
            "parents": ["ROOT_ID", "GRID_ID"],
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }
        for number in charts.values()
    }
    places = {
        f"CHART-{number}": {
            "id": f"CHART-{number}",
            "type": "CHART",
            "children": [],
            "parents": ["ROOT_ID", "GRID_ID", f"ROW-{number}"],
            "meta": {"chartId": number, "sliceName": name, "width": 12, "height": 50},
        }
        for name, number in charts.items()
    }
    return {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
        "GRID_ID": {
            "id": "GRID_ID",
            "type": "GRID",
            "children": list(rows),
            "parents": ["ROOT_ID"],
        },
        **rows,
        **places,
    }


@contextmanager
def running(environment: Path, folder: Path, port: int) -> Iterator[Superset]:
    """Start Superset and stop it in the end.

    Parameters
    ----------
    environment
        The virtual environment that it is installed in.
    folder
        Where its settings, its password and what it stores are; it is made if missing.
    port
        Where it listens, on this machine alone.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = folder.resolve()
    password = secret(folder / "password")
    settings = folder / "superset_config.py"
    settings.write_text(
        SETTINGS.format(
            key=secret(folder / "key"), uri=f"sqlite:///{folder / 'superset.db'}"
        ),
        encoding="utf-8",
    )
    settings.chmod(0o600)
    command = str(environment.absolute() / "bin" / "superset")
    variables = {
        **os.environ,
        "SUPERSET_CONFIG_PATH": str(settings),
        "SUPERSET_HOME": str(folder),
        "FLASK_APP": "superset.app:create_app()",
    }
    with (folder / "superset.log").open("w", encoding="utf-8") as log:

        def run(*arguments: str) -> None:
            done = subprocess.run(
                [command, *arguments],
                env=variables,
                cwd=folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
            if done.returncode:
                raise SupersetError(f"superset {arguments[0]} failed")

        person = ["--username", USER, "--firstname", "Admin", "--lastname", "Admin"]
        person += ["--email", "admin@localhost"]
        run("db", "upgrade")
        run("fab", "create-admin", *person, "--password", password)
        run("init")
        server = subprocess.Popen(
            [command, "run", "-h", HOST, "-p", str(port), "--with-threads"],
            env=variables,
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            superset = Superset(f"http://{HOST}:{port}", password)
            wait_for(superset, server)
            superset.log_in()
            yield superset
        finally:
            server.terminate()
            server.wait()


def secret(file: Path) -> str:
    """Read a secret that nobody else may read; make one up where there is none."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(16), encoding="utf-8")
    return file.read_text(encoding="utf-8")


def wait_for(superset: Superset, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers."""
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and server.poll() is None:
        try:
            build_opener().open(f"{superset.url}/health", timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise SupersetError("Superset does not answer")


def main(arguments: Sequence[str]) -> int:
    """Show the dashboard until somebody stops it; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--environment", type=Path, default=PROJECT / ".venv-superset")
    parser.add_argument("--folder", type=Path, default=PROJECT / "build" / "superset")
    parser.add_argument("--port", type=int, default=8088)
    given = parser.parse_args(arguments)
    file = Path(os.environ.get("SEGMENTATION_SERVE") or "serve") / "segments.duckdb"
    if not file.is_file():
        print(f"{file} does not exist; expected what a whole build publishes.")
        return 1
    print("Superset starts, which takes a minute.", flush=True)
    try:
        with running(given.environment, given.folder, given.port) as superset:
            number = register(superset, file).dashboard
            print(
                f"{superset.url}/superset/dashboard/{number}/ (user {USER}, password "
                f"in {given.folder / 'password'}); Ctrl-C stops it.",
                flush=True,
            )
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        return 0
    except (SupersetError, OSError) as error:
        print(
            f"{error}; {given.folder / 'superset.log'} has what Superset says.",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
