"""Plant dirt in clean raw tables and write down every fault that is planted.

A planter changes or adds records of the workbench and lists, for each fault, the row
that a warehouse is expected to publish in `data_quality_issues`. A record gets at most
one fault.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

KEYS = {
    "customers": "customer_id",
    "orders": "order_id",
    "products": "product_id",
    "visits": "visit_id",
    "reviews": "review_id",
    "campaign_contacts": "contact_id",
    "customer_summaries": "customer_id",
}

Tables = dict[str, pd.DataFrame]
Eligible = Callable[[Tables], "pd.Series[bool]"]


class Issue(NamedTuple):
    """An expected row of `data_quality_issues`; None where a field does not apply."""

    entity: str
    record_key: str | None
    issue: str
    action: str
    column_name: str | None = None
    raw_value: str | None = None


@dataclass(frozen=True)
class DirtyTables:
    """The tables with their dirt, and the expected list of issues."""

    tables: Tables
    dirt: pd.DataFrame


@dataclass
class Workbench:
    """Tables in the making, which of their records are taken, and the list so far."""

    random: np.random.Generator
    tables: Tables
    taken: dict[str, set[int]]
    issues: list[Issue] = field(default_factory=list)

    def take(
        self, entity: str, count: int, eligible: "pd.Series[bool] | None" = None
    ) -> list[int]:
        """Choose records without a fault, so that no later planter takes them."""
        table = self.tables[entity]
        candidates = table.index if eligible is None else table.index[eligible]
        free = [int(row) for row in candidates if int(row) not in self.taken[entity]]
        if len(free) < count:
            raise ValueError(f"{entity}: {count} records needed, {len(free)} are free")
        rows = [int(row) for row in self.random.choice(free, count, replace=False)]
        self.taken[entity].update(rows)
        return rows

    def text(self, entity: str, row: int, column: str) -> str:
        """Return one value."""
        return str(self.tables[entity].at[row, column])

    def write(self, entity: str, row: int, column: str, value: str) -> None:
        """Replace one value."""
        self.tables[entity].at[row, column] = value

    def key_of(self, entity: str, row: int) -> str:
        """Return the key of a record as the warehouse writes it."""
        if entity == "order_items":
            order_id = self.text(entity, row, "order_id")
            return f"{order_id}:{self.text(entity, row, 'line_number')}"
        if entity == "customer_summaries":
            customer_id = self.text(entity, row, "customer_id")
            return f"{customer_id}:{self.text(entity, row, 'observed_on')}"
        return self.text(entity, row, KEYS[entity])

    def spare_key(self, entity: str) -> str:
        """Return a key that no record has yet."""
        used = set(self.tables[entity][KEYS[entity]])
        if entity == "orders":
            used |= set(self.tables["order_items"]["order_id"])
        letter = min(key for key in used if key)[0]
        numbers = range(1, len(used) + 1)
        free = [
            key for number in numbers if (key := f"{letter}{number:06d}") not in used
        ]
        return str(self.random.choice(free))

    def spare_customer_id(self) -> str:
        """Return a customer id that no record has yet."""
        used = set(self.tables["customers"]["customer_id"])
        used |= set(self.tables["orders"]["customer_id"])
        used |= set(self.tables["visits"]["customer_id"])
        free = [number for number in range(100_000, 104_000) if str(number) not in used]
        return str(self.random.choice(free))

    def add(self, entity: str, like: int, **changes: str) -> int:
        """Append a record like another one, with changes, and return its row."""
        table = self.tables[entity]
        row = int(table.index.max()) + 1
        record = table.loc[[like]].assign(**changes)
        record.index = pd.Index([row])
        self.tables[entity] = pd.concat([table, record])
        self.taken[entity].add(row)
        return row


Planter = Callable[[Workbench], None]


def add_dirt(
    random: np.random.Generator, tables: Tables, protected_customers: Iterable[str]
) -> DirtyTables:
    """Plant every kind of dirt.

    Args:
        random: source of the choice of records.
        tables: clean raw tables, all text.
        protected_customers: customers whose records stay clean.

    Returns
    -------
        The dirty tables, ordered by key, and the list of issues.
    """
    protected = set(protected_customers)
    workbench = Workbench(
        random=random,
        tables={name: table.copy() for name, table in tables.items()},
        taken={
            name: {
                int(row)
                for row in table.index[table["customer_id"].isin(protected)]
                if name != "customer_summaries"
            }
            if "customer_id" in table
            else set()
            for name, table in tables.items()
        },
    )
    for planter in PLANTERS:
        planter(workbench)
    columns = ["entity", "record_key", "column_name", "raw_value", "issue", "action"]
    dirt = pd.DataFrame(workbench.issues, columns=Issue._fields, dtype=object)[columns]
    dirt = dirt.where(dirt.notna(), None)
    order = [name for name in workbench.tables if name != "erasure_requests"]
    finished = {name: in_key_order(name, workbench.tables[name]) for name in order}
    finished["erasure_requests"] = workbench.tables["erasure_requests"]
    return DirtyTables(
        tables={name: finished[name].reset_index(drop=True) for name in tables},
        dirt=dirt.sort_values(columns, ignore_index=True, na_position="first"),
    )


def in_key_order(entity: str, table: pd.DataFrame) -> pd.DataFrame:
    """Order records by key, those without a key last."""
    keys = ["order_id", "line_number"] if entity == "order_items" else [KEYS[entity]]
    filled = table[keys].replace("", "~")
    return table.loc[filled.sort_values(keys, kind="stable").index]


# ---------------------------------------------------------------- which records


def is_filled(entity: str, column: str) -> Eligible:
    """Select records with a value in a column."""
    return lambda tables: tables[entity][column] != ""


def is_one_of(entity: str, column: str, values: Iterable[str]) -> Eligible:
    """Select records with one of some values in a column."""
    return lambda tables: tables[entity][column].isin(list(values))


def is_customer_with_order(tables: Tables) -> "pd.Series[bool]":
    """Select customers with a recorded order."""
    customers = tables["customers"]["customer_id"]
    return customers.isin(tables["orders"]["customer_id"])


def is_number(values: "pd.Series[str]") -> "pd.Series[bool]":
    """Select values that are a plain number that is not negative."""
    return values.str.fullmatch(r"[0-9]+(\.[0-9]+)?")


def is_completed_purchase(tables: Tables) -> "pd.Series[bool]":
    """Select orders written as completed with a plain amount that is not negative."""
    orders = tables["orders"]
    return (orders["status"] == "completed") & is_number(orders["amount"])


def is_whole_purchase(tables: Tables) -> "pd.Series[bool]":
    """Select completed orders over a whole number of currency units."""
    is_whole = tables["orders"]["amount"].str.endswith(".00")
    return is_completed_purchase(tables) & is_whole


def is_order_with_items(tables: Tables) -> "pd.Series[bool]":
    """Select orders whose amount is given and known from their items as well."""
    orders, items = tables["orders"], tables["order_items"]
    is_known = is_number(items["quantity"]) & is_number(items["unit_price"])
    return (
        is_number(orders["amount"])
        & orders["order_id"].isin(items["order_id"])
        & ~orders["order_id"].isin(items.loc[~is_known, "order_id"])
    )


def is_only_piece_of_order(tables: Tables) -> "pd.Series[bool]":
    """Select items that are one piece and all there is of an order with an amount."""
    items, orders = tables["order_items"], tables["orders"]
    with_amount = orders.loc[is_number(orders["amount"]), "order_id"]
    return (
        (items["quantity"] == "1")
        & is_number(items["unit_price"])
        & ~items["order_id"].duplicated(keep=False)
        & items["order_id"].isin(with_amount)
    )


def is_contact_without_control(tables: Tables) -> "pd.Series[bool]":
    """Select contacts of campaigns that have no control group."""
    contacts = tables["campaign_contacts"]
    controlled = contacts.loc[contacts["is_control"] == "true", "campaign_id"]
    return ~contacts["campaign_id"].isin(controlled)


# ---------------------------------------------------------------- nulled values


@dataclass(frozen=True)
class NulledValues:
    """Values that say nothing: each is written over one value of the column."""

    entity: str
    column_name: str
    issue: str
    raw_values: tuple[str, ...]
    eligible: Eligible | None = None

    def __call__(self, workbench: Workbench) -> None:
        """Write every raw value into another record and list it."""
        choose = self.eligible or is_filled(self.entity, self.column_name)
        rows = workbench.take(
            self.entity, len(self.raw_values), choose(workbench.tables)
        )
        for row, raw_value in zip(rows, self.raw_values, strict=True):
            workbench.write(self.entity, row, self.column_name, raw_value)
            workbench.issues.append(
                Issue(
                    entity=self.entity,
                    record_key=workbench.key_of(self.entity, row),
                    issue=self.issue,
                    action="nulled",
                    column_name=self.column_name,
                    raw_value=raw_value,
                )
            )


NULLED_VALUES = (
    NulledValues(
        "customers", "birth_date", "unparseable_value", ("1985-13-45", "not a date")
    ),
    NulledValues("customers", "age", "unparseable_value", ("forty", "abc")),
    NulledValues("customers", "income", "unparseable_value", ("n.k.", "plenty")),
    NulledValues(
        "customers",
        "email",
        "unparseable_value",
        ("marcela.example.com", "benedikt.at.example.org"),
    ),
    NulledValues("customers", "phone", "unparseable_value", ("-6854", "0", "abc")),
    NulledValues("customers", "gender", "unparseable_value", ("xyz", "q7")),
    NulledValues(
        "customers", "has_marketing_consent", "unparseable_value", ("maybe", "often")
    ),
    NulledValues(
        "customers",
        "registered_at",
        "unparseable_value",
        ("02/30/2025", "not a date"),
        is_customer_with_order,
    ),
    NulledValues(
        "orders",
        "amount",
        "unparseable_value",
        ("twelve", "abc", "12.3.4"),
        is_order_with_items,
    ),
    NulledValues(
        "orders", "status", "unparseable_value", ("???", "hmm"), is_completed_purchase
    ),
    NulledValues(
        "order_items",
        "quantity",
        "unparseable_value",
        ("two", "abc"),
        is_only_piece_of_order,
    ),
    NulledValues(
        "order_items",
        "unit_price",
        "unparseable_value",
        ("cheap",),
        is_only_piece_of_order,
    ),
    NulledValues("visits", "has_converted", "unparseable_value", ("maybe", "abc")),
    NulledValues(
        "campaign_contacts",
        "has_converted",
        "unparseable_value",
        ("maybe", "abc"),
        is_contact_without_control,
    ),
    NulledValues(
        "campaign_contacts",
        "is_control",
        "unparseable_value",
        ("perhaps",),
        is_contact_without_control,
    ),
    NulledValues(
        "campaign_contacts",
        "cost",
        "unparseable_value",
        ("cheap",),
        is_contact_without_control,
    ),
    NulledValues("customer_summaries", "total_order", "unparseable_value", ("twelve",)),
    NulledValues("customers", "age", "placeholder_value", ("118", "118", "118")),
    NulledValues("customers", "birth_date", "placeholder_value", ("1900-01-01",) * 4),
    NulledValues("customers", "gender", "placeholder_value", ("unknown", "N/A", "?")),
    NulledValues("customers", "income", "placeholder_value", ("-", "n/a", "null")),
    NulledValues("customers", "city", "placeholder_value", ("unknown", "-")),
    NulledValues("customers", "country", "placeholder_value", ("n/a", "none")),
    NulledValues("customers", "email", "placeholder_value", ("none", "N/A")),
    NulledValues("customers", "phone", "placeholder_value", ("null", "unknown")),
    NulledValues("customers", "first_name", "placeholder_value", ("n/a", "?")),
    NulledValues(
        "orders", "amount", "placeholder_value", ("n/a", "?"), is_order_with_items
    ),
    NulledValues("orders", "channel", "placeholder_value", ("unknown", "-", "null")),
    NulledValues("visits", "channel", "placeholder_value", ("unknown", "N/A")),
    NulledValues("products", "category", "placeholder_value", ("n/a",)),
    NulledValues(
        "customer_summaries", "lifetime_value", "placeholder_value", ("unknown",)
    ),
    NulledValues(
        "customers",
        "birth_date",
        "impossible_value",
        ("2031-04-12", "2087-11-02", "1899-07-03", "1902-11-30"),
    ),
    NulledValues("customers", "age", "impossible_value", ("-4", "150", "999")),
    NulledValues(
        "customers", "income", "impossible_value", ("-100", "-25000", "-1.50")
    ),
    NulledValues(
        "customers",
        "registered_at",
        "impossible_value",
        ("2099-05-05", "2099-12-31 10:00:00"),
        is_customer_with_order,
    ),
    NulledValues(
        "campaign_contacts",
        "cost",
        "impossible_value",
        ("-0.90", "-3.00"),
        is_contact_without_control,
    ),
    NulledValues(
        "customer_summaries", "total_visit", "impossible_value", ("-3", "-12")
    ),
    NulledValues("customer_summaries", "satisfaction", "impossible_value", ("7.2",)),
    NulledValues(
        "customer_summaries", "conversion_rate", "impossible_value", ("1.40",)
    ),
)


# ---------------------------------------------------------------- rejected records


@dataclass(frozen=True)
class RejectedRecords:
    """Records that cannot be used: one more record for each raw value."""

    entity: str
    column_name: str
    issue: str
    raw_values: tuple[str, ...]

    def __call__(self, workbench: Workbench) -> None:
        """Add a record with a new key for every raw value and list it."""
        key_column = KEYS[self.entity]
        rows = workbench.take(self.entity, len(self.raw_values))
        for row, raw_value in zip(rows, self.raw_values, strict=True):
            changes = {key_column: workbench.spare_key(self.entity)}
            changes[self.column_name] = raw_value
            workbench.add(self.entity, row, **changes)
            workbench.issues.append(
                Issue(
                    entity=self.entity,
                    record_key=changes[key_column] or None,
                    issue=self.issue,
                    action="rejected",
                    column_name=self.column_name,
                    raw_value=raw_value or None,
                )
            )


EVENT_DATES = {
    "orders": "ordered_at",
    "visits": "visited_at",
    "reviews": "reviewed_at",
    "campaign_contacts": "contacted_at",
}

REJECTED_RECORDS = (
    *(
        RejectedRecords(entity, KEYS[entity], "missing_key", ("", ""))
        for entity in EVENT_DATES
    ),
    *(
        RejectedRecords(entity, "customer_id", "missing_customer", ("", "", ""))
        for entity in EVENT_DATES
    ),
    *(
        RejectedRecords(entity, column, "missing_date", ("", ""))
        for entity, column in EVENT_DATES.items()
    ),
    *(
        RejectedRecords(
            entity, column, "unparseable_value", ("31/02/2025", "not a date")
        )
        for entity, column in EVENT_DATES.items()
    ),
    *(
        RejectedRecords(
            entity,
            column,
            "impossible_value",
            ("2099-05-05", "1970-01-01", "1899-12-31 08:00:00"),
        )
        for entity, column in EVENT_DATES.items()
    ),
    RejectedRecords("reviews", "rating", "impossible_value", ("0", "6", "-1", "7.5")),
    RejectedRecords("reviews", "rating", "unparseable_value", ("abc", "superb")),
)


# ---------------------------------------------------------------- repaired values


Formatter = Callable[[str], str]


@dataclass(frozen=True)
class RepairedValues:
    """Values whose meaning is clear but whose form is another."""

    entity: str
    column_name: str
    count: int
    formatter: Formatter
    eligible: Eligible | None = None

    def __call__(self, workbench: Workbench) -> None:
        """Write some values of the column in the other form and list them."""
        choose = self.eligible or is_filled(self.entity, self.column_name)
        for row in workbench.take(self.entity, self.count, choose(workbench.tables)):
            key = workbench.key_of(self.entity, row)
            value = workbench.text(self.entity, row, self.column_name)
            raw_value = self.formatter(value)
            workbench.write(self.entity, row, self.column_name, raw_value)
            workbench.issues.append(
                Issue(
                    entity=self.entity,
                    record_key=key,
                    issue="reformatted_value",
                    action="repaired",
                    column_name=self.column_name,
                    raw_value=raw_value,
                )
            )


def day_first(text: str) -> str:
    """2025-03-05 09:00:00 -> 5/3/2025."""
    day = date.fromisoformat(text[:10])
    return f"{day.day}/{day.month}/{day.year}"


def month_first(text: str) -> str:
    """2025-03-05 09:00:00 -> 3/5/2025."""
    day = date.fromisoformat(text[:10])
    return f"{day.month}/{day.day}/{day.year}"


def compact_date(text: str) -> str:
    """2025-03-05 09:00:00 -> 20250305."""
    return text[:10].replace("-", "")


MONTHS = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)


def short_month_date(text: str) -> str:
    """2025-03-05 09:00:00 -> 5-Mar-25."""
    day = date.fromisoformat(text[:10])
    return f"{day.day}-{MONTHS[day.month - 1]}-{day.year % 100:02d}"


def with_separators(text: str, thousands: str, decimal: str) -> str:
    """Write a number with two decimals and separated thousands."""
    whole, _, hundredths = text.partition(".")
    grouped = f"{int(whole):,}".replace(",", thousands)
    return f"{grouped}{decimal}{hundredths.ljust(2, '0')}"


def euros_with_point(text: str) -> str:
    """1234.50 -> €1,234.50."""
    return "€" + with_separators(text, ",", ".")


def euros(text: str) -> str:
    """45.90 -> € 45,90."""
    return "€ " + with_separators(text, ".", ",")


def whole_euros(text: str) -> str:
    """30.00 -> EUR 30."""
    return "EUR " + text.removesuffix(".00")


def decimal_comma(text: str) -> str:
    """1234.56 -> 1.234,56."""
    return with_separators(text, ".", ",")


def spaced_thousands(text: str) -> str:
    """1234.50 -> ' 1 234,50 '."""
    return f" {with_separators(text, ' ', ',')} "


def with_point_zero(text: str) -> str:
    """1234 -> 1234.0."""
    return f"{text}.0"


@dataclass(frozen=True)
class Words:
    """A formatter that writes one word for another."""

    words: dict[str, str]

    def __call__(self, text: str) -> str:
        """Return the other word."""
        return self.words[text]


def words(
    entity: str, column: str, count: int, other_words: dict[str, str]
) -> RepairedValues:
    """Plan repaired values of a column in which each word has another one."""
    eligible = is_one_of(entity, column, other_words)
    return RepairedValues(entity, column, count, Words(other_words), eligible)


REPAIRED_VALUES = (
    RepairedValues("orders", "ordered_at", 30, day_first),
    RepairedValues("orders", "ordered_at", 6, compact_date),
    RepairedValues("orders", "ordered_at", 6, short_month_date),
    RepairedValues("orders", "amount", 6, euros_with_point, is_completed_purchase),
    RepairedValues("orders", "amount", 6, euros, is_completed_purchase),
    RepairedValues("orders", "amount", 4, decimal_comma, is_completed_purchase),
    RepairedValues("orders", "amount", 4, whole_euros, is_whole_purchase),
    RepairedValues("orders", "customer_id", 8, with_point_zero),
    words("orders", "status", 4, {"completed": "Completed"}),
    words("orders", "status", 4, {"completed": "complete"}),
    words("orders", "status", 4, {"cancelled": "canceled"}),
    words("orders", "status", 4, {"returned": "refunded"}),
    RepairedValues("order_items", "unit_price", 4, euros),
    RepairedValues("order_items", "unit_price", 2, decimal_comma),
    RepairedValues("visits", "visited_at", 5, compact_date),
    RepairedValues("visits", "visited_at", 5, short_month_date),
    RepairedValues("visits", "customer_id", 6, with_point_zero),
    words("visits", "has_converted", 5, {"true": "yes", "false": "no"}),
    words("visits", "has_converted", 5, {"true": "Y", "false": "N"}),
    RepairedValues("reviews", "reviewed_at", 4, compact_date),
    RepairedValues("reviews", "reviewed_at", 4, short_month_date),
    RepairedValues("campaign_contacts", "contacted_at", 4, short_month_date),
    RepairedValues("campaign_contacts", "cost", 4, euros),
    words("campaign_contacts", "is_control", 4, {"true": "yes", "false": "no"}),
    words("campaign_contacts", "has_converted", 4, {"true": "Y", "false": "N"}),
    RepairedValues("customers", "registered_at", 20, month_first),
    RepairedValues("customers", "registered_at", 4, compact_date),
    RepairedValues("customers", "registered_at", 4, short_month_date),
    RepairedValues("customers", "birth_date", 4, compact_date),
    RepairedValues("customers", "income", 3, euros_with_point),
    RepairedValues("customers", "income", 3, euros),
    RepairedValues("customers", "income", 3, whole_euros),
    RepairedValues("customers", "income", 3, decimal_comma),
    RepairedValues("customers", "income", 3, spaced_thousands),
    words("customers", "gender", 5, {"female": "F", "male": "M"}),
    words("customers", "gender", 5, {"female": "Female", "male": "Male"}),
    words("customers", "gender", 5, {"female": "woman", "male": "Mann"}),
    words("customers", "has_marketing_consent", 4, {"true": "yes", "false": "no"}),
    RepairedValues("customer_summaries", "total_purchase", 2, euros),
    RepairedValues("customer_summaries", "total_purchase", 2, euros_with_point),
)


# ---------------------------------------------------------------- merged records


@dataclass(frozen=True)
class RepeatedRecords:
    """Records that come twice, letter by letter."""

    entity: str
    count: int

    def __call__(self, workbench: Workbench) -> None:
        """Repeat some records and list each surplus one."""
        for row in workbench.take(self.entity, self.count):
            workbench.add(self.entity, row)
            workbench.issues.append(
                Issue(
                    entity=self.entity,
                    record_key=workbench.key_of(self.entity, row),
                    issue="duplicate_record",
                    action="merged",
                )
            )


REPEATED_RECORDS = (
    RepeatedRecords("customers", 8),
    RepeatedRecords("orders", 15),
    RepeatedRecords("order_items", 10),
    RepeatedRecords("products", 2),
    RepeatedRecords("visits", 12),
    RepeatedRecords("reviews", 6),
    RepeatedRecords("campaign_contacts", 6),
)


def plant_updated_customers(workbench: Workbench, count: int = 12) -> None:
    """Repeat customers with a later update and other contents; the later counts."""
    cities = sorted(set(workbench.tables["customers"]["city"]) - {"", "-", "unknown"})
    for row in workbench.take("customers", count):
        registered_at = workbench.text("customers", row, "registered_at")
        updated_at = workbench.text("customers", row, "updated_at")
        later = datetime(2025, 12, 30, 12, 0) + timedelta(minutes=row)
        workbench.write("customers", row, "updated_at", registered_at)
        workbench.add(
            "customers",
            row,
            updated_at=max(updated_at, later.isoformat(sep=" ")),
            city=str(workbench.random.choice(cities)),
            income=str(100 * int(workbench.random.integers(250, 700))),
            has_marketing_consent="false",
        )
        key = workbench.key_of("customers", row)
        workbench.issues.append(
            Issue(
                entity="customers",
                record_key=key,
                issue="superseded_record",
                action="merged",
            )
        )


def plant_duplicate_people(workbench: Workbench, count: int = 20) -> None:
    """Register people a second time; some of their later orders go to the second id."""
    customers = workbench.tables["customers"]
    eligible = (
        (customers["email"] != "")
        & (customers["birth_date"] != "")
        & (customers["registered_at"] < "2025-03-01")
        & ~customers["customer_id"].duplicated(keep=False)
        & is_customer_with_order(workbench.tables)
    )
    for number, row in enumerate(workbench.take("customers", count, eligible)):
        first_id = workbench.text("customers", row, "customer_id")
        second_id = workbench.spare_customer_id()
        registered_at = workbench.text("customers", row, "registered_at")
        email = workbench.text("customers", row, "email")
        is_tie = number < 3 and int(second_id) > int(first_id)
        if not is_tie:
            later = datetime.fromisoformat(registered_at) + timedelta(
                days=int(workbench.random.integers(60, 300))
            )
            registered_at = later.isoformat(sep=" ")
        second = workbench.add(
            "customers",
            row,
            customer_id=second_id,
            email=(email.upper(), f" {email} ", email.title())[number % 3],
            first_name=workbench.text("customers", row, "first_name").upper(),
            last_name=workbench.text("customers", row, "last_name").lower(),
            registered_at=registered_at,
            updated_at=registered_at,
            phone="",
        )
        orders = workbench.tables["orders"]
        is_later = (orders["customer_id"] == first_id) & (
            orders["ordered_at"] > registered_at
        )
        moved = [int(order) for order in orders.index[is_later]][::2]
        for order in moved:
            workbench.write("orders", order, "customer_id", second_id)
        workbench.issues.append(
            Issue(
                entity="customers",
                record_key=workbench.key_of("customers", second),
                issue="duplicate_person",
                action="merged",
            )
        )


# ---------------------------------------------------------------- kept records


def plant_unknown_customers(workbench: Workbench) -> None:
    """Add orders and visits of customers who are in no customer record."""
    for entity, count in (("orders", 6), ("visits", 4)):
        for row in workbench.take(entity, count):
            customer_id = workbench.spare_customer_id()
            changes = {KEYS[entity]: workbench.spare_key(entity)}
            if entity == "orders":
                changes |= {"amount": "49.90", "status": "completed"}
            added = workbench.add(entity, row, customer_id=customer_id, **changes)
            workbench.issues.append(
                Issue(
                    entity=entity,
                    record_key=workbench.key_of(entity, added),
                    issue="unknown_customer",
                    action="kept",
                    column_name="customer_id",
                    raw_value=customer_id,
                )
            )


def plant_late_registrations(workbench: Workbench, count: int = 8) -> None:
    """Move registrations of customers between their first and second order."""
    orders = workbench.tables["orders"].sort_values(["ordered_at", "order_id"])
    free_orders = orders.loc[~orders.index.isin(list(workbench.taken["orders"]))]
    rank = orders.groupby("customer_id").cumcount()
    first = orders.loc[rank == 0].set_index("customer_id")
    second = orders.loc[rank == 1].set_index("customer_id")["ordered_at"]
    first = first.assign(next_at=second.reindex(first.index))
    first = first[first["order_id"].isin(free_orders["order_id"])]
    gap = pd.to_datetime(first["next_at"]) - pd.to_datetime(first["ordered_at"])
    first = first[(gap > pd.Timedelta(days=20)) & (first["status"] == "completed")]
    customers = workbench.tables["customers"]
    eligible = customers["customer_id"].isin(first.index)
    eligible &= ~customers["customer_id"].duplicated(keep=False)
    for row in workbench.take("customers", count, eligible):
        customer_id = workbench.text("customers", row, "customer_id")
        ordered_at = str(first.at[customer_id, "ordered_at"])
        registered_at = datetime.fromisoformat(ordered_at) + timedelta(
            days=int(workbench.random.integers(3, 15))
        )
        registered_text = registered_at.isoformat(sep=" ")
        updated_at = workbench.text("customers", row, "updated_at")
        workbench.write("customers", row, "registered_at", registered_text)
        workbench.write(
            "customers", row, "updated_at", max(updated_at, registered_text)
        )
        order_id = str(first.at[customer_id, "order_id"])
        order_rows = orders.index[orders["order_id"] == order_id]
        workbench.taken["orders"].update(int(order_row) for order_row in order_rows)
        workbench.issues.append(
            Issue(
                entity="orders",
                record_key=order_id,
                issue="activity_before_registration",
                action="kept",
                column_name="ordered_at",
                raw_value=ordered_at,
            )
        )


def plant_different_amounts(workbench: Workbench, count: int = 8) -> None:
    """Change the price of an item so that the items no longer sum to the amount."""
    items = workbench.tables["order_items"]
    for order_row in workbench.take(
        "orders", count, is_order_with_items(workbench.tables)
    ):
        order_id = workbench.text("orders", order_row, "order_id")
        item_rows = [int(row) for row in items.index[items["order_id"] == order_id]]
        price = workbench.text("order_items", item_rows[0], "unit_price")
        whole, _, hundredths = price.partition(".")
        workbench.write(
            "order_items", item_rows[0], "unit_price", f"{int(whole) + 5}.{hundredths}"
        )
        workbench.taken["order_items"].update(item_rows)
        workbench.issues.append(
            Issue(
                entity="orders",
                record_key=order_id,
                issue="amount_differs_from_items",
                action="kept",
                column_name="amount",
                raw_value=workbench.text("orders", order_row, "amount"),
            )
        )


def plant_unknown_orders(workbench: Workbench, count: int = 5) -> None:
    """Add items of orders that are not there."""
    for row in workbench.take("order_items", count):
        order_id = workbench.spare_key("orders")
        added = workbench.add("order_items", row, order_id=order_id, line_number="1")
        workbench.issues.append(
            Issue(
                entity="order_items",
                record_key=workbench.key_of("order_items", added),
                issue="unknown_order",
                action="kept",
                column_name="order_id",
                raw_value=order_id,
            )
        )


def plant_empty_erasure_request(workbench: Workbench) -> None:
    """Add a request without an id and an address."""
    added = workbench.add("erasure_requests", 0, customer_id="", email="")
    workbench.write("erasure_requests", added, "requested_at", "2025-12-22 11:00:00")
    workbench.issues.append(
        Issue(
            entity="erasure_requests",
            record_key=None,
            issue="missing_key",
            action="rejected",
            column_name="customer_id",
        )
    )


# ---------------------------------------------------------------- harmless variety


@dataclass(frozen=True)
class HarmlessVariety:
    """Values in a form that is as good as the usual one, and no issue."""

    entity: str
    column_name: str
    count: int
    formatter: Formatter

    def __call__(self, workbench: Workbench) -> None:
        """Write some values in the other form and list nothing."""
        eligible = is_filled(self.entity, self.column_name)(workbench.tables)
        for row in workbench.take(self.entity, self.count, eligible):
            value = workbench.text(self.entity, row, self.column_name)
            workbench.write(self.entity, row, self.column_name, self.formatter(value))


def with_blanks(text: str) -> str:
    """Surround a text with blanks."""
    return f"  {text} "


def with_t(text: str) -> str:
    """2025-03-05 09:00:00 -> 2025-03-05T09:00:00."""
    return text.replace(" ", "T")


def without_time(text: str) -> str:
    """2025-03-05 09:00:00 -> 2025-03-05."""
    return text[:10]


HARMLESS_VARIETY = (
    HarmlessVariety("customers", "email", 10, str.upper),
    HarmlessVariety("customers", "last_name", 6, str.upper),
    HarmlessVariety("customers", "city", 6, with_blanks),
    HarmlessVariety("orders", "ordered_at", 10, with_t),
    HarmlessVariety("orders", "amount", 6, with_blanks),
    HarmlessVariety("visits", "visited_at", 10, without_time),
    HarmlessVariety("visits", "has_converted", 6, Words({"true": "1", "false": "0"})),
)

#: Records that need room come first, single values last.
PLANTERS: Sequence[Planter] = (
    plant_duplicate_people,
    plant_late_registrations,
    plant_different_amounts,
    plant_updated_customers,
    *NULLED_VALUES,
    *REPAIRED_VALUES,
    *HARMLESS_VARIETY,
    plant_unknown_customers,
    plant_unknown_orders,
    plant_empty_erasure_request,
    *REPEATED_RECORDS,
    *REJECTED_RECORDS,
)
