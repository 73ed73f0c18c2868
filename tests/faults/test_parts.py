"""``make faults``: its time is shared, what breaks is told with the command that repeats it."""

import pytest

from tests.faults.__main__ import Job, Tally, main, plan, run_one
from tests.faults.parts import PARTS, Part, Trial


def a_trial(seconds: float, case: int | None = None) -> tuple[Trial, list[dict[str, object]]]:
    """Return a trial that ends ``seconds`` from the beginning of all time, and what it tells."""
    told: list[dict[str, object]] = []
    return Trial(7, seconds, told.append, case), told


def test_the_time_is_shared_by_weight_and_nobody_gets_more_than_there_is() -> None:
    parts = (Part("a", 0.1, ""), Part("b", 0.6, ""), Part("c", 0.3, ""))
    jobs = plan(parts, 100, 2)
    assert [(job.part.name, round(job.seconds)) for job in jobs] == [
        ("b", 100), ("c", 60), ("a", 20),
    ]  # fmt: skip


def test_every_part_has_a_name_of_its_own() -> None:
    assert len({part.name for part in PARTS}) == len(PARTS)


def test_a_case_makes_the_same_choices_every_time() -> None:
    trial, _ = a_trial(0)
    (first,) = trial.cases()
    again, _ = a_trial(0, case=0)
    (repeated,) = again.cases()
    assert first.chance.random() == repeated.chance.random()
    assert trial.numbered(1).chance.random() != trial.numbered(2).chance.random()


def test_what_breaks_is_told_with_its_case_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    trial, told = a_trial(0, case=12)
    for case in trial.cases():
        with trial.judged(case):
            trial.count("cuts")
            raise AssertionError("a voucher is lost")
    trial.flush()
    tally = Tally(7)
    for fact in told:
        tally.take(Part("cuts", 1, ""), fact)
    shown = capsys.readouterr().out
    assert "a voucher is lost" in shown
    assert 'again: make faults SEED=7 ARGS="cuts --case 12"' in shown
    assert tally.line() == "steps 0, kills 0, cuts 1, inputs 0, violations 1"


def test_what_there_is_a_known_number_of_is_told_as_so_many_of_so_many() -> None:
    trial, told = a_trial(0)
    trial.out_of("mutants killed", 13)
    tally = Tally(7)
    for fact in told:
        tally.take(Part("mutants", 1, ""), fact)
    assert "mutants killed 0 of 13, violations 0" in tally.line()
    trial.count("mutants killed")
    trial.flush()
    for fact in told:
        tally.take(Part("mutants", 1, ""), fact)
    assert "mutants killed 1 of 13, violations 0" in tally.line()


def test_a_part_that_dies_is_a_violation(capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally(7)
    run_one(Job(Part("nowhere", 1, "none"), 1), tally)
    assert "the part ended with 1" in capsys.readouterr().out
    assert tally.counts["violations"] == 1


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["nonsense"])
    assert "no such part: nonsense" in capsys.readouterr().err
