"""One observation counts in every instrument that asks for the same fact."""

import csv
from fractions import Fraction

import pytest

from evalsys import InputFaults, instrument_ids, load_instrument, read_assessment, score
from evalsys.sharing import double_counted, shared_facts

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
