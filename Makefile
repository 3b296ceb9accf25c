# `make test` and `make demo` work on a fresh clone: the first run makes the environment in .venv.
PYTHON ?= python3
BIN := .venv/bin
DEMO ?= demo

.PHONY: install test demo lint format results zoo experiments tutorial docs clean

install: .venv/installed

.venv/installed: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
	  || { echo "Error: Python 3.11 or 3.12 is needed; name one with PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
	  || { echo "Error: this Python cannot make environments; on Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# Two workers: each holds a TensorFlow of its own. tests/conftest.py says what stays together and what is begun with.
test: install
	$(BIN)/python -m pytest -n 2 $(PYTEST_ARGS)

demo: install
	$(BIN)/edgezoo quickstart --output $(DEMO)

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Measures the numbers in README and docs anew and writes them there; nothing else should run meanwhile.
results: install
	rm -rf build/quickstart
	$(BIN)/edgezoo quickstart --output build/quickstart
	mkdir -p benchmarks/results
	cp build/quickstart/results.json benchmarks/results/quickstart.json
	$(BIN)/python benchmarks/measure_zoo.py
	$(BIN)/python benchmarks/input_sizes.py
	$(BIN)/python benchmarks/time_to_accuracy.py
	$(BIN)/python benchmarks/training_profile.py
	$(BIN)/python benchmarks/render.py

# Trains the weights that ship, and the peers; hours on two cores, and goes on where it was interrupted.
zoo: install
	$(BIN)/python benchmarks/train_zoo.py
	$(BIN)/python benchmarks/train_zoo.py --data digits
	$(BIN)/python benchmarks/peers.py
	$(BIN)/python -m edgezoo.inspection.catalog

# Runs the six experiments, more than half an hour on two cores, and writes docs/experiments.md.
experiments: install
	$(BIN)/python benchmarks/run_experiments.py
	$(BIN)/python benchmarks/render.py

# Runs the commands of docs/tutorial.md, which write the pictures that it shows.
tutorial: install
	mkdir -p docs/build
	cd docs && PATH="$(CURDIR)/$(BIN):$$PATH" jupytext --quiet --to notebook --execute --run-path . \
	  --output build/tutorial.ipynb tutorial.md

docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean:
	rm -rf .venv site build demo *.egg-info
