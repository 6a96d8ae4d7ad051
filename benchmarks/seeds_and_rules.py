"""Measure how much of a fit is chance, and how well rules explain it.

    python benchmarks/seeds_and_rules.py build/warehouse.duckdb --k 3 6

clusters the training customers of a warehouse on the default features and prints two
markdown tables. The first compares thirty fits with other seeds with a first one,
customer by customer: by the raw labels of k-means, and by ids that are matched as in a
refit. The second has the rules of the first fit: the fidelity of a leaf for each
segment, what these leaves cost, and how many leaves it takes to 90 % of customers.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from number_of_segments import default_vars, markdown

PROJECT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "python"))

from segmentation.explain.explanation import explain  # noqa: E402
from segmentation.fit.clustering import fit_kmeans  # noqa: E402
from segmentation.fit.identity import match_segments  # noqa: E402
from segmentation.fit.preprocessing import (  # noqa: E402
    FeatureSetting,
    fit_preprocessing,
    transform_features,
)

SEEDS: Final = 30
MOST_LEAVES: Final = 64
TRAINING: Final = "from main_internal.segmentation_training order by customer_id"

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]


def read_training(warehouse: Path) -> tuple[Matrix, Matrix]:
    """Return the scaled features of the training customers, and the original ones."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        training = connection.execute(TRAINING).df()
    parameters = fit_preprocessing(
        training,
        [
            FeatureSetting.from_mapping(feature)
            for feature in default_vars()["segmentation_features"]
        ],
    )
    original = [
        feature.impute_and_cap(training[feature.setting.name].to_numpy(float))
        for feature in parameters
    ]
    return transform_features(training, parameters), np.column_stack(original)


def as_matched(first: Labels, labels: Labels, k: int) -> Labels:
    """Return the ids that labels get in a refit whose old ids are the first labels."""
    identities = match_segments(
        old_segment_ids=np.arange(k),
        old_labels=first,
        new_labels=labels,
        n_new=k,
        highest_segment_id=k,
        minimum_match_similarity=default_vars()["minimum_match_similarity"],
    )
    return np.array([identity.segment_id for identity in identities])[labels]


def of_seeds(matrix: Matrix, k: int) -> dict[str, object]:
    """Return how far fits with other seeds agree with a first one."""
    first = fit_kmeans(matrix, k, 0).labels
    raw, matched = [], []
    for seed in range(1, SEEDS + 1):
        labels = fit_kmeans(matrix, k, seed).labels
        raw.append(float((labels == first).mean()))
        matched.append(float((as_matched(first, labels, k) == first).mean()))
    return {
        "k": k,
        "raw labels agree": f"{100 * np.mean(raw):.1f} %",
        "ids agree, mean": f"{100 * np.mean(matched):.2f} %",
        "ids agree, worst": f"{100 * np.min(matched):.2f} %",
    }


def of_rules(matrix: Matrix, original: Matrix, k: int) -> dict[str, object]:
    """Return how well rules explain the fit."""
    fit = fit_kmeans(matrix, k, 0)
    few, enough = (
        explain(matrix, original, fit.labels, fit.centers, maximum_leaves=leaves)
        for leaves in (k, MOST_LEAVES)
    )
    return {
        "k": k,
        "fidelity of k leaves": f"{few.fidelity:.3f}",
        "their cost ratio": f"{few.cost_ratio:.3f}",
        "leaves to 90 %": len(enough.rules),
    }


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--k", type=int, nargs="+", default=list(range(2, 9)))
    given = parser.parse_args()
    matrix, original = read_training(given.warehouse)
    print(f"{len(matrix)} training customers\n")
    print(markdown(pd.DataFrame([of_seeds(matrix, k) for k in given.k])), end="\n\n")
    rules = [of_rules(matrix, original, k) for k in given.k]
    print(markdown(pd.DataFrame(rules)))


if __name__ == "__main__":
    main()
