"""What all tests share: nothing but a quick start."""

import evalsys.reporting  # noqa: F401 (before anything reads notebooks: it spares the seconds of an unused import)
