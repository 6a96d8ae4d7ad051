"""Segmentations side by side, each as it is alone."""

from pathlib import Path
from typing import Any

import pytest
from conftest import Warehouse, open_database

TO_MEMBERSHIPS = (
    "--select",
    "int_segmentation_members",
    "segmentation_registry+,+customer_segments",
    "segmentation_registry+,+segments",
    "segment_overlap",
)
# Other features, another number of segments, a method that scores by rules.
FEATURES = [
    {"name": name, "impute": "median", "cap_quantile": None}
    | {"transform": "log1p", "scale": "standard", "weight": 1}
    for name in ("recency_days", "visit_count")
]
OTHERS: dict[str, dict[str, Any]] = {
    "visits": {"features": FEATURES, "n_segments": 4},
    "rfm": {"method": "rfm_rules"},
}
# One that leaves everybody, and one that leaves some.
FILTERED: dict[str, dict[str, Any]] = {
    "everybody": {**OTHERS["visits"], "filter": "order_count >= 0"},
    "germany": {"filter": "country = 'Germany'"},
}
VARS = {
    "features": "segmentation_features",
    "method": "segmentation_method",
    "n_segments": "n_segments",
}


def listed(**others: dict[str, Any]) -> dict[str, Any]:
    """Var `segmentations` with `default` and `others`."""
    entries = [{"name": name, **entry} for name, entry in others.items()]
    return {"segmentations": [{"name": "default"}, *entries]}


def memberships(warehouse: Warehouse, name: str) -> list[tuple[Any, ...]]:
    """Who is where in a segmentation."""
    return warehouse.rows(
        "select * exclude (segmentation_name) from customer_segment_memberships "
        f"where segmentation_name = '{name}' order by all"
    )


def centroids(warehouse: Warehouse, name: str) -> list[tuple[Any, ...]]:
    """The centre of each segment of each version of a segmentation."""
    return warehouse.rows(
        "select * exclude (segmentation_name) from segmentation_centroids "
        f"where segmentation_name = '{name}' order by all"
    )


def versions(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """The versions of all segmentations, and which are in use."""
    return warehouse.rows(
        "select segmentation_name, segmentation_version, fit_reason, is_in_use "
        "from segmentation_versions order by all"
    )


@pytest.fixture(scope="module")
def side_by_side(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """The sample with four segmentations more, built on that with `default` alone."""
    copy = sample_warehouse.copy_to(tmp_path_factory.mktemp("side_by_side"))
    return copy.build(*TO_MEMBERSHIPS, variables=listed(**OTHERS, **FILTERED))


@pytest.fixture
def warehouse(side_by_side: Warehouse, tmp_path: Path) -> Warehouse:
    """The same, to go on from."""
    return side_by_side.copy_to(tmp_path)


def without_versions(warehouse: Warehouse, folder: Path) -> Warehouse:
    """A copy in which nothing was ever fitted."""
    copy = warehouse.copy_to(folder)
    with open_database(copy.database) as connection:
        connection.execute(
            "delete from segmentation_registry; delete from customer_segment_snapshot"
        )
    return copy


@pytest.mark.parametrize("name", OTHERS)
def test_each_is_what_it_is_alone(
    sample_warehouse: Warehouse, side_by_side: Warehouse, tmp_path: Path, name: str
) -> None:
    alone = without_versions(sample_warehouse, tmp_path).build(
        *TO_MEMBERSHIPS,
        variables={VARS[field]: value for field, value in OTHERS[name].items()},
    )
    assert memberships(side_by_side, name) == memberships(alone, "default")
    assert centroids(side_by_side, name) == centroids(alone, "default")
    assert memberships(side_by_side, name) != memberships(side_by_side, "default")


def test_default_is_what_it_is_alone(
    sample_warehouse: Warehouse, side_by_side: Warehouse
) -> None:
    for read in (memberships, centroids):
        assert read(side_by_side, "default") == read(sample_warehouse, "default")
    one_row_each = "from customer_segments order by customer_id"
    assert side_by_side.rows(one_row_each) == sample_warehouse.rows(one_row_each)


def test_a_filter_that_leaves_everybody_changes_nothing(
    side_by_side: Warehouse,
) -> None:
    for read in (memberships, centroids):
        assert read(side_by_side, "everybody") == read(side_by_side, "visits")


def test_a_filter_leaves_whom_it_holds_for(side_by_side: Warehouse) -> None:
    assert side_by_side.rows(
        "select customer_id from customer_segment_memberships "
        "where segmentation_name = 'germany' order by all"
    ) == side_by_side.rows(
        "select customer_id from customers where country = 'Germany' order by all"
    )
    assert side_by_side.row(
        "select training_rows from segmentation_versions "
        "where segmentation_name = 'germany'"
    ) == side_by_side.row(
        "select count(*) from segmentation_training "
        "inner join customers using (customer_id) where country = 'Germany'"
    )


def test_the_overlap_is_that_of_memberships(side_by_side: Warehouse) -> None:
    [(shown, hidden)] = side_by_side.rows(
        """
        with crossed as (
            select first.segment_id, other.segment_id as other_segment_id,
                count(*) as customers
            from customer_segment_memberships as first
            inner join customer_segment_memberships as other using (customer_id)
            where first.segmentation_name = 'default'
                and other.segmentation_name = 'rfm'
            group by all
        )
        select
            count(*) filter (overlap.customers = crossed.customers),
            count(*) filter (overlap.customers is null)
        from crossed
        inner join segment_overlap as overlap using (segment_id, other_segment_id)
        where overlap.segmentation_name = 'default'
            and overlap.other_segmentation_name = 'rfm'
        """
    )
    [(crossings,)] = side_by_side.rows(
        "select count(*) from segment_overlap where segmentation_name = 'default' "
        "and other_segmentation_name = 'rfm'"
    )
    assert shown > 5
    assert shown + hidden == crossings


def test_a_filter_that_leaves_too_few_stops_with_a_sentence(
    warehouse: Warehouse,
) -> None:
    few = {"few": {"filter": "country = 'Atlantis'"}}
    result = warehouse.run_dbt(
        ["build", *TO_MEMBERSHIPS, "--exclude-resource-type", "test", "unit_test"],
        listed(**few),
    )
    assert result.returncode == 1
    assert (
        "The filter of segmentation few (country = 'Atlantis') leaves fewer than the "
        "50 buyers that a fit needs; expected one that leaves more." in result.stdout
    )


def test_versions_of_a_build_are_forgotten_by_segmentation(
    warehouse: Warehouse,
) -> None:
    before = versions(warehouse)
    changed = {**OTHERS, "visits": {**OTHERS["visits"], "n_segments": 6}}
    warehouse.build(*TO_MEMBERSHIPS, variables=listed(**changed, **FILTERED))
    assert ("visits", 2, "configuration_changed", True) in versions(warehouse)
    (build,) = warehouse.row(
        "select build_id from int_build_log where event = 'began' "
        "order by happened_at desc limit 1"
    )
    result = warehouse.run_dbt(
        ["run-operation", "forget_build", "--args", f"{{build_id: {build}}}"],
        listed(**OTHERS, **FILTERED),
    )
    assert result.returncode == 0, result.stdout[-2000:]
    assert "segmentation version 2 of visits" in result.stdout
    warehouse.build(*TO_MEMBERSHIPS, variables=listed(**OTHERS, **FILTERED))
    assert versions(warehouse) == before


def test_versions_are_fitted_pinned_and_kept_each_for_itself(
    warehouse: Warehouse,
) -> None:
    first = memberships(warehouse, "visits")
    default = memberships(warehouse, "default")
    other = {**OTHERS["visits"], "n_segments": 6}
    warehouse.build(*TO_MEMBERSHIPS, variables=listed(visits=other))
    assert versions(warehouse) == [
        ("default", 1, "first_fit", True),
        ("everybody", 1, "first_fit", False),
        ("germany", 1, "first_fit", False),
        ("rfm", 1, "first_fit", False),
        ("visits", 1, "first_fit", False),
        ("visits", 2, "configuration_changed", True),
    ]
    assert memberships(warehouse, "visits") != first
    assert memberships(warehouse, "default") == default
    # What is no longer in the list has no members, and no segment in use.
    assert memberships(warehouse, "rfm") == []

    pinned = {**other, "version": 1}
    warehouse.build(*TO_MEMBERSHIPS, variables=listed(rfm=OTHERS["rfm"], visits=pinned))
    assert memberships(warehouse, "visits") == first

    refitted = {**OTHERS["rfm"], "refit": True}
    warehouse.build(*TO_MEMBERSHIPS, variables=listed(rfm=refitted))
    assert [row[:3] for row in versions(warehouse)] == [
        ("default", 1, "first_fit"),
        ("everybody", 1, "first_fit"),
        ("germany", 1, "first_fit"),
        ("rfm", 1, "first_fit"),
        ("rfm", 2, "refit_requested"),
        ("visits", 1, "first_fit"),
        ("visits", 2, "configuration_changed"),
    ]
