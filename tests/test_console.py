"""What every command shares: UTF-8 on any stream, and a sign of life while one waits."""

import io
import re
import sys
import time

import pytest

from evalsys import console


def test_another_encoding_is_used_where_it_is_asked_for(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp936", errors="strict")
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    console._speak_utf8(stream)
    stream.write("洸河𠀀\udc80")
    stream.flush()
    assert stream.buffer.getvalue() == "洸河𠀀\\udc80".encode()
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp936", errors="strict")
    monkeypatch.setenv("PYTHONIOENCODING", "cp936")
    console._speak_utf8(stream)
    stream.write("洸河𠀀")
    stream.flush()
    assert stream.buffer.getvalue() == "洸河\\U00020000".encode("cp936")


class Screen(io.StringIO):
    def __init__(self, live):
        super().__init__()
        self.live = live

    def isatty(self):
        return self.live


@pytest.mark.parametrize(("live", "expected"), [(False, r"{words}\n"), (True, r"(\r{words} \d s )+\n")])
def test_a_wait_shows_a_sign_of_life(monkeypatch, live, expected):
    screen = Screen(live)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(console, "_PATIENCE", 0.05)
    with console.working("在做", "Working"):
        time.sleep(0.3)
    assert re.fullmatch(expected.format(words=console.say("在做", "Working")), screen.getvalue())


def test_no_sign_where_all_is_quick(monkeypatch):
    screen = Screen(live=True)
    monkeypatch.setattr(sys, "stderr", screen)
    with console.working("在做", "Working"):
        pass
    assert screen.getvalue() == ""
