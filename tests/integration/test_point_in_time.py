"""Records that come after an observation date change nothing that is known of it."""

from datetime import date, timedelta

import duckdb
import pytest
from conftest import Warehouse, open_database

# What has an observation date and reads nothing that lies after it. Outcomes are what
# comes after: of the evaluation only the observed window is compared, without names,
# whose words an outcome supports or not.
KNOWN_ON_A_DATE = {
    "customer_features": "select * from {}",
    "segmentation_training": "select * from {}",
    "customer_feature_vectors": "select * from {}",
    "customer_segment_assignments": "select * from {}",
    "lifetime_value_models": "select * from {}",
    "customer_lifetime_value": "select * from {}",
    "customer_value_tiers": "select * from {}",
    "segment_evaluation": "select * exclude (segment_name) from {} "
    "where evaluation_window = 'observed'",
}
# Of every customer a record of each kind, at the first moment not to be seen.
APPENDED_RECORDS = (
    "insert into raw_orders (order_id, customer_id, ordered_at, amount, status) "
    "select 'late ' || customer_id, customer_id, '{day} 00:00:00', '999.00', "
    "case when row_number() over (order by customer_id) % 5 = 0 then 'returned' "
    "else 'completed' end from customers",
    "insert into raw_order_items (order_id, line_number, product_id, quantity, "
    "unit_price) select 'late ' || customer_id, line_number, 'P001', '1', '333.00' "
    "from customers, unnest(['1', '2', '3']) as lines (line_number)",
    "insert into raw_visits (visit_id, customer_id, visited_at, has_converted) "
    "select 'late ' || customer_id, customer_id, '{day} 00:00:00', 'true' "
    "from customers",
    "insert into raw_reviews (review_id, customer_id, rating, reviewed_at) "
    "select 'late ' || customer_id, customer_id, '1', '{day} 00:00:00' from customers",
    "insert into raw_campaign_contacts (contact_id, customer_id, campaign_id, "
    "contacted_at, has_converted) select 'late ' || customer_id, customer_id, 'late', "
    "'{day} 00:00:00', 'true' from customers",
    "insert into raw_customer_summaries (customer_id, observed_on, total_purchase) "
    "select customer_id, '{day}', '12345' from customers",
    "insert into raw_customers (customer_id, registered_at) "
    "values ('registered late', '{day}')",
)


@pytest.fixture(scope="module")
def training_date(sample_warehouse: Warehouse) -> date:
    """Two dates see nothing from it on."""
    [found] = sample_warehouse.row(
        "select observation_date from int_observation_dates where is_training"
    )
    assert isinstance(found, date)
    return found


@pytest.fixture(scope="module")
def appended(
    sample_warehouse: Warehouse,
    training_date: date,
    tmp_path_factory: pytest.TempPathFactory,
) -> Warehouse:
    """The sample's warehouse, built again after records came from that date on."""
    warehouse = sample_warehouse.copy_to(tmp_path_factory.mktemp("appended"))
    with open_database(warehouse.database) as connection:
        for statement in APPENDED_RECORDS:
            connection.execute(statement.format(day=training_date))
    return warehouse.build(
        *["--select", *(f"+{table}" for table in KNOWN_ON_A_DATE)],
        *["--exclude", "resource_type:seed"],
    )


def differing_rows(
    before: Warehouse, after: Warehouse, table: str, dates: str, query: str = ""
) -> tuple[int, int]:
    """Rows of those dates that only one warehouse has, and rows that the first has."""
    query = query or KNOWN_ON_A_DATE[table]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{before.database}' as earlier (read_only)")
        connection.execute(f"attach '{after.database}' as later (read_only)")
        table = before.qualified(table)
        rows = {
            name: f"select * from ({query.format(f'{name}.{table}')}) "
            f"where observation_date {dates}"
            for name in ("earlier", "later")
        }
        [(differing, compared)] = connection.execute(
            f"select (select count(*) from (({rows['earlier']} except all "
            f"{rows['later']}) union all ({rows['later']} except all "
            f"{rows['earlier']}))), (select count(*) from ({rows['earlier']}))"
        ).fetchall()
    return differing, compared


def test_the_records_arrived(
    sample_warehouse: Warehouse, appended: Warehouse, training_date: date
) -> None:
    """Without this nothing would have to change; the date after them sees them all."""
    total = (
        "select sum(order_count + return_count), sum(visit_count), sum(review_count) "
        "from customer_features where observation_date = "
        "(select max(observation_date) from customer_features)"
    )
    [(customers,)] = sample_warehouse.rows("select count(*) from customers")
    added = [
        after - before
        for after, before in zip(
            appended.row(total), sample_warehouse.row(total), strict=True
        )
    ]
    # Where a summary stood in for a count, a record takes its place.
    assert added[2] == customers
    assert min(added) > customers / 2
    for table in ("customer_features", "customer_value_tiers", "segment_evaluation"):
        differing, _ = differing_rows(
            sample_warehouse, appended, table, f"> '{training_date}'"
        )
        assert differing > 0, table


@pytest.mark.parametrize("table", KNOWN_ON_A_DATE)
def test_what_was_known_on_a_date_stays(
    sample_warehouse: Warehouse, appended: Warehouse, training_date: date, table: str
) -> None:
    differing, compared = differing_rows(
        sample_warehouse, appended, table, f"<= '{training_date}'"
    )
    assert compared > 0
    assert differing == 0


def test_nothing_was_fitted_again(
    sample_warehouse: Warehouse, appended: Warehouse
) -> None:
    registry = "from segmentation_registry order by all"
    assert appended.rows(registry) == sample_warehouse.rows(registry)


def test_nobody_is_lapsed_any_more_where_all_come_back(
    sample_warehouse: Warehouse, appended: Warehouse
) -> None:
    lapsed = (
        "select bool_or(is_supported) from int_segment_claims where word = 'lapsed'"
    )
    assert sample_warehouse.row(lapsed) == (True,)
    assert appended.row(lapsed) == (False,)

    def says_so(warehouse: Warehouse) -> bool:
        names = warehouse.rows("select lower(segment_name) from int_segment_labels")
        words = ("lapsed", "quiet", "inactive")
        return any(word in name.split() for (name,) in names for word in words)

    assert says_so(sample_warehouse)
    assert not says_so(appended)


@pytest.fixture(scope="module")
def day_before(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """The sample's warehouse as it was known a day before, by the same version."""
    [current] = sample_warehouse.row(
        "select observation_date from int_observation_dates where is_current"
    )
    return sample_warehouse.copy_to(tmp_path_factory.mktemp("day_before")).build(
        "--select",
        *(f"int_observation_dates+,+{table}" for table in KNOWN_ON_A_DATE),
        variables={"as_of_date": str(current - timedelta(days=1))},
    )


@pytest.mark.parametrize("table", ["int_observation_dates", *KNOWN_ON_A_DATE])
def test_past_dates_are_the_same_a_day_later(
    sample_warehouse: Warehouse, day_before: Warehouse, table: str
) -> None:
    """Their outcomes, too; what moved is the current date alone."""
    rows = sample_warehouse.rows(
        "select cast(observation_date as text) from int_observation_dates "
        "where not is_current"
    )
    past_dates = ", ".join(f"'{day}'" for (day,) in rows)
    differing, compared = differing_rows(
        *(day_before, sample_warehouse, table, f"in ({past_dates})"),
        query="select * from {}",
    )
    assert compared > 0
    assert differing == 0
    if table in ("int_observation_dates", "customer_features"):
        differing, compared = differing_rows(
            *(day_before, sample_warehouse, table, f"not in ({past_dates})"),
            query="select * from {}",
        )
        assert differing > compared > 0
