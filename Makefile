# One verb a job; `make` alone lists them.
PYTHON ?= python3.11
PORT ?= 8000
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help run test lint unit contract browser spark faults deploy image rules bench scorecard conversations prove mutants lock lock-npm release-contract clean

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/pyvenv.cfg:
	$(PYTHON) -m venv .venv

# Its own pip first: that of an old Python refuses a locked package that another one asks for with an extra.
.venv/runtime: requirements.lock requirements-build.lock pyproject.toml | .venv/pyvenv.cfg
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev: requirements-dev.lock .venv/runtime
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

run: .venv/runtime ## Serve on port 8000, or `make run PORT=8081`
	@TRIAGE_PORT=$(PORT) exec $(BIN)/triage serve

test: lint unit ## Everything that must hold: lint, types, layers, knowledge, laws, contract

lint: .venv/dev ## Style, types, import layers and the knowledge itself
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/triage check

# Tracing coverage makes these several times slower, and other tests run the same lines.
PROOF := tests/knowledge/test_proof.py tests/knowledge/test_planted_faults.py tests/knowledge/test_robustness.py

unit: .venv/dev ## The proof, and tests with branch coverage of service/
	$(BIN)/python -m pytest -n 2 --dist loadfile $(PROOF)
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n 2 --dist loadfile tests/unit tests/knowledge $(addprefix --ignore=,$(PROOF))
	$(BIN)/coverage run -m pytest tests/contract tests/benchmarks/test_collapse.py tests/benchmarks/test_results.py
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# Node comes as a wheel, so that its version is locked by hash like everything else.
.venv/contract: requirements-contract.lock tests/contract/npm/package-lock.json .venv/dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-contract.lock
	mkdir -p .venv/npm
	cp tests/contract/npm/package.json tests/contract/npm/package-lock.json tests/contract/npm/.npmrc .venv/npm
	cd .venv/npm && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --ignore-scripts --loglevel=error
	@touch $@

# The generator of clients is a Java program.
contract: .venv/contract ## The contract with the tools of its partners: linters, versions, mock, proxy, clients
	@command -v javac >/dev/null || { apt-get update -qq && \
		apt-get install -y -qq --no-install-recommends openjdk-17-jdk-headless; } >/dev/null 2>&1 || true
	$(BIN)/python -m pytest tests/consumers

.venv/browser: requirements-browser.lock .venv/dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-browser.lock
	@touch $@

BROWSER_PACKAGES := chromium nginx

# The tests start an nginx of their own; the one that the package would start is not wanted.
browser: .venv/browser ## The docs page in a real Chromium with no internet, also behind nginx (Debian's; fetched where that can be)
	@dpkg -s $(BROWSER_PACKAGES) >/dev/null 2>&1 || { apt-get update -qq && \
		apt-get install -y -qq --no-install-recommends $(BROWSER_PACKAGES) && \
		systemctl disable --now nginx; } >/dev/null 2>&1 || true
	@test -x /usr/bin/chromium || echo "browser: skipped, /usr/bin/chromium is not there and cannot be fetched"
	@test ! -x /usr/bin/chromium || $(BIN)/python -m pytest -q tests/browser

# Spark comes as source only, and brings its Java parts in it; the lock of the build builds it.
.venv/spark: requirements-spark.lock .venv/dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-build-isolation \
		-r requirements-spark.lock
	@touch $@

spark: .venv/spark ## The bulk job on a Spark of two cores (with Debian's Java 17 where there is none)
	$(BIN)/mypy deploy/spark
	@command -v java >/dev/null || { apt-get update -qq && \
		apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless; } >/dev/null 2>&1 || true
	@command -v java >/dev/null || echo "spark: skipped, there is no java and Debian's cannot be fetched"
	@! command -v java >/dev/null || $(BIN)/python -m pytest -q tests/spark

FAULT_PACKAGES := haproxy nginx redis-server openssl wrk

# The tests start a proxy and a store of their own; those that the packages would start are not wanted.
faults: .venv/dev ## Stops, floods, full disks, slow clients, a soak: what came of each, as a table (SOAK_SECONDS=120)
	@missing=$$(for it in $(FAULT_PACKAGES); do dpkg -s $$it >/dev/null 2>&1 || echo $$it; done); \
		test -z "$$missing" || { apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing && \
		for it in $$missing; do systemctl disable --now $$it; done; } >/dev/null 2>&1 || true
	$(BIN)/python -m pytest -q tests/faults

.venv/bench: requirements-bench.lock .venv/dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

ROUNDS ?= 7
SECONDS ?= 3
REQUESTS ?= 200000

bench: .venv/bench ## How fast it is, beside others: some minutes; or one part, `make bench PARTS=throughput ROUNDS=11`
	@command -v wrk >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends wrk; } \
		>/dev/null 2>&1 || true
	$(BIN)/python -m pytest -q -n0 tests/benchmarks/test_peers.py
	$(BIN)/python -m tests.benchmarks $(PARTS) --rounds $(ROUNDS) --seconds $(SECONDS) --requests $(REQUESTS)

release-contract: .venv/runtime ## Keep openapi.yaml as the release of its version, which later ones are measured by
	$(BIN)/python -m service.contract
	cp openapi/openapi.yaml openapi/released/$$(sed -n 's/^  version: //p' openapi/openapi.yaml | head -1).yaml
	cd openapi/released && sha256sum *.yaml > SHA256SUMS

.venv/deploy: requirements-deploy.lock .venv/dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-deploy.lock
	@touch $@

# In a place of its own: it pins older versions of what the others need.
.venv/policy/done: requirements-policy.lock requirements-build.lock | .venv/pyvenv.cfg
	$(PYTHON) -m venv .venv/policy
	.venv/policy/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.lock
	.venv/policy/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-policy.lock
	@touch $@

DEPLOY_PACKAGES := jq prometheus buildah podman runc conmon netavark catatonit uidmap mmdebstrap

# The tests start a Prometheus of their own; the one that the package would start is not wanted.
deploy: .venv/deploy .venv/policy/done ## The proof of deploy/, with Debian's tools (fetched where that can be, skipped where not)
	@dpkg -s $(DEPLOY_PACKAGES) >/dev/null 2>&1 || { apt-get update -qq && \
		apt-get install -y -qq --no-install-recommends $(DEPLOY_PACKAGES) && \
		systemctl disable --now prometheus; } >/dev/null 2>&1 || true
	$(BIN)/python -m pytest -q tests/deploy

IMAGE ?= runner-triage
BUILDER ?= docker

image: .venv/runtime ## Build the image with labels that are true, or `make image IMAGE=NAME BUILDER=podman`
	$(BUILDER) build --file deploy/Dockerfile --tag $(IMAGE) \
		--build-arg VERSION=$$($(BIN)/python -c 'from importlib.metadata import version as v; print(v("runner-triage"))') \
		--build-arg REVISION=$$(git rev-parse HEAD) \
		--build-arg KNOWLEDGE_DIGEST=$$($(BIN)/triage check | grep -o 'sha256:[0-9a-f]*') .

# The operator wants the rules inside an object, promtool wants them plain; a test holds the two together.
rules: ## Write the alert rules as the Prometheus operator reads them
	@cd deploy/monitoring && { printf '%s\n' '# Made of rules.yaml by "make rules".' \
		'apiVersion: monitoring.coreos.com/v1' 'kind: PrometheusRule' 'metadata:' '  name: runner-triage' 'spec:'; \
		sed 's/^\(.\)/  \1/' rules.yaml; } > prometheus-rule.yaml

scorecard: .venv/runtime ## How the knowledge answers its vignettes, as a table
	@$(BIN)/triage scorecard

conversations: .venv/dev ## Every term and random report that `make test` samples, as conversations (minutes)
	EVERY_CONVERSATION=1 $(BIN)/python -m pytest -q tests/knowledge/test_conversation.py tests/knowledge/test_asked_items.py

prove: .venv/dev ## Prove the safety laws of the shipped rules, and record of which knowledge
	$(BIN)/python -m pytest -q tests/knowledge/test_proof.py
	$(BIN)/python tests/knowledge/proof/record.py

mutants: .venv/dev ## Break the engine in over two thousand ways and count what the tests notice (minutes)
	rm -rf mutants
	$(BIN)/mutmut run --max-children 2
	$(BIN)/mutmut results

COMPILE := uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 \
	--no-emit-index-url --no-header --no-annotate

lock: ## Lock every dependency with hashes (needs uv)
	printf '%s\n' 'pip>=26' 'setuptools>=80' | $(COMPILE) -o requirements-build.lock -
	echo 'cyclonedx-bom>=7.5,<8' | $(COMPILE) -o requirements-image.lock -
	echo 'checkov>=3.3,<4' | $(COMPILE) -o requirements-policy.lock -
	$(COMPILE) -o requirements.lock pyproject.toml
	$(COMPILE) --extra dev --constraint requirements.lock -o requirements-dev.lock pyproject.toml
	$(COMPILE) --extra contract --constraint requirements-dev.lock -o requirements-contract.lock pyproject.toml
	$(COMPILE) --extra deploy --constraint requirements-dev.lock -o requirements-deploy.lock pyproject.toml
	$(COMPILE) --extra spark --constraint requirements-dev.lock -o requirements-spark.lock pyproject.toml
	$(COMPILE) --extra bench --constraint requirements-dev.lock -o requirements-bench.lock pyproject.toml

lock-npm: .venv/contract ## Lock the Node tools with hashes and without addresses
	cd tests/contract/npm && PATH="$(CURDIR)/$(BIN):$$PATH" npm install --package-lock-only --ignore-scripts
	$(BIN)/python tests/contract/npm/without_addresses.py

clean: ## Remove what was built here
	rm -rf .venv build *.egg-info .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis mutants
