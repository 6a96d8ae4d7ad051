"""Write the report of what was published last.

    python -m segmentation.report build/report/index.html

With `--after target/run_results.json` it does so only where that run of dbt published.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from segmentation.publishing.digest import published_by
from segmentation.publishing.publish import FILE
from segmentation.report.published import Published, ReportError


def write_report(file: Path, report: Path) -> None:
    """Write the report of a published file, whole or not at all.

    Raises
    ------
    ReportError
        If the file cannot be read, or what draws charts is not installed.
    """
    try:
        from segmentation.report.book import all_pages, header_of
        from segmentation.report.page import html_of
    except ModuleNotFoundError as error:
        raise ReportError(
            f"the report needs {error.name}; expected requirements-report.lock to be "
            "installed, as make report does, or the extra report of the wheel"
        ) from error
    with Published(file) as published:
        pages = all_pages(published)
        html = html_of(pages, header_of(published))
    report.parent.mkdir(parents=True, exist_ok=True)
    unfinished = report.with_name(f".{report.name}.tmp")
    unfinished.write_text(html, encoding="utf-8")
    unfinished.replace(report)


def main(arguments: Sequence[str]) -> int:
    """Write the report and say where it is; return the exit code."""
    parser = argparse.ArgumentParser(prog="segmentation.report")
    parser.add_argument("report", type=Path, help="the file to write")
    parser.add_argument("--after", type=Path, help="a run_results.json of dbt")
    given = parser.parse_args(arguments)
    folder = Path(os.environ.get("SEGMENTATION_SERVE") or "serve")
    if given.after and not published_by(given.after, folder):
        return 0
    try:
        write_report(folder / FILE, given.report)
    except ReportError as error:
        print(f"No report: {error}.", file=sys.stderr)
        return 1
    print(f"Report: {given.report} ({given.report.stat().st_size / 1e6:.1f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
