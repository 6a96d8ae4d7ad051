"""Features that a company computes itself, of the sample's customers."""

import pytest
from conftest import Warehouse, open_database

FEATURES = "int_customer_custom_features"
VARIABLES = {
    "segmentation_custom_features": "main.scores",
    "custom_features": [{"name": "score", "kind": "number"}],
}
ROWS = (
    f"select customer_id, score from {FEATURES} where observation_date = "
    "(select max(observation_date) from int_observation_dates) order by all"
)


@pytest.fixture(scope="module")
def warehouse(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """A copy of the sample's warehouse, for a table of scores beside it."""
    return sample_warehouse.copy_to(tmp_path_factory.mktemp("scores"))


def write_scores(warehouse: Warehouse, query: str) -> None:
    """Write the table of the company's own, where nothing of ours is."""
    with open_database(warehouse.database) as connection:
        connection.execute(f"create or replace table main.scores as {query}")


def changed_id(warehouse: Warehouse, reason: str) -> tuple[str, str | None]:
    """An id of the sample that was merged or erased, and who survives under which."""
    return warehouse.rows(
        "select customer_id, surviving_customer_id from int_customer_id_changes "
        f"where reason = '{reason}' order by all limit 1"
    )[0]


def test_ids_are_read_as_those_of_records_are(warehouse: Warehouse) -> None:
    """Merged ones are of who survives, and of who is erased nothing is kept."""
    merged, survivor = changed_id(warehouse, "duplicate_person")
    erased, _ = changed_id(warehouse, "erased")
    [(customer,)] = warehouse.rows(
        "select customer_id from customers where customer_id not in "
        "(select surviving_customer_id from int_customer_id_changes "
        "where surviving_customer_id is not null) order by customer_id limit 1"
    )
    rows = [
        f"(' {customer} ', '2020-01-01', 1)",
        f"('{customer}', '2020-02-01T00:00:00Z', 2)",
        f"('{survivor}', '2020-01-01', 3)",
        f"('{merged}', '2020-01-02', 4)",
        f"('{erased}', '2020-01-01', 5)",
        "('nobody', '2020-01-01', 6)",
    ]
    write_scores(
        warehouse,
        f"from (values {', '.join(rows)}) as scores (customer_id, valid_from, score)",
    )
    warehouse.build("--select", FEATURES, variables=VARIABLES)
    assert warehouse.rows(ROWS) == sorted(
        [(customer, 2.0), (survivor, 4.0), ("nobody", 6.0)]
    )


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (
            "select 'nobody' as customer_id, date '2020-01-01' as valid_from, "
            "1 as score",
            "has no customer_id of a customer; expected ids as table customer_segments "
            "has them.",
        ),
        (
            "select customer_id, 'soon' as valid_from, 1 as score from main.customers",
            "values of valid_from that cannot be read; expected times or none.",
        ),
        (
            "select customer_id, date '2020-01-01' as valid_from, 'A' as score "
            "from main.customers limit 3",
            "has 3 of 3 values of score that cannot be read; expected numbers or none.",
        ),
    ],
    ids=["ids_of_nobody", "no_times", "no_numbers"],
)
def test_a_relation_that_cannot_be_read_stops_with_one_sentence(
    warehouse: Warehouse, query: str, sentence: str
) -> None:
    write_scores(warehouse, query)
    result = warehouse.run_dbt(["run", "--select", FEATURES], VARIABLES)
    assert result.returncode == 1
    said = " ".join(result.stdout.split())
    assert "relation main.scores of var segmentation_custom_features has " in said
    assert sentence in said
    assert "Traceback" not in said


def test_without_a_row_nobody_has_a_value(warehouse: Warehouse) -> None:
    write_scores(
        warehouse,
        "select customer_id, date '2020-01-01' as valid_from, 1 as score "
        "from main.customers where false",
    )
    warehouse.build("--select", FEATURES, variables=VARIABLES)
    assert warehouse.rows(ROWS) == []
