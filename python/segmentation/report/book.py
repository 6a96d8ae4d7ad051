"""The pages of the report, in their order."""

from __future__ import annotations

from segmentation.report.action import action
from segmentation.report.figures import Page
from segmentation.report.holding import holding
from segmentation.report.movement import movement
from segmentation.report.overview import overview
from segmentation.report.published import Published
from segmentation.report.trust import trust
from segmentation.report.who_they_are import who_they_are

PAGES = (overview, who_they_are, holding, movement, action, trust)


def all_pages(published: Published) -> list[Page]:
    """Make all pages."""
    return [make(published) for make in PAGES]
