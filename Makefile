# demo · install · run · test · lint · catalogues · bench · bench-text. Each sets up .venv first; the second time that costs nothing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= ../shared/data
CATALOGUES := $(wildcard bot/locale/*/LC_MESSAGES/*.po)

.PHONY: demo install run test lint collected catalogues bench bench-text requirements clean

demo: $(VENV)/ready
	$(BIN)/newsbot demo $(ARGS)

# What `run` and the `newsbot` command need, in .venv.
install: $(VENV)/ready

run: $(VENV)/ready
	$(BIN)/newsbot run $(ARGS)

# ARGS=--runslow adds the tests that are marked slow, as .ci/run does.
test: $(VENV)/ready-bench
	$(MAKE) --no-print-directory -j 2 lint collected
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n 4 --dist worksteal $(ARGS)

# Compiles the sources and the tests once, while the types are checked. Otherwise each process that runs tests would do
# it anew. The environment may forbid to keep what is compiled, so that is allowed here.
collected: $(VENV)/ready-bench
	$(BIN)/python -m compileall -q bot storage bench
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest --collect-only -qq >/dev/null || true  # pytest says below what it cannot read

lint: $(VENV)/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Brings the catalogues up to date with the texts of the code; see docs/translating.md. ARGS="fr de" for some.
catalogues: $(VENV)/ready
	$(BIN)/python -m bot.locale.catalogues $(ARGS)

# See bench/README.md; ARGS="--quick" for a first look.
bench: $(VENV)/ready-dev
	$(BIN)/python -m bench $(ARGS)

# DATA holds the labelled texts; bench/README.md tells their form.
bench-text: $(VENV)/ready-bench
	$(BIN)/python -m bench.text --data $(DATA) $(ARGS)

# What `make run` and `make demo` need. A new catalogue or dependency makes the stamp old.
$(VENV)/ready: requirements.txt pyproject.toml $(CATALOGUES)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "newsbot needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

$(VENV)/ready-bench: $(VENV)/ready-dev requirements-bench.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-bench.txt
	@touch $@

# After a change of dependencies. The lists carry hashes and no index addresses.
requirements: $(VENV)/ready-dev
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-find-links --custom-compile-command "make requirements" pyproject.toml --group build --output-file requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-find-links --custom-compile-command "make requirements" pyproject.toml --group build --group dev --output-file requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-find-links --custom-compile-command "make requirements" pyproject.toml --group build --group dev --group bench --output-file requirements-bench.txt

clean:
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache
