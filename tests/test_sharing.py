"""One observation counts in every instrument that asks for the same fact."""

import csv
from fractions import Fraction

import pytest
from builders import assessment_of, content_of, indicator, standard

from evalsys import InputFaults, instrument_ids, load_instrument, read_assessment, score
from evalsys.language import Text
from evalsys.ledgers import ledgers_of
from evalsys.sharing import Shared, double_counted, shared_facts, with_shared

LUXI, POLICE = "luxi-county-2012", "taizhou-police-2009"


def write(folder, instrument, rows, sites=(), answers=(), **settings):
    """Write an assessment folder of a shipped instrument."""
    folder.mkdir(parents=True)
    lines = [
        f"instrument: {instrument}",
        "place: 某县",
        "round: r1",
        *(f"{key}: {value}" for key, value in settings.items()),
    ]
    (folder / "assessment.yaml").write_text("\n".join(lines) + "\n", "utf-8")
    tables = {
        "observations": (["observation_id", "standard", "method", "site_id", "value"], rows),
        "sites": (["site_id", "site_type", "name"], sites),
        "responses": (["respondent", "question", "answer"], answers),
    }
    for name, (heads, held) in tables.items():
        if held or name == "observations":
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([heads, *held])
    return folder


def won(folder, code):
    result = score(read_assessment(folder))
    return result.nodes[result.assessment.instrument.places[code]].attainment


class TestTheRegister:
    def test_every_standard_exists_and_reads_the_same_observation(self):
        assert len({fact.id for fact in shared_facts()}) == len(shared_facts()) >= 10
        for fact in shared_facts():
            held = [load_instrument(name).standards[code] for name, code in fact.standards]
            assert len(set(fact.standards)) == len(held) > 1
            assert all(node.scored for node in held)
            rules = [rule for node in held for rule in node.standard.rules.values()]
            assert len({(rule.kind, rule.params.get("measure")) for rule in rules}) == 1, fact.id
            methods = [set(node.standard.rules) for node in held]
            assert set.intersection(*methods), fact.id

    def test_double_counting(self):
        found = {name: double_counted(load_instrument(name)) for name in instrument_ids()}
        assert {name: [fact.id for fact in facts] for name, facts in found.items() if facts} == {
            POLICE: ["net-cleaning"]
        }


class TestOneObservationTwoTitles:
    def test_it_is_entered_once_and_counts_by_each_limit(self, tmp_path):
        write(tmp_path / "a", "wanquan-subdistrict-2021", [["o1", "1.1", "", "", "99.5"]])
        write(tmp_path / "b", "nieqiao-eco-town", [], shares="../a")
        write(tmp_path / "c", "north-subdistrict-2011", [["x", "2.7", "site_visit", "", "A"]], shares="[../a]")
        assert won(tmp_path / "a", "1.1") == won(tmp_path / "b", "9.3") == won(tmp_path / "c", "2.8") == 0
        assert won(tmp_path / "c", "2.7") == 1
        (tmp_path / "a" / "observations.csv").write_text("observation_id,standard,value\no1,1.1,100\n", "utf-8")
        assert won(tmp_path / "a", "1.1") == won(tmp_path / "b", "9.3") == won(tmp_path / "c", "2.8") == 1

    def test_each_instrument_keeps_its_own_limit(self, tmp_path):
        site = [["v1", "village", "甲村"]]
        write(tmp_path / "new", "resettlement-subdistrict", [["o1", "B.6", "", "v1", "97"]], site)
        write(tmp_path / "old", "shuqiao-town-2004", [], shares="../new")
        assert won(tmp_path / "new", "B.6") == 1  # at least 95 %
        assert won(tmp_path / "old", "C.10") == 0  # at least 100 %

    def test_what_is_taken_over_is_said(self, tmp_path):
        rows = [["o1", "9.2", "document_review", "", "85"], ["o2", "7.1", "", "", "A"]]
        write(tmp_path / "luxi", LUXI, rows)
        write(tmp_path / "police", POLICE, [], shares="../luxi")
        found = read_assessment(tmp_path / "police")
        assert found.observations["standard"].tolist() == ["1.2"]
        assert found.observations["observation_id"].tolist() == ["luxi/o1"]
        note = found.notes[-1]
        assert "1 行（共 2 行）" in note.zh
        assert "1 of its 2 observations and 0 answers" in note.en
        alone = read_assessment(tmp_path / "luxi")
        assert found.evidence_hash != alone.evidence_hash

    def test_the_round_is_ours(self, tmp_path):
        write(tmp_path / "luxi", LUXI, [["o1", "9.2", "document_review", "", "85"]])
        settings = (tmp_path / "luxi" / "assessment.yaml").read_text("utf-8").replace("round: r1", "round: r2")
        (tmp_path / "luxi" / "assessment.yaml").write_text(settings, "utf-8")
        (tmp_path / "luxi" / "observations.csv").write_text(
            "observation_id,round,standard,method,value\no1,r2,9.2,document_review,85\n", "utf-8"
        )
        write(tmp_path / "police", POLICE, [], shares="../luxi")
        assert read_assessment(tmp_path / "police").observations["round"].tolist() == ["r1"]

    def test_own_evidence_comes_first(self, tmp_path):
        write(tmp_path / "luxi", LUXI, [["o1", "9.2", "document_review", "", "85"], ["o2", "9.2", "survey", "", "60"]])
        write(tmp_path / "police", POLICE, [["p1", "1.2", "document_review", "", "70"]], shares="../luxi")
        found = read_assessment(tmp_path / "police")
        assert found.observations["observation_id"].tolist() == ["p1", "luxi/o2"]
        assert won(tmp_path / "police", "1.2") == 0

    def test_answers_to_a_questionnaire(self, tmp_path):
        (question,) = load_instrument("wanquan-subdistrict-2021").standards["1.1"].standard.questions
        answer, other = question.options[0], question.options[-1]
        rows = [[str(n), question.id, answer if n < 10 else other] for n in range(1, 11)]
        write(tmp_path / "a", "wanquan-subdistrict-2021", [["o", "1.2", "", "", "95"]], answers=rows)
        write(tmp_path / "b", "nieqiao-eco-town", [], shares="../a")
        result = score(read_assessment(tmp_path / "b"))
        leaf = result.nodes[result.assessment.instrument.places["9.3/survey"]]
        assert (leaf.by, leaf.attainment, leaf.checks) == ("responses", 0, 10)

    def test_sites_come_along_and_must_be_of_a_type_that_is_checked(self, tmp_path):
        sites = [["s9", "main-street", "主街"], ["s2", "main-road", "一路"]]
        write(tmp_path / "town", "bishi-town-2010", [["o1", "5.2", "", "s9", "2"], ["o2", "5.2", "", "s2", "0"]], sites)
        write(tmp_path / "old", "shuqiao-town-2004", [], [["s3", "market", "市场"]], shares="../town")
        found = read_assessment(tmp_path / "old")
        assert found.sites["site_id"].tolist() == ["s3", "s9"]
        assert [found.sites["name"][site] for site in found.observations["site"]] == ["主街"]
        assert won(tmp_path / "old", "C.6") == 0

    def test_a_site_that_differs_is_a_fault(self, tmp_path):
        write(tmp_path / "town", "bishi-town-2010", [["o1", "5.2", "", "s9", "2"]], [["s9", "main-street", "主街"]])
        write(tmp_path / "old", "shuqiao-town-2004", [], [["s9", "market", "主街"]], shares="../town")
        with pytest.raises(InputFaults) as found:
            read_assessment(tmp_path / "old")
        assert [fault.problem for fault in found.value.faults] == ["name_differs"]

    def test_units_are_those_of_our_own_standard(self, tmp_path):
        write(tmp_path / "luxi", LUXI, [["o1", "9.2", "document_review", "", "85"]])
        write(tmp_path / "police", POLICE, [], shares="../luxi")
        police = load_instrument(POLICE)
        lead = tuple(police.units[unit].zh for unit in police.standards["1.2"].standard.lead)
        assert read_assessment(tmp_path / "police").observations["units"].tolist() == [lead]

    def test_faults_of_the_other_are_told(self, tmp_path):
        write(tmp_path / "luxi", LUXI, [["o1", "9.22", "", "", "85"]])
        write(tmp_path / "police", POLICE, [], shares="../luxi")
        with pytest.raises(InputFaults) as found:
            read_assessment(tmp_path / "police")
        assert [fault.problem for fault in found.value.faults] == ["unknown_name"]


def test_a_shared_fact_weighs_what_each_instrument_gives_it(tmp_path):
    write(tmp_path / "a", "wanquan-subdistrict-2021", [["o1", "1.1", "", "", "100"]])
    write(tmp_path / "b", "nieqiao-eco-town", [], shares="../a")
    for folder, code in (("a", "1.1"), ("b", "9.3")):
        result = score(read_assessment(tmp_path / folder))
        node = result.assessment.instrument.standards[code]
        assert result.nodes[0].won == node.points != Fraction(0)


# ------------------------------------------------------------------------------------ each condition, on small ones


def instrument(name, *standards):
    return content_of([indicator("I", None, [*standards, standard("own", "met")])], 10, "equal") | {"id": name}


def question(name):
    text = {"zh": name, "en": name}
    return {"id": name, "text": text, "options": ["好", "差"], "satisfied": ["好"]}


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """Share what 'theirs' found with 'ours', by a register of a code of theirs and the codes of ours."""

    def run(theirs, ours, rows=(), own=(), facts=(("a", "b"),), other=None, **tables):
        register = tuple(
            Shared(str(n), Text("", ""), (("theirs", code), *(("ours", c) for c in codes.split())))
            for n, (code, codes) in enumerate(facts)
        )
        monkeypatch.setattr("evalsys.sharing.shared_facts", lambda: register)
        mine = [{"standard": "own", "value": "是"}, *own]
        there = assessment_of(tmp_path / "theirs", instrument("theirs", *theirs), rows, **(other or {}))
        here = assessment_of(tmp_path / "ours", instrument("ours", *ours), mine, **tables)
        found = with_shared(here, there)
        taken = found.observations.iloc[len(mine) :]
        assert [found.instrument.nodes[leaf].code for leaf in taken["leaf"]] == [
            f"{code}/{method}" for code, method in zip(taken["standard"], taken["method"], strict=True)
        ]
        assert [found.instrument.nodes[place].code for place in taken["place"]] == taken["standard"].tolist()
        return found, taken

    return run


YES = {"standard": "a", "value": "是"}


def test_one_row_may_count_for_several_standards(shared):
    found, taken = shared(
        [standard("a", "met")], [standard("b", "met"), standard("c", "met")], [YES], facts=[("a", "b c")]
    )
    assert taken["observation_id"].tolist() == ["theirs/o001/b", "theirs/o001/c"]
    assert "1 of its 1 observations" in found.notes[-1].en
    _, taken = shared(
        [standard("a", "met")], [standard("b", "met"), standard("c", "met")], [YES], facts=[("a", "b"), ("a", "c")]
    )
    assert taken["standard"].tolist() == ["b", "c"]


def test_only_rows_that_count_are_taken_over_and_only_those_are_in_the_way(shared):
    earlier = {"round": "r0", "site_id": "", "value": "否"}
    rows = [YES | {"round": "r1"}, earlier | {"standard": "a"}, {"standard": "own", "value": "是", "round": "r1"}]
    found, taken = shared([standard("a", "met")], [standard("b", "met")], rows)
    assert taken["observation_id"].tolist() == ["theirs/o001"]
    assert "1 of its 2 observations" in found.notes[-1].en


def test_own_rows_that_do_not_count_are_not_in_the_way(shared):
    _, taken = shared([standard("a", "met")], [standard("b", "met")], [YES], [{"standard": "b", "value": ""}])
    assert taken["standard"].tolist() == ["b"]
    _, taken = shared([standard("a", "met")], [standard("b", "met")], [YES], [{"standard": "b", "value": "否"}])
    assert taken.empty


@pytest.mark.parametrize("method", ["document_review", "overall_observation"])
def test_the_method_must_be_one_of_ours(shared, method):
    assert shared([standard("a", "met")], [standard("b", "met", methods=(method,))], [YES])[1].empty


@pytest.mark.parametrize(
    ("method", "kinds", "taken"),
    [
        ("site_visit", ["main-road"], 1),
        ("site_visit", ["hospital"], 0),
        ("site_visit", [], 1),
        ("overall_observation", ["hospital"], 0),
        ("document_review", ["hospital"], 1),
    ],
)
def test_what_is_seen_on_a_visit_is_of_a_type_that_we_check(shared, method, kinds, taken):
    sites = [{"site_id": "s", "site_type": "main-road", "name": "路"}]
    more = {"checked_at": [{"site_type": kind} for kind in kinds]} if kinds else {}
    theirs, ours = (standard(code, "met", methods=(method,), **own) for code, own in (("a", {}), ("b", more)))
    assert len(shared([theirs], [ours], [YES | {"site_id": "s"}], other={"sites": sites})[1]) == taken


def test_a_row_keeps_the_bodies_that_it_names(shared):
    units = [{"standard": "a", "value": "是", "units": "财政局", "round": "r1"}]
    _, taken = shared([standard("a", "met")], [standard("b", "met", lead="文明办")], units)
    assert taken["units"].tolist() == [("财政局",)]
    _, taken = shared([standard("a", "met", lead="财政局")], [standard("b", "met", lead="文明办")], [YES])
    assert taken["units"].tolist() == [("文明办",)]


def test_a_standard_of_the_same_instrument_is_no_other(tmp_path):
    write(tmp_path / "a", POLICE, [["o1", "4.3", "document_review", "", "是"]])
    write(tmp_path / "b", POLICE, [], shares="../a")
    assert read_assessment(tmp_path / "b").observations.empty


@pytest.mark.parametrize(
    ("methods", "own", "codes", "taken"),
    [
        (["survey"], None, "b", 2),
        (["survey"], None, "b c", 2),
        (["survey"], "", "b", 2),
        (["survey"], "差", "b", 0),
        (["site_visit"], None, "b", 0),
    ],
)
def test_answers_are_taken_over_where_we_ask_and_have_none(shared, methods, own, codes, taken):
    said = enumerate(["好", "差", ""])
    answers = [{"respondent": str(n), "question": "q", "answer": answer} for n, answer in said]
    mine = [{"respondent": "9", "question": "p", "answer": own}] if own is not None else []
    asked = {"questions": [question("p")]} if own is not None else {}
    found, _ = shared(
        [standard("a", "share", methods=["survey"], questions=[question("q")])],
        [standard("b", "share", methods=methods, **asked), standard("c", "share", methods=methods)],
        facts=[("a", codes)],
        other={"responses": answers},
        responses=mine,
    )
    theirs = found.responses.iloc[len(mine) :]
    assert theirs["standard"].tolist() == [code for _ in range(taken) for code in codes.split()]
    assert f"and {taken} answers" in found.notes[-1].en


def site(name, title):
    return {"site_id": name, "site_type": "main-road", "name": title}


def test_sites_of_both_stand_in_order_and_each_row_at_its_own(shared):
    rows = [YES | {"site_id": "s9"}, YES | {"site_id": "s1"}, YES | {"site_id": "s5"}]
    found, _ = shared(
        [standard("a", "met")],
        [standard("b", "met"), standard("c", "met")],
        rows,
        [{"standard": "c", "value": "是", "site_id": "s5"}],
        other={"sites": [site("s0", "无"), site("s1", "一"), site("s5", "五"), site("s9", "九")]},
        sites=[site("s5", "五")],
    )
    assert found.sites["site_id"].tolist() == ["s1", "s5", "s9"]
    at = [found.sites["name"][place] if place >= 0 else None for place in found.observations["site"]]
    assert at == [None, "五", "九", "一", "五"]


@pytest.mark.parametrize(("seen_by_us", "told"), [("2026-08-01", ""), ("2026-08-10", "O-theirs/o001")])
def test_a_row_on_a_finding_that_another_ones_loss_opened_is_a_fault(tmp_path, monkeypatch, seen_by_us, told):
    """Else what the office wrote down of its finding would be lost without a word."""
    register = (Shared("1", Text("", ""), (("theirs", "a"), ("ours", "b"))),)
    monkeypatch.setattr("evalsys.sharing.shared_facts", lambda: register)
    at = {"site_id": "s1", "value": "否"}
    theirs = [{"standard": "a", "observed_on": "2026-08-05", **at}]
    assessment_of(tmp_path / "theirs", instrument("theirs", standard("a", "met")), theirs, sites=[site("s1", "一")])
    ours = [
        {"observation_id": "x", "standard": "b", "observed_on": seen_by_us, "round": "r0", **at},
        {"standard": "own", "value": "是", "round": "r1"},
    ]

    def read():
        return assessment_of(
            tmp_path / "ours",
            instrument("ours", standard("b", "met")),
            ours,
            {"shares": "../theirs", "round": "r1"},
            sites=[site("s1", "一")],
            rectifications=[{"finding_id": "O-x", "fixed_on": "2026-08-12"}],
        )

    if not told:
        assert ledgers_of(read()).findings["finding_id"].tolist() == ["O-x"]
        return
    with pytest.raises(InputFaults) as raised:
        read()
    assert [(f.problem, f.file, f.row, f.value, f.allowed) for f in raised.value.faults] == [
        ("part_of_finding", "rectifications.csv", 2, "O-x", told)
    ]


def test_a_site_of_another_name_is_a_fault(shared):
    with pytest.raises(InputFaults) as found:
        shared(
            [standard("a", "met")],
            [standard("b", "met")],
            [YES | {"site_id": "s"}],
            other={"sites": [site("s", "一")]},
            sites=[site("s", "二")],
        )
    assert [(f.problem, f.column, f.value) for f in found.value.faults] == [("name_differs", "name", "s: 一")]


def test_the_hash_covers_the_evidence_of_both(shared):
    sides = [standard("a", "met")], [standard("b", "met")]
    hashes = {
        shared(*sides, [YES | {"value": theirs}], [{"standard": "b", "value": ours}])[0].evidence_hash
        for theirs in ("是", "否")
        for ours in ("是", "否")
    }
    assert len(hashes) == 4
