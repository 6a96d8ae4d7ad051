"""What is expected of customers is what scikit-learn learned, and is judged later."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import BuildMethod, Warehouse, method_variables, open_database
from numpy.testing import assert_array_equal
from sklearn.neural_network import MLPClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.class_weight import compute_sample_weight
from threadpoolctl import threadpool_limits

from segmentation.fit.preprocessing import (
    FeatureSetting,
    fit_preprocessing,
    transform_features,
)

FEATURES = [
    FeatureSetting("trailing_spend", impute="zero", transform="log1p"),
    FeatureSetting("trailing_order_count", impute="zero", transform="log1p"),
    FeatureSetting("total_spend", impute="zero", transform="log1p"),
    FeatureSetting("order_count", impute="zero", transform="log1p"),
    FeatureSetting("average_order_value", impute="median", transform="log1p"),
]
NAMES = [
    "Expected non-buyers",
    "Expected small spenders",
    "Expected medium spenders",
    "Expected big spenders",
]
METHODS = ("decision_tree", "svm", "neural_network")


@dataclass(frozen=True)
class Learned:
    """The sample's warehouse with a version of a method that learns outcomes.

    Attributes
    ----------
    method, warehouse
        The method, and where it is in use.
    customers
        One row per date and buyer: features, `class_before` and `class_after` (NaN
        where not observed) and the name of the segment that SQL gave, by id and date.
    """

    method: str
    warehouse: Warehouse
    customers: pd.DataFrame

    def of_date(self, role: str) -> pd.DataFrame:
        """The customers of the training date, or of the earlier one before it."""
        return self.customers[self.customers["role"] == role]


@pytest.fixture(scope="module", params=METHODS)
def learned(request: pytest.FixtureRequest, build_method: BuildMethod) -> Learned:
    """The sample as each method expects it to go on."""
    method: str = request.param
    warehouse = build_method(method)
    customers = warehouse.frame(
        """
        select
            case
                when dates.is_training then 'training'
                when dates.outcome_end_date is not null then 'earlier'
                else 'later'
            end as role,
            features.customer_id,
            cast(features.trailing_spend as double) as trailing_spend,
            features.trailing_order_count,
            cast(features.total_spend as double) as total_spend,
            features.order_count,
            cast(features.average_order_value as double) as average_order_value,
            cast(features.trailing_spend as double) as spend_before,
            cast(outcome.trailing_spend as double) as spend_after,
            names.text_value as segment_name
        from customer_features as features
        inner join int_observation_dates as dates using (observation_date)
        left join customer_features as outcome
            on dates.outcome_end_date = outcome.observation_date
            and features.customer_id = outcome.customer_id
        left join customer_segment_assignments as assignments
            on features.observation_date = assignments.observation_date
            and features.customer_id = assignments.customer_id
        left join segmentation_registry as names
            on assignments.segmentation_version = names.segmentation_version
            and assignments.segment_id = names.segment_id
            and names.parameter = 'given_name'
        where not features.is_never_buyer
        order by features.observation_date, features.customer_id
        """
    )
    training = customers.loc[customers["role"] == "earlier", "spend_after"]
    thirds = training[training > 0].quantile([1 / 3, 2 / 3])
    for window in ("before", "after"):
        customers[f"class_{window}"] = pd.cut(
            customers[f"spend_{window}"], [-np.inf, 0, *thirds, np.inf], labels=False
        )
    return Learned(method, warehouse, customers)


def version_in_use(warehouse: Warehouse) -> pd.Series:
    """The row of `segmentation_versions` of the version that scores."""
    versions = warehouse.frame("from segmentation_versions where is_in_use")
    return versions.iloc[0]


def test_every_customer_has_the_expectation_of_scikit_learn(learned: Learned) -> None:
    earlier = learned.of_date("earlier")
    parameters = fit_preprocessing(earlier, FEATURES)
    matrix = transform_features(earlier, parameters)
    classes = earlier["class_after"].astype(int).to_numpy()
    weights = compute_sample_weight("balanced", classes)
    with threadpool_limits(limits=1):
        model = {
            "decision_tree": lambda: DecisionTreeClassifier(
                min_samples_leaf=0.02, max_leaf_nodes=64, random_state=0
            ).fit(matrix, classes, sample_weight=weights),
            "svm": lambda: LinearSVC(class_weight="balanced", random_state=0).fit(
                matrix, classes
            ),
            "neural_network": lambda: MLPClassifier(
                (9,), solver="lbfgs", tol=3e-3, max_iter=1000, random_state=0
            ).fit(matrix, classes, sample_weight=weights),
        }[learned.method]()
    predicted = model.predict(transform_features(learned.customers, parameters))

    assert len(np.unique(predicted)) == 4
    # numpy says in a line how they differ; pytest would compare thousands of names.
    assert_array_equal(learned.customers["segment_name"], np.array(NAMES)[predicted])


def test_accuracy_is_that_of_the_window_after_the_training_date(
    learned: Learned,
) -> None:
    """On the training date, which the method has not seen, computed by pandas."""
    training = learned.of_date("training")
    expected = training["segment_name"].map(NAMES.index)
    realised = training["class_after"]
    version = version_in_use(learned.warehouse)

    assert version["outcome_customers"] == len(training)
    for name, guess in (("outcome", expected), ("baseline", training["class_before"])):
        is_right = guess == realised
        assert version[f"{name}_accuracy"] == pytest.approx(is_right.mean(), abs=1e-12)
        assert version[f"{name}_balanced_accuracy"] == pytest.approx(
            is_right.groupby(realised).mean().mean(), abs=1e-12
        )
    # Hardly worse than to expect of everybody what they did before.
    assert version["outcome_accuracy"] > version["baseline_accuracy"] - 0.01


def test_it_is_learned_at_the_earlier_date_and_drift_is_not_measured_from_there(
    learned: Learned,
) -> None:
    dates = learned.warehouse.rows(
        "select cast(observation_date as timestamp) from int_observation_dates "
        "order by observation_date"
    )
    version = version_in_use(learned.warehouse)
    assert len(dates) == 4
    assert version["method"] == learned.method
    assert version["training_date"] == dates[0][0]
    assert version["training_rows"] == len(learned.of_date("earlier"))
    assert version["drift_reference_date"] == dates[1][0]
    assert version["drift_reference_rows"] == len(learned.of_date("training"))


def test_outcomes_are_those_of_both_dates(learned: Learned) -> None:
    customers = learned.customers[learned.customers["role"] != "later"]
    outcomes = learned.warehouse.frame(
        "select customer_id, trailing_spend, next_window_spend from outcome_training "
        "order by observation_date, customer_id"
    )
    assert list(outcomes["customer_id"]) == list(customers["customer_id"])
    np.testing.assert_array_equal(outcomes["trailing_spend"], customers["spend_before"])
    np.testing.assert_array_equal(
        outcomes["next_window_spend"], customers["spend_after"]
    )


@pytest.mark.parametrize("learned", ["decision_tree"], indirect=True)
def test_nothing_has_drifted_since_the_fit(
    learned: Learned, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Were drift measured from the earlier date each build might fit again."""
    warehouse = learned.warehouse.copy_to(tmp_path_factory.mktemp("drift"))
    variables = {**method_variables(learned.method), "refit": "on_drift"}
    warehouse.build("--select", "segmentation_registry", variables=variables)
    assert warehouse.rows(
        "select method, fit_reason from segmentation_versions "
        "order by segmentation_version"
    ) == [("kmeans", "first_fit"), (learned.method, "configuration_changed")]


def test_too_little_history_is_refused_in_one_sentence(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse = sample_warehouse.copy_to(tmp_path)
    [training_date] = warehouse.row(
        "select cast(observation_date as text) from int_observation_dates "
        "where is_training"
    )
    with open_database(warehouse.database) as connection:
        connection.execute(
            "delete from int_observation_dates "
            "where outcome_end_date is not null and not is_training"
        )
    result = warehouse.run_dbt(
        ["run", "--select", "segmentation_registry"], method_variables("decision_tree")
    )
    assert result.returncode == 1
    assert (
        f"no customer is observed before {training_date}, the training date; "
        "expected at least 4 observation dates"
    ) in " ".join(result.stdout.split())
