# 学时账. Two commands are enough: `make run` and `make test`. Both need Python 3.11, git and make, and nothing else.
# Versions and hashes stand in requirements.lock (running), requirements-dev.lock (everything) and requirements-spark.lock
# (a replay on many machines: half a gigabyte that only its torture and its benchmark want); `make lock` writes them.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
SPARK  := .venv-spark
PIP    := $(BIN)/python -m pip --disable-pip-version-check -qq --no-input

# The packages with types and rules of their own; tests are held to ruff alone.
PACKAGES := ledger policies projections api

# Three workers on two cores, since a fifth of the time of two was waiting for processes, servers and disks. A test file
# stays on one worker, so that its fixtures are built once. The longest come first.
WORKERS ?= 3

# Tests start some thousand processes: what is compiled once is kept, also where the machine's settings are against it.
unexport PYTHONDONTWRITEBYTECODE

# The same order of sets and dicts of str on every run: a failure found once is found again.
export PYTHONHASHSEED := 0

.DEFAULT_GOAL := help
.PHONY: help run install test torture bench lint lock clean

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.installed-run  ## install if needed, start the service on ./data with sample people, say where to go
	@exec $(BIN)/xueshi serve --sample

install: $(VENV)/.installed-run  ## install what a service needs and start nothing; with EXTRAS="pdf witness" those too
	@test -z "$(EXTRAS)" || { $(BIN)/python -c "$$NAMES_OF_EXTRAS" $(EXTRAS) > $(VENV)/extras.txt && \
	    echo "Installing $(EXTRAS), each file checked against its hash ..." && \
	    $(PIP) install --require-hashes --constraint requirements-dev.lock --constraint requirements-spark.lock \
	        --requirement $(VENV)/extras.txt; }
	@$(BIN)/xueshi --version

test: $(VENV)/.installed-dev  ## every test but the exhaustive ones, at most 10 minutes; ends in a line of counts
	@sh tests/setup-system.sh
	$(BIN)/python -m tests.compiled & $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

torture: $(VENV)/.installed-dev  ## the exhaustive tests; writes tests/torture-results.md
	@ALSO=java:default-jre-headless sh tests/setup-system.sh
	@$(MAKE) --no-print-directory $(SPARK)/.installed || echo "Spark could not be installed: what needs it will be skipped."
	$(BIN)/python -m tests.torture

bench: $(VENV)/.installed-dev  ## the benchmarks; writes tests/bench/results.md
	@ALSO=java:default-jre-headless sh tests/setup-system.sh
	@$(MAKE) --no-print-directory $(SPARK)/.installed || echo "Spark could not be installed: what needs it will be left out."
	$(BIN)/python -m tests.bench --write

lint: $(VENV)/.installed-dev  ## ruff, and mypy --strict on the four packages
	$(BIN)/ruff check $(PACKAGES) tests
	$(BIN)/mypy --strict $(addprefix --package ,$(PACKAGES))

# No URL, host name or path may stand in a lock file: it is the same file on every machine.
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
           --no-emit-index-url --no-emit-find-links --no-header pyproject.toml

EVERYTHING := $(addprefix --extra ,postgres pdf fast columns witness telemetry build dev bench)

lock: $(VENV)/.installed-dev  ## resolve pyproject.toml anew into the lock files
	$(BIN)/$(COMPILE) --upgrade --extra build --extra postgres --output-file requirements.lock
	$(BIN)/$(COMPILE) --upgrade $(EVERYTHING) --constraint requirements.lock --output-file requirements-dev.lock
	$(BIN)/$(COMPILE) --upgrade --extra spark --constraint requirements-dev.lock --output-file requirements-spark.lock

# Names alone: versions and hashes are those of requirements-dev.lock, and of requirements-spark.lock where it knows more.
define NAMES_OF_EXTRAS
import re, sys, tomllib
extras = tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]
if unknown := set(sys.argv[1:]) - set(extras):
    sys.exit("没有这样的组件：" + "、".join(sorted(unknown)) + "。可选：pdf witness telemetry columns fast spark。")
print(*(re.match(r"[\w-]+(\[[\w,]+\])?", one)[0] for name in sys.argv[1:] for one in extras[name]), sep="\n")
endef
export NAMES_OF_EXTRAS

clean:  ## remove the virtual environment and what tools leave behind; never ./data
	rm -rf $(VENV) $(SPARK) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Both stamps may stand in one environment: the second lock holds every pin of the first (a test compares them).
$(VENV)/.installed-run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what requirements.lock names, each file checked against its hash ..."
	@$(PIP) install --require-hashes --no-deps --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing what requirements-dev.lock names, each file checked against its hash ..."
	@$(PIP) install --require-hashes --no-deps --requirement requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.installed-run

# An environment of its own, which sees all of the other and adds what Spark wants: the pins of both locks are the same.
$(SPARK)/.installed: requirements-spark.lock | $(VENV)/.installed-dev
	@echo "Installing what requirements-spark.lock adds, each file checked against its hash ..."
	@$(BIN)/python -m venv $(SPARK)
	@$(BIN)/python -c 'import os, site; print(os.getcwd(), *site.getsitepackages(), sep="\n")' \
	    > "$$($(SPARK)/bin/python -c 'import site; print(site.getsitepackages()[0])')/everything.pth"
	@$(SPARK)/bin/python -m pip --disable-pip-version-check -qq --no-input install --require-hashes --no-deps \
	    --requirement requirements-spark.lock
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "没有找到 Python。请先安装 Python 3.11 或更新的版本。" >&2; exit 3; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "$(PYTHON) 版本过低，需要 Python 3.11 或更新的版本（可用 make PYTHON=路径 指定）。" >&2; exit 3; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	    { echo "$(PYTHON) 缺少 ensurepip，无法建立虚拟环境。请先执行：" >&2; \
	      echo "  sudo apt-get install -y $$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" >&2; exit 3; }
	@$(PYTHON) -m venv $(VENV)
