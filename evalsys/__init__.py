"""evalsys: mock assessments for civilised-city inspections.

An instrument is data, evidence is tables, a score is a pure function, and a notebook tells it all.
Public names load on first use (PEP 562), so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Assessment": "evidence",
    "Design": "survey_designs",
    "Fault": "faults",
    "Fixes": "fixes",
    "Forecast": "forecasting",
    "ForecastSettings": "forecast_settings",
    "InputFaults": "faults",
    "Instrument": "instrument",
    "Score": "scoring",
    "Text": "language",
    "announced_gap": "rounds",
    "audit_table": "audit",
    "bulletin": "bulletins",
    "cards_of": "unit_cards",
    "compare_rounds": "rounds",
    "costs": "ledger_costs",
    "cycle_settings": "cycles",
    "decide": "decisions",
    "due_between": "dues",
    "effects": "fix_effects",
    "evaluate": "spine",
    "findings": "views",
    "fixes_of": "fixes",
    "forecast": "forecasting",
    "growth_years": "ratios",
    "histories": "titles",
    "inspections": "forecasting",
    "instrument_ids": "instrument_file",
    "ledger": "projects",
    "ledgers_of": "ledgers",
    "load_instrument": "instrument_file",
    "next_visits": "patrols",
    "pass_chance": "survey_plans",
    "plain_view": "views",
    "plan": "plans",
    "rank_ranges": "rank_chances",
    "ranked": "ranks",
    "read_assessment": "evidence",
    "read_instrument": "instrument_file",
    "read_published": "published",
    "read_titles": "decision_files",
    "report_of_month": "month_reports",
    "sample_size": "survey_plans",
    "score": "scoring",
    "select": "selection",
    "settle": "after_total",
    "staff_rows": "ratios",
    "survey_plan": "survey_designs",
    "survey_result": "survey_results",
    "task_list": "tasks",
    "tree_view": "views",
    "write_instrument": "instrument_file",
    "write_questionnaire": "questionnaires",
}
_MODULES = (
    "after_sections",
    "audit_pages",
    "audit_sections",
    "bulletin_pages",
    "bulletin_results",
    "bulletin_sections",
    "card_pages",
    "cycle_sections",
    "decision_pages",
    "decision_sections",
    "figures",
    "fix_sections",
    "fix_views",
    "forecast_sections",
    "history_sections",
    "league",
    "league_pages",
    "ledgers",
    "markup",
    "month_pages",
    "month_reports",
    "month_sections",
    "pages",
    "sections",
    "unit_cards",
    "what_if",
    "what_if_desk",
    "what_if_pages",
    "wording",
)
__all__ = ["__version__", *sorted([*_HOMES, *_MODULES])]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"evalsys.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'evalsys' has no attribute {name!r}")
    return getattr(import_module(f"evalsys.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
