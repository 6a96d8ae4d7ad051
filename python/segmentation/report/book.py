"""The pages of the report, in their order."""

from __future__ import annotations

from segmentation.report.action import action
from segmentation.report.figures import Page, whole
from segmentation.report.holding import holding
from segmentation.report.movement import movement
from segmentation.report.overview import overview
from segmentation.report.published import Published
from segmentation.report.trust import trust
from segmentation.report.who_they_are import who_they_are

PAGES = (overview, who_they_are, holding, movement, action, trust)
VERSION = """
select
    versions.segmentation_version, versions.method,
    strftime(versions.training_date, '%Y-%m-%d') as training_date,
    (select sum(customers) from segments
        where is_in_use and segmentation_name = 'default') as customers,
    (select strftime(max(observation_date), '%Y-%m-%d') from segment_evaluation)
        as observation_date
from segmentation_versions as versions
where versions.is_in_use and versions.segmentation_name = 'default'
"""


def all_pages(published: Published) -> list[Page]:
    """Make all pages."""
    return [make(published) for make in PAGES]


def header_of(published: Published) -> dict[str, str]:
    """Say what the report is of: `customers`, `date` and `origin`."""
    [version] = published.rows(VERSION)
    return {
        "customers": whole(version["customers"]),
        "date": version["observation_date"],
        "origin": f"segmentation version {version['segmentation_version']} "
        f"({version['method'].replace('_', ' ')}), as of {version['training_date']}",
    }
