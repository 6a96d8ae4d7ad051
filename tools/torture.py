"""Kill builds of a small shop at random moments; compare what the next build makes.

    python tools/torture.py --count 20 [--seed 0] [--folder build/torture]

The shop is built as it was some months ago, and then as it is today with a refit. This
second build is killed with SIGKILL and run again: every table must be as if it had
never been killed, with two versions and not three. The exit status is 1 where that is
not so.
"""

import argparse
import random
import shutil
import sys
import time
from collections import Counter
from pathlib import Path

from small_shop import Records, Workplace, last_sentence, read_shop

SELECTION = (
    *("--select", "+customer_segments_history", "+customer_segment_changes"),
    *("+segments", "+data_quality_summary", "builds"),
    *("--exclude", "resource_type:seed,path:seeds/crm_sample", "tag:comparison"),
    *("--exclude-resource-type", "test", "unit_test"),
)
MONTHS_AGO = "2025-09-30"
# What says when something was built, and no more.
TIMES = "dbt_scd_id|dbt_updated_at|dbt_valid_from|dbt_valid_to|changed_at|fitted_at"
# The log of builds must differ, and the registry says when it was fitted.
TABLES = "table_name <> 'int_build_log' and table_name not like '%__dbt_tmp%'"


def contents(workplace: Workplace) -> dict[str, int]:
    """Return a number for all rows of each table: equal where these are."""
    found = {}
    for schema, table in workplace.rows(
        "select table_schema, table_name from information_schema.tables "
        f"where table_type = 'BASE TABLE' and {TABLES}"
    ):
        condition = "parameter <> 'fitted_at'" if "registry" in table else "true"
        columns = f"columns(lambda c: not regexp_full_match(c, '{TIMES}'))"
        [(number,)] = workplace.rows(
            "select cast(count(*) as hugeint) * 1000003 "
            "+ coalesce(sum(cast(hash(compared) % 1000000007 as hugeint)), 0) "
            f"from (select {columns} from {schema}.{table} where {condition}) "
            "as compared"
        )
        found[f"{schema}.{table}"] = int(number)
    return found


def main() -> int:
    """Kill as many builds as asked, and print a line for each and a table of all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path("build/torture"))
    arguments = parser.parse_args()

    workplace = Workplace(arguments.folder.resolve())
    former, seconds = prepare(workplace, read_shop())
    undisturbed = contents(workplace)
    draw = random.Random(arguments.seed)
    outcomes: Counter[str] = Counter()
    for number in range(arguments.count):
        delay = draw.uniform(0, seconds)
        outcome, sentences = kill_and_go_on(workplace, former, delay, undisturbed)
        outcomes[outcome] += 1
        print(f"{number:>4}  killed after {delay:.1f} s: {outcome}", *sentences)
        sys.stdout.flush()
    print(*(f"{n:>5}  {outcome}" for outcome, n in sorted(outcomes.items())), sep="\n")
    return int(any(outcome.startswith("FAULT") for outcome in outcomes))


def prepare(workplace: Workplace, shop: dict[str, Records]) -> tuple[Path, float]:
    """Build the shop twice; return the first file and the seconds of the second build.

    Raises
    ------
    RuntimeError
        If a build fails.
    """
    workplace.remove_warehouse()
    workplace.write(shop)
    former = workplace.folder / "former.duckdb"
    for variables in ({"as_of_date": MONTHS_AGO}, {"refit": True}):
        if workplace.database.exists():
            shutil.copy(workplace.database, former)
        workplace.parse(variables)
        began = time.monotonic()
        status, output = workplace.build(*SELECTION)
        if status != 0:
            raise RuntimeError(f"an undisturbed build: {last_sentence(output)}")
    return former, time.monotonic() - began


def kill_and_go_on(
    workplace: Workplace, former: Path, delay: float, undisturbed: dict[str, int]
) -> tuple[str, list[str]]:
    """Kill the second build after some seconds, run it again, and compare."""
    workplace.remove_warehouse()
    shutil.copy(former, workplace.database)
    process = workplace.start(*SELECTION)
    process.join(delay)
    process.kill()
    process.join()
    # A refit that is asked for after the end of a build is another one.
    [(ended,)] = workplace.rows("select count(ended_at) from builds")
    status, output = (0, "") if ended > 1 else workplace.build(*SELECTION)
    if status != 0:
        return "FAULT: the next build failed", [last_sentence(output)[:200]]
    present = contents(workplace)
    other = sorted(
        table
        for table in undisturbed.keys() | present.keys()
        if undisturbed.get(table) != present.get(table)
    )
    if other:
        return "FAULT: other tables than without the kill", other
    [(stopped,)] = workplace.rows("select count(*) from builds where ended_at is null")
    if stopped:
        if "was stopped before its end" not in output:
            return "FAULT: the next build does not say so", []
        return "as without the kill, and said so", []
    return "as without the kill, which came before or after the build", []


if __name__ == "__main__":
    sys.exit(main())
