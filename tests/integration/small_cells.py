"""An attack on the small cells of a build, by sums and differences of what is public.

A cell is a sum over a group of customers. Some are published, as a mean times a number
of customers; totals of cells are as well. Hidden cells are the unknowns of a linear
system, and those that it determines are recovered. The truth, and who is behind a cell,
is read from the workings; it only judges what was found.
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

Cell = tuple[Hashable, ...]

# The measures of a segment whose sum over customers is a mean times a count, and its
# column in the workings; rates over visits are none.
MEASURES = {
    ("value", "observed"): "spend",
    ("value", "outcome"): "outcome_spend",
    ("orders", "outcome"): "outcome_orders",
    ("retention", "outcome"): "outcome_retained",
    ("satisfaction", "observed"): "trailing_satisfaction",
    ("satisfaction", "outcome"): "outcome_satisfaction",
    ("satisfaction_to_date", "observed"): "satisfaction",
    ("lifetime_value", "observed"): "lifetime_value",
}


@dataclass
class Cells:
    """The cells of a table, what is published of them, and the truth."""

    # How far a sum may be off because means are rounded.
    tolerance: float
    published: dict[Cell, float] = field(default_factory=dict)
    truth: dict[Cell, float] = field(default_factory=dict)
    # Customers in the group, and those who make the number.
    behind: dict[Cell, tuple[int, int]] = field(default_factory=dict)
    totals: list[tuple[tuple[Cell, ...], float]] = field(default_factory=list)

    def is_small(self, cells: Iterable[Cell], minimum: int) -> bool:
        """Whether cells are together over few customers, or few make their sum."""
        counts = np.array([self.behind[cell] for cell in cells]).reshape(-1, 2)
        return bool(((counts.sum(axis=0) >= 1) & (counts.sum(axis=0) < minimum)).any())

    def recovered(self, minimum: int) -> set[tuple[Cell, ...]]:
        """Small cells, or small groups of cells, whose sum is public in the end."""
        found = {
            (cell,)
            for cell, value in self.published.items()
            if self.is_small([cell], minimum) and self.is_true((cell,), value)
        }
        hidden = sorted(set(self.truth) - set(self.published), key=str)
        place = {cell: number for number, cell in enumerate(hidden)}
        system = np.zeros((len(self.totals), len(hidden)))
        known = np.zeros(len(self.totals))
        for number, (cells, total) in enumerate(self.totals):
            known[number] = total - sum(self.published.get(cell, 0) for cell in cells)
            rest = tuple(cell for cell in cells if cell in place)
            system[number, [place[cell] for cell in rest]] = 1
            if (
                rest
                and self.is_small(rest, minimum)
                and self.is_true(rest, known[number])
            ):
                found.add(rest)
        if system.size:
            inverse = np.linalg.pinv(system)
            values = inverse @ known
            determined = np.diag(inverse @ system) > 1 - 1e-6
            for cell in np.array(range(len(hidden)))[determined]:
                one = (hidden[cell],)
                if self.is_small(one, minimum) and self.is_true(one, values[cell]):
                    found.add(one)
        return found

    def is_true(self, cells: tuple[Cell, ...], value: float) -> bool:
        """Whether a value is the sum over these cells."""
        truth = sum(self.truth[cell] for cell in cells)
        return abs(value - truth) <= self.tolerance * max(1, abs(truth) / 1000)


Query = Callable[[str], list[tuple]]


def grouped(rows: list[tuple], places: int) -> dict[Cell, list[tuple]]:
    """Rows by the values in their first places."""
    ordered = sorted(rows, key=lambda row: str(row[:places]))
    return {
        key: list(found) for key, found in groupby(ordered, lambda row: row[:places])
    }


def measures(query: Query) -> Cells:
    """Evaluation, migrations and lifetime value: they share what segments spend."""
    cells = Cells(tolerance=0.01)
    read_measures(cells, query)
    read_evaluation(cells, query)
    read_migrations(cells, query)
    read_other_totals(cells, query)
    return cells


def read_measures(cells: Cells, query: Query) -> None:
    """The truth of each measure of each segment."""
    for (measure, window), column in MEASURES.items():
        contributors = {
            "retention": f"round({column}__mean * {column}__count)",
            "value": f"{column}__nonzero_count",
            "orders": f"{column}__nonzero_count",
            "lifetime_value": f"{column}__nonzero_count",
        }.get(measure, f"{column}__count")
        for date, segment, count, mean, makers in query(
            f"select observation_date, segment_id, {column}__count, {column}__mean, "
            f"{contributors} from int_segment_measure_totals where not is_overall "
            f"and {column}__count > 0 and segmentation_name = 'default'"
        ):
            cell = (measure, window, date, segment)
            cells.truth[cell] = mean * count
            cells.behind[cell] = (count, int(makers))


def read_evaluation(cells: Cells, query: Query) -> None:
    """What segment_evaluation says of segments and of all customers."""
    for measure, window, date, segment, count, estimate in query(
        "select measure, evaluation_window, observation_date, segment_id, "
        "customers_measured, estimate from segment_evaluation "
        "where estimate is not null and segmentation_name = 'default'"
    ):
        cell = (measure, window, date, segment)
        if cell in cells.truth:
            cells.published[cell] = estimate * count
    for measure, window, date, count, overall in query(
        "select measure, evaluation_window, observation_date, "
        "sum(customers_measured), max(overall_estimate) from segment_evaluation "
        "where segmentation_name = 'default' group by all "
        "having max(overall_estimate) is not null"
    ):
        parts = tuple(
            cell for cell in cells.truth if cell[:3] == (measure, window, date)
        )
        if parts:
            cells.totals.append((parts, overall * count))


def read_migrations(cells: Cells, query: Query) -> None:
    """What customers spent who went from one segment to another."""
    for date, source, target, customers, spend, spenders in query(
        "with dates as (select observation_date, lead(observation_date) over ("
        "order by observation_date) as next_date from int_observation_dates) "
        "select features.observation_date, sources.segment_id, targets.segment_id, "
        "count(*), sum(cast(trailing_spend as double)), "
        "count(nullif(trailing_spend, 0)) from customer_features as features "
        "inner join customer_segment_assignments as sources "
        "using (observation_date, customer_id) "
        "inner join dates using (observation_date) "
        "left join customer_segment_assignments as targets "
        "on targets.observation_date = next_date "
        "and targets.customer_id = features.customer_id "
        "and targets.segmentation_name = sources.segmentation_name "
        "where next_date is not null "
        "and sources.segmentation_name = 'default' group by all"
    ):
        cells.truth["moved", date, source, target] = spend
        cells.behind["moved", date, source, target] = (customers, spenders)
    for date, source, target, spend in query(
        "select from_observation_date, from_segment_id, to_segment_id, spend "
        "from segment_migrations where spend is not null "
        "and from_segment_id is not null and segmentation_name = 'default'"
    ):
        cells.published["moved", date, source, target] = spend
    moved = [cell for cell in cells.truth if cell[0] == "moved"]
    for cell, value in list(cells.published.items()):
        if cell[:2] == ("value", "observed"):
            parts = tuple(way for way in moved if way[1:3] == cell[2:])
            if parts:
                cells.totals.append((parts, value))


def read_other_totals(cells: Cells, query: Query) -> None:
    """What profiles say of today, and what buyers spent after the training date."""
    for date, segment, value in query(
        "select observation_date, segment_id, customers_measured * mean_value "
        "from segment_profiles, int_observation_dates where is_current "
        "and feature_name = 'trailing_spend' and mean_value is not null"
    ):
        cells.totals.append(((("value", "observed", date, segment),), value))
    for date, value in query(
        "select observation_date, realised_spend from lifetime_value_backtest_summary "
        "inner join int_observation_dates using (observation_date) "
        "where is_training and predictor = 'model'"
    ):
        parts = tuple(
            cell
            for cell in cells.truth
            if cell[:3] == ("value", "outcome", date) and cell[3] != 0
        )
        if parts:
            cells.totals.append((parts, value))


def profiles(query: Query) -> Cells:
    """Means of features, and their differences from all customers."""
    cells = Cells(tolerance=0.01)
    features = [
        name for (name,) in query("select distinct feature_name from segment_profiles")
    ]
    for feature in features:
        for segment, count, total, makers in query(
            f"select segment_id, count({feature}), sum(cast({feature} as double)), "
            f"count(nullif({feature}, 0)) from customer_features "
            "inner join customer_segment_assignments "
            "using (observation_date, customer_id) "
            "inner join int_observation_dates using (observation_date) "
            "where is_current and segmentation_name = 'default' group by segment_id "
            f"having count({feature}) > 0"
        ):
            cells.truth[feature, segment] = total
            cells.behind[feature, segment] = (count, makers)
    for feature, segment, count, mean in query(
        "select feature_name, segment_id, customers_measured, mean_value "
        "from segment_profiles where mean_value is not null "
        "and segmentation_name = 'default'"
    ):
        cells.published[feature, segment] = mean * count
    for feature, count, overall in query(
        "select feature_name, sum(customers_measured), max(overall_mean) "
        "from segment_profiles where segmentation_name = 'default' group by all "
        "having max(overall_mean) is not null"
    ):
        parts = tuple(cell for cell in cells.truth if cell[0] == feature)
        cells.totals.append((parts, overall * count))
    return cells


def rules(query: Query) -> Cells:
    """How many of whom a rule covers are in its segment."""
    cells = Cells(tolerance=0.5)
    for number, customers, right in query(
        "select rule_number, sum(counts.customers), sum(counts.customers) "
        "filter (where counts.segment_id = rules.segment_id) from (select distinct "
        "segmentation_name, rule_number, segment_id from int_segment_rules) as rules "
        "inner join int_segment_rule_counts as counts "
        "using (segmentation_name, rule_number) "
        "where segmentation_name = 'default' group by all"
    ):
        cells.truth[(number,)] = float(right or 0)
        cells.behind[(number,)] = (int(customers), int(customers))
    published = query(
        'select distinct rule_number, customers, "precision", fidelity '
        "from segment_rules where segmentation_name = 'default'"
    )
    for number, customers, precision, _ in published:
        if precision is not None:
            cells.published[(number,)] = precision * customers
    rest = [row for row in published if row[0] != 0]
    if rest and rest[0][3] is not None:
        covered = sum(row[1] for row in rest)
        cells.totals.append((tuple((row[0],) for row in rest), rest[0][3] * covered))
    return cells


def deciles(query: Query) -> Cells:
    """What deciles by predicted value ordered and spent, beside what all did."""
    cells = Cells(tolerance=0.01)
    for predictor, column in (("model", "expected"), ("baseline", "baseline")):
        for date, decile, customers, orders, spend, buyers in query(
            "select observation_date, "
            f"cast(floor(({column}_rank - 1) * 10 / customers) as bigint) + 1, "
            "count(*), sum(realised_orders), sum(cast(realised_spend as double)), "
            "count(nullif(realised_orders, 0)) "
            "from int_customer_lifetime_outcomes group by 1, 2"
        ):
            for name, value in (("orders", orders), ("spend", spend)):
                cell = (predictor, date, decile, name)
                cells.truth[cell] = float(value)
                cells.behind[cell] = (customers, buyers)
    for name in ("orders", "spend"):
        for predictor, date, decile, value in query(
            "select predictor, observation_date, decile, "
            f"mean_realised_{name} * customers from lifetime_value_backtest "
            f"where mean_realised_{name} is not null"
        ):
            cells.published[predictor, date, decile, name] = value
        for predictor, date, total in query(
            f"select predictor, observation_date, sum(realised_{name}) "
            "from lifetime_value_backtest_summary group by all"
        ):
            parts = tuple(
                cell
                for cell in cells.truth
                if (cell[0], cell[1], cell[3]) == (predictor, date, name)
            )
            cells.totals.append((parts, total))
    return cells


def campaigns(query: Query) -> Cells:
    """What the arms of campaigns ordered and spent, by segment."""
    cells = Cells(tolerance=0.01)
    for arm in ("treated", "control"):
        for outcome in ("conversion", "spend"):
            for campaign, segment, count, total, makers in query(
                f"select campaign_id, segment_id, count({outcome}), "
                f"sum(cast({outcome} as double)), count(nullif({outcome}, 0)) "
                f"from int_campaign_customers where arm = '{arm}' group by all "
                f"having count({outcome}) > 0"
            ):
                cells.truth[arm, outcome, campaign, segment] = total
                cells.behind[arm, outcome, campaign, segment] = (count, makers)
            for campaign, segment, is_overall, value in query(
                f"select campaign_id, segment_id, is_overall, "
                f"{arm}_estimate * customers_{arm} from segment_campaign_uplift "
                f"where outcome = '{outcome}' and {arm}_estimate is not null"
            ):
                if is_overall:
                    parts = tuple(
                        cell
                        for cell in cells.truth
                        if cell[:3] == (arm, outcome, campaign)
                    )
                    cells.totals.append((parts, value))
                else:
                    cells.published[arm, outcome, campaign, segment] = value
    return cells


def affinities(query: Query) -> Cells:
    """Purchases by segment and item: their shares have both kinds of total."""
    cells = Cells(tolerance=0.4)
    for segment, kind, item, buyers, purchases in query(
        "select segment_id, item_kind, item, count(*), sum(window_purchases) "
        "from int_customer_item_purchases inner join customer_segment_assignments "
        "using (observation_date, customer_id) "
        "inner join int_observation_dates using (observation_date) "
        "where is_current and window_purchases > 0 "
        "and segmentation_name = 'default' group by all"
    ):
        cells.truth[segment, kind, item] = float(purchases)
        cells.behind[segment, kind, item] = (buyers, buyers)
    rows = query(
        "select segment_id, item_kind, item, purchases, segment_purchase_share, "
        "overall_purchase_share from segment_category_affinity"
    )
    for segment, kind, item, purchases, _, _ in rows:
        if purchases is not None:
            cells.published[segment, kind, item] = purchases
    everything = 0
    for (segment,), found in grouped(rows, 1).items():
        shown = [row for row in found if row[4]]
        if shown:
            # The largest share says it best.
            largest = max(shown, key=lambda row: row[4])
            total = round(largest[3] / largest[4])
            everything += total
            parts = tuple(cell for cell in cells.truth if cell[0] == segment)
            cells.totals.append((parts, total))
    for kind, item, share in {(row[1], row[2], row[5]) for row in rows}:
        if share is not None:
            parts = tuple(cell for cell in cells.truth if cell[1:] == (kind, item))
            cells.totals.append((parts, share * everything))
    return cells


def cohorts(query: Query) -> Cells:
    """Who ordered again and what they had spent, by month of the first order.

    A cohort less the month before is what those spent who ordered in the month.
    """
    cells = Cells(tolerance=0.01)
    months = query(
        "select segment_id, cohort_month, month_number, customers, active_customers, "
        "cast(cumulative_spend as double) from int_segment_cohort_months "
        "where segmentation_name = 'default' order by all"
    )
    spent: dict[Cell, float] = {}
    for segment, cohort, month, customers, active, spend in months:
        cell = (segment, cohort, month)
        cells.truth["ordered", *cell] = active
        cells.behind["ordered", *cell] = (customers, active)
        cells.truth["spent", *cell] = spent[cell] = spend
        cells.behind["spent", *cell] = (customers, customers)
        cells.truth["since", *cell] = spend - spent.get((segment, cohort, month - 1), 0)
        cells.behind["since", *cell] = (customers, active)
    for segment, cohort, month, active, spend in query(
        "select segment_id, cohort_month, month_number, active_customers, "
        "cumulative_value * customers from segment_cohorts "
        "where segmentation_name = 'default' order by all"
    ):
        for kind, value in (("ordered", active), ("spent", spend)):
            if value is None:
                continue
            if cohort is not None:
                cells.published[kind, segment, cohort, month] = value
                continue
            parts = tuple(
                cell
                for cell in cells.truth
                if (cell[0], cell[1], cell[3]) == (kind, segment, month)
            )
            cells.totals.append((parts, value))
    for segment, cohort, month, *_ in months:
        before, now = (
            cells.published.get(("spent", segment, cohort, number))
            for number in (month - 1, month)
        )
        if before is not None and now is not None:
            cells.published["since", segment, cohort, month] = now - before
    return cells


def outliers(query: Query) -> Cells:
    """Outliers of segments, in two tables."""
    cells = Cells(tolerance=0.4)
    for segment, customers, count in query(
        "select segment_id, customers, outliers from int_segment_sizes "
        "inner join int_observation_dates using (observation_date) "
        "where is_current and segmentation_name = 'default'"
    ):
        cells.truth[(segment,)] = count
        cells.behind[(segment,)] = (customers, customers)
    for segment, count in query(
        "select segment_id, outliers from segments where outliers is not null "
        "and is_in_use and segmentation_name = 'default'"
    ):
        cells.published[(segment,)] = count
    return cells


TABLES = {
    "segment_evaluation, segment_migrations": measures,
    "segment_profiles": profiles,
    "segment_rules": rules,
    "lifetime_value_backtest": deciles,
    "segment_campaign_uplift": campaigns,
    "segment_category_affinity": affinities,
    "segment_cohorts": cohorts,
    "segments, segment_drift": outliers,
}


def attack(query: Query, minimum: int) -> dict[str, int]:
    """How many small cells each group of tables gives away."""
    return {name: len(read(query).recovered(minimum)) for name, read in TABLES.items()}
