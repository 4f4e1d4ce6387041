"""What is applied after a total, against a second, naive implementation in any order; and what must hold in every case.

The naive one works with a list of totals and plain loops, and asks of each event by itself.
"""

import calendar
import datetime
import itertools
import random
from dataclasses import replace
from fractions import Fraction as F

import pytest
from builders import content_of, indicator, instrument_of, standard, text

from evalsys.after_total import Case, Happened, needed_before, settle, told_apart
from evalsys.instrument import ACTIONS, BARRING, STANDINGS, Bonus, Effect, Gate, Joined, ListedEvent, Mechanism, Said
from evalsys.instrument_shape import AFTER_TOTAL
from evalsys.language import Text

NAME, SOURCE = Text("名", "name"), {"clause": "9"}
DAY, APPLIED = datetime.date(2020, 2, 29), datetime.date(2019, 6, 30)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    one = [indicator("1", 120, [standard("1.1", "met", 120)])]
    return instrument_of(tmp_path_factory.mktemp("after"), content_of(one, 120))


def joined(code, of, share):
    return Joined(code, NAME, of, F(share), None, SOURCE)


def bonus(code, points, cap=None):
    return Bonus(code, NAME, F(points), None if cap is None else F(cap), None, SOURCE)


def listed(code, *effects, confirm=False):
    return ListedEvent(code, NAME, effects, confirm, None, SOURCE)


def gate(code, least=None, of="total", stage="pass"):
    return Gate(code, NAME, None if least is None else F(least), of, stage, None, SOURCE)


def said(row=None):
    return Said(row, NAME, (), (), None, SOURCE)


def mechanism(kind, **more):
    return Mechanism(said(), kind, **{"limits": {}, "measure": None, "steps": (), "shares": (), **more})


def event(code, day=DAY, confirmed="", note=""):
    return Happened(code, day, confirmed, note)


# ------------------------------------------------------------------------------------------------- a second program


def year_before(day, months):
    """Return the day so many months before: step back month by month, then the last day that exists."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    return datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def naive(instrument, total, case):
    """Return (kind, code, verdict, change, action) of every step, and the final total."""
    rows, now = [], total
    standing = "nominated" if case.standing is None else case.standing

    def put(kind, code, verdict, points=F(0), action=None):
        nonlocal now
        before = now
        now = now + points
        if now < 0:
            now = F(0)
        rows.append((kind, code, verdict, now - before, action))

    for part in instrument.after_total:
        if part == "joined":
            here, full = now, instrument.full_marks
            weights = {j.of: j.share for j in instrument.joined if j.of in case.scores}
            for j in instrument.joined:
                if j.of not in weights:
                    put("joined", j.code, "open")
                else:
                    # its part comes in, and the same part of the own score goes
                    put("joined", j.code, "applied", case.scores[j.of] / 100 * full * j.share - here * j.share)
            whole = here * (1 - sum(weights.values()))
            for of, share in weights.items():
                whole += share * case.scores[of] / 100 * full
            assert now == whole
        if part == "bonus":
            for b in instrument.bonus:
                paid = F(0)
                for e in sorted((e for e in case.events if e.code == b.code), key=lambda e: e.date):
                    if e.confirmed == "no":
                        put("bonus", b.code, "none")
                        continue
                    worth = b.points
                    if b.cap is not None and paid + worth > b.cap:
                        worth = b.cap - paid
                    paid += worth
                    put("bonus", b.code, "applied", worth)
        if part == "negative_list":
            for entry in instrument.negative_list:
                for e in sorted((e for e in case.events if e.code == entry.code), key=lambda e: e.date):
                    hits = [x for x in entry.effects if len(x.to) == 0 or standing in x.to]
                    if not hits:
                        put("negative_list", entry.code, "none")
                    for x in hits:
                        if e.confirmed == "no":
                            put("negative_list", entry.code, "none", action=x.action)
                            continue
                        if entry.confirm and e.confirmed == "":
                            put("negative_list", entry.code, "open", action=x.action)
                            continue
                        if x.within is not None:
                            day = case.applied_on if standing == "applicant" else case.assessed_on
                            if day is None:
                                put("negative_list", entry.code, "open", action=x.action)
                                continue
                            if e.date > day or e.date < year_before(day, x.within):
                                put("negative_list", entry.code, "none", action=x.action)
                                continue
                        put("negative_list", entry.code, "applied", -x.deduct, x.action)
            for m in instrument.mechanisms:
                if m.kind != "veto" or m.code is None:
                    continue
                for e in sorted((e for e in case.events if e.code == m.code), key=lambda e: e.date):
                    verdict = {"yes": "applied", "no": "none"}.get(e.confirmed, "open" if m.confirm else "applied")
                    put("veto", m.code, verdict, action=m.action or "veto")
        if part == "gates":
            for g in instrument.gates:
                if any(e.code == g.code and e.confirmed != "no" for e in case.events):
                    put("gates", g.code, "not_met")
                elif g.at_least is None:
                    put("gates", g.code, "met")
                else:
                    score = now if g.of == "total" else case.scores.get(g.of)
                    put("gates", g.code, "open" if score is None else "met" if score >= g.at_least else "not_met")
        if part == "ladders":
            for m in instrument.mechanisms:
                if m.of != "total":
                    continue
                checks = {"below": lambda a, b: a < b, "at_most": lambda a, b: a <= b, "above": lambda a, b: a > b,
                          "at_least": lambda a, b: a >= b}  # fmt: skip
                if all(checks[key](now, limit) for key, limit in m.limits.items()):
                    title = standing == "holder" or m.action not in ("suspend", "revoke")
                    put("ladders", "", "applied" if title else "none", action=m.action)
    return rows, now


def drawn(rng, base):
    """Return a random instrument and a random case."""
    scores = ["minors", "self", "external"]
    actions = [None, *ACTIONS]

    def effect():
        action = rng.choice(actions)
        to = tuple(rng.sample(list(STANDINGS), rng.randint(0, 2)))
        deduct = F(rng.randint(0 if action else 1, 60), rng.choice([1, 2, 3]))
        return Effect(deduct, action, 12 if action == "suspend" else None, to, rng.choice([None, 1, 12, 24]))

    parts = list(AFTER_TOTAL)
    rng.shuffle(parts)
    own = replace(
        base,
        after_total=tuple(parts),
        joined=tuple(
            joined(f"J{n}", of, F(rng.randint(1, 12), 30))
            for n, of in enumerate(rng.sample(scores, rng.randint(0, 2)))
        ),
        bonus=tuple(
            bonus(f"B{n}", F(rng.randint(1, 9), 2), rng.choice([None, 1, 3, 7])) for n in range(rng.randint(0, 2))
        ),
        negative_list=tuple(
            listed(f"N{n}", *(effect() for _ in range(rng.randint(1, 3))), confirm=rng.random() < 0.3)
            for n in range(rng.randint(0, 3))
        ),
        gates=tuple(
            gate(f"G{n}", rng.choice([None, rng.randint(0, 100)]), rng.choice(["total", *scores]))
            for n in range(rng.randint(0, 3))
        ),
        mechanisms=tuple(
            mechanism("veto", code=f"V{n}", action=rng.choice(["veto", None]), confirm=rng.random() < 0.5)
            for n in range(rng.randint(0, 2))
        )
        + tuple(
            mechanism(
                "ladder", of="total", action=rng.choice(list(ACTIONS)),
                limits={rng.choice(["below", "at_most", "above", "at_least"]): F(rng.randint(0, 120))},
            )
            for n in range(rng.randint(0, 3))
        ),
    )  # fmt: skip
    codes = [e.code for e in (*own.bonus, *own.negative_list, *own.gates)]
    codes += [m.code for m in own.mechanisms if m.code] + ["?"]
    near = [DAY, APPLIED, *(year_before(d, m) for d in (DAY, APPLIED) for m in (1, 12, 24))]
    days = [d + datetime.timedelta(days=k) for d in near for k in (-1, 0, 1)]
    events = [
        event(rng.choice(codes), rng.choice(days), rng.choice(["", "yes", "no"])) for _ in range(rng.randint(0, 7))
    ]
    case = Case(
        rng.choice([None, *STANDINGS]),
        rng.choice([DAY, DAY, None]),
        rng.choice([APPLIED, APPLIED, None]),
        {name: F(rng.randint(0, 200), 2) for name in scores if rng.random() < 0.6},
        tuple(events),
    )
    return own, F(rng.randint(0, 240), 2), case


def told(settled):
    return [(s.kind, s.code, s.verdict, s.change, s.action) for s in settled.steps]


def test_against_the_second_program_in_any_order(base):
    rng = random.Random(6)
    met = set()
    for _ in range(500):
        own, total, case = drawn(rng, base)
        found = settle(own, total, case)
        rows, value = naive(own, total, case)
        assert told(found) == rows
        assert (found.raw, found.value) == (total, value)
        running = total
        for step in found.steps:
            running += step.change
            assert step.total == running >= 0
        assert [s.bars for s in found.steps] == [
            v == "not_met" or (v == "applied" and a in BARRING) for *_, v, _, a in rows
        ]
        met |= {(kind, verdict) for kind, _, verdict, *_ in rows}
    assert met == {
        *(("joined", v) for v in ("applied", "open")),
        *(("bonus", v) for v in ("applied", "none")),
        *((kind, v) for kind in ("negative_list", "veto") for v in ("applied", "none", "open")),
        *(("gates", v) for v in ("met", "not_met", "open")),
        *(("ladders", v) for v in ("applied", "none")),
    }  # every verdict was met


def test_needed_before_is_the_least_own_score_that_reaches_what_is_wanted(base):
    rng = random.Random(7)
    kinds = set()
    for _ in range(300):
        own, _, case = drawn(rng, base)
        wanted = F(rng.randint(0, 240), 2)
        least = needed_before(own, wanted, case)
        if least > 0:
            assert settle(own, least, case).value == wanted
            assert settle(own, least * F(999_999, 1_000_000), case).value < wanted
            kinds.add("on the scale" if least <= own.full_marks else "above")
        else:
            assert settle(own, F(0), case).value >= wanted
            kinds.add("any score")
    assert kinds == {"on the scale", "above", "any score"}


def test_a_bonus_after_a_deduction_that_stops_at_0(base):
    """A straight line would say 4; from any score up to 5 the total is 0 and then 3."""
    own = replace(base, after_total=("negative_list", "bonus"), bonus=(bonus("B", 3),))
    own = replace(own, negative_list=(listed("N", Effect(F(5))),))
    case = Case(events=(event("N"), event("B")))
    assert [settle(own, F(n), case).value for n in (0, 4, 5, 6)] == [3, 3, 3, 4]
    assert [needed_before(own, F(n), case) for n in (2, 3, 4)] == [-1, 0, 6]


def test_a_deduction_before_scores_join_is_shared_with_them(base):
    own = replace(base, joined=(joined("J", "minors", F(1, 5)),), negative_list=(listed("N", Effect(F(10))),))
    case = Case(scores={"minors": F(50)}, events=(event("N"),))
    found = {}
    for order in (("joined", "negative_list"), ("negative_list", "joined")):
        placed = replace(own, after_total=order)
        found[order[0]] = settle(placed, F(100), case).value, needed_before(placed, F(82), case)
    assert found == {"joined": (F(82), 100), "negative_list": (F(84), F("97.5"))}


# --------------------------------------------------------------------------------------------------------- order


def test_the_order_of_the_parts_matters_only_where_something_stops_or_is_shared(base):
    """With no joined score, no stop at 0 and no gate or ladder on the total, every order gives the same."""
    own = replace(
        base,
        bonus=(bonus("B", 2, 3),),
        negative_list=(listed("N", Effect(F(4)), Effect(F(1), "criticise")),),
        gates=(gate("G", 60, "self"), gate("H")),
        mechanisms=(mechanism("veto", code="V"),),
    )
    case = Case(scores={"self": F(50)}, events=(event("B"), event("N"), event("B"), event("V"), event("H")))
    results = {}
    for order in itertools.permutations(AFTER_TOTAL):
        found = settle(replace(own, after_total=order), F(80), case)
        results.setdefault((found.value, frozenset(s.code for s in found.bars)), []).append(order)
    assert list(results) == [(F(78), frozenset({"G", "H", "V"}))]


def test_a_gate_on_the_total_sees_what_stands_before_it(base):
    own = replace(base, gates=(gate("G", 80),), negative_list=(listed("N", Effect(F(5))),))
    case = Case(events=(event("N"),))
    before = settle(replace(own, after_total=("gates", "negative_list")), F(82), case)
    after = settle(replace(own, after_total=("negative_list", "gates")), F(82), case)
    assert ([s.verdict for s in before.steps], before.bars) == (["met", "applied"], ())
    assert [s.verdict for s in after.steps] == ["applied", "not_met"]


def test_the_order_of_the_events_in_the_table_does_not_matter(base):
    rng = random.Random(8)
    for _ in range(60):
        own, total, case = drawn(rng, base)
        if len({(e.code, e.date) for e in case.events}) < len(case.events):
            continue  # two of one day and code stand in the order of the table
        shuffled = replace(case, events=tuple(rng.sample(case.events, len(case.events))))
        assert settle(own, total, shuffled) == settle(own, total, case)


def test_what_is_left_out_of_the_order_is_not_applied(base):
    own = replace(base, after_total=("bonus",), bonus=(bonus("B", 2),), negative_list=(listed("N", Effect(F(4))),))
    found = settle(own, F(50), Case(events=(event("B"), event("N"))))
    assert told(found) == [("bonus", "B", "applied", 2, None)]


def test_more_points_never_make_less_in_the_end(base):
    rng = random.Random(9)
    for _ in range(80):
        own, total, case = drawn(rng, base)
        more = settle(own, total + F(1, 3), case)
        assert more.value >= settle(own, total, case).value


# ------------------------------------------------------------------------------------------------ nothing assessed


def test_nothing_assessed_stays_so_and_what_bars_is_told(base):
    own = replace(
        base,
        joined=(joined("J", "minors", F(1, 5)),),
        bonus=(bonus("B", 2),),
        gates=(gate("G", 80), gate("H", 85, "minors")),
        mechanisms=(
            mechanism("veto", code="V"),
            mechanism("ladder", of="total", action="veto", limits={"below": F(9)}),
        ),
    )
    case = Case(scores={"minors": F(60)}, events=(event("B"), event("V")))
    found = settle(own, None, case)
    assert (found.raw, found.value, {s.total for s in found.steps}) == (None, None, {None})
    assert [(s.code, s.verdict) for s in found.steps] == [
        *(("J", "open"), ("B", "applied"), ("V", "applied"), ("G", "open"), ("H", "not_met")),
    ]
    assert [s.code for s in found.bars] == ["V", "H"]


def test_confirmed_events(base):
    own = replace(base, negative_list=(listed("N", Effect(F(4), "veto"), confirm=True),), gates=(gate("G"),))
    for word, verdict, value in (("", "open", 50), ("no", "none", 50), ("yes", "applied", 46)):
        found = settle(own, F(50), Case(events=(event("N", confirmed=word),)))
        assert (found.steps[0].verdict, found.value) == (verdict, value)
        broken = settle(own, F(50), Case(events=(event("G", confirmed=word),))).steps[0]
        assert broken.verdict == ("met" if word == "no" else "not_met")
        assert (broken.event is None) == (word == "no")


# -------------------------------------------------------------------------------------------------- village rules


@pytest.fixture(scope="module")
def village(tmp_path_factory):
    """Self-score 90 to apply, external score 85 to pass; the gates in a file, as a user writes them."""
    one = [indicator("1", 50, [standard("1.1", "met", 50)])]
    entry = {"source": {"clause": "十二"}}
    gates = [
        {"code": "S", "name": text("自评"), "at_least": 90, "of": "self", "stage": "apply", **entry},
        {"code": "E", "name": text("外部"), "at_least": "85%", "of": "external", **entry},
        {"code": "T", "name": text("总分"), "at_least": "60%", **entry},
    ]
    return instrument_of(tmp_path_factory.mktemp("village"), content_of(one, 50, gates=gates))


@pytest.mark.parametrize(
    ("own", "self_score", "external", "verdicts"),
    [
        (30, 90, 85, ["met", "met", "met"]),
        ("29.999", "89.99", "84.99", ["not_met", "not_met", "not_met"]),
        (50, 90, "84.999", ["met", "not_met", "met"]),
        (50, "89.999", 100, ["not_met", "met", "met"]),
        (50, None, 100, ["open", "met", "met"]),
    ],
)
def test_self_score_90_to_apply_and_external_85_to_pass(village, own, self_score, external, verdicts):
    scores = {"self": self_score, "external": external}
    case = Case("applicant", scores={name: F(score) for name, score in scores.items() if score is not None})
    found = settle(village, F(own), case)
    assert [step.verdict for step in found.steps] == verdicts
    assert len(found.bars) == verdicts.count("not_met")
    assert [g.stage for g in village.gates] == ["apply", "pass", "pass"]
    assert [g.at_least for g in village.gates] == [90, 85, 30]
    for step in found.bars:
        low, high = step.why.en.split(" is below ")
        assert F(low) < F(high)
        assert step.why.zh == f"{low} 分低于 {high} 分"


# --------------------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("a", "b", "shown"),
    [
        ("84.996", "85", ("84.996", "85")),
        ("85.00004", "85", ("85.00004", "85")),
        ("85", "85", ("85", "85")),
        ("84.994", "85", ("84.99", "85")),
        ("12.5", "7.125", ("12.5", "7.13")),
        ("-3.456", "2", ("-3.46", "2")),
    ],
)
def test_numbers_are_told_apart(a, b, shown):
    assert told_apart(F(a), F(b)) == shown


def test_words_of_every_kind_of_step(base):
    own = replace(
        base,
        joined=(joined("J", "minors", F(1, 3)), joined("K", "self", F(1, 4))),
        bonus=(bonus("B", F(5, 2)), bonus("C", 3, 2)),
        negative_list=(
            listed("N", Effect(F(7, 2)), confirm=True),
            listed("O", Effect(action="criticise", to=("holder",))),
            listed("P", Effect(action="criticise")),
        ),
        gates=(gate("G", F(1, 3)), gate("H"), gate("I", 90, "self")),
        mechanisms=(mechanism("ladder", of="total", action="suspend", limits={"below": F(70)}, months=6),
                    mechanism("veto", code="V")),
    )  # fmt: skip
    events = ("B", "C", "N", "O", "P", "V")
    case = Case("holder", scores={"minors": F("89.996")}, events=tuple(event(c, confirmed="yes") for c in events))
    found = settle(own, F("50.005"), case)
    assert [(s.code, s.why.zh, s.why.en) for s in found.steps] == [
        ("J", "90 分，占 33.33%，其余 66.67% 为本体系成绩", "90, 33.33% of the total; the own score counts 66.67%"),
        ("K", "没有这项成绩，暂不并入", "there is no such score: left out for now"),
        ("B", "加 2.5 分", "2.5 points added"),
        ("C", "加 2 分，已到上限", "2 points added, the cap is reached"),
        ("N", "扣 3.5 分", "3.5 points off"),
        ("O", "按条款执行", "as the clause says"),
        ("P", "按条款执行", "as the clause says"),
        ("V", "发生即否决", "one such event is enough"),
        ("G", "70.34 分不低于 0.33 分", "70.34 is at least 0.33"),
        ("H", "未登记此情形", "nothing of this kind is on record"),
        ("I", "没有这项成绩，不能判定", "there is no such score: not decided"),
    ]
    lower = settle(own, F("10"), case).steps[-1]
    assert (lower.why.zh, lower.why.en, lower.months) == ("43.67 分，低于 70 分", "43.67 is below 70", 6)
    other = settle(own, F("10"), replace(case, standing="applicant")).steps[-1]
    assert (other.why.zh, other.why.en) == ("43.67 分，尚无称号可停", "43.67; there is no title to suspend")
    nothing = settle(own, F("10"), replace(case, standing="applicant")).steps[5]
    assert (nothing.code, nothing.verdict) == ("O", "none")
    assert nothing.why == Text("对现有称号状态没有规定", "nothing is laid down for this standing")


def test_every_step_names_its_clause(base):
    rng = random.Random(10)
    for _ in range(40):
        own, total, case = drawn(rng, base)
        for step in settle(own, total, case).steps:
            assert (step.name, step.source) == (NAME, SOURCE)
            assert (step.event is not None) <= (step.event in case.events)
            assert step.why.zh
            assert step.why.en
