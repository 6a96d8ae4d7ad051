"""The plugin of dbt by which Python models run on Spark."""

import sys
from importlib.machinery import ModuleSpec

import pytest

import dbt_segmentation


def test_an_adapter_that_comes_without_spark_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """dbt-databricks brings the adapter of Spark, and no pyspark."""

    def find_spec(name: str) -> ModuleSpec | None:
        return None if name == "pyspark" else ModuleSpec(name, None)

    monkeypatch.setattr(dbt_segmentation, "find_spec", find_spec)
    monkeypatch.setitem(sys.modules, "segmentation.spark", None)
    dbt_segmentation.PythonOnSpark("customer_segmentation").initialize()
