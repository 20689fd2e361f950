# Everything installs into .venv/ in this checkout; nothing else on the machine is touched.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: help install run test test-slow test-scale mutants check format docs bless messages manual pictures wheel \
        stores training train measure lock audit clean

help:           ## show what there is to make
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

install: $(VENV)/installed  ## set up .venv/, and no more

run: $(VENV)/installed  ## set up, read the sample listings, write feeds, pages and a digest
	@$(BIN)/tidings run --send now
	@echo "In this clone, tidings is $(BIN)/tidings."

test: $(VENV)/developed  ## set up and pass the tests, in about six minutes on two cores
	@$(BIN)/pytest -q -n auto --dist worksteal $(TESTS)

test-slow: $(VENV)/developed  ## the long sweeps, in about a quarter of an hour
	@THOROUGH=1 $(BIN)/pytest -q -n auto --dist worksteal -m "slow or sampled"

test-scale: $(VENV)/developed  ## what runs on PostgreSQL and in buckets, on servers that the tests start
	@$(BIN)/pytest -q -n auto --dist worksteal --on-server -m scale
	@$(BIN)/pytest -q -n auto --dist worksteal --on-server tests/unit/application

mutants: $(VENV)/developed  ## break the code in 126 places, and tell which no test notices; slow
	@$(BIN)/python -m tools.mutants

check: $(VENV)/developed  ## lint, formatting, types, architecture
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/developed  ## put the code in order
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: $(VENV)/documented  ## make the documentation a site, in site/; a link that leads nowhere fails
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build
	@echo "The documentation stands in site/: open site/index.html"

bless: $(VENV)/developed  ## rewrite the golden files; then read the diff
	@$(BIN)/pytest -q tests/golden tests/unit/tools/test_weights.py \
	    tests/unit/tools/test_picture.py -m "slow or not slow" --bless

manual: $(VENV)/developed  ## write the manual page anew, from what the command line says
	@$(BIN)/python deploy/manual.py

pictures: $(VENV)/installed  ## draw the pictures of the documentation anew; then look at them
	@$(BIN)/python -m tools.pictures

wheel: $(VENV)/developed  ## build the wheel and its checksum, in dist/
	@$(BIN)/python -m tools.wheel dist

messages: $(VENV)/developed  ## bring the catalogues of words up to date with the templates
	@$(BIN)/python -m tools.messages

stores: $(VENV)/stored  ## add the two stores that tests of buckets start

training: $(VENV)/trained  ## add what training the reader of listings needs

train: $(VENV)/trained  ## train the reader: make train CORPUS="DIR DIR", of labelled listings
	@test -n "$(CORPUS)" || { echo 'Name the folders: make train CORPUS="DIR DIR"'; exit 2; }
	@$(BIN)/python -m tools.reading.train --corpus $(CORPUS) --write

measure: $(VENV)/trained  ## measure the reader by cross-validation: make measure CORPUS="DIR DIR"
	@test -n "$(CORPUS)" || { echo 'Name the folders: make measure CORPUS="DIR DIR"'; exit 2; }
	@$(BIN)/python -m tools.reading.measure --corpus $(CORPUS)

lock: $(VENV)/developed  ## pin the newest versions that pyproject.toml allows
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url \
	    --no-header --python-version 3.11 pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url \
	    --no-header --python-version 3.11 --extra scale -c requirements.lock pyproject.toml \
	    -o requirements-scale.lock
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url \
	    --no-header --python-version 3.11 --extra dev -c requirements.lock pyproject.toml \
	    -o requirements-dev.lock
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url \
	    --no-header --python-version 3.11 --extra docs -c requirements.lock \
	    -c requirements-dev.lock pyproject.toml -o requirements-docs.lock
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url \
	    --no-header --python-version 3.11 --extra training -c requirements.lock \
	    -c requirements-dev.lock pyproject.toml -o requirements-training.lock
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url \
	    --no-header --python-version 3.11 --group stores -o requirements-stores.lock
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url \
	    --no-header --python-version 3.11 --group build -c requirements-dev.lock \
	    -o requirements-build.lock

audit: $(VENV)/installed  ## ask whether anything in the lock files is known to be vulnerable
	@$(PYTHON) -m venv $(VENV)/audit
	@$(VENV)/audit/bin/pip install --quiet --disable-pip-version-check pip-audit
	@for lock in requirements*.lock; do echo "$$lock"; \
	    $(VENV)/audit/bin/pip-audit --progress-spinner off --disable-pip --require-hashes \
	    -r "$$lock" || exit 1; done

# What a run has made is not touched: state/ cannot be made again, and feeds/ may be on the web.
clean:          ## remove what make has made: .venv/, site/ and dist/, caches
	rm -rf $(VENV) site dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/installed: requirements.lock requirements-build.lock pyproject.toml
	@echo "Setting up .venv (once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes \
	    -r requirements.lock -r requirements-build.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/developed: $(VENV)/installed requirements-dev.lock
	@echo "Adding what tests and checks need ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/documented: $(VENV)/installed requirements-docs.lock
	@echo "Adding what the site of the documentation needs ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-docs.lock
	@touch $@

$(VENV)/stored: $(VENV)/installed requirements-stores.lock
	@echo "Adding the stores that tests of buckets start ..."
	@$(PYTHON) -m venv $(VENV)/stores
	@$(VENV)/stores/bin/pip install --quiet --disable-pip-version-check --require-hashes \
	    -r requirements-stores.lock
	@touch $@

$(VENV)/trained: $(VENV)/installed requirements-training.lock
	@echo "Adding what training the reader needs ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-training.lock
	@touch $@
