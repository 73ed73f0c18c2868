"""The commands of the redeeming side: verify, redeem, undo-redemption, redemptions, voucher."""

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from branchdesk.app.commands.acting import acting
from branchdesk.app.commands.answers import Answers, plain
from branchdesk.app.commands.batches import read_object, refuse_unknown, run_batch, text_field
from branchdesk.app.commands.line_formats import describe_lines
from branchdesk.app.commands.vouchers import voucher_fields
from branchdesk.app.terminal import Terminal
from branchdesk.application.issue_voucher import issued_answer
from branchdesk.application.list_redemptions import RedemptionLine
from branchdesk.application.models import Session
from branchdesk.application.office_questions import Doubt
from branchdesk.application.redemption_records import Redeemed, Redeeming, VoucherUse
from branchdesk.application.voucher_look import token_facts
from branchdesk.devices.code_pictures import is_picture, read_codes
from branchdesk.errors import BranchDeskError, RuleViolation
from branchdesk.protocol.facts import voucher_id
from branchdesk.protocol.redemption import Wish
from branchdesk.protocol.short_code import looks_like_short_code, parse_short_code
from branchdesk.protocol.signing import PUBLIC_KEY_BYTES, key_id
from branchdesk.protocol.verdict import Judgement, Verdict, read_and_authenticate

_AMOUNT_MAX = 2**32 - 1
# What people see of a judgement or a redemption; the rest is for programs.
_SHOWN = (
    "verdict", "why", "rule", "keeper", "voucher", "redemption", "undone", "basis", "amount_minor",
    "remaining_minor", "fate", "given_on", "expires_on", "used_outlet", "used_at", "newest_copy",
    "undone_at", "online", "in_doubt", "intent",
)  # fmt: skip
_LISTED = (
    "redeemed_at", "offer", "amount_minor", "short_code", "holder", "staff", "undo_until_at",
    "undone_at", "redemption",
)  # fmt: skip


def add_redemption_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands that judge and redeem vouchers."""
    verify = commands.add_parser("verify", help="judge tokens or short codes: one a line")
    verify.add_argument("file", metavar="FILE|-", help="lines, or a picture or PDF with codes")
    verify.add_argument("--key", metavar="HEX", help="head office's grant key; no home needed")
    verify.add_argument("--online", action="store_true", help="ask head office where only it knows")
    verify.set_defaults(run=_verify)

    redeem = commands.add_parser("redeem", help="redeem vouchers: one JSON object a line")
    source = redeem.add_mutually_exclusive_group(required=True)
    source.add_argument("file", metavar="FILE|-", nargs="?")
    source.add_argument("--image", metavar="FILE", help="every code in a picture or PDF")
    source.add_argument(
        "--in-doubt", action="store_true", help="ask again what head office never answered"
    )
    redeem.set_defaults(run=_redeem)
    describe_lines(redeem, "redeem")

    undo = commands.add_parser("undo-redemption", help="undo redemptions: one JSON object a line")
    undo.add_argument("file", metavar="FILE|-")
    undo.set_defaults(run=_undo)
    describe_lines(undo, "undo-redemption")

    listed = commands.add_parser("redemptions", help="what was redeemed at this terminal today")
    listed.set_defaults(run=_redemptions)

    voucher = commands.add_parser("voucher", help="show one voucher by id or short code")
    voucher.add_argument("code")
    voucher.set_defaults(run=_voucher)


def _verify(options: argparse.Namespace, answers: Answers) -> int:
    if options.key:
        keys = _grant_keys(options.key)
        return _each_code(options, answers, lambda code: _by_key(code, keys))

    def act(terminal: Terminal, session: Session) -> int:
        def judge(code: str) -> Judgement:
            if options.online:
                return terminal.verify_online(session, code)
            return terminal.verify_voucher(code)

        return _each_code(options, answers, lambda code: _judged(judge(code)))

    return acting(options, act, alone=True)


def _each_code(
    options: argparse.Namespace, answers: Answers, judge: Callable[[str], object]
) -> int:
    """Judge every line of a file, or every code in a picture."""
    if options.file != "-" and is_picture(Path(options.file)):
        return _in_turn(answers, read_codes(Path(options.file)), judge)
    return run_batch(options.file, answers, lambda line: judge(_code_in(line)), _SHOWN)


def _in_turn(answers: Answers, codes: tuple[str, ...], do: Callable[[str], object]) -> int:
    worst = 0
    for number, code in enumerate(codes, start=1):
        try:
            answers.give_line(number, do(code), _SHOWN)
        except BranchDeskError as error:
            answers.fail_line(number, error)
            worst = max(worst, error.exit_code)
    return worst


def _by_key(code: str, keys: dict[bytes, bytes]) -> dict[str, object]:
    if looks_like_short_code(code):
        # A short code proves nothing by itself: only a row that is known can answer.
        named = parse_short_code(code)
        facts: dict[str, object] = {"grant": named.grant, "slot": named.slot}
        return _judged(Judgement(Verdict.NEEDS_LINE, None, facts))
    return _judged(read_and_authenticate(code, keys))


def _code_in(line: str) -> str:
    """Return the token or short code of a line: plain text, or {"token": …} as JSON."""
    if line.startswith("{"):
        return text_field(read_object(line), "token")
    return json.loads(line) if line.startswith('"') else line


def _judged(judgement: Judgement) -> dict[str, object]:
    facts = dict(judgement.facts)
    if judgement.token is not None and "grant" not in facts and "rule" not in facts:
        facts |= token_facts(judgement.token)
    return {"verdict": judgement.verdict.value, **facts}


def _grant_keys(text: str) -> dict[bytes, bytes]:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError as error:
        raise RuleViolation("key_invalid", field="--key") from error
    if len(key) != PUBLIC_KEY_BYTES:
        raise RuleViolation("key_invalid", field="--key", bytes=len(key))
    return {key_id(key): key}


def _redeem(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, session: Session) -> int:
        def redeem(line: str) -> object:
            fields = read_object(line)
            asked = _asked(fields)
            intent = text_field(fields, "intent") if "intent" in fields else None
            return _redeemed(terminal.redeem_voucher(session, asked, intent), intent)

        def code(text: str) -> object:
            return _redeemed(terminal.redeem_voucher(session, Redeeming(text)))

        if options.in_doubt:
            return _ask_again(terminal, session, answers)
        if options.image:
            return _in_turn(answers, read_codes(Path(options.image)), code)
        return run_batch(options.file, answers, redeem, _SHOWN)

    return acting(options, act)


def _ask_again(terminal: Terminal, session: Session, answers: Answers) -> int:
    """Ask everything again that is in doubt, under the intents of then."""

    def again(doubt: Doubt) -> object:
        intent = str(doubt.intent)
        if doubt.wish is Wish.UNDO:
            done = terminal.undo_redemption(session, doubt.redemption, doubt.reason, intent)
            return {"redemption": done.redemption, "undone": True, "intent": intent}
        return _redeemed(terminal.redeem_voucher(session, doubt.asked, intent))

    found = {str(doubt.intent): doubt for doubt in terminal.redeem_voucher.doubts().all()}
    if not found:
        answers.say("cli.nothing_in_doubt")
    return _in_turn(answers, tuple(found), lambda intent: again(found[intent]))


def _asked(fields: Mapping[str, object]) -> Redeeming:
    refuse_unknown(fields, "token", "phone", "phone_tail", "purchase_minor", "use_minor", "intent")
    return Redeeming(
        text=text_field(fields, "token"),
        phone=text_field(fields, "phone", default=""),
        phone_tail=text_field(fields, "phone_tail", default=""),
        purchase_minor=_amount(fields, "purchase_minor"),
        use_minor=_amount(fields, "use_minor", least=1),
    )


def _amount(fields: Mapping[str, object], name: str, *, least: int = 0) -> int:
    """Return an amount in fen, 0 when it is left out; nothing asked for is not "all of it"."""
    if name not in fields:
        return 0
    value = fields[name]
    if type(value) is not int:
        raise RuleViolation("field_type", field=name, expected="integer")
    if not least <= value <= _AMOUNT_MAX:
        raise RuleViolation("amount_range", field=name, least_minor=least, most_minor=_AMOUNT_MAX)
    return value


def _redeemed(done: Redeemed, intent: str | None = None) -> dict[str, object]:
    """Return the answer to one line; what is not so is left out."""
    told: dict[str, object] = {"verdict": done.verdict, "voucher": done.voucher}
    if done.redemption:
        told |= {
            "redemption": done.redemption, "basis": done.basis, "amount_minor": done.amount_minor,
        }  # fmt: skip
    if done.remaining_minor is not None:
        told["remaining_minor"] = done.remaining_minor
    told["intent"] = intent or str(done.intent)
    if done.in_doubt:
        told["in_doubt"] = True
    return {**done.facts, **told}


def _undo(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, session: Session) -> int:
        def undo(line: str) -> object:
            fields = read_object(line)
            refuse_unknown(fields, "redemption", "reason", "intent")
            intent = text_field(fields, "intent") if "intent" in fields else None
            reason = text_field(fields, "reason", default="")
            done = terminal.undo_redemption(
                session, text_field(fields, "redemption"), reason, intent
            )
            return {
                "redemption": done.redemption, "undone": True, "voucher": done.voucher,
                "amount_minor": done.amount_minor, "intent": intent or str(done.intent),
            }  # fmt: skip

        return run_batch(options.file, answers, undo)

    return acting(options, act)


def _redemptions(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, _session: Session) -> int:
        found = [_listed(line) for line in terminal.list_redemptions()]
        answers.give_all(found, "cli.redemptions_none", shown=_LISTED)
        return 0

    return acting(options, act)


def _listed(line: RedemptionLine) -> dict[str, object]:
    record = line.record
    grant, slot = record.token.grant, record.token.voucher.slot
    return {
        "redeemed_at_ms": record.at_ms,
        "offer": grant.offer if line.offer is None else line.offer.code,
        "amount_minor": record.amount_minor,
        "short_code": line.short_code,
        "holder": record.holder,
        "staff": record.staff,
        "undo_until_at_ms": line.until_ms,
        "undone_at_ms": record.undone_ms,
        "redemption": record.redemption,
        "voucher": voucher_id(grant.number, slot),
        "basis": record.basis,
    }


def _voucher(options: argparse.Namespace, answers: Answers) -> int:
    def act(terminal: Terminal, _session: Session) -> int:
        name = options.code
        if name.count("-") != 1:
            code = parse_short_code(name)
            name = f"{code.grant}-{code.slot}"
        with terminal.store.read() as reading:
            record = reading.voucher(name)
            if record is None:
                raise RuleViolation("voucher_unknown", field="voucher", voucher=name[:64])
            standing = reading.standing(record.grant, record.slot)
            decided = reading.outcomes_of(record.grant, record.slot)
        answers.give(
            {
                **voucher_fields(issued_answer(record, None)),
                "printed": record.printed,
                "revoked": record.revoked,
                "void": standing.is_void,
                "remaining_minor": max(0, record.face_minor - standing.used_minor),
                "redemptions": [_use(use) for use in standing.uses],
                "outcomes": [plain(outcome) for outcome in decided],
            }
        )
        return 0

    return acting(options, act, alone=True)


def _use(use: VoucherUse) -> dict[str, object]:
    return {
        "redemption": use.redemption, "amount_minor": use.amount_minor, "used_at_ms": use.at_ms,
        "outlet": use.outlet, "basis": use.basis or None, "undone": use.is_undone,
    }  # fmt: skip
