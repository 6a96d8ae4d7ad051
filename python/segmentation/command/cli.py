"""The command `segment`."""

import math
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from segmentation.command.audience import AudienceError, export_audience
from segmentation.command.findings import (
    Finding,
    FindingError,
    Table,
    find_readable,
    location_of,
    table_of_relation,
    tables_of_folder,
)
from segmentation.command.guesses import known_words
from segmentation.command.project import (
    Package,
    ProjectError,
    check_package,
    files_to_write,
    package_in,
)
from segmentation.command.status import (
    StatusError,
    find_database,
    status_of_database,
    status_of_file,
)
from segmentation.publishing.plugin import project_version
from segmentation.publishing.publish import FILE as PUBLISHED
from segmentation.publishing.publish import SUMMARY
from segmentation.report.__main__ import write_report
from segmentation.report.published import ReportError

VERSION = project_version() or "unknown"


@click.group()
@click.version_option(VERSION, prog_name="segment")
def main() -> None:
    """Segments of your customers: dbt builds them, this command begins and reports."""


# ---------- init


@main.command()
@click.option("--folder", help="Folder with a file for each table, as orders.csv.")
@click.option(
    "--relation",
    "relations",
    multiple=True,
    metavar="TABLE=RELATION",
    help="A model, source or table of the project, as orders=ref('my_shop', 'orders').",
)
@click.option(
    "--table",
    "tables",
    multiple=True,
    metavar="TABLE=FILE",
    help="Which file of the folder a table is, where its name does not say.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="TABLE.COLUMN=NAME",
    help="What a column is called, where the guess is wrong.",
)
@click.option("--package", help="Clone of the dbt package, or its git address.")
@click.option("--project", default=".", help="Folder of the dbt project, new or not.")
@click.option("--yes", is_flag=True, help="Write without asking.")
def init(
    *,
    folder: str | None,
    relations: Sequence[str],
    tables: Sequence[str],
    columns: Sequence[str],
    package: str | None,
    project: str,
    yes: bool,
) -> None:
    """Look at your data and write the vars that dbt needs to read them."""
    place = Path(project)
    if folder is None and not relations:
        folder = click.prompt(
            "Folder with your files, such as orders.csv (. is this one)"
        )
    if folder is not None and relations:
        raise click.UsageError("--folder and --relation are both given; expected one.")
    said = _known_columns(columns)
    named_relations = _known_tables("--relation", relations)
    named_files = _known_tables("--table", tables)
    try:
        entry, installed = _package(place, package)
        click.echo("dbt looks at the data, which takes about a minute ...")
        with tempfile.TemporaryDirectory() as name:
            if relations:
                found, to_look, to_write = _of_relations(
                    place, named_relations, said, Path(name)
                )
            else:
                found, to_look, to_write = _of_folder(
                    place,
                    Path(str(folder)),
                    named_files,
                    said,
                )
            findings = find_readable(found, to_look, installed)
        for read in found:
            click.echo("\n".join(_table_lines(read, findings[read.name])))
        files = files_to_write(place, to_write, entry)
    except (FindingError, ProjectError) as error:
        raise click.ClickException(str(error)) from error
    for file, text in files.items():
        click.echo(f"\n{place / file}:\n" + _shown(place / file, text))
    if not yes and not click.confirm("Write this?"):
        click.echo("Nothing was written.")
        return
    place.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        (place / file).write_text(text, encoding="utf-8")
    click.echo("Written. Next: dbt deps && dbt build, and then segment status")


def _pairs(option: str, values: Sequence[str]) -> dict[str, str]:
    """Read options of the form name=value."""
    pairs = {}
    for text in values:
        name, sign, value = text.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise click.UsageError(f"{option} has {text}; expected a name, =, a value.")
        pairs[name.strip()] = value.strip()
    return pairs


def _known_tables(option: str, values: Sequence[str]) -> dict[str, str]:
    """Read options of the form table=value."""
    pairs = _pairs(option, values)
    for table in pairs:
        if table not in known_words():
            raise click.UsageError(
                f"{option} has {table}; expected one of {', '.join(known_words())}."
            )
    return pairs


def _known_columns(values: Sequence[str]) -> dict[str, dict[str, str]]:
    """Read options of the form table.column=name: table -> column -> name."""
    said: dict[str, dict[str, str]] = {}
    for name, value in _pairs("--column", values).items():
        table, _, column = name.partition(".")
        if not column or column not in known_words().get(table, {}):
            raise click.UsageError(
                f"--column has {name}; expected a column such as orders.ordered_at."
            )
        said.setdefault(table, {})[column] = value.lower()
    return said


def _package(
    project: Path, place: str | None
) -> tuple[dict[str, str] | None, dict[str, str]]:
    """Say what to write to packages.yml, if anything, and where the package is."""
    former = package_in(project)
    if former is not None:
        local = former.get("local")
        return None, {"local": str((project / local).resolve())} if local else former
    if place is None:
        place = click.prompt(
            "Folder of the dbt package customer_segmentation, or its git address"
        )
    package = Package(str(place), VERSION)
    if not package.is_folder:
        return package.entry, package.entry
    check_package(package)
    inside = Path(os.path.relpath(package.place, project))
    absolute = str(Path(package.place).resolve())
    local = absolute if Path(package.place).is_absolute() else inside.as_posix()
    return {"local": local}, {"local": absolute}


def _of_folder(
    project: Path,
    folder: Path,
    files: dict[str, str],
    said: dict[str, dict[str, str]],
) -> tuple[list[Table], dict[str, Any], dict[str, Any]]:
    """Look at files; return them with the vars to look at them and those to write."""
    found = tables_of_folder(folder, files, said)
    written = (
        str(folder)
        if folder.is_absolute()
        else Path(os.path.relpath(folder, project)).as_posix()
    )
    return (
        found,
        _variables_of_files(found, str(folder.resolve())),
        _variables_of_files(found, written),
    )


def _variables_of_files(found: Sequence[Table], folder: str) -> dict[str, Any]:
    names = {table.name: Path(table.place).name for table in found}
    variables: dict[str, Any] = {"crm_folder": folder}
    if any(file.split(".")[0] != table for table, file in names.items()):
        variables = {
            "crm_tables": list(names),
            "crm_locations": {
                table: location_of(f"{folder}/{file}") for table, file in names.items()
            },
        }
    return variables | _renamed(found)


def _of_relations(
    project: Path,
    relations: dict[str, str],
    said: dict[str, dict[str, str]],
    copies: Path,
) -> tuple[list[Table], dict[str, Any], dict[str, Any]]:
    """Look at relations; return them with the vars to look and those to write."""
    written = {
        table: f"{{{{ {relation} }}}}"
        if re.match(r"(ref|source)\s*\(", relation)
        else relation
        for table, relation in relations.items()
    }
    found = [
        table_of_relation(
            table, relation, project, said.get(table, {}), copies / f"{table}.json"
        )
        for table, relation in written.items()
    ]
    renamed = _renamed(found)
    return (
        found,
        {"crm_folder": str(copies)} | renamed,
        {f"segmentation_{table}": relation for table, relation in written.items()}
        | renamed,
    )


def _renamed(found: Sequence[Table]) -> dict[str, Any]:
    """Write the var crm_columns: the names that differ from those of the contract."""
    names = {
        f"{table.name}.{column}": name
        for table in found
        for column, name in table.columns.items()
        if name != column
    }
    return {"crm_columns": names} if names else {}


def _table_lines(table: Table, findings: Sequence[Finding]) -> list[str]:
    """Say what the columns of a table are taken for."""
    by_column = {finding.column: finding for finding in findings}
    records = max((finding.records for finding in findings), default=0)
    taken = {name: column for column, name in table.columns.items()}
    width = max(map(len, [*table.names, "column"]))
    lines = [
        "",
        f"{table.name}: {table.place}, {records:,} records",
        f"  {'column':<{width}}  {'is taken for':<21}  {'':>15}  a: letter, 9: digit",
    ]
    for name in table.names:
        finding = by_column.get(taken.get(name, ""))
        if finding is None:
            lines.append(f"  {name:<{width}}  not used")
            continue
        share = finding.readable_share
        # Rounded down: 100.0% are all of them.
        readable = (
            "no values"
            if share is None
            else f"{math.floor(share * 1000) / 10:.1f}% readable"
        )
        lines.append(
            f"  {name:<{width}}  {finding.column:<21}  {readable:>15}  "
            + ", ".join(finding.examples)
        )
    return lines


def _shown(path: Path, text: str) -> str:
    """Show a text, or the lines that are new where there is a file."""
    former = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return "\n".join(f"  {line}" for line in text.splitlines() if line not in former)


# ---------- what was published


def _serve(project: Path) -> Path:
    """Say where a project publishes."""
    return project / (os.environ.get("SEGMENTATION_SERVE") or "serve")


@main.command()
@click.option("--project", default=".", help="Folder of the dbt project.")
@click.option("--database", help="DuckDB file, where it is not the only one there.")
def status(project: str, database: str | None) -> None:
    """Say which segments there are, how they drift and how the last build ended."""
    folder = Path(project)
    serve = _serve(folder)
    try:
        if database is None and (serve / SUMMARY).is_file():
            lines = status_of_file(serve)
        else:
            lines = status_of_database(
                Path(database) if database else find_database(folder)
            )
    except StatusError as error:
        raise click.ClickException(str(error)) from error
    click.echo("\n".join(lines))


@main.command()
@click.argument("segment")
@click.option("--new-only", is_flag=True, help="Who was not in the last export of it.")
@click.option("--output", help="File to write: serve/audiences/segment_<id>.csv.")
@click.option("--project", default=".", help="Folder of the dbt project.")
def audience(segment: str, *, new_only: bool, output: str | None, project: str) -> None:
    """Write whom a campaign to SEGMENT, an id or a name, may address."""
    try:
        export = export_audience(
            _serve(Path(project)),
            segment,
            new_only=new_only,
            output=Path(output) if output else None,
        )
    except AudienceError as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"{export.customers:,} {'new ' if new_only else ''}customers of segment "
        f"{export.segment_id} ({export.segment_name}): {export.file}, "
        f"sha256 {export.sha256}"
    )


@main.command()
@click.argument("file", default="segments.html")
@click.option("--project", default=".", help="Folder of the dbt project.")
def report(file: str, *, project: str) -> None:
    """Write what was published as a page: FILE, or segments.html."""
    try:
        write_report(_serve(Path(project)) / PUBLISHED, Path(file))
    except ReportError as error:
        raise click.ClickException(f"{error}.") from error
    click.echo(f"Written: {file}")
