"""Write what a dbt project needs to get segments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PACKAGE = "customer_segmentation"
PROJECT_FILE, PACKAGES_FILE, PROFILES_FILE = (
    "dbt_project.yml",
    "packages.yml",
    "profiles.yml",
)
NEW_PROJECT = """\
name: {name}
version: "1.0.0"
config-version: 2
profile: {name}

flags:
  send_anonymous_usage_stats: false
"""
PROFILE = """\
{name}:
  target: duckdb
  outputs:
    duckdb:
      type: duckdb
      path: warehouse.duckdb
      threads: 2
      plugins:
        # SQL functions that find out how raw files are read.
        - {{module: segmentation.reading.plugin, alias: reading}}
        # The key of salted hashes, as variables that no SQL holds.
        - {{module: segmentation.hashing.plugin, alias: hashing}}
        # What publishes a whole green build, with SEGMENTATION_PUBLISH=1.
        - {{module: segmentation.publishing.plugin, alias: publishing}}
      config_options: {{storage_compatibility_version: v1.4.0}}
      settings: {{TimeZone: UTC, preserve_insertion_order: false}}
"""


class ProjectError(Exception):
    """The files of a project cannot be written; the text is one sentence."""


@dataclass(frozen=True)
class Package:
    """Where the dbt package is: a folder, or the address of a git repository."""

    place: str
    version: str

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of this machine."""
        return "://" not in self.place and not self.place.startswith("git@")

    @property
    def entry(self) -> dict[str, str]:
        """The entry of packages.yml."""
        if self.is_folder:
            return {"local": self.place}
        return {"git": self.place, "revision": self.version}


def check_package(package: Package) -> None:
    """Raise ProjectError where a folder is not that of the package."""
    file = Path(package.place) / PROJECT_FILE
    if package.is_folder and name_of_project(file) != PACKAGE:
        raise ProjectError(
            f"{package.place} is not the dbt package {PACKAGE}; expected a clone of "
            "it, or the address of its git repository."
        )


def name_of_project(file: Path) -> str | None:
    """Read the name of a dbt project; None where there is none."""
    if not file.is_file():
        return None
    return str(_mapping(file).get("name"))


def package_in(folder: Path) -> dict[str, str] | None:
    """Find the entry of packages.yml that is this package, where there is one."""
    file = folder / PACKAGES_FILE
    entries = _mapping(file).get("packages") if file.is_file() else None
    for entry in entries or []:
        place = folder / str(entry.get("local", ""))
        if (
            name_of_project(place / PROJECT_FILE) == PACKAGE
            if "local" in entry
            else "customer-segmentation" in str(entry.get("git"))
        ):
            return dict(entry)
    return None


def files_to_write(
    folder: Path, variables: Mapping[str, Any], package: Mapping[str, str] | None
) -> dict[str, str]:
    """Say what is written to which file of a project, new or not.

    Parameters
    ----------
    folder
        The folder of the project.
    variables
        The vars of the package.
    package
        The entry of packages.yml; None where it has one.

    Raises
    ------
    ProjectError
        If the project has vars of the package.
    """
    project = folder / PROJECT_FILE
    name = re.sub("[^a-z0-9_]", "_", folder.resolve().name.lower()) or "segments"
    name = f"project_{name}" if not name[0].isalpha() else name
    if name == PACKAGE:
        name = "my_segments"
    files = {}
    text = NEW_PROJECT.format(name=name)
    if project.is_file():
        text = project.read_text(encoding="utf-8")
    elif not (folder / PROFILES_FILE).is_file():
        files[PROFILES_FILE] = PROFILE.format(name=name)
    files[PROJECT_FILE] = with_variables(text, variables)
    if package is not None:
        packages = folder / PACKAGES_FILE
        former = packages.read_text(encoding="utf-8") if packages.is_file() else ""
        files[PACKAGES_FILE] = with_package(former, package)
    return files


def with_variables(text: str, variables: Mapping[str, Any]) -> str:
    """Add the vars of the package to the text of dbt_project.yml.

    All that stands there stays as it is, comments too.

    Raises
    ------
    ProjectError
        If it has such vars, or has vars where none can be added.
    """
    former = (yaml.safe_load(text) or {}).get("vars")
    others = re.search(r"^vars:.*\n(?:\s*#.*\n|\s*\n)*( +)", text, flags=re.MULTILINE)
    added = _block({PACKAGE: dict(variables)}, len(others[1]) if others else 2)
    if former is None and not re.search("^vars:", text, flags=re.MULTILINE):
        return f"{text.rstrip()}\n\nvars:\n{added}"
    if isinstance(former, dict) and PACKAGE in former:
        raise ProjectError(
            f"{PROJECT_FILE} has vars of {PACKAGE}; expected none, or what they are to "
            "be changed by hand to:\n" + added.rstrip()
        )
    lines = text.splitlines(keepends=True)
    places = [n for n, line in enumerate(lines) if re.match("vars: *(#.*)?$", line)]
    if len(places) != 1:
        raise ProjectError(
            f"{PROJECT_FILE} has its vars on one line; expected one line each, with "
            "these added:\n" + added.rstrip()
        )
    return "".join([*lines[: places[0] + 1], added, *lines[places[0] + 1 :]])


def with_package(text: str, package: Mapping[str, str]) -> str:
    """Add the package to the text of packages.yml."""
    entry = _block([dict(package)], 2)
    return (
        f"{text.rstrip()}\n{entry}" if (text or "").strip() else f"packages:\n{entry}"
    )


def _block(value: Any, indent: int) -> str:
    lines = yaml.safe_dump(value, sort_keys=False, width=1000, allow_unicode=True)
    return "".join(f"{' ' * indent}{line}\n" for line in lines.splitlines())


def _mapping(file: Path) -> dict[str, Any]:
    loaded = yaml.safe_load(file.read_text(encoding="utf-8"))
    return loaded if isinstance(loaded, dict) else {}
