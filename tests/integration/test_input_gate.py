"""Input that fails a check replaces nothing behind staging; two ways lead past it.

What each check makes of what it finds is unit-tested with the models; here a few files
go through the gate as they would in a build.
"""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from conftest import BUT_THE_SAMPLE, Warehouse, open_database, write_raw_tables

QUALITY = {"data_quality_issues", "data_quality_summary", "data_quality_columns"}
# A build that the gate stopped is in the log of builds, which counts what there is.
BUILDS = {"builds", "build_tables"}
FIRST_DAY = date(2024, 1, 1)
# As far as the gate and what remembers the last build that passed it.
UP_TO_THE_GATE = ("--select", "+int_passed_input_totals", "+data_quality_summary")

Records = list[dict[str, Any]]


def orders(count: int, amount: str = "10.00") -> Records:
    """Orders of as many customers, five a day."""
    return [
        {
            "order_id": f"o{number:03d}",
            "customer_id": f"c{number:03d}",
            "ordered_at": str(FIRST_DAY + timedelta(days=number // 5)),
            "amount": amount,
        }
        for number in range(count)
    ]


def build(
    warehouse: Warehouse,
    records: Records,
    *arguments: str,
    **variables: Any,
) -> CompletedProcess[str]:
    """Build from a file of orders up to the gate, whatever comes of it."""
    write_raw_tables(warehouse.folder / "landing", {"orders": records})
    return warehouse.run_dbt(
        [
            *["build", "--exclude-resource-type", "test", "unit_test"],
            *UP_TO_THE_GATE,
            *(arguments or BUT_THE_SAMPLE),
        ],
        {
            "crm_location": "read_csv('landing/{name}.csv', all_varchar = true)",
            "crm_tables": ["orders"],
            **variables,
        },
    )


def today() -> str:
    """The day of a build that starts now."""
    return str(datetime.now(UTC).date())


def totals(warehouse: Warehouse) -> dict[str, float]:
    """What the gate remembers of the last build that passed it."""
    return {
        check: float(total)
        for check, total in warehouse.rows(
            "select check_name, total from int_passed_input_totals"
        )
    }


def outcomes(warehouse: Warehouse, *checks: str) -> set[str]:
    """What came of some checks in the last build."""
    return {
        outcome
        for check, outcome in warehouse.rows(
            "select check_name, outcome from int_input_gate"
        )
        if check in checks
    }


def behind(manifest: dict[str, Any], model: str) -> set[str]:
    """Ids of all that is built after a model."""
    found: set[str] = set()
    waiting = [f"model.customer_segmentation.{model}"]
    while waiting:
        children = set(manifest["child_map"][waiting.pop()]) - found
        found |= children
        waiting += children
    return found


def test_all_that_people_query_is_behind_the_gate_but_quality_and_builds(
    sample_warehouse: Warehouse,
) -> None:
    path = sample_warehouse.folder / "target" / "manifest.json"
    manifest = json.loads(path.read_text())
    guarded = behind(manifest, "int_input_gate")
    published = {
        name: node["name"]
        for name, node in manifest["nodes"].items()
        if node.get("access") == "public"
        or node["resource_type"] == "snapshot"
        or (
            node["original_file_path"].startswith(
                ("models/features", "models/segmentation/fit")
            )
            and node["resource_type"] == "model"
        )
    }

    assert len(published) > 40
    unguarded = {published[name] for name in set(published) - guarded}
    assert unguarded == (QUALITY | BUILDS) & set(published.values())


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A warehouse in which nothing was built."""
    return Warehouse(tmp_path)


def test_a_column_that_cannot_be_read_stops_the_build(warehouse: Warehouse) -> None:
    result = build(warehouse, orders(60, amount="R$ aaa"))

    assert result.returncode != 0
    assert (
        "orders.amount: 60 of 60 values cannot be read, for example 'R$ aaa'; "
        "expected an amount such as 1234.50"
    ) in result.stdout


def test_of_nine_values_nothing_follows_but_a_warning(warehouse: Warehouse) -> None:
    result = build(warehouse, orders(9, amount="R$ aaa"))

    assert result.returncode == 0, result.stdout[-4000:]
    assert "orders.amount: 9 of 9 values cannot be read" in result.stdout


def test_a_stray_order_stops_with_the_date_it_would_be(warehouse: Warehouse) -> None:
    records = orders(150)
    stray = {**records[0], "order_id": "stray", "ordered_at": "2024-12-24"}
    result = build(warehouse, [*records, stray])

    assert result.returncode != 0
    assert "1 of 151 records are of 2024-12-24 or later" in result.stdout
    assert "as_of_date: '2024-01-31'" in result.stdout


def test_a_stop_replaces_nothing_and_two_ways_lead_past_it(
    warehouse: Warehouse,
) -> None:
    lost = ("lost_records", "lost_customers", "lost_orders", "lost_spend")

    first = build(warehouse, orders(400))
    assert first.returncode == 0, first.stdout[-4000:]
    assert totals(warehouse) == dict.fromkeys(lost[:3], 400) | {"lost_spend": 4000}

    stopped = build(warehouse, orders(180))
    assert stopped.returncode != 0
    assert "Traceback" not in stopped.stdout
    for sentence in (
        "did not pass lost_customers, lost_orders, lost_records and lost_spend",
        "records fell from 400 in the last build that passed to 180, by 55.0 %;",
        "orders.amount: spend fell from 4000 in the last build that passed to 1800, ",
        f'"lost_records:{today()}"',
        "seeds/settings/input_checks.csv",
    ):
        assert sentence in stopped.stdout, sentence
    assert outcomes(warehouse, *lost) == {"stopped"}
    assert totals(warehouse)["lost_records"] == 400
    assert warehouse.row("select rows_in from data_quality_summary") == (180,)

    with open_database(warehouse.database) as connection:
        connection.execute(
            "update input_checks set stop_above = null where check_name like 'lost%'"
        )
    edited = build(warehouse, orders(180), "--exclude", "resource_type:seed")
    assert edited.returncode == 0, edited.stdout[-4000:]
    assert outcomes(warehouse, *lost) == {"warned"}
    assert "orders: records fell from 400" in edited.stdout
    assert totals(warehouse)["lost_records"] == 180

    accepted = build(
        warehouse, orders(70), accept_input=[f"{check}:{today()}" for check in lost]
    )
    assert accepted.returncode == 0, accepted.stdout[-4000:]
    assert outcomes(warehouse, *lost) == {"accepted"}
    assert totals(warehouse)["lost_records"] == 70
