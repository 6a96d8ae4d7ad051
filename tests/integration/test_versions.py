"""When a new version is fitted, and what stays when none is."""

from pathlib import Path

import pytest
from conftest import (
    FROM_FIT_ON,
    USUAL_VARIABLES,
    Warehouse,
    from_fit_to,
    open_database,
)

K = USUAL_VARIABLES["n_segments"]

SCORES = (
    "select observation_date, customer_id, segment_id, second_segment_id, distance, "
    "second_distance, is_outlier from customer_segment_assignments order by all"
)
REGISTRY = "from segmentation_registry order by all"
VERSIONS = (
    "select segmentation_version, fit_reason, n_segments, is_in_use "
    "from segmentation_versions order by segmentation_version"
)


@pytest.fixture(scope="module")
def without_scikit_learn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which whoever imports scikit-learn fails."""
    folder = tmp_path_factory.mktemp("without_scikit_learn")
    (folder / "sklearn").mkdir()
    (folder / "sklearn" / "__init__.py").write_text(
        "raise ImportError('scikit-learn was imported')\n", encoding="utf-8"
    )
    return {"PYTHONPATH": str(folder)}


@pytest.fixture
def warehouse(sample_warehouse: Warehouse, tmp_path: Path) -> Warehouse:
    """The sample's warehouse with its first version, to go on from."""
    return sample_warehouse.copy_to(tmp_path)


def test_a_second_build_appends_nothing_and_needs_no_scikit_learn(
    sample_warehouse: Warehouse,
    warehouse: Warehouse,
    without_scikit_learn: dict[str, str],
) -> None:
    warehouse.build(environment=without_scikit_learn)
    assert warehouse.rows(REGISTRY) == sample_warehouse.rows(REGISTRY)
    assert warehouse.rows(SCORES) == sample_warehouse.rows(SCORES)


def test_a_fit_needs_scikit_learn(
    warehouse: Warehouse, without_scikit_learn: dict[str, str]
) -> None:
    """Without this a scoring build would need none for the wrong reason."""
    result = warehouse.run_dbt(
        ["run", "--select", "segmentation_registry"],
        {"refit": True},
        without_scikit_learn,
    )
    assert result.returncode == 1
    assert "scikit-learn was imported" in result.stdout


def test_versions_are_added_pinned_and_kept(
    sample_warehouse: Warehouse, warehouse: Warehouse
) -> None:
    first_registry = sample_warehouse.rows(REGISTRY)

    warehouse.build(*from_fit_to("segmentation_versions"), variables={"refit": True})
    assert warehouse.rows(VERSIONS) == [
        (1, "first_fit", K, False),
        (2, "refit_requested", K, True),
    ]

    warehouse.build(*from_fit_to("segments"), variables={"n_segments": 6})
    assert warehouse.rows(VERSIONS) == [
        (1, "first_fit", K, False),
        (2, "refit_requested", K, False),
        (3, "configuration_changed", 6, True),
    ]
    assert warehouse.row("select count(*) from segments where is_in_use") == (7,)

    # A full refresh with the same settings makes all tables new but the registry.
    registry = warehouse.rows(REGISTRY)
    warehouse.build(*FROM_FIT_ON, "--full-refresh", variables={"n_segments": 6})
    assert warehouse.rows(REGISTRY) == registry
    assert set(first_registry) <= set(registry)

    # A pinned version scores as it did when it was the only one.
    pinned = {"n_segments": 6, "segmentation_version": 1}
    warehouse.build(*FROM_FIT_ON, variables=pinned)
    assert warehouse.rows(REGISTRY) == registry
    assert warehouse.rows(SCORES) == sample_warehouse.rows(SCORES)
    assert warehouse.rows("from segments order by all") == sample_warehouse.rows(
        "from segments order by all"
    )
    assert warehouse.row(
        "select distinct segmentation_version from customer_segments"
    ) == (1,)


def test_a_registry_of_before_gets_names_without_a_fit(
    sample_warehouse: Warehouse, warehouse: Warehouse
) -> None:
    """As they were when names were not stored: all else in it stays as it is."""
    names = "select * from int_segment_labels order by all"
    with open_database(warehouse.database) as connection:
        connection.execute(
            "delete from segmentation_registry "
            "where parameter in ('descriptive_name', 'neutral_name')"
        )
        # The vocabulary had fewer columns then.
        connection.execute("alter table segment_name_terms drop column neutral_term")
    warehouse.build(
        *["--select", "segment_name_terms", "segmentation_registry"],
        *["int_segment_claims", "int_segment_possible_names", "int_segment_labels"],
    )
    assert warehouse.rows(REGISTRY) == sample_warehouse.rows(REGISTRY)
    assert warehouse.rows(names) == sample_warehouse.rows(names)
