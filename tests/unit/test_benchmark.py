"""The benchmark compares what it says, and sees when a table is lost."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

import growth
import run
from generate import MINIMUM_CUSTOMERS as CUSTOMERS
from generate import generate
from measuring import Measurement, link_files
from next_day import change_records, write_next_day
from public_tables import EXPECTED, losses, read_expected, record

PROJECT = Path(__file__).resolve().parents[2]
DECISIONS = """
A line on something else.
`segment_rules` has 9 rows at 1 000 customers: rules of one segment were merged.
`segments` has 0 rows at 1 000 customers: nobody read it.
"""


@pytest.mark.parametrize(
    ("name", "expected", "found", "sentence"),
    [
        ("as_many", 5, 5, None),
        ("more", 5, 6, None),
        ("fewer", 5, 4, "the public table fewer has 4 rows; expected at least 5 rows"),
        ("missing", 5, None, "the public table missing is missing; expected at"),
        ("missing_and_empty", 0, None, "the public table missing_and_empty is missing"),
        ("segment_rules", 12, 9, None),
        ("segment_rules", 12, 8, "the public table segment_rules has 8 rows"),
        ("segments", 5, None, None),
    ],
)
def test_what_is_lost_needs_a_line(
    name: str, expected: int, found: int | None, sentence: str | None
) -> None:
    tables = {} if found is None else {name: found}
    sentences = losses(1000, {name: expected}, tables, DECISIONS)
    if sentence is None:
        assert sentences == []
    else:
        [only] = sentences
        assert only.startswith(sentence)
        assert f'"`{name}` has {found or 0} rows at 1 000 customers"' in only


def test_a_line_is_of_one_number_of_customers() -> None:
    assert losses(2000, {"segment_rules": 12}, {"segment_rules": 9}, DECISIONS)


def test_what_is_recorded_is_expected(tmp_path: Path) -> None:
    file = tmp_path / "tables.csv"
    record(2000, {"segments": 4}, file)
    record(1000, {"segments": 3, "customers": 1000}, file)
    record(1000, {"customers": 999, "builds": 1}, file)
    assert read_expected(1000, file) == {"builds": 1, "customers": 999}
    assert read_expected(2000, file) == {"segments": 4}
    assert read_expected(3000, file) == {}


@pytest.mark.parametrize("customers", [10_000])
def test_the_tables_of_a_measured_size_are_expected(customers: int) -> None:
    expected = read_expected(customers, EXPECTED)
    assert expected["customer_segments"] == expected["customers"] == customers
    assert expected["segment_evaluation"] > 0


def measurement(
    seconds: float, gigabytes: float = 1, exit_code: int = 0
) -> Measurement:
    return Measurement(seconds, 2 * seconds, round(gigabytes * 1e9), exit_code)


def test_the_table_has_medians_spreads_and_ratios() -> None:
    ways = {
        "pandas way": [measurement(s, 1.5) for s in (10, 12, 30)],
        "everything": [measurement(s, 3) for s in (70, 36, 24)],
    }
    [_, _, pandas, everything] = run.comparison(ways, 1000, 1000).splitlines()
    values = [value.strip() for value in everything.strip("|").split("|")]
    assert values == [
        *["everything", "1,000", "36.0", "24.0 to 70.0", "72.0", "3.00"],
        *["3.00", "2.00"],
    ]
    assert "12.0 |  10.0 to 30.0" in pandas


def test_the_time_of_fewer_is_multiplied_and_their_memory_is_not() -> None:
    ways = {"pandas way": [measurement(10, 2)], "everything": [measurement(200, 4)]}
    header, _, pandas, everything = run.comparison(ways, 10_000, 1000).splitlines()
    assert "/ 10 x pandas' time" in header
    assert "| 1,000 " in " ".join(pandas.split())
    values = [value.strip() for value in everything.strip("|").split("|")]
    assert values[-2:] == ["2.00", "2.00"]


def test_what_ran_out_of_memory_is_no_reference() -> None:
    ways = {
        "pandas way": [measurement(10, 2, exit_code=-9)],
        "everything": [measurement(20)],
    }
    *_, pandas, everything = run.comparison(ways, 1000, 1000).splitlines()
    assert "out of memory after 10.0" in pandas
    assert [value.strip() for value in everything.strip("|").split("|")][-2:] == [
        "-",
        "-",
    ]


def test_what_the_ways_are_compared_on_is_hashed() -> None:
    """These files change for a proven bug only; then their hash changes here too."""
    assert run.hashes() == "pandas_way.py 3e5eae4178a0, generate.py cf3d27862b4d"


# ---------------------------------------------------------------- the next day


def test_the_next_day_is_compared_with_everything() -> None:
    ways = {
        "everything": [measurement(s, 2) for s in (90, 100, 200)],
        "next day": [measurement(s, 1.5) for s in (40, 30, 20)],
    }
    assert run.share_of_everything(ways, "next day") == (
        "next day: 30 % of the time of everything, 30 % of its processor time, "
        "75 % of its memory"
    )


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 1, 1), date(2026, 2, 13)),
        (date(2026, 2, 13), date(2026, 2, 13)),
        (date(2026, 2, 14), date(2026, 5, 14)),
        (date(1999, 12, 31), date(2000, 1, 1)),
    ],
)
def test_the_grid_is_that_of_all_builds(day: date, expected: date) -> None:
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    assert (
        project["vars"]["observation_anchor"],
        project["vars"]["outcome_window_days"],
    ) == (str(run.OBSERVATION_ANCHOR), run.OUTCOME_WINDOW_DAYS)
    assert run.next_grid_date(day) == expected


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the fewest customers, with those of a day that follows later."""
    folder = tmp_path_factory.mktemp("log")
    generate(CUSTOMERS, folder / "log")
    link_files(folder / "log", folder / "records")
    write_next_day(CUSTOMERS, folder / "records", days_later=3)
    return folder


def rows_of(query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return connection.sql(query).fetchall()


@pytest.mark.parametrize(
    ("table", "key", "moment", "parts"),
    [
        ("orders", "order_id", "ordered_at", 365),
        ("visits", "visit_id", "visited_at", 365),
        ("reviews", "review_id", "reviewed_at", 365),
        ("customers", "customer_id", "registered_at", 1827.5),
    ],
)
def test_a_day_is_added_to_the_log(
    log: Path, table: str, key: str, moment: str, parts: float
) -> None:
    days = f"cast(min({moment}) as date), cast(max({moment}) as date)"
    rows, least, greatest, first, last = rows_of(
        f"select count(*), min({key}), max({key}), {days} "
        f"from '{log}/records/{table}/next_day.parquet'"
    )[0]
    [(before,)] = rows_of(f"select count(*) from '{log}/log/{table}/*.parquet'")
    assert rows == pytest.approx(before / parts, abs=1)
    assert (least, greatest) == (before + 1, before + rows)
    # Reviews come late; of the log's own they are none.
    expected = run.NEXT_DAY + timedelta(days=3)
    earliest = expected - timedelta(days=2 if table == "reviews" else 0)
    assert earliest <= first <= last <= expected
    [(together,)] = rows_of(
        f"select count(distinct {key}) from '{log}/records/{table}/*.parquet'"
    )
    assert together == before + rows


def test_the_next_day_is_of_customers_who_are_there(log: Path) -> None:
    for table, moment in (("orders", "ordered_at"), ("visits", "visited_at")):
        assert rows_of(
            f"select count(*) from '{log}/records/{table}/next_day.parquet' as events "
            f"left join '{log}/records/customers/*.parquet' as customers "
            "on events.customer_id = customers.customer_id "
            f"and customers.registered_at < events.{moment} "
            "where customers.customer_id is null"
        ) == [(0,)]
    assert rows_of(
        f"select count(*) from '{log}/records/reviews/next_day.parquet' as reviews "
        f"left join '{log}/records/orders/*.parquet' as orders "
        "using (order_id, customer_id) where orders.order_id is null"
    ) == [(0,)]


@pytest.mark.parametrize(
    ("table", "column", "records"),
    [("orders", "amount", 100), ("customers", "income", 20)],
)
def test_past_records_are_changed(
    log: Path, tmp_path: Path, table: str, column: str, records: int
) -> None:
    link_files(log / "log", tmp_path / "records")
    change_records(tmp_path / "records")
    [(rows, changed, filled)] = rows_of(
        "select count(*), "
        f"count_if(former.{column} is distinct from changed.{column}), "
        f"count_if(former.{column} is null and changed.{column} is not null) "
        f"from '{log}/log/{table}/*.parquet' as former "
        f"full join '{tmp_path}/records/{table}/*.parquet' as changed "
        f"using ({table[:-1]}_id)"
    )
    assert [(rows,)] == rows_of(f"select count(*) from '{log}/log/{table}/*.parquet'")
    assert changed == pytest.approx(rows / records, rel=0.2)
    # Of the two columns incomes alone are missing now and then.
    assert (filled > 0) == (column == "income")


def test_the_log_stays_as_it_was(log: Path) -> None:
    files = sorted(path.name for path in (log / "log").glob("*/*.parquet"))
    assert files == ["part_0000.parquet"] * 4


# ---------------------------------------------------------------- growth


def test_growth_is_of_medians_and_of_sizes_that_follow_each_other(
    tmp_path: Path,
) -> None:
    file = tmp_path / "growth.csv"
    ways = {"core": [measurement(s) for s in (10, 30, 20)]}
    growth.record(10_000, ways | {"floor": [measurement(2)]}, file)
    growth.record(1000, {"core": [measurement(99)]}, file)
    growth.record(1000, {"core": [measurement(8)]}, file)
    growth.record(20_000, {"core": [measurement(1, exit_code=-9)]}, file)
    measured = growth.read(file)
    assert measured == {"core": [(1000, 8), (10_000, 20)], "floor": [(10_000, 2)]}
    assert list(growth.growth(measured)) == [["core", "1,000", "10,000", "10.0", "2.5"]]


def test_growth_has_the_pandas_way_where_it_ran_on_all_customers() -> None:
    ways = {"pandas way": [measurement(1)], "core": [measurement(2)]}
    assert run.ways_of_all(ways, 1000, 1000) == ways
    assert list(run.ways_of_all(ways, 10_000, 1000)) == ["core"]


def test_the_picture_of_growth_has_the_ways_and_sizes() -> None:
    svg = growth.picture({"core": [(1000, 8), (10_000, 20)]})
    assert all(word in svg for word in ("<svg", "core", ">1k<", ">10k<"))
