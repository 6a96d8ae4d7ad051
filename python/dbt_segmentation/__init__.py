"""A plugin of dbt, which loads modules of such a name: Python models run on Spark, too.

The adapter of Spark runs them on Databricks only.
"""

from importlib.util import find_spec

from dbt.plugins.manager import dbtPlugin


class PythonOnSpark(dbtPlugin):
    """Where the adapter is installed it runs Python models in its own session."""

    def initialize(self) -> None:
        """Change the adapter before dbt makes one; without it do nothing."""
        if find_spec("dbt.adapters.spark") is not None:
            from segmentation.spark import run_python_in_session

            run_python_in_session()


plugins = [PythonOnSpark]
