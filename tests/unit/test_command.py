"""What the command `segment` guesses, writes and says."""

import csv
import json
import re
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from segmentation.command.cli import main
from segmentation.command.findings import FindingError, masked, tables_of_folder
from segmentation.command.guesses import (
    compared,
    guess_columns,
    guess_table,
    known_words,
)
from segmentation.command.project import (
    Package,
    ProjectError,
    check_package,
    files_to_write,
    package_in,
    with_package,
    with_variables,
)
from segmentation.publishing.plugin import project_version

PROJECT = Path(__file__).resolve().parents[2]
MACROS = PROJECT / "macros"


# ---------- guesses


def contract() -> dict[str, list[str]]:
    """The raw tables of the input contract and their columns."""
    text = (MACROS / "cleaning" / "raw_table_contract.sql").read_text(encoding="utf-8")
    tables = re.split(r"^        '(\w+)': \{$", text, flags=re.MULTILINE)[1:]
    return {
        table: re.findall(r"'(\w+)': \{'kind'", body)
        for table, body in zip(tables[::2], tables[1::2], strict=True)
    }


def test_words_are_of_the_tables_and_columns_of_the_contract() -> None:
    assert len(contract()) == 9
    assert {
        table: sorted(column for column in columns if column)
        for table, columns in known_words().items()
    } == {table: sorted(columns) for table, columns in contract().items()}


def test_words_are_written_as_they_are_compared_and_each_column_has_its_own_name() -> (
    None
):
    for columns in known_words().values():
        for column, words in columns.items():
            assert [compared(word) for word in words] == words
            assert not column or words[0] == compared(column)


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("orders", "orders"),
        ("Orders_2024", "orders"),
        ("order_items", "order_items"),
        ("clients", "customers"),
        ("Opportunity", "orders"),
        ("campaign contacts", "campaign_contacts"),
        ("weather", None),
    ],
)
def test_a_table_is_known_by_its_name(name: str, table: str | None) -> None:
    assert guess_table(name) == table


def mappings() -> list[tuple[str, dict[str, str]]]:
    """The mappings that people are told to write for exports of known systems."""
    text = (PROJECT / "docs" / "bring-your-data.md").read_text(encoding="utf-8")
    blocks = [
        yaml.safe_load(block)
        for block in re.findall("```yaml\n(.*?)```", text, flags=re.DOTALL)
    ]
    found = []
    for block in blocks:
        for table in block["crm_tables"]:
            columns = {
                key.partition(".")[2]: name
                for key, name in block["crm_columns"].items()
                if key.startswith(f"{table}.")
            }
            found.append((table, columns))
    return found


def test_guesses_are_what_the_docs_say_of_exports_of_known_systems() -> None:
    right = wrong = 0
    for table, columns in mappings():
        guessed = guess_columns(table, list(columns.values()))
        for column, name in columns.items():
            right += guessed.get(column) == name
            wrong += guessed.get(column) not in (None, name)
    assert wrong == 0
    assert right >= 40


def test_of_two_names_the_likelier_is_taken_and_no_name_twice() -> None:
    assert guess_columns("orders", ["id", "order_number", "date", "Created at"]) == {
        "order_id": "order_number",
        "ordered_at": "Created at",
    }


def test_what_a_person_says_is_not_guessed() -> None:
    assert guess_columns("orders", ["total", "net"], {"amount": "net"}) == {
        "amount": "net"
    }


def test_examples_are_masked_as_the_macro_does() -> None:
    text = (MACROS / "cleaning" / "masked.sql").read_text(encoding="utf-8")
    patterns = re.findall(r"'(\[[^']+\])', '(.)'", text.partition("endmacro")[0])
    assert patterns == [("[0-9]", "9"), ("[^0-9 @./:+-]", "a")]
    assert masked("Ann O'Hara <ann@example.com> +49-30") == (
        "aaa aaaaaa aaaa@aaaaaaa.aaaa +99-99"
    )


# ---------- files


def write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def test_two_files_that_may_be_one_table_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "orders.csv", [["id"], ["1"]])
    write(tmp_path / "sales.csv", [["id"], ["1"]])
    with pytest.raises(FindingError, match=r"orders.csv and sales.csv may both be ord"):
        tables_of_folder(tmp_path, {}, {})
    [table] = tables_of_folder(tmp_path, {"orders": "sales.csv"}, {})
    assert table.place == str(tmp_path / "sales.csv")


def test_a_folder_without_a_table_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "weather.csv", [["id"], ["1"]])
    with pytest.raises(FindingError, match="no file that is customers or orders"):
        tables_of_folder(tmp_path, {}, {})


# ---------- what is written


@pytest.mark.parametrize(
    "text",
    [
        "name: shop\n",
        "name: shop\nvars:\n  currency: EUR  # of all shops\n",
        "name: shop\nvars: # ours\n    # money\n    currency: EUR\n\nmodels: {}\n",
        "name: shop\nvars:\n",
    ],
    ids=["no_vars", "vars", "indented_by_four", "empty_vars"],
)
def test_vars_are_added_and_all_else_stays(text: str) -> None:
    variables = {"crm_folder": "data", "crm_columns": {"orders.amount": "total"}}
    written = with_variables(text, variables)
    former = yaml.safe_load(text)
    former["vars"] = (former.get("vars") or {}) | {"customer_segmentation": variables}
    assert yaml.safe_load(written) == former
    assert set(text.splitlines()) <= set(written.splitlines())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "vars:\n  customer_segmentation: {n_segments: 4}\n",
            "has vars of customer_seg",
        ),
        ("vars: {currency: EUR}\n", "has its vars on one line"),
    ],
    ids=["vars_of_ours", "vars_on_one_line"],
)
def test_vars_that_cannot_be_added_are_refused(text: str, sentence: str) -> None:
    with pytest.raises(ProjectError, match=sentence):
        with_variables(text, {"crm_folder": "data"})


def test_a_package_is_added_once(tmp_path: Path) -> None:
    text = "packages:\n  - package: dbt-labs/dbt_utils\n    version: 1.3.0\n"
    written = with_package(text, Package(str(PROJECT), "1").entry)
    assert [list(entry) for entry in yaml.safe_load(written)["packages"]] == [
        ["package", "version"],
        ["local"],
    ]
    assert package_in(tmp_path) is None
    (tmp_path / "packages.yml").write_text(written, encoding="utf-8")
    assert package_in(tmp_path) == {"local": str(PROJECT)}


def test_a_git_address_is_taken_at_the_version_of_the_command() -> None:
    package = Package("https://example.com/customer-segmentation.git", "0.1.0")
    check_package(package)
    assert package.entry == {"git": package.place, "revision": "0.1.0"}


def test_a_folder_that_is_not_the_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="is not the dbt package"):
        check_package(Package(str(tmp_path), "0.1.0"))


def test_a_new_project_gets_a_profile_and_an_old_one_keeps_its_own(
    tmp_path: Path,
) -> None:
    new = files_to_write(tmp_path, {"crm_folder": "data"}, {"local": "package"})
    assert set(new) == {"profiles.yml", "dbt_project.yml", "packages.yml"}
    project = yaml.safe_load(new["dbt_project.yml"])
    assert list(yaml.safe_load(new["profiles.yml"])) == [project["profile"]]
    (tmp_path / "dbt_project.yml").write_text("name: shop\n", encoding="utf-8")
    assert set(files_to_write(tmp_path, {}, None)) == {"dbt_project.yml"}


def test_the_version_is_one_everywhere() -> None:
    macro = (MACROS / "package.sql").read_text(encoding="utf-8")
    found = re.search(r"macro package_version\(\).*?'([\d.]+)'", macro, re.DOTALL)
    assert found is not None
    wheel = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{found[1]}"\n' in wheel
    assert project_version() == found[1]


# ---------- the command


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["init", "--folder", "a", "--relation", "orders=b"], "are both given"),
        (["init", "--folder", "a", "--table", "weather=b.csv"], "--table has weather"),
        (
            ["init", "--folder", "a", "--column", "orders.total=b"],
            "--column has orders",
        ),
        (["init", "--folder", "a", "--column", "orders=b"], "--column has orders;"),
        (["init", "--folder", "a", "--table", "orders"], "a name, =, a value"),
        (["init", "--folder", "a", "--package", "nowhere"], "is not the dbt package"),
        (["init", "--folder", "a", "--package", str(PROJECT)], "a has no file that is"),
        (["status"], "has not one DuckDB file but none"),
        (["status", "--database", "no.duckdb"], "no.duckdb cannot be opened"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code != 0
    assert sentence in " ".join(result.output.split())
    assert not list(tmp_path.iterdir())


def test_status_says_what_was_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEGMENTATION_SERVE", raising=False)
    (tmp_path / "serve").mkdir()
    summary = {
        "ended_at": "2024-05-31 10:00:00.123456",
        "segmentation": {
            "version": 2,
            "method": "kmeans",
            "fit_reason": "drift",
            "training_date": "2024-03-01",
        },
        "customers": 4,
        "segments": [
            {
                "segment_id": 1,
                "segment_name": "Loyal",
                "customers": 4,
                "customers_before": 3,
            }
        ],
        "drift": {"level": "none", "features": []},
        "input": {"records": 9, "rejected": 0},
        "warnings": [],
        "tables": {"segments": 1},
        "bytes": 1,
    }
    (tmp_path / "serve" / "summary.json").write_text(json.dumps(summary))
    result = CliRunner().invoke(main, ["status", "--project", str(tmp_path)])
    assert result.exit_code == 0
    assert "4 customers in 1 segments" in result.output
    assert "version 2 (kmeans)" in result.output
    assert "Drift: of segments none" in result.output
    assert "Last build: ended 2024-05-31 10:00:00 UTC, published" in result.output


def test_without_a_published_file_there_is_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("altair", reason="make .venv/.report installs it")
    monkeypatch.delenv("SEGMENTATION_SERVE", raising=False)
    page = tmp_path / "page.html"
    result = CliRunner().invoke(main, ["report", str(page), "--project", str(tmp_path)])
    assert result.exit_code == 1
    assert "serve/segments.duckdb does not exist; expected the file that a whole" in (
        " ".join(result.output.split())
    )
    assert not list(tmp_path.iterdir())


def test_without_what_draws_charts_there_is_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "segmentation.report.book", None)
    result = CliRunner().invoke(main, ["report", "--project", str(tmp_path)])
    assert result.exit_code == 1
    assert "or the extra report of the wheel." in " ".join(result.output.split())
