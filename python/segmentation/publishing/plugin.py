"""What dbt-duckdb loads: SQL functions that publish, and that describe the project.

    publish_tables(publication)   publish, as JSON: `problem`, null or a sentence, and
                                  `summary`, what summary.json says
    rewrite_database(nothing)     write the file anew, as JSON: `problem` as above, and
                                  `bytes` of the file, null where there is none
    project_facts(folder)         `git_commit` of a folder, and `project_version`

`publication` is JSON with the fields of `Publication`, `folder` a JSON string.
"""

import re
import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from segmentation.publishing.publish import Publication, PublishingError, publish
from segmentation.publishing.rewriting import RewritingError, rewrite
from segmentation.sql_functions import register

PROJECT_FILE = Path(__file__).resolve().parents[3] / "dbt_project.yml"


class Plugin(BasePlugin):
    """Gives every connection the functions."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Register the functions on a new connection."""
        register(conn, "publish_tables", publish_tables)
        register(conn, "rewrite_database", rewrite_database)
        register(conn, "project_facts", project_facts)


def publish_tables(
    connection: duckdb.DuckDBPyConnection, asked: Mapping[str, Any]
) -> dict[str, Any]:
    """Publish, or say in a sentence why that cannot be."""
    try:
        return {"problem": None, "summary": publish(connection, Publication(**asked))}
    except PublishingError as error:
        return {"problem": str(error), "summary": None}


def rewrite_database(
    connection: duckdb.DuckDBPyConnection,
    nothing: Any,  # noqa: ARG001
) -> dict[str, Any]:
    """Write the file of the warehouse anew, or say in a sentence why that cannot be."""
    try:
        return {"problem": None, "bytes": rewrite(connection)}
    except RewritingError as error:
        return {"problem": str(error), "bytes": None}


def project_facts(
    connection: duckdb.DuckDBPyConnection,  # noqa: ARG001
    folder: str,
) -> dict[str, str | None]:
    """Say which commit a folder is at and which version this project has."""
    return {
        "git_commit": git_commit(Path(folder)),
        "project_version": project_version(),
    }


def project_version() -> str | None:
    """Say which version of this project runs: that of its files, or of the wheel."""
    if PROJECT_FILE.is_file():
        text = PROJECT_FILE.read_text(encoding="utf-8")
        version = re.search(r'^version:\s*"?([^"\s]+)', text, flags=re.MULTILINE)
        return version.group(1) if version else None
    return metadata.version("customer-segmentation")


def git_commit(folder: Path) -> str | None:
    """Name the commit of a folder, with `-dirty` where a file differs from it.

    None where there is no git, no repository or no commit.
    """
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None
