"""The report shows what the published file says, and asks for nothing else."""

import re
import shutil
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from test_privacy import identities
from test_published_file import sample_file

from segmentation.command.cli import main as segment
from segmentation.report.__main__ import main

__all__ = ["identities", "sample_file"]

pytest.importorskip("altair", reason="make .venv/.report installs what draws charts")

from segmentation.report.live import Filter, page_of_group
from segmentation.report.published import Published
from segmentation.report.serve import Server

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


def test_the_command_segment_writes_the_same_page(
    sample_file: Path, report: Path, tmp_path: Path
) -> None:
    page = tmp_path / "segments.html"
    environment = {"SEGMENTATION_SERVE": str(sample_file.parent)}
    result = CliRunner().invoke(segment, ["report", str(page)], env=environment)
    assert result.exit_code == 0, result.output
    assert page.read_bytes() == report.read_bytes()


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


# In the figure, the row and the column of the page that a query answers. Columns with
# which a row is found stand in its name.
NUMBERS = [
    (
        "Customers by segment on each observation date",
        {"date": "2026-01-01", "segment name": "{first}"},
        "customers",
        "select customers from segment_evaluation where measure = 'value' "
        "and evaluation_window = 'observed' and segment_id = 1 "
        "and observation_date = date '2026-01-01'",
    ),
    (
        "Share of customers beside share of spend",
        {"segment name": "{first}"},
        "spend share",
        "select sum(trailing_spend) filter (where segment_id = 1) / "
        "sum(trailing_spend) from customer_features natural join customer_segments",
    ),
    (
        "How far each segment is from the average, in standard deviations",
        {"segment name": "{first}", "feature name": "total spend"},
        "mean value",
        "select avg(total_spend) from customer_features "
        "natural join customer_segments where segment_id = 1",
    ),
    (
        "How far each segment is from the average, in standard deviations",
        {"segment name": "{first}", "feature name": "order count"},
        "difference",
        "select difference_in_standard_deviations from segment_profiles "
        "where segment_id = 1 and feature_name = 'order_count'",
    ),
    (
        "The middle half of each segment in the features it is made from",
        {"segment name": "{second}", "feature name": "average order value"},
        "median value",
        "select median_value from segment_profiles "
        "where segment_id = 2 and feature_name = 'average_order_value'",
    ),
    (
        "How much of what customers did next is explained",
        {"outcome": "spend", "grouping": "segments"},
        "explained share",
        "select explained_share from segment_backtest where outcome = 'spend' "
        "and population = 'customers' and segmentation = 'segments'",
    ),
    (
        "How much of what customers did next is explained",
        {"outcome": "spend", "grouping": "rfm grid"},
        "explained share high",
        "select explained_share_high from segment_backtest where outcome = 'spend' "
        "and population = 'customers' and segmentation = 'rfm_grid'",
    ),
    (
        "Is a segment found again when other customers are drawn?",
        {"segment name": "{first}"},
        "bootstrap jaccard minimum",
        "select bootstrap_jaccard_minimum from segment_stability where segment_id = 1",
    ),
    (
        "Which features have changed since the segments were made",
        {"feature": "total spend"},
        "population stability index",
        "select population_stability_index from feature_drift "
        "where feature_name = 'total_spend' "
        "and observation_date = (select max(observation_date) from feature_drift)",
    ),
    (
        "How sizes have changed since the segments were made",
        {"segment name": "{second}"},
        "training share",
        "select training_share from segment_drift where segment_id = 2 "
        "and observation_date = (select max(observation_date) from segment_drift)",
    ),
    (
        "Where customers of each segment were a window later",
        {"from segment": "{first}", "to segment": "{first}"},
        "share",
        "select transition_rate from segment_migrations where from_segment_id = 1 "
        "and to_segment_id = 1 and to_observation_date = "
        "(select max(to_observation_date) from segment_migrations "
        "where is_complete_window)",
    ),
    (
        "The flow from one observation date to the next",
        {"from segment": "hidden"},
        "customers",
        "select sum(customers) from segment_migrations where is_suppressed "
        "and customers < 5 and to_observation_date = "
        "(select max(to_observation_date) from segment_migrations "
        "where is_complete_window)",
    ),
    (
        "Who orders again, by month since the first order",
        {"segment name": "{first}", "month number": "3"},
        "retention rate",
        "select sum(active_customers) / sum(customers) from segment_cohorts "
        "where is_all_cohorts and segment_id = 1 and month_number = 3",
    ),
    (
        "What a customer has spent, by month since the first order",
        {"segment name": "{first}", "month number": "6"},
        "cumulative value",
        "select cumulative_value from segment_cohorts "
        "where is_all_cohorts and segment_id = 1 and month_number = 6",
    ),
    (
        "What scenarios would bring",
        {"segment name": "{first}", "scenario": "retention plus 10 percent"},
        "revenue low",
        "select incremental_revenue_low from segment_optimization where segment_id = 1 "
        "and scenario = 'retention_plus_10_percent'",
    ),
    (
        "What campaigns changed",
        {"effect": "return-2025: all customers", "outcome": "conversion"},
        "difference high",
        "select difference_high from segment_campaign_uplift where is_overall "
        "and campaign_id = 'return-2025' and outcome = 'conversion'",
    ),
    (
        "What the budget pays for",
        {"segment name": "{second}"},
        "roi",
        "select roi from segment_budget_allocation where segment_id = 2",
    ),
    (
        "Where the most valuable customers are",
        {"class": "A", "segment name": "{first}"},
        "customer value",
        "select sum(customer_value) from customer_value_tiers "
        "natural join customer_segments where pareto_class = 'A' and segment_id = 1",
    ),
    (
        "Where the records went",
        {"entity": "orders"},
        "rows rejected",
        "select count(*) from data_quality_issues "
        "where entity = 'orders' and action = 'rejected'",
    ),
    (
        "What was wrong with records",
        {"issue": "duplicate record", "entity": "visits"},
        "records",
        "select count(*) from data_quality_issues "
        "where entity = 'visits' and issue = 'duplicate_record'",
    ),
]
# The table of a figure, each cell by its column: the number where it has one.
READ_TABLE = """figure => {
    const names = [...figure.querySelectorAll("th")].map(cell => cell.textContent);
    return [...figure.querySelectorAll("tbody tr")].map(row => Object.fromEntries(
        [...row.cells].map((cell, place) => [
            names[place],
            {text: cell.textContent, number: cell.dataset.value ?? null},
        ])
    ));
}"""


def figure_of(opened: Opened, title: str) -> Any:
    """The figure with a title."""
    page = opened.page
    return page.locator("figure", has=page.get_by_text(title, exact=True))


def test_numbers_of_the_page_are_those_of_queries(
    wide: Opened, published: duckdb.DuckDBPyConnection
) -> None:
    assert len(NUMBERS) == 20
    names = dict(
        zip(
            ("first", "second"),
            [
                name
                for (name,) in published.execute(
                    "select segment_name from segments where segment_id in (1, 2) "
                    "order by segment_id"
                ).fetchall()
            ],
            strict=True,
        )
    )
    for title, where, column, query in NUMBERS:
        figure = wide.page.locator(
            "figure", has=wide.page.get_by_text(title, exact=True)
        )
        wanted = {key: value.format(**names) for key, value in where.items()}
        [row] = [
            row
            for row in figure.evaluate(READ_TABLE)
            if all(row[key]["text"] == value for key, value in wanted.items())
        ]
        [(expected,)] = published.execute(query).fetchall()
        assert float(row[column]["number"]) == pytest.approx(
            float(expected), rel=1e-4, abs=1e-6
        ), (title, where, column)


def test_cards_say_what_segments_and_their_measures_are(
    wide: Opened, published: duckdb.DuckDBPyConnection
) -> None:
    segments = published.execute(
        "select segment_id, segment_name, customers from segments where is_in_use"
    ).fetchall()
    assert wide.page.locator(".card").count() == len(segments) > 2
    for number, name, customers in segments:
        card = wide.page.locator(f"#segment-{number}")
        assert card.locator("h3").text_content() == name
        assert card.locator(".size").text_content() == f"{customers:,}"
        known = published.execute(
            "select estimate from segment_evaluation where segment_id = ? "
            "and evaluation_window = 'observed' and estimate is not null "
            "and measure in "
            "('value', 'satisfaction', 'loyalty', 'conversion', 'lifetime_value') "
            "and observation_date = (select max(observation_date) "
            "from segment_evaluation) order by estimate",
            [number],
        ).fetchall()
        shown = card.locator("dd[data-value]").evaluate_all(
            "cells => cells.map(cell => Number(cell.dataset.value))"
        )
        assert sorted(shown) == [estimate for (estimate,) in known]
        assert card.locator("dt").count() == 5


def test_what_is_drawn_are_the_numbers(
    wide: Opened, published: duckdb.DuckDBPyConnection
) -> None:
    labels = wide.page.locator("#overview-1-1 path[aria-label]").evaluate_all(
        "marks => marks.map(mark => mark.getAttribute('aria-label'))"
    )
    drawn = [
        int(label.split("customers: ")[1].split(";")[0])
        for label in labels
        if "date: 2026-01-01" in label
    ]
    expected = published.execute(
        "select customers from segments where is_in_use order by customers"
    ).fetchall()
    assert sorted(drawn) == [customers for (customers,) in expected]


def test_the_flow_adds_up_to_all_customers(
    wide: Opened, published: duckdb.DuckDBPyConnection
) -> None:
    figure = figure_of(wide, "The flow from one observation date to the next")
    rows = figure.evaluate(READ_TABLE)
    [(expected,)] = published.execute(
        "select sum(customers) from segment_migrations where to_observation_date = "
        "(select max(to_observation_date) from segment_migrations "
        "where is_complete_window)"
    ).fetchall()
    assert sum(float(row["customers"]["number"]) for row in rows) == expected
    assert sum(row["from segment"]["text"] == "hidden" for row in rows) == 1


def test_every_figure_names_its_tables_states_n_and_says_what_to_see(
    wide: Opened, published: duckdb.DuckDBPyConnection
) -> None:
    known = {
        name
        for (name,) in published.execute(
            "select table_name from duckdb_tables()"
        ).fetchall()
    }
    assert wide.page.locator("section").count() == 6
    figures = wide.page.locator("figure")
    assert figures.count() > 15
    for number in range(figures.count()):
        figure = figures.nth(number)
        named = set(figure.locator(".source code").all_text_contents())
        assert named, figure.text_content()
        assert named <= known
        assert "n = " in figure.locator(".source").inner_text()
        sentence = figure.locator("figcaption").inner_text()
        assert len(sentence.split()) > 4
        assert sentence.endswith(".")
        assert "nan" not in sentence.lower().split()


def test_what_is_hidden_says_so(wide: Opened) -> None:
    title = "Where customers of each segment were a window later"
    figure = figure_of(wide, title)
    hidden = [
        row for row in figure.evaluate(READ_TABLE) if row["share"]["text"] == "hidden"
    ]
    assert hidden
    assert {row["customers"]["text"] for row in hidden} == {"hidden"}
    assert "hidden" in figure.locator("svg").all_text_contents()[0]


def test_a_phone_shows_all_of_its_width(browser: Any, report: Path) -> None:
    narrow = Opened(browser, report, 390)
    assert narrow.complaints == []
    assert narrow.page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.fixture
def changed(
    sample_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Path]:
    """Make a report of the published file after statements on it."""

    def change(statements: str) -> Path:
        copy = tmp_path / "segments.duckdb"
        shutil.copy(sample_file, copy)
        with duckdb.connect(str(copy)) as connection:
            connection.execute(statements)
        monkeypatch.setenv("SEGMENTATION_SERVE", str(tmp_path))
        assert main([str(tmp_path / "index.html")]) == 0
        return tmp_path / "index.html"

    return change


def test_names_are_text_whatever_they_are(
    browser: Any, changed: Callable[[str], Path]
) -> None:
    name = "</script><script>document.title = 'taken over'</script>"
    quoted = name.replace("'", "''")
    statements = ";".join(
        f"update {table} set segment_name = '{quoted}' where segment_id = 1"
        for table in ("segments", "segment_evaluation", "segment_profiles")
    )
    opened = Opened(browser, changed(statements), 1440)
    assert opened.complaints == []
    assert opened.page.title().startswith("Customer segments")
    assert opened.page.locator("#segment-1 h3").text_content() == name


def test_without_tables_of_customers_the_rest_is_shown(
    browser: Any, changed: Callable[[str], Path]
) -> None:
    tables = [
        "customer_features",
        "customer_segments",
        "customer_value_tiers",
        "data_quality_issues",
    ]
    opened = Opened(browser, changed(";".join(f"drop table {t}" for t in tables)), 1440)
    assert opened.complaints == []
    assert opened.page.get_by_text("are not published").count() == 3


def test_where_nothing_happened_yet_the_page_says_so(
    browser: Any, changed: Callable[[str], Path]
) -> None:
    empty = (
        *("segment_backtest", "segment_migrations", "segment_campaign_uplift"),
        *("segment_cohorts", "segment_drift", "feature_drift", "segment_stability"),
        *("segmentation_k_candidates", "segment_optimization", "customer_value_tiers"),
        *("segment_budget_allocation", "segment_category_affinity"),
        *("data_quality_issues", "data_quality_columns"),
    )
    opened = Opened(browser, changed(";".join(f"delete from {t}" for t in empty)), 1440)
    assert opened.complaints == []
    assert opened.page.locator(".source", has_text="n = 0").count() == 16


def test_without_a_published_file_one_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEGMENTATION_SERVE", str(tmp_path))
    assert main([str(tmp_path / "index.html")]) == 1
    assert capsys.readouterr().err == (
        f"No report: {tmp_path / 'segments.duckdb'} does not exist; expected the file "
        "that a whole build publishes.\n"
    )
    (tmp_path / "segments.duckdb").write_text("no database", encoding="utf-8")
    assert main([str(tmp_path / "index.html")]) == 1
    assert "cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "index.html").exists()


def test_after_a_run_that_published_nothing_there_is_no_report(
    sample_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = tmp_path / "run_results.json"
    results.write_text('{"metadata": {"invocation_id": "another"}}', encoding="utf-8")
    monkeypatch.setenv("SEGMENTATION_SERVE", str(sample_file.parent))
    report = tmp_path / "index.html"
    assert main([str(report), "--after", str(results)]) == 0
    assert not report.exists()
    results.write_text('{"metadata": {"invocation_id": "sample"}}', encoding="utf-8")
    assert main([str(report), "--after", str(results)]) == 0
    assert report.exists()


# ---------- live


@pytest.fixture(scope="module")
def live(sample_file: Path) -> Iterator[str]:
    """Where the report is served from."""
    server = Server(sample_file, 0)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def live_page(browser: Any, live: str) -> Any:
    """The whole report, as it is served."""
    page = browser.new_page()
    page.on("console", lambda message: pytest.fail(message.text))
    page.set_default_timeout(120_000)
    page.goto(live)
    page.wait_for_selector("body[data-drawn]")
    assert page.locator(".card").count() > 2
    return page


def choose(page: Any, key: str) -> None:
    """Choose a filter, as a person does."""
    page.select_option("#only", key)
    with page.expect_navigation():
        page.click("form button")
    page.wait_for_selector("body[data-drawn]")
    assert page.locator("#only").input_value() == key


def numbers_of(page: Any, title: str) -> list[dict[str, Any]]:
    """The rows below a figure."""
    figure = page.locator("figure", has=page.get_by_text(title, exact=True))
    rows: list[dict[str, Any]] = figure.evaluate(READ_TABLE)
    return rows


def test_a_date_is_chosen_and_the_numbers_are_those_of_it(
    live_page: Any, published: duckdb.DuckDBPyConnection
) -> None:
    [(date,)] = published.execute(
        "select cast(to_observation_date as varchar) from segment_migrations "
        "order by to_observation_date limit 1"
    ).fetchall()
    page = live_page
    choose(page, f"observation_date={date}")
    shown = {
        row["segment name"]["text"]: row["spend share"]["number"]
        for row in numbers_of(page, "Share of customers beside share of spend")
    }
    expected = published.execute(
        "select segment_name, estimate * customers_measured "
        "/ sum(estimate * customers_measured) over () from segment_evaluation "
        "where measure = 'value' and evaluation_window = 'observed' "
        "and observation_date = cast(? as date)",
        [date],
    ).fetchall()
    assert shown.keys() == dict(expected).keys()
    for name, share in expected:
        found = shown[name]
        assert found is None if share is None else float(found) == pytest.approx(share)
    dates = {
        row["date"]["text"]
        for row in numbers_of(page, "Customers by segment on each observation date")
    }
    assert max(dates) == date
    flow = numbers_of(page, "The flow from one observation date to the next")
    [(customers,)] = published.execute(
        "select sum(customers) from segment_migrations "
        "where to_observation_date = cast(? as date)",
        [date],
    ).fetchall()
    assert sum(float(row["customers"]["number"]) for row in flow) == customers


@pytest.mark.parametrize(
    ("kind", "groups"),
    [
        ("country", "select customer_id, country as value from customers"),
        (
            "pareto_class",
            "select customer_id, pareto_class as value from customer_value_tiers "
            "where observation_date = (select max(observation_date) from customers)",
        ),
    ],
)
def test_a_group_is_chosen_and_the_numbers_are_those_of_it(
    live_page: Any,
    published: duckdb.DuckDBPyConnection,
    kind: str,
    groups: str,
) -> None:
    [(value,)] = published.execute(
        f"select value from ({groups}) where value is not null "
        "group by value order by count(*) desc limit 1"
    ).fetchall()
    page = live_page
    choose(page, f"{kind}={value}")
    title = f"Customers and spend of {kind.replace('_', ' ')} {value} by segment"
    shown = {
        row["segment name"]["text"]: (
            float(row["customers"]["number"]),
            float(row["mean spend"]["number"]),
        )
        for row in numbers_of(page, title)
        if row["mean spend"]["number"] is not None
    }
    expected = {
        name: (count, spend)
        for name, count, spend in published.execute(
            "select segment_name, count(*), avg(trailing_spend) "
            "from customer_segments natural join customer_features "
            f"natural join ({groups}) where value = ? group by all",
            [value],
        ).fetchall()
    }
    assert shown
    for name, numbers in shown.items():
        assert numbers == pytest.approx(expected[name])


def test_what_few_customers_make_is_hidden_in_a_group_and_beside_it(
    changed: Callable[[str], Path], tmp_path: Path
) -> None:
    numbered = (
        "select customer_id as id, segment_id, row_number() over ("
        "partition by segment_id order by customer_id) as number "
        "from customer_segments"
    )
    changed(
        # Of those who never bought three are in one country. Of the first segment three
        # are in it, ten in another; the second is all in one; of the third three of
        # twenty in a fourth spent.
        "update customers set country = case "
        "when segment_id = 2 or segment_id < 2 and number <= 3 then 'Few' "
        "when segment_id = 1 and number <= 13 then 'Some' "
        "when segment_id = 3 and number <= 20 then 'Quiet' else 'Many' end "
        f"from ({numbered}) where id = customer_id;"
        "update customer_features set trailing_spend = if(number <= 3, 5, 0) "
        f"from ({numbered}) where id = customer_id and segment_id = 3 and number <= 20"
    )

    def hidden(country: str) -> set[int]:
        with Published(tmp_path / "segments.duckdb") as file:
            page_of_group(file, Filter("country", country))
            return {
                row["segment_id"]
                for row in file.rows(
                    f"from shown_cells where value = '{country}' and spend is null"
                )
            }

    assert {name: hidden(name) & {1} for name in ("Few", "Some", "Many")} == {
        "Few": {1},
        "Some": {1},
        "Many": set(),
    }
    assert 0 in hidden("Few")
    assert 3 in hidden("Quiet")
    assert 2 not in hidden("Few")


@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/?only=country%3DNowhere", None, 400),
        ("/?only=country%3D'%20or%201%3D1", None, 400),
        ("/etc/passwd", None, 404),
        ("/", "elsewhere.example", 403),
    ],
)
def test_only_what_the_page_offers_is_answered(
    live: str, path: str, host: str | None, status: int
) -> None:
    connection = HTTPConnection(live.removeprefix("http://").rstrip("/"))
    connection.request("GET", path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    assert answer.status == status
    assert answer.read().decode().startswith("<p>")


def test_the_least_that_is_shown_is_that_of_the_build(
    changed: Callable[[str], Path], published: duckdb.DuckDBPyConnection
) -> None:
    cells = "<td>A</td><td>{}</td>"
    [(name, count)] = published.execute(
        "select segment_name, count(*) from customer_value_tiers "
        "natural join customer_segments where pareto_class = 'A' group by all "
        "order by count(*) limit 1"
    ).fetchall()
    report = changed(f"update builds set minimum_cell_size = {count}")
    shown = f'{cells.format(name)}<td class="number"'
    assert shown in re.sub(r">\s+<", "><", report.read_text(encoding="utf-8"))
    report = changed(f"update builds set minimum_cell_size = {count + 1}")
    assert shown not in re.sub(r">\s+<", "><", report.read_text(encoding="utf-8"))


def test_an_empty_segment_of_those_who_never_bought_is_left_out(
    browser: Any, changed: Callable[[str], Path]
) -> None:
    report = changed("update segments set customers = 0 where segment_id = 0")
    opened = Opened(browser, report, 1440)
    assert opened.complaints == []
    assert opened.page.locator("#segment-0").count() == 0
    assert opened.page.locator("#segment-1").count() == 1
