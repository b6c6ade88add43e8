# Everything from nothing but Python 3.11+ and make: `make demo`, `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# The Node.js handler is tested for real; a machine without Node gets one from PyPI.
comma  := ,
EXTRAS := dev$(if $(shell command -v node 2>/dev/null),,$(comma)node)
READY  := $(VENV)/.ready
NODE_MODULES := tests/node/node_modules
ORACLES := $(NODE_MODULES)/.ready
TESTED := $(READY) $(if $(shell command -v npm 2>/dev/null),$(ORACLES))
# Python compiles a file once, also where the environment wants it compiled by every process anew.
unexport PYTHONDONTWRITEBYTECODE
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Half of a test's time is waiting, for a page or a sandbox: two workers for each core.
WORKERS := $(shell expr 2 \* $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2))
PYTEST := $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal
# Decides which samples `make test` takes.
SEED   ?= 0

.PHONY: help demo test thorough sdks check lint types floors map format reference pictures docs bench clean
.DEFAULT_GOAL := help

help: ## show what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "edgerollout needs Python 3.11 or newer as $(PYTHON); name another: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "this Python makes no virtual environments; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	# What is imported is compiled then; of moto that is a tenth.
	$(PIP) --no-compile --editable '.[$(EXTRAS)]'
	@touch $@

# Other tools' judgement (csp_evaluator, Observatory), compared with ours in tests, and front-ends to tour.
$(ORACLES): tests/node/package-lock.json
	cd tests/node && npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# The large front-ends to tour are the development packages there.
$(ORACLES)-thorough: $(ORACLES)
	cd tests/node && npm install --omit=optional --ignore-scripts --no-save --no-audit --no-fund --loglevel=error
	cd tests/generators && npm install --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@ $(ORACLES)

demo: $(READY) ## show the main job on an embedded AWS, no account needed
	@$(BIN)/edgerollout sandbox demo --install-browser

test: $(TESTED) ## run every test; of long series a sample (SEED=0)
	EDGEROLLOUT_TEST_SEED=$(SEED) $(PYTEST)

thorough: $(TESTED) $(if $(shell command -v npm 2>/dev/null),$(ORACLES)-thorough) ## run every test on every case (SEED=0)
	EDGEROLLOUT_TEST_THOROUGH=1 EDGEROLLOUT_TEST_SEED=$(SEED) $(PYTEST) --hypothesis-seed=$(SEED)

# The oldest SDK that pyproject.toml admits, and the newest there is: the adapter keeps its contract with both.
OLDEST_SDK = $(shell sed -n 's/.*"boto3>=\([0-9.]*\)".*/\1/p' pyproject.toml).0
SDK_TESTS := tests/contract_ports tests/unit/aws tests/local/aws
SDK       := $(PIP) --no-compile --no-deps --upgrade --target

sdks: $(READY) ## run the adapter's contract with the oldest and the newest AWS SDK
	$(SDK) build/sdk-oldest boto3==$(OLDEST_SDK) botocore==$(OLDEST_SDK)
	PYTHONPATH=build/sdk-oldest $(PYTEST) $(SDK_TESTS)
	@if newer=$$($(PIP) --no-deps --upgrade --dry-run --report - boto3 botocore) && echo "$$newer" | grep -q '"install": \[\]'; then \
	  echo "$(VENV) has the newest AWS SDK: make test runs these tests with it, make sdks does not do so again"; \
	else set -x; \
	  $(SDK) build/sdk-newest boto3 botocore && PYTHONPATH=build/sdk-newest $(PYTEST) $(SDK_TESTS); \
	fi

check: lint types floors ## run the linters

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

floors: $(READY)
	$(BIN)/lint-imports

map: ## print every file with its first sentence
	@find edgerollout -name '*.py' | sort | while read file; do \
	  printf '%-55s %s\n' "$$file" "$$(head -1 $$file | tr -d '"')"; done

format: $(READY) ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

reference: $(READY) ## write docs/reference/ from the code
	$(BIN)/python -m make_docs reference

pictures: $(READY) ## draw the pictures of README and docs/ with the program itself (needs a Chromium)
	$(BIN)/python -m make_docs pictures

docs: $(READY) ## build the docs site into build/site; every link is checked
	$(PIP) --editable '.[docs]'
	$(BIN)/python -m make_docs site

bench: $(READY) ## measure what it costs beside doing it by hand (docs/performance.md)
	$(BIN)/python -m bench

clean: ## remove what was made here
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache tests/node/node_modules
