"""The same records give the same tables, whatever their order and the threads."""

import random
from pathlib import Path

import pytest
from conftest import (
    Warehouse,
    build_households,
    differing_rows,
    read_raw_table,
    tables_of,
    write_raw_tables,
)

RAW_TABLES = (
    "customers",
    "orders",
    "order_items",
    "products",
    "visits",
    "reviews",
    "campaign_contacts",
    "customer_summaries",
    "erasure_requests",
)
# When a fit was made, when a build ran and whether it was of the sample may differ, and
# nothing else.
WITHOUT_CIRCUMSTANCES = {
    "int_build_log": "select event, status from {}",
    **dict.fromkeys(
        ("int_audience_states", "segment_audience_changes"),
        "select * exclude (build_id, changed_at) from {}",
    ),
    **dict.fromkeys(
        ("build_tables", "int_build_tables"), "select * exclude (build_id) from {}"
    ),
    "int_input_totals": "select * exclude (is_sample) from {}",
    "int_passed_input_totals": "select * exclude (is_sample) from {}",
    "int_rewrites": "select erased_hash from {}",
    "segmentation_registry": "select * from {} where parameter <> 'fitted_at'",
    "segmentation_versions": "select * exclude (fitted_at) from {}",
    **dict.fromkeys(
        ("customer_segment_snapshot", "segment_name_snapshot"),
        "select * exclude (dbt_scd_id, dbt_updated_at, dbt_valid_from) from {}",
    ),
}


@pytest.fixture(scope="module")
def four_threads(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Built from files with the rows of every raw table in another order.

    Orders, 15 thousand, are aggregated for a fifteenth of the customers at a time.
    """
    folder = tmp_path_factory.mktemp("four_threads")
    generator = random.Random(2)
    tables = {name: read_raw_table(name) for name in RAW_TABLES}
    for records in tables.values():
        generator.shuffle(records)
    write_raw_tables(folder / "landing", tables)
    return Warehouse(folder).build_input(
        folder / "landing",
        RAW_TABLES,
        variables={"bucket_rows": 1000},
        environment={"SEGMENTATION_THREADS": "4"},
    )


def test_row_order_threads_files_and_buckets_change_nothing(
    sample_warehouse: Warehouse, four_threads: Warehouse
) -> None:
    """The sample is built from the seeds as they are, by one thread and at once."""
    assert len(tables_of(sample_warehouse)) >= 30
    sorted_tables = tables_of(four_threads) - tables_of(sample_warehouse)
    assert sorted_tables == {"int_bucketed_orders"}
    assert tables_of(sample_warehouse) < tables_of(four_threads)
    differing = differing_rows(sample_warehouse, four_threads, WITHOUT_CIRCUMSTANCES)
    assert differing == {}


def test_threads_change_nothing_where_they_share_the_work(
    households: Warehouse, complete_journey_location: str, tmp_path: Path
) -> None:
    """The sample is too small to be divided among threads; these households are not."""
    one_thread = build_households(tmp_path, complete_journey_location, threads=1)
    assert differing_rows(one_thread, households, WITHOUT_CIRCUMSTANCES) == {}


def test_the_inputs_were_shuffled(tmp_path: Path, four_threads: Warehouse) -> None:
    """Without this the files could be the same."""
    shuffled = (four_threads.folder / "landing" / "orders.csv").read_text(
        encoding="utf-8"
    )
    write_raw_tables(tmp_path, {"orders": read_raw_table("orders")})
    unshuffled = (tmp_path / "orders.csv").read_text(encoding="utf-8")
    assert shuffled != unshuffled
    assert sorted(shuffled.splitlines()) == sorted(unshuffled.splitlines())
