"""What a page states in numbers, out of its executed notebook: nobody reads numbers back from sentences."""

from __future__ import annotations

from typing import Any

from evalsys.markup import FACTS

__all__ = ["facts_of"]


def facts_of(notebook: Any) -> dict[str, Any]:
    """Return the facts that the outputs of an executed notebook state, merged in their order.

    A page states what it has; a name that is not there was not computed, and None is a value that there is none of.
    Numbers are unrounded: points are in points of the instrument, rates and chances from 0 to 1.

    ==================== ================================================================================
    name                 value
    ==================== ================================================================================
    place, round         of the assessment, as its settings say
    title                of the instrument, the table or the round, in the language of the page
    instrument           id
    evidence_hash        SHA-256 of the evidence
    rate                 points won of points assessed; None where nothing is assessed
    points, lost         won and lost
    assessed             points with evidence
    not_assessed         points that apply and have no evidence
    full                 full marks
    pass_mark            in points; None without one
    passed               true, false; None without a pass mark or a score
    expected             mean of the coming inspection, in points
    chance               to pass the coming inspection; None without a pass mark
    chance_error         its standard error, or half the width of its bounds
    chance_strict        the same if inspectors are strict, by one standard deviation; None without severity
    engine               ``exact``, ``rounded`` or ``simulate``
    expected_after       `expected`, `chance` and `chance_strict` once the recommended plan is done
    chance_after
    chance_strict_after
    cost                 of that plan, in the unit of the table of fixes
    fixes                how many that plan has
    standards, leaves    how many the instrument has
    scored               how many of its standards are scored
    assumed              points that rest on an assumed method, way to combine methods, or threshold
    weights_assumed      whether the weights are assumed
    final, barred        points after all that comes after the total; whether something bars a title (mock assessment),
                         or how many are barred (title decision)
    cycle_secured        points of a cycle won so far; `cycle_most` that can be reached, `cycle_wanted`, what this year
    cycle_...            must bring (`cycle_needed`) and its chance (`cycle_chance`)
    units, groups        how many a league table ranks, in how many groups
    rounding, errors     of the figures that it recomputes: how many differ in the last digit, how many are wrong
    candidates           of a round of titles, with `selected`, `tied`, `beyond_quota`, `unassessed`
    period, month, day   of a bulletin, a month's report, a unit's card
    findings_new         of a bulletin: findings of the period, also `findings_fixed`; `findings_in_hand` and
    findings_...         `findings_overdue` at its end; `measures` proposed; `rate_closed`, the rate with what is closed
    annex                name of the Excel annex, where one was written
    ==================== ================================================================================

    Parameters
    ----------
    notebook : NotebookNode

    Examples
    --------
    >>> import nbformat
    >>> data = [{"text/html": "<p>…</p>", FACTS: {"rate": 0.75, "place": "甲区"}}, {FACTS: {"chance": None}}]
    >>> outputs = [{"output_type": "display_data", "metadata": {}, "data": held} for held in data]
    >>> cell = {"cell_type": "code", "source": "", "metadata": {}, "execution_count": 1, "outputs": outputs}
    >>> facts_of(nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}))
    {'rate': 0.75, 'place': '甲区', 'chance': None}
    """
    facts: dict[str, Any] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            facts |= output.get("data", {}).get(FACTS, {})
    return facts
