PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test test-all lint types bench samples clean

demo: $(VENV)/.stamp-run
	$(BIN)/specaug-listen audition samples -o out --overwrite

test: $(VENV)/.stamp-dev
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow"

test-all: $(VENV)/.stamp-dev
	$(BIN)/python -m pytest -n auto --dist worksteal

lint: $(VENV)/.stamp-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell

types: $(VENV)/.stamp-dev
	$(BIN)/mypy --strict specaug_listen

bench: $(VENV)/.stamp-run
	@test -n "$(CLIP)" || { echo "usage: make bench CLIP=recording.wav (8 to 9 seconds)" >&2; exit 2; }
	$(BIN)/python benchmarks/process.py "$(CLIP)"

samples: $(VENV)/.stamp-run
	$(BIN)/python samples/make_samples.py

clean:
	rm -rf $(VENV) out dist

$(VENV)/.stamp-run: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.stamp-dev: $(VENV)/.stamp-run
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@
