"""What every command shares: the user's language, exit codes, UTF-8, and a sign of life while one waits."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from time import monotonic
from types import FrameType
from typing import Any
from unicodedata import combining, east_asian_width

import click

from evalsys.faults import Fault, InputFaults
from evalsys.language import Lang, default_language

__all__ = ["LOCALE", "Commands", "display_width", "file_trouble", "gathered", "say", "tell", "working"]

#: Language of help and messages: the locale's, whatever `--lang` says of the results.
LOCALE: Lang = default_language()
#: Exit codes beside 0: faults in the input, (2: wrong usage, by click), an error of ours, stopped by the user.
FAULTS, OURS, STOPPED = 1, 3, 130
_PATIENCE = 2.0  # seconds without a sign of life


def say(zh: str, en: str) -> str:
    """Return the text in the language of the user's locale."""
    return zh if LOCALE == "zh" else en


def tell(zh: str, en: str) -> None:
    """Write a message to standard error in the language of the user's locale."""
    click.echo(say(zh, en), err=True)


def display_width(text: str) -> int:
    """Return how many cells a text takes on a terminal, where a Chinese character takes two.

    Examples
    --------
    >>> display_width("得分率 rate")
    11
    """
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def gathered(*steps: Callable[[], Any]) -> list[Any]:
    """Take every step, then raise the faults of all of them together.

    Examples
    --------
    >>> gathered(lambda: 1, lambda: 2)
    [1, 2]
    """
    done: list[Any] = []
    faults: list[Fault] = []
    for step in steps:
        try:
            done.append(step())
        except InputFaults as found:
            faults += found.faults
    if faults:
        raise InputFaults(faults)
    return done


# ------------------------------------------------------------------------------------------------- exit codes


class Commands(click.Group):
    """A group of commands that ends well: one list of faults, and no traceback for a user's mistake."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; the output is UTF-8 whatever the locale can do, and a stopped run cleans up."""
        if LOCALE == "zh":
            _speak_chinese()
        for stream in (sys.stdout, sys.stderr):
            _speak_utf8(stream)
        with _stoppable():
            return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command and turn what it raises into a message and an exit code."""
        try:
            return super().invoke(ctx)
        except InputFaults as faults:
            click.echo(faults.say(LOCALE), err=True)
            ctx.exit(FAULTS)
        except KeyboardInterrupt:
            tell("已停止。", "Stopped.")
            ctx.exit(STOPPED)
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader of our output has gone: click's matter
                raise
            tell(*file_trouble(error))
            ctx.exit(FAULTS)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception:
            traceback.print_exc()
            tell(
                "evalsys 内部错误，不是数据或用法的问题。请把以上内容发给维护人员。",
                "An error inside evalsys, not in your data or usage. Please send the lines above to its maintainers.",
            )
            ctx.exit(OURS)


def file_trouble(error: OSError) -> tuple[str, str]:
    """Say which file could not be read or written, and why."""
    said = {
        errno.EACCES: (
            "没有权限，或文件正被其他程序（如 Excel）打开",
            "no permission, or open in another program (Excel?)",
        ),
        errno.EPERM: ("没有权限", "no permission"),
        errno.ENOENT: ("路径不存在", "no such path"),
        errno.ENOTDIR: ("路径中有一段是文件，不是文件夹", "a part of the path is a file, not a folder"),
        errno.EEXIST: ("此处有同名文件，无法建立文件夹", "a file of this name is in the way"),
        errno.EISDIR: ("这是文件夹，不是文件", "this is a folder, not a file"),
        errno.ENOSPC: ("磁盘已满", "the disk is full"),
        errno.EROFS: ("磁盘只读", "the disk is read-only"),
        errno.ENAMETOOLONG: ("文件名太长", "the file name is too long"),
    }
    zh, en = said.get(error.errno or 0, (error.strerror or str(error),) * 2)
    name = error.filename2 or error.filename or ""
    return f"无法读写 {name}：{zh}", f"cannot read or write {name}: {en}"


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let SIGTERM end the process as an exit does, so that temporary files go and no kernel stays behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _speak_utf8(stream: Any) -> None:
    """Write UTF-8 to a stream unless PYTHONIOENCODING asks for another encoding; never fail on a character."""
    asked = os.environ.get("PYTHONIOENCODING", "").partition(":")[0]
    with suppress(AttributeError, ValueError):  # not a stream of ours
        stream.reconfigure(encoding=None if asked else "utf-8", errors="backslashreplace")


# --------------------------------------------------------------------------------------------------- waiting


@contextmanager
def working(zh: str, en: str) -> Iterator[None]:
    """Say on standard error what is going on if it takes more than two seconds; on a terminal, with the seconds.

    Parameters
    ----------
    zh, en : str
        What is going on, such as "正在计分".
    """
    words, done, begin = say(zh, en), threading.Event(), monotonic()
    stream = sys.stderr
    live = stream.isatty()

    def watch() -> None:
        wait = _PATIENCE
        while not done.wait(wait):
            stream.write(f"\r{words} {monotonic() - begin:.0f} s " if live else f"{words}\n")
            stream.flush()
            if not live:
                return
            wait = 1.0

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        if live and monotonic() - begin > _PATIENCE:
            stream.write("\n")


# ----------------------------------------------------------------------------------------------- click's own words

_CHINESE: Mapping[str, str] = {
    "Usage:": "用法:",
    "Options": "选项",
    "Commands": "命令",
    "Show this message and exit.": "显示本说明并退出。",
    "default: {default}": "默认：{default}",
    "required": "必填",
    "Error: {message}": "错误：{message}",
    "Try '{command} {option}' for help.": "用法说明：{command} {option}",
    "Missing command.": "缺少命令。",
    "Missing argument": "缺少参数",
    "Missing option": "缺少选项",
    "No such option {name!r}.": "没有选项 {name}。",
    "No such option: {name}": "没有选项 {name}。",
    "No such command {name!r}.": "没有命令 {name}。",
    "Did you mean {possibility}?": "是否为 {possibility}？",
    "(Did you mean one of: {possibilities}?)": "（是否为其中之一：{possibilities}？）",
    "(Possible options: {possibilities})": "（是否为其中之一：{possibilities}？）",
    "Invalid value: {message}": "值不对：{message}",
    "Invalid value for {param_hint}: {message}": "{param_hint} 的值不对：{message}",
    "Choose from:\n\t{choices}": "可选：\n\t{choices}",
    "{value!r} is not {choice}.": "{value} 不是 {choice}。",
    "{value!r} is not one of {choices}.": "{value} 不在可选值 {choices} 之中。",
    "Got unexpected extra argument ({args})": "多余的参数（{args}）",
    "Got unexpected extra arguments ({args})": "多余的参数（{args}）",
    "Option {name!r} requires an argument.": "选项 {name} 后须写一个值。",
    "Option {name!r} requires {nargs} arguments.": "选项 {name} 后须写 {nargs} 个值。",
    "Option {name!r} does not take a value.": "选项 {name} 后不带值。",
    "{name} {filename!r} does not exist.": "{name} {filename!r} 不存在。",
    "{name} {filename!r} is a file.": "{filename!r} 是文件，须为文件夹。",
    "{name} {filename!r} is a directory.": "{filename!r} 是文件夹，须为文件。",
    "{name} {filename!r} is not readable.": "{name} {filename!r} 无法读取。",
    "{name} {filename!r} is not writable.": "{name} {filename!r} 无法写入。",
    "File": "文件",
    "Directory": "文件夹",
    "Path": "路径",
    "file": "文件",
    "directory": "文件夹",
    "path": "路径",
}


def _speak_chinese() -> None:
    """Give click's own words in Chinese; words that we do not know stay as they are.

    click takes its words from gettext, which needs a compiled catalogue in a folder; a mapping does the same.
    """
    from click import core, decorators, exceptions, formatting, parser, types

    def one(message: str) -> str:
        return _CHINESE.get(message, message)

    def some(single: str, plural: str, number: int) -> str:
        return one(single if number == 1 else plural)

    for module in (core, decorators, exceptions, formatting, parser, types):
        for name, ours in (("_", one), ("ngettext", some)):
            if hasattr(module, name):
                setattr(module, name, ours)
    # columns of the help, where a Chinese character takes two cells
    formatting.term_len = display_width  # type: ignore[attr-defined, assignment]
