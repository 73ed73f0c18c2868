"""A customer's rights by command line: consent, correction, merge, erasure, up to head office."""

import json
from pathlib import Path

from tests.e2e.office_process import Ran, branchdesk, do, enrol, found_office, free_port, serving

TELLER = ("--staff", "T001")
BOTH = {"BRANCHDESK_SECOND_PIN": "135791"}
WALK_IN = {
    "name": "欧阳修竹", "phone": "13712345678", "channel": "counter",
    "consents": ["service", "marketing_phone"], "issue": ["PHONE10"],
}  # fmt: skip


def _give(home: Path, command: str, **line: object) -> Ran:
    return branchdesk(home, command, "-", *TELLER, stdin=json.dumps(line))


def _registered(home: Path, **changes: object) -> str:
    answer = do(home, "register", "-", *TELLER, stdin=json.dumps({**WALK_IN, **changes})).answer
    return str(answer["customer"])


def test_a_customer_is_shown_corrected_and_forgotten_everywhere(tmp_path: Path) -> None:
    office, home, elsewhere = (tmp_path / name for name in ("office", "terminal", "elsewhere"))
    found_office(office)
    port = free_port()
    with serving(office, port):
        enrol(office, home)
        enrol(office, elsewhere, "B002", "T002")
        code = do(office, "office", "staff", "code", "S001").answer["code"]
        do(home, "sync")
    do(home, "pin", "--staff", "S001",
       env={"BRANCHDESK_PIN": str(code), "BRANCHDESK_NEW_PIN": "135791"})  # fmt: skip
    customer, twin = _registered(home), _registered(home, name="欧阳竹", issue=[])

    page = do(home, "customer", customer, *TELLER).answer
    assert (page["name"], page["phone"], page["erased"]) == ("欧阳**", "137****5678", False)
    corrected = _give(home, "correct", customer=customer, phone="13600136000", reason="换号")
    assert (corrected.code, corrected.answer["corrected"]) == (0, True)
    merge = _give(home, "merge", kept=customer, other=twin, reason="同一人").answer["merge"]
    assert _give(home, "merge", undo=merge, reason="不确定").code == 0
    taken = _give(home, "consent", customer=customer, purpose="service", granted=False)
    assert taken.code == 0
    refused = _give(home, "issue", customer=customer, offer="SPEND200")
    assert (refused.code, refused.answer["error"]) == (3, "consent_service_withdrawn")

    with serving(office, port):
        do(home, "sync")
        do(elsewhere, "sync")
    standing = do(office, "office", "customer", customer).answer["consents"]
    assert isinstance(standing, list)
    assert {line["purpose"]: line["granted"] for line in standing} == {
        "service": False, "marketing_phone": True,
    }  # fmt: skip

    wish = json.dumps({"customer": customer, "reason": "本人要求"})
    alone = branchdesk(home, "erase", "-", *TELLER, stdin=wish)
    assert (alone.code, alone.answer["error"]) == (3, "second_person_missing")
    done = do(home, "erase", "-", *TELLER, "--second", "S001", stdin=wish, env=BOTH).answer
    assert done["erased"] is True
    with serving(office, port):
        do(home, "sync")
        do(elsewhere, "sync")

    assert do(home, "customers", "6000", *TELLER).answers == ()
    page = do(home, "customer", customer, *TELLER).answer
    assert (page["erased"], page["name"], len(page["vouchers"])) == (True, "", 1)  # type: ignore[arg-type]  # a list in the JSON answer
    shown = do(office, "office", "customer", customer).answer
    assert (shown["erased"], shown["vouchers"]) == (True, 1)
    assert do(office, "office", "audit").answer["ok"] is True
    for one in (home, elsewhere):
        assert do(one, "check").answer["ok"] is True
    do(home, "recover")
    assert do(home, "customer", customer, *TELLER).answer["erased"] is True
