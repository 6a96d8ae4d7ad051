"""dbt's own unit tests of the models, in both source systems."""

from pathlib import Path

from conftest import Warehouse

UNIT_TESTS = ("test", "--select", "test_type:unit")


def assert_all_pass(warehouse: Warehouse, at_least: int, **arguments: object) -> None:
    """Run the unit tests; that none was left out is part of the claim."""
    result = warehouse.run_dbt(UNIT_TESTS, **arguments)  # type: ignore[arg-type]
    assert result.returncode == 0, result.stdout[-4000:]
    passed = result.stdout.rsplit("PASS=", 1)[1].split()[0]
    assert int(passed) >= at_least, result.stdout[-400:]


def test_unit_tests_of_the_sample(sample_warehouse: Warehouse, tmp_path: Path) -> None:
    assert_all_pass(sample_warehouse.copy_to(tmp_path), at_least=125)


def test_unit_tests_of_the_households(
    households: Warehouse, complete_journey_location: str, tmp_path: Path
) -> None:
    assert_all_pass(
        households.copy_to(tmp_path),
        at_least=5,
        variables={"source_systems": ["complete_journey"]},
        environment={"COMPLETE_JOURNEY_LOCATION": complete_journey_location},
    )
