"""What the cards of the report compare an estimate with."""

from datetime import date

import duckdb
import pytest

from segmentation.report.overview import EVALUATIONS


@pytest.mark.parametrize(
    ("dates", "moves", "expected"),
    [
        (
            [date(2025, 8, 17), date(2025, 11, 15), date(2026, 1, 1)],
            [(90, True), (47, False)],
            [None, 1.0, 1.0],
        ),
        ([date(2025, 11, 15), date(2026, 1, 1)], [(47, False)], [None, None]),
        ([date(2026, 1, 1)], [], [None]),
    ],
    ids=["a window apart", "less than a window apart", "one date"],
)
def test_an_estimate_is_compared_with_one_of_a_window_before(
    dates: list[date],
    moves: list[tuple[int, bool]],
    expected: list[float | None],
) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table segment_evaluation as select cast(null as date) as "
            "observation_date, 1 as segment_id, 'Buyers' as segment_name, "
            "'value' as measure, 9 as customers, 9 as customers_measured, "
            "0.0::double as estimate, 0.0 as ci_low, 0.0 as ci_high, "
            "0.0 as overall_estimate, 'default' as segmentation_name, "
            "'observed' as evaluation_window where false;"
            "create table segment_migrations "
            "(days_between bigint, is_complete_window boolean)"
        )
        for number, day in enumerate(dates, start=1):
            connection.execute(
                "insert into segment_evaluation by name select $day as "
                "observation_date, 1 as segment_id, 'value' as measure, "
                "$number as estimate, 'default' as segmentation_name, "
                "'observed' as evaluation_window",
                {"day": day, "number": number},
            )
        for move in moves:
            connection.execute("insert into segment_migrations values (?, ?)", move)
        rows = connection.execute(EVALUATIONS).df()
    former = rows.former_estimate.astype(object)
    assert former.where(former.notna(), None).tolist() == expected
