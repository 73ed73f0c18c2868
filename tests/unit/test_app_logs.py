"""The log keeps an allow-list of fields and no number that could be somebody's."""

import json
import logging
from pathlib import Path

import structlog

from branchdesk.app.logs import only_allowed, start_logging


def test_a_field_that_is_not_on_the_list_is_dropped() -> None:
    kept = only_allowed(None, "info", {"event": "synced", "pushed": 3, "name": "张三"})

    assert kept == {"event": "synced", "pushed": 3}


def test_phone_and_document_numbers_are_blotted_out() -> None:
    kept = only_allowed(None, "info", {"event": "saw +8613900001234 and 11010119900307001X"})

    assert kept == {"event": "saw +[number] and [number]"}


def test_lines_are_json_and_hold_no_personal_canary(tmp_path: Path) -> None:
    start_logging(tmp_path)
    try:
        structlog.get_logger().info("pushed", pushed=12, phone="13900001234", name="王𬭼")
    finally:
        for handler in logging.getLogger("branchdesk").handlers:
            handler.close()
        logging.getLogger("branchdesk").handlers.clear()
        structlog.reset_defaults()
    text = (tmp_path / "branchdesk.log").read_text(encoding="utf-8")

    assert json.loads(text)["pushed"] == 12
    assert "13900001234" not in text
    assert "王" not in text
