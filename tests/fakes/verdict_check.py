"""The check of a voucher without a window: its presenter over real use cases and fakes."""

from branchdesk.application.list_redemptions import ListRedemptions
from branchdesk.application.models import CampaignInForce
from branchdesk.ui.kit.words import Tone
from branchdesk.ui.verdict.presenter import VerdictPresenter
from branchdesk.ui.verdict.services import RedeemServices, VerdictServices
from branchdesk.ui.verdict.state import VerdictState
from tests.fakes.background import ManualBackground
from tests.fakes.camera import FakeCameras
from tests.fakes.counter import TELLER
from tests.fakes.pictures import PICTURES
from tests.fakes.till import Till


class Screen:
    """Takes note of what is shown, and of when the desk was covered or uncovered."""

    def __init__(self) -> None:
        self.shown: list[VerdictState] = []
        self.changes = self.commits = 0
        self.heard: list[Tone] = []
        self.previews: list[object] = []
        self.camera = ""

    def render(self, state: VerdictState) -> None:
        self.shown.append(state)

    def show_preview(self, preview: object) -> None:
        self.previews.append(preview)

    def chosen_camera(self) -> str:
        return self.camera

    def choose_camera(self, camera: str) -> None:
        self.camera = camera

    def sound(self, tone: Tone) -> None:
        self.heard.append(tone)

    def work_done(self) -> None:
        self.commits += 1

    def covered(self) -> None:
        self.changes += 1


class Check:
    """A check over real use cases and the store in memory."""

    def __init__(self, cameras: FakeCameras | None = None) -> None:
        self.cameras = cameras or FakeCameras()
        self._has_camera = cameras is not None
        self.counter = Till("PHONE10", "SPEND200", "RATE50")
        self.counter.keep()
        issued = self.counter.register(issue=["SPEND200"], interests=["贷款"]).vouchers[0]
        self.token, self.short_code = issued.token, issued.short_code
        self.screen, self.background = Screen(), ManualBackground()
        self.verdict = VerdictPresenter(
            self.screen, self.background, self.services(), self.screen, lambda: TELLER
        )

    def services(self) -> VerdictServices:
        store, clock = self.counter.store, self.counter.clock
        return VerdictServices(
            verify=self.counter.verify,
            campaigns=self.campaigns,
            redeem=self.redeem_services(),
            pictures=PICTURES,
            recent=ListRedemptions(store, clock),
            now_ms=clock.now_ms,
            camera=self.cameras.services() if self._has_camera else None,
        )

    def redeem_services(self) -> RedeemServices:
        redeem, undo = self.counter.redeeming, self.counter.undoing
        return RedeemServices(
            begin=redeem.begin, settle=redeem.settle, unanswered=redeem.unanswered,
            begin_undo=undo.begin, settle_undo=undo.settle, undo_unanswered=undo.unanswered,
            ask_office=self.counter.ask,
            new_intent=lambda: str(self.counter.randomness.intent_id()),
        )  # fmt: skip

    def run(self) -> None:
        """Run everything that waits, and what comes of it."""
        while self.background.waiting:
            self.background.run_all()

    def campaigns(self) -> tuple[CampaignInForce, ...]:
        with self.counter.store.read() as reading:
            return reading.campaigns()
