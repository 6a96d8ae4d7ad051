"""The rules that explain the segments are SQL that does what is stated of it."""

from pathlib import Path

import pandas as pd
import pytest
from conftest import Warehouse, from_fit_to, open_database

RULES = (
    "select distinct rule_number, segment_id, predicate, customers, coverage, "
    '"precision", recall, fidelity, training_fidelity, cost_ratio, is_suppressed '
    "from segment_rules order by rule_number"
)
TO_RULES = from_fit_to("segment_rules", "customer_segments")
TODAY = (
    "select customer_features.*, customer_segments.segment_id "
    "from customer_features "
    "inner join customer_segments using (observation_date, customer_id)"
)
TRAINING = (
    "select customer_features.*, assignments.segment_id "
    "from customer_features "
    "inner join segmentation_training using (observation_date, customer_id) "
    "inner join customer_segment_assignments as assignments "
    "using (observation_date, customer_id)"
)


def execute(warehouse: Warehouse, customers: str) -> pd.DataFrame:
    """Whether each published predicate holds for each customer, executed as SQL."""
    rules = warehouse.rows("select distinct rule_number, predicate from segment_rules")
    columns = ", ".join(f"({sql}) as rule_{number}" for number, sql in rules)
    return warehouse.frame(
        f"select segment_id, {columns} from ({customers}) as customers"
    )


def assert_figures_are_right(warehouse: Warehouse) -> pd.DataFrame:
    """Count with pandas what the predicates cover; return the rules."""
    rules = warehouse.frame(RULES)
    assert not rules["is_suppressed"][rules["segment_id"] > 0].any()
    covered = execute(warehouse, TODAY)
    customers = warehouse.row("select count(*) from customers")[0]
    assert len(covered) == customers
    assert (covered.drop(columns="segment_id").sum(axis=1) == 1).all()
    right = 0
    for rule in rules.to_dict("records"):
        is_covered = covered[f"rule_{rule['rule_number']}"]
        is_in_segment = covered["segment_id"] == rule["segment_id"]
        both = (is_covered & is_in_segment).sum()
        right += both * (rule["segment_id"] > 0)
        assert rule["customers"] == is_covered.sum()
        assert rule["coverage"] == round(is_covered.sum() / customers, 6)
        if not rule["is_suppressed"]:
            assert rule["precision"] == round(both / is_covered.sum(), 6)
            assert rule["recall"] == round(both / is_in_segment.sum(), 6)
        assert rule["fidelity"] == pytest.approx(rules["fidelity"][0])
    # Rule 0 is always right, and so counts nowhere.
    buyers = (covered["segment_id"] > 0).sum()
    assert rules["fidelity"][0] == round(right / buyers, 6)
    return rules


def assert_training_fidelity_is_right(warehouse: Warehouse) -> None:
    """The training customers are divided as the registry says, missing values too."""
    covered = execute(warehouse, TRAINING)
    segment_of = dict(
        warehouse.rows("select rule_number, segment_id from segment_rules")
    )
    explained = covered.drop(columns="segment_id").rename(
        columns=lambda column: segment_of[int(column.removeprefix("rule_"))]
    )
    assert (explained.sum(axis=1) == 1).all()
    fidelity = (explained.idxmax(axis=1) == covered["segment_id"]).mean()
    assert warehouse.row(
        "select explanation_fidelity from segmentation_versions where is_in_use"
    ) == (pytest.approx(fidelity, abs=1e-12),)


def test_sample_is_explained_by_a_rule_a_segment(sample_warehouse: Warehouse) -> None:
    rules = assert_figures_are_right(sample_warehouse)
    assert rules["segment_id"].tolist() == [0, 1, 2, 3]
    assert rules["fidelity"][0] >= 0.9
    assert rules["training_fidelity"][0] >= 0.9
    assert 1 <= rules["cost_ratio"][0] < 1.1
    assert_training_fidelity_is_right(sample_warehouse)


def test_households_get_more_rules_until_they_are_true_enough(
    households: Warehouse,
) -> None:
    rules = assert_figures_are_right(households)
    assert 4 < len(rules) <= 20
    assert set(rules["segment_id"]) == {0, 1, 2, 3}
    assert rules["training_fidelity"][0] >= 0.9
    assert_training_fidelity_is_right(households)


def test_rules_follow_features_that_can_be_missing_and_a_pinned_version(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    """Every candidate turned on: values are missing, capped, weighted and whole."""
    warehouse = sample_warehouse.copy_to(tmp_path)
    published = "from segment_rules order by all"
    usual = {"impute": "median", "cap_quantile": None, "transform": "none"}
    usual |= {"scale": "standard", "weight": 1}
    features = [
        {"name": "recency_days", **usual, "transform": "log1p"},
        {"name": "total_spend", **usual, "impute": "zero", "cap_quantile": 0.9},
        {"name": "satisfaction", **usual, "impute": "mean", "weight": 2},
        {"name": "age", **usual, "scale": "robust", "cap_quantile": 0.95},
        {"name": "visit_count", **usual, "impute": "zero", "scale": "minmax"},
    ]
    variables = {
        "segmentation_features": features,
        "maximum_missing_share": 0.6,
        "n_segments": 7,
    }
    warehouse.build(*TO_RULES, "feature_selection", variables=variables)
    assert_figures_are_right(warehouse)
    assert_training_fidelity_is_right(warehouse)
    predicates = " ".join(sql for _, _, sql, *_ in warehouse.rows(RULES))
    assert "coalesce(satisfaction, " in predicates
    assert "coalesce(total_spend" not in predicates

    warehouse.build(*TO_RULES, variables={**variables, "segmentation_version": 1})
    assert warehouse.rows(published) == sample_warehouse.rows(published)


def test_small_cells_show_no_share_of_them(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse = sample_warehouse.copy_to(tmp_path)
    warehouse.build("--select", "segment_rules", variables={"minimum_cell_size": 450})
    rules = warehouse.frame(RULES)
    is_small = rules["customers"] < 450
    assert 0 < is_small.sum() < 5
    assert rules["is_suppressed"][is_small].all()
    assert (rules["precision"].isna() == rules["is_suppressed"]).all()
    assert (rules["recall"].isna() == rules["is_suppressed"]).all()
    # All rules less those shown are no small rule.
    hidden = rules[rules["is_suppressed"] & (rules["rule_number"] != 0)]
    assert hidden["customers"].sum() >= 450
    assert not rules["is_suppressed"].all()


def test_rules_compile_before_anything_is_built(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    result = warehouse.run_dbt(
        ["compile", "--select", "segment_rules", "int_segment_rule_counts"]
    )
    assert result.returncode == 0, result.stdout[-4000:]


# ---------------------------------------------------------------- names


def choose(warehouse: Warehouse, names: dict[int, str]) -> None:
    """Fill the seed of chosen names as `dbt seed` does."""
    with open_database(warehouse.database) as connection:
        connection.execute("delete from segment_names")
        for segment_id, name in names.items():
            connection.execute(
                "insert into segment_names values (?, ?)", [segment_id, name]
            )


def test_names_are_those_of_a_marketer(
    sample_warehouse: Warehouse, households: Warehouse
) -> None:
    names = "select segment_name from segments where is_in_use order by segment_id"
    assert [name for (name,) in sample_warehouse.rows(names)] == [
        "No purchases on record",
        "Active big spenders",
        "Small spenders",
        "Inactive small spenders",
    ]
    both = [*sample_warehouse.rows(names), *households.rows(names)]
    assert all(2 <= len(name.split()) <= 5 for (name,) in both)
    assert len(set(households.rows(names))) == 4


def test_a_chosen_name_wins_and_survives_refits(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    """Also where it is what another segment would be called; no other name changes."""
    warehouse = sample_warehouse.copy_to(tmp_path)
    names = "select segment_id, segment_name, is_name_chosen from segments order by 1"
    warehouse.build(*from_fit_to("segments"), variables={"refit": True})
    assert warehouse.rows(names) == sample_warehouse.rows(names)
    derived = dict(row[:2] for row in warehouse.rows(names))

    choose(warehouse, {2: "Sleeping beauties", 3: derived[1]})
    warehouse.build("--select", "int_segment_possible_names+,+segments")
    chosen = warehouse.rows(names)
    assert chosen[0] == (0, "No purchases on record", False)
    assert chosen[2:] == [
        (2, "Sleeping beauties", True),
        (3, derived[1], True),
    ]
    [neutral] = warehouse.row(
        "select text_value from segmentation_registry where segment_id = 1 "
        "and parameter = 'neutral_name' and segmentation_version = 1"
    )
    assert chosen[1][1:] == (neutral, False)

    warehouse.build(
        *from_fit_to("segments"), variables={"refit": True, "random_state": 1}
    )
    assert warehouse.rows(names) == chosen

    choose(warehouse, {})
    warehouse.build("--select", "int_segment_possible_names+,+segments")
    assert warehouse.rows(names) == sample_warehouse.rows(names)
