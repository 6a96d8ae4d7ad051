"""The project as a package of a shop that has customers and orders of its own."""

import datetime
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import (
    ARTIFACTS,
    OWN_VARIABLES,
    PROJECT,
    TIMEOUT_SECONDS,
    Warehouse,
    dbt_server,
    open_database,
)

SHOP = PROJECT / "integration_tests" / "shop"
PUBLIC, WORKINGS = "main_segmentation", "main_segmentation_internal"
# The models of the package that read the shop's.
READERS = {"base_crm__customers", "base_crm__orders", "int_column_formats"}


class Shop:
    """A folder with the shop's project, which finds the package where it really is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def copy_to(self, folder: Path) -> "Shop":
        """Copy the project, and what dbt has installed and parsed, without the data."""
        without = shutil.ignore_patterns("*.duckdb", "dbt_packages")
        shutil.copytree(self.folder, folder, ignore=without)
        (folder / "packages.yml").write_text(f"packages:\n  - local: {PROJECT}\n")
        (folder / "dbt_packages").mkdir()
        (folder / "dbt_packages" / "customer_segmentation").symlink_to(PROJECT)
        return Shop(folder)

    def copy_with(self, folder: Path, variables: str) -> "Shop":
        """Copy the project and give the package more vars, indented lines of YAML."""
        copy = self.copy_to(folder)
        copy.edit("dbt_project.yml", "    crm_columns:", f"{variables}    crm_columns:")
        return copy

    def edit(self, path: str, former: str, new: str) -> None:
        """Replace what a file of the shop says."""
        text = (self.folder / path).read_text(encoding="utf-8")
        assert former in text
        (self.folder / path).write_text(text.replace(former, new), encoding="utf-8")

    def run(
        self, *arguments: str, functions: Path | str = PROJECT / "python"
    ) -> subprocess.CompletedProcess[str]:
        """Run dbt as the shop does, where the package's Python code is installed.

        `functions` is the folder of that code; empty where nothing is installed.
        """
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(OWN_VARIABLES)
        }
        return dbt_server().run(
            ["--no-use-colors", "--no-send-anonymous-usage-stats", *arguments],
            self.folder,
            {**inherited, "PYTHONPATH": str(functions)},
            self.folder / "output",
            TIMEOUT_SECONDS,
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the shop's database."""
        with open_database(self.folder / "shop.duckdb", read_only=True) as connection:
            return connection.execute(query).fetchall()

    @functools.cached_property
    def manifest(self) -> dict[str, Any]:
        """What dbt says of the nodes of both projects."""
        path = self.folder / "target" / "manifest.json"
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return manifest


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop, built with the package, in a session of another time zone than ours."""
    shop = Shop(SHOP).copy_to(tmp_path_factory.mktemp("shop") / "project")
    shutil.rmtree(shop.folder / "dbt_packages")
    shop.edit(
        "profiles.yml",
        "threads: 2",
        "threads: 2\n      settings: {TimeZone: Asia/Tokyo}",
    )
    for command in ("deps", "build"):
        result = shop.run(command)
        assert result.returncode == 0, result.stdout[-4000:] + result.stderr
        assert "Did not find matching node" not in result.stdout
    return shop


def test_the_shop_gets_segments_of_its_own_customers(shop: Shop) -> None:
    buyers, customers = shop.rows(
        "select (select count(distinct customer_id) from main.orders), "
        f"(select count(*) from {PUBLIC}.customer_segments)"
    )[0]
    assert customers == buyers
    [[spend, published]] = shop.rows(
        "select (select sum(order_total) from main.orders), "
        f"(select sum(total_spend) from {PUBLIC}.customers)"
    )
    assert published == spend


def test_a_mart_of_the_shop_reads_the_segments(shop: Shop) -> None:
    assert shop.rows(
        "select sum(revenue), sum(customers) from main.segment_revenue"
    ) == shop.rows(
        "select sum(order_total), count(distinct customer_id) from main.orders"
    )


def test_nothing_of_ours_is_among_what_is_the_shops(shop: Shop) -> None:
    schemas: dict[str, set[str]] = {}
    for schema, table in shop.rows(
        "select table_schema, table_name from information_schema.tables"
    ):
        schemas.setdefault(schema, set()).add(table)
    assert schemas["main"] == {"customers", "orders", "products", "segment_revenue"}
    cleaned = schemas.pop(f"{PUBLIC}_raw")
    assert all(name.startswith(("base_", "stg_")) for name in cleaned)
    assert set(schemas) == {"main", PUBLIC, WORKINGS, f"{PUBLIC}_settings"}
    assert {"customers", "customer_segments", "segments"} <= schemas[PUBLIC]
    assert not [
        name for name in schemas[WORKINGS] if name.startswith(("raw_", "base_", "stg_"))
    ]


def test_lineage_leads_from_the_shops_orders_to_the_segments(shop: Shop) -> None:
    manifest = shop.manifest
    children = manifest["child_map"]
    assert [
        child
        for child in children["model.shop.orders"]
        if child.startswith("model.customer_segmentation.")
    ] == [
        "model.customer_segmentation.base_crm__orders",
        "model.customer_segmentation.int_column_formats",
    ]
    reached, new = set(), {"model.shop.orders"}
    while new:
        reached |= new
        new = {child for node in new for child in children[node]} - reached
    assert "model.customer_segmentation.customer_segments" in reached


def readers_of_the_shop(shop: Shop) -> set[str]:
    """What of the package has a model of the shop for a parent."""
    parents = shop.manifest["parent_map"]
    return {
        node["name"]
        for name, node in shop.manifest["nodes"].items()
        if node["package_name"] == "customer_segmentation"
        and node["config"]["enabled"]
        and any(".shop." in parent for parent in parents[name])
    }


def test_nothing_of_ours_takes_the_shops_customers_for_ours(shop: Shop) -> None:
    assert readers_of_the_shop(shop) == READERS


def test_where_dbt_searches_the_package_first_the_parents_are_the_same(
    asking_shop: Shop,
) -> None:
    assert readers_of_the_shop(asking_shop) == READERS


def test_the_host_may_have_models_with_the_names_of_all_our_tables(
    shop: Shop, tmp_path: Path
) -> None:
    other = shop.copy_to(tmp_path / "project")
    names = {
        node["name"]
        for node in shop.manifest["nodes"].values()
        if node["package_name"] == "customer_segmentation"
        and node["resource_type"] in ("model", "seed", "snapshot")
    }
    assert len(names) > 200
    for name in names - {"customers"}:
        (other.folder / "models" / f"{name}.sql").write_text("select 1 as id")
    # What is parsed already keeps its parents.
    result = other.run("parse", "--no-partial-parse")
    assert result.returncode == 0, result.stdout
    assert readers_of_the_shop(other) == READERS


def test_a_name_that_may_be_ours_or_the_shops_stops_with_one_sentence(
    shop: Shop, tmp_path: Path
) -> None:
    other = shop.copy_to(tmp_path / "project")
    other.edit("dbt_project.yml", "ref('shop', 'customers')", "ref('customers')")
    result = other.run("parse")
    assert result.returncode != 0
    assert (
        "var segmentation_customers has ref('customers'); expected two arguments, "
        "your project and the model, such as ref('my_shop', 'customers')."
    ) in " ".join(result.stdout.split())
    assert "Traceback" not in result.stdout


def test_days_are_those_of_the_package_and_not_of_the_session(shop: Shop) -> None:
    """Orders are at eight in the evening, when it is the next day in Tokyo."""
    assert shop.rows(
        f"select max(observation_date) - 1 from {PUBLIC}.customer_features"
    ) == shop.rows(
        "select cast(max(timezone('UTC', ordered_at)) as date) from main.orders"
    )


def test_a_guest_brings_no_unit_tests_and_no_comparison(shop: Shop) -> None:
    manifest = shop.manifest
    assert not manifest["unit_tests"]
    ours = [
        node
        for node in manifest["nodes"].values()
        if node["package_name"] == "customer_segmentation"
    ]
    assert len(ours) > 200
    assert not [node["name"] for node in ours if "comparison" in node["tags"]]
    for kind in ("semantic_models", "metrics", "saved_queries", "exposures"):
        assert not manifest[kind]
    assert not [
        node["name"]
        for node in ours
        if node["resource_type"] == "seed" and node["name"].startswith("raw_")
    ]
    models = [node for node in ours if node["resource_type"] == "model"]
    assert not [node["name"] for node in models if "complete_journey" in node["name"]]
    assert not [node["name"] for node in models if node.get("time_spine")]
    # Nor does a build publish.
    assert not (shop.folder / "serve").exists()


# What docs/metrics.md tells a host that has a time spine.
OWN_TIME_SPINE = """\
models:
  customer_segmentation:
    intermediate: {calendar: {int_time_spine: {+enabled: false}}}
"""
ASKING_MODELS = {
    "sources.yml": "sources: [{name: branch, tables: [{name: people}]}]\n",
    "days.sql": "select date '2024-01-01' as day\n",
    "days.yml": """\
models:
  - name: days
    time_spine: {standard_granularity_column: day}
    columns: [{name: day, granularity: day}]
""",
}


@pytest.fixture(scope="module")
def asking_shop(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop that asks for all that a guest leaves out; it is parsed alone.

    Its names are searched for in the package first.
    Its customers are a source, and it has a time spine.
    """
    other = shop.copy_with(
        tmp_path_factory.mktemp("asking") / "project",
        "    segmentation_metrics: true\n    segmentation_comparison: true\n"
        "    segmentation_tests: all\n",
    )
    other.edit(
        "dbt_project.yml",
        "profile: shop\n",
        "profile: shop\nflags: {require_ref_searches_node_package_before_root: true}\n",
    )
    other.edit(
        "dbt_project.yml",
        "ref('shop', 'customers')",
        "source('branch', 'people')",
    )
    # What a package says of its vars counts more than what the host says of all.
    other.edit("dbt_project.yml", "vars:\n", "vars:\n  segmentation_tests: keys\n")
    other.edit("dbt_project.yml", "models:\n", OWN_TIME_SPINE)
    for name, text in ASKING_MODELS.items():
        (other.folder / "models" / name).write_text(text, encoding="utf-8")
    result = other.run("parse")
    assert result.returncode == 0, result.stdout
    return other


def test_a_host_that_asks_for_it_gets_the_comparison(asking_shop: Shop) -> None:
    assert {
        node["name"]
        for node in asking_shop.manifest["nodes"].values()
        if node["resource_type"] == "model" and "comparison" in node["tags"]
    } == {
        "int_method_comparison_facts",
        "segmentation_method_agreement",
        "segmentation_method_comparison",
    }


def test_a_host_that_asks_for_them_gets_the_metrics(asking_shop: Shop) -> None:
    models = asking_shop.manifest["semantic_models"].values()
    assert {model["name"] for model in models} >= {"customers", "orders"}
    # Of our customers, and not of the shop's.
    assert {model["node_relation"]["schema_name"] for model in models} == {
        PUBLIC,
        WORKINGS,
    }
    exposures = asking_shop.manifest["exposures"].values()
    assert {exposure["name"] for exposure in exposures} >= {"segmentation_report"}
    for exposure in exposures:
        read = exposure["depends_on"]["nodes"]
        assert all(node.split(".")[1] == "customer_segmentation" for node in read)


def test_a_host_that_has_a_time_spine_keeps_it(asking_shop: Shop) -> None:
    nodes = asking_shop.manifest["nodes"].values()
    assert [node["name"] for node in nodes if node.get("time_spine")] == ["days"]


def test_a_source_of_the_host_is_a_parent(asking_shop: Shop) -> None:
    parents = asking_shop.manifest["parent_map"]
    assert (
        "source.shop.branch.people"
        in parents["model.customer_segmentation.base_crm__customers"]
    )


def test_a_changed_model_of_the_host_selects_what_depends_on_it(
    shop: Shop, tmp_path: Path
) -> None:
    other = shop.copy_to(tmp_path / "project")
    other.edit("models/orders.sql", "2024-07-01", "2024-06-01")
    result = other.run(
        *("ls", "--select", "state:modified+", "--state", str(shop.folder / "target")),
        *("--resource-type", "model", "--output", "name", "--quiet"),
    )
    assert result.returncode == 0, result.stdout
    names = set(result.stdout.split())
    assert {"orders", "base_crm__orders", "customer_segments"} <= names
    assert not names & {"products", "int_currencies"}


def test_models_of_the_host_may_read_public_tables_alone(
    shop: Shop, tmp_path: Path
) -> None:
    other = shop.copy_to(tmp_path / "project")
    (other.folder / "models" / "peek.sql").write_text(
        "from {{ ref('customer_segmentation', 'int_customers') }}", encoding="utf-8"
    )
    result = other.run("parse")
    assert result.returncode != 0
    assert "is not allowed because the referenced node is private" in " ".join(
        result.stdout.split()
    )


def test_macros_of_ours_are_looked_for_in_the_package() -> None:
    """Without its name dbt would look in the host's project alone."""
    text = "".join(path.read_text() for path in (PROJECT / "macros").rglob("*.sql"))
    namespaces = re.findall(r"adapter\.dispatch\(\s*'\w+'(?:,\s*'(\w+)')?\s*\)", text)
    assert len(namespaces) == text.count("adapter.dispatch(") > 20
    assert set(namespaces) == {"customer_segmentation"}


def test_checks_run_only_where_something_of_ours_is_selected(
    shop: Shop, tmp_path: Path
) -> None:
    other = shop.copy_to(tmp_path / "project")
    variables = ("--vars", "{crm_folder: landing}")
    result = other.run("build", "--select", "shop.customers", *variables)
    assert result.returncode == 0, result.stdout
    result = other.run("build", "--select", "+base_crm__orders", *variables)
    assert result.returncode != 0
    assert "segmentation_customers is set, and one of crm_folder" in result.stdout
    assert "Traceback" not in result.stdout


@pytest.mark.parametrize(
    ("orders", "sentence"),
    [
        (
            "select 1 as id, 2 as order_total, current_timestamp as ordered_at",
            "has only id, order_total and ordered_at; expected also customer_id.",
        ),
        (
            "select number as id, 2 as customer_id, [3] as order_total, "
            "date '2024-01-01' as ordered_at from range(100) as numbers (number)",
            "orders.amount: 100 of 100 values cannot be read",
        ),
    ],
    ids=["no_customer_id", "amounts_that_are_lists"],
)
def test_orders_that_cannot_be_used_stop_with_one_sentence(
    shop: Shop, tmp_path: Path, orders: str, sentence: str
) -> None:
    other = shop.copy_to(tmp_path / "project")
    (other.folder / "models" / "orders.sql").write_text(orders, encoding="utf-8")
    result = other.run(
        "build", "--select", "+int_input_gate", "--exclude-resource-type", "test"
    )
    assert result.returncode == 1
    assert sentence in result.stdout
    assert "Traceback" not in result.stdout


def names_of_our_tests(shop: Shop) -> set[str]:
    """The data tests that the package brings into the shop."""
    return {
        node["name"]
        for node in shop.manifest["nodes"].values()
        if node["resource_type"] == "test"
        and node["package_name"] == "customer_segmentation"
        and node["config"]["enabled"]
    }


def test_a_guest_tests_keys_identities_and_the_gate_alone(
    shop: Shop, asking_shop: Shop
) -> None:
    names = names_of_our_tests(shop)
    assert len(names) <= 60
    assert {
        "customer_identities_an_id_of_a_source_system_is_one_customer",
        "segments_sizes_sum_to_all_customers",
        "int_input_gate_judges_everything_once",
    } <= names
    assert names < names_of_our_tests(asking_shop)
    assert len(names_of_our_tests(asking_shop)) > 230


def test_in_a_project_of_its_own_all_tests_are_on(shop: Shop, tmp_path: Path) -> None:
    result = Warehouse(tmp_path).run_dbt(["parse"], environment=ARTIFACTS)
    assert result.returncode == 0, result.stdout
    assert names_of_our_tests(shop) < names_of_our_tests(Shop(tmp_path))
    assert len(names_of_our_tests(Shop(tmp_path))) > 290


@pytest.mark.parametrize(
    ("version", "found"),
    [(None, "not installed where dbt runs"), ("0.0.9", "of version 0.0.9")],
    ids=["not_installed", "of_another_version"],
)
def test_functions_that_do_not_fit_stop_with_one_sentence(
    shop: Shop, tmp_path: Path, version: str | None, found: str
) -> None:
    other = shop.copy_to(tmp_path / "project")
    functions = tmp_path / "functions"
    if version:
        (functions / "segmentation" / "publishing").mkdir(parents=True)
        (functions / "segmentation" / "publishing" / "plugin.py").write_text(
            f"def project_version():\n    return {version!r}\n", encoding="utf-8"
        )
    result = other.run("build", functions=functions if version else "")
    assert result.returncode == 1
    assert (
        "The Python functions of package customer_segmentation are "
        f"{found}; expected those of version 0.1.0"
    ) in " ".join(result.stdout.split())
    assert "Traceback" not in result.stdout
    # Nothing behind the gate is built.
    assert "ERROR=1 " in result.stdout


def test_the_wheel_asks_for_the_versions_of_dbt_that_the_package_does() -> None:
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    lowest, highest = (
        text.removesuffix(".0") for text in project["require-dbt-version"]
    )
    wheel = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert f"dbt-core{lowest},{highest}" in wheel["dependencies"]


def test_the_wheel_has_all_functions_and_the_command(tmp_path: Path) -> None:
    built = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"),
            *("--wheel-dir", str(tmp_path), str(PROJECT)),
        ],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    [wheel] = tmp_path.glob("customer_segmentation-0.1.0-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        [metadata] = [name for name in names if name.endswith("entry_points.txt")]
        assert "segment = segmentation.command.cli:main" in archive.read(
            metadata
        ).decode("utf-8")
    python = PROJECT / "python"
    assert {
        path.relative_to(python).as_posix()
        for path in python.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    } <= names


def test_orders_alone_with_dates_as_text_are_enough(shop: Shop, tmp_path: Path) -> None:
    other = shop.copy_to(tmp_path / "project")
    other.edit(
        "dbt_project.yml",
        "    segmentation_customers: \"{{ ref('shop', 'customers') }}\"\n",
        "",
    )
    other.edit("dbt_project.yml", "      customers.registered_at: first_seen_on\n", "")
    other.edit(
        "models/orders.sql",
        "timezone('UTC', cast(order_date as timestamp) + interval 20 hour)",
        "strftime(order_date, '%d/%m/%Y')",
    )
    result = other.run(
        *("build", "--select", "+customer_segmentation.marts.core.customers"),
        *("--exclude-resource-type", "test"),
    )
    assert result.returncode == 0, result.stdout[-4000:]
    assert other.rows(
        f"select count(*), sum(total_spend) from {PUBLIC}.customers"
    ) == other.rows("select count(distinct customer_id), sum(order_total) from orders")


def test_orders_may_lie_in_a_database_that_is_attached(
    shop: Shop, tmp_path: Path
) -> None:
    """Here a second DuckDB file; PostgreSQL is attached in the same way.

    Typed values are checked as parsed ones are: keys, ranges and duplicates.
    """
    other = shop.copy_to(tmp_path / "project")
    other.edit(
        "profiles.yml",
        "threads: 2",
        "threads: 2\n      attach: [{path: books.duckdb, alias: books}]",
    )
    other.edit("dbt_project.yml", "{{ ref('shop', 'orders') }}", "books.main.orders")
    with open_database(other.folder / "books.duckdb") as connection:
        connection.execute(
            f"attach '{shop.folder / 'shop.duckdb'}' as shop (read_only)"
        )
        connection.execute("create table orders as from shop.main.orders")
        connection.execute("create temp table an_order as from orders limit 1")
        for change in (
            "(id as id)",
            "(null as id)",
            "(-1 as id, null as customer_id)",
            "(-2 as id, timestamptz '2999-01-01 00:00:00+00' as ordered_at)",
        ):
            connection.execute(
                f"insert into orders select * replace {change} from an_order"
            )
    result = other.run(
        *("build", "--select", "+int_counted_orders"),
        *("--exclude-resource-type", "test"),
    )
    assert result.returncode == 0, result.stdout[-4000:]
    with open_database(other.folder / "shop.duckdb", read_only=True) as connection:
        connection.execute(f"attach '{other.folder / 'books.duckdb'}' (read_only)")
        [counted] = connection.execute(
            f"select count(*), sum(amount) from {WORKINGS}.int_counted_orders"
        ).fetchall()
    assert counted == shop.rows("select count(*), sum(order_total) from orders")[0]


def test_without_any_order_all_customers_are_one_segment(
    shop: Shop, tmp_path: Path
) -> None:
    other = shop.copy_to(tmp_path / "project")
    other.edit(
        "models/orders.sql",
        "where order_date < date '2024-07-01'",
        "where order_date < date '1924-07-01'",
    )
    result = other.run(
        *("build", "--select", "+customer_segmentation.marts.core.customer_segments"),
        *("--exclude-resource-type", "test"),
    )
    assert result.returncode == 0, result.stdout[-4000:]
    assert other.rows(
        "select segment_name, count(*) "
        f"from {PUBLIC}.customer_segments group by segment_name"
    ) == [("All customers", 600)]


# ---------- features of the shop's own

SCORES = """
select
    customer_id,
    date '2023-06-01' as valid_from,
    customer_id % 7 as keenness,
    ['North', 'South East', 'West', 'Isle'][customer_id % 4 + 1] as region
from {{ ref('customers') }}
union all
select customer_id, date '2024-01-15', customer_id % 7 + 1, 'North'
from {{ ref('customers') }}
where customer_id % 10 = 0
"""
SCORE_VARIABLES = """\
    segmentation_custom_features: "{{ ref('shop', 'customer_scores') }}"
    custom_features:
      - {name: keenness, kind: number, words: {low: tepid, high: keen}}
      - name: region
        kind: category
        categories: {north: northern, south_east: south-eastern}
    segmentation_features:
      - name: keenness
        impute: median
        cap_quantile: null
        transform: none
        scale: standard
        weight: 1
      - name: region_is_north
        impute: zero
        cap_quantile: null
        transform: none
        scale: standard
        weight: 2
    n_segments: 3
"""
USUAL_FEATURES = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"][
    "segmentation_features"
]
FEATURES = f"""
    select observation_date, customer_id, keenness,
        region_is_north, region_is_south_east, region_is_other
    from {PUBLIC}.customer_features
    order by observation_date, customer_id
"""


def with_scores(shop: Shop, folder: Path, variables: str = SCORE_VARIABLES) -> Shop:
    """The shop with a model of scores, and the vars that make features of it."""
    other = shop.copy_with(folder, variables)
    (other.folder / "models" / "customer_scores.sql").write_text(SCORES)
    return other


@pytest.fixture(scope="module")
def shop_with_scores(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    other = with_scores(
        shop,
        tmp_path_factory.mktemp("scores") / "project",
        f"{SCORE_VARIABLES}    segmentation_tests: all\n",
    )
    result = other.run(
        *("build", "--select", "+segments", "+feature_selection", "+segment_profiles"),
        *("--indirect-selection", "buildable"),
    )
    assert result.returncode == 0, result.stdout[-4000:]
    return other


def test_features_of_the_shop_are_those_of_the_latest_row_before_the_date(
    shop_with_scores: Shop,
) -> None:
    dates = shop_with_scores.rows(
        f"select distinct observation_date from {PUBLIC}.customer_features"
    )
    assert len(dates) > 1
    expected = """
        select observation_date, cast(customer_id as varchar), keenness,
            region = 'North', region = 'South East', region in ('West', 'Isle')
        from (select distinct observation_date from {features}) as dates
        inner join main.customer_scores on valid_from < observation_date
        qualify row_number() over (
            partition by observation_date, customer_id order by valid_from desc
        ) = 1
        order by observation_date, 2
    """
    rows = [row for row in shop_with_scores.rows(FEATURES) if row[2] is not None]
    assert {row[2] for row in rows} == set(range(8))
    known = {(row[0], row[1]) for row in rows}
    assert rows == [
        row
        for row in shop_with_scores.rows(
            expected.format(features=f"{PUBLIC}.customer_features")
        )
        if (row[0], row[1]) in known
    ]


def test_categories_of_the_shop_are_clustered_on_and_named_by_its_words(
    shop_with_scores: Shop,
) -> None:
    assert shop_with_scores.rows(
        f"select feature_name, is_selected from {PUBLIC}.feature_selection "
        "where feature_name like 'region%' or feature_name = 'keenness' order by 1"
    ) == [
        ("keenness", True),
        ("region_is_north", True),
        ("region_is_other", False),
        ("region_is_south_east", False),
    ]
    shares = shop_with_scores.rows(
        f"select distinct round(mean_value) from {PUBLIC}.segment_profiles "
        "where feature_name = 'region_is_north' and mean_value is not null"
    )
    assert sorted(shares) == [(0,), (1,)]
    names = shop_with_scores.rows(
        f"select segment_name from {PUBLIC}.segments where is_in_use"
    )
    assert "northern" in str(names).lower()
    assert "keen" in str(names).lower()


def test_a_row_that_is_valid_from_the_date_on_changes_nothing(
    shop_with_scores: Shop, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(shop_with_scores.folder, folder, symlinks=True)
    other = Shop(folder)
    former = other.rows(FEATURES)
    [[current]] = other.rows(
        f"select max(observation_date) from {PUBLIC}.customer_features"
    )
    before = current - datetime.timedelta(days=1)
    for valid_from, is_changed in (
        (f"date '{current}'", False),
        (f"date '{before}'", True),
        # In Tokyo, where the session is, it is the next day already.
        (f"timestamptz '{before} 23:30:00+00'", True),
        (f"timestamptz '{current} 00:30:00+00'", False),
    ):
        (folder / "models" / "customer_scores.sql").write_text(
            f"{SCORES} union all select 1, {valid_from}, 99, 'Isle'"
        )
        result = other.run(
            *("run", "--select", "customer_scores", "int_customer_custom_features"),
            "customer_segmentation.features.customer_features",
        )
        assert result.returncode == 0, result.stdout
        assert (other.rows(FEATURES) != former) == is_changed


NUMBER = {"name": "keenness", "kind": "number", "words": {"high": "keen"}}


@pytest.mark.parametrize(
    ("features", "sentence"),
    [
        ([{**NUMBER, "name": "age"}], "has the feature age, which there"),
        (
            [{"name": "region", "kind": "category", "categories": {"North": "n"}}],
            "has the name North; expected small letters",
        ),
        ([{**NUMBER, "name": "order"}], "has the name order, which is a word of SQL"),
        ([{**NUMBER, "kind": "text"}], "kind of keenness in var custom_features is"),
        ([{**NUMBER, "name": "zeal"}], "expected also zeal"),
    ],
    ids=[
        *("a_name_of_ours", "capitals", "a_word_of_sql", "unknown_kind"),
        "no_such_column",
    ],
)
def test_features_that_cannot_be_made_stop_with_one_sentence(
    shop_with_scores: Shop, features: list[dict[str, Any]], sentence: str
) -> None:
    # Without a list of features, which would be refused first.
    variables = {"custom_features": features, "segmentation_features": USUAL_FEATURES}
    result = shop_with_scores.run(
        *("run", "--select", "int_customer_custom_features"),
        *("--vars", json.dumps(variables)),
    )
    assert result.returncode != 0
    assert sentence in " ".join(result.stdout.split())
    assert "Traceback" not in result.stdout


def test_features_without_a_relation_stop_with_one_sentence(
    shop: Shop, tmp_path: Path
) -> None:
    result = shop.copy_to(tmp_path / "project").run(
        *("run", "--select", "base_crm__orders"),
        *("--vars", json.dumps({"custom_features": [NUMBER]})),
    )
    assert result.returncode != 0
    assert (
        "var custom_features is set, and var segmentation_custom_features is not"
    ) in " ".join(result.stdout.split())
    assert "Traceback" not in result.stdout
