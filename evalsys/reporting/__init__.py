"""Notebooks into reports: parameters checked, executed by papermill, rendered as one self-contained page, printed."""

import sys

# jsonschema takes up this checker of IRIs where it is installed; building it takes more than a second, and no notebook
# needs it
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
