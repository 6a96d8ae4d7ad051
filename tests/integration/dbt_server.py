"""Run dbt again and again as processes of their own, and import it only once.

Importing dbt, and reading what it has parsed, takes longer than many a build. A server
does both once and forks itself for every command; a command is still a process that
ends, with its own folder, environment and output.
"""

import atexit
import functools
import gc
import inspect
import itertools
import json
import marshal
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

# What stands before the first common table expression of a query.
HEAD = re.compile(r"(\s|--[^\n]*\n|/\*.*?\*/)*with\s+(recursive\s+)?", re.DOTALL)

# What commands import, much of it in models that are Python.
LIBRARIES = (
    *("dbt.cli.main", "dbt.adapters.duckdb", "dbt_common.clients.agate_helper"),
    *("pandas", "pyarrow", "scipy.optimize", "scipy.stats", "sklearn.cluster"),
    *("sklearn.metrics", "sklearn.mixture", "sklearn.neural_network", "sklearn.svm"),
)

# The option that names the file of what dbt has parsed.
PARSED_FILE = "--partial-parse-file-path"

# What Jinja has compiled, by the text of the template and what it was compiled for.
COMPILED: dict[tuple[Any, ...], Any] = {}
# What dbt looks for calls of macros in, by the text of the template.
SYNTAX_TREES: dict[str, Any] = {}


class DbtServer:
    """A process that has imported dbt and runs its commands one after the other."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        atexit.register(self.process.kill)

    def run(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        output: Path,
        timeout: float,
    ) -> subprocess.CompletedProcess[str]:
        """Run dbt with `arguments` in a folder and return what it wrote and returned.

        Raises
        ------
        TimeoutExpired
            If it takes longer than `timeout` seconds; the command is then killed.
        """
        request = {
            "arguments": list(arguments),
            "folder": str(folder),
            "environment": dict(environment),
            "outputs": [f"{output}.stdout", f"{output}.stderr"],
            "templates": f"{output}.templates",
        }
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        command = int(self.answer(None))
        try:
            returned = int(self.answer(timeout))
        except TimeoutError:
            os.killpg(command, signal.SIGKILL)
            self.answer(None)
            raise subprocess.TimeoutExpired(list(arguments), timeout) from None
        texts = [Path(name).read_text(encoding="utf-8") for name in request["outputs"]]
        return subprocess.CompletedProcess(list(arguments), returned, *texts)

    def answer(self, timeout: float | None) -> str:
        """Read the server's next line; it writes none before it was asked."""
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], timeout)
        if not ready:
            raise TimeoutError
        return self.process.stdout.readline()


def serve() -> None:
    """Read requests from standard input; answer each by process id and return code."""
    for library in LIBRARIES:
        import_module(library)
    from dbt_common.clients import jinja

    # To look for garbage takes a fifth of the time in which dbt parses, and a command
    # gives all of its memory back when it ends.
    gc.disable()
    parse_by_vars()
    read_parsed_once()
    look_briefly_at_graphs()
    validate_nothing()
    compile_templates_once()
    parse_templates_once()
    leave_out_debug_events()
    write_no_queries()
    gather_macros_at_once()
    match_by_name_first()
    read_only_the_head()
    # It keeps where all modules are, which dbt asks in each command.
    inspect.stack()
    for line in sys.stdin:
        request = json.loads(line)
        templates = Path(request["templates"])
        templates.unlink(missing_ok=True)
        read_parsed(request["arguments"], request["folder"])
        # What is here already no command looks for garbage in when it ends.
        gc.freeze()
        command = os.fork()
        if command == 0:
            run_command(request)
        print(command, flush=True)
        _, status = os.waitpid(command, 0)
        if templates.exists():
            compiled, parsed = marshal.loads(templates.read_bytes())
            COMPILED.update(compiled)
            for source in parsed:
                jinja.parse(source)
        print(os.waitstatus_to_exitcode(status), flush=True)


def parse_by_vars() -> None:
    """Let dbt take what it parsed with other vars, with the meta of the vars as now.

    It would parse everything. But all else reads vars when it runs, apart from those
    that decide which nodes there are: see `Warehouse.parsed_with`.
    """
    from dbt.context.configured import SchemaYamlVars, generate_schema_yml_context
    from dbt.contracts.files import SchemaSourceFile
    from dbt.parser.manifest import ManifestLoader
    from dbt.parser.schema_renderer import SchemaYamlRenderer

    judge = ManifestLoader.is_partial_parsable

    def is_partial_parsable(loader: Any, parsed: Any) -> Any:
        now = loader.manifest.state_check
        if {node.database for node in parsed.nodes.values()} == {
            loader.root_project.credentials.database
        }:
            # Elsewhere, or with other threads, are the same nodes.
            parsed.state_check.profile_hash = now.profile_hash
        expected = now.vars_hash
        if parsed.state_check.vars_hash != expected:
            parsed.state_check.vars_hash = expected
            for file in parsed.files.values():
                if isinstance(file, SchemaSourceFile):
                    name = file.project_name
                    context = generate_schema_yml_context(
                        loader.root_project, name, SchemaYamlVars()
                    )
                    renderer = SchemaYamlRenderer(context, "models")
                    configs = file.unrendered_configs.get("models", {})
                    for model, config in configs.items():
                        node = parsed.nodes.get(f"model.{name}.{model}")
                        if node and "var(" in str(config.get("meta")):
                            meta = renderer.render_data(config["meta"])
                            node.meta = node.config.meta = meta
                            node.unrendered_config["meta"] = meta
                            if parsed.flat_graph:
                                flat = node.to_dict(omit_none=False)
                                parsed.flat_graph["nodes"][node.unique_id] = flat
        return judge(loader, parsed)

    ManifestLoader.is_partial_parsable = is_partial_parsable


def read_parsed_once() -> None:
    """Let commands take what dbt has parsed as the server has read it.

    A command changes what it takes; the next one gets it as it was.
    """
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import ManifestLoader

    # What reads is written when it is first called, over what stands there.
    Manifest.from_msgpack(Manifest().to_msgpack())
    read, build = Manifest.from_msgpack, Manifest.build_flat_graph
    write = ManifestLoader.write_manifest_for_partial_parse

    @functools.lru_cache(maxsize=3)
    def read_once(content: bytes, **options: Any) -> Any:
        manifest = read(content, **options)
        build(manifest)
        return manifest

    def build_once(manifest: Any) -> None:
        if not manifest.flat_graph:
            build(manifest)

    def write_parsed(loader: Any) -> None:
        # Other nodes are parsed now.
        loader.manifest.flat_graph = {}
        write(loader)

    Manifest.from_msgpack = staticmethod(read_once)
    Manifest.build_flat_graph = build_once
    ManifestLoader.write_manifest_for_partial_parse = write_parsed


def read_parsed(arguments: Sequence[str], folder: str) -> None:
    """Read what a command will take."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    path = Path(folder, "target", "partial_parse.msgpack")
    if PARSED_FILE in arguments:
        path = Path(arguments[arguments.index(PARSED_FILE) + 1])
    if path.exists():
        Manifest.from_msgpack(path.read_bytes(), decoder=extended_mashumuro_decoder)


def look_briefly_at_graphs() -> None:
    """Let dbt list a cycle only where there is one, and write no summary of a graph."""
    import networkx
    from dbt.compilation import Linker

    search = Linker.find_cycles

    def find_cycles(linker: Any) -> Any:
        if networkx.is_directed_acyclic_graph(linker.graph):
            return None
        return search(linker)

    Linker.find_cycles = find_cycles
    Linker.get_graph_summary = lambda *_: {}


def compile_templates_once() -> None:
    """Let commands take the templates that Jinja compiled in those before them."""
    from jinja2 import Environment

    compile_template = Environment.compile

    def compile_once(environment: Any, source: Any, *arguments: Any) -> Any:
        if not isinstance(source, str):
            return compile_template(environment, source, *arguments)
        # dbt makes an environment for each template; they differ by class and tags.
        names = (type(environment).__name__, *sorted(environment.extensions))
        key = (*names, source, *arguments)
        if key not in COMPILED:
            COMPILED[key] = compile_template(environment, source, *arguments)
        return COMPILED[key]

    Environment.compile = compile_once


def validate_nothing() -> None:
    """Let dbt take what it reads for valid: tests that run dbt itself have it checked.

    It would make a JSON schema of each class in every command, which takes a fourth of
    the time in which it parses.
    """
    from dbt_common.dataclass_schema import dbtClassMixin

    def validate(kind: type, data: Any) -> None:
        """Find nothing wrong."""

    dbtClassMixin.validate = classmethod(validate)


def parse_templates_once() -> None:
    """Let commands take the syntax trees of the templates in those before them.

    dbt only reads these trees; of what it compiles it makes others.
    """
    from dbt_common.clients.jinja import MacroFuzzEnvironment

    parse_template = MacroFuzzEnvironment.parse

    def parse_once(environment: Any, source: str) -> Any:
        if source not in SYNTAX_TREES:
            SYNTAX_TREES[source] = parse_template(environment, source)
        return SYNTAX_TREES[source]

    MacroFuzzEnvironment.parse = parse_once


def leave_out_debug_events() -> None:
    """Let dbt make no message of an event that is written nowhere: most are such."""
    from dbt_common.events.base_types import EventLevel
    from dbt_common.events.event_manager import EventManager

    fire = EventManager.fire_event

    def fire_event(
        manager: Any, event: Any, level: Any = None, *rest: Any, **more: Any
    ) -> None:
        if (level or event.level_tag()) not in (EventLevel.DEBUG, EventLevel.TEST):
            fire(manager, event, level, *rest, **more)

    EventManager.fire_event = fire_event


def write_no_queries() -> None:
    """Let dbt write no file of what it compiled or ran where it writes no artifacts.

    Two files for each node are a tenth of the time of a small build.
    """
    from dbt.contracts.graph.nodes import ParsedNode

    write = ParsedNode.write_node

    def write_node(node: Any, *place_and_code: Any) -> None:
        if os.environ.get("DBT_WRITE_JSON") != "0":
            write(node, *place_and_code)

    ParsedNode.write_node = write_node


def gather_macros_at_once() -> None:
    """Let dbt put all macros into a context together.

    It makes a thousand for every context, several for a node, and looks each of them up
    again: a fourth of what it does in Python in a build.
    """
    from dbt.clients.jinja import MacroGenerator
    from dbt.context.configured import ConfiguredContext
    from dbt.context.macro_resolver import TestMacroNamespace
    from dbt.context.macros import MacroNamespaceBuilder
    from dbt.context.manifest import ManifestContext

    def add_macros(builder: Any, macros: Iterable[Any], context: Any) -> None:
        """Add the macros of one package."""
        shared = {"context": context, "node": builder.node, "stack": builder.thread_ctx}
        functions: dict[str, Any] = {}
        package = ""
        for macro in macros:
            package = macro.package_name
            function = functions[macro.name] = MacroGenerator.__new__(MacroGenerator)
            function.__dict__.update(shared, macro=macro)
        if package in builder.internal_package_names:
            builder.internal_packages[package] = functions
        elif functions:
            builder.packages[package] = functions
            if package == builder.search_package:
                builder.locals.update(functions)
            elif package == builder.root_package:
                builder.globals.update(functions)

    as_dict = ManifestContext.to_dict

    def to_dict(context: Any) -> Any:
        if isinstance(context.namespace, TestMacroNamespace):
            return as_dict(context)
        names = ConfiguredContext.to_dict(context)
        # The first in which a name is searched has it.
        for namespace in reversed(list(context.namespace._search_order())):
            names.update(namespace)
        return names

    MacroNamespaceBuilder.add_macros = add_macros
    ManifestContext.to_dict = to_dict


def match_by_name_first() -> None:
    """Let dbt compare only relations of a name with the one that it looks for."""
    from dbt.adapters.base.impl import BaseAdapter

    match = BaseAdapter._make_match

    def make_match(
        adapter: Any, relations: Iterable[Any], database: str, schema: str, name: str
    ) -> Any:
        of_name = [
            relation
            for relation in relations
            if (relation.identifier or "").lower() == name.lower()
        ]
        return match(adapter, of_name, database, schema, name)

    BaseAdapter._make_match = make_match


def read_only_the_head() -> None:
    """Let dbt look for the place of what it inserts at the head of a query alone.

    It would parse all of it; for a unit test that takes longer than the test.
    """
    from dbt import compilation

    insert = compilation.inject_ctes_into_sql

    def insert_at_head(query: str, expressions: Sequence[Any]) -> str:
        head = HEAD.match(query)
        if head is None:
            return insert(query, expressions)
        # A name must follow: the one that does, whatever it is called.
        return insert(head.group() + "x", expressions)[:-1] + query[head.end() :]

    compilation.inject_ctes_into_sql = insert_at_head


def look_first_in(folders: Iterable[str]) -> None:
    """Import what folders have from there, also where another is imported already."""
    sys.path[:0] = folders = list(folders)
    names = {path.stem for folder in folders for path in Path(folder).glob("*")}
    for module in list(sys.modules):
        if module.split(".")[0] in names:
            del sys.modules[module]


def run_command(request: Mapping[str, Any]) -> NoReturn:
    """Become the command that a request asks for."""
    from dbt.cli.main import cli

    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for descriptor, name in enumerate(request["outputs"], start=1):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    look_first_in(filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)))
    known = len(COMPILED), len(SYNTAX_TREES)
    status: Any = 0
    try:
        cli(request["arguments"])
    except SystemExit as ended:
        status = ended.code
    finally:
        compiled = dict(itertools.islice(COMPILED.items(), known[0], None))
        parsed = list(itertools.islice(SYNTAX_TREES, known[1], None))
        Path(request["templates"]).write_bytes(marshal.dumps((compiled, parsed)))
    # Like any process it closes its database at its end, and takes nothing else apart.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(status or 0))


if __name__ == "__main__":
    serve()
