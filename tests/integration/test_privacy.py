"""Names, email addresses, phone numbers and birth dates stay where they are needed."""

import hashlib
import hmac
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from conftest import (
    ARTIFACTS,
    BUT_THE_SAMPLE,
    DBT,
    PROJECT,
    SCHEMAS,
    Growth,
    Warehouse,
    open_database,
    read_raw_table,
    write_raw_tables,
)

from segmentation.hashing.plugin import key_blocks

# Staging, and the step that finds out who is who: they hold ids as they came.
WITH_IDENTITY = r"(raw|base|stg)_.*|int_customers_unioned|int_customers_deduplicated"
# The one table behind staging that holds personal values.
OF_IDENTITY_STEP = "main_internal.int_customers_deduplicated"
# Every day is in it, so every birth date is.
CALENDAR = "main_internal.int_time_spine"
# What stands for a missing name in the sample.
NO_NAMES = {"", "n/a", "?"}
PERSONAL_COLUMNS = ("first_name", "last_name", "email", "phone", "birth_date")
# Together these are of one person.
MAKE_A_PERSON = ("email", "first_name", "last_name", "birth_date")
SALT = "a pinch of salt that nobody guesses"


@dataclass(frozen=True)
class Identities:
    """The sample's personal values in a form in which they are found in any text."""

    names: set[str]
    emails: set[str]
    phones: set[str]
    birth_dates: set[str]
    # Of an address, or of all that makes a person, by which a guess can be tried.
    plain_hashes: set[str]
    # What was searched before and had none: most columns have the values of another.
    harmless: set[str] = field(default_factory=set)

    def found_in(self, values: Iterable[str]) -> set[str]:
        """Which kinds of personal value some texts hold, whole or as a part."""
        finders: dict[str, Callable[[str], bool]] = {
            "name": lambda text: not self.names.isdisjoint(words_of(text)),
            "email": lambda text: not self.emails.isdisjoint(parts_of(text)),
            "phone": lambda text: not self.phones.isdisjoint(digits_of(text)),
            "birth_date": lambda text: not self.birth_dates.isdisjoint(dates_of(text)),
            "plain_hash": lambda text: (
                not self.plain_hashes.isdisjoint(hashes_of(text))
            ),
        }
        texts = {value.lower() for value in values} - self.harmless
        kinds = {
            kind for kind, is_found in finders.items() if any(map(is_found, texts))
        }
        if not kinds:
            self.harmless.update(texts)
        return kinds


def words_of(text: str) -> list[str]:
    """Runs of letters."""
    return re.findall(r"[^\W\d_]+", text)


def parts_of(text: str) -> list[str]:
    """What blanks and the marks around an address set apart."""
    return re.split(r"[\s,;:|<>\"']+", text)


def digits_of(text: str) -> list[str]:
    """Runs of digits as long as a phone number, and all digits as if they were one."""
    return [*re.findall(r"\d{7,}", text), re.sub(r"\D", "", text)]


def dates_of(text: str) -> list[str]:
    """Dates as a warehouse writes them, and runs of eight digits."""
    return re.findall(r"\d{4}-\d{2}-\d{2}|\d{8}", text)


def hashes_of(text: str) -> list[str]:
    """Runs of hexadecimal digits as long as a hash."""
    return re.findall(r"[0-9a-f]{32,}", text)


def plain_hashes_of(text: str) -> set[str]:
    """What stands for a text in many systems, and for nobody else."""
    return {
        hashlib.new(name, text.encode()).hexdigest()
        for name in ("md5", "sha1", "sha256")
    }


def salted_hash(text: str) -> str:
    """What stands for a text where the salt of the tests is set."""
    return hmac.new(SALT.encode(), text.encode(), "sha256").hexdigest()


def is_date(text: str) -> bool:
    """Whether a text is a date in one of the forms that dates compare in."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


@pytest.fixture(scope="module")
def identities() -> Identities:
    """Every personal value of the sample."""
    raw_customers = read_raw_table("customers")
    values = {
        column: {record[column].strip().lower() for record in raw_customers}
        for column in PERSONAL_COLUMNS
    }
    phones = {re.sub(r"\D", "", phone) for phone in values["phone"]}
    births = {birth for birth in values["birth_date"] if is_date(birth)}
    emails = {email for email in values["email"] if "example" in email}
    people = {
        "|".join(record[column].strip().lower() for column in MAKE_A_PERSON)
        for record in raw_customers
    }
    return Identities(
        names=(values["first_name"] | values["last_name"]) - NO_NAMES,
        emails=emails,
        phones={phone for phone in phones if len(phone) >= 7},
        birth_dates=births
        | {date.fromisoformat(birth).isoformat() for birth in births},
        plain_hashes={
            digest for text in emails | people for digest in plain_hashes_of(text)
        },
    )


def personal_columns(
    warehouse: Warehouse, identities: Identities, is_searched: Callable[[str], bool]
) -> dict[str, set[str]]:
    """Columns of the relations searched that hold a personal value, and its kinds.

    All relations of all schemas of the file may be searched.
    """
    found = {}
    with open_database(warehouse.database, read_only=True) as connection:
        columns = connection.execute(
            "select table_schema || '.' || table_name, column_name "
            "from information_schema.columns where table_catalog = current_database()"
        ).fetchall()
        for relation, column in columns:
            if is_searched(relation):
                values = connection.execute(
                    f'select distinct cast("{column}" as varchar) from {relation} '
                    f'where "{column}" is not null'
                ).fetchall()
                kinds = identities.found_in([value for (value,) in values])
                if kinds:
                    found[f"{relation}.{column}"] = kinds
    return found


@pytest.fixture(scope="module")
def with_personal_data(sample_warehouse: Warehouse) -> set[str]:
    """Relations that say of themselves that they may hold personal values."""
    listed = sample_warehouse.run_dbt(
        ["--quiet", "run-operation", "list_personal_data"]
    )
    assert listed.returncode == 0, listed.stdout[-4000:]
    # Sources are outside of the warehouse.
    return {place for place in listed.stdout.split() if place.startswith("main")}


def has_identity(relation: str) -> bool:
    """Whether a relation is of staging or of the identity step."""
    return re.fullmatch(WITH_IDENTITY, relation) is not None


def test_the_search_finds_personal_values_where_they_are(
    sample_warehouse: Warehouse, identities: Identities
) -> None:
    staged = "main_raw.stg_crm__customers"
    found = personal_columns(
        sample_warehouse,
        identities,
        lambda relation: relation in {staged, OF_IDENTITY_STEP},
    )
    assert found == {
        f"{staged}.first_name": {"name"},
        f"{staged}.last_name": {"name"},
        f"{staged}.email": {"email", "name"},
        f"{staged}.phone": {"phone"},
        f"{staged}.birth_date": {"birth_date"},
        f"{OF_IDENTITY_STEP}.email": {"email", "name"},
        f"{OF_IDENTITY_STEP}.birth_date": {"birth_date"},
    }
    hashes = sample_warehouse.rows(
        "select md5(lower(concat(email, '|', first_name, '|', last_name, '|', "
        f"birth_date))) from {staged} where email is not null"
    )
    assert identities.found_in([digest for (digest,) in hashes]) == {"plain_hash"}


def test_personal_values_are_only_where_it_is_said(
    sample_warehouse: Warehouse, identities: Identities, with_personal_data: set[str]
) -> None:
    """In the schema of raw records and one table of the identity step alone.

    Elsewhere is no hash either that anybody can make of a guess.
    """
    assert with_personal_data == {
        *("main_raw.raw_customers", "main_raw.raw_erasure_requests"),
        *("main_raw.base_crm__customers", "main_raw.base_crm__erasure_requests"),
        *("main_raw.stg_crm__customers", "main_raw.stg_crm__erasure_requests"),
        OF_IDENTITY_STEP,
    }
    found = personal_columns(
        sample_warehouse,
        identities,
        lambda name: name not in with_personal_data | {CALENDAR},
    )
    assert found == {}


def test_no_other_relation_has_a_column_for_a_personal_value(
    sample_warehouse: Warehouse, with_personal_data: set[str]
) -> None:
    """Nor for a raw one: the tag is where such a column is, and nowhere else."""
    columns = "|".join(PERSONAL_COLUMNS)
    named = sample_warehouse.rows(
        "select distinct table_schema || '.' || table_name "
        "from information_schema.columns where table_catalog = current_database() "
        f"and regexp_full_match(column_name, '(raw_)?({columns})')"
    )
    assert {relation for (relation,) in named} == with_personal_data


def test_without_a_salt_there_is_no_hash(sample_warehouse: Warehouse) -> None:
    assert sample_warehouse.row("select count(email_hash) from customers") == (0,)


def test_with_a_salt_the_hash_is_an_hmac_of_the_email(
    sample_warehouse: Warehouse, identities: Identities, tmp_path: Path
) -> None:
    salted = sample_warehouse.copy_to(tmp_path).build(
        "--select", "customers", environment={"SEGMENTATION_SALT": SALT}
    )
    hashes = dict(salted.rows("select customer_id, email_hash from customers"))
    emails = dict(
        salted.rows("select customer_id, email from int_customers_deduplicated")
    )

    assert sum(email is not None for email in emails.values()) > 1000
    assert hashes == {
        customer: None
        if (email := emails.get(customer)) is None
        else salted_hash(email)
        for customer in hashes
    }
    assert (
        personal_columns(salted, identities, lambda name: name == "main.customers")
        == {}
    )


def test_a_million_values_have_as_many_hashes(tmp_path: Path) -> None:
    hashed = "count(distinct {{ salted_hash('cast(number as string)') }})"
    began = time.monotonic()
    result = Warehouse(tmp_path).run_dbt(
        ["show", "--inline", f"select {hashed} as n from range(1000000) as t (number)"],
        environment={"SEGMENTATION_SALT": SALT},
    )
    seconds = time.monotonic() - began

    print(f"A million hashes and dbt around them: {seconds:.1f} s")
    assert "| 1000000 |" in result.stdout, result.stdout


def files_with(folder: Path, needles: Iterable[bytes]) -> set[str]:
    """Files below a folder, links left out, whose bytes hold one of the needles."""
    files = [
        Path(place, name)
        for place, _, names in os.walk(folder)
        for name in names
        if not Path(place, name).is_symlink()
    ]
    return {
        str(file.relative_to(folder))
        for file in files
        if any(needle in file.read_bytes() for needle in needles)
    }


def test_the_salt_is_in_no_file_and_in_no_message(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    """With all SQL in the log, a query that fails on a hash, and the documentation."""
    warehouse = sample_warehouse.copy_to(tmp_path)
    inner, outer = key_blocks(SALT.encode())
    needles = [
        form
        for secret in (SALT.encode(), inner, outer)
        for form in (secret, secret.hex().encode(), secret.hex().upper().encode())
    ]
    failing = "select error({{ salted_hash(\"'zoe@example.com'\") }})"
    outputs = [
        subprocess.run(
            [str(DBT), "--log-level", "debug", "--log-level-file", "debug", *arguments],
            cwd=warehouse.folder,
            env=warehouse.environment({"SEGMENTATION_SALT": SALT, **ARTIFACTS}),
            capture_output=True,
            check=False,
        )
        for arguments in (
            ["build", "--select", "customers"],
            ["docs", "generate", "--static", "--select", "customers"],
            ["show", "--inline", failing],
        )
    ]

    assert [output.returncode for output in outputs] == [0, 0, 2]
    assert salted_hash("zoe@example.com").encode() in outputs[-1].stdout
    # The search finds what is there: the SQL names the variables.
    assert files_with(tmp_path, [b"segmentation_inner_key"]) >= {
        "target/manifest.json",
        "target/partial_parse.msgpack",
        "target/static_index.html",
        "logs/dbt.log",
    }
    assert files_with(tmp_path, needles) == set()
    messages = b"".join(output.stdout + output.stderr for output in outputs)
    assert not [needle for needle in needles if needle in messages]


@pytest.mark.parametrize("variables", [{}, {"hash_customer_ids": True}])
def test_a_salt_that_can_be_guessed_stops_the_build(
    tmp_path: Path, variables: dict[str, bool]
) -> None:
    salt = "pinch and pinch"
    result = Warehouse(tmp_path).run_dbt(
        ["build", "--select", "customers"], variables, {"SEGMENTATION_SALT": salt}
    )

    assert result.returncode != 0
    assert (
        "environment variable SEGMENTATION_SALT has fewer than 16 characters; expected "
        "at least 16 that nobody can guess." in result.stdout
    )
    assert "Traceback" not in result.stdout + result.stderr
    assert salt not in result.stdout + result.stderr


def test_without_the_plugin_nothing_is_hashed(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    profile = (PROJECT / "profiles.yml").read_text(encoding="utf-8")
    plugin = re.search(
        r" +- module: segmentation\.hashing\.plugin\n +alias: hashing\n", profile
    )
    assert plugin is not None
    (tmp_path / "profiles.yml").write_text(profile.replace(plugin.group(), ""))
    warehouse = sample_warehouse.copy_to(tmp_path)
    salt = {"SEGMENTATION_SALT": SALT}
    command = ["build", "--select", "customers"]

    built = warehouse.run_dbt(command, environment=salt)
    refused = warehouse.run_dbt(command, {"hash_customer_ids": True}, salt)

    assert built.returncode == 0, built.stdout
    assert (
        "does not load the plugin segmentation.hashing.plugin, so that hashed columns "
        "are null" in (built.stdout)
    )
    assert warehouse.row("select count(*) > 0, count(email_hash) from customers") == (
        True,
        0,
    )
    assert refused.returncode != 0
    assert (
        "var hash_customer_ids is true, but the profile does not load the plugin "
        "segmentation.hashing.plugin; expected it among the plugins of profiles.yml."
        in refused.stdout
    )


def test_ids_that_are_addresses_are_published_as_hashes(tmp_path: Path) -> None:
    """With one of them asked to be erased by address, and one that names nobody."""
    people = [f"shopper{number}@example.org" for number in range(12)]
    landing = tmp_path / "landing"
    write_raw_tables(
        landing,
        {
            "customers": [
                # An unreadable value and a repeat: issues of records under that key.
                {"customer_id": person, "age": "old", "registered_at": "2024-01-01"}
                for person in [*people[1:], people[1], "17"]
            ],
            "orders": [
                {
                    "order_id": f"o{number}",
                    "customer_id": person,
                    "ordered_at": f"2024-0{1 + number % 6}-15",
                    "amount": "10",
                }
                for number, person in enumerate([*people, "\u200b" + people[3], "17"])
            ],
            "erasure_requests": [
                {"customer_id": "", "email": people[2].upper()},
                {"customer_id": "", "email": "nobody@example.org"},
            ],
        },
    )
    warehouse = Warehouse(tmp_path).build(
        *["--select", "+customer_identities", "+customers", "+customer_segments"],
        "+data_quality_issues",
        *BUT_THE_SAMPLE,
        variables={
            "crm_location": "read_csv('landing/{name}.csv', all_varchar = true)",
            "crm_tables": ["customers", "orders", "erasure_requests"],
            "hash_customer_ids": True,
        },
        environment={"SEGMENTATION_SALT": SALT},
    )
    hashes = {person: salted_hash(person) for person in people}

    left = {digest for person, digest in hashes.items() if person != people[2]}
    assert {
        identity for (identity,) in warehouse.rows("select customer_id from customers")
    } == left | {"17"}
    # Behind models in Python and on two threads, each with a cursor of its own.
    assert {
        identity
        for (identity,) in warehouse.rows("select customer_id from customer_segments")
    } == left | {"17"}
    published = (
        "customers",
        "customer_segments",
        "customer_identities",
        "data_quality_issues",
    )
    texts = [
        str(value)
        for table in published
        for row in warehouse.rows(f"select * from {table}")
        for value in row
    ]
    assert not [text for text in texts if "@example" in text]
    assert hashes[people[1]] in {
        key
        for (key,) in warehouse.rows(
            "select record_key from data_quality_issues where entity = 'customers'"
        )
    }
    assert warehouse.rows(
        "select entity, record_key, column_name, raw_value, action "
        "from data_quality_issues where issue = 'unknown_person'"
    ) == [("erasure_requests", "request 1", None, None, "kept")]


def test_personal_values_are_masked_wherever_they_stand(tmp_path: Path) -> None:
    """A name, an address and a number in other columns than their own, and as an id."""
    name, address, number = "Zebedee Quartermain", "zeb@example.org", "+49 30 5550199"
    person = {"first_name": "Zebedee", "last_name": "Quartermain", "phone": number}
    orders = [
        {"status": name, "channel": f"by  {address}", "amount": "10"},
        {"status": address, "channel": f"by  {name}", "amount": number},
        {"status": number, "channel": "shop  floor", "amount": name},
        {"status": "lost at sea", "channel": "shop", "amount": "10"},
    ]
    write_raw_tables(
        tmp_path / "landing",
        {
            "customers": [
                {"customer_id": "c1", **person}
                | dict.fromkeys(("gender", "income", "registered_at"), value)
                for value in (name, address, number)
            ]
            # Their records repeat under a key that is an address.
            + [{"customer_id": address, **person, "gender": "-"}] * 2
            + [{"customer_id": address, **person, "gender": "f"}],
            "orders": [
                {"order_id": f"o{position}", "customer_id": "c1", **order}
                | {"ordered_at": f"2024-0{1 + position}-15"}
                for position, order in enumerate(orders)
            ]
            + [
                {"order_id": "unknown", "customer_id": "nobody@example.org"}
                | {"ordered_at": "2024-06-01", "status": "paid", "amount": "10"}
            ],
        },
    )
    warehouse = Warehouse(tmp_path)
    result = warehouse.run_dbt(
        [
            *["build", "--exclude-resource-type", "unit_test", "--select"],
            *["+data_quality_issues", "+data_quality_columns", "+int_input_gate"],
            *BUT_THE_SAMPLE,
        ],
        {
            "crm_location": "read_csv('landing/{name}.csv', all_varchar = true)",
            "crm_tables": ["customers", "orders"],
        },
    )
    output = result.stdout + result.stderr
    issues = warehouse.rows(
        "select column_name, record_key, raw_value from data_quality_issues"
    )
    listed = [
        *output.splitlines(),
        *[
            str(value)
            for table in (
                "data_quality_issues",
                "data_quality_columns",
                "int_input_gate",
            )
            for row in warehouse.rows(f"from {table}")
            for value in row
        ],
        *[
            str(value)
            for (value,) in warehouse.rows("select raw_value from int_staging_issues")
        ],
    ]

    assert result.returncode == 0, output
    assert {"gender", "income", "registered_at", "status", "channel", "amount"} <= {
        column for column, _, _ in issues
    }
    assert "no list knows the states " in output
    assert "'lost at sea'" in output
    assert {("status", "o3", "lost at sea"), ("channel", "o2", "shop  floor")} <= set(
        issues
    )
    found = re.compile("zebedee|quartermain|@example|5550199|555 ?01", re.IGNORECASE)
    assert [text for text in listed if found.search(text)] == []


def test_a_request_matches_whatever_any_record_of_the_person_has(
    tmp_path: Path,
) -> None:
    """Each customer is named for how the request finds them."""
    older = {"updated_at": "2024-01-01"}
    twin = {"first_name": "Ann", "last_name": "Lee", "birth_date": "1980-05-01"}
    customers: list[dict[str, str]] = [
        {"customer_id": "erase-by-id"},
        {"customer_id": "Erase-Blanks"},
        {"customer_id": "erase-by-address", "email": "erase.address@example.org"},
        {"customer_id": "erase-older", "email": "erase.older@example.org", **older},
        {"customer_id": "erase-older", "email": "now@example.org", "age": "old"},
        {"customer_id": "erase-one", "email": "erase.twin@example.org", **twin},
        {"customer_id": "erase-two", "email": "erase.twin@example.org", **twin},
        {"customer_id": "", "email": "erase.rejected@example.org"},
        {"customer_id": "771008.0", "age": "old"},
        {"customer_id": "kept", "email": "kept@example.org"},
    ]
    orders = [
        {"customer_id": customer["customer_id"], "ordered_at": "2024-03-01"}
        for customer in customers
    ] + [
        {"customer_id": "erase-rejected", "ordered_at": "yesterday"},
        {"customer_id": "erase-unregistered", "ordered_at": "2024-03-02"},
    ]
    requests = [
        {"customer_id": "erase-by-id"},
        {"customer_id": "\u200b Erase-Blanks "},
        {"email": " Erase.ADDRESS@example.org"},
        {"email": "erase.older@example.org"},
        {"customer_id": "erase-two"},
        {"email": "erase.rejected@example.org"},
        {"customer_id": "771008.00"},
        {"customer_id": "erase-rejected"},
        {"customer_id": "crm:erase-unregistered"},
        {"customer_id": "erase-summary"},
        {"customer_id": "erase-nobody"},
        {"email": "erase.nobody@example.org"},
    ]
    columns = {
        "customers": ("customer_id", "email", "age", "updated_at", *twin),
        "orders": ("order_id", "customer_id", "ordered_at"),
        "customer_summaries": ("customer_id", "observed_on", "loyalty"),
        "erasure_requests": ("customer_id", "email", "requested_at"),
    }
    records: dict[str, list[dict[str, str]]] = {
        "customers": customers,
        "orders": [
            {"order_id": f"o{number}", **order} for number, order in enumerate(orders)
        ],
        "customer_summaries": [
            {
                "customer_id": "erase-summary",
                "observed_on": "2024-02-01",
                "loyalty": "9",
            }
        ],
        "erasure_requests": [
            {"requested_at": f"2024-04-{number:02}", **request}
            for number, request in enumerate(requests, start=1)
        ],
    }
    write_raw_tables(
        tmp_path / "landing",
        {
            table: [
                {column: record.get(column, "") for column in columns[table]}
                for record in records[table]
            ]
            for table in records
        },
    )
    warehouse = Warehouse(tmp_path)
    result = warehouse.run_dbt(
        [
            *["build", "--exclude-resource-type", "unit_test", *BUT_THE_SAMPLE],
            *["--select", "+customer_segments", "+data_quality_summary", "+erasures"],
        ],
        {"crm_location": warehouse.files_in(tmp_path / "landing")}
        | {"crm_tables": list(records)},
    )
    assert result.returncode == 0, result.stdout
    assert (
        "Without environment variable SEGMENTATION_SALT nobody is erased for good: "
        in " ".join(result.stdout.split())
    )

    with open_database(warehouse.database, read_only=True) as connection:
        relations = connection.execute(
            "select table_name from information_schema.tables "
            f"where table_schema in {SCHEMAS}"
        ).fetchall()
        named = {
            relation
            for (relation,) in relations
            if re.search(
                r"erase[-.]|771008|now@",
                str(connection.execute(f'from "{relation}"').fetchall()),
                re.IGNORECASE,
            )
        }
    assert {relation for relation in named if not has_identity(relation)} <= {
        "int_erased_ids",
        "int_erased_customers",
        "int_customer_id_changes",
        # Keys and ids of workings: what is published has none.
        "int_value_issues",
        "int_staging_issues",
        "int_repeated_keys",
    }
    assert warehouse.rows("select customer_id from customer_segments") == [("kept",)]
    assert warehouse.row(
        "select records_flagged from data_quality_summary "
        "where entity = 'erasure_requests'"
    ) == (2,)
    assert warehouse.rows(
        "select entity, issue, record_key, count(*) from data_quality_issues "
        "where issue in ('erased', 'unknown_person') group by all order by all"
    ) == [
        ("customers", "erased", "request 1", 1),
        ("customers", "erased", "request 2", 1),
        ("customers", "erased", "request 3", 1),
        ("customers", "erased", "request 4", 1),
        ("customers", "erased", "request 5", 2),
        ("customers", "erased", "request 7", 1),
        ("erasure_requests", "unknown_person", "request 11", 1),
        ("erasure_requests", "unknown_person", "request 12", 1),
    ]


def test_an_erased_person_vanishes_from_every_relation(growth: Growth) -> None:
    """The snapshot and what is read from it, which no build makes anew, among them.

    What the company itself keeps, and the models that read it to leave the person out,
    are apart.
    """
    was_in_segment = growth.erased_customer in set(growth.before["customer_id"])
    warehouse = growth.warehouse
    relations = warehouse.rows(
        "select distinct table_name, column_name from information_schema.columns "
        f"where table_schema in {SCHEMAS} and column_name like '%customer_id'"
    )
    found = {
        relation
        for relation, column in relations
        if warehouse.rows(
            f"select 1 from {relation} "
            f"where cast({column} as varchar) = '{growth.erased_customer}' limit 1"
        )
    }
    searched = {relation for relation, _ in relations}

    assert was_in_segment
    assert {
        "customer_segment_snapshot",
        "customer_segments_history",
        "customer_segment_changes",
        "int_audience_states",
        "segment_audience_changes",
    } <= searched
    assert {
        relation
        for relation in found
        if not re.match(r"raw_|base_|stg_|int_customers_unioned", relation)
    } == {"int_customer_id_changes", "int_erased_customers", "int_erased_ids"}
