"""Free lines keep what can be read and lose what cannot be seen."""

import pytest

from branchdesk.domain.one_line import one_line


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  菜市场 \t 南门\n", "菜市场 南门"),
        ("=1+1 <b>&amp;</b> {0}", "=1+1 <b>&amp;</b> {0}"),
        ("门南\u202e场市菜", "门南场市菜"),
        ("张\u200b三\u2060", "张三"),
        ("a \u202e b", "a b"),
        ("محمد\u200cرضا", "محمد\u200cرضا"),
        ("\ud800\x00\ufeff", ""),
        ("\u3164\ufe0f", ""),
        ("𬭼" * 70, "𬭼" * 60),
        ("一" * 59 + " 二", "一" * 59),
    ],
)
def test_a_line_keeps_what_can_be_seen(written: str, kept: str) -> None:
    assert one_line(written, 60) == kept
