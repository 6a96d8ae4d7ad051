"""A plugin of dbt, which loads modules of such a name: Python models run on Spark, too.

The adapter of Spark runs them on Databricks only.
"""

from importlib.util import find_spec

from dbt.plugins.manager import dbtPlugin


class PythonOnSpark(dbtPlugin):
    """Where there is a session of Spark the adapter runs Python models in it."""

    def initialize(self) -> None:
        """Change the adapter before dbt makes one; without it or pyspark do nothing."""
        # That of Databricks brings the one of Spark, without Spark.
        if find_spec("dbt.adapters.spark") and find_spec("pyspark"):
            from segmentation.spark import run_python_in_session

            run_python_in_session()


plugins = [PythonOnSpark]
