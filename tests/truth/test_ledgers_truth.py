"""The ledgers against a second way to keep them: one note for each finding, day after day, in plain Python."""

import datetime
import random
from collections import Counter

import ledger_cases as cases
import numpy as np
import pytest

import evalsys
from evalsys.ledger_walk import in_order
from evalsys.ledgers import flow, ledgers_of, states

IN_HAND = ("open", "returned")


def world(folder, seed, places):
    """Random ledgers of many sites in one assessment, and the notes on each standard of each site."""
    rng = random.Random(seed)
    sites = [
        {"site_id": f"s{k:03d}", "site_type": "community", "name": f"社区{k}", "units": "甲"} for k in range(places)
    ]
    tables = {"observations": [], "findings": [], "rectifications": []}
    notes = {}
    for site in sites:
        for code in ("1.1", "1.2"):
            made = cases.random_rows(rng, site["site_id"], code, 100 * len(notes))
            for table, rows in zip(tables.values(), made, strict=True):
                table.extend(rows)
            notes[site["site_id"], code] = cases.by_days(*made)
    for name in ("observations", "findings"):
        rng.shuffle(tables[name])
    groups = {}
    for row in tables["rectifications"]:
        groups.setdefault(row["finding_id"], []).append(row)
    mixed = [row["finding_id"] for row in tables["rectifications"]]
    rng.shuffle(mixed)
    tables["rectifications"] = [groups[name].pop(0) for name in mixed]  # the attempts at one stay in order
    observations = tables.pop("observations")
    return cases.kept(folder, observations, sites=sites, **tables), notes


@pytest.fixture(scope="module", params=[1, *(pytest.param(k, marks=pytest.mark.slow) for k in range(2, 6))])
def both(request, tmp_path_factory):
    assessment, notes = world(tmp_path_factory.mktemp("w"), request.param, 120)
    return ledgers_of(assessment), {name: note for own in notes.values() for name, note in own.items()}


def test_the_random_ledgers_hold_every_case(both):
    kept, notes = both
    assert len(notes) > 300
    last = cases.DAYS + 40
    for state in ("open", "fixed", "verified", "returned"):
        assert sum(note.state(last) == state for note in notes.values()) > 8
    assert sum(note.repeat_of != "" for note in notes.values()) > 20
    assert sum(note.relapse_of != "" for note in notes.values()) > 8
    assert sum(note.returned(last) > 1 for note in notes.values()) > 4
    assert sum(note.in_order_on is not None for note in notes.values()) > 30
    assert sum(note.closed_by_check is not None for note in notes.values()) > 20
    assert {(name[:1], bool(note.rows)) for name, note in notes.items()} == {
        (kind, held) for kind in "Of" for held in (True, False)
    }
    assert len(kept.undated) > 3


def test_the_same_findings(both):
    kept, notes = both
    table, names = kept.findings, kept.assessment.observations["observation_id"].tolist()
    assert {*table["finding_id"]} == {*notes}
    assert list(table["finding_id"]) == sorted(notes, key=lambda name: (notes[name].found, name))
    for row in table.itertuples():
        note = notes[row.finding_id]
        assert row.found_on.date() == cases.day(note.found)
        assert row.due.date() == cases.day(note.due(note.found - 1))
        assert (row.repeat_of, row.relapse_of) == (note.repeat_of, note.relapse_of)
        assert [names[place] for place in row.observations] == note.seen
        assert row.made == row.finding_id.startswith("O-")
        own = None if row.in_order_on != row.in_order_on else (row.in_order_on.date() - cases.START).days
        assert own == note.in_order_on


def test_the_same_states_on_every_day(both):
    kept, notes = both
    names = kept.findings["finding_id"].tolist()
    told = {name: list(events(note)) for name, note in notes.items()}
    for on in range(-1, cases.DAYS + 25):
        stand = states(kept, cases.day(on))
        assert {names[row] for row in stand["finding"]} == {name for name, note in notes.items() if note.found <= on}
        days = [numbers(stand[name]) for name in ("since", "fixed_on", "verified_on", "due")]
        columns = (stand[name].tolist() for name in ("finding", "state", "overdue", "returned", "again"))
        for row, state, overdue, returned, again, *found in zip(*columns, *days, strict=True):
            note = notes[names[row]]
            past = [(day, what) for day, what, _ in told[note.name] if day <= on]
            fixed, due = [day for day, what in past if what == "fixed"], note.due(on)
            verified = [day for day, what in past if what == "verified"]
            assert found == [past[-1][0], fixed[-1] if fixed else None, verified[-1] if verified else None, due]
            assert state == note.state(on)
            assert overdue == (max(on - due, 0) if state in IN_HAND else 0)
            assert returned == note.returned(on)
            assert again == sum(note.found < seen <= on for seen in note.seen_on)


def numbers(column):
    """Days counted from the first one, None for one that is not stated."""
    days = (column.to_numpy().astype("datetime64[D]") - np.datetime64(cases.START)).tolist()
    return [None if day is None else day.days for day in days]


def events(note):
    """What happens to a finding, as (day, what, in time)."""
    yield note.found, "new", None
    if not note.rows and note.closed_by_check is not None:
        yield note.closed_by_check, "fixed", note.closed_by_check <= note.due(note.closed_by_check - 1)
        yield note.closed_by_check, "verified", None
    due = note.due(note.found - 1)
    for number, row in enumerate(note.rows):
        if number:
            due = cases.number(row["due"]) if row["due"] else due
        if row["fixed_on"]:
            yield cases.number(row["fixed_on"]), "fixed", cases.number(row["fixed_on"]) <= due
        if row["reviewed_on"]:
            yield cases.number(row["reviewed_on"]), {"通过": "verified", "退回": "returned"}[row["result"]], None


def test_flow_to_the_row(both):
    kept, notes = both
    rng = random.Random(5)
    names = kept.findings["finding_id"].to_numpy()
    for _ in range(15):
        a, b = sorted(rng.choices(range(-3, cases.DAYS + 20), k=2))
        own = flow(kept, cases.day(a), cases.day(b))
        held = [(name, *event) for name, note in notes.items() for event in events(note) if a <= event[0] <= b]
        rows = {"new": own.new, "fixed": own.fixed, "returned": own.returned, "verified": own.verified}
        finding = kept.moves["finding"].to_numpy()
        for what, moves in rows.items():
            assert Counter(names[finding[moves]]) == Counter(name for name, _, kind, _ in held if kind == what)
        in_time = Counter(name for name, _, kind, kept_in in held if kind == "fixed" and kept_in)
        assert Counter(names[finding[own.in_time]]) == in_time
        before, after = (Counter(own.in_hand(stand).tolist()) for stand in (own.before, own.after))
        came = Counter(finding[own.new].tolist()) + Counter(finding[own.returned].tolist())
        left = Counter(finding[own.fixed].tolist())
        for row in range(len(names)):  # to the row, not only in sum
            assert before[row] + came[row] - left[row] == after[row]
        waiting, still = (Counter(own.awaiting(stand).tolist()) for stand in (own.before, own.after))
        gone = Counter(finding[own.verified].tolist()) + Counter(finding[own.returned].tolist())
        for row in range(len(names)):
            assert waiting[row] + left[row] - gone[row] == still[row]


def test_spells_are_the_days_in_hand(both):
    kept, notes = both
    names, table = kept.findings["finding_id"].tolist(), kept.spells
    inside = {name: set() for name in notes}
    for row in table.itertuples():
        first = (row.start.date() - cases.START).days
        last = cases.DAYS + 40 if row.end != row.end else (row.end.date() - cases.START).days
        inside[names[row.finding]].update(range(first, last))
        assert (row.ended_by == -1) == (row.end != row.end)
        if row.ended_by >= 0:
            move = kept.moves.iloc[row.ended_by]
            assert (move["finding"], move["day"], move["to"]) == (row.finding, row.end, "fixed")
    for name, note in notes.items():
        assert inside[name] == {k for k in range(note.found, cases.DAYS + 40) if note.state(k) in IN_HAND}


# ------------------------------------------------------------------------------------------------- the synthetic city


@pytest.mark.slow
def test_findings_of_the_synthetic_city():
    """Sixty thousand observations and no ledger: a finding is a run of losses until a check finds all in order."""
    city = evalsys.read_assessment("data/synthetic-city")
    kept = ledgers_of(city)
    rows = city.observations
    scored = evalsys.score(city).rows
    attained = {n: deficit == 0 for n, deficit in zip(scored["observation_id"], scored["deficit"], strict=True)}
    fine = in_order(city.instrument, rows)
    for name, order in zip(rows["observation_id"], fine, strict=True):  # the score's own word, where it has one
        assert name not in attained or order < 0 or attained[name] == bool(order)
    looks = {}
    columns = (rows[name].tolist() for name in ("standard", "site", "observed_on", "observation_id"))
    for standard, site, day, name, order in zip(*columns, fine.tolist(), strict=True):
        if order >= 0:
            looks.setdefault((day, standard, site), []).extend([] if order else [name])
    expected = {}
    standing = {}
    for (day, *place), bad in sorted(looks.items()):
        at = standing.get(tuple(place))
        if bad and at is None:
            standing[tuple(place)] = f"O-{min(bad)}"
            expected[f"O-{min(bad)}"] = [day, None, len(bad)]
        elif bad:
            expected[at][2] += len(bad)
        elif at is not None:
            expected[at][1] = day
            del standing[tuple(place)]
    table = kept.findings
    assert len(table) == len(expected) > 2000
    closed = dict(kept.moves.loc[kept.moves["to"] == "verified", ["finding", "day"]].itertuples(index=False))
    for place, (name, found, seen) in enumerate(
        zip(table["finding_id"], table["found_on"], table["observations"], strict=True)
    ):
        assert [found, closed.get(place), len(seen)] == expected[name]
    stand = states(kept, datetime.date(2025, 7, 20))
    upto = np.datetime64("2025-07-20")
    assert (stand["state"] == "open").sum() == sum(
        first <= upto and (last is None or last > upto) for first, last, _ in expected.values()
    )
