"""What a build of wrong input recorded for good can be taken back."""

import subprocess

import pytest
from conftest import Warehouse, from_fit_to, open_database

HISTORY = ("--select", "customer_segment_snapshot+", "int_audience_states+")
SNAPSHOTS = ("customer_segment_snapshot", "segment_name_snapshot")
OF_HISTORY = (
    *("customer_segments_history", "customer_segment_changes"),
    "segment_audience_changes",
)


@pytest.fixture(scope="module")
def warehouse(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """The sample, with a build after the first one that changed nothing."""
    copy = sample_warehouse.copy_to(tmp_path_factory.mktemp("forgetful"))
    return copy.build(*HISTORY)


def tables(warehouse: Warehouse, *names: str) -> list[list[tuple[object, ...]]]:
    """All rows of some tables."""
    return [warehouse.rows(f"from {name} order by all") for name in names]


def forget(warehouse: Warehouse, build: str) -> subprocess.CompletedProcess[str]:
    """Run the operation, whatever comes of it."""
    return warehouse.run_dbt(
        ["run-operation", "forget_build", "--args", f"{{build_id: {build}}}"]
    )


def builds(warehouse: Warehouse) -> list[str]:
    """Ids of the builds, in their order."""
    return [
        build
        for (build,) in warehouse.rows(
            "select build_id from builds order by started_at"
        )
    ]


def test_changes_of_a_wrong_build_go_for_good(warehouse: Warehouse) -> None:
    history = tables(warehouse, *SNAPSHOTS)
    public = tables(warehouse, *OF_HISTORY)

    # What wrong input makes of customers: others move, some are gone, one is new.
    with open_database(warehouse.database) as connection:
        connection.execute(
            "create table right_ones as from customer_segment_assignments; "
            "update customer_segment_assignments set segment_id = 1 "
            "where segment_id > 1; "
            "delete from customer_segment_assignments where customer_id in "
            "(select customer_id from right_ones order by customer_id limit 5)"
        )
    warehouse.build(*HISTORY)
    wrong = builds(warehouse)[-1]
    false_changes = len(tables(warehouse, "customer_segment_changes")[0])
    assert false_changes > 500
    moved, gone = warehouse.row(
        "select count(*) filter (where has_entered), "
        "count(*) filter (where segment_id is null) "
        f"from segment_audience_changes where build_id = '{wrong}'"
    )
    assert moved == false_changes
    assert gone > 0
    assert warehouse.row(
        f"select row_count from build_tables where build_id = '{wrong}' "
        "and table_name = 'customer_segment_changes'"
    ) == (false_changes,)
    with open_database(warehouse.database) as connection:
        connection.execute(
            "delete from customer_segment_assignments; "
            "insert into customer_segment_assignments from right_ones; "
            "drop table right_ones"
        )
    warehouse.build(*HISTORY)
    assert len(tables(warehouse, "customer_segment_changes")[0]) > 2 * false_changes - 9

    result = forget(warehouse, wrong)
    assert result.returncode == 0, result.stdout[-3000:]
    assert f"Forgot what build {wrong} recorded: " in result.stdout
    assert tables(warehouse, *SNAPSHOTS) == history
    warehouse.build(*HISTORY)
    assert tables(warehouse, *OF_HISTORY) == public
    assert warehouse.row(f"select status from builds where build_id = '{wrong}'") == (
        "forgotten",
    )
    assert warehouse.rows(f"from build_tables where build_id = '{wrong}'") == []

    again = forget(warehouse, wrong)
    assert again.returncode == 1
    assert f"build_id is '{wrong}'; expected that of a build in table" in again.stdout


def test_a_version_that_later_builds_went_by_stays(warehouse: Warehouse) -> None:
    copy = tables(warehouse, *SNAPSHOTS, "segmentation_registry")
    with open_database(warehouse.database) as connection:
        connection.execute(
            "create table as_it_was as from customer_segment_snapshot; "
            "update customer_segment_snapshot set dbt_valid_from = now() "
            "where customer_id = (select min(customer_id) from as_it_was)"
        )
    result = forget(warehouse, builds(warehouse)[0])
    with open_database(warehouse.database) as connection:
        connection.execute(
            "delete from customer_segment_snapshot; "
            "insert into customer_segment_snapshot from as_it_was; "
            "drop table as_it_was"
        )
    assert result.returncode == 1
    assert "version 1, which later builds went by; expected that they" in result.stdout
    assert tables(warehouse, *SNAPSHOTS, "segmentation_registry") == copy


def test_a_version_goes_with_the_build_that_fitted_it(warehouse: Warehouse) -> None:
    kept = (*SNAPSHOTS, "segmentation_registry", "int_segments_before_history")
    before = tables(warehouse, *kept)
    warehouse.build(
        *from_fit_to(*SNAPSHOTS, "int_segments_before_history", "int_audience_states"),
        variables={"n_segments": 4},
    )
    assert (
        warehouse.row("select max(segmentation_version) from segmentation_registry")[0]
        == 2
    )

    result = forget(warehouse, builds(warehouse)[-1])
    assert result.returncode == 0, result.stdout[-3000:]
    assert " and segmentation version 2. Tables hold it until" in result.stdout
    assert tables(warehouse, *kept) == before


def test_without_the_first_build_the_next_one_is_the_first(
    sample_warehouse: Warehouse, warehouse: Warehouse
) -> None:
    [first, *_] = builds(warehouse)
    assert forget(warehouse, first).returncode == 0
    for name in (*SNAPSHOTS, "segmentation_registry", "int_segments_before_history"):
        assert tables(warehouse, name) == [[]]
    assert len(tables(sample_warehouse, "int_segments_before_history")[0]) > 0
