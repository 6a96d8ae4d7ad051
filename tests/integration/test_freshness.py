"""dbt says how old the files are, by their column `updated_at`."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from conftest import ARTIFACTS, Warehouse, write_raw_tables

NOW = datetime.now(UTC)


def test_files_are_as_old_as_their_last_update(tmp_path: Path) -> None:
    days = {"customers": 0, "orders": 4, "reviews": 9}
    keys = {"customers": "customer_id", "orders": "order_id", "reviews": "review_id"}
    records = {
        name: [
            {keys[name]: "1", "customer_id": "a", "updated_at": "2023-01-02"},
            {
                keys[name]: "2",
                "customer_id": "a",
                "updated_at": f"{NOW - timedelta(days=age):%Y-%m-%dT%H:%M:%S}+00:00",
            },
        ]
        for name, age in days.items()
    }
    for rows in records["orders"], records["reviews"]:
        for row in rows:
            row |= {"ordered_at": "2023-01-01", "reviewed_at": "2023-01-01"}
            row |= {"amount": "5", "rating": "4"}
    records["visits"] = [
        {"visit_id": "1", "customer_id": "a", "visited_at": "2023-01-01"}
    ]
    write_raw_tables(tmp_path / "landing", records)
    warehouse = Warehouse(tmp_path)
    variables = {"crm_folder": "landing"}

    def freshness(*tables: str) -> tuple[int, str, dict[str, str]]:
        result = warehouse.run_dbt(
            ["source", "freshness", "--select", *(f"source:crm.{t}" for t in tables)],
            variables,
            ARTIFACTS,
        )
        path = warehouse.folder / "target" / "sources.json"
        found = json.loads(path.read_text(encoding="utf-8"))["results"]
        return (
            result.returncode,
            result.stdout,
            {row["unique_id"].split(".")[-1]: row["status"] for row in found},
        )

    code, _, found = freshness("customers", "orders")
    assert (code, found) == (0, {"customers": "pass", "orders": "warn"})
    code, _, found = freshness("customers", "reviews")
    assert (code, found) == (1, {"customers": "pass", "reviews": "error"})
    code, output, _ = freshness("visits")
    assert code == 1
    assert "raw table visits has no column updated_at that says when it was" in output

    variables = {}
    code, output, _ = freshness("orders")
    assert code == 1
    assert "source crm.orders is not read from files; expected var crm_" in output
