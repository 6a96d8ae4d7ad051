"""Choose the number of segments of public data sets by the rule, and by the former one.

    python benchmarks/number_of_segments.py --data <folder>

clusters the customers of each data set on the last date whose window is over, by the
default features. The number is judged on the date before, as in a build; what the
segments of that number, and of the number that the former rule chose (the largest with
only stable and large segments), explain of the next window is measured on the date
itself. A second table has the number that samples of one population get: the buyers of
`generate.py`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pandas as pd
import yaml

from order_logs import (
    QUERIES,
    WINDOW_DAYS,
    Observed,
    add_arguments,
    end_of,
    observe,
    read_orders,
)

PROJECT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT / "python"))

from segmentation.fit.clustering import fit_kmeans  # noqa: E402
from segmentation.fit.k_selection import (  # noqa: E402
    Candidate,
    SelectionSettings,
    select_k,
)
from segmentation.fit.next_window import (  # noqa: E402
    NextWindow,
    explain_next_window,
)
from segmentation.fit.preprocessing import (  # noqa: E402
    FeatureSetting,
    fit_preprocessing,
    transform_features,
)

POPULATION: Final = 40_000
SAMPLES: Final = (500, 3_000, 30_000)
DRAWS: Final = 3


def default_vars() -> dict[str, Any]:
    """Return the vars of the project."""
    text = (PROJECT / "dbt_project.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)["vars"]
    return found


def former_choice(candidates: list[Candidate], k_range: tuple[int, int]) -> int:
    """Return the largest k that passes, or else the most stable one."""
    eligible = [c for c in candidates if k_range[0] <= c.n_segments <= k_range[1]]
    passing = [c.n_segments for c in eligible if not c.faults]
    if passing:
        return max(passing)
    large = [c for c in eligible if c.smallest_share >= 0.02] or eligible
    return max(large, key=lambda c: (c.minimum_jaccard, -c.n_segments)).n_segments


def window_of(observed: Observed, matrix: Any) -> NextWindow:
    """Return what judges segments."""
    return NextWindow(
        matrix,
        observed.outcomes["spend"].to_numpy(),
        observed.outcomes["orders"].to_numpy(),
        observation_date="",
        outcome_end_date="",
    )


def choose(
    training: Observed, earlier: Observed, seed: int = 0
) -> tuple[int, int, float]:
    """Return the k of the rule, that of the former one, and the seconds it took."""
    values = default_vars()
    settings = SelectionSettings.from_mapping({**values, "random_state": seed})
    features = [
        FeatureSetting.from_mapping(feature)
        for feature in values["segmentation_features"]
    ]
    parameters = fit_preprocessing(training.features, features)
    judged = earlier.features.sample(
        min(len(earlier.features), settings.selection_sample_rows), random_state=seed
    ).sort_index()
    window = window_of(
        Observed(judged, earlier.outcomes.loc[judged.index]),
        transform_features(judged, parameters),
    )
    matrix = transform_features(training.features, parameters)
    started = time.perf_counter()
    selection = select_k(matrix, "auto", settings, window)
    seconds = time.perf_counter() - started
    former = former_choice(selection.candidates, settings.k_range)
    return selection.chosen.n_segments, former, seconds


def explained(training: Observed, k: int) -> float:
    """Return what k segments explain of the window after their date."""
    features = [
        FeatureSetting.from_mapping(feature)
        for feature in default_vars()["segmentation_features"]
    ]
    parameters = fit_preprocessing(training.features, features)
    matrix = transform_features(training.features, parameters)
    labels = fit_kmeans(matrix, k, 0).labels
    explanation = explain_next_window(labels, window_of(training, matrix), 0)
    return float(explanation.facts["explanation"])


def of_data_sets(data: Path, warehouse: Path) -> pd.DataFrame:
    """One row per data set."""
    rows = []
    for name in QUERIES:
        orders = read_orders(name, data, warehouse)
        if orders is None:
            continue
        window = pd.Timedelta(days=WINDOW_DAYS)
        date = end_of(orders) - window
        training, earlier = observe(orders, date), observe(orders, date - window)
        k, former, seconds = choose(training, earlier)
        rows.append(
            {
                "data": name,
                "customers": len(training.features),
                "k by the former rule": former,
                "explained": f"{100 * explained(training, former):.1f} %",
                "k": k,
                "explained by it": f"{100 * explained(training, k):.1f} %",
                "seconds of the choice": f"{seconds:.1f}",
            }
        )
    return pd.DataFrame(rows)


def population() -> pd.DataFrame:
    """Orders of the customers that `generate.py` makes up."""
    from generate import generate

    with tempfile.TemporaryDirectory() as folder:
        generate(POPULATION, Path(folder))
        with duckdb.connect() as connection:
            return connection.execute(
                "select customer_id, ordered_at, amount, false as is_return "
                f"from '{folder}/orders/*.parquet' where status = 'completed'"
            ).df()


def of_samples() -> pd.DataFrame:
    """One row per size of the sample: the k of several draws of it."""
    orders = population()
    window = pd.Timedelta(days=WINDOW_DAYS)
    date = end_of(orders) - window
    training, earlier = observe(orders, date), observe(orders, date - window)
    everybody = training.features.index
    rows = []
    for size in SAMPLES:
        chosen = []
        for seed in range(DRAWS):
            random = np.random.default_rng([seed, size])
            drawn = everybody[np.sort(random.permutation(len(everybody))[:size])]
            before = drawn.intersection(earlier.features.index)
            chosen.append(
                choose(
                    Observed(training.features.loc[drawn], training.outcomes),
                    Observed(
                        earlier.features.loc[before], earlier.outcomes.loc[before]
                    ),
                    seed,
                )
            )
        rows.append(
            {
                "customers drawn": min(size, len(everybody)),
                "k of three draws": ", ".join(str(k) for k, _, _ in sorted(chosen)),
                "by the former rule": ", ".join(
                    str(k) for k in sorted(former for _, former, _ in chosen)
                ),
            }
        )
    return pd.DataFrame(rows)


def markdown(table: pd.DataFrame) -> str:
    """Return a table as markdown."""
    lines = ["| " + " | ".join(table.columns) + " |", "|---" * table.shape[1] + "|"]
    lines += [
        "| " + " | ".join(row) + " |"
        for row in table.astype(str).itertuples(index=False)
    ]
    return "\n".join(lines)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    given = parser.parse_args()
    print(markdown(of_data_sets(given.data, given.warehouse)), end="\n\n")
    print(markdown(of_samples()))


if __name__ == "__main__":
    main()
