"""Compare baselines of segments with what the segments spent in the next window.

    python benchmarks/baseline_error.py build/warehouse.duckdb

takes every observation date of a warehouse that has a date before it and whose next
window is over, and prints a markdown table of what each segment's customers of the date
were expected to spend, by four baselines, and how far that was from what they spent:

observed        what they spent in the window before the date
outcome         what the segment's customers of the date before spent in that window
observed and    what the date's customers spent in the window before it, and the change
change          of those of the date before from the window before theirs to that one
with season     the same, times all customers' spend a year before the next window over
                that in the window before the date, where a year of history exists
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pandas as pd

ASSIGNMENTS: Final = """
    select observation_date, customer_id, segment_id
    from main_internal.customer_segment_assignments
"""
DAILY_SPEND: Final = """
    select customer_id, cast(counted_at as date) as counted_on,
        sum(if(order_kind = 'order', amount, -abs(amount)))::double as spend
    from main_internal.int_counted_orders
    group by all
"""
DATES: Final = """
    select observation_date, trailing_start_date, outcome_end_date
    from main_internal.int_observation_dates
    order by observation_date desc
"""


@dataclass(frozen=True)
class Records:
    """What customers spent by day, and the segment that each was in on each date."""

    daily_spend: pd.DataFrame
    assignments: pd.DataFrame

    def spend(self, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
        """Spend of each customer from one day on and before another."""
        days = self.daily_spend["counted_on"]
        within = self.daily_spend[(days >= start) & (days < end)]
        return within.groupby("customer_id")["spend"].sum()

    def segments(self, date: pd.Timestamp) -> pd.Series:
        """The segment of each customer on a date."""
        chosen = self.assignments[self.assignments["observation_date"] == date]
        return chosen.set_index("customer_id")["segment_id"]

    def season_factor(self, date: pd.Timestamp, start: pd.Timestamp) -> float:
        """All spend of the next window a year ago over the last one's; NaN if none."""
        year_ago = date - pd.DateOffset(years=1)
        if self.daily_spend["counted_on"].min() > year_ago:
            return float("nan")
        before = float(self.spend(year_ago, year_ago + (date - start)).sum())
        return before / float(self.spend(start, date).sum())


def baselines(records: Records, dates: pd.DataFrame) -> pd.DataFrame:
    """One row per date and segment: the baselines and what was spent."""
    rows = []
    for date, start, end in dates.itertuples(index=False):
        earlier = records.segments(start)
        if pd.isna(end) or earlier.empty:
            continue
        segments = records.segments(date)
        last, following = records.spend(start, date), records.spend(date, end)
        outcome = last.reindex(earlier.index, fill_value=0).groupby(earlier).mean()
        former = records.spend(start - (date - start), start)
        change = (
            outcome
            - former.reindex(earlier.index, fill_value=0).groupby(earlier).mean()
        )
        factor = records.season_factor(date, start)
        for segment_id, group in segments.groupby(segments):
            observed = last.reindex(group.index, fill_value=0).sum()
            expected = len(group) * outcome.get(segment_id, float("nan"))
            rows.append(
                {
                    "date": date.date(),
                    "segment": segment_id,
                    "customers": len(group),
                    "spent": following.reindex(group.index, fill_value=0).sum(),
                    "observed": observed,
                    "outcome": expected,
                    "observed and change": observed
                    + len(group) * change.get(segment_id, float("nan")),
                    "with season": expected * factor,
                }
            )
    return pd.DataFrame(rows)


def main() -> None:
    """Print a row per date and segment, and one per date over all segments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warehouse", type=Path)
    path = parser.parse_args().warehouse
    with duckdb.connect(str(path), read_only=True) as connection:
        daily, assignments, dates = (
            connection.execute(query).df()
            for query in (DAILY_SPEND, ASSIGNMENTS, DATES)
        )
    table = baselines(Records(daily, assignments), dates)
    print("| " + " | ".join(table.columns) + " |")
    print("|---" + "|--:" * (len(table.columns) - 1) + "|")
    for row in table.itertuples(index=False):
        amounts = " | ".join(f"{amount:,.0f}" for amount in row[3:])
        print(f"| {row.date} | {row.segment} | {row.customers} | {amounts} |")
    print()
    print("| date | baseline | sum, of what was spent | sum of distances |")
    print("|---|---|--:|--:|")
    for date, group in table.groupby("date", sort=False):
        spent = group["spent"].sum()
        for name in table.columns[4:]:
            if group[name].notna().any():
                distance = (group[name] - group["spent"]).abs().sum()
                total, apart = group[name].sum() / spent, distance / spent
                print(f"| {date} | {name} | {total:.1%} | {apart:.1%} |")


if __name__ == "__main__":
    main()
