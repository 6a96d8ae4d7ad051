"""A small shop of the sample's customers, for tools that build again and again."""

import csv
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

PROJECT = Path(__file__).resolve().parents[1]
SEEDS = PROJECT / "seeds" / "crm_sample"
# The key of each of its raw tables.
KEYS = {
    "customers": ("customer_id",),
    "orders": ("order_id",),
    "order_items": ("order_id", "line_number"),
    "products": ("product_id",),
    "visits": ("visit_id",),
    "reviews": ("review_id",),
}
# One customer of so many is in it.
PART = 7
TIMEOUT_SECONDS = 600

Records = list[dict[str, str]]


def read_shop() -> dict[str, Records]:
    """Read the records of the shop by raw table: 290 customers and all they did."""
    shop: dict[str, Records] = {}
    orders: set[str] = set()
    for name in KEYS:
        with (SEEDS / f"raw_{name}.csv").open(encoding="utf-8", newline="") as file:
            records = list(csv.DictReader(file))
        if name == "order_items":
            records = [record for record in records if record["order_id"] in orders]
        elif name != "products":
            records = [record for record in records if is_chosen(record["customer_id"])]
        if name == "orders":
            orders = {record["order_id"] for record in records}
        shop[name] = records
    return shop


def is_chosen(customer_id: str) -> bool:
    """Whether a customer is one of the shop."""
    return customer_id.isdigit() and int(customer_id) % PART == 0


@dataclass(frozen=True)
class Workplace:
    """A folder with raw tables, a warehouse and what dbt writes."""

    folder: Path
    # What dbt has parsed, and with which vars: they are part of it.
    manifests: "list[tuple[Manifest, Mapping[str, Any]]]" = field(default_factory=list)

    @property
    def landing(self) -> Path:
        """The folder of the raw tables."""
        return self.folder / "landing"

    @property
    def database(self) -> Path:
        """The warehouse."""
        return self.folder / "warehouse.duckdb"

    def write(self, shop: Mapping[str, Records]) -> None:
        """Write the raw tables as csv files."""
        self.landing.mkdir(parents=True, exist_ok=True)
        for name, records in shop.items():
            path = self.landing / f"{name}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, fieldnames=list(records[0]))
                writer.writeheader()
                writer.writerows(records)

    def remove_warehouse(self) -> None:
        """Remove the file and what was not yet written into it."""
        for path in self.folder.glob("warehouse.duckdb*"):
            path.unlink()

    def parse(self, variables: Mapping[str, Any] | None = None) -> None:
        """Read the project with some vars: the builds from now on are forks that have.

        Raises
        ------
        RuntimeError
            If it cannot be read.
        """
        from dbt.cli.main import dbtRunner
        from dbt.contracts.graph.manifest import Manifest

        os.chdir(PROJECT)
        for name in [name for name in os.environ if name.startswith("SEGMENTATION_")]:
            del os.environ[name]
        os.environ["SEGMENTATION_DATABASE"] = str(self.database)
        os.environ["SEGMENTATION_PUBLISH"] = "0"
        os.environ["OMP_NUM_THREADS"] = "1"
        parsed = dbtRunner().invoke(
            ["--quiet", "parse", *self.options(variables or {})]
        )
        if not isinstance(parsed.result, Manifest):
            raise RuntimeError(f"the project cannot be read: {parsed.exception}")
        self.manifests.append((parsed.result, variables or {}))

    def start(self, *arguments: str) -> ForkProcess:
        """Start a build of the shop; its output goes to a file."""
        process = get_context("fork").Process(
            target=self.run_in_fork, args=(arguments,)
        )
        process.start()
        return process

    def build(self, *arguments: str) -> tuple[int | None, str]:
        """Build the shop; return the exit status and what dbt said."""
        process = self.start(*arguments)
        process.join(TIMEOUT_SECONDS)
        is_late = process.is_alive()
        process.kill()
        process.join()
        # The end of a fork leaves some of what was written beside the database.
        duckdb.connect(str(self.database)).close()
        said = self.output.read_text(encoding="utf-8")
        if is_late:
            said += f"\nThe build did not end within {TIMEOUT_SECONDS} seconds."
        return process.exitcode, said

    def run_in_fork(self, arguments: Sequence[str]) -> None:
        """Run dbt and end with its exit status."""
        from dbt.cli.main import dbtRunner

        manifest, variables = self.manifests[-1]
        with self.output.open("w", encoding="utf-8") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            result = dbtRunner(manifest).invoke(
                ["--no-use-colors", "build", *arguments, *self.options(variables)]
            )
            sys.stdout.flush()
        os._exit(0 if result.success else 1)

    @property
    def output(self) -> Path:
        """What dbt said in the last build."""
        return self.folder / "output.txt"

    def options(self, variables: Mapping[str, Any]) -> list[str]:
        """Name the files; three segments, because choosing the number takes longest."""
        given = {"crm_folder": str(self.landing), "n_segments": 3, **variables}
        return [
            *["--target-path", str(self.folder / "target")],
            *["--log-path", str(self.folder / "logs"), "--vars", json.dumps(given)],
        ]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query; workings need no schema before their names."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            connection.execute("set search_path = 'main,main_internal,main_raw'")
            return connection.execute(query).fetchall()


def last_sentence(output: str) -> str:
    """Find what dbt said of the first error, in one line."""
    lines = [line.strip() for line in output.splitlines()]
    for number, line in enumerate(lines):
        if line.endswith("Error") or "Error in " in line:
            sentence = [text for text in lines[number + 1 :] if text]
            return sentence[0] if sentence else line
    return lines[-1] if lines else ""
