"""Fit customer segmentations and describe them as rows of open tables.

The functions take and return arrays and frames and know nothing of dbt, so that they
can be used and tested on their own. Everything a fitted model is goes into the
registry, from which SQL alone assigns every customer.
"""
