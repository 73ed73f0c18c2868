"""The parts of the counter: keys ahead of answers, talk, scans, searches, what is known."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from branchdesk.application.customer_page import VOUCHER_STANDINGS
from branchdesk.application.models import OfferLine, Session
from branchdesk.devices.paths import resource
from branchdesk.devices.texts import load_texts
from branchdesk.domain.consent import ConsentHow, Purpose
from branchdesk.domain.identity import DocumentType
from branchdesk.domain.signature import decode_signature
from branchdesk.errors import EnvironmentFault
from branchdesk.ui.counter.form import ConsentAnswer, Edit, Field, form_from_draft
from branchdesk.ui.counter.offer_search import matching
from branchdesk.ui.counter.state import Focus
from branchdesk.ui.shell.services import DeskServices
from tests.fakes.background import ManualBackground
from tests.fakes.bank import sample_campaign
from tests.fakes.desk import DOCUMENT, FakeDesk
from tests.unit.test_ui_counter import Counter

OTHER_DOCUMENT = "500103199905159926"


@pytest.fixture
def slow() -> Counter:
    """Return a counter whose store answers only when it is told to."""
    background = ManualBackground()
    counter = Counter(background=background)
    background.run_all()
    return counter


def answer_all(counter: Counter) -> None:
    background = counter.background
    assert isinstance(background, ManualBackground)
    background.run_all()


def served(counter: Counter) -> str:
    """Return whom a person's own customer is, registered and chosen."""
    customer = counter.behind.register("欧阳䶮", "13800003333", "PHONE10", document=DOCUMENT)
    counter.presenter.search("3333")
    counter.timers.fire_short()
    counter.presenter.choose(customer)
    return customer


# -- ahead of the answer ---------------------------------------------------


def test_keys_pressed_before_the_offers_are_known_do_what_they_would_have_done(
    slow: Counter,
) -> None:
    slow.type(Field.NAME, "王𬭼")
    slow.type(Field.PHONE, "13900001234")
    slow.agree(Purpose.SERVICE)
    slow.presenter.toggle_number(1)
    slow.presenter.submit()
    assert not slow.state.busy
    answer_all(slow)
    assert [voucher.offer_code for voucher in slow.behind.vouchers()] == ["PHONE10"]


def test_a_key_ahead_of_the_answer_does_not_wait_for_the_typing_to_pause(slow: Counter) -> None:
    slow.agree(Purpose.SERVICE)
    assert "look" in slow.timers.set
    slow.presenter.toggle_number(1)
    assert "look" not in slow.timers.set


def test_a_number_means_the_offer_that_had_it_when_the_key_was_pressed(slow: Counter) -> None:
    slow.fill()
    answer_all(slow)
    spend = next(card for card in slow.state.offers if card.code == "SPEND200")
    # Somebody else took the only voucher of this kind that a person may have: numbers will shift.
    slow.behind.register("王𬭼", "13900001299", "PHONE10")
    slow.type(Field.PHONE, "13900001299")
    slow.presenter.toggle_number(spend.number)
    answer_all(slow)
    assert [line.code for line in slow.state.basket] == ["SPEND200"]
    assert next(c for c in slow.state.offers if c.code == "SPEND200").number != spend.number


def test_a_number_of_what_cannot_be_had_says_why(slow: Counter) -> None:
    slow.behind.register("王𬭼", "13900001234", "PHONE10")
    slow.fill()
    answer_all(slow)
    blocked = next(card for card in slow.state.offers if card.code == "PHONE10")
    assert blocked.number == 0
    slow.presenter.toggle_number(slow.state.offers.index(blocked) + 1)
    assert slow.state.note is not None
    assert slow.state.note.phrase.key == "counter.offer_not_now"
    assert slow.state.note.phrase.facts == {"name": blocked.name, "reason": blocked.reasons[0]}
    assert slow.state.basket == ()
    slow.presenter.toggle_number(9)
    assert slow.state.note.phrase.key == "counter.offer_no_number"
    slow.presenter.toggle_number(1)
    assert slow.state.note is None
    assert len(slow.state.basket) == 1


def test_on_a_van_people_come_from_the_van_until_somebody_says_otherwise() -> None:
    counter = Counter(FakeDesk(outlet="V001"))
    assert counter.state.form.channel == "van"
    counter.type(Field.CHANNEL, "flyer")
    counter.fill()
    counter.presenter.start(Session("S001"), counter.behind.store.state.campaigns)
    assert counter.state.form.channel == "flyer"
    # Somebody else asks for consent anew.
    counter.agree(Purpose.SERVICE)
    counter.presenter.submit()
    counter.presenter.next_person()
    assert counter.state.form.channel == "van"
    assert Counter().state.form.channel == "counter"


class Unreadable(FakeDesk):
    """A desk whose offers cannot be read."""

    def services(self) -> DeskServices:
        """Return services of which one fails."""

        def fail(customer: str | None, form: Mapping[str, object] | None) -> tuple[OfferLine, ...]:
            raise EnvironmentFault("store_damaged")

        return replace(super().services(), list_offers=fail)


def test_what_waited_for_offers_that_cannot_be_read_is_not_done() -> None:
    background = ManualBackground()
    counter = Counter(Unreadable(), background)
    background.run_all()
    counter.type(Field.NAME, "王𬭼")
    counter.type(Field.PHONE, "13900001234")
    counter.agree(Purpose.SERVICE)
    counter.presenter.toggle_number(1)
    counter.presenter.submit()
    answer_all(counter)
    with counter.behind.store.read() as reading:
        assert reading.search("1234", 5) == ()
    assert counter.state.note is not None
    assert counter.state.note.phrase.key == "error.store_damaged"
    assert counter.state.form.name == "王𬭼"
    assert counter.state.can_submit


def test_enter_before_the_search_has_answered_serves_the_one_who_is_found(slow: Counter) -> None:
    customer = slow.behind.register("欧阳䶮", "13800003333")
    slow.presenter.search("3333")
    slow.presenter.take_found()
    assert slow.state.person is None
    answer_all(slow)
    assert slow.state.person is not None
    assert slow.state.person.customer == customer


def test_enter_with_several_found_lets_somebody_choose() -> None:
    counter = Counter()
    for number in range(2):
        counter.behind.register("王小二", f"1380000333{number}")
    counter.presenter.search("王小二")
    counter.timers.fire_short()
    counter.presenter.take_found()
    assert counter.state.person is None
    assert counter.state.focus.where is Focus.FOUND


# -- the offers ------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("话费", ["PHONE10"]),
        ("huafei", ["PHONE10"]),
        ("HuaFei", ["PHONE10"]),
        ("hf", ["PHONE10"]),
        ("phone credit", ["PHONE10"]),
        ("PHONE10", ["PHONE10"]),
        ("ＰＨＯＮＥ", ["PHONE10"]),
        ("200", ["SPEND200"]),
        ("gift", ["GIFTBOX"]),
        ("uafei", []),
        ("没有这个", []),
    ],
)
def test_offers_are_found_by_name_code_and_pinyin(query: str, codes: list[str]) -> None:
    counter = Counter()
    lines = counter.behind.services().list_offers(None, {})
    assert [line.offer.code for line in matching(lines, query)] == codes
    assert matching(lines, "  ") == lines


def test_what_is_in_the_basket_stays_there_while_offers_are_searched() -> None:
    counter = Counter()
    counter.fill()
    counter.presenter.toggle("PHONE10")
    counter.presenter.offers.search("liwu")
    counter.presenter.offers.search("lihe")
    assert [card.code for card in counter.state.offers] == ["GIFTBOX"]
    assert [line.code for line in counter.state.basket] == ["PHONE10"]
    counter.presenter.toggle("PHONE10")
    assert counter.state.basket == ()


def test_a_search_without_a_find_says_so() -> None:
    counter = Counter()
    counter.fill()
    counter.presenter.offers.search("xyz")
    assert counter.state.offers_note is not None
    assert counter.state.offers_note.key == "counter.offers_none"
    counter.presenter.offers.take_first()
    assert counter.state.basket == ()
    assert counter.state.offer_query == "xyz"


# -- what to say -----------------------------------------------------------


def talk(counter: Counter) -> str:
    page = counter.state.talk
    assert page is not None
    return page.title.zh


def test_the_talk_track_follows_the_conversation() -> None:
    counter = Counter()
    tracks = {track.code: track.title.zh for track in sample_campaign().talk_tracks}
    assert talk(counter) == tracks["GREETING"]
    counter.fill()
    assert talk(counter) == tracks["CONSENT"]
    counter.presenter.toggle("SPEND200")
    assert talk(counter) == tracks["CONSENT"]
    counter.presenter.toggle("PHONE10")
    assert talk(counter) == tracks["PHONE10-TALK"]
    counter.presenter.submit()
    counter.presenter.next_person()
    assert talk(counter) == tracks["GREETING"]


def test_a_page_that_was_turned_stays_until_the_conversation_moves_on() -> None:
    counter = Counter()
    tracks = [track.title.zh for track in sample_campaign().talk_tracks]
    counter.presenter.talk.turn(-1)
    assert talk(counter) == tracks[-1]
    counter.presenter.find()
    assert talk(counter) == tracks[-1]
    counter.presenter.talk.turn(1)
    assert talk(counter) == tracks[0]
    counter.presenter.talk.turn(2)
    counter.type(Field.NAME, "王")
    assert talk(counter) == tracks[1]


def test_folding_the_talk_track_is_remembered_and_outlives_the_person() -> None:
    counter = Counter()
    counter.presenter.talk.fold()
    assert counter.talks == [False]
    counter.presenter.next_person()
    assert not counter.state.talk_open
    counter.presenter.talk.fold()
    assert counter.talks == [False, True]


def test_without_a_campaign_there_is_nothing_to_say() -> None:
    counter = Counter(FakeDesk(campaigns=(), lent=False))
    assert counter.state.talk is None
    counter.presenter.talk.turn(1)
    assert counter.state.talk is None


# -- scanned documents -----------------------------------------------------


def test_a_scanned_document_fills_an_empty_form() -> None:
    counter = Counter()
    counter.presenter.scan_document(DocumentType.PASSPORT, "E12345678", "Li Lei")
    form = counter.state.form
    assert (form.document_type, form.document_number) == ("passport", "E12345678")
    assert form.name == "Li Lei"


def test_a_scanned_document_never_overwrites_a_name_or_another_document() -> None:
    counter = Counter()
    counter.type(Field.NAME, "李雷")
    counter.presenter.scan_document(DocumentType.RESIDENT_ID, DOCUMENT, "李蕾")
    assert counter.state.form.name == "李雷"
    assert counter.state.form.document_number == DOCUMENT
    counter.presenter.scan_document(DocumentType.RESIDENT_ID, OTHER_DOCUMENT)
    assert counter.state.form.document_number == DOCUMENT
    assert counter.state.note is not None
    assert counter.state.note.phrase.key == "counter.scan_kept"


@pytest.mark.parametrize("typed", ["110105194912310021", OTHER_DOCUMENT])
def test_a_scan_corrects_a_number_that_was_typed(typed: str) -> None:
    counter = Counter()
    counter.type(Field.DOCUMENT_NUMBER, typed)
    counter.presenter.form.entered(Field.DOCUMENT_NUMBER)
    counter.presenter.scan_document(DocumentType.RESIDENT_ID, DOCUMENT)
    assert counter.state.form.document_number == DOCUMENT
    assert counter.state.errors == {}
    assert counter.state.note is not None
    assert counter.state.note.phrase.key == "counter.scan_replaced"


def test_a_document_scanned_while_somebody_known_is_served_is_refused_in_words() -> None:
    counter = Counter()
    served(counter)
    counter.presenter.scan_document(DocumentType.RESIDENT_ID, OTHER_DOCUMENT)
    assert counter.state.form.document_number == ""
    assert counter.state.note is not None
    assert counter.state.note.phrase.key == "counter.scan_serving"


def test_a_document_scanned_after_printing_is_the_next_persons() -> None:
    counter = Counter()
    counter.fill()
    counter.presenter.submit()
    counter.presenter.scan_document(DocumentType.RESIDENT_ID, DOCUMENT)
    assert counter.state.result is None
    assert counter.state.form.document_number == DOCUMENT
    assert counter.state.form.name == ""


# -- consents and what is known --------------------------------------------


def test_a_document_makes_its_own_consent_needed() -> None:
    counter = Counter()
    needed = {line.purpose for line in counter.state.consents if line.needed}
    assert needed == {Purpose.SERVICE}
    counter.type(Field.DOCUMENT_NUMBER, DOCUMENT)
    needed = {line.purpose for line in counter.state.consents if line.needed}
    assert needed == {Purpose.SERVICE, Purpose.SENSITIVE}


def test_one_text_is_open_at_a_time() -> None:
    counter = Counter()
    counter.presenter.form.read_out(Purpose.SERVICE)
    counter.presenter.form.read_out(Purpose.SENSITIVE)
    assert [line.purpose for line in counter.state.consents if line.open] == [Purpose.SENSITIVE]
    counter.presenter.form.read_out(Purpose.SENSITIVE)
    assert not any(line.open for line in counter.state.consents)


def test_the_way_of_consenting_is_kept_in_the_draft() -> None:
    counter = Counter()
    counter.presenter.answer(ConsentAnswer(Purpose.SERVICE, True, ConsentHow.VERBAL))
    counter.presenter.form.choose_how(ConsentHow.PAPER)
    counter.timers.fire_short()
    restored = Counter(counter.behind)
    assert restored.state.form.how is ConsentHow.PAPER
    assert restored.state.form.answer(Purpose.SERVICE).how is ConsentHow.PAPER


def test_who_is_chosen_shows_what_they_hold_and_agreed_to() -> None:
    counter = Counter()
    served(counter)
    person = counter.state.person
    assert person is not None
    assert person.known is not None
    assert [held.standing for held in person.known.vouchers] == ["good"]
    assert person.known.vouchers[0].name == sample_campaign().offer("PHONE10").name
    granted = {line.purpose for line in counter.state.consents if line.granted}
    assert granted == {Purpose.SERVICE, Purpose.SENSITIVE}
    about = {line.purpose: line.about.key for line in counter.state.consents}
    assert about[Purpose.SERVICE] == "counter.consent_granted"
    assert about[Purpose.MARKETING_PHONE] == "counter.consent_unasked"


def test_somebody_known_can_agree_to_more_at_the_counter_and_offers_follow() -> None:
    counter = Counter()
    customer = counter.behind.register("欧阳䶮", "13800003333")
    counter.presenter.search("3333")
    counter.timers.fire_short()
    counter.presenter.choose(customer)
    commits = counter.commits
    counter.agree(Purpose.PARTNER_SHARE)
    standing = {line.purpose: line for line in counter.state.consents}
    assert standing[Purpose.PARTNER_SHARE].granted
    assert standing[Purpose.PARTNER_SHARE].locked
    assert counter.commits == commits + 1
    with counter.behind.store.read() as reading:
        record = reading.customer(customer)
    assert record is not None
    assert Purpose.PARTNER_SHARE in record.granted_purposes


def test_nothing_is_taken_back_at_the_counter_by_a_slip_of_a_key() -> None:
    counter = Counter()
    customer = served(counter)
    counter.presenter.answer(ConsentAnswer(Purpose.SERVICE, False, ConsentHow.VERBAL))
    with counter.behind.store.read() as reading:
        record = reading.customer(customer)
    assert record is not None
    assert Purpose.SERVICE in record.granted_purposes


def test_an_answer_that_cannot_be_recorded_is_said_and_not_shown_as_given() -> None:
    counter = Counter()
    served(counter)
    counter.behind.store.fail_commit = EnvironmentFault("disk_full")
    counter.agree(Purpose.PARTNER_SHARE)
    line = next(one for one in counter.state.consents if one.purpose is Purpose.PARTNER_SHARE)
    assert not line.granted
    assert counter.state.note is not None
    assert counter.state.note.phrase.key == "error.disk_full"


# -- signatures ------------------------------------------------------------

DRAWN = (((100, 400), (900, 300), (1600, 700)), ((300, 900), (1500, 900)))


def signing(counter: Counter) -> None:
    counter.type(Field.NAME, "王𬭼")
    counter.type(Field.PHONE, "13900001234")
    for purpose in (Purpose.SERVICE, Purpose.SENSITIVE):
        counter.presenter.answer(ConsentAnswer(purpose, True, ConsentHow.VERBAL))
    counter.presenter.form.choose_how(ConsentHow.SIGNATURE)


def test_a_drawn_signature_is_kept_with_every_consent_that_was_given() -> None:
    counter = Counter()
    signing(counter)
    assert counter.state.focus.where is Focus.SIGNATURE
    counter.presenter.form.sign(DRAWN)
    counter.presenter.submit()
    assert counter.state.result is not None
    with counter.behind.store.read() as reading:
        (line,) = reading.search("1234", 5)
        (registered,) = reading.happenings(line.customer)
    assert registered.personal is not None
    signatures = registered.personal["signatures"]
    assert isinstance(signatures, Mapping)
    assert set(signatures) == {"service", "sensitive"}
    assert {decode_signature(data) for data in signatures.values()} == {DRAWN}


def test_without_a_stroke_nothing_is_signed_and_the_consents_say_so() -> None:
    counter = Counter()
    signing(counter)
    counter.presenter.submit()
    assert counter.state.result is None
    assert {name: words.key for name, words in counter.state.errors.items()} == {
        Field.CONSENTS: "error.signature_empty"
    }
    counter.presenter.form.sign(DRAWN)
    assert counter.state.errors == {}


def test_a_signature_makes_the_consent_to_sensitive_data_needed() -> None:
    counter = Counter()
    counter.presenter.form.choose_how(ConsentHow.SIGNATURE)
    needed = {line.purpose for line in counter.state.consents if line.needed}
    assert needed == {Purpose.SERVICE, Purpose.SENSITIVE}


def test_a_signature_survives_in_the_draft_and_goes_with_its_person() -> None:
    counter = Counter()
    signing(counter)
    counter.presenter.form.sign(DRAWN)
    counter.timers.fire_short()
    restored = Counter(counter.behind)
    assert restored.state.form.signature == DRAWN
    restored.presenter.submit()
    restored.presenter.next_person()
    assert restored.state.form.signature == ()


@pytest.mark.parametrize("strange", [7, [["x"]], [[[1]]], [[[1, 99_999]]], [[[-1, 0]]], "abc"])
def test_a_strange_signature_in_a_draft_is_left_out(strange: object) -> None:
    assert form_from_draft({"signature": strange}).signature == ()


def test_a_signature_never_stays_for_the_one_who_is_served_next() -> None:
    counter = Counter()
    counter.presenter.form.choose_how(ConsentHow.SIGNATURE)
    counter.presenter.form.sign(DRAWN)
    served(counter)
    assert counter.state.form.signature == ()
    counter.presenter.form.sign(DRAWN)
    counter.agree(Purpose.PARTNER_SHARE)
    counter.presenter.let_go()
    assert counter.state.form.signature == ()


def test_what_was_known_of_one_person_is_never_shown_of_the_next(slow: Counter) -> None:
    first = slow.behind.register("欧阳䶮", "13800003333", "PHONE10")
    second = slow.behind.register("欧阳修", "13800004444")
    slow.presenter.search("欧阳")
    slow.timers.fire("search")
    answer_all(slow)
    slow.presenter.choose(first)
    slow.presenter.let_go()
    slow.presenter.search("4444")
    slow.timers.fire("search")
    answer_all(slow)
    assert slow.state.person is None
    slow.presenter.choose(second)
    answer_all(slow)
    assert slow.state.person is not None
    assert slow.state.person.known is not None
    assert slow.state.person.known.vouchers == ()


def test_typing_after_a_warning_before_clearing_makes_the_next_press_a_first_one() -> None:
    counter = Counter()
    counter.fill()
    counter.presenter.next_person()
    counter.presenter.edit(Edit(Field.NAME, "王小"))
    counter.presenter.next_person()
    assert counter.state.form.name == "王小"


# -- what a person holds ---------------------------------------------------


@pytest.mark.parametrize("standing", VOUCHER_STANDINGS)
def test_every_standing_of_a_voucher_has_words_at_the_counter_and_on_the_page(
    standing: str,
) -> None:
    texts = load_texts(resource("resources/texts"))
    assert texts.has(f"counter.held_{standing}")
    assert texts.has(f"customer.voucher.{standing}")
