"""Metrics give what SQL gives, of the segments of today and of those of the day."""

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from conftest import ARTIFACTS, DBT, Warehouse

# One process answers all questions: most of its time is dbt's start.
ASK = """
import json, sys
from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

configuration = CLIConfiguration()
configuration.setup()
answers = {}
for name, question in json.load(sys.stdin).items():
    request = MetricFlowQueryRequest.create(**question)
    table = configuration.mf.query(request).result_df
    # MetricFlow has an order of columns of its own.
    names = [*question["group_by_names"], *question["metric_names"]]
    places = [table.column_names.index(column) for column in names]
    answers[name] = [[row[place] for place in places] for row in table.rows]
print(json.dumps(answers, default=str))
"""
THEN = "customer__segment_name_then"
NOW = "customer__segment_name"
QUESTIONS: Mapping[str, Mapping[str, Any]] = {
    "orders by month": {
        "metric_names": ["orders", "buyers", "spend"],
        "group_by_names": ["metric_time__month"],
    },
    "spend by segment then": {
        "metric_names": ["spend", "orders"],
        "group_by_names": [THEN],
    },
    "spend by segment now": {
        "metric_names": ["spend", "orders"],
        "group_by_names": [NOW],
    },
    "customers by country": {
        "metric_names": ["customers", "satisfaction", "conversion", "lifetime_value"],
        "group_by_names": ["customer__country"],
    },
    "customers by segment": {
        "metric_names": ["customers", "satisfaction", "conversion", "lifetime_value"],
        "group_by_names": [NOW],
    },
    "customers by tier": {
        "metric_names": ["customers_by_value_tier", "value_by_value_tier"],
        "group_by_names": ["value_tier__pareto_class"],
    },
    "retention": {
        "metric_names": ["retention", "former_buyers"],
        "group_by_names": ["metric_time__day", "segment_measure__segment_name"],
    },
    "spend per buyer": {"metric_names": ["spend_per_buyer"], "group_by_names": []},
}
ORDERS = """
    sum(case when order_kind = 'order' then amount else -abs(amount) end),
    count(*) filter (where order_kind = 'order')
"""
CUSTOMERS = """
    count(*), avg(satisfaction),
    sum(conversion_rate * visit_count) / nullif(
        sum(visit_count) filter (where conversion_rate is not null), 0
    ),
    sum(lifetime_value)
"""
SQL: Mapping[str, str] = {
    "orders by month": """
        select
            date_trunc('month', counted_at),
            count(*) filter (where order_kind = 'order'),
            count(distinct customer_id) filter (where order_kind = 'order'),
            sum(case when order_kind = 'order' then amount else -abs(amount) end)
        from int_counted_orders group by 1
    """,
    "spend by segment then": f"""
        select segment_name, {ORDERS}
        from int_counted_orders
        left join customer_segments_history as history
            on int_counted_orders.customer_id = history.customer_id
                and counted_at >= valid_from_date
                and (valid_to_date is null or counted_at < valid_to_date)
        group by 1
    """,
    "spend by segment now": f"""
        select segment_name, {ORDERS}
        from int_counted_orders left join customer_segments using (customer_id)
        group by 1
    """,
    "customers by country": f"select country, {CUSTOMERS} from customers group by 1",
    "customers by segment": f"""
        select segment_name, {CUSTOMERS}
        from customers inner join customer_segments using (customer_id) group by 1
    """,
    "customers by tier": """
        select pareto_class, count(*), sum(customer_value)
        from customer_value_tiers
        where observation_date = (select max(observation_date) from customers)
        group by 1
    """,
    "retention": """
        select observation_date, segment_name, estimate,
            case when estimate is not null then customers_measured end
        from segment_evaluation where measure = 'retention'
    """,
    "spend per buyer": """
        select
            sum(case when order_kind = 'order' then amount else -abs(amount) end)
            / count(distinct customer_id) filter (where order_kind = 'order')
        from int_counted_orders
    """,
}


@pytest.fixture(scope="module")
def warehouse(
    sample_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    """The sample, and what MetricFlow reads of the project."""
    warehouse = sample_warehouse.copy_to(tmp_path_factory.mktemp("metrics"))
    parsed = warehouse.run_dbt(["parse"], environment=ARTIFACTS)
    assert parsed.returncode == 0, parsed.stdout
    return warehouse


def run(
    warehouse: Warehouse, command: list[str], text: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in the folder of a warehouse."""
    return subprocess.run(
        command,
        cwd=warehouse.folder,
        env=warehouse.environment(ARTIFACTS),
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def answers(warehouse: Warehouse) -> dict[str, list[list[Any]]]:
    """The rows that MetricFlow gives to each question."""
    result = run(warehouse, [sys.executable, "-c", ASK], json.dumps(QUESTIONS))
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    found: dict[str, list[list[Any]]] = json.loads(result.stdout.splitlines()[-1])
    return found


def as_read(rows: list[Any]) -> list[list[str | float | None]]:
    """Rows in one order, dates and numbers in one form."""

    def value_as_read(value: Any) -> str | float | None:
        if value is None:
            return None
        if isinstance(value, date):
            return value.isoformat()[:10]
        if isinstance(value, str):
            return value.removesuffix(" 00:00:00").removesuffix("T00:00:00")
        return round(float(value), 6)

    return sorted([[value_as_read(value) for value in row] for row in rows], key=str)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_metric_is_what_sql_gives(
    warehouse: Warehouse, answers: dict[str, list[list[Any]]], question: str
) -> None:
    expected = as_read(warehouse.rows(SQL[question]))

    assert expected
    assert as_read(answers[question]) == expected


def test_the_segment_then_is_not_the_segment_now(
    answers: dict[str, list[list[Any]]],
) -> None:
    then = {row[0]: row[1] for row in answers["spend by segment then"]}
    now = {row[0]: row[1] for row in answers["spend by segment now"]}

    # Who buys now may have bought nothing then; orders before the first date have none.
    assert None in then
    assert None not in now
    assert all(then[name] != now[name] for name in now if name in then)
    assert sum(map(float, then.values())) == pytest.approx(
        sum(map(float, now.values()))
    )


def test_metricflow_finds_the_project_valid(warehouse: Warehouse) -> None:
    result = run(warehouse, [str(DBT.with_name("mf")), "validate-configs"])

    assert result.returncode == 0, result.stdout + result.stderr
    for subject in ("semantic models", "dimensions", "entities", "measures", "metrics"):
        assert (
            f"validated {subject} against data warehouse (ERRORS: 0, FUTURE_ERRORS: 0, "
            "WARNINGS: 0)" in result.stdout
        )
