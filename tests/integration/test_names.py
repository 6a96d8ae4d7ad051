"""A name holds only words that today's evidence supports."""

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from conftest import Warehouse, open_database, write_raw_tables

NAMES = (
    "select segment_id, segment_name, former_segment_name, name_changed_on, "
    "is_name_supported from segments where is_in_use order by segment_id"
)
FITTED = (
    "select segment_id, text_value from segmentation_registry "
    "where parameter = '{}' and segmentation_version = 1"
)
FROM_NAMES_ON = (
    "--select",
    "int_segment_possible_names",
    "int_segment_labels",
    "segment_name_snapshot",
    "segments",
)
CLAIMS_TO_HAVE_LEFT = ("lapsed", "quiet")
TODAY = date(2025, 6, 30)
USUAL = {"impute": "zero", "cap_quantile": None, "scale": "standard", "weight": 1}


def regular_orders(seed: int) -> list[dict[str, Any]]:
    """Four hundred customers who order every 200 days or so for years, and none left.

    Where each of them is in the rhythm is chance, and half of them spend ten times as
    much as the other half.
    """
    generator = random.Random(seed)
    orders = []
    for number in range(400):
        scale = 1 + 9 * (number % 2)
        days = generator.uniform(0, 200)
        while days < 1500:
            orders.append(
                {
                    "order_id": f"o{len(orders)}",
                    "customer_id": f"c{number:03d}",
                    "ordered_at": str(TODAY - timedelta(days=int(days))),
                    "amount": f"{scale * generator.uniform(8, 12):.2f}",
                }
            )
            days += generator.gauss(200, 15)
    return orders


def test_nobody_is_lapsed_where_everybody_is_within_the_own_rhythm(
    tmp_path: Path,
) -> None:
    """The fit sees customers away for half a year, who are those that come next."""
    write_raw_tables(tmp_path / "landing", {"orders": regular_orders(1)})
    features = [
        {"name": "recency_days", "transform": "none", **USUAL},
        {"name": "total_spend", "transform": "log1p", **USUAL},
    ]
    warehouse = Warehouse(tmp_path).build(
        *["--select", "+segments", "--exclude", "path:seeds/crm_sample"],
        variables={
            "crm_location": Warehouse(tmp_path).files_in(tmp_path / "landing"),
            "crm_tables": ["orders"],
            "as_of_date": str(TODAY),
            "segmentation_features": features,
            "n_segments": 4,
        },
    )
    fitted = dict(warehouse.rows(FITTED.format("descriptive_name")))
    neutral = dict(warehouse.rows(FITTED.format("neutral_name")))
    claiming = {
        segment_id
        for segment_id, name in fitted.items()
        if any(word in name.lower() for word in CLAIMS_TO_HAVE_LEFT)
    }
    assert len(claiming) == 2
    for segment_id, name, former, changed_on, is_supported in warehouse.rows(NAMES):
        assert is_supported is None
        if segment_id in claiming:
            assert (name, former) == (neutral[segment_id], fitted[segment_id])
            assert changed_on == TODAY
        elif segment_id > 0:
            assert (name, former, changed_on) == (fitted[segment_id], None, None)


def judge(warehouse: Warehouse, word: str, is_supported: bool) -> None:
    """Say of segment 1 what the evidence of today is, and build its name."""
    with open_database(warehouse.database) as connection:
        connection.execute("delete from int_segment_claims where word = ?", [word])
        connection.execute(
            "insert into int_segment_claims "
            "(segmentation_name, segment_id, word, is_supported) "
            "values ('default', 1, ?, ?)",
            [word, is_supported],
        )
    warehouse.build(*FROM_NAMES_ON)


def test_what_a_segment_was_called_before_is_kept(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    """A word fails, still fails, and holds again; then a person chooses it."""
    warehouse = sample_warehouse.copy_to(tmp_path)
    fitted = dict(warehouse.rows(FITTED.format("descriptive_name")))[1]
    neutral = dict(warehouse.rows(FITTED.format("neutral_name")))[1]
    word = fitted.split()[-1]
    before = warehouse.rows(NAMES)
    assert before[1] == (1, fitted, None, None, None)
    [(first_date,)] = warehouse.rows("select max(observation_date) from segments")

    for _ in range(2):
        judge(warehouse, word, is_supported=False)
        assert warehouse.rows(NAMES) == [
            before[0],
            (1, neutral, fitted, first_date, None),
            *before[2:],
        ]

    with open_database(warehouse.database) as connection:
        connection.execute(
            "update int_observation_dates set observation_date = "
            "observation_date + 30 where is_current"
        )
    later = first_date + timedelta(days=30)
    judge(warehouse, word, is_supported=True)
    assert warehouse.rows(NAMES)[1] == (1, fitted, neutral, later, True)

    chosen = f"Our dear {word}"
    with open_database(warehouse.database) as connection:
        connection.execute("insert into segment_names values (1, ?)", [chosen])
    judge(warehouse, word, is_supported=False)
    assert warehouse.rows(NAMES)[1] == (1, chosen, fitted, later, False)
    assert [warehouse.rows(NAMES)[0], *warehouse.rows(NAMES)[2:]] == [
        before[0],
        *before[2:],
    ]
