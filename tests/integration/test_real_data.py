"""Data that nobody here made goes in by the names of its columns alone."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import BUT_THE_SAMPLE, USUAL_VARIABLES, Warehouse

RETAIL_LINES = 541_909
RETAIL_LINES_WITHOUT_CUSTOMER = 135_080
RETAIL_CUSTOMERS = 4_372
RETAIL_BUYERS = 4_338
# One more ordered, and paid nothing.
RETAIL_CUSTOMERS_WITH_ORDERS = 4_339
RETAIL_GROSS_SALES = Decimal("8911407.90")

PEOPLE = 2_240
PEOPLE_BORN_LONG_AGO = ("1893", "1899", "1900")

SHOP_ROWS = {
    "customers": 1_500,
    "orders": 2_500,
    "order_items": 4_315,
    "visits": 10_000,
}
ORDERS_BEFORE_SIGN_UP = 826
SESSIONS_WITHOUT_CUSTOMER = 2_947

# The files' columns under the names of the input contract, and nothing else.
ONLINE_RETAIL = {
    "order_items": """
        select
            InvoiceNo as order_id,
            StockCode as product_id,
            Quantity as quantity,
            UnitPrice as unit_price,
            CustomerID as customer_id,
            InvoiceDate as ordered_at
        from read_csv(
            '{folder}/online_retail/online_retail.csv.gz', all_varchar = true
        )
    """
}
PERSONALITY_FILE = """
    read_csv(
        '{folder}/customer_personality/marketing_campaign.csv',
        delim = ';', header = true, all_varchar = true
    )
"""
CUSTOMER_PERSONALITY = {
    "customers": f"""
        select
            ID as customer_id,
            Year_Birth as birth_date,
            Income as income,
            Dt_Customer as registered_at
        from {PERSONALITY_FILE}
    """,
    "customer_summaries": f"""
        select
            ID as customer_id,
            cast(MntWines as int) + cast(MntFruits as int)
            + cast(MntMeatProducts as int) + cast(MntFishProducts as int)
            + cast(MntSweetProducts as int) + cast(MntGoldProds as int)
                as total_purchase,
            cast(NumWebPurchases as int) + cast(NumCatalogPurchases as int)
            + cast(NumStorePurchases as int) as total_order,
            NumWebVisitsMonth as total_visit,
            Recency as recency_days
        from {PERSONALITY_FILE}
    """,
}
SHOP = {
    "customers": """
        select * rename (registration_date as registered_at)
        from '{folder}/ecommerce_sample/customers.parquet'
    """,
    "orders": """
        select * rename (order_date as ordered_at, total_amount as amount)
        from '{folder}/ecommerce_sample/orders.parquet'
    """,
    "order_items": """
        select * rename (order_item_id as line_number)
        from '{folder}/ecommerce_sample/order_items.parquet'
    """,
    "products": "select * from '{folder}/ecommerce_sample/products.parquet'",
    "visits": """
        select * rename (
            session_id as visit_id,
            session_date as visited_at,
            converted as has_converted
        )
        from '{folder}/ecommerce_sample/website_sessions.parquet'
    """,
    "reviews": """
        select * rename (review_date as reviewed_at)
        from '{folder}/ecommerce_sample/reviews.parquet'
    """,
}


def rows_of(query: str) -> list[tuple[Any, ...]]:
    """Rows of a query of the data files themselves."""
    with duckdb.connect() as connection:
        return connection.execute(query).fetchall()


def build_renamed(
    folder: Path,
    shared_data: Path,
    tables: Mapping[str, str],
    *selection: str,
    **variables: str,
) -> Warehouse:
    """Write each table under the contract's names, as parquet, and build from them."""
    for name, query in tables.items():
        rows_of(
            f"copy ({query.format(folder=shared_data)}) to '{folder / name}.parquet'"
        )
    return Warehouse(folder).build(
        *selection,
        *BUT_THE_SAMPLE,
        variables={
            "crm_location": "read_parquet('{name}.parquet')",
            "crm_tables": list(tables),
            **variables,
        },
    )


@pytest.fixture(scope="module")
def retail(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A wholesaler's invoice lines: no customers, no orders, no key of a line."""
    return build_renamed(tmp_path_factory.mktemp("retail"), shared_data, ONLINE_RETAIL)


@pytest.fixture(scope="module")
def people(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A supermarket's flat customer file."""
    return build_renamed(
        tmp_path_factory.mktemp("people"), shared_data, CUSTOMER_PERSONALITY
    )


@pytest.fixture(scope="module")
def shop(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A made-up web shop with every kind of record."""
    return build_renamed(tmp_path_factory.mktemp("shop"), shared_data, SHOP)


def test_retail_buyers_and_gross_sales(retail: Warehouse) -> None:
    """Gross spend is that of the current date, of which `customers` shows the net."""
    assert retail.row(
        "select count_if(gross_spend > 0), round(sum(gross_spend), 2) "
        "from customer_features where observation_date = "
        "(select observation_date from int_observation_dates where is_current)"
    ) == (RETAIL_BUYERS, RETAIL_GROSS_SALES)


def test_retail_returns_are_apart(retail: Warehouse, shared_data: Path) -> None:
    """What came back is known from the lines of a negative quantity."""
    lines = ONLINE_RETAIL["order_items"].format(folder=shared_data)
    [(returned,)] = rows_of(
        "select -sum(cast(quantity as int) * cast(unit_price as decimal(18, 4))) "
        f"from ({lines}) where customer_id is not null and quantity like '-%'"
    )
    assert returned > 0
    assert retail.row(
        "select round(sum(returned_amount), 2), "
        "round(sum(total_spend) + sum(returned_amount), 2) from customers"
    ) == (round(returned, 2), RETAIL_GROSS_SALES)


def test_retail_customers_are_all_there(retail: Warehouse) -> None:
    """Those who only ever returned something, too."""
    for table in ("customers", "customer_segments"):
        assert retail.row(
            f"select count(*), count(distinct customer_id) from {table}"
        ) == (RETAIL_CUSTOMERS, RETAIL_CUSTOMERS)
    assert retail.row("select count_if(customer_id like '%.%') from customers") == (0,)


def test_retail_lines_without_customer_are_listed_and_no_other_is_lost(
    retail: Warehouse,
) -> None:
    """Repeated lines stay: without a key, two equal purchases are two purchases."""
    assert retail.rows(
        "select entity, issue, action, count(*) from data_quality_issues "
        "where action in ('rejected', 'merged') group by all"
    ) == [
        ("order_items", "missing_customer", "rejected", RETAIL_LINES_WITHOUT_CUSTOMER)
    ]
    assert retail.row(
        "select rows_in, rows_out, rows_merged, rows_rejected from data_quality_summary"
    ) == (
        RETAIL_LINES,
        RETAIL_LINES - RETAIL_LINES_WITHOUT_CUSTOMER,
        0,
        RETAIL_LINES_WITHOUT_CUSTOMER,
    )


def test_retail_customers_seem_never_to_leave(retail: Warehouse) -> None:
    """BG/NBD ends at its edge, a near zero, where it must not be trusted."""
    models = retail.rows(
        "select a / (a + b), reason, is_converged, repeat_buyers > 500 "
        "from lifetime_value_models where model = 'bg_nbd'"
    )
    assert models
    for dropout, reason, is_converged, has_repeat_buyers in models:
        assert dropout < 1e-3
        assert (reason, is_converged) == ("no_dropout", False)
        assert has_repeat_buyers


def test_retail_lifetime_value_is_of_nbd_and_says_so(retail: Warehouse) -> None:
    without_order = RETAIL_CUSTOMERS - RETAIL_CUSTOMERS_WITH_ORDERS
    assert retail.rows(
        "select prediction_method, prediction_reason, count(*), "
        "count_if(lifetime_value is distinct from expected_spend), "
        "count_if(probability_alive is not null) "
        "from customer_lifetime_value inner join int_observation_dates "
        "using (observation_date) where is_current group by all order by all"
    ) == [
        ("baseline", "no_purchase", without_order, 0, 0),
        ("nbd_gamma_gamma", "bg_nbd_no_dropout", RETAIL_CUSTOMERS_WITH_ORDERS, 0, 0),
    ]
    assert retail.rows(
        "select distinct model, is_converged, is_used from lifetime_value_models "
        "order by model"
    ) == [
        ("bg_nbd", False, False),
        ("gamma_gamma", True, True),
        ("nbd", True, True),
    ]


def test_flat_file_is_enough(people: Warehouse) -> None:
    assert people.rows(
        "select entity, rows_in, rows_out from data_quality_summary order by entity"
    ) == [("customer_summaries", PEOPLE, PEOPLE), ("customers", PEOPLE, PEOPLE)]
    for table in ("customers", "customer_segments"):
        assert people.row(
            f"select count(*), count(distinct customer_id) from {table}"
        ) == (PEOPLE, PEOPLE)
    assert people.row("select count(distinct segment_id) from customer_segments") == (
        USUAL_VARIABLES["n_segments"],
    )


def test_flat_file_says_nothing_of_when_people_bought(
    people: Warehouse, shared_data: Path
) -> None:
    """Without dates nothing is fitted; the feature carries the flat file's sums on."""
    summaries = CUSTOMER_PERSONALITY["customer_summaries"].format(folder=shared_data)
    [(buyers,)] = rows_of(f"select count_if(total_order > 0) from ({summaries})")
    assert 0 < buyers < PEOPLE
    assert people.row("select count(*) from lifetime_value_models") == (0,)
    assert people.rows(
        "select prediction_reason, count(*), count(expected_spend), "
        "count_if(lifetime_value > 0) from customer_lifetime_value "
        "inner join int_observation_dates using (observation_date) "
        "where is_current group by all order by all"
    ) == [
        ("no_purchase", PEOPLE - buyers, PEOPLE - buyers, PEOPLE - buyers),
        ("purchases_without_dates", buyers, 0, buyers),
    ]


def test_flat_file_stands_in_for_activity(people: Warehouse, shared_data: Path) -> None:
    summaries = CUSTOMER_PERSONALITY["customer_summaries"].format(folder=shared_data)
    expected = rows_of(
        "select sum(total_purchase), sum(total_order), sum(cast(total_visit as int)) "
        f"from ({summaries})"
    )
    assert (
        people.rows(
            "select sum(total_spend), sum(order_count), sum(visit_count) from customers"
        )
        == expected
    )


def test_births_long_ago_are_listed(people: Warehouse) -> None:
    births = people.rows(
        "select column_name, issue, action, count(*) from data_quality_issues "
        "where action <> 'repaired' group by all"
    )
    assert births == [
        ("birth_date", "impossible_value", "nulled", len(PEOPLE_BORN_LONG_AGO))
    ]
    assert people.row("select max(age) < 110 from customers") == (True,)


def test_shop_orders_before_sign_up_are_listed_and_kept(shop: Warehouse) -> None:
    assert shop.row(
        "select count(*), count(distinct record_key) from data_quality_issues "
        "where entity = 'orders' and issue = 'activity_before_registration' "
        "and action = 'kept'"
    ) == (ORDERS_BEFORE_SIGN_UP, ORDERS_BEFORE_SIGN_UP)


def test_shop_has_nobody_from_the_future(shared_data: Path, tmp_path: Path) -> None:
    """Dated back, without registrations: who was seen later only is not there.

    Of who was never seen nothing says that they came later.
    """
    date = "2024-07-01"
    shop_files = shared_data / "ecommerce_sample"
    expected = rows_of(
        f"""
        with records as (
            select customer_id, order_date as seen_at from '{shop_files}/orders.parquet'
            union all
            select customer_id, session_date
            from '{shop_files}/website_sessions.parquet'
            union all
            select customer_id, review_date from '{shop_files}/reviews.parquet'
        )
        select customer_id, min(cast(seen_at as timestamp)) as first_seen_at
        from '{shop_files}/customers.parquet'
        left join records using (customer_id)
        group by customer_id
        """
    )
    assert len(expected) == SHOP_ROWS["customers"]
    known = {str(who) for who, first in expected if not first or str(first) < date}
    assert 100 < len(known) < len(expected) - 100
    warehouse = build_renamed(
        tmp_path,
        shared_data,
        {
            **SHOP,
            "customers": "select * exclude (registration_date) "
            "from '{folder}/ecommerce_sample/customers.parquet'",
        },
        *["--select", "+customer_features"],
        as_of_date=date,
    )
    found = warehouse.rows(
        "select customer_id from customer_features "
        f"where observation_date = date '{date}'"
    )
    assert {who for (who,) in found} == known


def test_shop_sessions_without_customer_are_listed(shop: Warehouse) -> None:
    assert shop.row(
        "select count(*) from data_quality_issues where entity = 'visits' "
        "and issue = 'missing_customer' and action = 'rejected'"
    ) == (SESSIONS_WITHOUT_CUSTOMER,)


def test_shop_records_are_all_accounted_for(shop: Warehouse) -> None:
    found = {
        entity: (rows_in, rows_out, rows_merged + rows_rejected)
        for entity, rows_in, rows_out, rows_merged, rows_rejected in shop.rows(
            "select entity, rows_in, rows_out, rows_merged, rows_rejected "
            "from data_quality_summary"
        )
    }
    for entity, rows_in in SHOP_ROWS.items():
        lost = SESSIONS_WITHOUT_CUSTOMER if entity == "visits" else 0
        assert found[entity] == (rows_in, rows_in - lost, lost), entity
    assert shop.row("select count(*) from customer_segments") == (
        SHOP_ROWS["customers"],
    )
