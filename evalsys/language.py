"""The two languages of every page and message, and which one to speak."""

from __future__ import annotations

import locale
import os
from dataclasses import dataclass
from typing import Literal

__all__ = ["LANGUAGES", "Lang", "Text", "default_language"]

Lang = Literal["zh", "en"]
LANGUAGES: tuple[Lang, ...] = ("zh", "en")


@dataclass(frozen=True)
class Text:
    """One text in Chinese and English.

    Examples
    --------
    >>> Text("社区", "Community").say("en")
    'Community'
    """

    zh: str
    en: str

    def say(self, lang: Lang) -> str:
        """Return the text in one language."""
        return self.zh if lang == "zh" else self.en


def default_language() -> Lang:
    """Return the language of the user's locale: Chinese for any ``zh`` locale, else English.

    The POSIX variables come first (as ``gettext`` has it), then the system's setting (Windows).
    """
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "zh" if os.environ[name].lower().startswith("zh") else "en"
    system = locale.getlocale()[0] or ""
    return "zh" if system.lower().startswith(("zh", "chinese")) else "en"
