"""Words that the law no longer allows in what a bank hands to customers.

Sources: 侵害消费者权益行为处罚办法 article 12 (the right of final interpretation), 商业银行理财业务
and 金融营销宣传 rules (promises of safety or yield), advertising law article 9 (superlatives are
left to the approver: they need judgement). This module must not know where a text is used.
"""

from typing import Final

FORBIDDEN: Final = (
    "最终解释权",
    "解释权归",
    "低风险高收益",
    "零风险",
    "无风险",
    "保本保息",
    "保本高收益",
    "稳赚不赔",
    "稳赚",
    "只赚不赔",
    "保证收益",
    "百分百收益",
    "存款返现",
    "存款送礼",
)


def forbidden_word(text: str) -> str | None:
    """Return the first forbidden word in a Chinese text, spaces and punctuation aside."""
    letters = "".join(character for character in text if character.isalnum())
    return next((word for word in FORBIDDEN if word in letters), None)
