# `make` alone lists the targets by group.
PYTHON ?= python3.11
PORT ?= 8000
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run fmt check test lint unit laws contract browser screenshots spark faults deploy image rules bench \
	scorecard conversations prove mutants openapi postman lock lock-npm release-contract clean

help: ## List the targets
	@awk -F ':.*## ' '/^##@ / { printf "%s%s\n", gap, substr($$0, 5); gap = "\n" } \
		/^[a-z-]+:.*## / { printf "  %-18s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.venv/pyvenv.cfg:
	$(PYTHON) -m venv .venv

# The locked pip first, because the pip of an old Python refuses a locked package that another one requires with an extra.
.venv/runtime: requirements/runtime.lock requirements/build.lock pyproject.toml | .venv/pyvenv.cfg
	@echo "Installing the locked packages into .venv (about a minute)"
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: requirements/dev.lock .venv/runtime
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

# With a lock, a second `make run` in the same clone waits for the installation of the first.
LOCK := $(shell command -v flock >/dev/null && echo flock .install.lock)

##@ Use
run: ## Serve on port 8000 (PORT=8081 for another port)
	@$(LOCK) $(MAKE) --no-print-directory --silent .venv/runtime
	@TRIAGE_PORT=$(PORT) exec $(BIN)/triage serve

scorecard: .venv/runtime ## Answer the vignettes and print the results as a table
	@$(BIN)/triage scorecard

##@ Develop
fmt: .venv/dev ## Format the code and apply safe fixes
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

check: lint ## Run the checks before a commit: lint and the quick tests
	$(BIN)/python -m pytest -q -n 2 --dist loadfile tests/unit

openapi: .venv/dev ## Rebuild the contract and its examples
	$(BIN)/python tests/contract/conversation.py
	$(BIN)/python -m service.contract --write

postman: .venv/contract ## Rebuild the Postman collection of the contract
	$(BIN)/python -m tests.consumers.postman

##@ Test
test: lint unit ## Lint and the tests: code, knowledge, contract

lint: .venv/dev ## Check style, types, import layers and the knowledge
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/triage check

# Laws of the knowledge that need minutes. CI runs them too.
LAWS := tests/knowledge/test_proof.py tests/knowledge/test_planted_faults.py tests/knowledge/test_robustness.py

# Tests that spend their time in a library or answer thousands of requests. Coverage would double it and find nothing new.
UNTRACED := tests/contract/test_conformance.py tests/contract/test_planted_drifts.py tests/contract/test_agreement.py \
	tests/contract/test_batch.py tests/unit/test_bulk_file.py tests/unit/test_readings.py

unit: .venv/dev ## Run the tests without lint, with branch coverage of service/
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -q -n 2 --dist loadfile --durations=12 tests/unit tests/contract tests/benchmarks/test_collapse.py \
		tests/benchmarks/test_results.py $(addprefix --ignore=,$(UNTRACED))
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --durations=12 tests/knowledge $(UNTRACED) $(addprefix --ignore=,$(LAWS))

laws: .venv/dev ## Prove the safety laws, plant faults in the rules, drop facts from the vignettes
	$(BIN)/python -m pytest -q -n 2 --dist loadfile $(LAWS)

# Node is installed as a wheel, so its version is locked by hash like all others.
.venv/contract: requirements/contract.lock tests/contract/npm/package-lock.json .venv/dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/contract.lock
	mkdir -p .venv/npm
	cp tests/contract/npm/package.json tests/contract/npm/package-lock.json tests/contract/npm/.npmrc .venv/npm
	cd .venv/npm && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --ignore-scripts --loglevel=error
	@touch $@

# The generator of clients is a Java program.
contract: .venv/contract ## Check the contract with partners' tools: linters, mock, proxy, clients, Postman
	@command -v javac >/dev/null || { apt-get update -qq && \
		apt-get install -y -qq --no-install-recommends openjdk-17-jdk-headless; } >/dev/null 2>&1 || true
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --durations=12 tests/consumers

.venv/browser: requirements/browser.lock .venv/dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/browser.lock
	@touch $@

BROWSER_PACKAGES := chromium nginx

# The tests start their own nginx, so that of the package is disabled.
browser: .venv/browser ## Check the pages in Chromium without a network, also behind nginx
	@dpkg -s $(BROWSER_PACKAGES) >/dev/null 2>&1 || { apt-get update -qq && \
		apt-get install -y -qq --no-install-recommends $(BROWSER_PACKAGES) && \
		systemctl disable --now nginx; } >/dev/null 2>&1 || true
	@test -x /usr/bin/chromium || echo "browser: skipped, /usr/bin/chromium is missing and cannot be installed"
	@test ! -x /usr/bin/chromium || $(BIN)/python -m pytest -q -n 2 --dist loadfile --durations=12 tests/browser

screenshots: .venv/browser ## Write the screenshots that the README shows
	mkdir -p docs/screenshots
	TRIAGE_SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest -q tests/browser/test_try_screenshots.py

# Spark is a source package that contains its Java parts. The packages of build.lock build it.
.venv/spark: requirements/spark.lock .venv/dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-build-isolation \
		-r requirements/spark.lock
	@touch $@

spark: .venv/spark ## Run the bulk job on Spark
	$(BIN)/mypy deploy/spark
	@command -v java >/dev/null || { apt-get update -qq && \
		apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless; } >/dev/null 2>&1 || true
	@command -v java >/dev/null || echo "spark: skipped, java is missing and cannot be installed"
	@! command -v java >/dev/null || $(BIN)/python -m pytest -q tests/spark

FAULT_PACKAGES := haproxy nginx redis-server openssl wrk

# The tests start their own proxy and store, so those of the packages are disabled.
faults: .venv/dev ## Attack the running service and print a table (SOAK_SECONDS=600)
	@missing=$$(for it in $(FAULT_PACKAGES); do dpkg -s $$it >/dev/null 2>&1 || echo $$it; done); \
		test -z "$$missing" || { apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing && \
		for it in $$missing; do systemctl disable --now $$it; done; } >/dev/null 2>&1 || true
	$(BIN)/python -m pytest -q --durations=12 tests/faults

.venv/bench: requirements/bench.lock .venv/dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.lock
	@touch $@

ROUNDS ?= 7
SECONDS ?= 3
REQUESTS ?= 1000000
LINES ?= 1000000

bench: .venv/bench ## Measure speed beside other software (PARTS=throughput ROUNDS=11)
	@command -v wrk >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends wrk; } \
		>/dev/null 2>&1 || true
	$(BIN)/python -m pytest -q -n0 tests/benchmarks/test_peers.py
	$(BIN)/python -m tests.benchmarks $(PARTS) --rounds $(ROUNDS) --seconds $(SECONDS) --requests $(REQUESTS) --lines $(LINES)

.venv/deploy: requirements/deploy.lock .venv/dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/deploy.lock
	@touch $@

# In an environment of its own, because it pins older versions of common packages.
.venv/policy/done: requirements/policy.lock requirements/build.lock | .venv/pyvenv.cfg
	$(PYTHON) -m venv .venv/policy
	.venv/policy/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.lock
	.venv/policy/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/policy.lock
	@touch $@

DEPLOY_PACKAGES := jq prometheus buildah podman runc conmon netavark catatonit uidmap mmdebstrap

# The tests start their own Prometheus, so that of the package is disabled.
deploy: .venv/deploy .venv/policy/done ## Check the image, the manifests and the alerts
	@dpkg -s $(DEPLOY_PACKAGES) >/dev/null 2>&1 || { apt-get update -qq && \
		apt-get install -y -qq --no-install-recommends $(DEPLOY_PACKAGES) && \
		systemctl disable --now prometheus; } >/dev/null 2>&1 || true
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --durations=25 tests/deploy

##@ Deploy
IMAGE ?= runner-triage
BUILDER ?= docker

image: .venv/runtime ## Build the image (IMAGE=NAME BUILDER=podman)
	$(BUILDER) build --file deploy/Dockerfile --tag $(IMAGE) \
		--build-arg VERSION=$$($(BIN)/python -c 'from importlib.metadata import version as v; print(v("runner-triage"))') \
		--build-arg REVISION=$$(git rev-parse HEAD) \
		--build-arg KNOWLEDGE_DIGEST=$$($(BIN)/triage check | grep -o 'sha256:[0-9a-f]*') .

# The operator needs the rules inside an object, and promtool needs them plain. A test compares the two.
rules: ## Write the alert rules for the Prometheus operator
	@cd deploy/monitoring && { printf '%s\n' '# Made of rules.yaml by "make rules".' \
		'apiVersion: monitoring.coreos.com/v1' 'kind: PrometheusRule' 'metadata:' '  name: runner-triage' 'spec:'; \
		sed 's/^\(.\)/  \1/' rules.yaml; } > prometheus-rule.yaml

##@ Knowledge
conversations: .venv/dev ## Run every conversation that `make test` samples (minutes)
	EVERY_CONVERSATION=1 $(BIN)/python -m pytest -q tests/knowledge/test_conversation.py tests/knowledge/test_asked_items.py

prove: .venv/dev ## Prove the safety laws and record the digest of the knowledge
	$(BIN)/python -m pytest -q tests/knowledge/test_proof.py
	$(BIN)/python tests/knowledge/proof/record.py

mutants: .venv/dev ## Change the engine in many ways and list the changes that no test notices
	rm -rf mutants
	$(BIN)/mutmut run --max-children 2
	$(BIN)/mutmut results

##@ Maintain
COMPILE := uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 \
	--no-emit-index-url --no-header --no-annotate

lock: ## Lock the Python packages with hashes (needs uv)
	printf '%s\n' 'pip>=26' 'setuptools>=80' | $(COMPILE) -o requirements/build.lock -
	echo 'cyclonedx-bom>=7.5,<8' | $(COMPILE) -o requirements/image.lock -
	echo 'checkov>=3.3,<4' | $(COMPILE) -o requirements/policy.lock -
	printf '%s\n' 'axe-playwright-python>=0.1.8,<1' 'playwright>=1.65,<2' | $(COMPILE) -o requirements/browser.lock -
	$(COMPILE) -o requirements/runtime.lock pyproject.toml
	$(COMPILE) --extra dev --constraint requirements/runtime.lock -o requirements/dev.lock pyproject.toml
	$(COMPILE) --extra contract --constraint requirements/dev.lock -o requirements/contract.lock pyproject.toml
	$(COMPILE) --extra deploy --constraint requirements/dev.lock -o requirements/deploy.lock pyproject.toml
	$(COMPILE) --extra spark --constraint requirements/dev.lock -o requirements/spark.lock pyproject.toml
	$(COMPILE) --extra bench --constraint requirements/dev.lock -o requirements/bench.lock pyproject.toml

lock-npm: .venv/contract ## Lock the npm packages with hashes and without addresses
	cd tests/contract/npm && PATH="$(CURDIR)/$(BIN):$$PATH" npm install --package-lock-only --ignore-scripts
	$(BIN)/python tests/contract/npm/without_addresses.py

release-contract: .venv/runtime ## Keep openapi.yaml as the released contract of its version
	$(BIN)/python -m service.contract
	cp openapi/openapi.yaml openapi/released/$$(sed -n 's/^  version: //p' openapi/openapi.yaml | head -1).yaml
	cd openapi/released && sha256sum *.yaml > SHA256SUMS

clean: ## Remove all built files
	rm -rf .venv build *.egg-info .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis mutants
