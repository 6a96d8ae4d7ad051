"""Segments keep their meaning, whatever seeds, customers and kills come along."""

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import USUAL_VARIABLES, Warehouse, from_fit_to, write_raw_tables
from sklearn.metrics import adjusted_rand_score

from crm_sample import CrmSample

K = USUAL_VARIABLES["n_segments"]

FIT = ("--select", "segmentation_registry")
FIT_AND_ASSIGN = (
    "--select",
    "segmentation_registry",
    "segmentation_versions",
    "int_segmentation_preprocessing",
    "segmentation_centroids",
    "customer_feature_vectors",
    "customer_segment_assignments",
)
TO_STABILITY = from_fit_to("segment_stability", "segmentation_k_candidates")
IDENTITIES = (
    "select segment_id, "
    "cast(max(number_value) filter (parameter = 'matched_from_segment_id') as int), "
    "max(number_value) filter (parameter = 'match_similarity'), "
    "cast(max(number_value) filter (parameter = 'training_customers') as int) "
    "from segmentation_registry "
    "where segment_id is not null and segmentation_version = "
    "(select max(segmentation_version) from segmentation_registry) "
    "group by segment_id order by segment_id"
)
REASON = (
    "select text_value from segmentation_registry where parameter = 'fit_reason' "
    "order by segmentation_version desc limit 1"
)
AUTO = {"n_segments": "auto"}


@pytest.fixture(scope="module")
def automatic(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """The sample with a second version, of which the rule chose the number."""
    warehouse = sample_warehouse.copy_to(tmp_path_factory.mktemp("automatic"))
    return warehouse.build(
        *TO_STABILITY, "segmentation_registry+,+customer_segments", variables=AUTO
    )


# ---------------------------------------------------------------- the choice of k


def test_planted_groups_are_recovered_where_the_rule_chooses(
    sample: CrmSample, automatic: Warehouse
) -> None:
    segment_of = dict(
        automatic.rows(
            "select customer_id, segment_id from customer_segments "
            "where segmentation_version = 2"
        )
    )
    groups = sample.plant.groups
    score = adjusted_rand_score(
        groups["group"], [segment_of[customer] for customer in groups["customer_id"]]
    )
    assert score >= 0.8


def test_candidates_of_both_versions_are_listed(automatic: Warehouse) -> None:
    [chosen] = automatic.row(
        "select n_segments from segmentation_versions where is_in_use"
    )
    assert automatic.rows(
        "select segmentation_version, k, is_chosen, is_in_use "
        "from segmentation_k_candidates order by segmentation_version, k"
    ) == [(1, K, True, False), *((2, k, k == chosen, True) for k in range(2, 9))]
    assert automatic.row(REASON) == ("configuration_changed",)


def test_stability_of_both_versions_is_listed(automatic: Warehouse) -> None:
    numbers = automatic.rows(
        "select segmentation_version, n_segments, is_in_use from segmentation_versions "
        "order by segmentation_version"
    )
    assert automatic.rows(
        "select segmentation_version, segment_id, "
        "stability_level in ('stable', 'highly_stable'), is_in_use "
        "from segment_stability order by segmentation_version, segment_id"
    ) == [
        (version, segment, True, is_in_use)
        for version, n_segments, is_in_use in numbers
        for segment in range(1, n_segments + 1)
    ]


# ---------------------------------------------------------------- other seeds


def segments_of(warehouse: Warehouse) -> pd.Series:
    """The segment of every customer on every observation date."""
    return warehouse.frame(
        "select observation_date, customer_id, segment_id "
        "from customer_segment_assignments"
    ).set_index(["observation_date", "customer_id"])["segment_id"]


def test_refits_with_other_seeds_change_nobodys_segment(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    first = segments_of(sample_warehouse)
    warehouse = sample_warehouse.copy_to(tmp_path)
    for random_state in (1, 2, 3):
        warehouse.build(
            *FIT_AND_ASSIGN, variables={"refit": True, "random_state": random_state}
        )
        segments = segments_of(warehouse).reindex(first.index)
        assert (segments == first).mean() >= 0.999
        assert [row[:2] for row in warehouse.rows(IDENTITIES)] == [
            (segment, segment) for segment in range(1, K + 1)
        ]
    assert warehouse.row(
        "select count(distinct segmentation_version) from segmentation_registry"
    ) == (4,)


def test_segments_that_are_not_stable_warn_or_stop(
    sample_warehouse: Warehouse, tmp_path: Path
) -> None:
    """Of six segments of the four planted groups some are cut at random."""
    warehouse = sample_warehouse.copy_to(tmp_path)
    variables = {"n_segments": 6}
    warehouse.build(*TO_STABILITY, variables=variables)
    of_stability = ["test", "--select", "segment_stability,test_type:data"]
    warned = warehouse.run_dbt(of_stability, variables)
    assert warned.returncode == 0
    assert "WARN" in warned.stdout
    assert "segment_stability_segments_in_use_are_stable" in warned.stdout
    stopped = warehouse.run_dbt(
        of_stability, variables, {"SEGMENTATION_STABILITY_SEVERITY": "error"}
    )
    assert stopped.returncode == 1


# ---------------------------------------------------------------- groups come and go

# Orders, days between them, days since the last one, and what one is worth.
GROUPS = {
    "steady": (10, 14, 5, 50),
    "few": (3, 30, 60, 30),
    "gone": (5, 20, 250, 200),
    "big": (30, 8, 2, 2000),
}
# In these the groups lie apart; the ids of other features would come and go alike.
FEATURES = [
    {
        "name": name,
        "impute": "zero",
        "cap_quantile": None,
        "transform": "log1p",
        "scale": "standard",
        "weight": 1,
    }
    for name in ("recency_days", "order_count", "total_spend")
]
TODAY = pd.Timestamp("2025-12-31")
OUTCOME_WINDOW_DAYS = 90


def orders_of(group: str, customers: int) -> list[dict[str, Any]]:
    """Orders of a group before the training date, some more and some fewer of each."""
    count, days_between, days_since, amount = GROUPS[group]
    random = np.random.default_rng(len(group))
    last_day = TODAY - pd.Timedelta(days=OUTCOME_WINDOW_DAYS + 1)
    orders = []
    for customer in range(customers):
        scale = random.lognormal(0, 0.08, size=3)
        for number in range(max(round(count * scale[0]), 1)):
            days = days_since * scale[1] + number * days_between
            orders.append(
                {
                    "order_id": f"{group}-{customer}-{number}",
                    "customer_id": f"{group}-{customer:02d}",
                    "ordered_at": (last_day - pd.Timedelta(days=round(days))).date(),
                    "amount": f"{amount * scale[2]:.2f}",
                }
            )
    return orders


def build_groups(warehouse: Warehouse, groups: Mapping[str, int]) -> Warehouse:
    """Build as far as the fit from the orders of some groups alone."""
    orders = [order for group in groups for order in orders_of(group, groups[group])]
    landing = warehouse.folder / "landing"
    write_raw_tables(landing, {"orders": orders})
    return warehouse.build(
        *["--select", "+segmentation_versions"],
        *["--exclude", "path:seeds/crm_sample"],
        variables={
            "crm_location": warehouse.files_in(landing),
            "crm_tables": ["orders"],
            "as_of_date": str(TODAY.date()),
            # So that the training date lies a window before it.
            "observation_anchor": str(TODAY.date()),
            "minimum_history_days": 1,
            "refit": "on_drift",
            "segmentation_features": FEATURES,
            **AUTO,
        },
    )


def ids_of(warehouse: Warehouse) -> dict[int, int]:
    """Training customers of each segment of the latest version."""
    return {row[0]: row[3] for row in warehouse.rows(IDENTITIES)}


def test_ids_come_with_groups_and_go_with_them_for_good(tmp_path: Path) -> None:
    """Drift makes each refit due, and the rule finds as many segments as groups."""
    warehouse = Warehouse(tmp_path)
    build_groups(warehouse, {"steady": 60, "few": 50, "gone": 45})
    first = ids_of(warehouse)
    assert first == {1: 45, 2: 60, 3: 50}

    build_groups(warehouse, {"steady": 60, "few": 50, "gone": 45, "big": 55})
    assert warehouse.row(REASON) == ("drift",)
    assert ids_of(warehouse) == {**first, 4: 55}

    build_groups(warehouse, {"steady": 60, "few": 50, "gone": 45})
    assert warehouse.row(REASON) == ("drift",)
    assert ids_of(warehouse) == first

    build_groups(warehouse, {"steady": 60, "few": 50, "gone": 45, "big": 55})
    assert warehouse.row(REASON) == ("drift",)
    assert ids_of(warehouse) == {**first, 5: 55}
    assert warehouse.rows(IDENTITIES)[-1][1] is None


# ---------------------------------------------------------------- killed


def kill_during_fit(
    warehouse: Warehouse, arguments: Sequence[str], variables: Mapping[str, Any]
) -> None:
    """Start a build and kill it, as `kill -9` does, while it fits."""
    process = subprocess.Popen(
        warehouse.command(["run", *arguments], variables),
        cwd=warehouse.folder,
        env=warehouse.environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "START" in line and "segmentation_registry" in line:
            break
    # The fit is under way: it takes seconds.
    time.sleep(2)
    assert process.poll() is None
    process.kill()
    assert process.wait() == -signal.SIGKILL


def test_a_build_that_dies_in_the_fit_leaves_nothing_behind(
    sample_warehouse: Warehouse, automatic: Warehouse, tmp_path: Path
) -> None:
    warehouse = sample_warehouse.copy_to(tmp_path)
    kill_during_fit(warehouse, FIT, AUTO)
    registry = "from segmentation_registry where parameter <> 'fitted_at' order by all"
    assert warehouse.rows(registry) == sample_warehouse.rows(registry)
    warehouse.build(*FIT, variables=AUTO)
    assert warehouse.rows(registry) == automatic.rows(registry)
