"""The letter about a lost terminal, in words: for the outlet, signed by two people."""

from pathlib import Path
from typing import BinaryIO

from branchdesk.app.paper import write_whole
from branchdesk.app.road import china_minute
from branchdesk.application.texts import Texts, yuan
from branchdesk.devices.paths import resource
from branchdesk.documents.models import DocumentResult, Language
from branchdesk.headoffice.life_results import LostTerminal, OfferExposure


def write_lost_letter(found: LostTerminal, path: Path, texts: Texts, language: Language) -> None:
    """Write the letter whole to ``path`` as a PDF; raises EnvironmentFault ``file_unwritable``."""
    from branchdesk.documents.fonts import FontFolder
    from branchdesk.documents.letter import Letter, render_letter

    def say(key: str, **facts: object) -> str:
        return texts.say(f"letter.lost.{key}", language, **facts)

    figures = {
        "terminal": found.terminal, "outlet": found.outlet, "epoch": found.epoch, "seq": found.seq,
        "grants": len(found.grants_revoked), "slots": found.slots_revoked,
        "exposure_minor": found.exposure_minor,
    }  # fmt: skip
    letter = Letter(
        title=say("title"),
        place=china_minute(found.at_ms),
        to=say("to", outlet=found.outlet, name=found.outlet_name),
        before=(say("what", **figures), say("most", **figures)),
        columns=tuple(say(f"column.{name}") for name in
                      ("offer", "unused", "unused_amount", "allowance", "open", "open_amount")),
        rows=tuple(_row(offer) for offer in found.offers),
        total=say("total", **figures),
        after=(say("done", **figures), say("vouchers"), say("do")),
        signatures=(say("signature.first"), say("signature.second"), say("signature.outlet")),
    )  # fmt: skip

    def draw(file: BinaryIO) -> DocumentResult:
        fonts = FontFolder(resource("resources/fonts"))
        return render_letter(letter, file, fonts=fonts, language=language)

    write_whole(path, draw)


def _row(offer: OfferExposure) -> tuple[str, ...]:
    amounts = (offer.unused_minor, offer.allowance_minor, offer.open_minor)
    unused, allowance, left = (f"¥{yuan(amount)}" for amount in amounts)
    return (offer.code, str(offer.unused), unused, allowance, str(offer.open_vouchers), left)
