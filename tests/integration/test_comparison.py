"""Every method is compared on the sample, and only when somebody asks for it."""

import json
import pkgutil
from pathlib import Path

import pytest
from conftest import Warehouse

import segmentation.methods
from segmentation.methods import load_method

TABLES = (
    "compared_methods",
    "method_comparison_facts",
    "segmentation_method_agreement",
    "segmentation_method_comparison",
)
# Few resamples; the other numbers do not depend on them.
FEW_RESAMPLES = {"bootstrap_count": 4, "prediction_strength_splits": 2}
CUSTOMERS = 1967


@pytest.fixture(scope="module")
def compared(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """The warehouse of the sample with the comparison, all its tests passed."""
    warehouse = sample_warehouse.copy_to(tmp_path_factory.mktemp("compared"))
    result = warehouse.run_dbt(["build", "--select", "tag:comparison"], FEW_RESAMPLES)
    assert result.returncode == 0, result.stdout[-4000:]
    return warehouse


def methods_with_a_module() -> set[str]:
    names = [
        module.name for module in pkgutil.iter_modules(segmentation.methods.__path__)
    ]
    methods = set()
    for name in names:
        try:
            load_method(name)
        except AttributeError:
            # What several methods share.
            continue
        methods.add(name)
    return methods


def tables(warehouse: Warehouse) -> list[str]:
    return [
        name
        for (name,) in warehouse.rows(
            "select table_name from information_schema.tables order by 1"
        )
    ]


def test_an_ordinary_build_compares_nothing(
    sample_warehouse: Warehouse, compared: Warehouse
) -> None:
    assert not set(TABLES) & set(tables(sample_warehouse))
    assert set(tables(compared)) - set(tables(sample_warehouse)) == set(TABLES)


def test_every_method_there_is_has_one_row(compared: Warehouse) -> None:
    rows = compared.rows("select method from segmentation_method_comparison")
    assert sorted(method for (method,) in rows) == sorted(methods_with_a_module())
    assert len(rows) >= 12


def test_every_method_can_be_in_production_on_the_sample(compared: Warehouse) -> None:
    assert (
        compared.rows(
            "select method, refusal_reason from segmentation_method_comparison "
            "where not is_eligible_for_production"
        )
        == []
    )


def test_all_are_compared_on_the_same_bounded_sample(compared: Warehouse) -> None:
    assert compared.rows(
        "select distinct customers, observation_date "
        "from segmentation_method_comparison"
    ) == compared.rows(
        "select count(*), max(observation_date) from segmentation_training"
    )
    fitted = dict(
        compared.rows(
            "select method, customers_fitted from segmentation_method_comparison"
        )
    )
    [learned_from] = compared.row(
        "select count(*) from customer_features where observation_date = "
        "(select min(observation_date) from int_observation_dates)"
    )
    expected = {
        method: learned_from if load_method(method).learns_outcome else CUSTOMERS
        for method in fitted
    }
    assert fitted == expected


def test_methods_that_compare_pairs_are_fitted_on_fewer(
    compared: Warehouse, tmp_path: Path
) -> None:
    warehouse = compared.copy_to(tmp_path)
    result = warehouse.run_dbt(
        ["run", "--select", "tag:comparison"],
        {**FEW_RESAMPLES, "selection_sample_rows": 300, "n_segments": 3},
    )
    assert result.returncode == 0, result.stdout[-4000:]
    rows = warehouse.rows(
        "select method, customers, customers_fitted, n_segments "
        "from segmentation_method_comparison"
    )
    for method, customers, fitted, n_segments in rows:
        has_pairs = load_method(method).grows_with_square
        assert customers == CUSTOMERS
        assert (fitted == 300) == has_pairs, method
        if not load_method(method).chooses_number or method == "kmeans":
            assert n_segments == 3, method


def test_k_means_is_what_production_says_of_itself(compared: Warehouse) -> None:
    """SQL computed these for the segments in production, Python here."""
    found = compared.row(
        "select eta_squared, spend_quantiles_eta_squared, silhouette, davies_bouldin, "
        "calinski_harabasz, smallest_share, n_segments "
        "from segmentation_method_comparison where method = 'kmeans'"
    )
    [segments], [quantiles] = (
        compared.row(
            "select eta_squared from segmentation_backtest_summary "
            f"where segmentation = '{segmentation}'"
        )
        for segmentation in ("segments", "spend_quantiles")
    )
    candidate = compared.row(
        "select silhouette, davies_bouldin, calinski_harabasz, smallest_share, k "
        "from segmentation_k_candidates where is_chosen and is_in_use"
    )
    assert found == pytest.approx((segments, quantiles, *candidate), abs=1.5e-6)


def test_agreement_is_symmetric_and_without_a_diagonal(compared: Warehouse) -> None:
    indices = {
        (first, second): index
        for first, second, index in compared.rows(
            "select method, other_method, adjusted_rand_index "
            "from segmentation_method_agreement"
        )
    }
    methods = methods_with_a_module()
    assert set(indices) == {(a, b) for a in methods for b in methods if a != b}
    for (first, second), index in indices.items():
        assert indices[second, first] == index
    # The sample was planted as round groups, which most clusterings find alike.
    for method in ("mini_batch_kmeans", "bisecting_kmeans", "agglomerative"):
        assert indices["kmeans", method] >= 0.95


def test_dbt_builds_the_comparison_on_a_new_warehouse(tmp_path: Path) -> None:
    """What is upstream is listed with it; what is not is left out."""
    result = Warehouse(tmp_path).run_dbt(
        ["--quiet", "ls", "--selector", "comparison", "--output", "json"]
    )
    assert result.returncode == 0, result.stdout[-4000:]
    nodes = {
        node["unique_id"]: node
        for node in map(json.loads, result.stdout.splitlines())
        if node["resource_type"] in ("model", "seed")
    }
    names = {node["name"] for node in nodes.values()}
    assert {*TABLES, "outcome_training", "raw_customers", "rfm_segments"} <= names
    assert not {"segmentation_registry", "customer_segments"} & names
