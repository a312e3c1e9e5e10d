# Needs Python 3.11 or newer, pip and make, nothing else; everything is installed into .venv from the hashed locks.
#
#   make run         the bundled sample language: a few translations both ways, then scores
#   make test        ruff, mypy, import-linter and the tests
#   make test-llama  a real inference engine; compiles llama-cpp-python first, which takes minutes
#   make lock        renew both locks after a change of requirements*.txt, keeping the pins that still fit
#   make upgrade     renew both locks with the newest versions that fit
#   make docs        write docs/cli.md anew
#   make results     measure the embedded model and renew docs/results.md, see there
#   make screenshots take the README's pictures anew
#   make clean       delete .venv and what the tools left
#
# PYTHON=… chooses the interpreter that .venv is made with.

VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
IN_VENV := $(BIN)/python

# The first that runs and is new enough; those that the locks were tried with before newer ones.
ifndef PYTHON
PYTHON := $(shell for limit in 14 99; do for python in python3 python3.13 python3.12 python3.11 python; do \
	"$$python" -c "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, $$limit))" >/dev/null 2>&1 \
	&& echo "$$python" && exit; done; done)
endif

LLAMA := .venv-llama

LOCK = $(IN_VENV) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

.PHONY: run test test-llama lock upgrade docs screenshots results clean help
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#   //p' Makefile

run: $(VENV)/run.stamp
	@PYTHON="$(IN_VENV)" sh scripts/sample.sh

# Every check runs, whichever fails; the tests come last, so that their closing line ends a good run. mypy takes half a
# minute of one core, in which the other compiles what the embedded model computes with, once for all the tests.
test: $(VENV)/test.stamp
	@failed=""; \
	$(IN_VENV) -m mypy >$(VENV)/mypy.log 2>&1 & mypy=$$!; \
	$(IN_VENV) -m ruff check . || failed="$$failed ruff"; \
	$(BIN)/lint-imports --no-logo || failed="$$failed lint-imports"; \
	sh scripts/chromium.sh >/dev/null || failed="$$failed chromium"; \
	scratch=$$(mktemp -d); CTXLEARN_HOME=$$scratch $(IN_VENV) -m ctxlearn translate tests/data/corpus Tari --to eng \
		>/dev/null || failed="$$failed compiling"; rm -rf $$scratch; \
	wait $$mypy || failed="$$failed mypy"; cat $(VENV)/mypy.log; \
	$(IN_VENV) -m pytest -v -n 2 --dist loadfile --no-loadscope-reorder || failed="$$failed pytest"; \
	test -z "$$failed" || { echo "make test: failed:$$failed" >&2; exit 1; }

test-llama: $(VENV)/test.stamp $(LLAMA)/llama.stamp
	$(IN_VENV) -m benchmarks.llama $(LLAMA)/$(notdir $(BIN))/python

lock: $(VENV)/test.stamp
	$(LOCK) requirements.txt -o requirements.lock
	$(LOCK) requirements-dev.txt -c requirements.lock -o requirements-dev.lock

upgrade: $(VENV)/test.stamp
	$(LOCK) --upgrade requirements.txt -o requirements.lock
	$(LOCK) --upgrade requirements-dev.txt -c requirements.lock -o requirements-dev.lock

docs: $(VENV)/run.stamp
	PYTHONPATH=. $(IN_VENV) scripts/cli_docs.py

screenshots: $(VENV)/test.stamp
	$(IN_VENV) scripts/screenshots.py

# What is not given stays as it was: make results KALAMANG=FOLDER KALAMANG_MTOB=FOLDER ZHUANG=FOLDER ONLY=scores,costs
results: $(VENV)/run.stamp
	$(IN_VENV) -m benchmarks.embedded tarivel=tarivel \
		$(filter-out %=,kalamang=$(KALAMANG) kalamang-mtob=$(KALAMANG_MTOB) zhuang=$(ZHUANG)) $(if $(ONLY),--only $(ONLY))

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp says that the lock of its time is installed; the development lock holds all of the other one.
$(VENV)/run.stamp: requirements.lock
	$(make_venv)
	$(install)
	@touch $@

$(VENV)/test.stamp: requirements-dev.lock requirements.lock
	$(make_venv)
	$(install)
	@touch $@ $(VENV)/run.stamp

$(LLAMA)/llama.stamp:
	"$(PYTHON)" -m venv --clear $(LLAMA)
	$(LLAMA)/$(notdir $(BIN))/python -m pip install --quiet 'gguf>=0.10' 'llama-cpp-python[server]>=0.3'
	@touch $@

# Debian's python3 comes without ensurepip unless python3-venv is there; its pip can then serve the new environment.
define make_venv
@$(IN_VENV) -m pip --version >/dev/null 2>&1 || { \
	test -n "$(PYTHON)" || { echo "no Python 3.11 or newer found; name one: make PYTHON=/path/to/python3" >&2; exit 1; }; \
	echo "making $(VENV) with $(PYTHON)"; \
	"$(PYTHON)" -m venv --clear $(VENV) 2>/dev/null || { \
		"$(PYTHON)" -m venv --clear --without-pip $(VENV) && "$(PYTHON)" -m pip --python $(IN_VENV) install --quiet pip; \
	}; \
}
endef

define install
@echo "installing $< into $(VENV)"
@$(IN_VENV) -m pip install --disable-pip-version-check --quiet --require-hashes --requirement $<
@$(IN_VENV) -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
endef
