"""Ten builds one after the other end in the tables of one build of the last day.

Part of the sample becomes known day by day: some records late, some otherwise at first,
and two customers ask to be erased, of whom one comes back. A build takes over from the
one before it the registry, the history, the audiences and who was erased; all else must
be what the records of its day say. All score by the version that the sample has.
"""

import json
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from conftest import (
    BUT_THE_SAMPLE,
    Warehouse,
    differing_rows,
    tables_of,
)

LAST_DAY = date(2025, 11, 24)
# Days before the last one on which there is a build. From the earlier start on the
# current date passes a date of the grid, 2025-11-15, and nothing is built on a weekend.
BUILDS = {
    "ten days": (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
    "twelve days": (11, 10, 7, 6, 5, 4, 3, 2, 1, 0),
}
FIRST_DAY = LAST_DAY - timedelta(days=11)
# When two customers ask to be erased, and until when some records say something else.
ASKED_ON = LAST_DAY - timedelta(days=5)
SALT = {"SEGMENTATION_SALT": "a pinch of salt that nobody guesses"}
# When the records of a raw table happened, and what some of them say at first.
TABLES: dict[str, tuple[str, dict[str, str]]] = {
    "customers": ("registered_at", {"income": "1000", "has_marketing_consent": "no"}),
    "orders": ("ordered_at", {"amount": "1.00", "status": "cancelled"}),
    "erasure_requests": ("requested_at", {}),
}
# What a build takes over from the one before it, and all that this is made of.
KEPT = (
    "--select",
    "+config.materialized:incremental",
    "+config.materialized:snapshot",
)
# In between nothing is fitted or named, and the rest of these no build takes over.
NOT_EVERY_DAY = (
    *("models/staging/quality", "models/intermediate/quality", "seeds"),
    *("models/segmentation/fit", "models/segmentation/identity"),
    *("models/features/lifetime_value", "models/marts/evaluation"),
)
NOTHING = "select null from {} where false"
LAST_STATE = (
    "select customer_id, segment_id, is_contactable, is_held_out from {} qualify "
    "row_number() over (partition by customer_id order by changed_at desc) = 1"
)
# What tells of builds, and what of it must be equal all the same.
OF_BUILDS = {
    # A row of each build, and of each of its tables.
    "int_build_log": "select distinct event, status from {}",
    "int_build_tables": NOTHING,
    # Who was moved between two builds, and what the first one knew of former dates.
    "customer_segment_changes": NOTHING,
    "int_segments_before_history": NOTHING,
    # Since when somebody is in a segment is the date of a build; in which is not.
    "customer_segments_history": "select customer_id, segment_id, segment_name, "
    "segmentation_version from {} where valid_to_date is null",
    "customer_segment_snapshot": "select customer_id, segment_id, "
    "segmentation_version from {} where dbt_valid_to is null",
    "segment_name_snapshot": "select segment_id, segment_name, "
    "segmentation_version from {} where dbt_valid_to is null",
    **dict.fromkeys(("int_audience_states", "segment_audience_changes"), LAST_STATE),
    # Whom a build before has erased is remembered beside who asks for it now.
    "int_erased_ids": "select * from {} where request_number is not null",
    "int_former_erased_ids": NOTHING,
}


class Shop:
    """A fifth of the sample's customers, whose records become known day by day."""

    def __init__(self, sample: Warehouse) -> None:
        self.connection = duckdb.connect()
        self.connection.execute(f"attach '{sample.database}' as sample (read_only)")
        self.connection.execute(
            "create table chosen as select source_customer_id as customer_id "
            "from sample.customer_identities where cast(customer_id as int) % 5 = 0"
        )
        self.columns = {table: self.read(table) for table in TABLES}
        self.connection.execute("detach sample")
        self.erased = self.customer(f"max(happened_on) < '{ASKED_ON}'")
        self.returned = self.customer(f"max(happened_on) > '{ASKED_ON}'")

    def read(self, table: str) -> list[str]:
        """Take the records of these customers, and return their columns.

        Every tenth is known late, by up to four days; of those that are older than the
        first day some are known after it.
        """
        moment, _ = TABLES[table]
        of_whom = "true"
        if table != "erasure_requests":
            of_whom = "customer_id in (from chosen)"
        self.connection.execute(
            f"create table {table} as with records as ("
            f"select *, cast({moment} as date) as happened_on, "
            "row_number() over () as number "
            f"from (from sample.main_raw.base_crm__{table} "
            f"where {of_whom} order by all)) "
            f"select *, greatest(coalesce(happened_on, '{FIRST_DAY}'), '{FIRST_DAY}') "
            "+ cast(case when number % 10 = 3 then number // 10 % 4 + 1 else 0 end "
            "as int) as known_on from records"
        )
        raw_table = f"sample.main_raw.raw_{table}"
        columns = self.connection.execute(f"from {raw_table} limit 0").description
        return [name for name, *_ in columns]

    def customer(self, condition: str) -> str:
        """A customer with three orders by then whose records fulfil a condition."""
        [(customer,)] = self.connection.execute(
            f"select customer_id from orders where happened_on <= '{LAST_DAY}' "
            f"group by customer_id having {condition} and "
            f"count(*) filter (where happened_on < '{ASKED_ON}') >= 3 "
            "order by customer_id limit 1"
        ).fetchall()
        return str(customer)

    def write(self, landing: Path, days_before: int) -> None:
        """Write what is known so many days before the last one."""
        landing.mkdir(exist_ok=True)
        today = LAST_DAY - timedelta(days=days_before)
        for table, (_, former) in TABLES.items():
            columns = [
                f"case when number % 10 = 7 and date '{today}' < '{ASKED_ON}' "
                f"then '{former[name]}' else raw_{name} end as {name}"
                if name in former
                else f"raw_{name} as {name}"
                for name in self.columns[table]
            ]
            query = (
                f"select {', '.join(columns)} from {table} where known_on <= '{today}'"
            )
            if table == "erasure_requests" and today >= ASKED_ON:
                query += "".join(
                    f" union all by name select '{customer}' as customer_id, "
                    f"'{ASKED_ON}' as requested_at"
                    for customer in (self.erased, self.returned)
                )
            self.connection.execute(
                f"copy (from ({query}) order by all) "
                f"to '{landing / table}.csv' (header)"
            )


def build(warehouse: Warehouse, *selected: str) -> Warehouse:
    """Build from the files beside a warehouse."""
    return warehouse.build(
        *selected,
        *BUT_THE_SAMPLE,
        variables={
            "crm_location": "read_csv('landing/{name}.csv', all_varchar = true)",
            "crm_tables": list(TABLES),
        },
        environment=SALT,
    )


@pytest.fixture(scope="module")
def shop(sample_warehouse: Warehouse) -> Shop:
    """The shop."""
    return Shop(sample_warehouse)


@pytest.fixture(scope="module")
def registry(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The folder of the sample's registry."""
    folder = tmp_path_factory.mktemp("registry")
    copy = sample_warehouse.copy_to(tmp_path_factory.mktemp("copy"))
    run_operation(copy, "export_registry", str(folder))
    return str(folder)


def run_operation(warehouse: Warehouse, operation: str, folder: str) -> None:
    """Run an operation on the registry."""
    arguments = ["run-operation", operation, "--args", json.dumps({"folder": folder})]
    done = warehouse.run_dbt(arguments)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def once(
    shop: Shop, registry: str, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """The records of the last day in one build."""
    warehouse = Warehouse(tmp_path_factory.mktemp("once"))
    run_operation(warehouse, "import_registry", registry)
    shop.write(warehouse.folder / "landing", 0)
    return build(warehouse)


@pytest.fixture(scope="module", params=BUILDS)
def daily(
    request: pytest.FixtureRequest,
    shop: Shop,
    registry: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> list[Warehouse]:
    """The same in ten builds: the warehouse as the first left it and as it is."""
    warehouse = Warehouse(tmp_path_factory.mktemp("daily"))
    run_operation(warehouse, "import_registry", registry)
    first, *between, last = BUILDS[request.param]
    shop.write(warehouse.folder / "landing", first)
    built = [build(warehouse, *KEPT).copy_to(tmp_path_factory.mktemp("first"))]
    for days_before in between:
        shop.write(warehouse.folder / "landing", days_before)
        build(
            warehouse,
            *KEPT,
            *(
                part
                for folder in NOT_EVERY_DAY
                for part in ("--exclude", f"path:{folder}")
            ),
        )
    shop.write(warehouse.folder / "landing", last)
    return [*built, build(warehouse)]


def test_every_table_is_equal(daily: list[Warehouse], once: Warehouse) -> None:
    assert tables_of(daily[-1]) == tables_of(once)
    assert differing_rows(once, daily[-1], OF_BUILDS) == {}


def test_the_days_brought_what_they_should(daily: list[Warehouse], shop: Shop) -> None:
    """Without this the first day could be as the last."""
    first, last = daily
    asking = f"('{shop.erased}', '{shop.returned}')"
    here = (
        "select distinct customer_id from customer_segment_assignments "
        f"where customer_id in {asking} order by 1"
    )
    assert len(first.rows(here)) == 2
    assert last.rows(here) == [(shop.returned,)]
    [since] = last.row(
        "select min(valid_from_date) from customer_segments_history "
        f"where customer_id = '{shop.returned}'"
    )
    assert since > ASKED_ON

    orders = (
        "select order_id, amount from int_orders_unioned "
        f"where ordered_at < '{FIRST_DAY}' and customer_id not in {asking}"
    )
    before, after = (dict(warehouse.rows(orders)) for warehouse in daily)
    assert len(after) > len(before)
    assert any(before[order] != after.get(order) for order in before)

    moved = "from customer_segment_snapshot where dbt_valid_to is not null"
    assert len(last.rows(moved)) > 5
    assert last.rows("select segmentation_version from segmentation_versions") == [(1,)]
