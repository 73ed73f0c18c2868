"""What a line of each batch command is: one JSON object, shown in ``--help`` with an example.

``BATCHES.md`` says the same at length; a test holds the two together.
"""

import argparse
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class LineFormat:
    """The fields that a line must have and may have, and one line that is well formed."""

    needed: tuple[str, ...]
    optional: tuple[str, ...]
    example: str

    def facts(self) -> dict[str, str]:
        """Return what is said of it, by name."""
        needed, optional = ", ".join(self.needed), ", ".join(self.optional)
        return {"needed": needed, "optional": optional or "—", "example": self.example}

    def epilog(self) -> str:
        """Return what ``--help`` says below the options."""
        return (
            "A line is one JSON object.\n  needed:   {needed}\n  optional: {optional}\n"
            "Example:\n  {example}\n"
            "Lines that fail name their number and let the others go on. More: BATCHES.md"
        ).format_map(self.facts())


LINE_FORMATS: Final = {
    "register": LineFormat(
        ("name", "phone", "channel", "consents"),
        ("document", "interests", "needs", "referrer", "issue", "intent"),
        '{"name": "王小二", "phone": "13900001234", "channel": "counter", '
        '"consents": ["service"], "issue": ["PHONE10"]}',
    ),
    "issue": LineFormat(
        ("customer", "offer"),
        ("intent",),
        '{"customer": "C01a2…", "offer": "PHONE10"}',
    ),
    "consent": LineFormat(
        ("customer", "purpose", "granted"),
        ("how", "signature", "intent"),
        '{"customer": "C01a2…", "purpose": "marketing_phone", "granted": false, "how": "verbal"}',
    ),
    "correct": LineFormat(
        ("customer", "reason"),
        ("name", "phone", "channel", "document", "interests", "needs", "intent"),
        '{"customer": "C01a2…", "phone": "13900004321", "reason": "typed_wrong"}',
    ),
    "merge": LineFormat(
        ("kept", "other", "reason"),
        ("undo", "intent"),
        '{"kept": "C01a2…", "other": "C01a3…", "reason": "same document"}',
    ),
    "erase": LineFormat(
        ("customer", "reason"),
        ("intent",),
        '{"customer": "C01a2…", "reason": "the customer asked for it"}',
    ),
    "redeem": LineFormat(
        ("token",),
        ("phone", "phone_tail", "purchase_minor", "use_minor", "intent"),
        '{"token": "4K7P-22MX-0A9C-F3T1R", "phone_tail": "1234", "purchase_minor": 25000}',
    ),
    "undo-redemption": LineFormat(
        ("redemption", "reason"),
        ("intent",),
        '{"redemption": "01a2…", "reason": "wrong voucher"}',
    ),
    "void": LineFormat(
        ("voucher", "reason"),
        ("intent",),
        '{"voucher": "1000001-17", "reason": "torn at the counter"}',
    ),
    "reprint": LineFormat(
        ("voucher", "reason"),
        ("intent",),
        '{"voucher": "1000001-17", "reason": "the paper was lost"}',
    ),
    "replace": LineFormat(
        ("voucher", "reason"),
        ("intent",),
        '{"voucher": "1000001-17", "reason": "issued to the wrong person"}',
    ),
    "release": LineFormat(
        ("voucher", "reason"),
        (),
        '{"voucher": "1000001-17", "reason": "redeemed at another outlet from now on"}',
    ),
    "confirm-printed": LineFormat(
        ("voucher",),
        (),
        '{"voucher": "1000001-17"}',
    ),
    "book enter": LineFormat(
        ("number", "fate"),
        ("customer", "used_on", "intent"),
        '{"number": "B001-0007-000012", "fate": "used", "customer": "C01a2…", '
        '"used_on": "2026-11-02"}',
    ),
}


def describe_lines(parser: argparse.ArgumentParser, name: str) -> None:
    """Let ``--help`` of a batch command say what its lines are."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = LINE_FORMATS[name].epilog()
