"""What was planted in the sample is found again, and nothing else."""

from collections import Counter
from decimal import Decimal

import pytest
from conftest import Warehouse, read_raw_table
from sklearn.metrics import adjusted_rand_score

from crm_sample import CrmSample

MINIMUM_ADJUSTED_RAND = 0.8
PERSONAL_COLUMNS = ("first_name", "last_name", "email", "phone", "birth_date")
# Of these nothing that cannot be read is shown.
PERSONAL_TABLES = ("customers", "erasure_requests")
RAW_TABLES = (
    "customers",
    "orders",
    "order_items",
    "products",
    "visits",
    "reviews",
    "campaign_contacts",
    "customer_summaries",
    "erasure_requests",
)
# Where the records that were kept are; of customers, after merging and erasing.
KEPT_RECORDS = {
    name: f"stg_crm__{name}" if name != "customers" else "int_customers_deduplicated"
    for name in RAW_TABLES
}
FIELDS = ("entity", "record_key", "column_name", "raw_value", "issue", "action")

Issue = tuple[str | None, ...]


def mask(raw_value: str) -> str:
    """Every digit a 9, and all but punctuation that dates and addresses have an a."""
    return "".join(
        "9" if sign.isdigit() else sign if sign in " @./:+-" else "a"
        for sign in raw_value
    )


def comparable(issue: Issue) -> Issue:
    """The issue with an amount that its items contradict as a number: 38.40 is 38.4."""
    entity, record_key, column_name, raw_value, name, action = issue
    if name == "amount_differs_from_items" and raw_value is not None:
        raw_value = str(Decimal(raw_value).normalize())
    return entity, record_key, column_name, raw_value, name, action


@pytest.fixture(scope="module")
def planted(sample: CrmSample) -> Counter[Issue]:
    """The issues that the plant expects, personal values masked."""
    dirt = sample.plant.dirt.astype(object).where(sample.plant.dirt.notna(), None)
    is_personal = dirt["column_name"].isin(PERSONAL_COLUMNS) | (
        dirt["entity"].isin(PERSONAL_TABLES) & (dirt["issue"] == "unparseable_value")
    )
    is_masked = is_personal & dirt["raw_value"].notna()
    dirt.loc[is_masked, "raw_value"] = dirt.loc[is_masked, "raw_value"].map(mask)
    issues = dirt[list(FIELDS)].itertuples(index=False, name=None)
    return Counter(comparable(issue) for issue in issues)


@pytest.fixture(scope="module")
def listed(sample_warehouse: Warehouse) -> Counter[Issue]:
    """The issues that the warehouse lists, but for erasure."""
    issues = sample_warehouse.rows(
        f"select {', '.join(FIELDS)} from data_quality_issues where issue <> 'erased'"
    )
    return Counter(comparable(issue) for issue in issues)


@pytest.mark.parametrize("customers", ["all", "buyers"])
def test_planted_groups_are_recovered(
    sample: CrmSample, sample_warehouse: Warehouse, customers: str
) -> None:
    """Of all customers, and of those whom a fit told apart."""
    segment_of = dict(
        sample_warehouse.rows("select customer_id, segment_id from customer_segments")
    )
    groups = sample.plant.groups
    if customers == "buyers":
        groups = groups[
            [segment_of[customer] > 0 for customer in groups["customer_id"]]
        ]
    score = adjusted_rand_score(
        groups["group"], [segment_of[customer] for customer in groups["customer_id"]]
    )
    assert score >= MINIMUM_ADJUSTED_RAND


def test_every_planted_fault_is_listed(
    planted: Counter[Issue], listed: Counter[Issue]
) -> None:
    assert planted - listed == Counter()


def test_nothing_else_is_listed(
    planted: Counter[Issue], listed: Counter[Issue]
) -> None:
    assert listed - planted == Counter()


def test_every_kind_of_fault_is_planted(
    planted: Counter[Issue],
) -> None:
    """Without this an empty plant would find an empty list right."""
    kinds = {(issue, action) for *_, issue, action in planted}
    assert kinds == {
        ("reformatted_value", "repaired"),
        ("unparseable_value", "nulled"),
        ("placeholder_value", "nulled"),
        ("impossible_value", "nulled"),
        ("missing_key", "rejected"),
        ("missing_customer", "rejected"),
        ("missing_date", "rejected"),
        ("unparseable_value", "rejected"),
        ("impossible_value", "rejected"),
        ("duplicate_record", "merged"),
        ("superseded_record", "merged"),
        ("duplicate_person", "merged"),
        ("unknown_customer", "kept"),
        ("unknown_order", "kept"),
        ("activity_before_registration", "kept"),
        ("amount_differs_from_items", "kept"),
    }


def test_an_erased_person_is_counted_but_not_named(sample_warehouse: Warehouse) -> None:
    requests = [
        request
        for request in read_raw_table("erasure_requests")
        if request["customer_id"] or request["email"]
    ]
    erased = sample_warehouse.rows(
        f"select {', '.join(FIELDS)} from data_quality_issues where issue = 'erased'"
    )
    assert sorted(erased) == [
        ("customers", f"request {number}", None, None, "erased", "rejected")
        for number in range(1, len(requests) + 1)
    ]


@pytest.mark.parametrize("entity", RAW_TABLES)
def test_rows_in_are_rows_out_and_rows_accounted_for(
    sample_warehouse: Warehouse, entity: str
) -> None:
    merged, rejected = sample_warehouse.row(
        "select count(*) filter (action = 'merged'), "
        "count(*) filter (action = 'rejected') "
        f"from data_quality_issues where entity = '{entity}'"
    )
    [rows_out] = sample_warehouse.row(f"select count(*) from {KEPT_RECORDS[entity]}")
    rows_in = len(read_raw_table(entity))

    assert rows_in == rows_out + merged + rejected
    assert sample_warehouse.row(
        "select rows_in, rows_out, rows_merged, rows_rejected "
        f"from data_quality_summary where entity = '{entity}'"
    ) == (rows_in, rows_out, merged, rejected)


def test_values_are_counted_as_they_are_listed(sample_warehouse: Warehouse) -> None:
    assert sample_warehouse.rows(
        "select entity, values_nulled, values_repaired from data_quality_summary "
        "order by entity"
    ) == sample_warehouse.rows(
        "select entity, count(*) filter (action = 'nulled'), "
        "count(*) filter (action = 'repaired') from data_quality_issues "
        "group by entity order by entity"
    )
