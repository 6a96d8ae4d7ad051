"""Print the comparison of methods that a warehouse holds, as markdown.

    make compare
    python benchmarks/comparison_tables.py build/warehouse.duckdb

The tables are those of `docs/comparison.md`: what the segments of each method look
like, what they tell of the next window's spend, and how far any two methods agree.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

SEGMENTS: Final = {
    "method": "method",
    "fitted on": "format('{:d}', customers_fitted)",
    "segments": "format('{:d}', n_segments)",
    "silhouette": "format('{:.3f}', silhouette)",
    "Davies-Bouldin": "format('{:.3f}', davies_bouldin)",
    "Calinski-Harabasz": "format('{:.0f}', calinski_harabasz)",
    "stability, mean": "format('{:.3f}', mean_jaccard)",
    "of the least": "format('{:.3f}', minimum_jaccard)",
    "smallest": "format('{:.1f} %', 100 * smallest_share)",
    "noise": "format('{:.1f} %', 100 * noise_share)",
    "scorer": "scorer",
    "agrees": "format('{:.1f} %', 100 * scorer_agreement)",
    "seconds": "format('{:.2f}', fit_seconds)",
}
NEXT_SPEND: Final = {
    "method": "method",
    "segments": "format('{:d}', n_segments)",
    "eta squared": "format('{:.3f}', eta_squared)",
    "spend quantiles": "format('{:.3f}', spend_quantiles_eta_squared)",
    "better": "if(is_better_than_spend_quantiles, 'method', "
    "if(not is_better_than_spend_quantiles, 'spend', null))",
    "classes predicted": "format('{:.1f} %', 100 * outcome_accuracy)",
    "persistence": "format('{:.1f} %', 100 * baseline_accuracy)",
    "predicted, balanced": "format('{:.1f} %', 100 * outcome_balanced_accuracy)",
    "persistence, balanced": "format('{:.1f} %', 100 * baseline_balanced_accuracy)",
}
TEXTS: Final = ("method", "scorer", "better")


def comparison(
    connection: duckdb.DuckDBPyConnection, columns: Mapping[str, str]
) -> str:
    """Return one row for each method, in the order of the list of methods."""
    selected = ", ".join(
        f"coalesce({expression}, '')" for expression in columns.values()
    )
    rows = connection.execute(
        f"select {selected} from segmentation_method_comparison "
        "inner join main_internal.int_compared_methods using (method) "
        "order by method_number"
    ).fetchall()
    return as_markdown(list(columns), rows)


def refusals(connection: duckdb.DuckDBPyConnection) -> str:
    """Return a line for each method that cannot be in production."""
    rows = connection.execute(
        "select method, refusal_reason from segmentation_method_comparison "
        "where refusal_reason is not null order by method"
    ).fetchall()
    return "\n".join(f"- `{method}`: {reason}" for method, reason in rows)


def agreement(connection: duckdb.DuckDBPyConnection) -> str:
    """Return a row and a column for each method that can be in production."""
    indices = {
        (first, second): index
        for first, second, index in connection.execute(
            "select method, other_method, adjusted_rand_index "
            "from segmentation_method_agreement"
        ).fetchall()
    }
    methods = [
        method
        for (method,) in connection.execute(
            "select method from segmentation_method_comparison "
            "inner join main_internal.int_compared_methods using (method) "
            "where is_eligible_for_production order by method_number"
        ).fetchall()
    ]
    rows = [
        [first, *("" if s == first else f"{indices[first, s]:.2f}" for s in methods)]
        for first in methods
    ]
    return as_markdown(["adjusted Rand index", *methods], rows)


def as_markdown(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table with numbers to the right."""
    rule = ["---" if name in TEXTS else "--:" for name in names]
    rule[0] = "---"
    lines = [names, rule, *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warehouse", type=Path, help="where make compare built it")
    arguments = parser.parse_args()
    with duckdb.connect(str(arguments.warehouse), read_only=True) as connection:
        for part in (
            comparison(connection, SEGMENTS),
            refusals(connection),
            comparison(connection, NEXT_SPEND),
            agreement(connection),
        ):
            print(f"{part}\n")


if __name__ == "__main__":
    main()
