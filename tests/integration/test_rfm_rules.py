"""A seed that people edit says who is in which segment."""

import pandas as pd
import pytest
from conftest import BuildMethod, Warehouse, method_variables, open_database

TO_SCORES = ("--select", "segmentation_registry+,+customer_segment_assignments")
VARIABLES = method_variables("rfm_rules")
# Whatever is configured: these are not the features that scores are of.
OTHER_FEATURES = [
    {"name": "visit_count", "impute": "zero", "cap_quantile": None}
    | {"transform": "log1p", "scale": "standard", "weight": 1}
]
VERSIONS = (
    "select method, fit_reason, n_segments from segmentation_versions "
    "order by segmentation_version"
)


@pytest.fixture(scope="module")
def warehouse(build_method: BuildMethod) -> Warehouse:
    """The sample, segmented by the rules that come with the project."""
    return build_method("rfm_rules")


def segments_of(warehouse: Warehouse, condition: str) -> pd.DataFrame:
    """Features and segment of customers, by what the version in use calls it."""
    return warehouse.frame(
        f"""
        select features.*, assignments.segment_id, names.text_value as segment_name
        from customer_features as features
        inner join int_observation_dates using (observation_date)
        left join customer_segment_assignments as assignments
            using (observation_date, customer_id)
        left join segmentation_registry as names
            on assignments.segmentation_version = names.segmentation_version
            and assignments.segment_id = names.segment_id
            and names.parameter = 'given_name'
        where not features.is_never_buyer and {condition}
        order by observation_date, customer_id
        """
    )


def expected_segments(customers: pd.DataFrame, rules: pd.DataFrame) -> list[str]:
    """Segment of the training customers, by ranks of pandas and rule by rule."""
    scores = pd.DataFrame(
        {
            # Of equal values all have the rank of the worst.
            name: 1 + (ranks - 1) * 5 // len(customers)
            for name, ranks in (
                (
                    "recency",
                    customers["recency_days"].rank(method="min", ascending=False),
                ),
                ("frequency", customers["order_count"].rank(method="min")),
                ("monetary", customers["total_spend"].astype(float).rank(method="min")),
            )
        }
    )
    expected = pd.Series(pd.NA, index=customers.index, dtype=object)
    for rule in rules.sort_values("rule_number").to_dict("records"):
        is_held = pd.Series(True, index=customers.index)
        for name in scores:
            is_held &= scores[name].between(
                rule[f"{name}_score_from"], rule[f"{name}_score_to"]
            )
        expected = expected.mask(expected.isna() & is_held, rule["segment_name"])
    return list(expected)


def test_training_customers_are_where_their_scores_put_them(
    warehouse: Warehouse,
) -> None:
    customers = segments_of(warehouse, "is_training")
    rules = warehouse.frame("from rfm_segments")
    assert list(customers["segment_name"]) == expected_segments(customers, rules)
    assert customers["segment_name"].nunique() == 11
    by_segment = customers.astype({"total_spend": float}).groupby("segment_name")
    assert by_segment["recency_days"].mean().idxmax() == "Lost"
    assert by_segment["total_spend"].mean().idxmax() == "Champions"


def test_every_customer_of_every_date_has_a_segment(warehouse: Warehouse) -> None:
    customers = segments_of(warehouse, "true")
    assert customers["segment_name"].notna().all()
    assert not customers.duplicated(["observation_date", "customer_id"]).any()
    assert customers["observation_date"].nunique() == 4


def test_the_seed_as_edited_is_a_new_version(
    warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> None:
    edited = warehouse.copy_to(tmp_path_factory.mktemp("edited"))
    with open_database(edited.database) as connection:
        connection.execute(
            "update rfm_segments set segment_name = 'Stars', monetary_score_from = 5 "
            "where segment_name = 'Champions'"
        )
    edited.build(
        *TO_SCORES, variables={**VARIABLES, "segmentation_features": OTHER_FEATURES}
    )
    assert edited.rows(VERSIONS) == [
        ("kmeans", "first_fit", 3),
        ("rfm_rules", "configuration_changed", 11),
        ("rfm_rules", "configuration_changed", 11),
    ]
    customers = segments_of(edited, "is_training")
    rules = edited.frame("from rfm_segments")
    assert list(customers["segment_name"]) == expected_segments(customers, rules)
    assert "Stars" in set(customers["segment_name"])

    # Segments that are what they were keep their ids under whatever name.
    before = segments_of(warehouse, "is_training")
    lost = [
        frame.loc[frame["segment_name"] == "Lost", "segment_id"].unique().tolist()
        for frame in (before, customers)
    ]
    assert lost[0] == lost[1]


def test_a_seed_with_a_gap_is_refused_in_one_sentence(
    warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> None:
    edited = warehouse.copy_to(tmp_path_factory.mktemp("gap"))
    with open_database(edited.database) as connection:
        connection.execute("delete from rfm_segments where segment_name = 'Lost'")
    result = edited.run_dbt(["run", "--select", "segmentation_registry"], VARIABLES)
    assert result.returncode == 1
    # Who ordered last is at risk where they ordered often or spent much: the other
    # combinations of two frequencies and three amounts are none of a rule.
    assert (
        "The seed rfm_segments has no segment for the scores recency 1, frequency 1, "
        "monetary 1 and 5 others; expected one for each of the 125 combinations"
    ) in " ".join(result.stdout.split())
