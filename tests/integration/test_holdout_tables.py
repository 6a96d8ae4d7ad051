"""Who is held out of a campaign stays so, and the campaign is compared by it."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from conftest import Warehouse, open_database
from scipy.stats import binom, binomtest, chi2_contingency

BUILDS = 10
SHARE = 0.2
HOLDOUTS = ("--select", "int_holdout_assignments", "int_customer_holdouts")
WITHOUT_TESTS = ("--exclude-resource-type", "test", "unit_test")


def assignment_number(campaign: str, customer: str, salt: str = "") -> float:
    """The number that the docs describe, by Python's own md5."""
    digits = hashlib.md5(f"{campaign}|{salt}|{customer}".encode()).hexdigest()[:13]
    return int(digits, 16) / 16**13


def plan_campaign(
    warehouse: Warehouse, campaign: str, segments: str, start: str = "2020-01-01"
) -> None:
    """Write a campaign into the seed as it is in the warehouse."""
    with open_database(warehouse.database) as connection:
        connection.execute(
            "insert into holdout_campaigns values (?, ?, ?, ?, null, 0.05)",
            [campaign, segments, SHARE, start],
        )


def build(warehouse: Warehouse, *selection: str) -> None:
    """Build models without their tests, and nothing before them."""
    result = warehouse.run_dbt(["build", *selection, *WITHOUT_TESTS])
    assert result.returncode == 0, result.stdout[-4000:]


@pytest.fixture(scope="module")
def planned(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """A copy with a campaign for all segments, one for two, and one for later."""
    warehouse = sample_warehouse.copy_to(tmp_path_factory.mktemp("holdouts"))
    plan_campaign(warehouse, "spring", "all")
    plan_campaign(warehouse, "summer", "1 3")
    plan_campaign(warehouse, "later", "all", start="2999-01-01")
    build(warehouse, "--select", "int_holdout_assignments+")
    return warehouse


def test_a_hash_decides_in_each_segment(planned: Warehouse) -> None:
    rows = planned.frame("from segment_holdouts")
    eligible = planned.frame(
        "select customer_id, segment_id from customer_segments "
        "semi join (from int_contactable_customers where is_contactable) "
        "using (customer_id)"
    )
    assert 500 < len(eligible) < planned.row("select count(*) from customers")[0]
    of_two = eligible[eligible["segment_id"].isin([1, 3])]
    for campaign, customers in (("spring", eligible), ("summer", of_two)):
        held = rows[rows["campaign_id"] == campaign].set_index("customer_id")
        assert set(held.index) == set(customers["customer_id"])
        numbers = [assignment_number(campaign, customer) for customer in held.index]
        assert (held["assignment_number"] == numbers).all()
        assert (held["is_held_out"] == (held["assignment_number"] < SHARE)).all()
        for _, segment in held.groupby("segment_id"):
            low, high = binom.interval(0.999, len(segment), SHARE)
            assert low <= segment["is_held_out"].sum() <= high
    assert set(rows["campaign_id"]) == {"spring", "summer"}
    # What one campaign does says nothing of another.
    both = rows.pivot(index="customer_id", columns="campaign_id", values="is_held_out")
    table = pd.crosstab(*(both.dropna()[name] for name in ("spring", "summer")))
    assert chi2_contingency(table).pvalue > 0.001


def test_the_power_is_that_of_the_customers_held_out(planned: Warehouse) -> None:
    """By a simulation of the campaign, over all customers of it."""
    row = planned.frame(
        "from segment_holdout_power where campaign_id = 'spring' and is_overall"
    ).iloc[0]
    segments = planned.frame(
        "from segment_holdout_power where campaign_id = 'spring' and not is_overall"
    )
    for column in ("customers", "customers_held_out"):
        assert segments[column].sum() == row[column]
    # The share of a segment with few buyers is hidden, and nothing in that of all.
    assert segments["buyer_share"].notna().sum() >= 2
    shares = segments["buyer_share"].fillna(0)
    weighted = np.average(shares, weights=segments["customers"])
    assert row["buyer_share"] == pytest.approx(weighted, abs=1e-5)
    random = np.random.default_rng(0)
    treated = int(row["customers"] - row["customers_held_out"])
    control = int(row["customers_held_out"])
    converted = (
        random.binomial(treated, row["buyer_share"] + row["expected_effect"], 2000),
        random.binomial(control, row["buyer_share"], 2000),
    )
    found = [
        chi2_contingency(
            [[one, treated - one], [other, control - other]], correction=False
        ).pvalue
        < 0.05
        for one, other in zip(*converted, strict=True)
    ]
    assert row["power"] == pytest.approx(np.mean(found), abs=0.03)


def test_assignment_stays_over_many_builds(
    planned: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Customers come, move, withdraw consent, turn out to be one, and are erased."""
    warehouse = planned.copy_to(tmp_path_factory.mktemp("builds"))
    assigned = warehouse.frame(
        "from int_holdout_assignments where campaign_id = 'spring'"
    ).set_index("customer_id")
    first, second, erased, withdrawn, third = assigned.index[:5]
    for number in range(1, BUILDS):
        with open_database(warehouse.database) as connection:
            # A new customer in each build, and everybody moves.
            connection.execute(
                "insert into customer_segment_assignments by name "
                "select * replace ('new ' || ? as customer_id) "
                "from customer_segment_assignments "
                "where customer_id = ? and observation_date = "
                "(select observation_date from int_observation_dates "
                "where is_current)",
                [number, first],
            )
            connection.execute(
                "insert into int_contactable_customers by name "
                "select ('new ' || ?) as customer_id, true as is_contactable",
                [number],
            )
            connection.execute(
                "update customer_segment_assignments "
                "set segment_id = segment_id % 4 + 1"
            )
            if number == 2:
                connection.execute(
                    "update holdout_campaigns set holdout_share = 0.9, salt = 'new'"
                )
            if number == 4:
                connection.execute(
                    "update int_contactable_customers set is_contactable = false "
                    "where customer_id = ?",
                    [withdrawn],
                )
            if number == 6:
                connection.execute(
                    "insert into int_customer_id_changes "
                    "(customer_id, surviving_customer_id, reason, is_recorded) values "
                    "(?, ?, 'duplicate_person', true), (?, null, 'erased', true), "
                    "(?, 'survivor', 'duplicate_person', true)",
                    [second, first, erased, third],
                )
                connection.execute(
                    "delete from customer_segment_assignments "
                    "where customer_id in (?, ?)",
                    [second, erased],
                )
                # Known until today under another id only.
                for table in (
                    "customer_segment_assignments",
                    "int_contactable_customers",
                ):
                    connection.execute(
                        f"update {table} set customer_id = 'survivor' "
                        "where customer_id = ?",
                        [third],
                    )
        full = ["--full-refresh"] if number == BUILDS - 1 else []
        build(warehouse, *HOLDOUTS, *full)
        stored = warehouse.frame(
            "from int_holdout_assignments where campaign_id = 'spring'"
        ).set_index("customer_id")
        kept = assigned if number < 6 else assigned.drop(erased)
        pd.testing.assert_frame_equal(stored.loc[kept.index], kept)
        assert len(stored) == len(kept) + number
        new = stored.loc[f"new {number}"]
        assert new["holdout_share"] == (SHARE if number < 2 else 0.9)
        salt = "" if number < 2 else "new"
        assert new["assignment_number"] == assignment_number(
            "spring", f"new {number}", salt
        )
    current = warehouse.frame(
        "from int_customer_holdouts where campaign_id = 'spring'"
    ).set_index("customer_id")
    assert erased not in current.index
    assert not {second, third} & set(current.index)
    assert current.loc["survivor", "is_held_out"] == assigned.loc[third, "is_held_out"]
    assert current.loc["survivor", "is_contactable"]
    # Who withdrew is in the arm as assigned, and no longer to be addressed.
    assert not current.loc[withdrawn, "is_contactable"]
    assert (
        current.loc[withdrawn, "is_held_out"] == assigned.loc[withdrawn, "is_held_out"]
    )
    arms = assigned.loc[[first, second], "is_held_out"]
    assert current.loc[first, "is_in_both_arms"] == (arms.nunique() == 2)


@pytest.fixture(scope="module")
def compared(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """A copy with a campaign of a window ago, which reached some of the treated."""
    warehouse = sample_warehouse.copy_to(tmp_path_factory.mktemp("by_assignment"))
    assigned = warehouse.frame(
        "select assignments.* from customer_segment_assignments as assignments "
        "inner join int_observation_dates as dates using (observation_date) "
        "where dates.is_training order by customer_id"
    )
    numbers = np.array(
        [assignment_number("spring", customer) for customer in assigned["customer_id"]]
    )
    chosen = ["customer_id", "segment_id", "segmentation_version"]
    rows = assigned[chosen].assign(
        campaign_id="spring",
        assignment_number=numbers,
        holdout_share=SHARE,
        is_held_out=numbers < SHARE,
        assigned_on=assigned["observation_date"].dt.date,
    )
    with open_database(warehouse.database) as connection:
        connection.register("rows", rows)
        connection.execute(
            "insert into int_holdout_assignments by name select * from rows"
        )
        # Every third of the treated, a day later, and somebody who was not assigned.
        connection.execute(
            "insert into int_campaign_contacted_customers by name "
            "select 'spring' as campaign_id, customer_id, 'treated' as arm, "
            "1.5 as cost, true as has_orders, "
            "cast(assigned_on as timestamp) + interval 1 day as contacted_at from rows "
            "where not is_held_out and md5(customer_id) < '55' "
            "union all select 'spring', 'a stranger', 'treated', 1.5, true, "
            "timestamp '2025-11-01'"
        )
    build(warehouse, "--select", "int_customer_holdouts+")
    return warehouse


def test_a_campaign_is_compared_by_assignment(compared: Warehouse) -> None:
    """Whoever was contacted: by orders and arms that pandas puts together."""
    holdouts = compared.frame("from int_holdout_assignments").set_index("customer_id")
    [start] = pd.to_datetime(holdouts["assigned_on"]).unique()
    orders = compared.frame(
        "select customer_id, counted_at from int_counted_orders "
        "where order_kind = 'order'"
    )
    within = orders["counted_at"].between(
        start, start + pd.Timedelta(days=90), inclusive="left"
    )
    bought = pd.Series(
        holdouts.index.isin(orders[within]["customer_id"]), holdouts.index
    )
    uplift = compared.frame(
        "from segment_campaign_uplift "
        "where campaign_id = 'spring' and outcome = 'conversion'"
    )
    assert len(uplift) == 1 + holdouts["segment_id"].nunique()
    for row in uplift.itertuples():
        chosen = holdouts
        if not row.is_overall:
            chosen = holdouts[holdouts["segment_id"] == row.segment_id]
        control = chosen["is_held_out"]
        assert row.customers_treated == (~control).sum()
        assert row.customers_control == control.sum()
        # The stranger is in the row over all only, and in no arm.
        assert row.customers_excluded == int(row.is_overall)
        shares = bought[chosen.index].groupby(control).mean()
        if pd.notna(row.estimate_missing_reason):
            buyers = bought[chosen.index].groupby(control).sum()
            assert row.estimate_missing_reason in (
                "too_few_buyers",
                "tells_another_segment",
            )
            assert (
                row.estimate_missing_reason != "too_few_buyers" or 1 <= buyers.min() < 5
            )
            continue
        assert row.difference == pytest.approx(shares[False] - shares[True], abs=1e-6)
    assert uplift["difference"].notna().sum() >= 2
    overall = uplift[uplift["is_overall"]].iloc[0]
    # Who was not reached cost nothing.
    reached = compared.row(
        "select count(*) filter (where cost > 0), count(*) from int_campaign_customers "
        "where campaign_id = 'spring' and arm = 'treated'"
    )
    assert 0.2 < reached[0] / reached[1] < 0.5
    assert float(overall["cost_per_customer"]) == pytest.approx(
        1.5 * reached[0] / reached[1], abs=1e-4
    )
    held_out, total = int(holdouts["is_held_out"].sum()), len(holdouts)
    assert overall["control_share_p_value"] == pytest.approx(
        binomtest(held_out, total, SHARE).pvalue, rel=1e-6
    )
    assert overall["is_balanced"]


def test_a_holdout_that_lost_customers_is_unbalanced(
    compared: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A third of the controls is gone, whatever they had spent."""
    broken = compared.copy_to(tmp_path_factory.mktemp("lost"))
    with open_database(broken.database) as connection:
        connection.execute(
            "delete from int_holdout_assignments "
            "where is_held_out and md5(customer_id) < '55'"
        )
    build(broken, "--select", "int_customer_holdouts+")
    rows = broken.frame("from segment_campaign_uplift where campaign_id = 'spring'")
    overall = rows[rows["is_overall"]].iloc[0]
    assert overall["control_share_p_value"] < 1e-4
    assert not rows["is_balanced"].any()
    assert not rows["is_reliable"].any()
