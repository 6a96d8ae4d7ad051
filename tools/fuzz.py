"""Build a small shop with random faults in its files, and say what came of each.

    python tools/fuzz.py --count 50 [--first 0] [--folder build/fuzz]

The faults of a number are always the same. A build may stop with a sentence. One that
ends must account for every record, and must have read as ever every record that has no
fault. Values decide for their whole column whether the day or the month comes first in
5/3/2024, and whether 1.234 is over a thousand: where faults decided otherwise, the
records without a fault must be as in a build that has none and a var that decides so.
The exit status is 1 where one of these does not hold.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from small_shop import KEYS, Records, Workplace, last_sentence, read_shop

SELECTION = (
    *("--select", "+data_quality_summary", "+customers"),
    *("--exclude", "resource_type:seed,path:seeds/crm_sample", "tag:comparison"),
    *("--exclude-resource-type", "test", "unit_test"),
)
FAULTY_TABLES = ("customers", "orders", "order_items", "visits", "reviews")

Fault = Callable[[random.Random, str], str]

# What people and machines make of a value.
FAULTS: dict[str, Fault] = {
    "empty": lambda _, __: "",
    "blanks": lambda _, text: f"  {text}\t",
    "word": lambda draw, _: draw.choice(["unknown", "NaN", "inf", "null", "#N/A", "x"]),
    "negative": lambda _, text: f"-{text}",
    "enormous": lambda draw, _: "9" * draw.randint(5, 40),
    "tiny": lambda _, __: "1e-300",
    "scientific": lambda _, __: "1.5E+03",
    "decimal comma": lambda _, text: text.replace(".", ","),
    "thousands": lambda _, __: "1.234.567,89",
    "currency": lambda draw, text: draw.choice(["€ {}", "{} USD", "${}"]).format(text),
    "other day": lambda draw, _: f"{draw.randint(13, 28)}/{draw.randint(1, 12)}/2024",
    "no day": lambda draw, _: draw.choice(["2024-02-31", "0000-00-00", "31.11.2024"]),
    "epoch": lambda draw, _: str(draw.randint(1_600_000_000, 1_700_000_000)),
    "long ago": lambda _, __: "1066-10-14",
    "far ahead": lambda _, __: "2999-12-31 23:59:59",
    "quotes": lambda _, text: f"\"{text}\" said 'who'",
    "delimiters": lambda _, text: f"{text};{text},{text}|",
    "lines": lambda _, text: f"{text}\n{text}",
    "statement": lambda _, __: "'); drop table main_raw.base_crm__orders; --",
    "template": lambda _, __: "{{ 1 / 0 }}",
    "script": lambda _, __: "<script>alert(1)</script>",
    "letters": lambda _, __: "Ünïcödé 客户 \u202e👩‍👩‍👧",
    "long": lambda draw, _: "long " * draw.randint(100, 2000),
    "truth": lambda draw, _: draw.choice(["true", "0", "yes", "Y", "-1"]),
}


@dataclass
class Faulty:
    """A shop with faults.

    Attributes
    ----------
    shop
        Its records, by raw table.
    touched
        Table -> keys of the records that may be read otherwise than without faults.
    customers
        Ids of the customers of these records.
    counts
        Kind of fault -> how often it was made.
    """

    shop: dict[str, Records]
    touched: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)
    customers: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    def touch(self, table: str, record: dict[str, str]) -> None:
        """Remember that a record is not what it was."""
        key = tuple(record[column].strip() for column in KEYS[table])
        self.touched.setdefault(table, set()).add(key)
        if "customer_id" in record:
            self.customers.add(record["customer_id"].strip())


def with_faults(shop: dict[str, Records], number: int) -> Faulty:
    """Make the faults of a number: in up to a twentieth of the records of a table."""
    draw = random.Random(number)
    faulty = Faulty(deepcopy(shop))
    order_customers = {
        record["order_id"]: record["customer_id"] for record in shop["orders"]
    }
    for table in draw.sample(FAULTY_TABLES, draw.randint(1, 3)):
        records = faulty.shop[table]
        kinds = draw.sample(sorted(FAULTS), draw.randint(1, 4))
        for _ in range(draw.randint(1, len(records) // 20)):
            record = draw.choice(records)
            faulty.touch(table, record)
            if table == "order_items":
                faulty.customers.add(order_customers.get(record["order_id"], ""))
            kind = draw.choice([*kinds, "repeated", "removed"])
            if kind == "repeated":
                records.insert(draw.randrange(len(records)), dict(record))
            elif kind == "removed":
                records.remove(record)
            else:
                column = draw.choice(list(record))
                record[column] = FAULTS[kind](draw, record[column])
                faulty.touch(table, record)
            faulty.counts[kind] += 1
    return faulty


def staged(workplace: Workplace, table: str) -> dict[tuple[str, ...], set[str]]:
    """Read what staging made of every record of a table, by key."""
    key = ", ".join(f"cast({column} as varchar)" for column in KEYS[table])
    found: dict[tuple[str, ...], set[str]] = {}
    for *parts, row in workplace.rows(
        f"select {key}, cast(staged as varchar) from stg_crm__{table} as staged"
    ):
        found.setdefault(tuple(parts), set()).add(row)
    return found


@dataclass(frozen=True)
class Reading:
    """What a build made of records."""

    records: dict[str, dict[tuple[str, ...], set[str]]]
    spend: dict[str, str]
    survivors: dict[str, str]
    observation_date: str
    # Column -> whether the day comes first, and whether the comma is decimal; None for
    # the kind that it is not of, and where nothing decides.
    styles: dict[str, tuple[bool | None, bool | None]]

    @classmethod
    def of(cls, workplace: Workplace) -> "Reading":
        """Read it from the warehouse of the last build."""
        spend = workplace.rows(
            "select customer_id, cast(total_spend as varchar) from customers"
        )
        survivors = workplace.rows(
            "select customer_id, surviving_customer_id from int_customer_id_changes"
        )
        [(date,)] = workplace.rows(
            "select cast(max(observation_date) as varchar) from customers"
        )
        styles = workplace.rows(
            "select entity || '.' || column_name, is_day_first, is_decimal_comma "
            "from int_column_formats"
        )
        return cls(
            {table: staged(workplace, table) for table in KEYS},
            dict(spend),
            dict(survivors),
            date,
            {column: (day_first, comma) for column, day_first, comma in styles},
        )


def unaccounted(workplace: Workplace, shop: dict[str, Records]) -> list[str]:
    """Raw tables whose records are not all kept, merged or rejected."""
    faults = []
    for table, rows_in, *ends in workplace.rows(
        "select entity, rows_in, rows_out, rows_merged, rows_rejected "
        "from data_quality_summary"
    ):
        expected = len(shop[table]) if table in shop else 0
        if (rows_in, sum(ends)) != (expected, expected):
            faults.append(f"{table}: {expected} records, {rows_in} in, {ends}")
    return faults


def otherwise_read(before: Reading, after: Reading, faulty: Faulty) -> list[str]:
    """Find records without a fault that were read otherwise than with none around."""
    faults = []
    for table, records in before.records.items():
        touched = faulty.touched.get(table, set())
        other = [
            key
            for key, rows in records.items()
            if key not in touched and after.records[table].get(key) != rows
        ]
        if other:
            faults.append(f"{table}: {len(other)} such as {other[0]}")
    if before.observation_date == after.observation_date:
        # A person has the records of all of their ids.
        touched_people = {
            reading.survivors.get(customer, customer)
            for customer in faulty.customers
            for reading in (before, after)
        }
        other_spend = [
            customer
            for customer, spend in before.spend.items()
            if customer not in touched_people and after.spend.get(customer) != spend
        ]
        if other_spend:
            faults.append(f"spend of {len(other_spend)} such as {other_spend[0]}")
    return faults


def decided_by_faults(before: Reading, after: Reading) -> dict[str, dict[str, str]]:
    """Find the vars that read each column as the faults decided, if otherwise."""
    variables: dict[str, dict[str, str]] = {}
    for column, style in after.styles.items():
        former = before.styles[column]
        if style == former:
            continue
        # Where nothing decides, the day comes first and the point is the decimal one.
        if style[0] is not None or former[0] is not None:
            order = "month_first" if style[0] is False else "day_first"
            variables.setdefault("date_orders", {})[column] = order
        else:
            separator = "comma" if style[1] else "point"
            variables.setdefault("decimal_separators", {})[column] = separator
    return variables


def main() -> int:
    """Run the numbers, and print a line for each and a table of all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--first", type=int, default=0, help="the first number")
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"))
    arguments = parser.parse_args()

    shop = read_shop()
    workplace = Workplace(arguments.folder.resolve())
    before = build_without_faults(workplace, shop)
    outcomes: Counter[str] = Counter()
    for number in range(arguments.first, arguments.first + arguments.count):
        faulty = with_faults(shop, number)
        outcome, sentences = try_out(workplace, shop, faulty, before)
        outcomes[outcome] += 1
        kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(faulty.counts.items()))
        print(
            f"{number:>4}  {outcome}: {kinds}", *sentences, sep="\n      ", flush=True
        )
    print(*(f"{n:>5}  {outcome}" for outcome, n in sorted(outcomes.items())), sep="\n")
    return int(any(outcome.startswith("FAULT") for outcome in outcomes))


def build_without_faults(
    workplace: Workplace,
    shop: dict[str, Records],
    variables: Mapping[str, Mapping[str, str]] | None = None,
) -> Reading:
    """Build the shop as it is.

    Raises
    ------
    RuntimeError
        If that fails.
    """
    workplace.remove_warehouse()
    workplace.write(shop)
    workplace.parse(variables)
    status, output = workplace.build(*SELECTION)
    if status != 0:
        raise RuntimeError(f"the shop without faults: {last_sentence(output)}")
    return Reading.of(workplace)


def try_out(
    workplace: Workplace, shop: dict[str, Records], faulty: Faulty, before: Reading
) -> tuple[str, list[str]]:
    """Build a shop with faults; say in a word what came of it, and in sentences."""
    workplace.remove_warehouse()
    workplace.write(faulty.shop)
    status, output = workplace.build(*SELECTION)
    if status != 0:
        outcome = "FAULT: failed"
        if "The input did not pass" in output:
            outcome = "stopped by the gate"
        elif "; expected" in last_sentence(output):
            outcome = "stopped in a sentence"
        return outcome, [last_sentence(output)[:200]]
    if faults := unaccounted(workplace, faulty.shop):
        return "FAULT: records are unaccounted for", faults
    after = Reading.of(workplace)
    faults = otherwise_read(before, after, faulty)
    if not faults:
        return "built, all accounted for", []
    variables = decided_by_faults(before, after)
    if variables:
        decided = build_without_faults(workplace, shop, variables)
        workplace.manifests.pop()
        faults = otherwise_read(decided, after, faulty)
    if faults:
        return "FAULT: records without a fault were read otherwise", faults
    return "built, all accounted for, by columns that faults decided", [
        f"{column}: {style}"
        for styles in variables.values()
        for column, style in styles.items()
    ]


if __name__ == "__main__":
    sys.exit(main())
