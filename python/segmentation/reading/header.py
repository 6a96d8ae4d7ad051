"""Find the line of column names of a text file, and what its columns are."""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _csv import Reader

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
# Invisible characters, which spreadsheets write around a name.
INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060\u00a0"


@dataclass(frozen=True)
class Quoting:
    """What keeps a delimiter or a line end from ending a value.

    Attributes
    ----------
    quote
        What stands around a value; empty where nothing does.
    escape
        What stands before a quote within a value.
    """

    quote: str = '"'
    escape: str = '"'

    def reader(
        self, lines: Iterable[str], delimiter: str, strict: bool = False
    ) -> "Reader":
        """Split lines as this dialect says."""
        is_doubled = self.escape == self.quote
        return csv.reader(
            lines,
            delimiter=delimiter,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            doublequote=is_doubled,
            escapechar=None if is_doubled else self.escape or None,
            strict=strict,
        )


@dataclass(frozen=True)
class Record:
    """The values of a record, and the physical lines that it stands on."""

    values: tuple[str, ...]
    first_line: int
    last_line: int


@dataclass(frozen=True)
class Header:
    """The line of column names.

    Attributes
    ----------
    names
        The names as they stand there.
    delimiter
        What separates them.
    record_number
        How many records there are up to and including it, empty lines among them.
    first_line, last_line
        The physical lines that it stands on.
    """

    names: tuple[str, ...]
    delimiter: str
    record_number: int
    first_line: int
    last_line: int


class NoHeaderError(Exception):
    """No line holds the names of all columns that are needed.

    Attributes
    ----------
    names
        The columns of a line that is one of column names all the same; otherwise none,
        because it may hold the data of a person.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        super().__init__("no line of column names")
        self.names = tuple(names)


class SeveralDelimitersError(Exception):
    """More than one delimiter splits the line of column names.

    Attributes
    ----------
    delimiters
        Their names.
    """

    def __init__(self, delimiters: Sequence[str]) -> None:
        super().__init__("several delimiters")
        self.delimiters = tuple(delimiters)


class TwoColumnsError(Exception):
    """Two columns that are read have one name.

    Attributes
    ----------
    name
        That name.
    """

    def __init__(self, name: str) -> None:
        super().__init__("two columns of one name")
        self.name = name


def plain(name: str) -> str:
    """Write a column name as names are compared: without case and blanks around it."""
    return name.strip(INVISIBLE + " \t").lower()


def lines_of(text: str) -> list[str]:
    """Split a text at its line ends and nowhere else."""
    return list(io.StringIO(text, newline=""))


def records(lines: Iterable[str], delimiter: str, quoting: Quoting) -> Iterator[Record]:
    """Split lines into records until one cannot be read; an empty line is one too."""
    reader = quoting.reader(lines, delimiter)
    last_line = 0
    try:
        for values in reader:
            yield Record(tuple(values), last_line + 1, reader.line_num)
            last_line = reader.line_num
    except csv.Error:
        # A value without an end: the check of the whole file says where it begins.
        return


def find_header(
    text: str,
    needed: Collection[str] = (),
    *,
    alternatives: Collection[str] = (),
    known: Collection[str] = (),
    delimiters: Collection[str] = tuple(DELIMITERS),
    quoting: Quoting | None = None,
) -> Header:
    """Find the first line that holds all columns that are needed.

    Parameters
    ----------
    text
        The beginning of the file.
    needed
        Names of columns that the line must hold.
    alternatives
        Names of columns, at least one of which it must hold, if there are any. With
        neither, the first line that is not empty is the line of column names.
    known
        Names of columns that distinguish a line of column names from one of data.
    delimiters
        Those that the file may have.
    quoting
        How the file has a delimiter within a value, if not in double quotes.

    Raises
    ------
    NoHeaderError
        If no line holds them.
    SeveralDelimitersError
        If more than one of the delimiters splits the line.
    """
    quoting = quoting or Quoting()
    lines = lines_of(text)
    headers = [
        header
        for delimiter in delimiters
        for header in _header(lines, needed, alternatives, delimiter, quoting)
    ]
    if not headers:
        raise NoHeaderError(_likeliest_names(lines, known, delimiters, quoting))
    # Whatever the delimiter, a line of one name is found, and split by none.
    header = min(headers, key=lambda header: (header.first_line, -len(header.names)))
    names = "".join(lines[header.first_line - 1 : header.last_line])
    if quoting.quote:
        names = re.sub(
            f"({re.escape(quoting.quote)}).*?\\1", "", names, flags=re.DOTALL
        )
    splitting = [
        DELIMITERS.get(delimiter, delimiter)
        for delimiter in delimiters
        if delimiter in names
    ]
    if len(splitting) > 1:
        raise SeveralDelimitersError(splitting)
    return _without_needless_delimiter(lines, header, quoting)


def _header(
    lines: Sequence[str],
    needed: Collection[str],
    alternatives: Collection[str],
    delimiter: str,
    quoting: Quoting,
) -> Iterator[Header]:
    """Find the line of column names, if one delimiter makes any line one."""
    for number, record in enumerate(records(lines, delimiter, quoting), start=1):
        names = {plain(value) for value in record.values}
        if (
            any(names)
            and names.issuperset(needed)
            and (not alternatives or names.intersection(alternatives))
        ):
            yield Header(
                record.values, delimiter, number, record.first_line, record.last_line
            )
            return


def _likeliest_names(
    lines: Sequence[str],
    known: Collection[str],
    delimiters: Collection[str],
    quoting: Quoting,
) -> tuple[str, ...]:
    """Find the first line with at least half of its names known."""
    for delimiter in delimiters:
        for record in records(lines, delimiter, quoting):
            names = [plain(value) for value in record.values]
            if names and 2 * sum(name in known for name in names) >= len(names):
                return tuple(names)
    return ()


def _without_needless_delimiter(
    lines: Sequence[str], header: Header, quoting: Quoting
) -> Header:
    """Leave out an empty last name where most records have no value for it.

    A delimiter that ends the records and not the names is no fault to the engine.
    """
    following = list(records(lines, header.delimiter, quoting))[header.record_number :]
    # The last one may be cut off where the beginning of the file ends.
    rows = [record.values for record in following[:-1] or following if record.values]
    narrower = [row for row in rows if len(row) == len(header.names) - 1]
    if plain(header.names[-1]) == "" and 2 * len(narrower) > len(rows):
        return replace(header, names=header.names[:-1])
    return header


def column_names(
    header: Header, contract_names: Mapping[str, str] | None = None
) -> list[str]:
    """Name the columns for the engine, no two of them alike.

    Parameters
    ----------
    contract_names
        Name in the file -> name in the contract. Columns that are not among them get a
        name that is no column's of the contract. With None every column keeps its name.

    Raises
    ------
    TwoColumnsError
        If two columns that are read have one name.
    """
    names: list[str] = []
    for number, name in enumerate(header.names, start=1):
        wanted = (
            name.strip(INVISIBLE)
            if contract_names is None
            else contract_names.get(plain(name))
        )
        if wanted and plain(wanted) in map(plain, names):
            raise TwoColumnsError(plain(name))
        names.append(wanted or f"column {number}")
    return names
