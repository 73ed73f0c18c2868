"""Seventy-seven misfortunes, and the test that lives through each.

A test is named by file and function; a part of ``make faults`` by ``make faults`` and its name, an
act of the simulation by ``simulation`` and the act's. What nothing covers, or not to the end, says
so in ``missing``. ``python -m tests.faults.scenarios`` prints the table.
"""

import sys
from dataclasses import dataclass
from typing import Final

FAULTS, INTEGRATION, UNIT = "tests/faults/", "tests/integration/", "tests/unit/"
_BOUNDED: Final = FAULTS + "test_parts_bounded.py::"
_DAMAGE: Final = FAULTS + "test_store_damage.py::"
_FULL: Final = FAULTS + "test_store_disk_full.py::"
_PROXY: Final = FAULTS + "test_network_proxy.py::"
_ANSWERS: Final = FAULTS + "test_network_answers.py::"
_OFFICE_LINE: Final = FAULTS + "test_network_real_office.py::"
_SIMULATED: Final = FAULTS + "test_simulated_scenarios.py::"
_INGEST: Final = INTEGRATION + "test_headoffice_ingest.py::"
_LENDING: Final = INTEGRATION + "test_headoffice_lending.py::"
_RECOVERY: Final = INTEGRATION + "test_headoffice_recovery.py::"
_FORKS: Final = INTEGRATION + "test_forks_and_rejoining.py::"
_FEED: Final = INTEGRATION + "test_store_feed.py::"
_KILLS: Final = (_BOUNDED + "test_no_kill_breaks_a_promise", "make faults kills")
_CUTS: Final = (_BOUNDED + "test_no_power_cut_breaks_a_promise", "make faults cuts")
_CALLS: Final = (_BOUNDED + "test_no_failing_call_breaks_a_promise", "make faults calls")
_CLOCK: Final = (_SIMULATED + "test_a_wrong_clock_loses_nothing_and_changes_no_total",)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One misfortune; ``tests`` cover it, ``missing`` says what of it they do not."""

    number: int
    what: str
    tests: tuple[str, ...]
    missing: str = ""


CRASHES: Final = (
    Scenario(1, "killed before a commit",
             (*_KILLS, FAULTS + "test_store_kill.py::"
              "test_no_answered_fact_is_lost_and_no_slot_is_used_twice")),
    Scenario(2, "killed during a commit or its sync", _KILLS),
    Scenario(3, "killed after the commit, before paper",
             (*_KILLS, "simulation power cut", FAULTS + "test_kill_issue_and_sync.py::"
              "test_no_acknowledged_fact_is_lost_and_no_slot_used_twice")),
    Scenario(4, "killed while printing", _KILLS),
    Scenario(5, "killed after paper, before it is recorded",
             (*_KILLS, UNIT + "test_application_print.py::"
              "test_a_crash_between_paper_and_record_leaves_them_unprinted",
              UNIT + "test_application_replace_release.py::"
              "test_it_came_out_takes_a_voucher_off_the_list_once")),
    Scenario(6, "killed or cut off while a batch is sent",
             (_PROXY + "test_a_reset_while_sending_loses_nothing",
              "simulation power cut in sync")),
    Scenario(7, "cut off after head office's commit, before its acknowledgement is kept",
             (_PROXY + "test_a_reply_lost_after_the_commit_is_found_by_asking_again",
              FAULTS + "test_ingest_kill.py::"
              "test_no_acknowledged_event_is_lost_and_no_slot_is_used_twice")),
    Scenario(8, "killed while a feed page is applied", (*_KILLS, "simulation power cut in sync")),
    Scenario(9, "killed while migrating",
             (*_KILLS, INTEGRATION + "test_store_migrations.py::"
              "test_a_failed_migration_changes_nothing")),
    Scenario(10, "killed while the write-ahead log is folded in or a backup is made",
             (*_KILLS, *_CUTS)),
    Scenario(11, "killed again while recovering",
             (*_KILLS, FAULTS + "test_store_kill.py::"
              "test_killed_at_the_very_start_of_a_start")),
    Scenario(12, "power cut that drops what was not synced", _CUTS),
)  # fmt: skip
DISKS: Final = (
    Scenario(13, "disk full at a commit",
             (_FULL + "test_on_a_full_disk_a_voucher_is_there_or_not_and_work_goes_on", *_CALLS)),
    Scenario(14, "disk full while the write-ahead log grows",
             (_FULL + "test_a_file_that_may_not_grow_loses_nothing", *_CALLS)),
    Scenario(15, "disk full under the second file",
             (_FULL + "test_a_full_second_disk_delays_nothing_and_is_completed_later",)),
    Scenario(16, "disk that turns write-protected under a running program", _CALLS),
    Scenario(17, "database locked by a scanner or a backup",
             (_SIMULATED
              + "test_a_database_held_by_another_program_is_said_to_be_in_use_and_opens_later",)),
    Scenario(18, "two programs on one folder",
             (_DAMAGE + "test_the_second_program_on_a_folder_says_so",)),
    Scenario(19, "damaged page",
             (_DAMAGE + "test_a_flipped_bit_in_the_database_is_found_or_harmless",
              "simulation lose database")),
    Scenario(20, "one bit of an event's body flipped",
             (_DAMAGE + "test_tampering_with_rows_is_seen_by_the_check",
              INTEGRATION + "test_headoffice_audit.py::"
              "test_every_single_byte_of_an_event_is_covered")),
    Scenario(21, "write-ahead log missing",
             (_DAMAGE + "test_a_lost_write_ahead_log_is_made_up_for_by_the_second_file",)),
    Scenario(22, "database deleted, second file whole",
             (_DAMAGE + "test_a_lost_database_is_recovered_with_the_same_head",
              "simulation lose database")),
    Scenario(23, "second file torn at its end",
             (_DAMAGE + "test_a_torn_tail_is_cut_off_and_written_again",)),
    Scenario(24, "disk that takes seconds to sync",
             (*_CALLS, "tests/gui/test_scanning.py::"
              "test_the_verdict_waits_for_the_store_and_the_window_does_not")),
)  # fmt: skip
NETWORK: Final = (
    Scenario(25, "request lost", (_PROXY + "test_a_refusing_network_is_said_so",
                                  "simulation synchronise")),
    Scenario(26, "reply lost",
             (_OFFICE_LINE + "test_a_reply_that_never_comes_back_is_not_sent_twice",
              "simulation synchronise")),
    Scenario(27, "reply torn", (_PROXY + "test_a_reply_cut_anywhere_loses_nothing",
                                _ANSWERS + "test_a_torn_reply_is_a_broken_line")),
    Scenario(28, "delivered twice",
             (_INGEST + "test_the_same_batch_three_times_gives_the_same_answer_and_applies_once",
              "simulation synchronise")),
    Scenario(29, "delivered days later",
             (_SIMULATED + "test_a_batch_that_arrives_days_later_changes_nothing",
              "simulation weather")),
    Scenario(30, "delivered out of order",
             (_INGEST + "test_batches_out_of_order_are_answered_with_our_head_and_taken_when_their"
              "_turn_comes", INTEGRATION + "test_stick.py::"
              "test_exports_that_overlap_and_come_in_the_wrong_order_count_once")),
    Scenario(31, "line of a kilobyte a second, sliced",
             (_OFFICE_LINE + "test_a_slow_sliced_line_is_merely_slow",
              _PROXY + "test_a_slow_line_brings_everything")),
    Scenario(32, "half-open connection",
             (_PROXY + "test_a_trickling_answer_ends_at_the_deadline",)),
    Scenario(33, "reset while uploading", (_PROXY + "test_a_reset_while_sending_loses_nothing",)),
    Scenario(34, "captive portal", (_ANSWERS + "test_a_page_for_people_is_not_head_office",
                                    "simulation synchronise")),
    Scenario(35, "proxy that rewrites or limits", (
        _ANSWERS + "test_a_malformed_answer_marks_nothing",
        _ANSWERS + "test_a_batch_that_a_proxy_finds_too_large_is_halved")),
    Scenario(36, "certificate expired, or a clock that makes it so",
             (FAULTS + "test_network_certificates.py::"
              "test_dates_count_unless_the_clock_is_suspect",)),
    Scenario(37, "redirected to another host",
             (_ANSWERS + "test_a_redirect_is_not_followed",)),
    Scenario(38, "line that flaps",
             (_PROXY + "test_a_line_that_flaps_brings_everything_in_the_end",)),
)  # fmt: skip
SERVER: Final = (
    Scenario(39, "head office dies between commit and answer",
             (FAULTS + "test_ingest_kill.py::"
              "test_no_acknowledged_event_is_lost_and_no_slot_is_used_twice",)),
    Scenario(40, "head office busy",
             (_ANSWERS + "test_a_busy_head_office_is_asked_again_no_sooner_than_it_wants",
              "simulation synchronise")),
    Scenario(41, "head office restored from a backup",
             (UNIT + "test_sync_synchronise.py::"
              "test_a_head_office_restored_from_an_old_backup_gets_everything_again",
              INTEGRATION + "test_stick.py::"
              "test_head_office_restored_from_an_older_copy_asks_for_what_it_lacks",
              _RECOVERY + "test_what_was_lent_between_backup_and_crash_is_learnt_from_the_"
              "terminals",
              _RECOVERY + "test_redeeming_online_waits_until_the_terminals_have_told",
              _SIMULATED + "test_a_restored_head_office_is_told_again_what_earlier_epochs_told_it"
              "_before", "simulation restore",
              _SIMULATED + "test_a_wish_that_was_under_way_when_head_office_burnt_down_tells_the_"
              "restored_one_nothing",
              _SIMULATED + "test_two_restores_of_one_backup_within_a_minute_are_told_everything_"
              "each"),
             "a revocation after the backup is forgotten, and what it freed may be lent already"),
    Scenario(42, "head office restored, a terminal lost meanwhile",
             (_RECOVERY + "test_one_terminal_that_never_comes_back_is_given_up_by_two_and_covered_"
              "only_by_what_is_free",
              _SIMULATED + "test_a_terminal_lost_between_backup_and_restore_is_waited_for_until"
              "_people_give_it_up", "simulation give up")),
    Scenario(43, "database fails over in the middle of a batch",
             (FAULTS + "test_ingest_database.py::"
              "test_a_connection_cut_by_the_server_is_a_retryable_fault_and_the_next_try_works",)),
    Scenario(44, "deadlock",
             (FAULTS + "test_ingest_database.py::"
              "test_a_deadlock_is_tried_again_and_both_writers_finish",)),
    Scenario(45, "event that cannot be applied",
             (_INGEST + "test_hostile_values_inside_payloads_never_block_the_line",)),
    Scenario(46, "event of an unknown kind or version",
             (_INGEST + "test_what_head_office_cannot_read_is_kept_shown_and_never_blocks",
              "simulation newer program")),
    Scenario(47, "head office's key changed while terminals are offline",
             (_FEED + "test_a_new_grant_key_is_taken_from_the_root_key_only",
              INTEGRATION + "test_office_keys.py::"
              "test_a_new_grant_key_reaches_terminals_by_the_feed_and_old_vouchers_stay_good",
              INTEGRATION + "test_office_keys.py::"
              "test_a_campaign_under_a_new_key_is_taken_by_a_terminal_that_was_away"),
             "the acknowledgement key is not changed: it checks the page that would bring one"),
    Scenario(48, "feed page cut short",
             (_PROXY + "test_cuts_at_every_place_of_the_replies_never_duplicate",
              _FEED + "test_a_bad_bundle_is_refused_whole_and_the_last_good_one_stays")),
)  # fmt: skip
MONEY: Final = (
    Scenario(49, "terminal restored, all of it synchronised before",
             (_SIMULATED + "test_a_synchronised_terminal_that_is_put_back_knows_it_and_uploads_"
              "nothing_twice", "simulation put back",
              _FORKS + "test_an_image_set_back_after_its_sales_were_sent_is_found_out_at_once")),
    Scenario(50, "terminal restored, its sales not synchronised",
             (_SIMULATED + "test_unsynchronised_sales_of_a_terminal_that_was_put_back_are_gone_and"
              "_the_money_is_not", "simulation put back",
              _FORKS + "test_an_image_set_back_with_unsent_sales_on_both_sides_keeps_both_as_"
              "evidence")),
    Scenario(51, "terminal copied, both synchronise",
             (_SIMULATED + "test_of_two_copies_that_both_synchronise_one_goes_on_and_the_other_is"
              "_a_case", "simulation clone")),
    Scenario(52, "the copy synchronises first",
             (_SIMULATED + "test_a_copy_that_synchronises_first_is_believed_and_the_other_is_the"
              "_case", "simulation clone",
              _FORKS + "test_of_two_clones_the_second_to_sync_is_frozen_and_joins_again")),
    Scenario(53, "stolen terminal goes on issuing",
             (_SIMULATED + "test_a_stolen_terminal_that_goes_on_issuing_costs_no_more_than_it"
              "_held",)),
    Scenario(54, "revoked terminal uploads late",
             (_LENDING + "test_a_frozen_terminal_gets_nothing_and_its_facts_still_stand",
              "simulation freeze")),
    Scenario(55, "log edited, an event removed, a signature swapped",
             (_DAMAGE + "test_tampering_with_rows_is_seen_by_the_check",
              INTEGRATION + "test_headoffice_audit.py::test_rows_removed_or_moved_are_named",
              _INGEST + "test_a_batch_signed_by_another_key_is_refused")),
    Scenario(56, "two terminals redeem one voucher offline",
             (_SIMULATED + "test_two_terminals_that_redeem_one_voucher_offline_leave_one_that"
              "_stands_and_a_case", "simulation redeem twice")),
    Scenario(57, "grants asked for again",
             (_LENDING + "test_asking_again_lends_nothing_until_half_is_used",
              "simulation ask twice")),
    Scenario(58, "a slot returned and issued at the same time",
             (_LENDING + "test_returned_slots_free_the_budget_and_known_issued_ones_do_not",)),
    Scenario(59, "fifty terminals want the last slots",
             (_LENDING
              + "test_fifty_terminals_asking_at_once_for_the_last_slots_never_exceed_the_pool",)),
    Scenario(60, "budget cut below what is committed",
             (_LENDING + "test_a_budget_below_what_is_committed_is_a_target_and_lends_nothing",
              "simulation budget")),
    Scenario(61, "grant ends offline",
             (_SIMULATED + "test_a_grant_that_ends_offline_is_used_no_more_and_nothing_returns_by"
              "_itself",)),
)  # fmt: skip
CLOCKS: Final = (
    Scenario(62, "clock a year ahead", _CLOCK),
    Scenario(63, "clock a year back", _CLOCK),
    Scenario(64, "dead clock battery", _CLOCK),
    Scenario(65, "summer time, another time zone", _CLOCK),
    Scenario(66, "clock jumps within a session", (*_CLOCK, "simulation clock")),
    Scenario(67, "machine suspended", (*_CLOCK, "simulation clock")),
    Scenario(68, "clock put right between sale and synchronisation", _CLOCK),
)
SCALE: Final = (
    Scenario(69, "backlog of 100,000 events on a thin line",
             (_PROXY + "test_a_slow_line_brings_everything",),
             "the size: 100,000 events are measured in tests/bench/ingest.py only"),
    Scenario(70, "a thousand terminals come back together",
             (UNIT + "test_sync_retry.py::test_a_thousand_desks_do_not_come_back_at_once",),
             "a thousand real connections are made by tests/bench/reconnect.py only"),
    Scenario(71, "upgraded with unsent events",
             (INTEGRATION + "test_store_migrations.py::"
              "test_an_older_database_is_upgraded_with_its_unsent_events",)),
    Scenario(72, "old terminal, new head office",
             (UNIT + "test_protocol_event_vectors.py::test_payloads_are_read_by_type_and_personal"
              "_fields_open",),
             "there is no earlier release; the vectors are what one will be held to"),
    Scenario(73, "new terminal, old head office",
             (_INGEST + "test_what_head_office_cannot_read_is_kept_shown_and_never_blocks",
              "simulation newer program")),
    Scenario(74, "older program on a newer store",
             (INTEGRATION + "test_store_migrations.py::"
              "test_a_newer_database_is_refused_and_left_alone",)),
    Scenario(75, "sixty days without a line",
             (_SIMULATED + "test_sixty_days_without_a_line_end_with_one_synchronisation",)),
    Scenario(76, "suspect clock and a full backlog", _CLOCK),
    Scenario(77, "long soak", ("make faults simulation",),
             "a day of it is run before a release, not with every push"),
)  # fmt: skip
SCENARIOS: Final = (*CRASHES, *DISKS, *NETWORK, *SERVER, *MONEY, *CLOCKS, *SCALE)


def main() -> int:
    """Print the table."""
    for scenario in SCENARIOS:
        missing = f"  missing: {scenario.missing}" if scenario.missing else ""
        listed = ", ".join(scenario.tests) or "-"
        sys.stdout.write(f"{scenario.number:2} {scenario.what}: {listed}{missing}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
