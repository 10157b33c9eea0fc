# Each target installs what it needs: Python 3.11 to 3.13 and the package registries are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Another Python is another environment.
STAMP := $(VENV)/.installed-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
RUN ?=
BENCH ?=
QUICK ?=
FAULTS ?=
MINUTES ?= 1
SEED ?=
TESTS ?= tests
WORKERS ?= 3

.PHONY: help portal run demo test exhaustive bench faults soak numbers cuts check audit format clean

help:
	@echo "make demo        the main job, from nothing, in a terminal"
	@echo "make run         the app and its storage on this machine, until Ctrl-C"
	@echo "make portal      the page in a browser, where its source changed; run, demo and test do it first"
	@echo "make test        every test  (TESTS=tests/rules for some)"
	@echo "make exhaustive  the same tests, none of them a sample: an hour"
	@echo "make bench       ratios, side by side  (QUICK=1 in three minutes; BENCH='backup --scale 0.1')"
	@echo "make faults      every crash point  (FAULTS='-k restore')"
	@echo "make soak        random actions, hosts that are killed, storage on bad days (MINUTES=10 SEED=7)"
	@echo "make numbers     10,000 control numbers, one a request, through two hosts: none twice"
	@echo "make cuts        50 backups while writers change everything: each is one revision"
	@echo "make check       lint, types (the page's too), security, Bicep, KQL, known vulnerabilities"
	@echo "make audit       known vulnerabilities of what requirements.lock names; asks their database"
	@echo "make format      lay the code out"
	@echo "make clean       remove the environment, and all data of make run"

# The worker runtime declares Python 3.13 and runs on 3.11 and 3.12 unchanged.
$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || \
	  { echo "Interkeep needs Python 3.11, 3.12 or 3.13; $(PYTHON) is none of them. Choose one: make PYTHON=python3.13 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$(PYTHON) cannot make a virtual environment. On Debian: apt install python3-venv"; exit 1; }
	@test ! -L $(VENV) || { echo "$(VENV) is a link: what it leads to is somebody else's. Remove the link."; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@echo "Installing Python packages …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
	  --ignore-requires-python azure-functions-runtime==1.3.0
	@touch $@

# By the hash of its source: no clock, and nothing to install, where it did not change.
portal: $(STAMP)
	@$(BIN)/python scripts/portal.py

run: portal
	@$(BIN)/python -m localhost $(RUN)

demo: portal
	@$(BIN)/python -m localhost.demo

test: portal
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest $(TESTS) -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder

exhaustive: portal
	CORPUS_FILES=all FUZZ_EXAMPLES=50 ALLOCATIONS=10000 CUTS=50 SOAK_MINUTES=$(MINUTES) RETENTION_RUNS=20 RETENTION_STEPS=60 FAULT_POINTS=all \
	  NUMBER_EXAMPLES=2000 NUMBER_RUNS=20 NUMBER_STEPS=100 \
	  AWAY_SECONDS=60 $(BIN)/python -m pytest $(TESTS) -q -n $(WORKERS) --dist loadfile --timeout 5000

bench: $(STAMP)
	$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(BENCH)

faults: $(STAMP)
	FAULT_POINTS=all AWAY_SECONDS=60 $(BIN)/python -m pytest tests/faults -q --timeout 5000 $(FAULTS)

soak: $(STAMP)
	SOAK_MINUTES=$(MINUTES) SOAK_SEED=$(SEED) $(BIN)/python -m pytest tests/soak/test_soak.py -q -s

numbers: $(STAMP)
	ALLOCATIONS=10000 $(BIN)/python -m pytest tests/app/test_two_hosts.py -q -s -k single

cuts: $(STAMP)
	CUTS=50 $(BIN)/python -m pytest tests/backups/test_cut.py -q -s -k full_speed

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit -q -r shared localhost benchmarks infra scripts function_app.py -c pyproject.toml
	$(BIN)/python scripts/portal.py --check
	$(BIN)/python -m infra.check
	$(BIN)/python -m infra.check.queries
	$(BIN)/python -m infra.check.schemas
	@$(MAKE) --no-print-directory audit

# In an environment of its own: what audits is not audited with, and never deployed.
audit: $(STAMP)
	@$(PYTHON) -m venv .local/audit
	@.local/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	@$(BIN)/python scripts/audit.py .local/audit/bin/pip-audit

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf shared/web/portal/site shared/web/portal/page/node_modules
	rm -rf $(VENV) .local .mypy_cache .ruff_cache .hypothesis
