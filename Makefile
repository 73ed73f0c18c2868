# The menu. Every line goes through packaging/bootstrap.py, which also works where there is no make.
# Arguments for pytest and friends: make test ARGS="tests/unit -k voucher". Variables pass through: make faults MINUTES=5 SEED=1

PYTHON ?= python3
.DEFAULT_GOAL := help
.PHONY: run test check fix bench gallery faults package setup pins clean help

run test check fix bench gallery faults package setup pins clean help:
	@$(PYTHON) packaging/bootstrap.py $@ $(ARGS)
