"""The report shows what the published file says, and asks for nothing else."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from test_privacy import identities
from test_published_file import sample_file

from segmentation.report.__main__ import main

__all__ = ["identities", "sample_file"]

pytest.importorskip("altair", reason="make .venv/.report installs what draws charts")

# Of a browser that could ask others for something, and may not.
SWITCHES = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def report(sample_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the sample."""
    file = tmp_path_factory.mktemp("report") / "index.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGMENTATION_SERVE", str(sample_file.parent))
        assert main([str(file)]) == 0
    return file


@pytest.fixture(scope="module")
def published(sample_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file that the report is made of."""
    with duckdb.connect(str(sample_file), read_only=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser without a network."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no browser: the package chromium of Debian is one")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=chromium, args=SWITCHES)


class Opened:
    """The report as a browser shows it, and what it complained of and asked for."""

    def __init__(self, browser: Any, report: Path, width: int) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        context = browser.new_context(
            viewport={"width": width, "height": 900}, offline=True
        )
        self.page = context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(report.as_uri())
        self.page.wait_for_selector("body[data-drawn]", timeout=30_000)


@pytest.fixture(scope="module")
def wide(browser: Any, report: Path) -> Opened:
    """The report on a desk."""
    return Opened(browser, report, 1440)


def test_the_page_asks_for_nothing_and_draws_every_chart(
    wide: Opened, report: Path
) -> None:
    assert wide.complaints == []
    assert wide.requests == [report.as_uri()]
    drawn = wide.page.locator(".chart svg").count()
    assert drawn == wide.page.locator(".chart").count() >= 2
