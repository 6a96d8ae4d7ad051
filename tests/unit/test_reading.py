"""Raw files are read whole, or not at all and for a reason in one sentence."""

import gzip
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from segmentation.reading.header import (
    NoHeaderError,
    Quoting,
    SeveralDelimitersError,
    TwoColumnsError,
    column_names,
    find_header,
)
from segmentation.reading.location import recognised_call
from segmentation.reading.malformed_lines import malformed_lines
from segmentation.reading.tables import (
    BadInputError,
    NoInputError,
    RawTable,
    find_input,
)
from segmentation.reading.text_files import (
    holds_parts_of_records,
    lines_before_open_quote,
)

ORDERS = ("order_id", "customer_id", "ordered_at", "amount", "status")
NEEDED = ("order_id", "customer_id")
HEADER = "order_id,customer_id,ordered_at,amount\n"


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set threads = 2; set preserve_insertion_order = false")
    return connection


def orders(folder: Path, data: str | bytes, **properties: Any) -> RawTable:
    """Write a file of orders, and ask for it as the macros do."""
    path = folder / "orders.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    location = f"read_csv('{path}', all_varchar = true)"
    return RawTable(
        **{
            "table": "orders",
            "location": location,
            "columns": ORDERS,
            "needed": NEEDED,
            **properties,
        }
    )


def rows(connection: duckdb.DuckDBPyConnection, table: RawTable) -> list[Any]:
    """The records of a raw table, in the order of their ids."""
    relation = find_input(connection, table).relation
    return sorted(connection.execute(f"select * from {relation}").fetchall(), key=str)


def assert_stops(
    connection: duckdb.DuckDBPyConnection, table: RawTable, sentence: str
) -> None:
    """Assert a stop in one sentence that names the file and shows no data."""
    with pytest.raises(BadInputError) as stop:
        malformed_lines(connection, table)
    text = str(stop.value)
    assert text.startswith("raw table orders at ")
    assert "orders.csv" in text
    assert sentence in text
    assert re.fullmatch(r"[^;\n]+; expected [^;\n]+\.", text), text
    assert "anna" not in text


# ---------------------------------------------------------------- locations


@pytest.mark.parametrize(
    ("location", "paths", "options"),
    [
        ("read_csv('a.csv')", ("a.csv",), {}),
        ("READ_CSV_AUTO ( 'a.csv' )", ("a.csv",), {}),
        ("'a.csv'", ("a.csv",), {}),
        ("'a.tsv.gz'", ("a.tsv.gz",), {}),
        ("read_csv(['a.csv', 'b/*.csv'])", ("a.csv", "b/*.csv"), {}),
        ("read_csv('it''s.csv')", ("it's.csv",), {}),
        ("read_csv('a(b).csv', delim = ',')", ("a(b).csv",), {"delim": ","}),
        ("read_csv('a.csv', sep := ';')", ("a.csv",), {"delim": ";"}),
        ("read_csv('a.csv', delim => '\\t')", ("a.csv",), {"delim": "\t"}),
        ("read_csv('a.csv', QUOTE = '''')", ("a.csv",), {"quote": "'"}),
        ("read_csv('a.csv', all_varchar = true, header = TRUE)", ("a.csv",), {}),
        ("read_csv('a.csv', encoding = 'utf-16')", ("a.csv",), {"encoding": "utf-16"}),
        ("read_csv('a.csv', skip = 2) -- as it comes", ("a.csv",), {"skip": "2"}),
        ("read_csv(/* read_csv('b.csv') */ 'a.csv')", ("a.csv",), {}),
    ],
)
def test_a_call_of_read_csv_is_recognised(
    location: str, paths: tuple[str, ...], options: Mapping[str, str]
) -> None:
    call = recognised_call(location)

    assert call is not None
    assert call.paths == paths
    assert call.options == options
    assert not call.is_selected_from


@pytest.mark.parametrize(
    ("location", "before", "after"),
    [
        ("(select * from read_csv('a.csv'))", "(select * from", ")"),
        (
            "(select \"Id\" as order_id from read_csv('a.csv') where \"Won\" = 'true')",
            '(select "Id" as order_id from',
            "where \"Won\" = 'true')",
        ),
        ("(from read_csv('a.csv') limit 3)", "(from", "limit 3)"),
        (
            "(select trim(a, 'from x'), (b) from read_csv('a.csv'))",
            "(select trim(a, 'from x'), (b) from",
            ")",
        ),
    ],
)
def test_a_call_within_a_select_is_recognised(
    location: str, before: str, after: str
) -> None:
    call = recognised_call(location)

    assert call is not None
    assert (call.before, call.after) == (before, after)
    assert call.paths == ("a.csv",)


@pytest.mark.parametrize(
    "location",
    [
        "raw.orders",
        "read_parquet('a.parquet')",
        "'a.parquet'",
        "read_csv(path)",
        "read_csv('a' || '.csv')",
        "read_csv(['a.csv', path])",
        "read_csv()",
        "read_csv('a.csv'",
        "read_csv('a.csv)",
        "read_csv('a.csv', ';')",
        "read_csv('a.csv') as orders",
        "read_csv('a.csv', columns = {'a': 'text'})",
        "read_csv('a.csv', header = false)",
        "read_csv('a.csv', comment = '#')",
        "read_csv('a.csv', all_varchar = false)",
        "read_csv('a.csv', delim = chr(9))",
        "(select * from read_csv('a.csv')) as orders",
        "(select * from read_csv('a.csv') union all select * from read_csv('b.csv'))",
        "(select * from read_csv('a.csv') join b using (id))",
        "(select * from b where id in (select id from read_csv('a.csv')))",
        "(select * from a, read_csv('a.csv'))",
        'read_csv("a.csv")',
        "",
    ],
)
def test_every_other_text_is_left_to_the_engine(location: str) -> None:
    assert recognised_call(location) is None


@pytest.mark.parametrize(
    "location",
    [
        "raw.orders; drop table raw.orders",
        "raw.orders;",
        "raw.orders -- of last year",
        "read_csv(/* read_csv('b.csv') */ 'a.csv')",
        "raw.orders) as a, (select 1",
        "(select * from raw.orders",
    ],
)
def test_a_location_is_one_relation_or_expression(
    connection: duckdb.DuckDBPyConnection, location: str
) -> None:
    with pytest.raises(BadInputError, match="expected one relation or expression, "):
        find_input(connection, RawTable("orders", location))


def test_signs_in_quotes_end_no_location(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "--(a; b.csv"
    path.write_text("order_id;customer_id\no;c\n")
    table = RawTable(
        "orders", f"read_csv('{path}', delim = ';')", None, ORDERS, NEEDED, options={}
    )

    assert rows(connection, table) == [("o", "c")]


# ---------------------------------------------------------------- column names


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_at_the_column_names(delimiter: str) -> None:
    header = find_header("order_id,customer_id\no,1".replace(",", delimiter), NEEDED)

    assert header.delimiter == delimiter
    assert header.names == NEEDED


def test_a_delimiter_within_a_quoted_name_splits_nothing() -> None:
    header = find_header('order_id;customer_id;"paid, in all"\n', NEEDED)

    assert header.names == ("order_id", "customer_id", "paid, in all")


def test_two_delimiters_that_both_split_the_names_stop() -> None:
    with pytest.raises(SeveralDelimitersError) as stop:
        find_header("order_id,customer_id,paid;in all\n", NEEDED)

    assert stop.value.delimiters == ("comma", "semicolon")


def test_a_delimiter_that_is_said_is_not_looked_for() -> None:
    header = find_header("order_id,customer_id,paid;in all\n", NEEDED, delimiters=[","])

    assert header.names == ("order_id", "customer_id", "paid;in all")


def test_one_column_has_no_delimiter() -> None:
    assert find_header("customer_id\nc\n", ["customer_id"]).names == ("customer_id",)


def test_names_are_found_below_other_lines() -> None:
    header = find_header('"Sales\nof all"\n\norder_id,customer_id\no,c\n', NEEDED)

    assert (header.first_line, header.record_number) == (4, 3)


def test_names_are_found_with_what_nobody_sees_around_them() -> None:
    header = find_header('\ufeff Order_ID\u00a0,"CUSTOMER_ID "\n', NEEDED)

    assert column_names(header, {"order_id": "order_id"}) == ["order_id", "column 2"]


def test_a_line_of_data_is_not_shown_as_names() -> None:
    with pytest.raises(NoHeaderError) as stop:
        find_header(
            "c1,Anna,anna@example.org,email\n", ["customer_id"], known=["email"]
        )

    assert stop.value.names == ()


def test_a_line_of_other_names_is_shown() -> None:
    with pytest.raises(NoHeaderError) as stop:
        find_header("id,customer_id,amount\n", NEEDED, known=ORDERS)

    assert stop.value.names == ("id", "customer_id", "amount")


def test_two_columns_that_are_read_must_differ() -> None:
    header = find_header("order_id,customer_id,Order_ID,note,note\n", NEEDED)

    with pytest.raises(TwoColumnsError) as stop:
        column_names(header, {name: name for name in ORDERS})
    assert stop.value.name == "order_id"
    assert len(set(column_names(header, {"customer_id": "customer_id"}))) == 5


# ---------------------------------------------------------------- quotes


@pytest.mark.parametrize(
    ("record", "lines"),
    [
        ('a,"b', 0),
        ('"a\nb","c\n\nd', 1),
        ('"a\r\nb","c" d', 1),
        ('"a""\nb","c', 1),
        ('x" y,"b', 0),
    ],
)
def test_the_quote_that_is_not_closed_is_found(record: str, lines: int) -> None:
    assert lines_before_open_quote(record, ",", Quoting()) == lines


@pytest.mark.parametrize(
    ("value", "position", "is_suspect"),
    [
        ("Great!,web\no2,c2,nice", 2, True),
        ("Great!,web\no2,c2,fine,app\n\no3,c3,nice", 2, True),
        ("Great!,web\r\no2,c2,nice", 2, True),
        ("Great!\no2,c2,web,nice", 3, True),
        ("two\nlines", 2, False),
        ("Great!,web\nto you, Anna, and all", 2, False),
        ("Great!,web\no2,,nice", 2, False),
        ("Great!\no2,c2,nice", 2, False),
        ("Great!,web\none line\no3,c3,nice", 2, False),
    ],
)
def test_a_value_that_swallowed_records_is_told_from_one_of_several_lines(
    value: str, position: int, is_suspect: bool
) -> None:
    needed = [True, True, False, False]

    assert holds_parts_of_records(value, position, ",", needed) is is_suspect


# ---------------------------------------------------------------- whole files


@pytest.mark.parametrize(
    "data",
    [
        HEADER + "o1,c1,2024-01-01,5\no2,c2,2024-01-02,6\n",
        HEADER + "o1,c1,2024-01-01,5\no2,c2,2024-01-02,6",
        HEADER + '"o1","c1","2024-01-01","5"\no2,c2,2024-01-02,6\n',
        HEADER + "o1,c1,2024-01-01,5,\no2,c2,2024-01-02,6,\n",
        HEADER + "\no1,c1,2024-01-01,5\n\n\no2,c2,2024-01-02,6\n\n",
        (HEADER + "o1,c1,2024-01-01,5\no2,c2,2024-01-02,6\n").replace("\n", "\r\n"),
        (HEADER + "o1,c1,2024-01-01,5\no2,c2,2024-01-02,6\n").replace("\n", "\r"),
        HEADER + "o1,c1,2024-01-01,5\r\no2,c2,2024-01-02,6\n",
        HEADER.replace("\n", "\r\n") + "o1,c1,2024-01-01,5\no2,c2,2024-01-02,6\r\n",
        "\ufeff" + HEADER + "o1,c1,2024-01-01,5\no2,c2,2024-01-02,6\n",
        "Report\nof,all\n\n" + HEADER + "o1,c1,2024-01-01,5\no2,c2,2024-01-02,6\n",
        HEADER.replace("\n", ",\n") + "o1,c1,2024-01-01,5\no2,c2,2024-01-02,6\n",
        HEADER.replace("\n", ',"a\nb"\r\n')
        + 'o1,c1,2024-01-01,5,"x\ny"\r\no2,c2,2024-01-02,6,\r\n',
    ],
    ids=[
        "plain",
        "no_line_end_at_the_end",
        "quotes",
        "a_delimiter_behind_every_record",
        "empty_lines",
        "lines_of_windows",
        "lines_of_old_macs",
        "line_ends_of_two_kinds",
        "line_ends_of_two_kinds_the_first_of_windows",
        "byte_order_mark",
        "banner",
        "a_delimiter_behind_the_names",
        "line_end_within_a_name",
    ],
)
def test_every_record_is_read(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, data: str
) -> None:
    table = orders(tmp_path, data)

    assert malformed_lines(connection, table) == []
    assert rows(connection, table) == [
        ("o1", "c1", "2024-01-01", "5"),
        ("o2", "c2", "2024-01-02", "6"),
    ]


def test_values_stay_as_they_are(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    table = orders(tmp_path, HEADER + '#1,o\x00\'1,5" x,"a""b"\n 2 ,#,-,="1"\n')

    assert malformed_lines(connection, table) == []
    assert rows(connection, table) == [
        (" 2 ", "#", "-", '="1"'),
        ("#1", "o\x00'1", '5" x', 'a"b'),
    ]


def test_lines_above_the_column_names_are_told_of(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    [note] = find_input(connection, orders(tmp_path, f"Sales\n\n{HEADER}")).notes

    assert note.startswith("raw table orders at ")
    assert "has its column names on line 3: the lines above are not read." in note


def test_an_empty_line_is_no_record_of_one_column(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    table = orders(tmp_path, "customer_id\nc1\n\n\nc2\n", needed=["customer_id"])

    assert malformed_lines(connection, table) == []
    assert rows(connection, table) == [("c1",), ("c2",)]


def test_lines_that_do_not_fit_are_listed_with_their_numbers(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    header = HEADER.replace("\n", ",note\n")
    good = 'o1,c1,2024-01-01,5,"two\nlines"\n'
    table = orders(
        tmp_path, f"Banner\n{header}{good}\n\no2,c2\n{good}o3,c3,1,2,3,4\no4,c"
    )

    found = [
        (line.line_number, line.values_found, line.values_expected)
        for line in malformed_lines(connection, table)
    ]

    assert found == [(7, 2, 5), (10, 6, 5), (11, 2, 5)]
    assert len(rows(connection, table)) == 2


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (HEADER + 'o1,c1,1,2\no2,"anna,1,2\no3,c3,1,2\n', "a quote on line 3 that is"),
        (HEADER + 'o1,c1,1,2\no2,"c" anna,1,2\no3,c3,1,2\n', "a quote on line 3 that"),
        (
            HEADER + 'o1,c1,1,2\no2,"anna,1,2\no3,c3,1,2\no4",c,1,2\n',
            "a record from line 3 on that reaches over several lines and has 5 values",
        ),
        (
            HEADER + 'o1,c1,1,2\no2,c2,"1,anna\no3,c3,1,2\no4",5\n',
            "within the value of ordered_at whose quote opens on line 3;",
        ),
        (
            HEADER.replace("amount", "note")
            + 'o1,c1,1,a\no2,c2,1,"anna\no3,c3,1,b\no4,c4,1,5"\no5,c5,1,"two\nlines"\n',
            "within the value of note whose quote opens on line 3;",
        ),
    ],
    ids=[
        "quote_not_closed",
        "more_behind_a_quote",
        "two_stray_quotes",
        "two_stray_quotes_of_which_a_record_is_made",
        "two_stray_quotes_beside_the_contract",
    ],
)
def test_a_broken_quote_stops_with_its_line(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, data: str, sentence: str
) -> None:
    assert_stops(connection, orders(tmp_path, data), sentence)


def test_the_line_of_a_quote_counts_the_lines_within_values(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    data = (
        HEADER.replace("\n", ",note\n")
        + 'o1,c1,1,2,"a\n\nb"\n\no2,c2,"2024\n-01-01",5,\n'
    )

    assert_stops(
        connection, orders(tmp_path, data), "of ordered_at whose quote opens on line 6;"
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (HEADER.encode("utf-16"), "not in the encoding UTF-8 but probably in UTF-16;"),
        (HEADER.encode("utf-16-le"), "but probably in UTF-16;"),
        (b"\x00\x01" * 999, "not in the encoding UTF-8"),
        (HEADER.encode() + b"o1,c\xe9,1,2\n", "probably in Windows-1252 or Latin-1;"),
        (
            HEADER.encode() + b"o1,c1,1,2\n" * 200_000 + b"o1,c1,1,\xe9\n",
            "has bytes on line 200002 that are not in the encoding UTF-8;",
        ),
        (HEADER.replace("amount", "order_id"), "has two columns named order_id;"),
        ("order_id,customer_id,a;b\n", "names that comma and semicolon split;"),
        (
            HEADER + "o1,c1,1,2\n" + HEADER.replace("\n", ",channel\no2,c2,1,2,web\n"),
            "has a second line of column names on line 3, with 5 names; expected 4,",
        ),
        (
            HEADER + "o1,c1,1,2\r\no2,c2\n",
            "line ends of two kinds and lines that do not fit",
        ),
    ],
    ids=[
        "utf_16",
        "utf_16_without_mark",
        "no_text",
        "latin_1",
        "latin_1_far_below",
        "two_columns_of_one_name",
        "two_delimiters",
        "two_files_in_one",
        "two_faults_at_once",
    ],
)
def test_a_file_that_nobody_can_read_for_sure_stops(
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    data: str | bytes,
    sentence: str,
) -> None:
    assert_stops(connection, orders(tmp_path, data), sentence)


def test_what_is_said_of_a_file_wins(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    data = "Order No|customer_id|amount;€\n'o|1'|c\xe9|5\n".encode("cp1252")
    path = tmp_path / "orders.csv"
    table = orders(
        tmp_path,
        data.replace("€".encode("cp1252"), b"eur"),
        location=f"read_csv('{path}', quote = '''')",
        names={"order_id": "Order No"},
        options={"delim": "|", "encoding": "latin-1", "quote": "`"},
    )

    assert rows(connection, table) == [("o|1", "cé")]


def test_a_select_around_the_call_stays(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "orders.csv"
    table = orders(
        tmp_path,
        'Id,Won,Paid\n1,true,"5,5"\n2,false,6\n3\n4,true,7\n',
        location=(
            f'(select "Id" as order_id, Id as customer_id, Paid as amount from '
            f"read_csv('{path}') where \"Won\" = 'true')"
        ),
    )

    assert rows(connection, table) == [("1", "1", "5,5"), ("4", "4", "7")]
    assert [line.line_number for line in malformed_lines(connection, table)] == [4]


@pytest.mark.parametrize(
    "location", ["read_csv('{path}')", "(select * from read_csv('{path}'))"]
)
def test_one_column_of_a_file_may_be_several_of_the_contract(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, location: str
) -> None:
    path = tmp_path / "orders.csv"
    table = orders(
        tmp_path,
        "customer_id,amount\nc1,5\n",
        location=location.format(path=path),
        names={"order_id": "Customer_ID"},
    )

    assert list(map(sorted, rows(connection, table))) == [["5", "c1", "c1"]]


def test_files_with_other_columns_and_delimiters_are_read_together(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "1.csv").write_text(HEADER + "o1,c1,1,2\n")
    (tmp_path / "2.csv").write_text("customer_id;order_id;status\nc2;o2;paid\n")
    with gzip.open(tmp_path / "3.csv.gz", "wt") as file:
        file.write(HEADER + "o3,c3,1,2\no4\n")
    table = RawTable(
        "orders", f"read_csv('{tmp_path}/*')", None, ORDERS, NEEDED, options={}
    )

    found = find_input(connection, table)
    ids = connection.execute(f"select order_id, customer_id from {found.relation}")

    assert sorted(ids.fetchall()) == [("o1", "c1"), ("o2", "c2"), ("o3", "c3")]
    [line] = malformed_lines(connection, table)
    assert (Path(line.file_path).name, line.line_number) == ("3.csv.gz", 3)


def test_a_folder_has_one_file_a_table(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    def table(name: str) -> RawTable:
        return RawTable(name, folder=str(tmp_path), columns=ORDERS, needed=NEEDED)

    (tmp_path / "a.tsv").write_text("order_id\tcustomer_id\tx,y\no\tc\t1\n")
    (tmp_path / "b.json").write_text('[{"Order_ID": 1, "customer_id": "c", "x": [1]}]')
    (tmp_path / "c.ndjson").write_text('{"order_id": "01", "customer_id": 2.50}\n')
    connection.execute(
        f"copy (select 1 as order_id, 2 as customer_id) to '{tmp_path}/d.parquet'"
    )
    (tmp_path / "e.csv").write_text(HEADER)
    (tmp_path / "e.parquet").write_text("")
    (tmp_path / "f.parquet").write_text("anna")

    assert rows(connection, table("a")) == [("o", "c")]
    assert rows(connection, table("b")) == [("1", "c")]
    assert rows(connection, table("c")) == [("01", "2.5")]
    assert rows(connection, table("d")) == [(1, 2)]
    with pytest.raises(BadInputError, match=r"has 2 files, .*e\.csv and .*e\.parquet;"):
        find_input(connection, table("e"))
    with pytest.raises(BadInputError, match=r"f\.parquet cannot be read; expected"):
        find_input(connection, table("f"))
    with pytest.raises(NoInputError, match=r"no file at .*/g\.csv, \.csv\.gz, \.tsv"):
        find_input(connection, table("g"))


def test_a_file_that_only_the_engine_reaches_is_read_alike(
    connection: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("tables", "malformed_lines"):
        monkeypatch.setattr(f"segmentation.reading.{module}.is_local", lambda _: False)
    table = orders(
        tmp_path, "\ufeffBestellungen für\n\norder_id;customer_id\no;é\no\nö;c\n"
    )

    assert rows(connection, table) == [("o", "é"), ("ö", "c")]
    [line] = malformed_lines(connection, table)
    assert (line.line_number, line.values_found) == (5, 1)


def test_text_that_is_read_as_written_is_told_of(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    table = orders(tmp_path, HEADER)
    path = tmp_path / "orders.csv"
    written = orders(
        tmp_path, HEADER, location=f"read_csv('{path}', header = true, names = ['a'])"
    )

    assert find_input(connection, table).notes == ()
    [note] = find_input(connection, written).notes
    assert "is read as written: its records are not counted against the lines" in note


def test_a_file_with_one_column_that_nobody_asks_for_is_there(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("customer_id\nc1\n", encoding="utf-8")

    found = find_input(
        duckdb.connect(), RawTable(table="customers", folder=str(tmp_path))
    )

    assert found.columns == ("customer_id",)
