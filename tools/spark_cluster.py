"""Run a command on a Spark cluster of this machine: a master and two workers.

    .venv-spark/bin/python tools/spark_cluster.py make build-spark

To the command the cluster is what SPARK_MASTER says. At its end it is printed how many
tasks each worker did, and with --tables what each table cost. The exit status is that
of the command.
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
# Seconds until a master and its workers must have found each other.
PATIENCE = 60
# Executors, as the driver, neither optimize code that runs for a minute only nor
# collect garbage beside it. The log of events is one file of plain text.
SETTINGS = {
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.eventLog.enabled": "true",
    "spark.eventLog.compress": "false",
    "spark.eventLog.rolling.enabled": "false",
}
# The table that a query writes, in the plan that the log of events has of it.
WRITTEN = re.compile(r"Arguments: `spark_catalog`\.`(\w+)`\.`(\w+)`")
# Bytes that tasks moved, by where their metrics have them.
BYTES = {
    "read": ("Input Metrics", "Bytes Read"),
    "shuffled": ("Shuffle Write Metrics", "Shuffle Bytes Written"),
    "written": ("Output Metrics", "Bytes Written"),
}


@dataclass
class Cluster:
    """A running cluster: what a command needs to use it, and its workers."""

    environment: dict[str, str]
    events: Path
    workers: list[subprocess.Popen[bytes]]

    def kill_worker(self, number: int) -> None:
        """End a worker and its executor at once, as when a machine is switched off."""
        os.killpg(self.workers[number].pid, signal.SIGKILL)
        self.workers[number].wait()

    def tasks(self) -> Counter[str]:
        """Count the finished tasks of each executor."""
        return tasks_by_executor(self.read_events())

    def costs(self) -> dict[str, dict[str, int]]:
        """Add up what each table cost."""
        return costs_by_table(self.read_events())

    def read_events(self) -> Iterator[dict[str, Any]]:
        """Read the log of each session that was on the cluster."""
        for number, path in enumerate(sorted(self.events.iterdir())):
            with path.open(encoding="utf-8") as lines:
                for line in lines:
                    # The last line of a session that was killed may be half a line.
                    if line.endswith("}\n"):
                        yield {"session": number, **json.loads(line)}


def tasks_by_executor(events: Iterable[dict[str, Any]]) -> Counter[str]:
    """Count the tasks that succeeded by the executor that did them.

    Parameters
    ----------
    events
        Events of Spark's log, each as a dictionary.
    """
    return Counter(
        event["Task Info"]["Executor ID"]
        for event in events
        if event["Event"] == "SparkListenerTaskEnd"
        and event["Task End Reason"]["Reason"] == "Success"
    )


def costs_by_table(events: Iterable[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Add up the tasks of each table that Spark wrote.

    Returns
    -------
    dict
        Of each table, the largest shuffle first: bytes `read` from files, `shuffled`,
        `written` and `spilled` to disk; `held`, the most bytes of memory that one task
        took to sort and aggregate; `milliseconds` of all tasks; and their number,
        `tasks`. What a Python model reads is that of `(no table)`.
    """
    # Sessions number their executions and stages each for itself. A query within one
    # that writes a table has an execution of its own, and the same root.
    roots: dict[tuple[int, int], tuple[int, int]] = {}
    tables: dict[tuple[int, int], str] = {}
    executions: dict[tuple[int, int], tuple[int, int]] = {}
    costs: dict[str, Counter[str]] = defaultdict(Counter)
    for event in events:
        session = event.get("session", 0)
        if event["Event"].endswith("SparkListenerSQLExecutionStart"):
            execution = (session, event["executionId"])
            roots[execution] = (session, event["rootExecutionId"])
            written = WRITTEN.search(event["physicalPlanDescription"])
            if written is not None:
                tables[roots[execution]] = written[2]
        elif event["Event"] == "SparkListenerJobStart":
            number = event["Properties"].get("spark.sql.execution.id", -1)
            for stage in event["Stage IDs"]:
                executions[session, stage] = (session, int(number))
        elif event["Event"] == "SparkListenerTaskEnd" and "Task Metrics" in event:
            of_stage = executions[session, event["Stage ID"]]
            table = tables.get(roots.get(of_stage, of_stage), "(no table)")
            add_task(costs[table], event["Task Metrics"])
    order = sorted(costs, key=lambda table: (-costs[table]["shuffled"], table))
    return {table: dict(costs[table]) for table in order}


def add_task(cost: Counter[str], metrics: dict[str, Any]) -> None:
    """Add what a task did to what its table cost."""
    cost["tasks"] += 1
    cost["milliseconds"] += metrics["Executor Run Time"]
    cost["held"] = max(cost["held"], metrics["Peak Execution Memory"])
    cost["spilled"] += metrics["Disk Bytes Spilled"]
    for name, (group, measure) in BYTES.items():
        cost[name] += metrics.get(group, {}).get(measure, 0)


@contextmanager
def running_cluster(
    folder: Path, workers: int = 2, memory: str = "1g"
) -> Iterator[Cluster]:
    """Run a master and workers of one core each on the loopback of this machine.

    Parameters
    ----------
    folder
        Where logs, and what executors put on disk, go.
    memory
        What an executor may take, in Spark's words.

    Raises
    ------
    RuntimeError
        If the workers are not there after a minute.
    """
    (folder / "events").mkdir(parents=True)
    (folder / "defaults").mkdir()
    settings = SETTINGS | {
        "spark.executor.memory": memory,
        "spark.eventLog.dir": (folder / "events").as_uri(),
    }
    (folder / "defaults" / "spark-defaults.conf").write_text(
        "".join(f"{name} {value}\n" for name, value in settings.items()),
        encoding="utf-8",
    )
    port, page = free_ports(2)
    master = f"spark://{HOST}:{port}"
    environment = {
        **os.environ,
        "SPARK_HOME": str(spark_home()),
        "SPARK_CONF_DIR": str(folder / "defaults"),
        "SPARK_LOCAL_IP": HOST,
        "SPARK_LOCAL_DIRS": str(folder / "disk"),
        "SPARK_MASTER": master,
    }

    def start(name: str, class_name: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                [
                    str(spark_home() / "bin" / "spark-class"),
                    f"org.apache.spark.deploy.{class_name}",
                    *("--host", HOST),
                    *arguments,
                ],
                # In the shell SPARK_MASTER is ours, and a master reads none.
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A group of its own, of which its executors are.
                start_new_session=True,
            )

    processes = [
        start(
            "master",
            "master.Master",
            *("--port", str(port)),
            *("--webui-port", str(page)),
        )
    ]
    try:
        wait_for_workers(page, 0)
        processes += [
            start(
                f"worker_{number}",
                "worker.Worker",
                *("--cores", "1"),
                *("--memory", memory),
                *("--webui-port", "0"),
                *("--work-dir", str(folder / f"worker_{number}")),
                master,
            )
            for number in range(1, workers + 1)
        ]
        wait_for_workers(page, workers)
        yield Cluster(environment, folder / "events", processes[1:])
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(timeout=PATIENCE)


def wait_for_workers(page: int, count: int) -> None:
    """Wait until the master answers and knows of so many workers."""
    deadline = time.monotonic() + PATIENCE
    found = None
    while found != count:
        if time.monotonic() > deadline:
            raise RuntimeError(
                f"The master of Spark knows of {found} workers after {PATIENCE} "
                f"seconds; expected {count}. Its log says more."
            )
        time.sleep(0.2)
        try:
            with urllib.request.urlopen(f"http://{HOST}:{page}/json/") as answer:
                found = json.load(answer)["aliveworkers"]
        except OSError:
            found = None


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens at."""
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def spark_home() -> Path:
    """Find where pyspark keeps Spark."""
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise RuntimeError(
            "pyspark is not installed; expected the Python of .venv-spark, which "
            "make build-spark makes."
        )
    return Path(spec.origin).parent


def in_words(cluster: Cluster, with_tables: bool) -> Iterator[str]:
    """Say what the executors did, a line each."""
    for executor, count in sorted(cluster.tasks().items()):
        yield f"executor {executor}: {count} tasks"
    if with_tables:
        names = ["tasks", "milliseconds", *BYTES, "spilled", "held"]
        yield "\t".join(["table", *names])
        for table, cost in cluster.costs().items():
            yield "\t".join([table, *(str(cost.get(name, 0)) for name in names)])


def main() -> int:
    """Run the command, and say what the workers did for it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tables", action="store_true", help="what each table cost")
    parser.add_argument("--memory", default="1g", help="of an executor, such as 4g")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    if not arguments.command:
        parser.error("no command is given; expected one, such as make build-spark")
    folder = Path(tempfile.mkdtemp(prefix="spark-cluster-"))
    try:
        with running_cluster(folder, memory=arguments.memory) as cluster:
            status = subprocess.run(
                arguments.command, env=cluster.environment, check=False
            ).returncode
        for line in in_words(cluster, arguments.tables):
            print(line)
        return status
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
