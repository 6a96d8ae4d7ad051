"""Every method is compared on the sample, and only when somebody asks for it."""

import pkgutil

import pytest
from conftest import USUAL_VARIABLES, Warehouse

import segmentation.methods
from segmentation.methods import load_method

K = USUAL_VARIABLES["n_segments"]

TABLES = (
    "int_method_comparison_facts",
    "segmentation_method_agreement",
    "segmentation_method_comparison",
)
# Little is fitted again and again, and in pairs; the rest does not depend on it.
SETTINGS = {
    "bootstrap_count": 4,
    "prediction_strength_splits": 2,
    "selection_sample_rows": 1000,
}
# Those of the training date who have bought.
CUSTOMERS = 1449


@pytest.fixture(scope="module")
def compared(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """The warehouse of the sample with the comparison, all its tests passed."""
    warehouse = sample_warehouse.copy_to(tmp_path_factory.mktemp("compared"))
    result = warehouse.run_dbt(["build", "--select", "tag:comparison"], SETTINGS)
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
    [earlier] = compared.row(
        "select count(*) from customer_features "
        "where not is_never_buyer and observation_date = "
        "(select max(observation_date) from int_observation_dates "
        "where outcome_end_date is not null and not is_training)"
    )
    fitted = compared.rows(
        "select method, customers_fitted, n_segments "
        "from segmentation_method_comparison"
    )
    for name, customers_fitted, n_segments in fitted:
        method = load_method(name)
        expected = earlier if method.is_supervised else CUSTOMERS
        if method.is_quadratic:
            expected = SETTINGS["selection_sample_rows"]
        assert customers_fitted == expected, name
        assert n_segments == K or method.selects_k == "always" or method.features, name


def test_k_means_is_what_production_says_of_itself(compared: Warehouse) -> None:
    """SQL computed these for the segments in production, Python here."""
    found = compared.row(
        "select eta_squared, spend_quantiles_eta_squared, davies_bouldin, "
        "calinski_harabasz, smallest_share, n_segments "
        "from segmentation_method_comparison where method = 'kmeans'"
    )
    [segments], [quantiles] = (
        compared.row(
            "select (sum(total ** 2 / customers) - sum(total) ** 2 / sum(customers)) "
            "/ (sum(squares) - sum(total) ** 2 / sum(customers)) from ("
            "select sum(spend_total) as total, sum(spend_squares) as squares, "
            "sum(customers) as customers from int_backtest_groups "
            f"where population = 'buyers' and segmentation = '{segmentation}' "
            "group by group_number)"
        )
        for segmentation in ("segments", "spend_quantiles")
    )
    candidate = compared.row(
        "select davies_bouldin, calinski_harabasz, smallest_share, k "
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
