"""What the sync screen may call, on the store that is open then and on this machine."""

from functools import partial
from pathlib import Path
from typing import cast

from branchdesk.app.proof import save_proof
from branchdesk.app.rhythm import SyncWatch
from branchdesk.app.stick import export_to_stick, import_from_stick
from branchdesk.app.terminal import Terminal
from branchdesk.application.check_road import RoadReport
from branchdesk.application.models import StickExport, SyncReport
from branchdesk.application.read_sync import ReadSync, SyncPage
from branchdesk.documents.models import Language
from branchdesk.errors import RuleViolation
from branchdesk.ui.sync.services import SyncServices


def sync_services(terminal: Terminal) -> SyncServices:
    """Name every use case that the screen may call."""
    watch = SyncWatch()
    return SyncServices(
        read=partial(_read, terminal),
        save_proof=partial(_save_proof, terminal),
        check_road=partial(_check_road, terminal),
        print_slip=partial(_print_slip, terminal),
        export_stick=partial(_export_stick, terminal, watch),
        import_reply=partial(_import_reply, terminal, watch),
        stick_progress=watch.progress,
        stop_stick=watch.stop,
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


def _export_stick(terminal: Terminal, watch: SyncWatch, path: str) -> StickExport:
    watch.begin()
    return export_to_stick(terminal, Path(path), watch.tell, watch.is_stopped)


def _import_reply(terminal: Terminal, watch: SyncWatch, path: str) -> SyncReport:
    watch.begin()
    return import_from_stick(terminal, Path(path), watch.tell, watch.is_stopped)
