"""What dbt parses again for other vars is what it would parse from nothing."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dbt_server
import pytest
from conftest import ARTIFACTS, Warehouse
from dbt import compilation
from dbt.clients.jinja import MacroStack
from dbt.context.configured import ConfiguredContext
from dbt.context.macros import MacroNamespaceBuilder
from dbt.context.manifest import ManifestContext
from dbt.contracts.graph.nodes import InjectedCTE

# Of each kind of use one: given to a Python model, read in SQL, read by a data test.
OTHER_VARIABLES = {
    "n_segments": 5,
    "random_state": 3,
    "segmentation_method": "gaussian_mixture",
    "as_of_date": "2024-01-31",
    "time_zone": "Europe/Berlin",
    "minimum_cell_size": 9,
    "campaign_budget": 77,
}

# Its meta has the values of vars.
REGISTRY = "model.customer_segmentation.segmentation_registry"
# When and where a node was parsed.
NOT_COMPARED = ("created_at", "root_path")


def parsed_nodes(
    warehouse: Warehouse, variables: dict[str, Any], threads: int = 2
) -> dict[str, Any]:
    """What dbt knows of each node and decides how it is built."""
    environment = {**ARTIFACTS, "SEGMENTATION_THREADS": str(threads)}
    result = warehouse.run_dbt(["parse"], variables, environment)
    assert result.returncode == 0, result.stdout[-2000:]
    path = warehouse.folder / "target" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for node in manifest["nodes"].values():
        # In the order of their first calls, which other vars may change.
        node["depends_on"].get("macros", []).sort()
    return {
        name: {key: value for key, value in node.items() if key not in NOT_COMPARED}
        for kind in ("nodes", "sources", "unit_tests")
        for name, node in manifest[kind].items()
        # Parsed from nothing, dbt lists also the data tests of models that are off.
        if "complete_journey" not in name
    }


def test_nodes_parsed_again_are_as_if_parsed_from_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = Warehouse(tmp_path)
    usual = parsed_nodes(warehouse, {})
    again = parsed_nodes(warehouse, OTHER_VARIABLES)
    call = "{{ tojson(graph.nodes['" + REGISTRY + "'].config.meta) }}"
    shown = warehouse.run_dbt(
        ["--quiet", "compile", "--inline", call], OTHER_VARIABLES
    ).stdout
    assert json.loads(shown) == again[REGISTRY]["config"]["meta"]
    (tmp_path / "nothing").mkdir()
    monkeypatch.setattr(Warehouse, "parsed", tmp_path / "nothing")
    # Nor do the threads of the profile decide what a node is.
    assert again == parsed_nodes(warehouse, OTHER_VARIABLES, threads=4)
    assert again != usual


@pytest.mark.parametrize(
    "query",
    [
        "with a as (select 1 as x) select x from a",
        "\n-- The first.\n/* with */\n  with\n\na as (select 1 as x) select x from a",
        "with recursive a as (select 1 as x) select x from a",
        "select x from (with a as (select 1 as x) select x from a)",
    ],
)
def test_expressions_are_inserted_where_dbt_inserts_them(
    query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [InjectedCTE(id=name, sql=f"{name} as (select 2)") for name in ("b", "c")]
    insert = compilation.inject_ctes_into_sql
    monkeypatch.setattr(compilation, "inject_ctes_into_sql", insert)
    dbt_server.read_only_the_head()
    assert compilation.inject_ctes_into_sql(query, given) == insert(query, given)


@pytest.mark.parametrize("of_node", ["root", "host"])
def test_macros_are_those_that_dbt_gathers(
    of_node: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several with a name the one of the package where dbt looks first."""
    packages = {
        package: {
            name: SimpleNamespace(name=name, package_name=package) for name in names
        }
        for package, names in {
            "root": "abc",
            "host": "bd",
            "other": "ae",
            "dbt": "afg",
            "dbt_duckdb": "gh",
        }.items()
    }

    def gathered() -> dict[str, Any]:
        stack = MacroStack()
        context = ManifestContext.__new__(ManifestContext)
        context._ctx = {}
        builder = MacroNamespaceBuilder(
            "root", of_node, stack, ["dbt_duckdb", "dbt"], "node"
        )
        context.namespace = builder.build_namespace(packages, context._ctx)
        names = context.to_dict()
        found = {
            name: names[name] for name in [*"abcdefgh", *packages] if name in names
        }
        for name in "abcdefgh":
            if name in found:
                function = found[name]
                assert function.context is context._ctx
                assert (function.node, function.stack) == ("node", stack)
                found[name] = function.macro
        return {
            name: {key: function.macro for key, function in value.items()}
            if isinstance(value, dict)
            else value
            for name, value in found.items()
        }

    monkeypatch.setattr(ConfiguredContext, "to_dict", lambda context: context._ctx)
    for owner, name in (
        (MacroNamespaceBuilder, "add_macros"),
        (ManifestContext, "to_dict"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    usual = gathered()
    dbt_server.gather_macros_at_once()
    assert gathered() == usual
    assert usual["b"].package_name == of_node
