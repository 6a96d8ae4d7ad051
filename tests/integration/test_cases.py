"""Small inputs made from public bug reports, and what each must give.

`tests/cases/cases.json` holds one entry a case: where the bug was reported, the raw
tables, the vars, and either queries with the rows they must return or the words of the
one sentence that stops the build. Only what the queries read is built.
"""

import datetime
import decimal
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import Warehouse

CASES = Path(__file__).parents[1] / "cases"
ENTRIES: list[dict[str, Any]] = json.loads((CASES / "cases.json").read_text())["cases"]
# What is built where an entry has no query: a stop comes before or at the gate.
UP_TO_THE_GATE = ["int_input_gate"]


def text_of(value: Any) -> Any:
    """A value as cases.json writes it: decimals as floats and dates as text."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, datetime.date):
        return str(value)
    return value


def relations_of(case: Mapping[str, Any]) -> list[str]:
    """The relations that the queries of a case read."""
    queries = " ".join(query["sql"] for query in case["queries"])
    return sorted(set(re.findall(r"\bfrom (\w+)", queries))) or UP_TO_THE_GATE


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """One folder for all cases: with the same vars dbt need not parse them again."""
    return Warehouse(tmp_path_factory.mktemp("cases"))


@pytest.mark.parametrize("case", ENTRIES, ids=[entry["case"] for entry in ENTRIES])
def test_case(case: Mapping[str, Any], warehouse: Warehouse) -> None:
    files = warehouse.folder / "case"
    files.unlink(missing_ok=True)
    files.symlink_to(CASES / case["case"])
    warehouse.database.unlink(missing_ok=True)

    def located(text: str, folder: str = "case") -> str:
        return text.replace("{case}", folder).replace("{root}", str(CASES))

    if setup := case.get("setup_sql"):
        warehouse.database.parent.mkdir(exist_ok=True)
        with duckdb.connect(
            str(warehouse.database), config={"storage_compatibility_version": "v1.4.0"}
        ) as connection:
            for statement in setup:
                connection.execute(located(statement, str(files.resolve())))

    result = warehouse.run_dbt(
        [
            *["build", "--exclude-resource-type", "test", "unit_test"],
            *["--exclude", "path:seeds/crm_sample", "tag:comparison", "--select"],
            *[f"+{relation}" for relation in relations_of(case)],
        ],
        {
            "crm_location": located(case["crm_location"]),
            "crm_tables": case["tables"],
            **case["vars"],
        },
    )

    output = result.stdout + result.stderr
    assert "Traceback" not in output
    if forbidden := case.get("log_must_not_hold"):
        assert forbidden not in output
    expected = case["expect_build"]
    if result.returncode != 0 and expected != "ok":
        for words in case.get("error_contains", []):
            assert words in output
        return
    assert result.returncode == 0, output[-3000:]
    assert not expected.startswith("error") or "or ok" in expected
    for query in case["queries"]:
        if not query.get("unclear"):
            rows = [list(map(text_of, row)) for row in warehouse.rows(query["sql"])]
            assert rows == query["expected"], query["name"]
