"""Every form of a value is read as what it means, or not at all.

The macros are compiled once; what they make is asked of DuckDB directly, so that a form
costs nothing.
"""

from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import Warehouse
from value_forms import CURRENCIES, EVIDENCE, FORMS

# What the macros make of a text, as one row of `meanings` for each row of `texts`.
MEANINGS = """
{%- for kind in [
    'id', 'text', 'email', 'phone', 'timestamp', 'date', 'money', 'number', 'rate',
    'rating', 'integer', 'currency'
] %}
select
    text_number,
    cast({{ parse_value(kind, 'texts.text', 'texts.is_style') }} as varchar) as meaning,
    {{ is_canonical(
        kind,
        'texts.text',
        parse_value(kind, 'texts.text', 'texts.is_style'),
        'texts.is_style'
    ) }} as is_canonical,
    {{ currency_of('texts.text') if kind == 'money' else 'null' }} as currency,
    list_filter([
        {%- for name, condition in style_evidence(kind, 'texts.text').items() %}
        case when {{ condition }} then '{{ name }}' end{{ ',' if not loop.last }}
        {%- endfor %}
    ], lambda name: name is not null) as evidence
from texts
where kind = '{{ kind }}'
{{ 'union all' if not loop.last }}
{%- endfor %}
"""

TYPED = """
select
    {{ parse_value('timestamp', 'moment') }} as timestamp_from_instant,
    {{ parse_value('timestamp', 'day') }} as timestamp_from_day,
    {{ parse_value('timestamp', 'epoch') }} as timestamp_from_number,
    {{ parse_value('timestamp', 'serial') }} as timestamp_from_fraction,
    {{ parse_value('date', 'moment') }} as date_from_instant,
    {{ parse_value('id', 'epoch') }} as id_from_number,
    {{ parse_value('id', 'fraction') }} as id_from_fraction,
    {{ parse_value('id', 'nothing') }} as id_from_not_a_number,
    {{ parse_value('money', 'amount') }} as money_from_decimal,
    {{ parse_value('money', 'serial', 'true') }} as money_from_fraction,
    {{ parse_value('number', 'nothing') }} as number_from_not_a_number,
    {{ parse_value('rate', 'share') }} as rate_from_fraction,
    {{ parse_value('rating', 'rating') }} as rating_from_number
from (
    select
        timestamptz '2024-03-10 23:30:00+02:00' as moment,
        date '2024-03-10' as day,
        1710113400 as epoch,
        45361.5::double as serial,
        17850::double as fraction,
        'nan'::double as nothing,
        12.5::decimal(9, 2) as amount,
        0.12::double as share,
        4 as rating
)
"""


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    """A database of its own, with the settings of the profile."""
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    return connection


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SQL of both templates, from one run of dbt."""
    marker = "-- typed columns"
    result = Warehouse(tmp_path_factory.mktemp("values")).run_dbt(
        ["--quiet", "compile", "--inline", f"{MEANINGS}\n{marker}\n{TYPED}"]
    )
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr
    meanings, typed = result.stdout.split(marker)
    return {"meanings": meanings, "typed": typed}


@pytest.fixture(scope="module")
def meanings(
    compiled: dict[str, str], connection: duckdb.DuckDBPyConnection
) -> dict[tuple[str, str, bool | None], dict[str, Any]]:
    """What the macros make of each kind and text, in a column of each style."""
    keys = {
        *[
            (forms.kind, text, forms.is_style)
            for forms in FORMS
            for text in forms.texts
        ],
        *[("money", text, None) for text in CURRENCIES],
        *[(kind, text, None) for kind, text in EVIDENCE],
    }
    texts = [(number, *key) for number, key in enumerate(sorted(keys, key=str))]
    connection.execute(
        "create table texts"
        " (text_number int, kind varchar, text varchar, is_style boolean)"
    )
    connection.executemany("insert into texts values (?, ?, ?, ?)", texts)
    rows = connection.execute(compiled["meanings"]).to_arrow_table().to_pylist()
    assert len(rows) == len(texts)
    by_number = {row["text_number"]: row for row in rows}
    return {key: by_number[number] for number, *key in texts for key in [tuple(key)]}


def test_every_form_of_a_value_means_what_the_table_says(
    meanings: dict[tuple[str, str, bool | None], dict[str, Any]],
) -> None:
    misread = {
        (forms.kind, text, forms.is_style): (meaning, forms.value)
        for forms in FORMS
        for text in forms.texts
        if (meaning := meanings[forms.kind, text, forms.is_style]["meaning"])
        != forms.value
    }
    assert misread == {}


def test_a_value_in_another_form_than_its_own_is_listed_as_repaired(
    meanings: dict[tuple[str, str, bool | None], dict[str, Any]],
) -> None:
    canonical = {
        ("id", "17850", None): True,
        ("id", " 17850 ", None): True,
        ("id", "AB 12", None): True,
        ("id", "17850.0", None): False,
        ("id", "178\u200b50", None): False,
        ("id", "17850\t", None): False,
        ("id", '="00456"', None): False,
        ("id", "Jose\u0301", None): False,
        ("text", "Zoë Q", None): True,
        ("text", "Zoe\u0308 Q", None): False,
        ("text", "Zoë\u00a0Q", None): False,
        ("timestamp", "2024-03-10", None): True,
        ("timestamp", "2024-03-10T23:30:00.000+0000", None): True,
        ("timestamp", "2024/03/10", None): True,
        ("timestamp", "2024-03-10 11:30 PM", None): False,
        ("timestamp", "2024-03-10 23:30:00 UTC", None): False,
        ("timestamp", "1710113400", None): False,
        ("timestamp", "10.3.2024", None): False,
        ("money", "1234.50", None): True,
        ("money", "1,234.50", None): False,
        ("money", "16,86", True): False,
        ("money", "1.500", True): False,
        ("money", "1500", True): True,
        ("rate", "12%", None): False,
        ("rating", "4/5", None): False,
        ("currency", "EUR", None): True,
        ("currency", "€", None): False,
    }
    found = {key: meanings[key]["is_canonical"] for key in canonical}
    assert found == canonical


def test_the_currency_of_an_amount_is_told_from_its_sign_or_code(
    meanings: dict[tuple[str, str, bool | None], dict[str, Any]],
) -> None:
    found = {text: meanings["money", text, None]["currency"] for text in CURRENCIES}
    assert found == CURRENCIES


def test_a_text_is_evidence_of_one_style_at_most(
    meanings: dict[tuple[str, str, bool | None], dict[str, Any]],
) -> None:
    found = {key: meanings[(*key, None)]["evidence"] for key in EVIDENCE}
    assert found == EVIDENCE


def test_a_typed_value_is_cast(
    compiled: dict[str, str], connection: duckdb.DuckDBPyConnection
) -> None:
    [values] = connection.execute(compiled["typed"]).to_arrow_table().to_pylist()
    assert {name: str(value) for name, value in values.items()} == {
        "timestamp_from_instant": "2024-03-10 21:30:00",
        "timestamp_from_day": "2024-03-10 00:00:00",
        "timestamp_from_number": "2024-03-10 23:30:00",
        "timestamp_from_fraction": "2024-03-10 12:00:00",
        "date_from_instant": "2024-03-10",
        "id_from_number": "1710113400",
        "id_from_fraction": "17850",
        "id_from_not_a_number": "None",
        "money_from_decimal": "12.5000",
        "money_from_fraction": "45361.5000",
        "number_from_not_a_number": "None",
        "rate_from_fraction": "0.12",
        "rating_from_number": "4.0",
    }


def test_a_sum_that_has_no_room_stops_in_a_sentence(tmp_path: Path) -> None:
    call = "select {{ as_amount('total', 'the sum of all') }} as amount from totals"
    result = Warehouse(tmp_path).run_dbt(["--quiet", "compile", "--inline", call])
    assert result.returncode == 0, result.stdout[-4000:]
    with duckdb.connect() as connection:
        connection.execute(
            "create table totals as "
            "select unnest([99999999999999.9999, -7, null])::decimal(38, 4) as total"
        )
        amounts = connection.execute(result.stdout).fetchall()
        assert [str(amount) for (amount,) in amounts] == [
            "99999999999999.9999",
            "-7.0000",
            "None",
        ]
        connection.execute("insert into totals values (100000000000016.8)")
        with pytest.raises(
            duckdb.InvalidInputException,
            match="the sum of all is 100000000000016; expected less than 1",
        ):
            connection.execute(result.stdout).fetchall()
