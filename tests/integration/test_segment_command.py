"""The command `segment`, from a folder of files or the models of a shop to segments.

What is typed here is what docs/use-as-a-package.md tells a newcomer to type.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
import yaml
from click.testing import CliRunner, Result
from conftest import (
    OWN_VARIABLES,
    PROJECT,
    TIMEOUT_SECONDS,
    dbt_server,
    open_database,
)

from segmentation.command import findings
from segmentation.command.cli import main

SHOP = PROJECT / "integration_tests" / "shop"
SEGMENT = (sys.executable, "-m", "segmentation.command")
# Exports with names of their own: dates with the day first, amounts with a sign.
CUSTOMERS = """
    select
        number as "Customer No",
        'Name ' || number as "Full Name",
        'person' || number || '@example.com' as "Email",
        strftime(date '2023-01-01' + cast(number % 200 as int), '%d/%m/%Y')
            as "Sign-up date",
        42 as "Shoe size"
    from range(1, 301) as numbers (number)
"""
ORDERS = """
    select
        customer * 1000 + number as "Order ID",
        customer as "Customer No",
        strftime(date '2023-01-01' + days, '%d/%m/%Y') as "Order date",
        (10 + customer % 50 + number) || ',50 EUR' as "Total",
        case when customer = 7 and number = 0 then 'soon' else 'paid' end as "Status"
    from range(1, 301) as customers (customer)
    cross join range(0, 40) as numbers (number)
    cross join lateral (
        select
            cast(customer % 200 + [7, 30, 90][customer % 3 + 1] * number as int) as days
    ) as moments
    where date '2023-01-01' + days < date '2024-07-01'
"""


def environment() -> dict[str, str]:
    """What a shell has where the package's Python code is installed."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(OWN_VARIABLES)
    }
    return {
        **inherited,
        "PYTHONPATH": str(PROJECT / "python"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_USE_COLORS": "false",
    }


def run(
    folder: Path, *command: str, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command as it is typed."""
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        input=typed,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


def dbt(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run dbt in a folder."""
    output = folder.with_name(f"{folder.name}_output")
    return dbt_server().run(arguments, folder, environment(), output, TIMEOUT_SECONDS)


def init(folder: Path, *arguments: str) -> Result:
    """Run `segment init`, whose dbt is the one that is imported already."""

    def run_command(command: Sequence[str], cwd: Path, **_: Any) -> Any:
        assert command[:3] == [sys.executable, "-m", "dbt.cli.main"]
        return dbt(cwd.resolve(), *command[3:])

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(findings, "subprocess", SimpleNamespace(run=run_command))
        return CliRunner().invoke(main, ["init", *arguments])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the exports of two tables, and nothing else."""
    home = tmp_path_factory.mktemp("newcomer")
    (home / "data").mkdir()
    for name, query in {"clients": CUSTOMERS, "orders_2024": ORDERS}.items():
        path = home / "data" / f"{name}.csv"
        duckdb.connect().execute(f"copy ({query}) to '{path}' (header)")
    return home


@pytest.fixture(scope="module")
def dialogue(home: Path) -> str:
    """What init says to somebody who answers its questions and then says no."""
    typed = f"data\n{PROJECT}\nn\n"
    result = run(home, *SEGMENT, "init", typed=typed)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_init_says_what_it_takes_each_column_for(dialogue: str) -> None:
    lines = {
        line.split("  ")[1]: line
        for line in dialogue.splitlines()
        if line.startswith("  ")
    }
    assert "last_name" in lines["full name"]
    assert "ordered_at" in lines["order date"]
    assert lines["order date"].split()[-3:] == ["100.0%", "readable", "99/99/9999"]
    assert "99a99 aaa" in lines["total"]
    assert "not used" in lines["shoe size"]
    # One status of several thousands is a word that no list knows.
    assert "99.9%" in lines["status"]
    assert "person1@" not in dialogue
    assert "aaaaaa9@aaaaaaa.aaa" in dialogue


def test_init_writes_nothing_before_a_yes(home: Path, dialogue: str) -> None:
    assert "Nothing was written." in dialogue
    assert [path.name for path in home.iterdir()] == ["data"]


def test_what_init_wrote_builds_and_status_says_what_came_of_it(
    home: Path, dialogue: str
) -> None:
    del dialogue
    written = init(home, "--folder", "data", "--package", str(PROJECT), "--yes")
    assert written.exit_code == 0, written.output
    variables = yaml.safe_load((home / "dbt_project.yml").read_text())["vars"]
    assert variables["customer_segmentation"]["crm_columns"] == {
        "customers.customer_id": "customer no",
        "customers.last_name": "full name",
        "customers.registered_at": "sign-up date",
        "orders.order_id": "order id",
        "orders.customer_id": "customer no",
        "orders.ordered_at": "order date",
        "orders.amount": "total",
    }
    for command in ("deps", "build"):
        result = dbt(home, command)
        assert result.returncode == 0, result.stdout[-4000:]
    with open_database(home / "warehouse.duckdb", read_only=True) as connection:
        [(customers,)] = connection.execute(
            "select count(*) from main_segmentation.customer_segments"
        ).fetchall()
    assert customers == 300
    status = run(home, *SEGMENT, "status")
    assert status.returncode == 0, status.stderr
    assert "300 customers in" in status.stdout
    assert "Segmentation: version 1 (kmeans)" in status.stdout
    assert "Drift: of segments" in status.stdout
    assert "UTC, complete" in status.stdout


def test_init_adds_the_vars_to_the_project_of_a_shop(tmp_path: Path) -> None:
    home = tmp_path / "project"
    shutil.copytree(SHOP, home)
    for path in ("packages.yml", "models/segment_revenue.sql"):
        (home / path).unlink()
    project = yaml.safe_load((home / "dbt_project.yml").read_text())
    expected = project.pop("vars")
    (home / "dbt_project.yml").write_text(yaml.safe_dump(project, sort_keys=False))
    built = dbt(home, "run", "--select", "customers", "orders")
    assert built.returncode == 0, built.stdout
    result = init(
        home,
        "--relation",
        "orders=ref('shop', 'orders')",
        "--relation",
        "customers=ref('shop', 'customers')",
        "--package",
        str(PROJECT),
        "--yes",
    )
    assert result.exit_code == 0, result.output
    written = yaml.safe_load((home / "dbt_project.yml").read_text())
    expected["customer_segmentation"]["crm_columns"]["customers.last_name"] = "name"
    assert written == {**project, "vars": expected}
    again = init(home, "--relation", "orders=ref('shop', 'orders')", "--yes")
    assert again.exit_code != 0
    assert "Traceback" not in again.stderr


def test_a_column_that_is_not_found_is_said_and_can_be_named(
    home: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    text = (home / "data" / "orders_2024.csv").read_text()
    (tmp_path / "data" / "orders.csv").write_text(text.replace("Customer No", "Wer"))
    arguments = ["--folder", "data", "--package", str(PROJECT), "--yes"]
    result = init(tmp_path, *arguments)
    assert result.exit_code == 1
    assert "expected also customer_id" in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    result = init(tmp_path, *arguments, "--column", "orders.customer_id=Wer")
    assert result.exit_code == 0, result.stderr
