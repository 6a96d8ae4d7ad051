"""What sets a segmentation apart from `default`."""

import numpy as np
import pandas as pd
import pytest

from segmentation.registry.configuration import configuration_of
from segmentation.registry.segmentations import (
    naming_the_segmentation,
    selected_among,
    settings_of,
)

VARS = {
    "segmentation_method": "kmeans",
    "n_segments": 3,
    "segmentation_features": [{"name": "total_spend"}],
    "maximum_missing_share": 0.2,
    "training_sample_rows": 100,
    "random_state": 0,
    "maximum_rule_leaves": 20,
    "refit": False,
}
SELECTION = pd.DataFrame(
    {
        "feature_name": ["total_spend", "income", "is_female", "age"],
        "is_selected": [True, True, True, False],
    }
)


def filtered(customers: int) -> pd.DataFrame:
    """Customers of whom a fifth and one more have no income, and all are women."""
    income = np.arange(customers, dtype=float)
    income[: customers // 5 + 1] = np.nan
    return pd.DataFrame(
        {
            "total_spend": np.arange(customers, dtype=float),
            "income": income,
            "is_female": 1.0,
            "age": np.arange(customers, dtype=float),
        }
    )


def test_an_entry_says_what_differs_and_the_vars_the_rest() -> None:
    default = settings_of({"name": "default"}, VARS)
    assert default == {**VARS, "segmentation_name": "default"}

    entry = {"name": "rfm", "method": "rfm_rules", "n_segments": "auto", "refit": True}
    assert settings_of(entry, VARS) == {
        **VARS,
        "segmentation_name": "rfm",
        "segmentation_method": "rfm_rules",
        "n_segments": "auto",
        "refit": True,
    }


def test_a_filter_is_part_of_what_defines_a_model() -> None:
    default = configuration_of(VARS)
    assert configuration_of(settings_of({"name": "other"}, VARS)) == default
    hashes = {
        configuration_of(settings_of({"name": "other", "filter": text}, VARS))[1]
        for text in ("country = 'DE'", "country = 'AT'")
    }
    assert len(hashes | {default[1]}) == 3


def test_a_feature_must_differ_and_be_known_among_those_of_a_filter() -> None:
    settings = settings_of({"name": "women", "filter": "is_female = 1"}, VARS)
    selection = selected_among(filtered(50), SELECTION, settings)
    assert selection["is_selected"].tolist() == [True, False, False, False]
    all_known = filtered(50).fillna(0.0)
    assert selected_among(all_known, SELECTION, settings)["is_selected"].tolist() == [
        True,
        True,
        False,
        False,
    ]


def test_a_filter_must_leave_as_many_as_a_fit_needs() -> None:
    settings = settings_of({"name": "women", "filter": "is_female = 1"}, VARS)
    with pytest.raises(ValueError, match="segmentation women \\(is_female = 1\\) leav"):
        selected_among(filtered(49), SELECTION, settings)


@pytest.mark.parametrize(
    ("name", "sentence", "said"),
    [
        ("default", "k is 9.", "k is 9."),
        ("rfm", "k is 9.", "Segmentation rfm: k is 9."),
        ("rfm", "Of segmentation rfm k is 9.", "Of segmentation rfm k is 9."),
    ],
)
def test_an_error_of_a_fit_names_the_segmentation_once(
    name: str, sentence: str, said: str
) -> None:
    settings = settings_of({"name": name}, VARS)
    with (
        pytest.raises(ValueError, match=f"^{said}$"),
        naming_the_segmentation(settings),
    ):
        raise ValueError(sentence)
