# Each target is one line of real work. `make help` lists them.
PYTHON ?= python3
VENV := .venv/bin
RUN := $(VENV)/rempart

.DEFAULT_GOAL := help
.PHONY: help toolchain openstack doctor demo demo-down demo-violation shell test test-faults test-platforms mutation lint format bench sdk pictures

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

toolchain: ## engine, language host, S3 server, Python packages (built once, outside the checkout)
	@$(PYTHON) tools/toolchain.py build

openstack: toolchain ## the Pulumi plugin of OVHcloud's OpenStack (built once, outside the checkout)
	@$(PYTHON) tools/toolchain.py build openstack

doctor: ## what was found, what is missing, and the command that mends it
	@if [ -x $(RUN) ]; then $(RUN) doctor; else $(PYTHON) tools/toolchain.py status; fi

demo: toolchain ## the main job: EMC2 comes up on Outscale (simulated), policy pack mandatory
	@$(RUN) demo up

demo-violation: toolchain ## what is refused, with rule, requirement, place and remedy
	@$(RUN) demo violation

demo-down: toolchain ## destroy everything and prove through the API that nothing is left
	@$(RUN) demo down

shell: toolchain ## a shell in which `pulumi` and `rempart` work by themselves
	@set="$$($(RUN) env)" && eval "$$set" && echo "pulumi and rempart work here; exit leaves" && exec $${SHELL:-/bin/sh}

test: openstack lint ## every test
	@$(PYTHON) tools/toolchain.py test
	@PATH="$$($(PYTHON) tools/toolchain.py path):$$PATH" $(VENV)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --durations=30 --durations-min=20

test-faults: openstack ## the long form of the fault tests: killed at every write, before it and after it
	@REMPART_EVERY_KILL=1 $(VENV)/python -m pytest -m faults

test-platforms: openstack ## the long form of the conformance suite: EMC2 on each provider, dozens of drawn platforms
	@REMPART_EVERY_PLATFORM=1 $(VENV)/python -m pytest tests/conformance

mutation: toolchain ## how good the rules are: broken platforms and broken rules, and what notices them
	@$(VENV)/python -m tests.mutation $(PARTS)

lint: toolchain ## ruff, mypy --strict, the import rule
	@$(VENV)/ruff check . && $(VENV)/ruff format --check . && $(VENV)/mypy && $(VENV)/lint-imports

format: toolchain ## ruff's own layout
	@$(VENV)/ruff check --fix . && $(VENV)/ruff format .

bench: toolchain ## every benchmark, one line per figure
	@$(VENV)/python -m benchmarks

sdk: toolchain ## the typed classes of our plugins, from their schemas
	@eval "$$($(RUN) env)" && for kind in outscale s3; do $(VENV)/python -m plugins.runtime.sdk $$kind; done

pictures: toolchain ## the drawings of the documentation
	@$(RUN) plan emc2 --format svg --output docs/emc2.svg
