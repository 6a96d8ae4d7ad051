"""Append a version to the registry when one is due; otherwise append nothing."""

import datetime
import json

from segmentation import registry

VERSION_COLUMNS = "segmentation_version, text_value"


def model(dbt, session):
    settings = {
        name: json.loads(value) for name, value in dbt.config.get("meta").items()
    }
    training = dbt.ref("segmentation_training")
    selection = dbt.ref("feature_selection")
    versions = training.df().iloc[:0]
    if dbt.is_incremental:
        versions = session.sql(
            f"select {VERSION_COLUMNS} from {dbt.this} "
            "where parameter = 'configuration_hash'"
        ).df()
    return registry.fit_version(
        training=training.df(),
        selected_features=selection.filter("is_selected").df()["feature_name"].tolist(),
        settings=settings,
        versions=versions,
        fitted_at=datetime.datetime.now(datetime.UTC),
    )
