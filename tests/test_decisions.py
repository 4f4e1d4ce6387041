"""What the clauses lead to: rounds by the rules of S000-4, S000-6 and the national cycle, and a naive selection."""

import datetime
import itertools
import random
from collections import Counter
from dataclasses import replace
from fractions import Fraction as F
from pathlib import Path

import pytest
from builders import content_of, indicator, standard, text, write_csv, write_yaml

from evalsys import InputFaults
from evalsys.after_total import Happened
from evalsys.decision_files import read_titles
from evalsys.decisions import decide, score_error
from evalsys.objections import Notice, Objection
from evalsys.selection import Choice
from evalsys.titles import MOVES, STATES

ROOT = Path(__file__).resolve().parents[1]
DAY = datetime.date
ORGANS = {"instrument": "yuhua-organs-2005", "decided_on": "2028-03-01", "assessed_on": "2028-02-01"}
UNITS = {"instrument": "honest-units-communities", "decided_on": "2007-12-20", "assessed_on": "2007-11-30"}
ALL = {"zh": "机关", "en": "Organs"}


def titles(folder, settings, candidates, scores=(), **tables):
    """Write a round and read it; a candidate is a name or a row, a score a (name, value) or a row."""
    base = {"title": {"zh": "称号", "en": "Title"}, "place": "某区", "round": "r1"}
    write_yaml(folder / "titles.yaml", {**base, **settings})
    rows = [{"candidate": c} if isinstance(c, str) else c for c in candidates]
    marks = [{"candidate": s[0], "score": "own", "value": str(s[1])} if isinstance(s, tuple) else s for s in scores]
    for name, table in {"candidates": rows, "scores": marks, **tables}.items():
        if table:
            write_csv(folder / f"{name}.csv", table)
    return read_titles(folder)


def move(name, to, on, clause="四"):
    return {"candidate": name, "to": to, "on": on, "reason": "办理", "clause": clause}


def applied(*names, on="2027-06-30"):
    return [move(name, "applied", on) for name in names]


def verdict(made, name):
    return next(v for v in made.verdicts if v.applicant.name == name)


def outcome(made, *names):
    """Return decision, proposed state and the clauses of what bars."""
    out = []
    for name in names or [v.applicant.name for v in made.verdicts]:
        v = verdict(made, name)
        out.append((v.choice and v.choice.decision, v.proposed, tuple(bar.clause for bar in v.bars)))
    return out


def reasons(made, name, lang="zh"):
    return [bar.reason.say(lang) for bar in verdict(made, name).bars]


# --------------------------------------------------------------------------------------- S000-4: when one may apply


def test_the_30th_of_june_is_in_time_and_the_1st_of_july_is_late(tmp_path):
    moves = [*applied("甲"), *applied("乙", on="2027-07-01")]
    made = decide(titles(tmp_path, ORGANS, "甲乙", [("甲", 90), ("乙", 95)], moves=moves))
    assert outcome(made) == [("selected", "selected", ()), ("barred", "not_applied", ("四4〈1〉",))]
    assert reasons(made, "乙") == ["申报逾期，2027年6月30日已截止"]
    assert reasons(made, "乙", "en") == ["late: applications were taken until 2027-06-30"]
    # barred or not, both are ranked: 95 comes first
    assert [v.rank.rank for v in made.verdicts] == [2, 1]


def test_applications_in_odd_years_and_selection_in_even_years(tmp_path):
    even = decide(titles(tmp_path / "a", ORGANS, "甲", [("甲", 90)], moves=applied("甲", on="2026-05-01")))
    assert reasons(even, "甲") == ["2026年不受理申报"]
    odd = decide(titles(tmp_path / "b", ORGANS | {"decided_on": "2027-12-01"}, "甲", [("甲", 90)], moves=applied("甲")))
    assert (reasons(odd, "甲"), outcome(odd)) == (["2027 年不是评选年"], [("barred", "not_applied", ("四4〈1〉",))])
    both = ORGANS | {"decided_on": "2027-12-01"}
    made = decide(titles(tmp_path / "c", both, "甲", [("甲", 90)], moves=applied("甲", on="2027-11-01")))
    assert reasons(made, "甲") == ["申报逾期，2027年6月30日已截止", "2027 年不是评选年"]


def test_a_day_of_application_that_is_not_known_is_not_late(tmp_path):
    made = decide(titles(tmp_path, ORGANS, [{"candidate": "甲", "state": "applied"}], [("甲", 90)]))
    assert outcome(made) == [("selected", "selected", ())]


def test_only_the_moves_before_the_day_count(tmp_path):
    moves = [*applied("甲"), move("甲", "selected", "2028-03-02")]
    made = decide(titles(tmp_path, ORGANS, "甲", [("甲", 90)], moves=moves))
    assert verdict(made, "甲").state.state == "applied"
    later = decide(titles(tmp_path, ORGANS | {"decided_on": "2028-03-02"}, "甲", [("甲", 90)], moves=moves))
    assert verdict(later, "甲").state.state == "selected"
    early = decide(titles(tmp_path, ORGANS | {"decided_on": "2026-03-02"}, "甲", [("甲", 90)], moves=moves))
    assert (verdict(early, "甲").state.state, outcome(early)) == ("not_applied", [(None, None, ())])
    assert verdict(early, "甲").because[0].zh == "未申报，不参加本轮评选"
    assert verdict(early, "甲").rank is None


# ------------------------------------------------------------------------------------------------------------ vetoes


def test_a_veto_removes_a_holder_at_once_and_a_candidate_is_not_named(tmp_path):
    states = ["named", "warned", "rectifying", "suspended"]
    rows = [*({"candidate": s, "state": s} for s in states), {"candidate": "甲", "state": "applied"}]
    events = [{"candidate": r["candidate"], "code": "V2", "date": "2028-01-05"} for r in rows]
    made = decide(titles(tmp_path, ORGANS, rows, [(r["candidate"], 100) for r in rows], events=events))
    assert [v.proposed for v in made.verdicts] == [*["removed"] * 4, "not_applied"]
    assert [v.choice and v.choice.decision for v in made.verdicts] == [*[None] * 4, "barred"]
    assert verdict(made, "named").because[0].zh == "出现重大伤亡事故的，一票否决：发生即否决"
    assert reasons(made, "甲") == ["出现重大伤亡事故的，一票否决（2028-01-05，发生即否决）"]
    assert [bar.clause for bar in verdict(made, "甲").bars] == ["四5"]
    assert "(2028-01-05, one such event is enough)" in reasons(made, "甲", "en")[0]


@pytest.mark.parametrize(
    ("confirmed", "holder", "candidate", "open_"),
    [("", None, "selected", 1), ("yes", "removed", "not_applied", 0), ("no", None, "selected", 0)],
)
def test_a_veto_that_a_person_has_to_confirm(tmp_path, confirmed, holder, candidate, open_):
    rows = [{"candidate": "甲", "state": "applied"}, {"candidate": "乙", "state": "named"}]
    events = [{"candidate": c, "code": "V3", "date": "2028-01-05", "confirmed": confirmed} for c in "甲乙"]
    made = decide(titles(tmp_path, ORGANS, rows, [("甲", 90)], events=events))
    assert [v.proposed for v in made.verdicts] == [candidate, holder]
    assert [len(v.open) for v in made.verdicts] == [open_, open_]
    assert all("人工" in note.zh and "person" in note.en for v in made.verdicts for note in v.open)


# ------------------------------------------------------------------------------- holders, by a ladder and by actions

CONTENT = content_of(
    [indicator("1", 100, [standard("1.1", "met", 100)])],
    100,
    pass_mark={"value": "85", "status": "printed"},
    negative_list=[
        {"code": "W", "name": text("通报"), "effect": {"action": "criticise"}, "source": {"clause": "甲条"}},
        {"code": "S", "name": text("停牌"), "effect": {"action": "suspend", "months": 6}, "source": {"clause": "乙条"}},
        {"code": "R", "name": text("摘牌"), "effect": {"action": "revoke"}, "source": {"clause": "丙条"}},
        {"code": "P", "name": text("停报"), "effect": {"action": "stop_nomination"}, "source": {"row": "丁行"}},
        {"code": "D", "name": text("扣分"), "effect": {"deduct": "5"}, "source": {"clause": "戊条"}},
    ],
    mechanisms=[
        {
            "kind": "ladder",
            "text": text("低分停牌"),
            "of": "total",
            "action": "suspend",
            "months": 12,
            "limit": {"below": "70"},
            "source": {"clause": "己条"},
        },
        {"kind": "quota", "text": text("名额"), "years": 1, "limit": {"at_most": "2"}, "source": {"clause": "庚条"}},
    ],
)
OWN = {"instrument": "instrument.yaml", "decided_on": "2028-03-01", "assessed_on": "2028-02-01"}


def own(folder, candidates, scores=(), settings=None, content=CONTENT, **tables):
    write_yaml(folder / "instrument.yaml", content)
    return titles(folder, OWN | (settings or {}), candidates, scores, **tables)


@pytest.mark.parametrize(
    ("codes", "score", "proposed"),
    [
        ("", 90, None),
        ("W", 90, "warned"),
        ("S", 90, "suspended"),
        ("R", 90, "removed"),
        ("P", 90, None),
        ("D", 90, None),
        ("WS", 90, "suspended"),
        ("RW", 90, "removed"),
        ("", 70, None),
        ("", "69.99", "suspended"),
        ("D", 74, "suspended"),
        ("W", 60, "suspended"),
    ],
)
def test_what_is_proposed_for_a_holder_is_the_gravest(tmp_path, codes, score, proposed):
    events = [{"candidate": "甲", "code": c, "date": "2028-01-05"} for c in codes]
    made = decide(own(tmp_path, [{"candidate": "甲", "state": "named"}], [("甲", score)], events=events))
    (v,) = made.verdicts
    assert (v.choice, v.rank, v.proposed) == (None, None, proposed)
    assert bool(v.because) == (proposed is not None)
    assert proposed is None or ("named", proposed) in MOVES


def test_what_bars_an_applicant(tmp_path):
    rows = [{"candidate": c, "state": "applied"} for c in ("W", "S", "R", "P", "D", "low", "edge")]
    events = [{"candidate": c, "code": c, "date": "2028-01-05"} for c in "WSRPD"]
    scores = [("W", 99), ("S", 98), ("R", 97), ("P", 96), ("D", 94), ("low", "84.996"), ("edge", 85)]
    made = decide(own(tmp_path, rows, scores, events=events))
    assert dict(zip(["W", "S", "R", "P", "D", "low", "edge"], outcome(made), strict=True)) == {
        "W": ("selected", "selected", ()),
        "S": ("barred", "not_applied", ("乙条",)),
        "R": ("barred", "not_applied", ("丙条",)),
        "P": ("barred", "not_applied", ("丁行",)),
        "D": ("selected", "selected", ()),
        "low": ("barred", "not_applied", ("",)),
        "edge": ("not_selected", "not_applied", ()),
    }
    assert verdict(made, "D").score == 89
    assert reasons(made, "low") == ["得分 84.996，低于目标线 85"]
    assert reasons(made, "low", "en") == ["84.996 is below the pass mark 85"]


def test_the_pass_mark_of_the_round_comes_before_that_of_the_instrument(tmp_path):
    rows, scores = [{"candidate": "甲", "state": "applied"}], [("甲", 80)]
    assert outcome(decide(own(tmp_path / "a", rows, scores)))[0][0] == "barred"
    assert outcome(decide(own(tmp_path / "b", rows, scores, {"pass_mark": "80%"})))[0][0] == "selected"


def test_no_score_and_no_application(tmp_path):
    rows = [
        {"candidate": c, "state": s}
        for c, s in zip("甲乙丙丁", ("applied", "not_applied", "removed", "expired"), strict=True)
    ]
    made = decide(own(tmp_path, rows, [("乙", 99), ("丙", 99)]))
    assert outcome(made) == [("no_score", None, ()), (None, None, ()), (None, None, ()), (None, None, ())]
    assert [v.because[0].say("en") for v in made.verdicts[1:]] == [
        f"{STATES[s].en}: takes no part in this round" for s in ("not_applied", "removed", "expired")
    ]


def test_the_standing_is_that_of_the_title_unless_it_is_stated(tmp_path):
    listed = [{"code": "G", "name": text("事故"), "source": {"clause": "一"},
               "effect": [{"to": "holder", "deduct": 1}, {"to": "applicant", "deduct": 2, "within": 12},
                          {"to": "nominated", "deduct": 4}]}]  # fmt: skip
    rows = [
        {"candidate": "甲", "state": "named"},
        {"candidate": "乙"},
        {"candidate": "丙"},
        {"candidate": "丁", "state": "applied", "standing": "提名"},
        {"candidate": "戊"},
    ]
    moves = [*applied("乙", on="2027-05-02"), *applied("戊", on="2027-05-01")]
    events = [{"candidate": c, "code": "G", "date": "2026-05-02"} for c in "甲乙丙丁"]
    events.append({"candidate": "戊", "code": "G", "date": "2027-05-02"})
    content = CONTENT | {"negative_list": listed}
    made = decide(own(tmp_path, rows, [(c, 99) for c in "甲乙丙丁戊"], content=content, moves=moves, events=events))
    # counted back from the day of the application: 2026-05-02 is within the year before 2027-05-02
    assert [v.score for v in made.verdicts] == [98, 97, 95, 95, 99]


def test_what_is_due(tmp_path):
    rows = [
        {"candidate": "甲", "state": "named"},
        {"candidate": "乙", "state": "named"},
        {"candidate": "丙", "state": "rectifying"},
    ]
    moves = [move("甲", "suspended", "2027-02-28"), move("乙", "rectifying", "2027-12-31")]
    made = decide(own(tmp_path, rows, settings={"rectify_days": 60}, moves=moves))
    assert [(p.candidate, p.state, p.last_day, p.to, p.clause) for p in made.due] == [
        ("甲", "suspended", DAY(2028, 2, 28), ("named", "removed"), "己条"),
        ("乙", "rectifying", DAY(2028, 2, 29), ("named", "removed"), "titles.yaml"),
        ("丙", "rectifying", None, ("named", "removed"), "titles.yaml"),
    ]
    assert [p.candidate for p in decide(own(tmp_path, rows, moves=moves)).due] == ["甲"]


def test_a_term_of_two_years(tmp_path):
    days = {"applied": "2025-06-01", "publicised": "2025-06-02", "selected": "2026-05-01", "named": "2027-03-01"}
    moves = [move("甲", to, on) for to, on in days.items()]
    settings = ORGANS | {"decided_on": "2029-03-01"}
    assert decide(titles(tmp_path, settings, "甲", moves=moves)).due == ()
    (due,) = decide(titles(tmp_path, settings | {"decided_on": "2029-03-02"}, "甲", moves=moves)).due
    assert (due.to, due.clause, due.last_day) == (("expired",), "四4〈1〉", DAY(2029, 3, 1))


@pytest.mark.parametrize(
    ("passed", "to"),
    [(["applied"], "selected"), (["applied", "publicised"], "selected"), (["applied", "selected"], "publicised"),
     (["applied", "selected", "publicised"], "named"), (["applied", "publicised", "selected"], "named")],
)  # fmt: skip
def test_the_next_legal_step_to_a_name_is_proposed(tmp_path, passed, to):
    steps = [move("甲", state, f"2028-01-{day:02d}") for day, state in enumerate(passed, 1)]
    made = decide(own(tmp_path, ["甲"], [("甲", 95)], moves=steps))
    assert outcome(made)[0][:2] == ("selected", to)
    assert (passed[-1], to) in MOVES


def test_late_applicants_are_not_counted_in_a_share(tmp_path):
    late = [move(name, "applied", "2027-07-01") for name in "丁戊己"]
    groups = {"all": {"name": ALL, "share": "1/3"}}
    moves = [*applied("甲", "乙", "丙"), *late]
    made = decide(titles(tmp_path, ORGANS | {"groups": groups}, "甲乙丙丁戊己", [(n, 90) for n in "甲乙"], moves=moves))
    assert made.selection.groups[0].quota == 1  # of three in time, not of six


# --------------------------------------------------------------------------------------------------- ties and choices


def tied(folder, settings=None):
    rows = [{"candidate": c, "state": "applied"} for c in "甲乙丙丁"]
    return own(folder, rows, [("甲", 95), ("乙", 90), ("丙", "90.0"), ("丁", 88)], settings)


def test_a_tie_at_the_cut_waits_for_a_person(tmp_path):
    made = decide(tied(tmp_path))
    assert outcome(made) == [
        *(("selected", "selected", ()), ("tie", None, ()), ("tie", None, ()), ("not_selected", "not_applied", ())),
    ]
    assert [v.rank.rank for v in made.verdicts] == [1, 2, 2, 4]
    assert (verdict(made, "乙").choice.free, verdict(made, "乙").choice.tied) == (1, ("乙", "丙"))
    assert verdict(made, "甲").choice.clause == "庚条"


def test_what_a_person_chose(tmp_path):
    groups = {"all": {"name": ALL, "chosen": ["丙"], "reason": "抽签"}}
    made = decide(tied(tmp_path, {"groups": groups}))
    assert [o[:2] for o in outcome(made)] == [
        *(
            ("selected", "selected"),
            ("not_selected", "not_applied"),
            ("selected", "selected"),
            ("not_selected", "not_applied"),
        ),
    ]
    assert verdict(made, "丙").choice.reason == "抽签"


@pytest.mark.parametrize(
    ("share", "applicants", "places"), [("30%", 10, 3), ("30%", 9, 2), ("1/3", 9, 3), (0, 5, 0), (1, 5, 5)]
)
def test_a_quota_that_is_a_share_of_the_applicants(tmp_path, share, applicants, places):
    rows = [{"candidate": f"甲{n}", "state": "applied"} for n in range(applicants)] + [{"candidate": "乙"}]
    scores = [(f"甲{n}", 86 + n) for n in range(applicants)]
    made = decide(own(tmp_path, rows, scores, {"groups": {"all": {"name": ALL, "share": share}}}))
    assert made.selection.names() == tuple(f"甲{n}" for n in range(applicants - places, applicants))
    assert made.selection.groups[0].quota == places
    assert verdict(made, "甲0").choice.clause == "庚条"


def test_a_limit_over_several_years_is_no_quota_of_the_round(tmp_path):
    quotas = [
        {"kind": "quota", "text": text("名额"), "years": y, "limit": {"at_most": n}, "source": {"clause": f"{y}年"}}
        for y, n in ((3, "1"), (1, "2"))
    ]
    rows = [{"candidate": c, "state": "applied"} for c in "甲乙丙"]
    scores = [("甲", 95), ("乙", 90), ("丙", 88)]
    made = decide(own(tmp_path, rows, scores, content=CONTENT | {"mechanisms": quotas}))
    assert made.selection.names() == ("甲", "乙")
    assert verdict(made, "甲").choice.clause == "1年"


def test_without_a_quota_all_that_may_be_named_are(tmp_path):
    made = decide(titles(tmp_path, ORGANS, "甲乙", [("甲", 90), ("乙", 10)], moves=applied("甲", "乙")))
    assert made.selection.names() == ("甲", "乙")


# --------------------------------------------------------------------------------------------------------- objections


def objection(number, name, **answer):
    return {"number": str(number), "candidate": name, "raised_on": "2028-02-05", "matter": "窗口无人", **answer}


def test_objections(tmp_path):
    rows = [{"candidate": c, "state": "publicised"} for c in "甲乙丙丁"]
    answer = {"answer": "已核查"}
    table = [
        objection(1, "甲"),
        objection(2, "乙", answered_on="2028-02-09", outcome="upheld", **answer),
        objection(3, "丙", answered_on="2028-02-09", outcome="dismissed", **answer),
        objection(4, "丁", answered_on="2028-03-02", outcome="upheld", **answer),  # after the day of the decision
    ]
    notices = [{"candidate": c, "first": "2028-02-01", "last": "2028-02-07", "clause": "辛条"} for c in "甲乙丙丁"]
    settings = {"groups": {"all": {"name": ALL, "share": 1}}}
    made = decide(own(tmp_path, rows, [(c, 90) for c in "甲乙丙丁"], settings, notices=notices, objections=table))
    assert [v.choice.decision for v in made.verdicts] == ["selected", "barred", "selected", "barred"]
    assert [[note.zh for note in v.open] for v in made.verdicts] == [
        *(["第 1 号异议尚未答复"], [], [], ["第 4 号异议尚未答复"]),
    ]
    assert reasons(made, "乙") == ["2028年2月5日第2号异议经核查属实"]
    assert outcome(made, "乙") == [("barred", "not_applied", ("辛条",))]


# -------------------------------------------------------------------------------------------------- S000-6: communities


@pytest.mark.parametrize(
    ("founded", "demolition", "zh"),
    [
        ("2006-02-12", "no", []),
        ("2006-02-13", "no", ["组建不满1年"]),
        ("2001-01-01", "yes", ["正在拆迁改造"]),
        ("", "no", ["组建日期不明"]),
        ("2006-12-01", "是", ["正在拆迁改造", "组建不满1年"]),
    ],
)
def test_communities_that_are_too_young_or_under_demolition(tmp_path, founded, demolition, zh):
    rows = [{"candidate": "东社区", "group": "C", "founded": founded, "demolition": demolition},
            {"candidate": "甲局", "group": "U", "founded": founded, "demolition": "no"}]  # fmt: skip
    scores = [("东社区", 17), ("甲局", 17)]
    made = decide(titles(tmp_path, UNITS, rows, scores, moves=applied("东社区", "甲局", on="2007-02-12")))
    assert reasons(made, "东社区") == zh
    assert {bar.clause for bar in verdict(made, "东社区").bars} <= {"四（一）2"}
    assert verdict(made, "甲局").bars == ()  # the rule is of communities


def test_a_community_that_applied_before_the_table_is_also_asked(tmp_path):
    """Without the day of its application the day of the decision counts, with or without a calendar."""
    for number, settings in enumerate((UNITS, ORGANS)):
        row = {"candidate": "东社区", "state": "applied", "demolition": "yes"} | (
            {"group": "C"} if settings is UNITS else {}
        )
        made = decide(titles(tmp_path / str(number), settings, [row | {"founded": "2001-01-01"}], [("东社区", 10)]))
        assert reasons(made, "东社区") == ["正在拆迁改造"]


def test_goals_over_three_years_and_money(tmp_path):
    groups = {"U": {"name": ALL, "given": {2005: 35, 2006: 33}}, "C": {"name": ALL, "exists": 22, "given": {2006: 7}}}
    rows = [{"candidate": f"u{n}", "group": "U", "state": "applied"} for n in range(3)]
    rows += [{"candidate": f"c{n}", "group": "C", "state": "applied", "founded": "2001-01-01"} for n in range(2)]
    scores = [(r["candidate"], 10 + n) for n, r in enumerate(rows)]
    made = decide(titles(tmp_path, UNITS | {"groups": groups}, rows, scores))
    assert {g: (goal.given, goal.years_left, goal.possible) for g, goal in made.goals.items()} == {
        "U": (71, 0, 71), "C": (9, 1, 16),
    }  # fmt: skip
    # of 22 communities 20 titles need none twice; nobody knows how many units there are
    assert (made.goals["C"].repeats, made.goals["U"].repeats) == (0, None)
    few = UNITS | {"groups": groups | {"C": {"name": ALL, "exists": 15}}}
    assert decide(titles(tmp_path / "few", few, rows, scores)).goals["C"].repeats == 5
    assert (made.selection.cost, made.selection.budget) == (3 + 2 * 2, 50)
    late = UNITS | {"groups": groups | {"U": {"name": ALL, "given": {2004: 1}}}}
    with pytest.raises(InputFaults) as caught:
        decide(titles(tmp_path, late, rows, scores))
    (fault,) = caught.value.faults
    assert (fault.problem, fault.column, fault.value, fault.allowed) == (
        "out_of_range", "groups.U.given", "2004", ">= 2005",
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------------------- cycles

FRAME = {"instrument": "national-frame-2018", "groups": {"all": {"name": {"zh": "城市", "en": "Cities"}}}}


def cycle_round(folder, year, earlier, now, **more):
    rows = [{"candidate": c, "state": "applied", "standing": "nominated"} for c in now]
    scores = [{"candidate": c, "score": "total", "value": str(v)} for c, v in now.items()]
    scores += [
        {"candidate": c, "score": "total", "value": str(v), "year": str(y)}
        for c, own in earlier.items()
        for y, v in own.items()
    ]
    settings = {"decided_on": f"{year}-12-01", "assessed_on": f"{year}-09-01", "cycle": {"first_year": 2015}}
    return titles(folder, FRAME | settings | more, rows, scores)


def test_three_years_weighted_15_25_60(tmp_path):
    earlier = {"甲": {2015: "93.2", 2016: "89.65"}, "乙": {2015: 95, 2016: 90}}
    made = decide(cycle_round(tmp_path, 2017, earlier, {"甲": 90, "乙": 89}, pass_mark="90"))
    assert [v.score for v in made.verdicts] == [F("36.3925") + 54, F("14.25") + F("22.5") + F("53.4")]
    assert [v.settled.value for v in made.verdicts] == [90, 89]
    assert [v.rank.rank for v in made.verdicts] == [1, 2]
    assert [v.choice.decision for v in made.verdicts] == ["selected", "selected"]
    assert reasons(decide(cycle_round(tmp_path, 2017, earlier, {"甲": 90, "乙": 88}, pass_mark="90")), "乙") == [
        "得分 89.55，低于目标线 90"
    ]


def test_the_pass_mark_decides_in_the_last_year_only(tmp_path):
    made = decide(cycle_round(tmp_path, 2016, {"甲": {2015: 93}}, {"甲": 94}, pass_mark="90"))
    assert (verdict(made, "甲").score, verdict(made, "甲").bars) == (F("13.95") + F("23.5"), ())


def test_a_year_that_is_missing_is_told_and_is_not_0(tmp_path):
    earlier = {"甲": {2016: "89.65"}, "乙": {2015: 60, 2016: 60}}
    made = decide(cycle_round(tmp_path, 2017, earlier, {"甲": 99, "乙": 60}, pass_mark="60"))
    first, second = made.verdicts
    assert (first.score, first.bars, first.choice.decision, first.proposed) == (None, (), "no_score", None)
    assert [note.zh for note in first.open if "年度" in note.zh] == ["缺 2015 年度成绩"]
    assert "the score of 2015 is missing" in [note.en for note in first.open]
    assert (second.score, second.choice.decision, second.rank.rank) == (60, "selected", 1)


def test_years_before_the_cycle_do_not_count(tmp_path):
    earlier = {"甲": {2014: 10, 2015: 80, 2016: 80}}
    made = decide(cycle_round(tmp_path, 2017, earlier, {"甲": 80}))
    assert verdict(made, "甲").score == 80


def test_without_a_cycle_of_the_round_its_own_score_counts(tmp_path):
    found = cycle_round(tmp_path, 2017, {"甲": {2015: 10, 2016: 10}}, {"甲": 80})
    assert verdict(decide(replace(found, first_year=None)), "甲").score == 80


def test_the_change_of_rank_against_last_year(tmp_path):
    rows = [{"candidate": c, "state": "applied"} for c in "甲乙"]
    scores = [
        ("甲", 90),
        ("乙", 95),
        *({"candidate": c, "score": "total", "value": v, "year": "2027"} for c, v in (("甲", "92"), ("乙", "91"))),
    ]
    made = decide(own(tmp_path, rows, scores))
    assert [(v.rank.rank, v.rank.moved) for v in made.verdicts] == [(2, -1), (1, 1)]


def test_the_error_of_a_score_counts_by_its_share(tmp_path):
    found = cycle_round(tmp_path, 2017, {"甲": {2015: 80, 2016: 80}}, {"甲": 80})
    first = replace(found.applicants[0], error=F(1))
    made = decide(replace(found, applicants=(first,)))
    assert score_error(found, made.verdicts[0]) == F("0.6")  # a published total: the year's share of the cycle
    scores = {"minors": F(90)}
    total = replace(first, case=replace(first.case, scores=scores))
    made = decide(replace(found, applicants=(total,)))
    assert (made.verdicts[0].settled.value, made.verdicts[0].score) == (80, 80)  # the minors' score is in it already
    assert score_error(found, made.verdicts[0]) == F("0.6")
    mine = replace(first, whole=False, case=replace(first.case, scores=scores))
    made = decide(replace(found, applicants=(mine,)))
    assert (made.verdicts[0].settled.value, made.verdicts[0].score) == (82, 32 + F("49.2"))
    assert score_error(found, made.verdicts[0]) == F("0.6") * F("0.8")
    assert score_error(found, decide(found).verdicts[0]) is None


def test_rank_ranges_only_where_every_one_has_an_error(tmp_path):
    rows = [{"candidate": c, "state": "applied"} for c in "甲乙"]
    marks = [{"candidate": c, "score": "own", "value": v, "error": "0.5"} for c, v in (("甲", "90"), ("乙", "89"))]
    made = decide(own(tmp_path / "a", rows, marks))
    assert [v.range is None for v in made.verdicts] == [False, False]
    del marks[1]["error"]
    assert [v.range for v in decide(own(tmp_path / "b", rows, marks)).verdicts] == [None, None]


# --------------------------------------------------------------------------------------- against a naive selection


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    content = CONTENT | {
        "mechanisms": [
            {"kind": "quota", "text": text(g), "group": g, "years": 1, "limit": {"at_most": n}, "source": {"clause": g}}
            for g, n in (("1", "2"), ("2", "1"))
        ],
        "indicators": [indicator(g, 50, [standard(f"{g}.1", "met", 50)]) for g in "12"],
    }
    rows = [{"candidate": f"{g}{n}", "group": g, "state": "applied"} for g in "12" for n in range(4)]
    return own(tmp_path_factory.mktemp("base"), rows, [(r["candidate"], 90) for r in rows], content=content)


def drawn(rng, base):
    applicants = []
    for each in base.applicants:
        events = tuple(Happened(c, DAY(2028, 1, 5)) for c in "WSRPD" if rng.random() < 0.12)
        applicants.append(
            replace(
                each,
                score=None if rng.random() < 0.1 else F(rng.randint(83, 92)),
                state=rng.choice(["applied", "publicised", "applied", "not_applied", "named"]),
                case=replace(each.case, events=events),
            )
        )
    return replace(base, applicants=tuple(applicants))


def naive(found):
    """Return who is named, who is tied: every set of names of the right size is tried."""
    named, waiting = set(), set()
    for group, quota in (("1", 2), ("2", 1)):
        score = {}
        for each in found.applicants:
            codes = {e.code for e in each.case.events}
            if each.group == group and each.state in ("applied", "publicised") and each.score is not None:
                final = each.score - 5 * ("D" in codes)
                if not codes & {"S", "R", "P"} and final >= max(85, 0):
                    score[each.name] = final
        best = []
        for chosen in itertools.combinations(score, min(quota, len(score))):
            rest = [score[name] for name in score if name not in chosen]
            if not rest or not chosen or min(score[name] for name in chosen) >= max(rest):
                best.append(set(chosen))
        sure = set.intersection(*best)
        named |= sure
        waiting |= set.union(*best) - sure
    return named, waiting


def test_against_every_possible_choice(base):
    rng = random.Random(11)
    seen = Counter()
    for _ in range(250):
        found = drawn(rng, base)
        made = decide(found)
        named, waiting = naive(found)
        assert set(made.selection.names()) == named
        assert set(made.selection.names("tie")) == waiting
        for v in made.verdicts:
            apply = v.applicant.state in ("applied", "publicised")
            assert (v.choice is not None) == apply
            if apply:
                proposed = {"selected": "selected", "tie": None, "no_score": None}.get(v.choice.decision, "not_applied")
                assert v.proposed == proposed
                assert (v.choice.decision == "barred") == bool(v.bars)
                seen[v.choice.decision] += 1
    assert set(seen) == {"selected", "tie", "not_selected", "barred", "no_score"}


def test_the_order_of_the_candidates_changes_no_decision(base):
    rng = random.Random(12)
    for _ in range(60):
        found = drawn(rng, base)
        shuffled = replace(found, applicants=tuple(rng.sample(found.applicants, len(found.applicants))))
        first, second = decide(found), decide(shuffled)
        assert [v.applicant.name for v in second.verdicts] == [a.name for a in shuffled.applicants]
        for v in first.verdicts:
            other = verdict(second, v.applicant.name)
            assert (other.proposed, other.bars, other.score) == (v.proposed, v.bars, v.score)
            assert (other.rank and other.rank.rank) == (v.rank and v.rank.rank)
            if v.choice:
                assert other.choice.decision == v.choice.decision
                assert (other.choice.free, set(other.choice.tied)) == (v.choice.free, set(v.choice.tied))


def test_more_points_never_cost_a_title(base):
    rng = random.Random(13)
    for _ in range(25):
        found = drawn(rng, base)
        lucky = [n for n, a in enumerate(found.applicants) if a.name in decide(found).selection.names()]
        for n in lucky:
            better = replace(found.applicants[n], score=found.applicants[n].score + 3)
            more = replace(found, applicants=(*found.applicants[:n], better, *found.applicants[n + 1 :]))
            assert better.name in decide(more).selection.names()


def test_an_objection_or_a_choice_of_one_group_changes_nothing_of_the_other(base):
    rng = random.Random(14)
    found = drawn(rng, base)
    notice = Notice("10", DAY(2028, 2, 1), DAY(2028, 2, 7))
    upheld = Objection("1", "10", DAY(2028, 2, 2), "x", DAY(2028, 2, 3), "upheld", "y")
    tied_ = replace(
        found,
        applicants=tuple(
            replace(a, score=F(90), state="applied", case=replace(a.case, events=())) for a in found.applicants
        ),
    )
    plain = decide(tied_)
    made = decide(replace(tied_, notices=(notice,), objections=(upheld,), chosen={"2": Choice(("22",), "抽签")}))
    assert [verdict(made, n).choice.decision for n in ("10", "11", "12", "13")] == ["barred", "tie", "tie", "tie"]
    assert made.selection.names() == ("22",)
    assert plain.selection.names() == ()
    assert set(plain.selection.names("tie")) == {a.name for a in found.applicants}


# ------------------------------------------------------------------------------------------------- the example round


def test_the_example_round():
    """Counted by hand from its tables: 35 of 39 units at most, 7 of 10 communities, 49 of 50."""
    made = decide(read_titles(ROOT / "data" / "example-titles"))
    scores = {a.name: a.score for a in made.round.applicants if a.score is not None}
    for group, quota in (("U", 35), ("C", 7)):
        mine = [v for v in made.verdicts if v.applicant.group == group and v.choice]
        free = sorted((scores[v.applicant.name] for v in mine if v.choice.decision != "barred"), reverse=True)
        chosen = [v for v in mine if v.choice.decision == "selected"]
        ties = [v for v in mine if v.choice.decision == "tie"]
        assert len(chosen) + (ties[0].choice.free if ties else 0) == min(quota, len(free))
        assert {scores[v.applicant.name] for v in ties} <= {free[quota - 1]}
        assert all(scores[v.applicant.name] > free[quota - 1] for v in chosen) or not ties
    assert (made.selection.cost, made.selection.budget, made.selection.reserve) == (49, 50, 1)
    assert verdict(made, "示例社区04").choice.decision == "barred"  # an objection was upheld
