# `make test` and `make demo` work on a fresh clone: the first run makes the environment in .venv.
PYTHON ?= python3
BIN := .venv/bin
DEMO ?= demo

.PHONY: install test demo lint format results zoo experiments tutorial walkthroughs deployments mediapipe arm64 docs clean

install: .venv/installed

.venv/installed: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
	  || { echo "Error: Python 3.11 or 3.12 is needed; name one with PYTHON=…"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
	  || { echo "Error: this Python cannot make environments; on Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# An environment with nothing but MediaPipe, for tests that hold a phone's files against it.
mediapipe: .venv/mediapipe/installed

.venv/mediapipe/installed: .venv/installed
	$(PYTHON) -m venv .venv/mediapipe
	.venv/mediapipe/bin/pip install --quiet --disable-pip-version-check $(shell grep -o 'mediapipe==.*' setup.cfg)
	@touch $@

# A Python of 64-bit Arm in an emulator, for tests and pages that deploy to a Raspberry Pi; it says what it lacks.
arm64: install
	$(BIN)/python benchmarks/arm64.py build/arm64

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
	$(MAKE) walkthroughs
	cp docs/build/photographs/report/results.json benchmarks/results/photographs.json
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

# Runs a page of docs as a notebook; of a cell with several commands each must succeed.
RUN_PAGE := env PATH="$(CURDIR)/$(BIN):$$PATH" SHELLOPTS=errexit jupytext --quiet --to notebook --execute

# Runs the commands of docs/tutorial.md, which write the pictures that it shows.
tutorial: install
	mkdir -p docs/build
	cd docs && $(RUN_PAGE) --run-path . --output build/tutorial.ipynb tutorial.md

# Runs the walkthroughs, each in an empty folder as a user would, and takes the pictures that they show from there.
walkthroughs: install
	for page in photographs own-model; do \
	  rm -rf docs/build/$$page && mkdir -p docs/build/$$page docs/$$page && cp docs/stand_in.py docs/build/$$page && \
	  $(RUN_PAGE) --run-path $(CURDIR)/docs/build/$$page --output docs/build/$$page.ipynb docs/$$page.md && \
	  cp docs/build/$$page/*.png docs/$$page || exit 1; \
	done

# Runs the pages of docs/deploy, each in an empty folder: from a trained model to a device.
deployments: install
	for page in $(basename $(notdir $(wildcard docs/deploy/*.md))); do \
	  rm -rf docs/build/deploy/$$page && mkdir -p docs/build/deploy/$$page && \
	  $(RUN_PAGE) --run-path $(CURDIR)/docs/build/deploy/$$page --output docs/build/deploy/$$page.ipynb \
	    docs/deploy/$$page.md || exit 1; \
	done

docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean:
	rm -rf .venv site build demo *.egg-info
