"""Twelve ways to ask for erasure, over the builds of some days.

On the first day all are customers. On the second they ask to be erased. On the third
the requests are out of the input, and most records of the people too, but somebody's
record is there again and others are customers anew.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from conftest import SCHEMAS, Warehouse, open_database, write_raw_tables

SALT = {"SEGMENTATION_SALT": "a pinch of salt that nobody guesses"}
WHOLE = ("build", "--exclude-resource-type", "unit_test")
TWIN = {"first_name": "Zoe", "last_name": "Vanishby", "birth_date": "1980-05-01"}
# What all ids, names and addresses of those who are erased have, and no other.
ERASED = re.compile("vanish|vanbert|vanrike|771008", re.IGNORECASE)
# Raw records and what is read of them, and who is erased.
MAY_NAME_THEM = re.compile(
    r"(raw|base|stg)_.*|int_customers_unioned|int_erased_ids|int_erased_customers"
    r"|int_customer_id_changes|int_former_erased_ids"
    # Keys and ids of workings: what is published has none.
    r"|int_value_issues|int_staging_issues|int_repeated_keys|int_order_item_totals"
)
Records = dict[str, list[dict[str, str]]]
COLUMNS = {
    "customers": ("customer_id", "email", "registered_at", "updated_at", *TWIN),
    "orders": ("order_id", "customer_id", "ordered_at", "amount"),
    "reviews": ("review_id", "customer_id", "rating", "reviewed_at"),
    "customer_summaries": ("customer_id", "observed_on", "loyalty"),
    "erasure_requests": (
        *("customer_id", "email", "first_name", "last_name", "requested_at"),
    ),
}
# By id, letter case, blanks, merged duplicate, reviews only, address of an older
# record, record gone from the source, shared address with a name and without, second
# system, dated summary, id with needless decimals; the last are of who comes back.
REQUESTS = [
    {"customer_id": "vanish-id"},
    {"email": "VANISH.Case@Example.org"},
    {"customer_id": "\u200b vanish-Blanks "},
    {"customer_id": "vanish-twin-2"},
    {"customer_id": "vanish-reviewer"},
    {"email": "vanish.older@example.org"},
    {"email": "vanish.former@example.org"},
    {"email": "family@example.org", "first_name": "vanishtta"},
    {"email": "vanish.shared@example.org"},
    {"customer_id": "crm:vanish-system"},
    {"customer_id": "vanish-summary"},
    {"customer_id": "771008"},
    {"customer_id": "vanish-back", "requested_at": "2024-06-10 12:00:00"},
    {"customer_id": "new-order"},
    {"email": "new.record@example.org"},
    {"email": "vanish.nobody@example.org"},
]
SHARED_ADDRESS = "Erasure request 15 names an address that 2 people share"


def customer(customer_id: str, email: str = "", **more: str) -> dict[str, str]:
    """A record of a customer."""
    return {"customer_id": customer_id, "email": email} | {
        "registered_at": "2023-01-02",
        **more,
    }


def orders_of(*customer_ids: str) -> list[dict[str, str]]:
    """Some orders of each, over a year and a half."""
    return [
        {"order_id": f"o{number}/{year}-{month}", "customer_id": customer_id}
        | {
            "ordered_at": f"{year}-0{month}-05",
            "amount": f"{9 * (number % 11) + number}.50",
        }
        for number, customer_id in enumerate(customer_ids)
        for year in (2023, 2024)
        for month in range(1 + number % 3, 7)
    ]


KEPT = [customer(f"kept-{number}", f"kept{number}@example.org") for number in range(70)]
FAMILY = customer("kept-in-family", "family@example.org", first_name="Ken")
BACK = customer(
    "vanish-back", "vanish.back@example.org", **TWIN | {"last_name": "Vanishlong"}
)
FIRST_DAY: Records = {
    "customers": [
        *KEPT,
        FAMILY,
        customer("vanish-id", "vanish.id@example.org"),
        customer("vanish-case", "vanish.case@example.org"),
        customer("vanish-Blanks"),
        customer("vanish-twin-1", "vanish.twin@example.org", **TWIN),
        customer("vanish-twin-2", "vanish.twin@example.org", **TWIN),
        customer("vanish-older", "vanish.older@example.org", updated_at="2023-01-03"),
        customer("vanish-older", "vanish.now@example.org", updated_at="2023-01-04"),
        customer("vanish-former", "vanish.former@example.org"),
        customer("vanish-in-family", "family@example.org", first_name="Vanishtta"),
        customer("vanish-shared-1", "vanish.shared@example.org", first_name="Vanbert"),
        customer("vanish-shared-2", "vanish.shared@example.org", first_name="Vanrike"),
        customer("vanish-system", "vanish.system@example.org"),
        customer("771008.0"),
        BACK,
        customer("new-order", "new.order@example.org", first_name="Vanishgirl"),
        customer("new-record", "new.record@example.org", last_name="Vanishboy"),
    ],
    "reviews": [
        {"review_id": "r1", "customer_id": "vanish-reviewer", "rating": "5"}
        | {"reviewed_at": "2024-03-04"},
        {"review_id": "r2", "customer_id": "kept-1", "rating": "4"}
        | {"reviewed_at": "2024-03-04"},
    ],
    "customer_summaries": [
        {"customer_id": "vanish-summary", "observed_on": "2024-02-01", "loyalty": "9"},
        {"customer_id": "kept-2", "observed_on": "2024-02-01", "loyalty": "7"},
    ],
    "erasure_requests": [],
}
FIRST_DAY["orders"] = orders_of(
    *sorted({record["customer_id"] for record in FIRST_DAY["customers"]})
)


def without(records: Records, table: str, *customer_ids: str) -> Records:
    """The same without the records of some customers in a table."""
    return records | {
        table: [
            record
            for record in records[table]
            if record["customer_id"] not in customer_ids
        ]
    }


# The source has forgotten the record of one of them, and keeps the orders.
SECOND_DAY = without(FIRST_DAY, "customers", "vanish-former") | {
    "erasure_requests": [
        {"requested_at": "2024-06-10", **request} for request in REQUESTS
    ]
}
NEW_ORDERS = [
    {"order_id": f"new/{customer_id}", "customer_id": customer_id}
    | {"ordered_at": "2024-06-12", "amount": "99.00"}
    for customer_id in ("new-order", "new-record")
]
THIRD_DAY: Records = {
    "customers": [
        *KEPT,
        FAMILY,
        BACK,
        customer("new-order", "new.order@example.org"),
        customer("new-record", "new.record@example.org", registered_at="2024-06-11"),
    ],
    "orders": [
        *orders_of(
            *(record["customer_id"] for record in KEPT),
            *("vanish-back", "new-order", "new-record"),
        ),
        *NEW_ORDERS,
    ],
    "reviews": FIRST_DAY["reviews"][1:],
    "customer_summaries": FIRST_DAY["customer_summaries"][1:],
    "erasure_requests": [],
}


def write_input(landing: Path, records: Records) -> None:
    """Write the files of a day; one without a record has its header only."""
    write_raw_tables(
        landing,
        {
            table: [
                {column: record.get(column, "") for column in columns}
                for record in records[table] or [{}]
            ]
            for table, columns in COLUMNS.items()
        },
    )
    for table in COLUMNS:
        if not records[table]:
            file = landing / f"{table}.csv"
            file.write_text(file.read_text(encoding="utf-8").splitlines()[0] + "\n")


@dataclass(frozen=True)
class Days:
    """The warehouse of each day, the bytes of its file and what dbt said."""

    warehouses: Sequence[Warehouse]
    outputs: Sequence[str]

    def file(self, day: int) -> bytes:
        """The bytes of the file at the end of a day."""
        return self.warehouses[day].database.read_bytes()


def variables(warehouse: Warehouse) -> dict[str, object]:
    """The vars of all days."""
    return {
        "crm_location": warehouse.files_in(warehouse.folder / "landing"),
        "crm_tables": list(COLUMNS),
        "as_of_date": "2024-06-15",
        "accept_input": accepted(),
    }


def accepted() -> list[str]:
    """What lets a third of the people leave at once."""
    today = datetime.now(UTC).date()
    checks = ("lost_records", "lost_customers", "lost_orders", "lost_spend")
    return [f"{check}:{today}" for check in checks]


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Days:
    """Build on three days, each from the file of the day before."""
    warehouses: list[Warehouse] = []
    outputs = []
    for day, records in enumerate((FIRST_DAY, SECOND_DAY, THIRD_DAY)):
        folder = tmp_path_factory.mktemp(f"day{day}")
        warehouse = warehouses[-1].copy_to(folder) if warehouses else Warehouse(folder)
        write_input(folder / "landing", records)
        result = warehouse.run_dbt(WHOLE, variables(warehouse), SALT)
        outputs.append(result.stdout + result.stderr)
        assert result.returncode == 0, outputs[-1][-4000:]
        warehouses.append(warehouse)
    return Days(warehouses, outputs)


def relations_naming(warehouse: Warehouse, pattern: re.Pattern[str]) -> set[str]:
    """Tables and views in which a text is found, whatever the column."""
    with open_database(warehouse.database, read_only=True) as connection:
        # Views with hashes need the variables of a salt.
        for name in ("segmentation_inner_key", "segmentation_outer_key"):
            connection.execute(f"set variable {name} = ''::blob")
        relations = connection.execute(
            "select table_name from information_schema.tables "
            f"where table_schema in {SCHEMAS}"
        ).fetchall()
        return {
            relation
            for (relation,) in relations
            if pattern.search(str(connection.execute(f'from "{relation}"').fetchall()))
        }


def customers_of(warehouse: Warehouse) -> set[str]:
    """The ids of all customers."""
    return {row[0] for row in warehouse.rows("select customer_id from customers")}


def test_all_were_customers(days: Days) -> None:
    ids = {record["customer_id"].strip() for record in FIRST_DAY["customers"]}
    ids = ids - {"771008.0", "vanish-twin-2"} | {"771008", "vanish-reviewer"}
    assert customers_of(days.warehouses[0]) == ids | {"vanish-summary"}
    assert {
        "customer_segment_snapshot",
        "customer_segments_history",
        "int_segments_before_history",
    } <= relations_naming(days.warehouses[0], ERASED)


def test_twelve_kinds_of_request_leave_nothing(days: Days) -> None:
    named = relations_naming(days.warehouses[1], ERASED)
    assert "base_crm__customers" in named
    assert {name for name in named if not MAY_NAME_THEM.fullmatch(name)} == set()
    assert customers_of(days.warehouses[1]) == {
        record["customer_id"] for record in [*KEPT, FAMILY]
    }
    assert SHARED_ADDRESS in days.outputs[1].replace("\n", " ")
    assert days.outputs[1].count("names an address that") == 1
    assert days.warehouses[1].rows(
        "select issue, record_key from data_quality_issues "
        "where issue in ('unknown_person', 'returned_after_erasure')"
    ) == [("unknown_person", "request 13")]


def test_they_stay_erased_without_request(days: Days) -> None:
    warehouse = days.warehouses[2]
    named = relations_naming(warehouse, ERASED)
    assert "base_crm__customers" in named
    assert {name for name in named if not MAY_NAME_THEM.fullmatch(name)} == set()
    assert customers_of(warehouse) == {
        record["customer_id"] for record in [*KEPT, FAMILY]
    } | {"new-order", "new-record"}
    assert warehouse.rows(
        "select issue, record_key, count(*) from data_quality_issues "
        "where issue in ('erased', 'returned_after_erasure') "
        "group by all order by all"
    ) == [
        ("erased", "former request", 2),
        ("returned_after_erasure", "former request", 2),
    ]


def test_nothing_is_left_in_the_bytes_of_the_file(days: Days) -> None:
    assert "Wrote the file of the warehouse anew" in days.outputs[1]
    assert "Wrote the file of the warehouse anew" in days.outputs[2]
    assert "Wrote the file of the warehouse anew" not in days.outputs[0]
    texts = {
        text.strip().encode()
        for table in FIRST_DAY.values()
        for record in table
        for text in record.values()
        if ERASED.search(text) and text not in BACK.values()
    }
    assert len([text for text in texts if text in days.file(0)]) > len(texts) / 2
    assert [text for text in texts if text in days.file(2)] == []
    files = {file.name for file in days.warehouses[2].database.parent.iterdir()}
    assert files == {"warehouse.duckdb"}
    with duckdb.connect(days.warehouses[2].database, read_only=True) as connection:
        assert connection.execute(
            "select count(*) > 0 from duckdb_columns() where comment is not null"
        ).fetchone() == (True,)


def test_who_came_back_has_no_history_before_it(days: Days) -> None:
    warehouse = days.warehouses[2]
    returned = "customer_id in ('new-order', 'new-record')"
    assert warehouse.rows(
        "select customer_id, cast(total_spend as int), order_count, tenure_days "
        f"from customer_features where {returned} order by all"
    ) == [("new-order", 99, 1, 3), ("new-record", 99, 1, 4)]
    assert warehouse.rows(
        "select customer_id, cast(valid_from_date as varchar) "
        f"from customer_segments_history where {returned} order by all"
    ) == [("new-order", "2024-06-15"), ("new-record", "2024-06-15")]
    assert warehouse.rows(
        "select customer_id, source_customer_id, is_merged "
        f"from customer_identities where {returned} order by all"
    ) == [("new-order", "new-order", False), ("new-record", "new-record", False)]
    assert warehouse.row(
        f"select count(*) from int_segments_before_history where {returned}"
    ) == (0,)


def test_a_return_that_is_seen_with_the_request_forgets_what_was_before(
    tmp_path: Path,
) -> None:
    """Without a salt, too: the request is still in the input."""
    warehouse = Warehouse(tmp_path)
    asked = {"customer_id": "new-order", "requested_at": "2024-06-10"}
    both = FIRST_DAY | {
        "orders": FIRST_DAY["orders"] + NEW_ORDERS[:1],
        "erasure_requests": [asked],
    }
    history = (
        "select cast(total_spend as int) from customer_segment_snapshot "
        "where customer_id = 'new-order'"
    )
    for records in (FIRST_DAY, both):
        write_input(tmp_path / "landing", records)
        warehouse.build(
            *("--select", "+customer_segments_history", "+int_known_returns"),
            variables=variables(warehouse),
        )
        if records is FIRST_DAY:
            assert warehouse.rows(history) not in ([], [(99,)])

    assert warehouse.rows(history) == [(99,)]
    assert warehouse.rows(
        "select cast(valid_from_date as varchar) from customer_segments_history "
        "where customer_id = 'new-order'"
    ) == [("2024-06-15",)]


@pytest.mark.parametrize(
    ("salt", "problem"),
    [
        ({}, "SEGMENTATION_SALT is not set, but table erasures has hashes"),
        (
            {"SEGMENTATION_SALT": "another pinch of salt"},
            "SEGMENTATION_SALT is another than that of the hashes in table erasures",
        ),
    ],
)
def test_without_its_salt_nothing_is_built(
    days: Days, tmp_path: Path, salt: dict[str, str], problem: str
) -> None:
    warehouse = days.warehouses[1].copy_to(tmp_path)
    write_input(tmp_path / "landing", SECOND_DAY)
    before = warehouse.database.read_bytes()
    result = warehouse.run_dbt(WHOLE, variables(warehouse), salt)

    assert result.returncode != 0
    assert problem in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert warehouse.database.read_bytes() == before


def test_an_erasure_can_be_withdrawn(days: Days, tmp_path: Path) -> None:
    warehouse = days.warehouses[2].copy_to(tmp_path)
    write_input(tmp_path / "landing", THIRD_DAY)

    def withdraw(**who: str) -> tuple[int, str]:
        result = warehouse.run_dbt(
            ["run-operation", "withdraw_erasure", "--args", json.dumps(who)],
            variables(warehouse),
            SALT,
        )
        return result.returncode, result.stdout

    withdrawn = [
        withdraw(customer_id="vanish-back"),
        withdraw(email=" Vanish.OLDER@example.org"),
    ]
    refused = [
        withdraw(customer_id="vanish-back"),
        withdraw(email="vanish.older@example.org"),
        withdraw(),
    ]
    built = warehouse.run_dbt(
        [*WHOLE, "--select", "+customers"], variables(warehouse), SALT
    )

    for status, output in withdrawn:
        assert status == 0, output
        assert "Took back 1 erasure" in output
    for (status, output), sentence in zip(
        refused,
        (
            "no erasure has this customer_id",
            "no erasure has this email",
            "neither a customer_id nor an email",
        ),
        strict=True,
    ):
        assert status != 0
        assert sentence in output
    assert built.returncode == 0, built.stdout[-4000:]
    assert customers_of(warehouse) == customers_of(days.warehouses[2]) | {"vanish-back"}


def test_the_file_is_written_anew_on_demand(days: Days, tmp_path: Path) -> None:
    warehouse = days.warehouses[2].copy_to(tmp_path)
    secret = "who was erased where dbt could not write the file anew"
    with open_database(warehouse.database) as connection:
        connection.execute("create table leftover as select 'kept' as name")
        connection.execute(f"insert into leftover values ('{secret}')")
        connection.execute("checkpoint")
        connection.execute(f"delete from leftover where name = '{secret}'")
    assert secret.encode() in warehouse.database.read_bytes()

    result = warehouse.run_dbt(
        ["run-operation", "rewrite_warehouse"], variables(warehouse), SALT
    )

    assert result.returncode == 0, result.stdout
    assert "Wrote the file of the warehouse anew" in result.stdout
    assert secret.encode() not in warehouse.database.read_bytes()
    assert warehouse.rows("from leftover") == [("kept",)]
    assert customers_of(warehouse) == customers_of(days.warehouses[2])


def test_a_second_source_system_keeps_ids_and_history(
    days: Days, complete_journey_location: str, tmp_path: Path
) -> None:
    """And who was erased under an id without a system stays so."""
    warehouse = days.warehouses[2].copy_to(tmp_path)
    households = tmp_path / "households"
    households.mkdir()
    for file in Path(complete_journey_location).glob("*.parquet"):
        with duckdb.connect() as connection:
            columns = [
                name
                for (name, *_) in connection.execute(
                    f"describe from '{file}'"
                ).fetchall()
            ]
            some = "where household_id <= 40" if "household_id" in columns else ""
            connection.execute(
                f"copy (from '{file}' {some}) to '{households / file.name}'"
            )
    write_input(tmp_path / "landing", THIRD_DAY)
    history = "select * from {} where {} order by all"
    tables = (
        *("customer_segments_history", "customer_segment_snapshot"),
        *("customer_segment_changes", "segment_audience_changes"),
    )
    ours = "customer_id not like 'complete_journey:%'"
    before = [warehouse.rows(history.format(table, ours)) for table in tables]
    both = variables(warehouse) | {
        "source_systems": ["crm", "complete_journey"],
        "complete_journey_location": str(households),
    }
    refused = warehouse.run_dbt(WHOLE, both, SALT)
    result = warehouse.run_dbt(WHOLE, both | {"unprefixed_source_system": "crm"}, SALT)

    assert refused.returncode != 0
    assert (
        "have ids without a source system; expected var unprefixed_source_system"
        in (refused.stdout)
    )
    assert result.returncode == 0, (result.stdout + result.stderr)[-4000:]
    assert [warehouse.rows(history.format(table, ours)) for table in tables] == before
    assert {
        identity for identity in customers_of(warehouse) if ":" not in identity
    } == customers_of(days.warehouses[2])
    assert warehouse.row(
        "select count(*) > 0 from customers where customer_id like 'complete_journey:%'"
    ) == (True,)
