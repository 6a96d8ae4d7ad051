"""What the log of events of Spark says of executors and tables."""

from typing import Any

from spark_cluster import costs_by_table, tasks_by_executor

STARTED = "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart"


def started(execution: int, root: int, plan: str) -> dict[str, Any]:
    return {
        "Event": STARTED,
        "executionId": execution,
        "rootExecutionId": root,
        "physicalPlanDescription": plan,
    }


def writes(table: str) -> str:
    return f"(2) Command\nArguments: `spark_catalog`.`main`.`{table}`, ErrorIfExists"


def job(execution: int | None, *stages: int) -> dict[str, Any]:
    properties = {} if execution is None else {"spark.sql.execution.id": str(execution)}
    return {
        "Event": "SparkListenerJobStart",
        "Stage IDs": list(stages),
        "Properties": properties,
    }


def task(
    stage: int, executor: str, shuffled: int = 0, held: int = 0, failed: bool = False
) -> dict[str, Any]:
    return {
        "Event": "SparkListenerTaskEnd",
        "Stage ID": stage,
        "Task End Reason": {"Reason": "ExecutorLostFailure" if failed else "Success"},
        "Task Info": {"Executor ID": executor},
        "Task Metrics": {
            "Executor Run Time": 10,
            "Peak Execution Memory": held,
            "Disk Bytes Spilled": 3,
            "Input Metrics": {"Bytes Read": 5},
            "Shuffle Write Metrics": {"Shuffle Bytes Written": shuffled},
            "Output Metrics": {"Bytes Written": 7},
        },
    }


def test_tasks_are_counted_by_who_finished_them() -> None:
    events = [
        task(1, "0"),
        task(1, "1"),
        task(2, "1"),
        task(2, "0", failed=True),
        {"Event": "SparkListenerApplicationEnd"},
    ]
    assert tasks_by_executor(events) == {"0": 1, "1": 2}


def test_a_table_costs_what_its_tasks_do_and_those_of_its_parts() -> None:
    events = [
        started(1, 1, writes("small")),
        job(1, 10),
        started(2, 2, writes("large")),
        # A query within it has an execution of its own.
        started(3, 2, "Scan"),
        job(3, 11, 12),
        job(None, 13),
        task(10, "0", shuffled=1),
        task(11, "0", shuffled=100, held=40),
        task(12, "1", shuffled=200, held=30),
        task(13, "driver"),
    ]
    costs = costs_by_table(events)
    assert list(costs) == ["large", "small", "(no table)"]
    assert costs["large"] == {
        "tasks": 2,
        "milliseconds": 20,
        "held": 40,
        "read": 10,
        "shuffled": 300,
        "written": 14,
        "spilled": 6,
    }
    assert (costs["small"]["tasks"], costs["(no table)"]["tasks"]) == (1, 1)


def test_sessions_number_their_stages_for_themselves() -> None:
    events = [
        {"session": number, **event}
        for one, other in zip(
            (started(1, 1, writes("one")), job(1, 10), task(10, "0")),
            (started(1, 1, writes("other")), job(1, 10), task(10, "0")),
            strict=True,
        )
        for number, event in enumerate((one, other))
    ]
    assert {table: cost["tasks"] for table, cost in costs_by_table(events).items()} == {
        "one": 1,
        "other": 1,
    }
