"""Head office's newest signature as a file: everything somebody needs to check it without us."""

import json
from pathlib import Path

from branchdesk.app.commands.answers import plain
from branchdesk.application.models import Proof
from branchdesk.errors import EnvironmentFault, os_reason
from branchdesk.protocol.chain import ACK_PREFIX


def proof_fields(proof: Proof) -> dict[str, object]:
    """Return everything somebody needs to check head office's word without us."""
    ack = proof.ack
    return {
        "terminal": ack.terminal,
        "epoch": ack.epoch,
        "acked_seq": ack.seq,
        "hash": ack.hash.hex(),
        "durable_seq": ack.durable_seq,
        "ho_epoch": ack.ho_epoch,
        "time_ms": ack.time_ms,
        "nonce": ack.nonce.hex(),
        "signed_message": (ACK_PREFIX + ack.message()).hex(),
        "signature": ack.signature.hex(),
        "ack_key": proof.ack_key.hex(),
        "ack_key_record": proof.key_record.hex(),
        "root_key": proof.root_key.hex(),
    }


def save_proof(proof: Proof, path: Path) -> None:
    """Write the proof as JSON; raises EnvironmentFault ``file_unwritable``."""
    text = json.dumps(plain(proof_fields(proof)), indent=1) + "\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EnvironmentFault(
            "file_unwritable", path=str(path), reason=os_reason(error)
        ) from error
