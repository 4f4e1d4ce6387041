"""Two languages, and which one to speak."""

import locale

import pytest

from evalsys.language import LANGUAGES, Text, default_language

VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def test_a_text_says_both():
    text = Text("社区", "Community")
    assert [text.say(lang) for lang in LANGUAGES] == ["社区", "Community"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "ZH_TW"}, "zh"),
        ({"LANG": "zh_CN", "LC_ALL": "de_DE"}, "en"),
        ({"LANG": "en_GB", "LC_MESSAGES": "zh_CN"}, "zh"),
        ({"LANG": "en_GB", "LANGUAGE": "zh_CN:en"}, "zh"),
        ({"LANG": "zh_CN", "LANGUAGE": ""}, "zh"),
    ],
)
def test_the_first_variable_that_is_set_decides(monkeypatch, values, expected):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    assert default_language() == expected


@pytest.mark.parametrize(
    ("system", "expected"),
    [("Chinese (Simplified)_China", "zh"), ("zh_CN", "zh"), ("English_United Kingdom", "en"), (None, "en")],
)
def test_without_variables_the_system_decides(monkeypatch, system, expected):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(locale, "getlocale", lambda: (system, "936"))
    assert default_language() == expected
