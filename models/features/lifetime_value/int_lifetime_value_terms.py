"""Evaluate the hypergeometric term of BG/NBD on distinct pairs of frequency and age."""

from segmentation import lifetime_value


def model(dbt, session):
    pairs = dbt.ref("int_lifetime_value_pairs")
    columns = ", ".join(lifetime_value.PAIR_COLUMNS)
    return lifetime_value.term_rows(pairs.project(columns).to_arrow_table())
