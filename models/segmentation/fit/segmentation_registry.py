"""Append a version of each segmentation that is due one; otherwise append nothing."""

import datetime
import json

import pyarrow as pa

from segmentation.naming import with_own_words
from segmentation.registry.names import NAMING_PARAMETERS, with_names
from segmentation.registry.requests import was_answered
from segmentation.registry.segmentations import naming_the_segmentation, settings_of
from segmentation.registry.versions import fit_version
from segmentation.registry.write import no_rows


def model(dbt, session):
    settings = {
        name: json.loads(value) for name, value in dbt.config.get("meta").items()
    }
    training = dbt.ref("customer_segmentation", "segmentation_training")
    outcomes = dbt.ref("customer_segmentation", "outcome_training")
    next_window = dbt.ref("customer_segmentation", "int_k_selection_customers")
    members = dbt.ref("customer_segmentation", "int_member_training")
    rules = (
        dbt.ref("customer_segmentation", "rfm_segments").df().sort_values("rule_number")
    )
    settings["segment_rules"] = rules.to_dict("records")
    # Each segmentation has a list of features of its own.
    selection = (
        dbt.ref("customer_segmentation", "feature_selection")
        .select(
            "feature_name, is_eligible as is_selected, is_time_driven, is_always_known"
        )
        .df()
    )
    terms = with_own_words(
        dbt.ref("customer_segmentation", "segment_name_terms").df(),
        settings.pop("custom_features"),
    )
    observed = dbt.ref("customer_segmentation", "customer_features")
    dates = dbt.ref("customer_segmentation", "int_observation_dates").filter(
        "is_training"
    )
    training_date = None
    if observed.limit(1).fetchall():
        [[training_date]] = dates.select("observation_date").fetchall()
    builds = dbt.ref("customer_segmentation", "int_build_log").df()
    sampled = f"is_judged and sample_number <= {settings['selection_sample_rows']}"
    appended = [no_rows()]
    for entry in settings.pop("segmentations"):
        of_entry = settings_of(entry, settings)
        name = of_entry["segmentation_name"]
        latest_version = stored = no_rows().to_pandas()
        highest_segment_id = 0
        if dbt.is_incremental:
            rows = session.sql(f"select * from {dbt.this}").filter(
                f"segmentation_name = '{name}'"
            )
            [[latest, highest]] = rows.aggregate(
                "max(segmentation_version), max(segment_id)"
            ).fetchall()
            latest_version = rows.filter(f"segmentation_version = {latest or 0}").df()
            stored = rows.filter(f"parameter in {NAMING_PARAMETERS}").df()
            highest_segment_id = highest or 0
        if was_answered(latest_version, training_date, builds):
            of_entry["refit"] = False
        of_dates = (training, outcomes, next_window)
        if "filter" in entry:
            # The same columns of the same dates, of those whom the filter leaves.
            of_filter = members.filter(f"segmentation_name = '{name}'")
            of_dates = [
                of_filter.filter(condition).select(", ".join(rows.columns))
                for condition, rows in zip(
                    ("is_training", "is_training or is_earlier", sampled),
                    of_dates,
                    strict=True,
                )
            ]
        customers, with_outcomes, with_next_window = of_dates
        with naming_the_segmentation(of_entry):
            fitted = fit_version(
                training=customers.df(),
                training_date=training_date,
                read_outcomes=with_outcomes.df,
                read_next_window=with_next_window.df,
                feature_selection=selection,
                settings=of_entry,
                latest_version=latest_version,
                highest_segment_id=highest_segment_id,
                fitted_at=datetime.datetime.now(datetime.UTC),
            )
        appended.append(with_names(fitted, stored, terms, name))
    return pa.concat_tables(appended)
