"""The sample is what its generator makes, and holds what the plant says."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from planted_features import features, logarithms
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from crm_sample import CrmSample, generate_sample
from crm_sample.dirt import KEYS
from crm_sample.generator import table_as_csv
from crm_sample.groups import (
    CAMPAIGNS,
    CHANNELS,
    DUPLICATE_PEOPLE,
    FIRST_NAMES,
    GROUPS,
    LAST_NAMES,
    PLACES,
    PRODUCTS,
)

SEEDS = Path(__file__).parents[2] / "seeds" / "crm_sample"
MAXIMUM_FILE_BYTES = 950_000

CURRENT_DATE = "2026-01-01"
TRAINING_DATE = "2025-10-03"

EVENT_DATES = {
    "orders": "ordered_at",
    "visits": "visited_at",
    "reviews": "reviewed_at",
    "campaign_contacts": "contacted_at",
}

DATE = r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}:\d{2})?"
NUMBER = r"-?\d+(\.\d+)?"
BOOLEAN = r"true|false|1|0"
CANONICAL_FORMS = {
    ("customers", "customer_id"): r"\d{6}",
    ("customers", "email"): r"[A-Za-z.]+\d+@example\.(com|net|org)|(?i:.*@EXAMPLE\..*)",
    ("customers", "phone"): r"\+\d{11}",
    ("customers", "birth_date"): DATE,
    ("customers", "age"): NUMBER,
    ("customers", "gender"): r"female|male|other",
    ("customers", "income"): NUMBER,
    ("customers", "registered_at"): DATE,
    ("customers", "updated_at"): DATE,
    ("customers", "has_marketing_consent"): BOOLEAN,
    ("orders", "order_id"): r"O\d{6}",
    ("orders", "customer_id"): r"\d{6}",
    ("orders", "ordered_at"): DATE,
    ("orders", "amount"): NUMBER,
    ("orders", "status"): r"completed|returned|cancelled",
    ("orders", "channel"): "|".join(CHANNELS),
    ("order_items", "order_id"): r"O\d{6}",
    ("order_items", "line_number"): r"\d",
    ("order_items", "product_id"): r"P\d{3}",
    ("order_items", "quantity"): NUMBER,
    ("order_items", "unit_price"): NUMBER,
    ("products", "category"): "|".join(PRODUCTS),
    ("visits", "visit_id"): r"V\d{6}",
    ("visits", "customer_id"): r"\d{6}",
    ("visits", "visited_at"): DATE,
    ("visits", "channel"): "|".join(CHANNELS),
    ("visits", "has_converted"): BOOLEAN,
    ("reviews", "review_id"): r"R\d{6}",
    ("reviews", "customer_id"): r"\d{6}",
    ("reviews", "order_id"): r"O\d{6}",
    ("reviews", "rating"): NUMBER,
    ("reviews", "reviewed_at"): DATE,
    ("campaign_contacts", "contact_id"): r"C\d{6}",
    ("campaign_contacts", "customer_id"): r"\d{6}",
    ("campaign_contacts", "campaign_id"): "|".join(
        campaign.campaign_id for campaign in CAMPAIGNS
    ),
    ("campaign_contacts", "contacted_at"): DATE,
    ("campaign_contacts", "is_control"): BOOLEAN,
    ("campaign_contacts", "has_converted"): BOOLEAN,
    ("campaign_contacts", "cost"): NUMBER,
    **{
        ("customer_summaries", column): NUMBER
        for column in (
            "total_purchase",
            "total_order",
            "total_visit",
            "satisfaction",
            "loyalty",
            "conversion_rate",
            "lifetime_value",
            "recency_days",
        )
    },
}


@pytest.fixture(scope="module")
def sample() -> CrmSample:
    return generate_sample()


def issues(sample: CrmSample, issue: str, entity: str | None = None) -> pd.DataFrame:
    """Return the planted dirt of a kind."""
    dirt = sample.plant.dirt
    is_kind = dirt["issue"] == issue
    return dirt[is_kind if entity is None else is_kind & (dirt["entity"] == entity)]


def record_keys(sample: CrmSample, entity: str) -> pd.Series:
    """Return the cleaned key of every record of a table."""
    table = sample.tables[entity]
    if entity == "order_items":
        return table["order_id"] + ":" + table["line_number"]
    if entity == "customer_summaries":
        return table["customer_id"] + ":" + table["observed_on"]
    return table[KEYS.get(entity, "customer_id")]


def kept_records(sample: CrmSample, entity: str) -> pd.DataFrame:
    """Return the records of a table once each, without the rejected ones."""
    table = sample.tables[entity]
    dirt = sample.plant.dirt
    is_rejected = (dirt["entity"] == entity) & (dirt["action"] == "rejected")
    rejected = dirt.loc[is_rejected, "record_key"]
    key = KEYS[entity]
    is_kept = (table[key] != "") & ~table[key].isin(rejected.dropna())
    return table[is_kept].drop_duplicates(subset=key, keep="last")


def k_means(n_clusters: int, n_init: int = 50, random_state: int = 0) -> KMeans:
    return KMeans(n_clusters, n_init=n_init, random_state=random_state)


def bootstrap_jaccard(points: np.ndarray, n_clusters: int) -> np.ndarray:
    """Return each cluster's mean similarity to its best match in 50 resamples."""
    original = k_means(n_clusters).fit_predict(points)
    random = np.random.default_rng(0)
    similarities = []
    for random_state in range(50):
        drawn = random.integers(len(points), size=len(points))
        refit = k_means(n_clusters, 10, random_state).fit(points[drawn])
        rows = np.unique(drawn)
        both = pd.crosstab(original[rows], refit.predict(points[rows])).to_numpy()
        either = both.sum(axis=1)[:, None] + both.sum(axis=0)[None, :] - both
        similarities.append((both / either).max(axis=1))
    mean: np.ndarray = np.asarray(similarities).mean(axis=0)
    return mean


# ---------------------------------------------------------------- the files


def test_the_committed_files_are_what_the_generator_makes(sample: CrmSample) -> None:
    for name, table in sample.tables.items():
        committed = (SEEDS / f"raw_{name}.csv").read_bytes()
        assert committed == table_as_csv(table).encode("utf-8"), name


def test_there_is_no_other_file_of_records(sample: CrmSample) -> None:
    expected = {f"raw_{name}.csv" for name in sample.tables}
    assert {path.name for path in SEEDS.glob("*.csv")} == expected


def test_every_file_is_small_enough_to_be_a_seed() -> None:
    for path in SEEDS.glob("*.csv"):
        assert path.stat().st_size < MAXIMUM_FILE_BYTES, path.name


def test_the_same_seed_makes_the_same_sample(sample: CrmSample) -> None:
    again = generate_sample()
    for name, table in sample.tables.items():
        pd.testing.assert_frame_equal(again.tables[name], table)
    pd.testing.assert_frame_equal(again.plant.dirt, sample.plant.dirt)
    pd.testing.assert_frame_equal(again.plant.groups, sample.plant.groups)


def test_another_seed_makes_another_sample(sample: CrmSample) -> None:
    other = generate_sample(random_state=1)
    assert not other.tables["orders"].equals(sample.tables["orders"])


def test_all_values_are_text(sample: CrmSample) -> None:
    for name, table in sample.tables.items():
        assert table.map(lambda value: isinstance(value, str)).all(axis=None), name


def test_the_last_usable_record_is_of_the_last_day_of_2025(sample: CrmSample) -> None:
    last_days = []
    for entity, column in EVENT_DATES.items():
        values = kept_records(sample, entity)[column]
        iso = values[values.str.fullmatch(DATE)].str[:10]
        assert iso.max() <= "2025-12-31", entity
        assert iso.min() >= "2024-01-01", entity
        last_days.append(iso.max())
    assert max(last_days) == "2025-12-31"
    assert sample.plant.orders["ordered_at"].max() < pd.Timestamp(CURRENT_DATE)


# ---------------------------------------------------------------- the plant stays out


def test_no_raw_value_names_a_group(sample: CrmSample) -> None:
    for name, table in sample.tables.items():
        for group in GROUPS:
            has_name = table.map(lambda value, word=group.name: word in value.lower())
            assert not has_name.any(axis=None), (name, group.name)


def test_customer_ids_say_nothing_about_groups(sample: CrmSample) -> None:
    numbers = sample.plant.groups["customer_id"].astype(int)
    means = numbers.groupby(sample.plant.groups["group"]).transform("mean")
    assert means.var() / numbers.var() < 0.01


def test_names_are_no_words_of_the_other_columns() -> None:
    words = {*PLACES, *PRODUCTS, *CHANNELS}
    words |= {city for _, _, cities in PLACES.values() for city in cities}
    words |= {
        word
        for category, names in PRODUCTS.items()
        for name in (category, *names)
        for word in name.split()
    }
    lowered = {word.lower() for word in words}
    for name in (*FIRST_NAMES, *LAST_NAMES):
        assert name.lower() not in lowered
        assert len(name) >= 5


# ---------------------------------------------------------------- the dirt


def test_every_planted_fault_names_a_record_and_its_raw_value(
    sample: CrmSample,
) -> None:
    for fault in sample.plant.dirt.fillna("").to_dict(orient="records"):
        entity, column_name = str(fault["entity"]), fault["column_name"]
        keys = record_keys(sample, entity)
        own = sample.tables[entity][keys == fault["record_key"]]
        assert len(own) >= 1, fault
        if column_name:
            assert fault["raw_value"] in set(own[str(column_name)]), fault


def test_a_value_is_in_another_form_where_planted_and_nowhere_else(
    sample: CrmSample,
) -> None:
    for (entity, column), form in CANONICAL_FORMS.items():
        values = sample.tables[entity][column].str.strip()
        odd = Counter(values[(values != "") & ~values.str.fullmatch(form)])
        dirt = sample.plant.dirt
        planted = dirt.loc[
            (dirt["entity"] == entity) & (dirt["column_name"] == column), "raw_value"
        ].dropna()
        planted = planted.str.strip()
        assert odd == Counter(planted[~planted.str.fullmatch(form)]), (entity, column)


def test_a_record_has_at_most_one_fault(sample: CrmSample) -> None:
    named = sample.plant.dirt.dropna(subset="record_key")
    assert not named.duplicated(subset=["entity", "record_key"]).any()


def test_every_kind_of_dirt_is_planted_several_times(sample: CrmSample) -> None:
    counts = sample.plant.dirt.groupby(["issue", "action"]).size().to_dict()
    assert set(counts) == {
        ("duplicate_record", "merged"),
        ("superseded_record", "merged"),
        ("duplicate_person", "merged"),
        ("missing_key", "rejected"),
        ("missing_customer", "rejected"),
        ("missing_date", "rejected"),
        ("unparseable_value", "rejected"),
        ("unparseable_value", "nulled"),
        ("placeholder_value", "nulled"),
        ("impossible_value", "rejected"),
        ("impossible_value", "nulled"),
        ("reformatted_value", "repaired"),
        ("unknown_customer", "kept"),
        ("activity_before_registration", "kept"),
        ("amount_differs_from_items", "kept"),
        ("unknown_order", "kept"),
    }
    assert min(counts.values()) >= 5
    assert counts["duplicate_person", "merged"] == DUPLICATE_PEOPLE


def test_keys_repeat_where_planted_and_nowhere_else(sample: CrmSample) -> None:
    for entity in sample.tables:
        if entity == "erasure_requests":
            continue
        keys = record_keys(sample, entity)
        surplus = sorted(keys[keys.duplicated() & (keys != "")])
        planted = [
            *issues(sample, "duplicate_record", entity)["record_key"],
            *issues(sample, "superseded_record", entity)["record_key"],
        ]
        assert surplus == sorted(planted), entity


def test_people_register_twice_where_planted_and_nowhere_else(
    sample: CrmSample,
) -> None:
    customers = kept_records(sample, "customers")
    customers = customers.assign(email=customers["email"].str.strip().str.lower())
    customers = customers[customers["email"].str.contains("@")]
    pairs = customers[customers["email"].duplicated(keep=False)]
    assert (pairs.groupby("email").size() == 2).all()
    assert pairs.groupby("email")["birth_date"].nunique().eq(1).all()
    disappearing = pairs.sort_values(["registered_at", "customer_id"])
    disappearing = disappearing[disappearing["email"].duplicated()]
    planted = issues(sample, "duplicate_person")["record_key"]
    assert sorted(disappearing["customer_id"]) == sorted(planted)
    assert not planted.isin(sample.plant.groups["customer_id"]).any()
    assert planted.isin(sample.tables["orders"]["customer_id"]).any()


def test_items_sum_to_the_amount_except_where_planted(sample: CrmSample) -> None:
    items = sample.tables["order_items"].drop_duplicates(["order_id", "line_number"])
    price = items["unit_price"].str.removeprefix("€ ").str.replace(",", ".")
    items = items.assign(
        amount=pd.to_numeric(items["quantity"], errors="coerce")
        * pd.to_numeric(price, errors="coerce")
    )
    sums = items.groupby("order_id")["amount"].sum(min_count=1)
    unknown = items.loc[items["amount"].isna(), "order_id"]
    orders = kept_records(sample, "orders").set_index("order_id")
    amounts = pd.to_numeric(orders["amount"], errors="coerce").dropna()
    both = pd.DataFrame({"header": amounts, "items": sums}).dropna()
    both = both[~both.index.isin(unknown)]
    different = both[(both["header"] - both["items"]).abs() > 0.005].index
    planted = issues(sample, "amount_differs_from_items")["record_key"]
    assert sorted(different) == sorted(planted)
    without_amount = orders[pd.to_numeric(orders["amount"], errors="coerce").isna()]
    nulled = issues(sample, "reformatted_value", "orders")["record_key"]
    without_amount = without_amount[~without_amount.index.isin(nulled)]
    assert len(without_amount) > 100
    assert without_amount.index.isin(sums.index).all()
    assert not without_amount.index.isin(unknown).any()


def test_orders_precede_the_registration_where_planted_and_nowhere_else(
    sample: CrmSample,
) -> None:
    customers = kept_records(sample, "customers")
    customers = customers.assign(email=customers["email"].str.strip().str.lower())
    iso = customers["registered_at"].str.fullmatch(DATE)
    registered = customers[iso].set_index("customer_id")["registered_at"]
    merged = issues(sample, "duplicate_person")["record_key"]
    survivors = customers[~customers["customer_id"].isin(merged)]
    by_email = survivors[survivors["email"] != ""].set_index("email")["customer_id"]
    canonical = customers.set_index("customer_id")["email"]
    canonical = canonical[canonical.index.isin(merged)].map(by_email)
    orders = kept_records(sample, "orders")
    ids = orders["customer_id"].str.removesuffix(".0")
    ids = ids.where(~ids.isin(canonical.index), ids.map(canonical))
    ordered_at = orders["ordered_at"]
    ordered_on = pd.to_datetime(
        ordered_at.where(ordered_at.str.fullmatch(DATE)).str[:10]
    )
    day = pd.to_datetime(ordered_at, format="%d/%m/%Y", errors="coerce")
    registered_on = pd.to_datetime(ids.map(registered).str[:10])
    is_early = ordered_on.fillna(day) < registered_on
    is_early &= registered_on < pd.Timestamp(CURRENT_DATE)
    planted = issues(sample, "activity_before_registration")["record_key"]
    assert sorted(orders.loc[is_early, "order_id"]) == sorted(planted)


def test_slashed_dates_have_values_that_decide_their_order(sample: CrmSample) -> None:
    for column in sample.plant.date_orders.itertuples():
        values = sample.tables[str(column.entity)][str(column.column_name)]
        slashed = values[values.str.fullmatch(r"\d{1,2}/\d{1,2}/\d{4}")]
        parts = slashed.str.split("/", expand=True).astype(int)
        day = parts[0] if column.date_order == "day_first" else parts[1]
        month = parts[1] if column.date_order == "day_first" else parts[0]
        assert (day > 12).any()
        assert (day <= 12).any()
        assert (month <= 12).all()


# ---------------------------------------------------------------- the behaviour


def test_every_real_customer_of_a_group_is_a_customer(sample: CrmSample) -> None:
    groups = sample.plant.groups
    assert groups["customer_id"].is_unique
    assert groups["customer_id"].isin(sample.tables["customers"]["customer_id"]).all()
    expected = {group.name: group.customers for group in GROUPS}
    assert groups["group"].value_counts().to_dict() == expected


def test_thirty_customers_have_no_activity_no_email_and_no_birth_date(
    sample: CrmSample,
) -> None:
    customers = sample.tables["customers"]
    active = {
        customer_id.removesuffix(".0")
        for entity in (*EVENT_DATES, "customer_summaries")
        for customer_id in sample.tables[entity]["customer_id"]
    }
    is_silent = (customers["email"] == "") & (customers["birth_date"] == "")
    is_silent &= ~customers["customer_id"].isin(active)
    is_silent &= ~customers["customer_id"].isin(sample.plant.groups["customer_id"])
    assert is_silent.sum() == 30
    assert (
        not customers.loc[is_silent, "customer_id"]
        .isin(sample.plant.dirt["record_key"])
        .any()
    )


def test_erased_customers_are_outside_the_plant(sample: CrmSample) -> None:
    requests = sample.tables["erasure_requests"]
    customers = sample.tables["customers"]
    by_email = customers[customers["email"].isin(set(requests["email"]) - {""})]
    erased = (set(requests["customer_id"]) - {""}) | set(by_email["customer_id"])
    assert len(erased) == 3
    assert not sample.plant.groups["customer_id"].isin(erased).any()
    assert erased <= set(sample.tables["orders"]["customer_id"])
    for entity in EVENT_DATES:
        table = sample.tables[entity]
        keys = table.loc[table["customer_id"].isin(erased), KEYS[entity]]
        assert not keys.isin(sample.plant.dirt["record_key"]).any()


def test_k_means_finds_the_groups_out_of_time(sample: CrmSample) -> None:
    groups = sample.plant.groups.set_index("customer_id")["group"]
    training = logarithms(features(sample.plant, TRAINING_DATE))
    current = features(sample.plant, CURRENT_DATE)
    scaler = StandardScaler().fit(training)
    model = k_means(4).fit(scaler.transform(training))
    segments = model.predict(scaler.transform(logarithms(current)))
    assert adjusted_rand_score(groups[current.index], segments) >= 0.9


def test_k_means_finds_the_groups_when_fitted_today(sample: CrmSample) -> None:
    groups = sample.plant.groups.set_index("customer_id")["group"]
    current = features(sample.plant, CURRENT_DATE)
    points = StandardScaler().fit_transform(logarithms(current))
    segments = k_means(4).fit_predict(points)
    assert adjusted_rand_score(groups[current.index], segments) >= 0.9


@pytest.mark.parametrize("observation_date", [TRAINING_DATE, CURRENT_DATE])
def test_four_is_the_largest_stable_number_of_clusters(
    sample: CrmSample, observation_date: str
) -> None:
    values = logarithms(features(sample.plant, observation_date))
    points = StandardScaler().fit_transform(values)
    assert bootstrap_jaccard(points, 4).min() >= 0.85
    for n_clusters in range(5, 9):
        assert bootstrap_jaccard(points, n_clusters).min() < 0.75, n_clusters


def test_the_uplift_of_controlled_campaigns_is_as_planted(sample: CrmSample) -> None:
    contacts = kept_records(sample, "campaign_contacts")
    true_words = ["true", "yes", "Y"]
    contacts = contacts.merge(sample.plant.groups, on="customer_id")
    for fact in sample.plant.campaign_uplift.itertuples():
        own = contacts[
            (contacts["campaign_id"] == fact.campaign_id)
            & (contacts["group"] == fact.group)
        ]
        is_control = own["is_control"].isin(true_words)
        share = own["has_converted"].isin(true_words).groupby(is_control).mean()
        assert share[False] - share[True] == pytest.approx(fact.uplift, abs=1e-12)


def test_won_back_customers_buy_after_the_contact(sample: CrmSample) -> None:
    orders = sample.plant.orders
    moves = sample.plant.moves
    assert len(moves) >= 50
    for move in moves.itertuples():
        own = orders.loc[orders["customer_id"] == move.customer_id, "ordered_at"]
        assert (own.dt.date == move.moved_on).any()
