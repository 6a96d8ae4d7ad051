"""Read text files once as a whole, and list the lines that do not fit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb

from segmentation.identifiers import identifier
from segmentation.reading.header import plain, records
from segmentation.reading.tables import (
    BadInputError,
    RawTable,
    TextFile,
    find_input,
    quoted,
    quoting_of,
    read_csv,
    same_dialect,
)
from segmentation.reading.text_files import (
    count_line_ends,
    count_regular_records,
    first_broken_value,
    has_quotes,
    is_local,
    lines_at,
    lines_before_open_quote,
)


@dataclass(frozen=True)
class MalformedLine:
    """A line with more or fewer values than there are column names.

    Attributes
    ----------
    file_path
        Its file.
    line_number
        The physical line, from 1, that it begins on.
    values_found, values_expected
        How many values it has, and should have.
    """

    file_path: str
    line_number: int
    values_found: int
    values_expected: int


@dataclass(frozen=True)
class _Fault:
    """What DuckDB says about a record that it left out; its text is never shown."""

    path: str
    line: int
    byte_position: int
    kind: str
    text: str
    first_column: int
    last_column: int


def malformed_lines(
    connection: duckdb.DuckDBPyConnection, table: RawTable
) -> list[MalformedLine]:
    """List the malformed lines of the text files of a raw table.

    Raises
    ------
    BadInputError
        If it is unclear which lines are a record: a quote is not closed, a value of the
        input contract has a line end, a byte is none of the encoding, or lines end in
        two ways.
    """
    lines = []
    for files in same_dialect(find_input(connection, table).files):
        count, suspects, faults = _read_once(connection, table, files)
        if files[0].has_mixed_line_ends:
            _check_regular(table, files, count, faults)
        lines += [_malformed_line(table, files[0], fault) for fault in _placed(faults)]
        if suspects:
            _check_line_ends(table, files, suspects)
        # DuckDB says nothing where it stumbles over the lines that it is to skip.
        if not count and not faults and any(file.has_records for file in files):
            raise BadInputError(_sentence_on_mixed_line_ends(table, files))
    return lines


def _read_once(
    connection: duckdb.DuckDBPyConnection, table: RawTable, files: Sequence[TextFile]
) -> tuple[int, list[str], list[_Fault]]:
    """Count the records, and list suspect columns and the records that do not fit.

    A column of the input contract that is no text is suspect if a value has a line end.
    Any other is if behind the last line end of a value there are as many delimiters as
    columns before it, as where a stray quote made one record of several.
    """
    columns = files[0].columns
    delimiter = quoted(files[0].header.delimiter)
    # That every column is asked makes DuckDB look at the encoding of every value.
    suspicions = []
    quote = quoting_of(files[0].options).quote
    are_quoted = any(
        not is_local(file.path) or has_quotes(file.path, quote) for file in files
    )
    for position, name in enumerate(columns):
        value = identifier(name)
        if not are_quoted:
            suspicions.append(f"count({value}) < 0")
            continue
        last_line = f"regexp_extract({value}, '[^\\r\\n]*$')"
        is_suspect = (
            "true"
            if name in table.short_columns
            else f"length({last_line}) - length(replace({last_line}, {delimiter}, ''))"
            f" = {position}"
        )
        suspicions.append(
            f"bool_or(case when contains({value}, chr(10)) "
            f"or contains({value}, chr(13)) then {is_suspect} end)"
        )
    try:
        [[count, *is_suspect_column]] = connection.execute(
            f"select count(*), {', '.join(suspicions)} "
            f"from {read_csv(files, 'store_rejects = true')}"
        ).fetchall()
    except duckdb.Error:
        raise BadInputError(_sentence_on_mixed_line_ends(table, files)) from None
    # A line may lack several values, or have several too many.
    faults = connection.execute(
        """
        select
            file_path,
            any_value(line),
            line_byte_position,
            error_type,
            any_value(csv_line),
            min(column_idx),
            max(column_idx)
        from reject_errors
        inner join reject_scans using (scan_id, file_id)
        group by file_path, line_byte_position, error_type
        order by file_path, line_byte_position, error_type
        """
    ).fetchall()
    connection.execute("drop table reject_errors; drop table reject_scans")
    return (
        count,
        [
            name
            for name, is_one in zip(columns, is_suspect_column, strict=True)
            if is_one
        ],
        [_Fault(*fault) for fault in faults],
    )


def _placed(faults: Sequence[_Fault]) -> list[_Fault]:
    """Put physical lines in the place of numbers of records."""
    lines = {
        path: lines_at(
            path, {fault.byte_position - 1 for fault in faults if fault.path == path}
        )
        for path in {fault.path for fault in faults}
        if is_local(path)
    }
    return [
        replace(fault, line=lines[fault.path][fault.byte_position - 1])
        if fault.path in lines
        else fault
        for fault in faults
    ]


def _malformed_line(table: RawTable, file: TextFile, fault: _Fault) -> MalformedLine:
    """Say which line does not fit, if only the number of its values is wrong."""
    subject = f"raw table {table.table} at {fault.path}"
    # Empty lines before a record are a part of it to DuckDB.
    text = fault.text.strip("\r\n")
    line = fault.line + count_line_ends(fault.text[: fault.text.index(text)])
    if fault.kind == "UNQUOTED VALUE":
        line += lines_before_open_quote(
            text, file.header.delimiter, quoting_of(file.options)
        )
        raise BadInputError(
            f"{subject} has a quote on line {line} that is not closed, or has more of "
            "the value behind it; expected quotes in pairs around a value."
        )
    if fault.kind == "LINE SIZE OVER MAXIMUM":
        raise BadInputError(
            f"{subject} has a record from line {line} on that is too long, so that "
            "perhaps a quote is not closed; expected one of at most two million "
            "characters, or max_line_size in var csv_options."
        )
    if fault.kind == "INVALID ENCODING":
        raise BadInputError(
            f"{subject} has bytes on line {line} that are not in the encoding "
            f"{file.options.get('encoding', 'UTF-8')}; expected only such, or encoding "
            "in var csv_options to name another."
        )
    values_found = (
        fault.first_column if fault.kind == "MISSING COLUMNS" else fault.last_column
    )
    # Two stray quotes would make one record of all the lines between them.
    if count_line_ends(text):
        raise BadInputError(
            f"{subject} has a record from line {line} on that reaches over several "
            f"lines and has {values_found} values, so that perhaps a quote is one too "
            f"many; expected {len(file.columns)} values."
        )
    # Where another file was put behind the first, all its lines would be malformed.
    quoting = quoting_of(file.options)
    for record in records([text], file.header.delimiter, quoting):
        names = {plain(value) for value in record.values}
        if names.issuperset(table.names_in_file(table.needed or table.columns)):
            raise BadInputError(
                f"{subject} has a second line of column names on line {line}, with "
                f"{values_found} names; expected {len(file.columns)}, or two files."
            )
    return MalformedLine(fault.path, line, values_found, len(file.columns))


def _check_line_ends(
    table: RawTable, files: Sequence[TextFile], suspects: Sequence[str]
) -> None:
    """Stop at the first value of a suspect column that has a line end and may not."""
    subject, where = _subject(table, files), None
    for file in files if all(is_local(file.path) for file in files) else []:
        found = first_broken_value(
            file.path,
            encoding=file.options.get("encoding", "utf-8"),
            delimiter=file.header.delimiter,
            quoting=quoting_of(file.options),
            records_before=file.header.record_number,
            columns=file.columns,
            short_columns=table.short_columns,
            needed_columns=table.needed,
        )
        if found:
            subject = _subject(table, [file])
            name = plain(file.header.names[found[0]])
            where = f"{name} whose quote opens on line {found[1]}"
            break
    else:
        broken = [name for name in suspects if name in table.short_columns]
        where = broken[0] if broken else None
    if where:
        raise BadInputError(
            f"{subject} has a line end within the value of {where}; expected none "
            "there, so perhaps a quote is one too many."
        )


def _sentence_on_mixed_line_ends(table: RawTable, files: Sequence[TextFile]) -> str:
    return (
        f"{_subject(table, files)} has line ends of two kinds, or is no text; expected "
        "a text file in which all lines end alike."
    )


def _check_regular(
    table: RawTable, files: Sequence[TextFile], count: int, faults: Sequence[_Fault]
) -> None:
    """Stop where lines that end in two ways are not otherwise without fault.

    DuckDB does not read such files strictly.
    """
    counts = [
        count_regular_records(
            file.path,
            encoding=file.options.get("encoding", "utf-8"),
            delimiter=file.header.delimiter,
            quoting=quoting_of(file.options),
            records_before=file.header.record_number,
            width=len(file.columns),
        )
        for file in files
    ]
    if faults or None in counts or sum(filter(None, counts)) != count:
        raise BadInputError(
            f"{_subject(table, files)} has line ends of two kinds and lines that do "
            "not fit the column names; expected a file in which all lines end alike."
        )


def _subject(table: RawTable, files: Sequence[TextFile]) -> str:
    return f"raw table {table.table} at {' and '.join(file.path for file in files)}"
