"""Guess which raw table a file is, and which columns of the contract it has.

The words are in `column_words.csv`: for each column of the input contract what it is
called elsewhere, the likeliest first. A row without a column has names of the table.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources


@cache
def known_words() -> dict[str, dict[str, list[str]]]:
    """Read the words: raw table -> column of the contract -> words.

    The column of a table's own names is empty.
    """
    text = resources.files(__package__).joinpath("column_words.csv").read_text("utf-8")
    words: dict[str, dict[str, list[str]]] = {}
    for row in csv.DictReader(text.splitlines()):
        words.setdefault(row["raw_table"], {})[row["column"]] = row["words"].split()
    return words


def compared(name: str) -> str:
    """Write a name as names are compared: letters and digits alone."""
    return re.sub("[^a-z0-9]", "", name.lower())


def guess_table(name: str) -> str | None:
    """Say which raw table a file or relation of this name probably is."""
    found = re.sub("[0-9]", "", compared(name))
    candidates = [
        (len(word), table)
        for table, columns in known_words().items()
        for word in columns[""]
        if found.startswith(word)
    ]
    return max(candidates)[1] if candidates else None


def guess_columns(
    table: str, names: Iterable[str], said: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Say which column of the contract is probably called what.

    Parameters
    ----------
    table
        The raw table.
    names
        The columns that it has.
    said
        Column of the contract -> its name, where a person has said so.

    Returns
    -------
    Column of the contract -> its name. No name is that of two columns.
    """
    guessed = dict(said or {})
    free = {compared(name): name for name in names if name not in set(guessed.values())}
    for column, words in known_words()[table].items():
        if not column or column in guessed:
            continue
        for word in words:
            if word in free:
                guessed[column] = free.pop(word)
                break
    return guessed
