"""Each macro of macros/engine gives the same on DuckDB and on Spark, on the same rows.

`make test-spark` runs it, in an environment that has Spark.
"""

import datetime as dt
import functools
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import pyarrow as pa
import pytest

MACROS = Path(__file__).resolve().parents[2] / "macros"
# They ask Python, the catalog or the parse tree of DuckDB, or write tables; on Spark
# they refuse, or there is nothing to ask.
WITHOUT_ROWS = {
    "columns_of",
    "customer_bucket",
    "drop_append_tables",
    "fault_of_condition",
    "files_at",
    "finish_replacements",
    "found_input",
    "has_function",
    "is_in_seen_bucket",
    "make_source_view",
    "malformed_lines_of",
    "parts_of_condition",
    "project_facts",
    "reserved_words",
    "salt_state",
    "salted_hash",
    "with_columns",
}
# Spark has no function that composes letters: Unicode's form NFC.
DECOMPOSED = "Zoe\u0308"
COMPOSING = {"composed", "in_one_spelling", "without_invisible"}
TEXTS = [
    None,
    "",
    " ",
    "a",
    "12.50",
    "1.234,5",
    "a1b22",
    "abc\n",
    "1\n2",
    "x\u00a0 \ty",
    "\ufeffid\u200b7",
    "Zo\u00eb",
    DECOMPOSED,
    "M\u00dcLLER \u0141\u00f3d\u017a",
    "na\u00efve caf\u00e9 \u00f1",
    "O'Brien $5 \\d",
    "anna smith 0123456789",
    "2024-03-05",
    "5-Mar-24",
    "\u6771\u4eac \U0001f600",
]
NUMBERS = [None, 0, -1, 1, 7, 25569, 10**12, -(10**9), 86_399_999_999]
AMOUNTS = [None, Decimal("0"), Decimal("-3.25"), Decimal("99999999999999.9999")]
MOMENTS = [
    None,
    dt.datetime(1970, 1, 1),
    dt.datetime(2024, 3, 10, 2, 30, 0, 123456),
    dt.datetime(2024, 7, 1, 23, 59, 59),
    dt.datetime(2024, 11, 3, 6, 30),
]


@dataclass(frozen=True)
class Case:
    """A call of a macro, and the values of the column `value` that it is asked of."""

    macro: str
    values: list[Any]
    type: pa.DataType
    arguments: dict[str, Any] = field(default_factory=dict)
    # Around what the macro renders, such as what takes a field of a struct.
    asked: str = "{}"


def texts(macro: str, asked: str = "{}", values: Any = None, **arguments: Any) -> Case:
    return Case(
        macro, values or TEXTS, pa.string(), {"text": "value"} | arguments, asked
    )


def moments(macro: str, name: str, **arguments: Any) -> Case:
    return Case(macro, MOMENTS, pa.timestamp("us"), {name: "value"} | arguments)


SCALARS = [
    *(
        texts(macro, pattern=pattern)
        for macro in ("has_match", "has_rare_match")
        for pattern in ("^[0-9]+$", "[a-z][0-9]", "c$", "a|b$", "[^ -~]", "^ *[=\\x27]")
    ),
    *(
        texts("regexp_groups", f"({{}}).{name}", pattern=pattern, names=["one", "two"])
        for name in ("one", "two")
        for pattern in ("^([a-z]+)([0-9])?", "^(.*)[.](.*)$")
    ),
    texts("regexp_replace_first", pattern="^([a-z])(.*)$", replacement="\\2-\\1"),
    texts("regexp_replace_first", pattern="[.,].*$", replacement=""),
    texts("regexp_replace_all", pattern="[^0-9]", replacement=""),
    texts("regexp_replace_all", pattern="([.]0$|[^0-9+x])", replacement=""),
    texts("in_one_spelling"),
    texts("without_invisible"),
    texts("without_accents", "lower({})"),
    texts("composed"),
    texts(
        "try_parse_timestamp",
        formats=["%Y-%m-%d", "%d-%b-%y", "%d.%m.%Y %H:%M:%S", "%m/%d/%Y %I:%M %p"],
        values=[*TEXTS, "05.03.2024 23:59:58", "03/05/2024 11:30 PM", "31-Feb-24"],
    ),
    texts(
        "try_year_first",
        values=[*TEXTS, "1980", "1980-03", "2024/3/5", "05/03/2024", "2024-3-5 10:15"],
    ),
    Case("text_of", TEXTS, pa.string(), {"column": "value"}),
    Case("text_of", [None, 44.7, 12.5, -0.25], pa.float64(), {"column": "value"}),
    Case("text_of", [None, 7, 10**12], pa.int64(), {"column": "value"}),
    texts("hashed_share"),
    texts("shares_a_word", other_text="'an smith'"),
    texts("shares_a_word", other_text="'1234567'"),
    texts("shares_a_word", other_text="cast(null as string)"),
    Case(
        "computed_once",
        TEXTS,
        pa.string(),
        {
            "values": {"text": "upper(value)", "size": "length(value)"},
            "expression": "case when v.size > 1 then v.text || v.text end",
        },
    ),
    *(
        Case("has_type", [value], type_, {"column": "value", "family": family})
        for value, type_ in [
            ("a", pa.string()),
            (1, pa.int64()),
            (1, pa.int32()),
            (0.5, pa.float64()),
            (True, pa.bool_()),
            (dt.date(2024, 3, 5), pa.date32()),
            (dt.datetime(2024, 3, 5), pa.timestamp("us")),
        ]
        for family in ("text", "time", "number", "fraction", "boolean")
    ),
    Case(
        "type_of_instants",
        [dt.datetime(2024, 3, 5, tzinfo=dt.UTC)],
        pa.timestamp("us", tz="UTC"),
        asked="'{}' = lower(typeof(value))",
    ),
    moments("clock_time", "utc", time_zone="America/New_York"),
    moments("clock_time", "utc", time_zone="Asia/Kolkata"),
    Case(
        "rounded",
        [None, 0.0, 1e-300, 1.23456e-7, 0.05, 0.999999999949, 1.0],
        pa.float64(),
        {
            "number": "value",
            "digits": "cast(8 - floor(log10(greatest(value, 1e-300))) as int)",
        },
    ),
    Case("utc_of_microseconds", NUMBERS, pa.int64(), {"number": "value"}),
    Case(
        "utc_of_instant",
        [None, "2024-03-10T02:30:00Z", "2024-03-10 02:30:00+05:30", "none"],
        pa.string(),
        {"column": "value"},
    ),
    Case(
        "as_amount", AMOUNTS, pa.decimal128(20, 4), {"number": "value", "what": "Sum"}
    ),
    *(
        Case(
            "count_above",
            [None, [], [1.0], [2.0, None, 5.5]],
            pa.list_(pa.float64()),
            {"values": "value", "bound": bound},
        )
        for bound in ("1.5", "cast(null as double)")
    ),
]
# Of no value, of a missing one, of one, and of many.
GROUPS: list[list[Any]] = [
    [],
    [None],
    [2.0],
    [1.0, 1.0],
    [0.1, 0.2, 0.4],
    [5.0, None, 1.0, 2.0, 9.0],
]
WORDS: list[list[Any]] = [[], [None], ["EUR"], ["USD", "EUR", None, "USD", "CHF"]]


def numbers(macro: str, asked: str = "{}", **arguments: Any) -> Case:
    return Case(macro, GROUPS, pa.float64(), {"column": "value"} | arguments, asked)


def counts(macro: str, asked: str = "{}", **arguments: Any) -> Case:
    return Case(macro, WORDS, pa.string(), {"counts": "counts"} | arguments, asked)


AGGREGATES = [
    numbers("sample_skewness"),
    *(numbers("quartiles", f"quartile:{number}") for number in (1, 2, 3)),
    counts("count_in", value="EUR"),
    counts("count_in", value="JPY"),
    counts("counts_in_words"),
    counts("counted_values", which="all"),
    counts("counted_values", which="most"),
]


class Macros:
    """The macros of the project as one engine has them, without the rest of dbt."""

    def __init__(self, engine: str, **of_dbt: Any) -> None:
        environment = jinja2.Environment(extensions=["jinja2.ext.do"])
        paths = [*(MACROS / "engine").glob("*.sql"), MACROS / "source_systems.sql"]
        self.module: Any = environment.from_string(
            "\n".join(path.read_text(encoding="utf-8") for path in sorted(paths)),
            {
                "adapter": SimpleNamespace(dispatch=self.dispatched),
                "modules": SimpleNamespace(re=re),
                "return": lambda value: value,
                **of_dbt,
            },
        ).module
        self.engine = engine

    def dispatched(self, name: str, _package: str) -> Callable[..., str]:
        macro = getattr(self.module, f"{self.engine}__{name}", None)
        found: Callable[..., str] = macro or getattr(self.module, f"default__{name}")
        return found

    def render(self, macro: str, **arguments: Any) -> str:
        return str(getattr(self.module, macro)(**arguments)).strip()


@functools.cache
def macros_of(engine: str) -> Macros:
    return Macros(engine)


def rendered(engine: str, case: Case) -> str:
    return macros_of(engine).render(case.macro, **case.arguments)


def on_duckdb(table: pa.Table, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.register("asked_rows", table)
        return connection.execute(query).fetchall()


def on_spark(spark: Any, table: pa.Table, query: str) -> list[tuple[Any, ...]]:
    spark.createDataFrame(table).createOrReplaceTempView("asked_rows")
    return [tuple(row) for row in spark.sql(query).collect()]


def rows_of_values(case: Case) -> pa.Table:
    return pa.table(
        {
            "number": pa.array(range(len(case.values)), pa.int64()),
            "value": pa.array(case.values, case.type),
        }
    )


def rows_of_groups(case: Case) -> pa.Table:
    rows = [
        (number, value, True)
        for number, values in enumerate(case.values)
        for value in values
    ]
    # A group without rows is one whose rows a filter leaves out.
    rows += [(number, None, False) for number in range(len(case.values))]
    return pa.table(
        {
            "number": pa.array([row[0] for row in rows], pa.int64()),
            "value": pa.array([row[1] for row in rows], case.type),
            "is_in": pa.array([row[2] for row in rows]),
        }
    )


def query_of_values(cases: list[Case], engine: str) -> str:
    answers = [case.asked.format(rendered(engine, case)) for case in cases]
    return f"select {', '.join(answers)} from asked_rows order by number"


def query_of_groups(cases: list[Case], engine: str) -> str:
    answers = []
    for case in cases:
        answer = rendered(engine, case)
        if case.asked.startswith("quartile:"):
            number = int(case.asked.partition(":")[2])
            answer = macros_of(engine).render(
                "quartile", quartiles=answer, number=number
            )
        answers.append(answer)
    rows = "asked_rows group by number"
    if "counts" in cases[0].arguments:
        counts = macros_of(engine).render("counts_by_value", expression="value")
        rows = f"(select number, {counts} as counts from {rows}) as counted"
    return f"select {', '.join(answers)} from {rows} order by number"


def is_same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-15)
    return type(one) is type(other) and one == other


# One query asks all cases of the same values: each query costs Spark half a second.
BATCHES: list[tuple[list[Case], Any, Any]] = [
    ([case for case in cases if str((case.values, case.type)) == values], rows, query)
    for cases, rows, query in (
        (SCALARS, rows_of_values, query_of_values),
        (AGGREGATES, rows_of_groups, query_of_groups),
    )
    for values in dict.fromkeys(str((case.values, case.type)) for case in cases)
]


@pytest.mark.parametrize(
    ("cases", "rows_of", "query_of"),
    BATCHES,
    ids=[" ".join(dict.fromkeys(case.macro for case in batch[0])) for batch in BATCHES],
)
def test_the_same_rows_give_the_same(
    cases: list[Case], rows_of: Any, query_of: Any, spark: Any
) -> None:
    rows = rows_of(cases[0])
    on_one = on_duckdb(rows, query_of(cases, "duckdb"))
    on_other = on_spark(spark, rows, query_of(cases, "spark"))
    differences = [
        f"{case.macro}{case.arguments} of {value!r}: {one!r}, on Spark {other!r}"
        for value, ones, others in zip(cases[0].values, on_one, on_other, strict=True)
        for case, one, other in zip(cases, ones, others, strict=True)
        if not is_same(one, other)
        and not (value == DECOMPOSED and case.macro in COMPOSING)
    ]
    assert not differences, "\n" + "\n".join(differences)


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_a_failure_stops_the_query_with_its_sentence(engine: str, spark: Any) -> None:
    amount = macros_of(engine).render("as_amount", number="value", what="Sum of orders")
    rows = pa.table({"value": pa.array([1e14])})
    query = f"select {amount} as answer from asked_rows"
    ask = on_duckdb if engine == "duckdb" else functools.partial(on_spark, spark)
    with pytest.raises(Exception, match=r"Sum of orders is 1.* expected less than"):
        ask(rows, query)


def test_days_and_times_are_counted_as_the_adapter_of_duckdb_does(spark: Any) -> None:
    days = [dt.datetime(2024, 1, 31, 23, 59, 59, 5), dt.datetime(2024, 3, 1), None]
    rows = pa.table(
        {
            "one": pa.array([day for day in days for _ in days], pa.timestamp("us")),
            "other": pa.array(days * len(days), pa.timestamp("us")),
        }
    )
    macros, asked, expected = macros_of("spark"), [], []
    for part, count in [("day", -90), ("month", 1), ("minute", "-(2 + 3)")]:
        expected.append(f"one + cast({count} as bigint) * interval 1 {part}")
        asked.append(
            macros.render(
                "spark__dateadd",
                datepart=part,
                interval=count,
                from_date_or_timestamp="one",
            )
        )
    for part in ("day", "month"):
        expected.append(f"date_diff('{part}', one, other)")
        asked.append(
            macros.render(
                "spark__datediff", first_date="one", second_date="other", datepart=part
            )
        )
    order = "one nulls last, other nulls last"
    query = f"select {{}}, typeof({{}}) from asked_rows order by {order}"
    found = on_spark(spark, rows, query.format(", ".join(asked), asked[-1]))
    assert found == [
        (*row[:-1], row[-1].lower())
        for row in on_duckdb(rows, query.format(", ".join(expected), expected[-1]))
    ]


def test_every_macro_that_is_dispatched_has_a_case() -> None:
    source = "".join(
        path.read_text(encoding="utf-8") for path in (MACROS / "engine").glob("*.sql")
    )
    dispatched = set(re.findall(r"adapter\.dispatch\(\s*'(\w+)'", source))
    tested = {case.macro for case in SCALARS + AGGREGATES}
    tested |= {"counts_by_value", "quartile", "failure"}
    tested |= {"forget_rows", "parquet_written", "table_of_parquet"}
    assert dispatched - tested == WITHOUT_ROWS
    for name in dispatched:
        for engine in ("default", "spark"):
            assert f"macro {engine}__{name}(" in source, f"{engine}__{name} is missing"


def test_spark_reserves_three_of_the_words_of_duckdb(spark: Any) -> None:
    """Those that `reserved_words` has for Spark."""
    with duckdb.connect() as connection:
        words = connection.sql(
            "select keyword_name from duckdb_keywords() "
            "where keyword_category in ('reserved', 'type_function')"
        ).fetchall()
    reserved = {
        word
        for (word,) in words
        if [
            tuple(row)
            for row in spark.sql(f"select {word} from (select 2 as {word})").collect()
        ]
        != [(2,)]
    }
    assert reserved == {"false", "null", "true"}


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_a_table_is_carried_over_to_the_other_engine(
    engine: str, spark: Any, tmp_path: Path
) -> None:
    rows = pa.table(
        {
            "number": pa.array([1, None], pa.int64()),
            "share": pa.array([0.1, None]),
            "word": pa.array([None, "a 'b'"]),
        }
    )
    spark.createDataFrame(rows).createOrReplaceTempView("asked_rows")
    statements = [
        ("parquet_written", {"relation": "asked_rows", "folder": tmp_path / "rows"}),
        ("table_of_parquet", {"relation": "carried", "folder": tmp_path / "rows"}),
    ]
    with duckdb.connect() as connection:
        connection.register("asked_rows", rows)
        runs = {"duckdb": connection.execute, "spark": spark.sql}
        other = "spark" if engine == "duckdb" else "duckdb"
        # Written twice: what was there before goes.
        for of, (macro, arguments) in [
            (engine, statements[0]),
            (engine, statements[0]),
            (other, statements[1]),
        ]:
            runs[of](macros_of(of).render(macro, **arguments))
        query = "select * from carried order by number nulls last"
        found = (
            connection.execute(query).fetchall()
            if other == "duckdb"
            else [tuple(row) for row in spark.sql(query).collect()]
        )
    spark.sql("drop table if exists carried")
    assert found == [(1, 0.1, None), (None, None, "a 'b'")]


class Relation(SimpleNamespace):
    """A relation as dbt shows it to macros."""

    def __str__(self) -> str:
        return f"{self.schema}.{self.identifier}"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("in (select word from gone)", ["b", None]),
        ("not in (select word from gone)", ["a", None]),
        ("in (select word from gone where word = 'x')", ["a", "b", None]),
    ],
    ids=["some", "others", "none"],
)
@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_rows_for_which_a_condition_is_true_are_forgotten(
    engine: str, condition: str, expected: list[str | None], spark: Any
) -> None:
    with duckdb.connect() as connection:
        on_engine = {
            "duckdb": lambda query: connection.execute(query).fetchall(),
            "spark": lambda query: [tuple(row) for row in spark.sql(query).collect()],
        }[engine]
        schema = "main" if engine == "duckdb" else "default"
        words = "select * from (values ('a'), ('b'), (cast(null as string))) as v(word)"
        on_engine(f"create table {schema}.kept as {words}")
        on_engine(f"create table {schema}.gone as select 'a' as word")
        macros = Macros(
            engine,
            execute=True,
            run_query=lambda query: SimpleNamespace(rows=on_engine(query)),
            api=SimpleNamespace(Relation=SimpleNamespace(create=Relation)),
        )
        relation = Relation(schema=schema, identifier="kept")
        hook = macros.render(
            "forget_rows", relation=relation, condition=f"word {condition}"
        )
        if hook:
            on_engine(hook)
        found = on_engine(f"select word from {relation} order by word nulls last")
        for name in ("kept", "gone"):
            on_engine(f"drop table {schema}.{name}")
    assert [word for (word,) in found] == expected
