"""Bytes, line ends and quotes of a text file: where it is not what it should be."""

import codecs
import csv
import gzip
import io
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from segmentation.reading.header import Quoting

CHUNK_BYTES = 1 << 20


def is_local(path: str) -> bool:
    """Whether a path is one of this machine."""
    return "://" not in path


def open_file(path: str) -> BinaryIO:
    """Open a file of this machine, compressed or not."""
    if path.lower().endswith(".gz"):
        return cast(BinaryIO, gzip.open(path))
    return Path(path).open("rb")


def probable_encoding(head: bytes) -> str | None:
    """Name the encoding of bytes that are no UTF-8; None where they are."""
    # One null byte within an id is a fault of the id and not of the file.
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or (
        5 * head.count(0) > len(head)
    ):
        return "UTF-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "Windows-1252 or Latin-1"
    return None


def has_quotes(path: str, quote: str) -> bool:
    """Whether a quote is anywhere in a file."""
    with open_file(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            if quote.encode() in chunk:
                return True
    return False


def lines_at(path: str, positions: Collection[int]) -> dict[int, int]:
    """Find the number, from 1, of the physical line that each of some bytes is on."""
    lines = {}
    line_feeds = carriage_returns = begin = 0
    waiting = sorted(positions, reverse=True)
    with open_file(path) as file:
        while waiting and (chunk := file.read(CHUNK_BYTES)):
            counted = 0
            while waiting and waiting[-1] <= begin + len(chunk):
                end = waiting[-1] - begin
                line_feeds += chunk.count(b"\n", counted, end)
                carriage_returns += chunk.count(b"\r", counted, end)
                counted = end
                lines[waiting.pop()] = 1 + (line_feeds or carriage_returns)
            line_feeds += chunk.count(b"\n", counted)
            carriage_returns += chunk.count(b"\r", counted)
            begin += len(chunk)
    return lines


def has_mixed_line_ends(
    path: str, encoding: str, delimiter: str, quoting: Quoting
) -> bool:
    """Whether the records of a file do not all end alike; values may as they like."""
    if not _has_several_line_ends(path):
        return False
    last_line = ""

    def lines(text: TextIO) -> Iterator[str]:
        nonlocal last_line
        for line in text:
            last_line = line
            yield line

    ends = set()
    with io.TextIOWrapper(open_file(path), encoding, newline="") as text:
        try:
            for _ in quoting.reader(lines(text), delimiter):
                ends.add(last_line[len(last_line.rstrip("\r\n")) :])
                if len(ends - {""}) > 1:
                    return True
        except (csv.Error, UnicodeError):
            return False
    return False


def _has_several_line_ends(path: str) -> bool:
    """Whether a file has several kinds of line end, in quotes or not."""
    line_feeds = carriage_returns = pairs = 0
    last = b""
    with open_file(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            line_feeds += chunk.count(b"\n")
            carriage_returns += chunk.count(b"\r")
            pairs += chunk.count(b"\r\n") + (last == b"\r" and chunk[:1] == b"\n")
            last = chunk[-1:]
    kinds = (pairs, line_feeds - pairs, carriage_returns - pairs)
    return sum(kind > 0 for kind in kinds) > 1


def count_line_ends(text: str) -> int:
    """Count the line ends of a text, one of two characters as one."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def lines_before_open_quote(record: str, delimiter: str, quoting: Quoting) -> int:
    """Count the line ends of a record before the quote that is not closed as it should.

    That is the first quote at the beginning of a value that nothing closes, or whose
    closing quote has neither a delimiter nor a line end behind it.
    """
    line_ends = 0
    opened_after: int | None = None
    is_at_start = True
    index = 0
    while index < len(record):
        character = record[index]
        following = record[index + 1 : index + 2]
        if character == "\n" or (character == "\r" and following != "\n"):
            line_ends += 1
        if opened_after is None:
            if is_at_start and character == quoting.quote:
                opened_after = line_ends
            is_at_start = character in (delimiter, "\n", "\r")
        elif character == quoting.escape and following == quoting.quote:
            index += 1
        elif character == quoting.quote:
            if following not in ("", delimiter, "\n", "\r"):
                return opened_after
            opened_after = None
        index += 1
    return opened_after or 0


def first_broken_value(
    path: str,
    *,
    encoding: str,
    delimiter: str,
    quoting: Quoting,
    records_before: int,
    columns: Sequence[str],
    short_columns: Collection[str],
    needed_columns: Collection[str],
) -> tuple[int, int] | None:
    """Find the first value with a line end that it may not have.

    Parameters
    ----------
    records_before
        How many records, empty lines among them, come before the data.
    columns
        The names of all columns in their order.
    short_columns
        Columns whose values may have no line end. Of any other it may not hold the end
        of one record and the beginning of another.
    needed_columns
        Columns that every record has a value for.

    Returns
    -------
    tuple of int, or None
        The number of the column, from 0, and the line on which the value begins.
    """
    needed = [name in needed_columns for name in columns]
    last_line = 0
    with io.TextIOWrapper(open_file(path), encoding, newline="") as text:
        reader = quoting.reader(text, delimiter)
        for number, values in enumerate(reader, start=1):
            line = last_line + 1
            last_line = reader.line_num
            if number <= records_before or not values:
                continue
            for position, (name, value) in enumerate(
                zip(columns, values, strict=False)
            ):
                line_ends = count_line_ends(value)
                if line_ends and (
                    name in short_columns
                    or holds_parts_of_records(value, position, delimiter, needed)
                ):
                    return position, line
                line += line_ends
    return None


def holds_parts_of_records(
    value: str, position: int, delimiter: str, needed: Sequence[bool]
) -> bool:
    """Whether a value looks like the lines between two stray quotes.

    These hold the end of a record, perhaps whole ones, and the beginning of another.
    With the values around them they make one record of as many values as any.

    Parameters
    ----------
    position
        How many columns are before that of the value.
    needed
        For each column, whether every record has a value for it. None of them has
        blanks, unlike text after a comma.
    """
    first, *others = value.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    behind = first.split(delimiter)[1:]
    *whole, before = [line.split(delimiter) for line in others]
    before = before[:-1]
    whole = [line for line in whole if line != [""]]
    if (
        len(behind) != len(needed) - position - 1
        or len(before) != position
        or any(len(line) != len(needed) for line in whole)
    ):
        return False
    records = [[*before, "x", *behind], *whole]
    return all(
        bool(text) and " " not in text
        for record in records
        for text, is_needed in zip(record, needed, strict=True)
        if is_needed
    ) and not any(text.startswith(" ") for record in records for text in record)


def count_regular_records(
    path: str,
    *,
    encoding: str,
    delimiter: str,
    quoting: Quoting,
    records_before: int,
    width: int,
) -> int | None:
    """Count records of so many values; None where one is broken or has not so many."""
    count = 0
    with io.TextIOWrapper(open_file(path), encoding, newline="") as text:
        try:
            reader = quoting.reader(text, delimiter, strict=True)
            for number, values in enumerate(reader, start=1):
                if number > records_before and values:
                    count += 1
                    if len(values) != width:
                        return None
        except csv.Error:
            return None
    return count
