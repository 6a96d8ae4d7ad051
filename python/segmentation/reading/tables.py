"""Find out how a raw table is read, and write the SQL that reads it.

The dialect of a text file is fixed: a line of column names, quotes `"`, no comments,
nothing skipped in silence. Only the delimiter is found, from the line of column names.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from segmentation.identifiers import identifier
from segmentation.reading.header import (
    DELIMITERS,
    Header,
    NoHeaderError,
    Quoting,
    SeveralDelimitersError,
    TwoColumnsError,
    column_names,
    find_header,
    lines_of,
    plain,
)
from segmentation.reading.location import (
    CsvCall,
    is_one_expression,
    is_text_file,
    recognised_call,
)
from segmentation.reading.text_files import (
    has_mixed_line_ends,
    is_local,
    open_file,
    probable_encoding,
)

HEAD_BYTES = 1 << 16
HEAD_LINES = 500
FOLDER_SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet", ".json", ".ndjson")


class BadInputError(Exception):
    """A raw table that cannot be read; the text is one sentence that says why."""


class NoInputError(Exception):
    """A raw table is not there; the text is `no file at ...` or `no table ...`."""


@dataclass(frozen=True)
class RawTable:
    """What is asked of a raw table.

    Attributes
    ----------
    table
        Its name.
    location
        SQL that DuckDB can select from, where `folder` does not say where the file is.
    folder
        The folder with one file a table.
    columns
        The columns of the input contract.
    texts
        Those that may be of several lines, such as names.
    needed
        Those without which the table is none.
    alternatives
        Columns, at least one of which it needs, if there are any.
    names
        Column of the contract -> its name in the file, where that is another.
    options
        Options of a text file's dialect: delim, quote, escape, encoding, nullstr.
    """

    table: str
    location: str | None = None
    folder: str | None = None
    columns: Sequence[str] = ()
    texts: Sequence[str] = ()
    needed: Sequence[str] = ()
    alternatives: Sequence[str] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def short_columns(self) -> list[str]:
        """The columns of the contract whose values have one line each."""
        return [name for name in self.columns if name not in self.texts]

    @property
    def contract_names(self) -> dict[str, str]:
        """Name in the file -> column of the contract, the first where it is several."""
        names: dict[str, str] = {}
        for name in self.columns:
            names.setdefault(self.name_in_file(name), name)
        return names

    @property
    def repeated_names(self) -> dict[str, str]:
        """Column of the contract -> an earlier one that the file has no other for."""
        names = self.contract_names
        return {
            name: first
            for name in self.columns
            if (first := names[self.name_in_file(name)]) != name
        }

    def name_in_file(self, column: str) -> str:
        """Say what a column of the contract is called in the file."""
        return plain(self.names.get(column, column))

    def names_in_file(self, columns: Sequence[str]) -> list[str]:
        """Say what columns of the contract are called in the file."""
        return [self.name_in_file(column) for column in columns]


@dataclass(frozen=True)
class TextFile:
    """A text file and the dialect that it is read in.

    Attributes
    ----------
    columns
        The names that the engine gives its columns.
    options
        Options of the dialect besides the delimiter.
    line_end
        What ends a line, where it is known.
    has_mixed_line_ends
        Whether not all records end alike.
    has_records
        Whether anything comes after the line of column names.
    """

    path: str
    header: Header
    columns: tuple[str, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    line_end: str | None = None
    has_mixed_line_ends: bool = False
    has_records: bool = True

    @property
    def dialect(self) -> str:
        """The options of read_csv. A line that does not fit is left out."""
        types = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in self.columns)
        quoting = quoting_of(self.options)
        options = {
            "auto_detect": "false",
            "header": "false",
            "skip": str(self.header.record_number),
            "delim": quoted(self.header.delimiter),
            "quote": quoted(quoting.quote),
            "escape": quoted(quoting.escape),
            "comment": "''",
            "ignore_errors": "true",
            "columns": f"{{{types}}}",
        }
        if self.has_mixed_line_ends:
            options["strict_mode"] = "false"
        # DuckDB takes the first line end for that of all lines, which one in quotes is
        # not; where it is said and wrong, DuckDB reads nothing and is silent.
        elif self.line_end and self.header.last_line > self.header.first_line:
            line_end = self.line_end.replace("\r", "\\r").replace("\n", "\\n")
            options["new_line"] = quoted(line_end)
        for name in ("encoding", "nullstr", "max_line_size"):
            if name in self.options:
                options[name] = quoted(self.options[name])
        return ", ".join(f"{name} = {value}" for name, value in options.items())


@dataclass(frozen=True)
class Input:
    """How a raw table is read.

    Attributes
    ----------
    place
        Where it is, as a sentence says it.
    relation
        SQL to select from, with the contract's names; None where the files have no line
        of column names.
    columns
        The names of its columns as they are found there.
    files
        The text files that are read, if any are.
    notes
        Sentences on what is not as expected and does no harm.
    """

    place: str
    relation: str | None
    columns: tuple[str, ...]
    files: tuple[TextFile, ...] = ()
    notes: tuple[str, ...] = ()


def quoted(text: str) -> str:
    """Write a text as SQL does."""
    return "'" + text.replace("'", "''") + "'"


def quoting_of(options: Mapping[str, str]) -> Quoting:
    """Say what keeps a delimiter from ending a value in a dialect."""
    quote = options.get("quote", '"')
    return Quoting(quote, options.get("escape", quote))


def find_input(connection: duckdb.DuckDBPyConnection, table: RawTable) -> Input:
    """Find out how a raw table is read.

    Raises
    ------
    BadInputError
        If it cannot be.
    NoInputError
        If it is not there.
    """
    if table.folder is not None:
        return _input_of_folder(connection, table, table.folder)
    location = table.location or ""
    if not is_one_expression(location):
        raise BadInputError(
            f"raw table {table.table} is at {location}; expected one relation or "
            "expression, without comments, semicolons and brackets that do not pair."
        )
    call = recognised_call(location)
    if call is not None:
        return _input_of_call(connection, table, call)
    _check_presence(connection, location)
    found = _described(connection, table, location)
    if re.search("csv|tsv|txt|read_text|json", location.lower()):
        note = (
            f"raw table {table.table} at {location} is read as written: its records "
            "are not counted against the lines of a file."
        )
        return replace(found, notes=(note,))
    return found


def _input_of_folder(
    connection: duckdb.DuckDBPyConnection, table: RawTable, folder: str
) -> Input:
    stem = f"{folder.rstrip('/')}/{table.table}"
    paths = [
        path
        for suffix in FOLDER_SUFFIXES
        for path in _matches(connection, stem + suffix)
    ]
    if not paths:
        raise NoInputError(
            f"no file at {stem}.csv, .csv.gz, .tsv, .parquet, .json or .ndjson"
        )
    if len(paths) > 1:
        raise BadInputError(
            f"raw table {table.table} has {len(paths)} files, {' and '.join(paths)}; "
            "expected one."
        )
    [path] = paths
    if is_text_file(path):
        options = {"delim": "\t"} if path.startswith(f"{stem}.tsv") else {}
        return _input_of_call(connection, table, CsvCall((path,), options))
    if path.endswith(".parquet"):
        return _described(connection, table, f"read_parquet({quoted(path)})", path)

    # A value of JSON stays what it is, instead of what the first of its column are.
    relation = f"read_json({quoted(path)})"
    columns = _column_names(connection, table, relation, path)
    types = [
        f"{quoted(name)}: 'VARCHAR'"
        for name in columns
        if plain(name) in table.contract_names
    ]
    if types:
        relation = f"read_json({quoted(path)}, columns = {{{', '.join(types)}}})"
    found = _described(connection, table, relation, path)
    return replace(found, columns=tuple(plain(name) for name in columns))


def _input_of_call(
    connection: duckdb.DuckDBPyConnection, table: RawTable, call: CsvCall
) -> Input:
    """Complete a call of read_csv with the dialect of each of its files."""
    paths = [path for pattern in call.paths for path in _matches(connection, pattern)]
    if not paths:
        raise NoInputError(f"no file at {' or '.join(call.paths)}")
    files = []
    for path in dict.fromkeys(paths):
        try:
            files.append(_text_file(connection, table, path, call))
        except NoHeaderError as error:
            return Input(path, None, error.names)

    place = " and ".join(call.paths)
    notes = tuple(
        f"raw table {table.table} at {file.path} has its column names on line "
        f"{file.header.first_line}: the lines above are not read."
        for file in files
        if file.header.first_line > 1
    )
    if call.is_selected_from:
        relation = f"{call.before} {_reading(files)} {call.after}"
        found = _described(connection, table, relation, place)
        return replace(found, files=tuple(files), notes=notes)
    names = [plain(name) for file in files for name in file.header.names]
    return Input(
        place,
        _reading(files, table),
        tuple(dict.fromkeys(filter(None, names))),
        tuple(files),
        notes,
    )


def same_dialect(files: Sequence[TextFile]) -> list[list[TextFile]]:
    """Group files that one call of read_csv can read."""
    groups: dict[str, list[TextFile]] = {}
    for file in files:
        groups.setdefault(file.dialect, []).append(file)
    return list(groups.values())


def read_csv(files: Sequence[TextFile], *options: str) -> str:
    """Write the call of read_csv, with more options, for files of one dialect."""
    paths = ", ".join(quoted(file.path) for file in files)
    return f"read_csv([{paths}], {', '.join([files[0].dialect, *options])})"


def _reading(files: Sequence[TextFile], table: RawTable | None = None) -> str:
    """Write the SQL that reads all columns of text files, or those of a raw table."""
    parts = []
    for group in same_dialect(files):
        names = [
            identifier(name)
            for name in group[0].columns
            if table is None or name in table.columns
        ]
        names += [
            f"{identifier(first)} as {identifier(name)}"
            for name, first in (table.repeated_names if table else {}).items()
            if first in group[0].columns
        ]
        part = f"select {', '.join(names)} from {read_csv(group)}"
        # Of a file with one column DuckDB takes an empty line for a record.
        if len(group[0].columns) == 1:
            part += f" where {identifier(group[0].columns[0])} is not null"
        parts.append(part)
    return "(" + " union all by name ".join(parts) + ")"


def _text_file(
    connection: duckdb.DuckDBPyConnection, table: RawTable, path: str, call: CsvCall
) -> TextFile:
    """Find the line of column names of a file and what follows from it."""
    subject = f"raw table {table.table} at {path}"
    options = {**table.options, **call.options}
    skipped = int(options.get("skip", 0))
    lines = lines_of(_beginning(connection, subject, path, options.get("encoding")))
    is_direct = not call.is_selected_from
    try:
        header = find_header(
            "".join(lines[skipped:]),
            needed=table.names_in_file(table.needed) if is_direct else (),
            alternatives=table.names_in_file(table.alternatives) if is_direct else (),
            known=table.contract_names,
            delimiters=[options["delim"]] if "delim" in options else tuple(DELIMITERS),
            quoting=quoting_of(options),
        )
        columns = column_names(header, table.contract_names if is_direct else None)
    except SeveralDelimitersError as error:
        raise BadInputError(
            f"{subject} has a line of column names that "
            f"{' and '.join(error.delimiters)} split; expected one delimiter, or the "
            "right one as delim in var csv_options."
        ) from None
    except TwoColumnsError as error:
        raise BadInputError(
            f"{subject} has two columns named {error.name}; expected one."
        ) from None

    header = replace(
        header,
        record_number=header.record_number + skipped,
        first_line=header.first_line + skipped,
        last_line=header.last_line + skipped,
    )
    last_line = lines[header.last_line - 1]
    return TextFile(
        path,
        header,
        tuple(columns),
        options,
        line_end=last_line[len(last_line.rstrip("\r\n")) :] if is_local(path) else None,
        has_mixed_line_ends=is_local(path)
        and _has_mixed_line_ends(path, header.delimiter, options),
        has_records=any(line.strip() for line in lines[header.last_line :]),
    )


def _beginning(
    connection: duckdb.DuckDBPyConnection,
    subject: str,
    path: str,
    encoding: str | None,
) -> str:
    """Read the beginning of a text file."""
    if is_local(path):
        with open_file(path) as file:
            head = file.read(HEAD_BYTES)
    else:
        head = _distant_beginning(connection, subject, path)
    if encoding is None and (probable := probable_encoding(head)):
        raise BadInputError(
            f"{subject} is not in the encoding UTF-8 but probably in {probable}; "
            "expected UTF-8, or encoding in var csv_options to name another."
        )
    try:
        text = head.decode(encoding or "utf-8", errors="replace")
    except LookupError:
        raise BadInputError(
            f"{subject} is said to have the encoding {encoding}; expected one such as "
            "utf-8, utf-16 or latin-1."
        ) from None
    return text.removeprefix("\ufeff")


def _distant_beginning(
    connection: duckdb.DuckDBPyConnection, subject: str, path: str
) -> bytes:
    """Read the first lines of a file that only DuckDB can reach.

    In Latin-1 every byte is a character, so that this never fails for what it finds.
    """
    try:
        rows = connection.execute(
            f"select line from read_csv({quoted(path)}, auto_detect = false, "
            "header = false, columns = {'line': 'VARCHAR'}, delim = '\\x01', "
            "quote = '', escape = '', comment = '', encoding = 'latin-1', "
            f"strict_mode = false, parallel = false) limit {HEAD_LINES}"
        ).fetchall()
    except duckdb.Error:
        raise BadInputError(
            f"{subject} cannot be read; expected a text file that DuckDB can reach."
        ) from None
    return "\n".join(row[0] or "" for row in rows).encode("latin-1")


# Whole files are looked through for it: once, unless they change.
_KNOWN_LINE_ENDS: dict[tuple[str, int, int], bool] = {}


def _has_mixed_line_ends(path: str, delimiter: str, options: Mapping[str, str]) -> bool:
    """Whether not all records of a file end alike."""
    status = Path(path).stat()
    key = (path, status.st_size, status.st_mtime_ns)
    if key not in _KNOWN_LINE_ENDS:
        _KNOWN_LINE_ENDS[key] = has_mixed_line_ends(
            path, options.get("encoding", "utf-8"), delimiter, quoting_of(options)
        )
    return _KNOWN_LINE_ENDS[key]


def _described(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    relation: str,
    place: str | None = None,
) -> Input:
    """Describe a relation, and give its columns the contract's names."""
    place = place or relation
    columns = _column_names(connection, table, relation, place)
    selected = [
        f"{identifier(name)} as {contract_name}"
        for name in columns
        for contract_name in table.columns
        if plain(name) == table.name_in_file(contract_name)
    ]
    if table.names and selected:
        relation = f"(select {', '.join(selected)} from {relation})"
    return Input(place, relation, tuple(plain(name) for name in columns))


def _column_names(
    connection: duckdb.DuckDBPyConnection, table: RawTable, relation: str, place: str
) -> list[str]:
    """Ask for the names of a relation's columns."""
    try:
        rows = connection.execute(f"describe select * from {relation}").fetchall()
    except duckdb.Error as error:
        # Only these do not quote the data.
        harmless = (
            duckdb.BinderException,
            duckdb.CatalogException,
            duckdb.ParserException,
        )
        reason = str(error).splitlines()[0] if isinstance(error, harmless) else ""
        raise BadInputError(
            f"raw table {table.table} at {place} cannot be read"
            + (f" ({reason.replace(';', ',')})" if reason else "")
            + "; expected a file that is what its name says, or SQL that DuckDB can "
            "select from."
        ) from None
    return [str(row[0]) for row in rows]


def _check_presence(connection: duckdb.DuckDBPyConnection, location: str) -> None:
    """Raise NoInputError where a location names a file or a table that is not there."""
    file = re.match(r"(?:read_[a-z_]+ *\( *\[? *)?'([^']+)'", location)
    table = re.fullmatch(r'("?[\w$-]+"?\.){0,2}"?[\w$-]+"?', location)
    if file:
        path = file.group(1)
        # A folder is read as its files.
        if not any(_matches(connection, pattern) for pattern in (path, f"{path}/**")):
            raise NoInputError(f"no file at {path}")
    elif table:
        *places, name = location.replace('"', "").lower().split(".")
        rows = connection.execute(
            "select 1 from information_schema.tables where lower(table_name) = ? "
            "and (? is null or ? in (lower(table_schema), lower(table_catalog)))",
            [name, places[0] if places else None, places[0] if places else None],
        ).fetchall()
        if not rows:
            raise NoInputError(f"no table {location}")


def _matches(connection: duckdb.DuckDBPyConnection, pattern: str) -> list[str]:
    """List the files of a pattern; those of a web server cannot be listed."""
    if re.match("https?://", pattern):
        return [pattern]
    try:
        rows = connection.execute(
            "select file from glob(?) order by file", [pattern]
        ).fetchall()
    except duckdb.Error:
        return []
    return [str(row[0]) for row in rows]
