"""Head office's own people at the command line: named by code, two for what takes authority."""

from pathlib import Path

from tests.e2e.office_process import branchdesk, do, enrol, found_office, free_port, serving

FIRST = {"BRANCHDESK_PIN": "135791"}
BOTH = {**FIRST, "BRANCHDESK_SECOND_PIN": "864200"}


def test_revoking_is_for_one_alone_only_until_head_office_has_named_people(tmp_path: Path) -> None:
    office, home = tmp_path / "office", tmp_path / "terminal"
    found_office(office)
    with serving(office, free_port()):
        enrol(office, home)
        alone = do(office, "office", "staff", "add", "H001", "--name", "周行长",
                   env={"BRANCHDESK_NEW_PIN": "135791"})  # fmt: skip
        do(office, "office", "staff", "add", "H002", "--name", "吴复核", "--staff", "H001",
           env={**FIRST, "BRANCHDESK_NEW_PIN": "864200"})  # fmt: skip
        listed = do(office, "office", "staff", "list").answers
        nobody = branchdesk(office, "office", "revoke", "1")
        one = branchdesk(office, "office", "revoke", "1", "--staff", "H001", env=FIRST)
        two = do(office, "office", "revoke", "1", "--reason", "失窃",
                 "--staff", "H001", "--second", "H002", env=BOTH)  # fmt: skip
        do(home, "sync")

    assert alone.stderr.strip()
    assert [line["code"] for line in listed if line["role"] == "office"] == ["H001", "H002"]
    assert nobody.error is not None
    assert nobody.error["error"] == "office_person_missing"
    assert one.error is not None
    assert one.error["error"] == "office_second_missing"
    assert (two.answer["what"], two.answer["number"], two.stderr) == ("terminal", "1", "")
    assert do(home, "status").answer["state"] == "frozen"
