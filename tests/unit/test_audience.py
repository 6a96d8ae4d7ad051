"""Who is exported as the audience of a segment, and what is logged of it."""

import csv
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from segmentation.command.audience import AudienceError, export_audience
from segmentation.command.cli import main

# By build, the segment of each customer who changed, their consent, and the holdout.
BUILDS = {
    1: [
        ("stays", 3, True, False),
        ("moves away", 3, True, False),
        ("comes in", 2, True, False),
        ("refused", 3, False, False),
        ("agrees later", 3, False, False),
        ("held out", 3, True, True),
        ("held out later", 3, True, False),
        ("withdraws", 3, True, False),
        ("is gone", 3, True, False),
        ('"quoted", id', 3, True, False),
    ],
    2: [
        ("moves away", 2, True, False),
        ("comes in", 3, True, False),
        ("agrees later", 3, True, False),
        ("held out later", 3, True, True),
        ("withdraws", 3, False, False),
        ("is gone", None, False, False),
    ],
}


def publish(serve: Path, last_build: int) -> None:
    """Write what a build publishes, as far as it is read here."""
    serve.mkdir(exist_ok=True)
    file = serve / "segments.duckdb"
    file.unlink(missing_ok=True)
    with duckdb.connect(file) as connection:
        connection.execute(
            "create table segments as "
            "select 'default' as segmentation_name, * from (values "
            "(2, 'Regulars', true), (3, 'Lapsed', true), (4, 'Of before', false)) "
            "as segments (segment_id, segment_name, is_in_use); "
            "create table builds (build_id text, started_at timestamp, status text); "
            "create table segment_audience_changes (segmentation_name text, "
            "customer_id text, segment_id int, is_contactable bool, is_held_out bool, "
            "changed_at timestamp)"
        )
        for number in range(1, last_build + 1):
            moment = f"2024-07-0{number} 05:00:00.123456"
            connection.execute(
                "insert into builds values (?, ?, 'published')",
                [f"build {number}", moment],
            )
            connection.executemany(
                "insert into segment_audience_changes values "
                f"('default', ?, ?, ?, ?, timestamp '{moment}')",
                BUILDS.get(number, [("of another kind", 4, True, False)]),
            )
        connection.execute(
            "insert into segment_audience_changes values "
            "('other', 'other segmentation', 3, true, false, '2024-07-01')"
        )


def exported(file: Path) -> set[str]:
    """Ids in an exported file."""
    with file.open(encoding="utf-8", newline="") as lines:
        header, *rows = csv.reader(lines)
    assert header == ["customer_id"]
    ids = [customer_id for (customer_id,) in rows]
    assert ids == sorted(set(ids))
    return set(ids)


def test_an_audience_is_who_may_be_addressed_now(tmp_path: Path) -> None:
    publish(tmp_path, 2)
    export = export_audience(tmp_path, "3")

    file = tmp_path / "audiences" / "segment_3.csv"
    assert exported(file) == {"stays", "comes in", "agrees later", '"quoted", id'}
    assert export.customers == 4
    assert [path.name for path in sorted(file.parent.iterdir())] == [
        "exports.csv",
        "segment_3.csv",
    ]


def test_new_only_leaves_out_who_was_there_at_the_last_export(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    file = tmp_path / "list.csv"
    first = export_audience(tmp_path, "lapsed", new_only=True, output=file)
    assert first.customers == len(exported(file)) == 6
    export_audience(tmp_path, "2")
    publish(tmp_path, 2)
    second = export_audience(tmp_path, "3", new_only=True, output=file)
    assert exported(file) == {"comes in", "agrees later"}
    publish(tmp_path, 3)
    third = export_audience(tmp_path, "3", new_only=True, output=file)
    assert exported(file) == set()

    assert (second.customers, third.customers) == (2, 0)


def test_each_export_is_logged_with_count_and_checksum(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    file = tmp_path / "list.csv"
    export_audience(tmp_path, "3", output=file)
    first = sha256(file.read_bytes()).hexdigest()
    publish(tmp_path, 2)
    export_audience(tmp_path, "3", new_only=True, output=file)

    with (tmp_path / "audiences" / "exports.csv").open(encoding="utf-8") as lines:
        log = list(csv.DictReader(lines))
    assert [(line["build_id"], line["customers"]) for line in log] == [
        ("build 1", "6"),
        ("build 2", "2"),
    ]
    assert [line["is_new_only"] for line in log] == ["False", "True"]
    assert log[0]["sha256"] == first
    assert log[1]["sha256"] == sha256(file.read_bytes()).hexdigest()


def test_an_erased_customer_is_in_no_later_file(tmp_path: Path) -> None:
    """The next build has no row of them; the log names nobody."""
    publish(tmp_path, 1)
    export_audience(tmp_path, "3")
    with duckdb.connect(tmp_path / "segments.duckdb") as connection:
        connection.execute(
            "delete from segment_audience_changes where customer_id = 'stays'"
        )
    export_audience(tmp_path, "3")

    for file in (tmp_path / "audiences").iterdir():
        assert "stays" not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("segment", "problem"),
    [
        ("4", "segment is 4; expected one of 2 (Regulars), 3 (Lapsed)."),
        ("", "segment is ; expected one of 2 (Regulars), 3 (Lapsed)."),
        ("3x", "segment is 3x; expected one of 2 (Regulars), 3 (Lapsed)."),
    ],
)
def test_a_segment_that_is_not_in_use_is_refused(
    tmp_path: Path, segment: str, problem: str
) -> None:
    publish(tmp_path, 1)
    with pytest.raises(AudienceError) as raised:
        export_audience(tmp_path, segment)
    assert str(raised.value) == problem
    assert not (tmp_path / "audiences").exists()


def test_what_cannot_be_exported_says_why(tmp_path: Path) -> None:
    with pytest.raises(AudienceError, match="is not there; expected what a whole"):
        export_audience(tmp_path, "3")
    publish(tmp_path, 1)
    (tmp_path / "audiences").mkdir()
    (tmp_path / "audiences" / "exports.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(AudienceError, match=r"exports\.csv cannot be read; expected"):
        export_audience(tmp_path, "3", new_only=True)
    with duckdb.connect(tmp_path / "segments.duckdb") as connection:
        connection.execute("drop table segment_audience_changes")
    with pytest.raises(AudienceError, match="no table segment_audience_changes; exp"):
        export_audience(tmp_path, "3")


def test_the_command_says_how_many_and_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEGMENTATION_SERVE", raising=False)
    publish(tmp_path / "serve", 1)
    project = ["--project", str(tmp_path)]
    result = CliRunner().invoke(main, ["audience", "3", *project])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("6 customers of segment 3 (Lapsed): ")
    refused = CliRunner().invoke(main, ["audience", "9", *project])
    assert refused.exit_code == 1
    assert "segment is 9; expected one of 2 (Regulars)" in refused.output
