"""What the sync screen may call, on the store that is open then and on this machine."""

from functools import partial
from typing import cast

from branchdesk.app.proof import save_proof
from branchdesk.app.terminal import Terminal
from branchdesk.application.check_road import RoadReport
from branchdesk.application.read_sync import ReadSync, SyncPage
from branchdesk.documents.models import Language
from branchdesk.errors import RuleViolation
from branchdesk.ui.sync.services import SyncServices


def sync_services(terminal: Terminal) -> SyncServices:
    """Name every use case that the screen may call."""
    return SyncServices(
        read=partial(_read, terminal),
        save_proof=partial(_save_proof, terminal),
        check_road=partial(_check_road, terminal),
        print_slip=partial(_print_slip, terminal),
    )


def _read(terminal: Terminal) -> SyncPage:
    return ReadSync(terminal.store)()


def _check_road(terminal: Terminal, staff: str) -> RoadReport:
    return terminal.check_road(staff)


def _save_proof(terminal: Terminal) -> str:
    proof = terminal.store.proof()
    if proof is None:
        raise RuleViolation("proof_missing")
    name = f"proof-{proof.ack.terminal}-{proof.ack.epoch}-{proof.ack.seq}.json"
    path = terminal.home.print_folder / name
    save_proof(proof, path)
    return str(path)


def _print_slip(terminal: Terminal, report: RoadReport, language: str) -> str:
    return terminal.road_slips(report, cast(Language, language))
