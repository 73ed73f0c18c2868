"""Made-up vouchers to print: the same ones for the same seed, with tokens of the right shape."""

import random
from dataclasses import replace
from datetime import date
from pathlib import Path

from branchdesk.documents.models import VoucherFace

FONTS = Path(__file__).resolve().parents[2] / "resources" / "fonts"
TERMS = (
    "凭本券可在任一活动网点兑换手机话费充值一次，兑换时请出示本券二维码或报出核销码。",
    "每位客户限用一张，不找零、不兑现、不与其他优惠同时使用。",
    "有效期内未使用的，逾期自动失效；本券遗失不挂失，请妥善保管。",
)
_PLAIN = VoucherFace(
    token_text="",
    short_code="",
    offer_name="话费充值券",
    face_text="¥10.00",
    terms=TERMS,
    holder_name="张*",
    expires_on=date(2026, 12, 31),
    issued_on=date(2026, 11, 22),
    outlet_name="惠民银行人民路支行",
    outlet_address="江州市城中区人民路 128 号",
    running_number="",
    campaign_name="惠享金融·智领生活",
    bank_name="惠民银行",
    copy_number=0,
    practice=False,
    approval_no="HM-2026-1107",
)
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def random_token(source: random.Random) -> str:
    """Return 492 digits: the integer 0x01 followed by 204 random bytes."""
    return str(int.from_bytes(b"\x01" + source.randbytes(204), "big"))


def voucher_face(seed: int, **changes: object) -> VoucherFace:
    """Return one made-up voucher; ``changes`` are fields of VoucherFace."""
    source = random.Random(seed)
    token = random_token(source)
    code = "".join(source.choice(_ALPHABET) for _ in range(17))
    own = replace(
        _PLAIN,
        token_text=token,
        short_code="-".join((code[:4], code[4:8], code[8:12], code[12:])),
        running_number=f"B001-0007-{seed:06d}",
    )
    return replace(own, **changes)  # type: ignore[arg-type]  # the caller names real fields
