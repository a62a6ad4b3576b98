.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
OUT ?= out
# Small fits are many times slower when BLAS uses more than one thread.
export OMP_NUM_THREADS ?= 1

help:  ## What can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.11 …" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

install: .venv/ready  ## Make .venv with everything in it

reproduce: .venv/ready  ## The main job: wave, model, fit, verdicts, diagram, report (DATA=file for your own wave)
	$(BIN)/mkb21sem reproduce --out $(OUT) $(if $(DATA),--data $(DATA))

test: .venv/ready  ## All tests but the long simulations
	$(BIN)/python -m pytest -n 2 -m 'not slow'

coverage: .venv/ready  ## Which lines and branches no test reaches, each with its reason
	$(BIN)/python -m pytest -n 2 -m 'not slow' --cov --cov-report=
	$(BIN)/coverage json --quiet -o coverage.json
	$(BIN)/python -m benchmarks.coverage_page

calibrate: .venv/ready  ## The long simulations: coverage of intervals, size of tests
	$(BIN)/python -m pytest -n 2 -m slow

check: .venv/ready  ## Style, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

reference: .venv/ready  ## Make the reference numbers again (needs R: lavaan, semTools, psych, GPArotation, numDeriv; survey, brglm2, MASS, ordinal)
	$(BIN)/python tests/lavaan/export.py
	Rscript tests/lavaan/generate.R
	$(BIN)/python tests/psych/export.py
	Rscript tests/psych/generate.R
	Rscript tests/planning/generate.R
	Rscript tests/monitor/generate.R
	Rscript tests/effects/generate.R
	Rscript tests/verdicts/generate.R
	$(BIN)/python tests/waves/export.py && Rscript tests/waves/generate.R

drift: .venv/ready  ## Store the main results again, when a change is meant to change a number
	$(BIN)/python -m tests.drift.results

OLDEST ?= .oldest
oldest: constraints-oldest.txt  ## The drift tests and a part of the others with the oldest supported libraries
	$(PYTHON) -m venv --clear $(OLDEST)
	$(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints-oldest.txt --editable '.[test]'
	$(OLDEST)/bin/python -m pytest -n 2 -m 'not slow' $(OLDEST_TESTS)

OLDEST_TESTS ?= tests/drift tests/lavaan tests/survey tests/describe tests/specify tests/estimate tests/validate tests/infer/test_indices.py tests/infer/test_effects.py tests/infer/test_verdicts.py tests/report/test_table.py tests/report/test_document.py tests/test_cli.py

paper: .venv/ready  ## The manuscript: paper/mkb21.pdf (DATA=file, HYPOTHESES=file, CODEBOOK=file, MAPPING=file for your own wave)
	$(BIN)/python -m paper $(if $(DATA),--data $(DATA)) $(if $(HYPOTHESES),--hypotheses $(HYPOTHESES)) $(if $(CODEBOOK),--codebook $(CODEBOOK)) $(if $(MAPPING),--mapping $(MAPPING))

docs: .venv/ready  ## The documentation site, into site/ (needs no network); read it by python3 -m http.server -d site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

fuzz: .venv/ready  ## Ten thousand hostile inputs (about 20 minutes); writes benchmarks/fuzzing.md
	$(BIN)/python -m benchmarks.fuzz

bench: .venv/ready  ## Time this package, and lavaan beside it where R is present
	$(BIN)/python -m benchmarks

mutants: .venv/ready  ## Put deliberate faults into the numerics, one at a time: do the tests notice?
	$(BIN)/python -m benchmarks.mutants

clean:  ## Remove what was made
	rm -rf .venv .oldest $(OUT) site build dist .pytest_cache .mypy_cache .ruff_cache

.PHONY: help install reproduce test coverage calibrate check reference drift oldest paper docs fuzz bench mutants clean
