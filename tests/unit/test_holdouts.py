"""The power of a holdout is how often an effect of that size is found."""

import numpy as np
import pandas as pd
import pytest

from segmentation.holdouts import measure_power, power_of_shares
from segmentation.uplift import conversion_p_value

CAMPAIGNS = 4000


@pytest.mark.parametrize(
    ("control_share", "effect", "treated", "control"),
    [
        (0.10, 0.05, 900, 100),
        (0.10, 0.05, 1800, 200),
        (0.40, -0.10, 400, 400),
        (0.05, 0.02, 2000, 2000),
        (0.60, 0.10, 200, 50),
        (0.30, 0.0, 300, 300),
    ],
)
@pytest.mark.parametrize("confidence_level", [0.8, 0.95])
def test_power_agrees_with_a_simulation(
    control_share: float,
    effect: float,
    treated: int,
    control: int,
    confidence_level: float,
) -> None:
    random = np.random.default_rng(0)
    conversions = np.stack(
        [
            random.binomial(treated, control_share + effect, CAMPAIGNS),
            random.binomial(control, control_share, CAMPAIGNS),
        ]
    )
    customers = np.broadcast_to([[treated], [control]], conversions.shape)
    p_values = conversion_p_value(conversions, customers)
    found = (p_values < 1 - confidence_level).mean()
    power = power_of_shares(
        control_share, effect, treated, control, confidence_level=confidence_level
    )
    # Two standard errors of the simulation, and two points for shares being counts.
    error = np.sqrt(found * (1 - found) / CAMPAIGNS)
    assert float(power) == pytest.approx(found, abs=2 * error + 0.02)


def test_power_grows_with_customers_and_with_the_effect() -> None:
    sizes = np.array([50, 100, 200, 400, 800])
    power = power_of_shares(0.1, 0.05, sizes, sizes, confidence_level=0.95)
    assert (np.diff(power) > 0).all()
    effects = np.array([0.0, 0.01, 0.05, 0.2])
    power = power_of_shares(0.1, effects, 300, 300, confidence_level=0.95)
    assert (np.diff(power) > 0).all()
    # Without an effect the test finds one as often as it may.
    assert power[0] == pytest.approx(0.05)


def test_what_is_not_known_has_no_power() -> None:
    power = power_of_shares(
        [np.nan, 0.1, 0.9, 0.1],
        [0.1, np.nan, 0.2, 0.1],
        [100, 100, 100, 100],
        [100, 100, 100, 0],
        confidence_level=0.95,
    )
    assert np.isnan(power).all()


def test_every_row_has_its_power() -> None:
    counts = pd.DataFrame(
        {
            "campaign_id": ["spring", "spring", "autumn"],
            "segment_id": [np.nan, 1, np.nan],
            "is_overall": [True, False, True],
            "customers": [1000, 300, 100],
            "customers_held_out": [200, 60, 0],
            "buyer_share": [0.2, 0.1, 0.1],
            "expected_effect": [0.1, 0.1, 0.1],
        }
    )
    power = measure_power(counts, confidence_level=0.95)
    assert list(power["campaign_id"]) == ["autumn", "spring", "spring"]
    assert np.isnan(power["power"][0])
    assert list(power["power"][1:]) == pytest.approx(
        [
            float(power_of_shares(0.1, 0.1, 240, 60, confidence_level=0.95)),
            float(power_of_shares(0.2, 0.1, 800, 200, confidence_level=0.95)),
        ]
    )


def test_without_a_campaign_there_is_no_row() -> None:
    columns = [
        *["campaign_id", "segment_id", "is_overall", "customers"],
        *["customers_held_out", "buyer_share", "expected_effect"],
    ]
    assert measure_power(pd.DataFrame(columns=columns), confidence_level=0.95).empty
