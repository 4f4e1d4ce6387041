"""Faults: sorted, told once, in both languages."""

import pytest

from evalsys.faults import COLUMNS, PROBLEMS, Fault, InputFaults, nearest
from evalsys.language import LANGUAGES

FULL = Fault("unknown_name", "sites.csv", 7, "点位类型", "集贸市厂", "集贸市场 超市", "集贸市场")


def test_a_fault_says_where_what_and_what_is_allowed():
    assert (
        FULL.say("zh") == "sites.csv 第7行 [点位类型]：不认识的名称 “集贸市厂”；允许：集贸市场 超市；是否为“集贸市场”？"
    )
    expected = "sites.csv row 7 [点位类型]: unknown name '集贸市厂'; allowed: 集贸市场 超市; did you mean '集贸市场'?"
    assert FULL.say("en") == expected
    assert FULL.cells("zh") == ("sites.csv", "7", "点位类型", "集贸市厂", "不认识的名称", "集贸市场 超市", "集贸市场")
    assert len(COLUMNS) == len(FULL.cells("en"))


def test_a_text_file_has_lines_and_a_value_is_not_said_twice():
    fault = Fault("duplicate_key", "a.yaml", 3, "title", "title")
    assert fault.say("en") == "a.yaml line 3 [title]: this key stands twice"
    assert fault.say("zh") == "a.yaml 第3行 [title]：键重复"
    assert Fault("empty_file", "a.yaml").say("en") == "a.yaml: the file is empty"


def test_all_faults_in_order_each_once():
    faults = [
        Fault("bad_value", "b.csv", 2),
        Fault("bad_value", "a.csv", 10),
        Fault("bad_value", "a.csv", 9),
        Fault("empty_file", "a.csv"),
        Fault("bad_value", "a.csv", 9),
    ]
    found = InputFaults(faults)
    assert [(f.file, f.row) for f in found.faults] == [("a.csv", None), ("a.csv", 9), ("a.csv", 10), ("b.csv", 2)]
    lines = found.say("en").splitlines()
    assert lines[0] == "4 faults found, nothing was computed:"
    assert len(lines) == 5
    assert found.say("zh").splitlines()[0] == "发现 4 处错误，未作任何计算："
    assert InputFaults(faults[:1]).say("en").startswith("1 fault found,")


@pytest.mark.parametrize(("locale", "start"), [("zh_CN", "发现"), ("en_GB", "1 fault")])
def test_the_exception_speaks_the_language_of_the_user(monkeypatch, locale, start):
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", locale)
    assert str(InputFaults([FULL])).startswith(start)


def test_every_problem_is_worded_in_both_languages():
    for key, problem in PROBLEMS.items():
        texts = [problem.say(lang) for lang in LANGUAGES]
        assert all(text and text == text.strip() and text[-1] not in ".。" for text in texts), key
        assert any("一" <= sign <= "鿿" for sign in texts[0]), key
        assert texts[1].isascii(), key


def test_nearest():
    assert nearest("文明行文", ["文明交通", "文明行为"]) == "文明行为"
    assert nearest("thresold", ["met", "threshold"]) == "threshold"
    assert nearest("colour", ["met", "threshold"]) == ""
    assert nearest("x", []) == ""
