"""Notebooks into reports: parameters checked, executed by papermill, rendered as one self-contained page."""
