"""Personal data is refused: headings that ask for it, and values that look like a mobile or identity number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

__all__ = ["folded", "is_personal_heading", "masked", "personal_cells"]

_DASHES = str.maketrans("–—―−", "----")


def folded(heading: str) -> str:
    """Return a heading without blanks, underscores, case and width: headings are compared in this form.

    Examples
    --------
    >>> folded("扣分　０–１"), folded("Site ID"), folded("site_id")
    ('扣分0-1', 'siteid', 'siteid')
    """
    return re.sub(r"[\s_]+", "", unicodedata.normalize("NFKC", heading)).translate(_DASHES).lower()


_STEMS = ("姓名", "电话", "手机", "身份证", "证件号", "住址", "门牌号", "微信", "邮箱", "出生日期", "生日")
_HEADINGS = {
    folded(name)
    for name in (
        *("名字", "联系人", "联系方式", "负责人", "责任人", "检查人", "督查员", "测评员", "qq"),
        *("person", "full_name", "fullname", "first_name", "last_name", "surname", "respondent_name", "inspector"),
        *("contact", "phone", "phone_number", "mobile", "telephone", "tel", "email", "e-mail", "wechat"),
        *("id_number", "id_card", "identity", "identity_number", "passport"),
        *("home_address", "birthday", "date_of_birth"),
    )
}


def is_personal_heading(heading: str) -> bool:
    """Tell whether a column asks for personal data.

    Examples
    --------
    >>> is_personal_heading("被访者姓名"), is_personal_heading("Phone"), is_personal_heading("点位名称")
    (True, True, False)
    """
    name = folded(heading)
    return name in _HEADINGS or any(stem in name for stem in _STEMS)


_GAP = r"[ -]?"
_MOBILE = rf"(?<![\d.])(?:\+?86{_GAP})?1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}(?!\d)"
_BIRTH = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_IDENTITY = (
    rf"(?<![\d.])[1-9]\d{{5}}{_GAP}"
    rf"(?:(?:18|19|20)\d{{2}}{_BIRTH}{_GAP}\d{{3}}[\dXx]|\d{{2}}{_BIRTH}{_GAP}\d{{3}})(?![\dXx])"
)
_VALUE = re.compile(f"{_MOBILE}|{_IDENTITY}")
_WIDE_DIGITS = str.maketrans("０１２３４５６７８９Ｘｘ－　", "0123456789Xx- ")


def masked(text: str) -> str:
    """Return a text with what looks like a mobile or identity number cut to its first three digits.

    Examples
    --------
    >>> masked("电话 139 1234 5678"), masked("东经 120.13912345678")
    ('电话 139…', '东经 120.13912345678')
    """
    return _VALUE.sub(lambda match: match.group()[:3] + "…", text.translate(_WIDE_DIGITS)) if _holds(text) else text


def _holds(text: str) -> bool:
    return _VALUE.search(text.translate(_WIDE_DIGITS)) is not None


def personal_cells(rows: Sequence[Sequence[str]]) -> list[tuple[int, int, str]]:
    """Return row, column and masked text of every cell that looks like a mobile or identity number."""
    if not _holds("\n".join({cell for row in rows for cell in row if len(cell) > 10})):
        return []
    return [(i, j, masked(cell)) for i, row in enumerate(rows) for j, cell in enumerate(row) if _holds(cell)]
