"""An embedded sample of raw CRM records with a known plant of groups and dirt."""

from crm_sample.generator import CrmSample, Plant, generate_sample

__all__ = ["CrmSample", "Plant", "generate_sample"]
