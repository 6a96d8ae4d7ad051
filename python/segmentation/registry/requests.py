"""Remember a refit whose build was stopped after it, so that it is not made twice."""

from __future__ import annotations

import datetime
import logging

import pandas as pd

from segmentation.registry.read import text_fact

LOGGER = logging.getLogger("segmentation")


def was_answered(
    latest_version: pd.DataFrame,
    training_date: datetime.date | None,
    builds: pd.DataFrame,
) -> bool:
    """Whether the build that the latest version was asked of was stopped after the fit.

    The request comes again then with the build that goes on, and must not fit twice. Of
    another training date it is another request.

    Parameters
    ----------
    latest_version
        All rows of the latest version; no rows where there is none.
    training_date
        The training date of this build; None where there is no customer at all.
    builds
        The rows of `int_build_log`: build_id, event, status and happened_at in UTC.
    """
    if latest_version.empty or training_date is None:
        return False
    fitted_at = pd.Timestamp(text_fact(latest_version, "fitted_at")).tz_localize(None)
    began = builds[(builds["event"] == "began") & (builds["happened_at"] <= fitted_at)]
    if (
        began.empty
        or text_fact(latest_version, "fit_reason") != "refit_requested"
        or text_fact(latest_version, "drift_reference_date") != str(training_date)
    ):
        return False
    build = began.sort_values("happened_at")["build_id"].iloc[-1]
    ends = builds[builds["event"] == "ended"]
    went_on = (ends["happened_at"] > fitted_at) & (ends["status"] != "failed")
    if went_on.any() or (ends["build_id"] == build).any():
        return False
    LOGGER.warning(
        "Version %d was fitted on request before its build was stopped: this one "
        "fits no other. The next one with refit: true does.",
        latest_version["segmentation_version"].iloc[0],
    )
    return True
