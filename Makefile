# `make` alone lists the targets. Needed on the machine: make and Python 3.11 or newer.
# Every target works on another data folder too: NORTH_STAR_DATA=/some/folder make run

.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
SPARK_BIN := .venv-spark/bin
DIALECTS_BIN := .venv-dialects/bin
SUPERSET_BIN := .venv-superset/bin
# What runs build on decides which environment they need; NORTH_STAR_TARGET is prod (DuckDB) without it.
RUN_VENV := $(if $(filter spark,$(NORTH_STAR_TARGET)),.venv-spark,.venv)
NORTH_STAR_DATA ?= data

# The first Python on PATH that is new enough; PYTHON=/path/to/python3 names another.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$python && break; done)

# uv from PATH, else in the project's own environment.
UV := $(shell command -v uv 2>/dev/null)
ifeq ($(UV),)
UV := $(BIN)/uv
LOCAL_UV := $(BIN)/uv
endif
# Byte code now, once: containers often forbid Python to write it, and each start would compile again.
UV_INSTALL := $(UV) pip install --quiet --require-hashes --compile-bytecode --python
UV_COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock" $(UPGRADE)

.PHONY: help install install-dev install-spark install-dialects install-semantic install-production run build backfill code-location daemon webserver mf docs serve-postgres superset-check land withdraw compact forget formats show digest publications rollback dev sample lists bench bench-engines spark-up spark-down test test-services test-spark test-dialects contract lint format lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/.installed ## Make .venv and install what a run needs (nothing to do when it is there)

install-dev: .venv/.installed-dev ## The same with what tests and linting need

install-spark: .venv-spark/.installed ## Make .venv-spark, with all of that and Spark (1.1 GB; Java 17 is needed to run it)

install-dialects: .venv-dialects/.installed ## Make .venv-dialects, with dbt's adapters for warehouses in the cloud (0.8 GB)

install-semantic: .venv/.installed-semantic ## Add what make mf and make docs need

run: $(RUN_VENV)/.installed ## Land new files, build and test the models, publish, show the latest final week
	@$(RUN_VENV)/bin/python -m orchestration run

WEEKS ?=
FULL ?=
build: $(RUN_VENV)/.installed ## The same, even if nothing is new: make build [WEEKS=2026-10-05..2026-11-02] [FULL=yes] computes them again
	@$(RUN_VENV)/bin/python -m orchestration build --weeks "$(WEEKS)" $(if $(filter-out no,$(FULL)),--full)

backfill: $(RUN_VENV)/.installed ## Compute weeks again from raw/ and publish, in one run: make backfill WEEKS=2026-10-05..2026-11-02
	@test -n "$(WEEKS)" || { echo 'Name weeks: make backfill WEEKS=2026-10-05..2026-11-02' >&2; exit 2; }
	@$(RUN_VENV)/bin/python -m orchestration backfill "$(WEEKS)"

land: install ## Land new files only; then dbt build works on its own
	@$(BIN)/python -m orchestration land

FILE ?=
withdraw: install ## Take files out of raw/ again: make withdraw FILE=api_gateway/api_requests/bad.jsonl (or FILE='crm/*')
	@set -f; $(BIN)/python -m orchestration withdraw $(FILE)

compact: install ## Merge small batches of raw/, remove rows past raw_retention_days
	@$(BIN)/python -m orchestration compact

DEVELOPER ?=
forget: install ## Put pseudonyms in place of a person, everywhere: make forget DEVELOPER=dev_42 (or < people.txt, one a line)
	@$(BIN)/python -m orchestration forget $(if $(DEVELOPER),-- "$$DEVELOPER")

formats: install ## Compare the examples in formats/ with their expected rows (WRITE=name: write them)
	@$(BIN)/python -m orchestration formats $(if $(WRITE),--write $(WRITE))

show: install ## Show the latest final week of what is published
	@$(BIN)/python -m orchestration show

digest: install ## Print the weekly digest of what is published (sends nothing)
	@$(BIN)/python -m orchestration digest

serve-postgres: .venv/.installed-postgres ## Copy what is published into the PostgreSQL that NORTH_STAR_POSTGRES names
	@$(BIN)/python -m orchestration serve-postgres

superset-check: .venv-superset/.installed ## Try what is published, and the dashboard in dashboards/, in a real Superset (WITH="--screenshots DIR")
	@$(SUPERSET_BIN)/python -m tools.superset_check $(WITH)

publications: $(RUN_VENV)/.installed ## List the published versions that are kept, and look whether they are whole
	@$(RUN_VENV)/bin/python -m orchestration publications

TO ?=
rollback: $(RUN_VENV)/.installed ## Let readers see an earlier published version again: make rollback [TO=run id]
	@$(RUN_VENV)/bin/python -m orchestration rollback $(TO)

mf: .venv/.installed-semantic ## Ask what is published for metrics: make mf QUERY="--metrics weekly_active_tokens --group-by metric_time" ("--list")
	@$(BIN)/python -m tools.mf $(QUERY)

docs: .venv/.installed-semantic ## Write the catalogue of what is published, and dbt's own page: docs/ in the data folder
	@$(BIN)/python -m tools.catalogue

dev: $(RUN_VENV)/.installed ## Dagster's web page on http://127.0.0.1:3000, with its daemon and schedules
	@$(RUN_VENV)/bin/python -m orchestration dev

install-production: .venv/.installed-production ## Add what PostgreSQL as Dagster's storage needs

code-location daemon webserver: $(RUN_VENV)/.installed ## One of the three services of production: docs/operations.md (WITH="--port 3000")
	@exec $(RUN_VENV)/bin/python -m orchestration $@ $(WITH)

DEVELOPERS ?= 1500
SEED ?= 1
sample: install ## Simulate a program's files: make sample DIR=/some/folder [DEVELOPERS=1500] [SEED=1]
	@test -n "$(DIR)" || { echo 'Name a new folder: make sample DIR=/some/folder/landing' >&2; exit 2; }
	@$(BIN)/python -m orchestration sample "$(DIR)" --developers $(DEVELOPERS) --seed $(SEED)

lists: install-dev ## Write the list of free-mail and disposable domains anew, from the pinned public lists
	@$(BIN)/python -m tools.mail_domains

spark-up: install-spark ## Start Spark on this machine: a master, two workers, a Thrift server (WITH="--port ...")
	@$(SPARK_BIN)/python -m tools.spark_cluster up $(WITH)

spark-down: install-spark ## Stop it; its tables stay
	@$(SPARK_BIN)/python -m tools.spark_cluster down

# The longest files first, so that both workers end at about the same time.
LONGEST_TESTS := tests/worlds tests/properties tests/orchestration tests/landing
OTHER_TESTS := $(filter-out $(LONGEST_TESTS) tests/dbt tests/toy_project tests/__pycache__, \
	$(patsubst %/,%,$(wildcard tests/*/)))

test: install-dev ## Run every test that needs no server
	$(BIN)/pytest -m "not services and not spark and not dialects" -n 2 --dist loadfile --no-loadscope-reorder $(LONGEST_TESTS) $(OTHER_TESTS)

# The daemon's test mostly waits: early, beside others.
test-services: install-dev ## Run the tests that start servers and daemons
	$(BIN)/pytest -m services -n 2 --dist loadfile --no-loadscope-reorder tests/services $(filter-out tests/services, $(LONGEST_TESTS) $(OTHER_TESTS))

test-spark: install-spark ## Run the models and their tests on a Spark cluster (Java 17)
	$(SPARK_BIN)/pytest -m spark -n 2 --dist loadfile --durations=0 tests/spark

test-dialects: install-dialects ## Compile the models for warehouses in the cloud, without one
	$(DIALECTS_BIN)/pytest -m dialects tests/dialects

BENCH ?=
bench: install ## Compare landing with DuckDB merely reading the same files (BENCH="--rows 500000", "--help")
	@$(BIN)/python -m bench $(BENCH)

bench-engines: install-spark ## Build the models on DuckDB and on Spark over 1 M and 10 M requests (BENCH="--sizes 1000000")
	@$(SPARK_BIN)/python -m bench --only engines $(BENCH)

contract: install ## Write docs/contract/<version>.csv: the published columns that a release promises
	@$(BIN)/python -m tools.contract

lint: install-dev ## Check Python with ruff and SQL with sqlfluff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@mkdir -p -m 700 "$(NORTH_STAR_DATA)/dev"
	$(BIN)/sqlfluff lint --disable-progress-bar models tests/dbt/singular

format: install-dev ## Put Python and SQL into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	@mkdir -p -m 700 "$(NORTH_STAR_DATA)/dev"
	$(BIN)/sqlfluff fix --disable-progress-bar models tests/dbt/singular

lock: $(LOCAL_UV) ## Pin versions and hashes after a change in pyproject.toml (UPGRADE=--upgrade: newest)
	$(UV_COMPILE) pyproject.toml -o requirements/lock.txt
	$(UV_COMPILE) pyproject.toml --extra semantic --extra postgres --extra production \
		--group dev --group clients --group statistics -o requirements/dev.txt
	$(UV_COMPILE) pyproject.toml --extra spark --group dev --group spark-cluster \
		-c requirements/dev.txt -o requirements/spark.txt
	$(UV_COMPILE) pyproject.toml --extra semantic -c requirements/dev.txt -o requirements/semantic.txt
	$(UV_COMPILE) pyproject.toml --extra postgres -c requirements/dev.txt -o requirements/postgres.txt
	$(UV_COMPILE) pyproject.toml --extra production -c requirements/dev.txt -o requirements/production.txt
	$(UV_COMPILE) --group dialects -o requirements/dialects.txt
	$(UV_COMPILE) --group superset -o requirements/superset.txt
	echo uv | $(UV_COMPILE) - -o requirements/uv.txt

clean: ## Remove caches and databases that are built again; never landing, raw or publications
	rm -rf target logs .pytest_cache .ruff_cache "$(NORTH_STAR_DATA)/dbt"
	cd "$(NORTH_STAR_DATA)" 2>/dev/null && rm -f warehouse.duckdb* dev/*.duckdb* || true

.venv/.installed: requirements/lock.txt | $(BIN)/python $(LOCAL_UV)
	$(UV_INSTALL) $(BIN)/python -r requirements/lock.txt
	@touch $@

.venv/.installed-dev: requirements/dev.txt | $(BIN)/python $(LOCAL_UV)
	$(UV_INSTALL) $(BIN)/python -r requirements/dev.txt
	@touch $@ .venv/.installed

.venv-spark/.installed: requirements/spark.txt | $(BIN)/python $(LOCAL_UV)
	@test -e $(SPARK_BIN)/python || $(UV) venv --quiet --no-python-downloads --python $(BIN)/python .venv-spark
	$(UV_INSTALL) $(SPARK_BIN)/python -r requirements/spark.txt
	@touch $@

.venv/.installed-postgres: requirements/postgres.txt | $(BIN)/python $(LOCAL_UV)
	$(UV_INSTALL) $(BIN)/python -r requirements/postgres.txt
	@touch $@ .venv/.installed

.venv/.installed-production: requirements/production.txt | $(BIN)/python $(LOCAL_UV)
	$(UV_INSTALL) $(BIN)/python -r requirements/production.txt
	@touch $@ .venv/.installed

.venv-superset/.installed: requirements/superset.txt | $(BIN)/python $(LOCAL_UV)
	@test -e $(SUPERSET_BIN)/python || $(UV) venv --quiet --no-python-downloads --python $(BIN)/python .venv-superset
	$(UV_INSTALL) $(SUPERSET_BIN)/python -r requirements/superset.txt
	@touch $@

.venv/.installed-semantic: requirements/semantic.txt | $(BIN)/python $(LOCAL_UV)
	$(UV_INSTALL) $(BIN)/python -r requirements/semantic.txt
	@touch $@ .venv/.installed

.venv-dialects/.installed: requirements/dialects.txt | $(BIN)/python $(LOCAL_UV)
	@test -e $(DIALECTS_BIN)/python || $(UV) venv --quiet --no-python-downloads --python $(BIN)/python .venv-dialects
	$(UV_INSTALL) $(DIALECTS_BIN)/python -r requirements/dialects.txt
	@touch $@

# Debian's Python comes without the module that puts pip into an environment; its own pip can do that too.
$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed, and none was found on PATH.' >&2; exit 1; }
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { echo '$(PYTHON) is older than Python 3.11.' >&2; exit 1; }
ifeq ($(LOCAL_UV),)
	$(UV) venv --quiet --no-python-downloads --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
else
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 || { rm -rf .venv; \
		$(PYTHON) -m pip --version >/dev/null 2>&1 && $(PYTHON) -m venv --without-pip .venv; } || { \
		echo '$(PYTHON) can make no environment: install uv, or python3-venv on Debian.' >&2; exit 1; }
endif

.venv/bin/uv: requirements/uv.txt | $(BIN)/python
	@pip="$(BIN)/python -m pip"; test -e $(BIN)/pip || pip="$(PYTHON) -m pip --python $(BIN)/python"; \
		$$pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@
