"""Write pages as one file of HTML."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from numbers import Real
from typing import Any

import jinja2
import numpy as np
import pandas as pd
import vl_convert
from altair.utils._importers import vl_version_for_vl_convert
from markupsafe import Markup, escape
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from segmentation.report.figures import (
    CONFIG,
    Page,
    amount,
    is_null,
    percent,
    whole,
)

TEMPLATE = "page.html.j2"
# Whose values are shares of [0, 1].
SHARES = ("share", "rate")


def html_of(
    pages: Sequence[Page],
    header: Mapping[str, str],
    options: Mapping[str, Sequence[tuple[str, str, bool]]] | None = None,
) -> str:
    """Write pages as one file that asks for nothing.

    Parameters
    ----------
    header
        `customers`, `date` and `origin`: what the report is of, in words.
    options
        What can be chosen, by kind: key, words and whether it is chosen. In a file
        nothing can.
    """
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.filters.update(cell=cell, words=words, is_numeric=is_number)
    template = environment.from_string(
        files("segmentation.report").joinpath(TEMPLATE).read_text(encoding="utf-8")
    )
    return template.render(
        pages=pages,
        options=options or {},
        bundle=Markup(javascript()),
        specifications=Markup(in_script(specifications(pages))),
        **header,
    )


def specifications(pages: Sequence[Page]) -> dict[str, dict[str, Any]]:
    """Return the charts of all pages, by the id of the element that holds each."""
    return {
        f"{page.anchor}-{place}-{number}": {**chart.to_dict(), "config": CONFIG}
        for page in pages
        for place, figure in enumerate(page.figures, start=1)
        for number, chart in enumerate(figure.charts, start=1)
    }


@cache
def javascript() -> str:
    """Return all that draws charts, without an end of the script within it."""
    bundle = vl_convert.javascript_bundle(
        "window.vegaEmbed = vegaEmbed;", vl_version=vl_version_for_vl_convert()
    )
    return bundle.replace("</script", "<\\/script")


def in_script(value: Any) -> str:
    """Write JSON that cannot end the script that it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def is_number(column: pd.Series) -> bool:
    """Whether a column is set to the right."""
    return is_numeric_dtype(column) and not is_bool_dtype(column)


def words(column: str) -> str:
    """Say the name of a column."""
    return column.replace("_", " ")


def cell(value: Any, missing: str, column: str) -> Markup:
    """Write a cell of a table, with the number itself for those who compute with it."""
    if is_null(value):
        return Markup('<td class="none">{}</td>').format(missing)
    if isinstance(value, bool | np.bool_):
        return Markup("<td>{}</td>").format("yes" if value else "no")
    if not isinstance(value, Real):
        return Markup("<td>{}</td>").format(escape(str(value)))
    number = float(value)
    if column.endswith(SHARES):
        text = percent(number, 1)
    else:
        text = whole(number) if number.is_integer() else amount(number)
    return Markup('<td class="number" data-value="{}">{}</td>').format(number, text)
