"""Print what a person wants to know of the build that was published last.

    python -m segmentation.publishing.digest target/run_results.json

prints nothing where that run of dbt published nothing: dbt has said why.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from segmentation.publishing.publish import FILE, SUMMARY

REASONS = {
    "first_fit": "the first fit",
    "refit_requested": "a refit was asked for",
    "configuration_changed": "its settings changed",
    "customers_differ": "the customers were others",
    "drift": "customers had drifted",
}
MOST_WARNINGS = 3


def digest(summary: Mapping[str, Any], folder: Path) -> list[str]:
    """Say in about ten lines what `summary.json` says.

    Parameters
    ----------
    summary
        What `publish` returned.
    folder
        The folder of the published files.
    """
    return [
        "",
        *summary_lines(summary),
        f"Published: {folder / FILE} ({len(summary['tables'])} tables, "
        f"{summary['bytes'] / 1e6:.1f} MB)",
    ]


def summary_lines(summary: Mapping[str, Any]) -> list[str]:
    """Say what was summarized, published or not."""
    lines = segment_lines(summary["segments"], summary["customers"])
    segmentation = summary["segmentation"]
    if segmentation:
        reason = segmentation["fit_reason"]
        lines.append(
            f"Segmentation: version {segmentation['version']} "
            f"({segmentation['method']}), as of {segmentation['training_date']}; "
            f"why it was fitted: {REASONS.get(reason, reason)}"
        )
    lines.append(drift_in_words(summary["drift"]))
    lines.extend(input_lines(summary["input"], summary["warnings"]))
    return lines


def segment_lines(segments: Sequence[Mapping[str, Any]], customers: int) -> list[str]:
    """Say how many customers there are, and in each segment since the last build."""
    width = max((len(segment["segment_name"]) for segment in segments), default=0)
    lines = [f"{customers:,} customers in {len(segments)} segments"]
    for segment in segments:
        count = segment["customers"]
        share = count / customers if customers else 0
        line = (
            f"  {segment['segment_id']:>3}  {segment['segment_name']:<{width}}  "
            f"{count:>11,}  {share:>6.1%}"
        )
        if "customers_before" in segment:
            line += f"  {change(count, segment['customers_before'])}"
        lines.append(line)
    return lines


def change(now: int, before: int | None) -> str:
    """Say how a size differs from that in the publication before."""
    if before is None:
        return "new"
    return "as before" if now == before else f"{now - before:+,}"


def drift_in_words(drift: Mapping[str, Any]) -> str:
    """Say how much customers have changed since the fit, and in what."""
    features = ", ".join(drift["features"]) or "none"
    return f"Drift: of segments {drift['level'] or 'unknown'}; of features {features}"


def input_lines(
    records: Mapping[str, int | None], warnings: Sequence[str]
) -> list[str]:
    """Say what came in and what is to be known of it."""
    line = f"Warnings: {len(warnings)}"
    if records["records"] is not None:
        line = (
            f"Input: {records['records']:,} records, {records['rejected']:,} rejected; "
            f"warnings: {len(warnings)}"
        )
    lines = [line, *(f"  - {sentence}" for sentence in warnings[:MOST_WARNINGS])]
    more = len(warnings) - MOST_WARNINGS
    return [*lines, f"  - and {more} more: {SUMMARY}"] if more > 0 else lines


def published_by(run_results: Path, folder: Path) -> dict[str, Any] | None:
    """Return the summary of what a run of dbt published, or None."""
    try:
        run = json.loads(run_results.read_text(encoding="utf-8"))
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if run["metadata"]["invocation_id"] != summary["build_id"]:
        return None
    return dict(summary)


def main(run_results: Path, folder: Path) -> list[str]:
    """Return the lines, or none where the run of dbt published nothing."""
    summary = published_by(run_results, folder)
    return [] if summary is None else digest(summary, folder)


if __name__ == "__main__":
    serve = Path(os.environ.get("SEGMENTATION_SERVE") or "serve")
    for line in main(Path(sys.argv[1]), serve):
        print(line)
