"""Recognise a call of read_csv in the SQL text of a location."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
    | (?P<comment>--[^\n]*|/\*.*?\*/)
    | (?P<text>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<word>[^\W\d]\w*)
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<sign>:=|=>|[^\s])
    """,
    re.VERBOSE | re.DOTALL,
)
_FUNCTIONS = {"read_csv", "read_csv_auto"}
_OPENING = {"(": ")", "[": "]", "{": "}"}
# Options that say how a file is split, and so are kept.
_DIALECT_OPTIONS = {
    "delim": "delim",
    "sep": "delim",
    "quote": "quote",
    "escape": "escape",
    "encoding": "encoding",
    "nullstr": "nullstr",
    "max_line_size": "max_line_size",
    "maximum_line_size": "max_line_size",
    "skip": "skip",
}
# Options that say what is done in any case, or how to guess what is not guessed; those
# with a value would mean something else with another.
_NEEDLESS_OPTIONS = {
    "all_varchar": "true",
    "header": "true",
    "comment": "''",
    "auto_detect": None,
    "ignore_errors": None,
    "new_line": None,
    "parallel": None,
    "sample_size": None,
    "union_by_name": None,
}


@dataclass(frozen=True)
class Token:
    """A word, text, number or sign, and where it stands."""

    kind: str
    text: str
    start: int
    end: int

    def is_sign(self, *signs: str) -> bool:
        """Whether it is one of some signs."""
        return self.kind == "sign" and self.text in signs

    def is_word(self, *words: str) -> bool:
        """Whether it is one of some words, in any case."""
        return self.kind == "word" and self.text.lower() in words


@dataclass(frozen=True)
class CsvCall:
    """A call of read_csv with literal paths.

    Attributes
    ----------
    paths
        The paths or patterns that it reads.
    options
        The values of its options delim, quote, escape, encoding, nullstr, max_line_size
        and skip.
    before, after
        The text around the call; empty, unless a `select` reads from it.
    """

    paths: tuple[str, ...]
    options: Mapping[str, str]
    before: str = ""
    after: str = ""

    @property
    def is_selected_from(self) -> bool:
        """Whether a `select` reads from the call."""
        return self.before != ""


def recognised_call(location: str) -> CsvCall | None:
    """Recognise one call of read_csv or read_csv_auto, or a path to a text file.

    The call may stand alone or be what one `select` in parentheses reads from. None is
    returned for every other text, and for a call with options beside those of the
    dialect: only the engine knows what these mean.
    """
    tokens = _tokens(location)
    if len(tokens) == 1 and tokens[0].kind == "text":
        path = _unquoted(tokens[0])
        return CsvCall((path,), {}) if is_text_file(path) else None

    calls = [index for index, token in enumerate(tokens) if token.is_word(*_FUNCTIONS)]
    if len(calls) != 1:
        return None
    start = calls[0]
    end = _closing(tokens, start + 1)
    if end is None or not _is_alone_or_selected_from(tokens, start, end):
        return None
    arguments = _arguments(location, tokens[start + 2 : end])
    options = None if arguments is None else dialect_options(arguments[1])
    if arguments is None or options is None:
        return None
    return CsvCall(
        arguments[0],
        options,
        before=location[: tokens[start].start].strip(),
        after=location[tokens[end].end :].strip(),
    )


def dialect_options(written: Mapping[str, str]) -> dict[str, str] | None:
    """Read options of read_csv; None if any means more than how a file is split.

    Parameters
    ----------
    written
        Option -> the SQL text of its value.
    """
    options = {}
    for name, value in written.items():
        if name in _NEEDLESS_OPTIONS:
            if _NEEDLESS_OPTIONS[name] not in (None, value.lower()):
                return None
        elif name in _DIALECT_OPTIONS and (literal := _literal(value)) is not None:
            options[_DIALECT_OPTIONS[name]] = literal
        else:
            return None
    return options


def _literal(value: str) -> str | None:
    """Read a literal; a tab may be written as in other languages."""
    if re.fullmatch(r"\d+", value):
        return value
    if re.fullmatch("'([^']|'')*'", value):
        return value[1:-1].replace("''", "'").replace("\\t", "\t")
    return None


def is_one_expression(location: str) -> bool:
    """Whether a location is one relation or expression, without comments.

    It becomes part of a query. A semicolon outside quotes would end that, and so would
    a bracket that closes none of its own; a comment could hide the rest of it.
    """
    depth = 0
    for match in _TOKEN.finditer(location):
        sign = match.group() if match.lastgroup == "sign" else ""
        depth += (sign in _OPENING) - (sign in _OPENING.values())
        if match.lastgroup == "comment" or sign == ";" or depth < 0:
            return False
    return depth == 0


def is_text_file(path: str) -> bool:
    """Whether a path ends as one of a text file with delimiters does."""
    return re.search(r"[.](csv|tsv)([.]gz)?$", path.lower()) is not None


def _tokens(text: str) -> list[Token]:
    """Split a text; nothing is left of one in which a quote is not closed."""
    tokens = [
        Token(str(match.lastgroup), match.group(), match.start(), match.end())
        for match in _TOKEN.finditer(text)
        if match.lastgroup not in ("space", "comment")
    ]
    return [] if any(token.is_sign("'", '"') for token in tokens) else tokens


def _closing(tokens: list[Token], start: int) -> int | None:
    """Find the token that closes the bracket at `start`, if there is one."""
    closings: list[str] = []
    for index, token in enumerate(tokens[start:], start):
        if token.is_sign(*_OPENING):
            closings.append(_OPENING[token.text])
        elif closings and token.is_sign(closings[-1]):
            closings.pop()
        if not closings:
            return index if index > start else None
    return None


def _is_alone_or_selected_from(tokens: list[Token], start: int, end: int) -> bool:
    """Whether a call is all there is, or what the only `select` reads from."""
    if start == 0 and end == len(tokens) - 1:
        return True
    others = tokens[:start] + tokens[end + 1 :]
    return (
        tokens[0].is_sign("(")
        and tokens[1].is_word("select", "from")
        and _closing(tokens, 0) == len(tokens) - 1
        and tokens[start - 1].is_word("from")
        and sum(token.is_word("from") for token in others) == 1
        and sum(token.is_word("select") for token in others) <= 1
        and not any(token.is_word("join", "union", "with") for token in others)
    )


def _arguments(
    location: str, tokens: list[Token]
) -> tuple[tuple[str, ...], dict[str, str]] | None:
    """Read the literal paths and the named options of a call."""
    parts = list(_split(tokens))
    if not parts or not parts[0]:
        return None
    paths = _paths(parts[0])
    if paths is None:
        return None

    options = {}
    for part in parts[1:]:
        if len(part) < 3 or part[0].kind not in ("word", "quoted"):
            return None
        if not part[1].is_sign("=", ":=", "=>"):
            return None
        name = part[0].text.strip('"').lower()
        options[name] = location[part[2].start : part[-1].end]
    return paths, options


def _split(tokens: list[Token]) -> Iterator[list[Token]]:
    """Split at the commas that no bracket encloses."""
    part: list[Token] = []
    depth = 0
    for token in tokens:
        depth += token.is_sign(*_OPENING) - token.is_sign(*_OPENING.values())
        if depth == 0 and token.is_sign(","):
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _paths(tokens: list[Token]) -> tuple[str, ...] | None:
    """Read a literal path or a list of them."""
    if len(tokens) == 1 and tokens[0].kind == "text":
        return (_unquoted(tokens[0]),)
    if tokens[0].is_sign("[") and _closing(tokens, 0) == len(tokens) - 1:
        items = list(_split(tokens[1:-1]))
        if all(len(item) == 1 and item[0].kind == "text" for item in items):
            return tuple(_unquoted(item[0]) for item in items)
    return None


def _unquoted(token: Token) -> str:
    return token.text[1:-1].replace("''", "'")
