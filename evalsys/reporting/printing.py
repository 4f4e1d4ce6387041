"""What PDF and Word files need beyond the base installation, and how to say that it is not there."""

from __future__ import annotations

from collections.abc import Collection
from importlib.util import find_spec

from evalsys.language import Text, default_language

__all__ = ["PrintMissing", "check_printing"]

#: Modules that each form is made with.
_MODULES = {"pdf": ("typst", "lxml"), "word": ("docx", "lxml", "typst")}
_PACKAGES = {"docx": "python-docx"}


class PrintMissing(Exception):
    """A package of the extra ``print`` is not installed; the message says what to install.

    Attributes
    ----------
    package : str
        Its name for pip.
    words : Text
        The message in both languages; as a string, in that of the user.

    Examples
    --------
    >>> PrintMissing("docx").words.en
    'PDF and Word files need the package python-docx: run pip install "evalsys[print]", or use ./run, which has it.'
    """

    def __init__(self, module: str) -> None:
        self.package = _PACKAGES.get(module, module)
        self.words = Text(
            f"生成 PDF 和 Word 文件需要软件包 {self.package}："
            '请运行 pip install "evalsys[print]"，或改用已含此包的 ./run。',
            f'PDF and Word files need the package {self.package}: run pip install "evalsys[print]", '
            "or use ./run, which has it.",
        )
        super().__init__(module)

    def __str__(self) -> str:
        return self.words.say(default_language())


def check_printing(forms: Collection[str]) -> None:
    """Find out, before the work, whether what the forms need is installed; nothing is imported.

    Parameters
    ----------
    forms : collection of str
        ``pdf``, ``word``; others need nothing.

    Raises
    ------
    PrintMissing
        For the first package that is not there.

    Examples
    --------
    >>> check_printing(["annex"])
    """
    for form in forms:
        for module in _MODULES.get(form, ()):
            if find_spec(module) is None:
                raise PrintMissing(module)
