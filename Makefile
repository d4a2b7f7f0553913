# Every target does its own set-up; `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
# Some images set it; then every process that a test starts would compile all of its modules again.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
PROMTOOL := $(shell command -v promtool || echo .local/bin/promtool)
# Tests of one file stay in one process, in their order: they share what they start.
JOBS := 2
PYTEST = $(BIN)/pytest -q --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder
SOURCES := $(wildcard libs/*/src services/*/src)
TESTS := $(wildcard libs/*/tests services/*/tests tests)
# To collect every test and leave most of them takes each process ten seconds; conftest.py refuses one that lies elsewhere.
CONNECTED := $(wildcard libs/*/tests/connected services/*/tests/connected)
E2E := tests/e2e
COMPOSE := docker compose

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: ## Install all that the other targets need, into .venv and .local
	@tools/setup

.PHONY: setup-python
setup-python: ## Install what the services and their commands need, without Java and Maven
	@tools/setup python

.PHONY: setup-classifier
setup-classifier:
	@tools/setup classifier

.PHONY: lock
lock: ## Choose the newest versions that fit, and write requirements.lock
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	uv pip compile pyproject.toml libs/*/pyproject.toml services/*/pyproject.toml --group dev \
	  --generate-hashes --no-annotate --no-header --no-emit-index-url \
	  $(foreach library,contracts masking runtime registry testkit,--no-emit-package bowchat-$(library)) \
	  --quiet --output-file requirements.lock

.PHONY: kafka-lock
kafka-lock: ## Write down the checksums of Kafka's jars, after a change of deploy/kafka/pom.xml
	rm -rf .local/kafka
	mvn -q -B -f deploy/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory="$(CURDIR)/.local/kafka/lib"
	cd .local/kafka/lib && sha256sum *.jar >"$(CURDIR)/deploy/kafka/jars.sha256"

.PHONY: fmt
fmt: setup-python ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: lint
lint: setup ## Check style, import contracts, generated files and alert rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m bowchat_contracts.schemas_cli check
	$(BIN)/python -m bowchat_registry.schemas_cli check
	$(BIN)/python -m bowchat_contracts.docs_cli check
	tools/check-rules $(PROMTOOL)

.PHONY: types
types: setup-python ## Check types (mypy, strict)
	$(BIN)/mypy $(SOURCES) $(TESTS) conftest.py

.PHONY: test
test: setup ## Run every check and every test
	$(MAKE) --jobs 2 --output-sync lint types
	$(MAKE) test-unit test-connected test-e2e

.PHONY: test-unit
test-unit: setup-python ## Run the tests that need nothing but Python
	$(PYTEST) -m "not connected and not e2e" $(TESTS)

.PHONY: test-connected
test-connected: JOBS := 3
test-connected: setup ## Run the tests on a real broker and database
	$(PYTEST) -m connected $(CONNECTED)

.PHONY: test-e2e
test-e2e: JOBS := 3
test-e2e: setup ## Run the tests that drive all services as processes
	$(PYTEST) -m e2e $(E2E)

.PHONY: test-arch
test-arch: setup-python ## Check the import contracts and the rules on private data
	$(BIN)/lint-imports
	$(PYTEST) tests/architecture

.PHONY: bench
bench: setup ## Measure throughput and latency on Apache Kafka, beside a bare chain of the same hops
	$(BIN)/python -m bowchat_testkit.bench

.PHONY: bench-masking
bench-masking: setup-python ## Measure what masking misses, beside phonenumbers and Presidio (WRITE=1: into docs/masking.md)
	@tools/bench_masking/setup
	$(BIN)/python -m bowchat_testkit.bench_masking $(if $(WRITE),--write)

.PHONY: bench-import
bench-import: setup ## Measure how long imports of policies take, and what 300,000 of them cost
	$(BIN)/python -m bowchat_testkit.bench_imports

.PHONY: bench-routing
bench-routing: setup-python ## Measure how messages are read, beside keywords and TF-IDF, and where interleaved threads go (WRITE=1: into docs/routing-model.md)
	$(BIN)/python -m bowchat_testkit.bench_routing $(if $(WRITE),--write)
	@$(BIN)/python -m bowchat_testkit.bench_routing.threads
	@$(BIN)/python -m bowchat_testkit.bench_routing.threads --scripts passing

.PHONY: demo
demo: setup-classifier ## Watch conversations go there and back (ONCE=1: check the outcome and end)
	@$(BIN)/bowchat-demo $(if $(ONCE),--once)

.PHONY: stack
stack: ## Run Apache Kafka and a database for services started by hand, without Docker (Ctrl-C stops them; data in .local/stack)
	@tools/setup python kafka
	@$(BIN)/python -m bowchat_testkit.servers .local/stack

.PHONY: docker
docker:
	@docker info >/dev/null 2>&1 || { echo "Docker does not answer. Start it, or use 'make demo', which needs none." >&2; exit 1; }

.PHONY: up
up: docker .env ## Start everything in containers
	$(COMPOSE) up --build --detach --wait

.env:
	@echo "The containers take their passwords from .env: copy .env.example to .env and fill it in." >&2; exit 1

.PHONY: down
down: docker ## Stop the containers (their data stays; VOLUMES=1 removes it)
	$(COMPOSE) down $(if $(VOLUMES),--volumes)

.PHONY: logs
logs: docker ## Follow what the containers log (SERVICE=router: one of them)
	$(COMPOSE) logs --follow --tail 100 $(SERVICE)

.PHONY: topics
topics: setup-python ## List the topics (BROKER=host:port: make those that it lacks)
	@$(BIN)/bowchat-topics $(if $(BROKER),apply --bootstrap $(BROKER),list) --registry registry

.PHONY: schemas
schemas: setup-python ## Write the JSON Schemas of events and of registry files
	$(BIN)/python -m bowchat_contracts.schemas_cli write
	$(BIN)/python -m bowchat_registry.schemas_cli write

.PHONY: docs
docs: setup ## Write the AsyncAPI documents and the page of events, and check them
	$(BIN)/python -m bowchat_contracts.docs_cli write
	npm --prefix tools/asyncapi run --silent validate

.PHONY: clean
clean: ## Remove all that the targets made, .venv and .local included
	rm -rf .venv .local .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis tools/asyncapi/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
