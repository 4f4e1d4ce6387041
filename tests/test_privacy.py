from __future__ import annotations

import pytest

from evalsys.privacy import is_personal_heading, masked, personal_cells


@pytest.mark.parametrize(
    "text",
    [
        *("13912345678", "电话13912345678。", "139 1234 5678", "139-1234-5678", "+86 13912345678", "8613912345678"),
        *(
            "１３９１２３４５６７８",
            "32050119900101123X",
            "320501 19900101 1234",
            "320501900101123",
            "３２０５０１１９９００１０１１２３ｘ",
        ),
        "320501199001011000",  # an identity number that a spreadsheet has rounded
    ],
)
def test_numbers_of_persons_are_found_and_not_repeated(text: str) -> None:
    found = personal_cells([["路面", text]])
    assert [(row, column) for row, column, _ in found] == [(0, 1)]
    assert "…" in masked(text)
    assert "5678" not in masked(text)
    assert "0101" not in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        *("12912345678", "1391234567", "139123456789", "120.13912345678", "31.320501199001011234"),
        *("2016-08-15", "320501199013011234", "320501199001321234", "W225", "10.14", "85%", "20160815123456789"),
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert personal_cells([[text]]) == []
    assert masked(text) == text


@pytest.mark.parametrize(
    "heading", ["姓名", " 被访者 姓名 ", "联系电话", "手机号码", "身份证号", "Phone", "ID Number", "e-mail", "检查人"]
)
def test_personal_headings(heading: str) -> None:
    assert is_personal_heading(heading)


@pytest.mark.parametrize("heading", ["点位名称", "name", "责任单位", "备注", "标准编号", "unit"])
def test_other_headings(heading: str) -> None:
    assert not is_personal_heading(heading)
