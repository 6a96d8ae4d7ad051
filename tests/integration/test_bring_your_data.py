"""The mappings of docs/bring-your-data.md, each on a small export of its system."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from conftest import BUT_THE_SAMPLE, PROJECT, Warehouse

CASES = PROJECT / "tests" / "cases"
EXAMPLES = {
    "WooCommerce": "export_woocommerce",
    "Shopify": "export_shopify",
    "Stripe with HubSpot": "export_stripe_hubspot",
    "Salesforce": "export_salesforce",
    "Klaviyo": "export_klaviyo",
    "A flat customer file": "export_flat_file",
}
# The vars of a mapping, and what the customers of the example spent.
SECTION = re.compile(
    r"^## ([^\n]*)\n(?:(?!^## ).)*?```yaml\n(.*?)```(?:(?!^## ).)*?"
    r"Spend\s+of\s+the\s+example:\s+([\d ]+\.\d\d)",
    re.MULTILINE | re.DOTALL,
)
TEXT = (PROJECT / "docs" / "bring-your-data.md").read_text(encoding="utf-8")
MAPPINGS = {
    title: (yaml.safe_load(variables), Decimal(spend.replace(" ", "")))
    for title, variables, spend in SECTION.findall(TEXT)
}


def test_every_system_has_an_example() -> None:
    assert set(MAPPINGS) == set(EXAMPLES)
    assert TEXT.count("```yaml") == len(EXAMPLES)


@pytest.mark.parametrize("system", EXAMPLES)
def test_mapping_gives_the_published_spend(system: str, tmp_path: Path) -> None:
    variables, spend = MAPPINGS[system]
    (tmp_path / "landing").symlink_to(CASES / EXAMPLES[system])
    warehouse = Warehouse(tmp_path).build(
        *BUT_THE_SAMPLE,
        *["--select", "+customers", "+data_quality_summary"],
        variables=variables,
        environment={"SEGMENTATION_SALT": "a salt of the test"},
    )
    assert warehouse.row("select sum(total_spend) from customers") == (spend,)
    assert warehouse.rows(
        "select distinct raw_value from data_quality_issues where action = 'rejected'"
    ) == ([("2027-12-31",)] if system == "Salesforce" else [])
    assert warehouse.rows("from customers where customer_id like '%@%'") == []
