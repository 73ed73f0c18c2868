"""Fuzz one parser: python -m tests.faults.fuzzing.one_target NAME CORPUS [-libfuzzer options]."""

import sys

import atheris

with atheris.instrument_imports(include=["branchdesk.protocol"], enable_loader_override=False):
    from tests.faults.fuzzing.targets import TARGETS


def main(words: list[str]) -> None:
    """Hand over to the fuzzer, which ends the process itself."""
    name, *rest = words
    atheris.Setup([name, *rest], TARGETS[name].take)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
