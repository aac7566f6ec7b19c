# Every command that people, hooks and CI run. `make` prints the list.
PYTHON ?= python3
VENV := .venv
EMULATOR_VENV := .venv-emulator
BIN := $(VENV)/bin
PACKAGES := ghadmin access core webhooks onboarding costs executions ghkit functions
PIP_INSTALL := install --quiet --disable-pip-version-check --require-hashes
# Compiling a lock must not depend on what else a developer has configured.
LOCK := UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-strip-extras --quiet --no-header
TARGET ?= local

.DEFAULT_GOAL := help
.PHONY: help
help: ## Print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2}'

## Environments ------------------------------------------------------------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ghadmin needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Say which with: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.app-installed: requirements.txt sandbox/requirements.txt | $(BIN)/python
	@echo "Installing the application …"
	@$(BIN)/pip $(PIP_INSTALL) -r requirements.txt -r sandbox/requirements.txt
	@touch $@

$(VENV)/.dev-installed: requirements-dev.txt $(VENV)/.app-installed
	@echo "Installing the tools …"
	@$(BIN)/pip $(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

$(EMULATOR_VENV)/.installed: sandbox/aws/requirements.txt | $(BIN)/python
	@echo "Installing the sandbox's AWS …"
	@$(PYTHON) -m venv $(EMULATOR_VENV)
	@$(EMULATOR_VENV)/bin/pip $(PIP_INSTALL) -r sandbox/aws/requirements.txt
	@touch $@

.PHONY: setup
setup: $(VENV)/.dev-installed $(EMULATOR_VENV)/.installed ## Install everything that the other targets need

## Running -----------------------------------------------------------------------------------

.PHONY: demo
demo: ## Run everything on this machine: no AWS, no GitHub, no Docker (Ctrl-C stops it)
	@$(MAKE) --no-print-directory -j2 $(VENV)/.app-installed $(EMULATOR_VENV)/.installed
	@exec $(BIN)/python -m sandbox.runner

.PHONY: run
run: $(VENV)/.app-installed ## Run the web process alone, with your own settings
	@$(BIN)/python manage.py migrate && $(BIN)/python manage.py collectstatic --noinput
	@exec $(BIN)/granian --interface rsgi --no-ws --host 127.0.0.1 --port 8000 ghadmin.rsgi:application

.PHONY: worker
worker: $(VENV)/.app-installed ## Run a Celery worker, with your own settings
	@exec $(BIN)/celery -A ghadmin worker --pool threads --concurrency 8

.PHONY: mirror
mirror: $(VENV)/.app-installed ## Run the mirror of Step Functions, with your own settings
	@exec $(BIN)/python manage.py run_mirror

## Checking ----------------------------------------------------------------------------------

.PHONY: check
check: lint types imports templates aws-lint migrations vendor ## All that can be checked without running the product

.PHONY: lint
lint: $(VENV)/.dev-installed ## Lint and format, without changing anything
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/codespell

.PHONY: fmt
fmt: $(VENV)/.dev-installed ## Format code and templates
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .
	@$(BIN)/djangofmt --profile django $$(git ls-files 'templates/*.html')

.PHONY: types
types: $(VENV)/.dev-installed ## Types, strict
	@SECRET_KEY=types $(BIN)/mypy $(PACKAGES) sandbox scripts bench

.PHONY: imports
imports: $(VENV)/.dev-installed ## The layers of the house
	@SECRET_KEY=imports $(BIN)/lint-imports

.PHONY: templates
templates: $(VENV)/.dev-installed ## Lint the templates
	@$(BIN)/djlint --lint --quiet templates

.PHONY: aws-lint
aws-lint: $(VENV)/.dev-installed ## Lint the CloudFormation template and the state machines
	@$(BIN)/cfn-lint aws/template.yaml
	@$(BIN)/statelint aws/statemachines/*.asl.json

.PHONY: migrations
migrations: $(VENV)/.dev-installed ## Are all model changes in migrations?
	@SECRET_KEY=migrations $(BIN)/python manage.py makemigrations --check --dry-run

.PHONY: vendor
vendor: $(VENV)/.dev-installed ## Are the vendored browser files what their lock says?
	@$(BIN)/python scripts/vendor.py check

.PHONY: test
test: setup ## Run every test, on SQLite, and on PostgreSQL and Redis where they are installed
	@$(BIN)/python -m scripts.run_tests

.PHONY: coverage
coverage: $(VENV)/.dev-installed ## Do ghkit's own tests reach each of its lines and branches?
	@$(BIN)/pytest -q tests/ghkit --cov=ghkit --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=100

.PHONY: bench
bench: setup ## Print one JSON line a figure
	@$(BIN)/python -m bench

.PHONY: ci
ci: check test ## What CI runs

## Shipping ----------------------------------------------------------------------------------

.PHONY: lock
lock: $(VENV)/.dev-installed ## Compile the hashed requirements from the *.in files
	@for f in requirements sandbox/requirements requirements-dev sandbox/aws/requirements functions/requirements; do \
		echo "$$f.txt"; $(LOCK) $$f.in -o $$f.txt || exit 1; done

.PHONY: lambda
lambda: $(VENV)/.app-installed $(EMULATOR_VENV)/.installed ## Build the Lambdas' folder: TARGET=local (the sandbox) or TARGET=aws
	@$(BIN)/python -m scripts.build_lambda $(TARGET)

.PHONY: deploy
deploy: ## Deploy the stack to your AWS account (needs the SAM CLI and AWS credentials)
	@command -v sam >/dev/null || { echo "The SAM CLI is not installed: https://docs.aws.amazon.com/serverless-application-model/"; exit 1; }
	@$(MAKE) --no-print-directory lambda TARGET=aws
	@cd aws && sam deploy --guided
