"""The pages of the report, in their order."""

from __future__ import annotations

from segmentation.report.figures import Page
from segmentation.report.overview import overview
from segmentation.report.published import Published


def all_pages(published: Published) -> list[Page]:
    """Make all pages."""
    return [make(published) for make in (overview,)]
