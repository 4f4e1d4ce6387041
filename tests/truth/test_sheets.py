"""Real score sheets: their numbers by hand, and what each value's source is.

The sheets stand in ``facts/sheet_*.csv`` of the sources; the river-chief sheet has one filled-in row.
"""

from fractions import Fraction as F

import pytest
from builders import write_csv, write_yaml

from evalsys import InputFaults, load_instrument, read_assessment, read_instrument, score
from evalsys.instrument import Effect
from evalsys.rule_params import GRADES


def scored(folder, instrument, observations, sites=()):
    write_yaml(folder / "assessment.yaml", {"instrument": instrument, "place": "某区", "round": "r1"})
    write_csv(folder / "observations.csv", [{"observation_id": f"o{n}", **row} for n, row in enumerate(observations)])
    if sites:
        write_csv(folder / "sites.csv", sites)
    return score(read_assessment(folder))


class TestRiverChief:
    def test_the_row_of_the_source(self, tmp_path):
        row = ["20", "5", "9", "10", "10", "8", "4", "5", "5", "3"]
        found = scored(
            tmp_path, "river-chief-options", [{"standard": str(n), "value": v} for n, v in enumerate(row, 1)]
        )
        assert found.value == 79

    def test_the_parts_add_up_to_95_and_it_says_so(self):
        own = load_instrument("river-chief-options")
        assert own.full_marks == sum(own.nodes[place].points for place in own.nodes[0].children) == 95
        assert any("95" in text.zh for text in own.assumed)
        assert [entry.points for entry in own.bonus] == [5, 5]


class TestCityManagement:
    KIND = "巡查问题"

    @pytest.mark.parametrize(
        ("finder", "repeat", "points"),
        [
            ("市文明办", "首次", "0.3"),
            ("市文明办", "逾期未改", "1"),
            ("市文明办", "重复", "2"),
            ("区文明办", "首次", "0.2"),
            ("区文明办", "逾期未改", "0.5"),
            ("区文明办", "重复", "1"),
            ("局督查", "首次", "0.1"),
            ("局督查", "逾期未改", "0.3"),
            ("局督查", "重复", "0.6"),
        ],
    )
    def test_severity_depends_on_who_found_it_and_on_its_history(self, tmp_path, finder, repeat, points):
        row = {"standard": "1.1", "value": self.KIND, "found_by": finder, "repeat": repeat}
        assert scored(tmp_path, "city-management-deductions", [row]).value == 10 - F(points)

    def test_all_kinds_count_together_from_ten_points_down_to_none(self, tmp_path):
        rows = [
            {"standard": "1.1", "value": self.KIND, "n": "2", "found_by": "市文明办", "repeat": "首次"},
            {"standard": "1.1", "value": self.KIND, "found_by": "市文明办", "repeat": "逾期未改"},
            {"standard": "1.1", "value": "市容投诉未及时整改"},
            {"standard": "1.1", "value": "信访红灯"},
        ]
        assert scored(tmp_path / "a", "city-management-deductions", rows).value == 10 - F("0.6") - 1 - F("0.3") - 1
        many = [{"standard": "1.1", "value": "违建投诉由纪委转办", "n": "6"}]
        assert scored(tmp_path / "b", "city-management-deductions", many).value == 0


class TestSchool:
    SITES = ({"site_id": "s1", "site_type": "school", "name": "一小"},)

    def rows(self, **other):
        values = {"1": "2/2", "2": "广告;价值观;教室", "3": "3/5", "5": "5/5", "6": "2/2", **other}
        values |= {str(n): "达标" for n in range(7, 12) if str(n) not in other}
        rows = [{"standard": code, "method": "", "site_id": "s1", "value": value} for code, value in values.items()]
        four = {"standard": "4", "site_id": "s1"}
        return [
            *rows,
            {**four, "method": "document_review", "value": "方案;总结"},
            {**four, "method": "site_visit", "value": "标语;展示"},
        ]

    @pytest.mark.parametrize(
        ("code", "value", "full"), [("3", "3/5", True), ("3", "2/5", False), ("1", "1/2", False), ("1", "2/2", True)]
    )
    def test_small_samples(self, tmp_path, code, value, full):
        found = scored(tmp_path, "school-point-checklist", self.rows(**{code: value}), self.SITES)
        assert found.value == (100 if full else F(100) * 10 / 11)


class TestNationalIndex:
    def test_it_prints_and_does_not_score(self, tmp_path):
        own = load_instrument("national-index-2012")
        heads = [own.nodes[place] for place in own.nodes[0].children]
        assert [node.printed for node in heads] == [29, 22, 18, 26, 5]
        assert (sum(node.printed for node in heads), own.full_marks, own.leaves) == (100, 100, ())
        assert all(not node.scored and node.points is None for node in own.nodes[1:])
        row = {"standard": "AD-radio", "value": "3"}
        assert scored(tmp_path, "national-index-2012", [row]).value is None

    def test_rules_of_public_adverts(self):
        held = load_instrument("national-index-2012").standards
        rules = {code: next(iter(node.standard.rules.values())) for code, node in held.items()}
        assert (rules["AD-radio"].kind, rules["AD-radio"].params["target"]) == ("ratio", 4)
        assert (rules["AD-tv"].kind, rules["AD-tv"].params["target"]) == ("ratio", 8)
        field = rules["AD-field"].params
        assert field["full"] == 20
        assert sorted({kind["points"]["first"] for kind in field["kinds"].values()}) == [2, 4]


class TestNationalFrame:
    def test_forty_forty_twenty(self, tmp_path):
        own = load_instrument("national-frame-2018")
        assert [own.nodes[place].points for place in own.nodes[0].children] == [40, 40, 20]
        rows = [{"standard": code, "value": value} for code, value in (("1.1", "90"), ("2.1", "80"), ("3.1", "95"))]
        assert scored(tmp_path, "national-frame-2018", rows).value == 36 + 32 + 19

    def test_settings_around_it(self):
        own = load_instrument("national-frame-2018")
        of = {kind: [m for m in own.mechanisms if m.kind == kind] for kind in ("cycle", "ladder", "grades", "groups")}
        assert of["cycle"][0].shares == (15, 25, 60)
        assert [m.limits for m in of["ladder"]] == [{"below": 80}, {"below": 70}]
        assert of["grades"][0].shares == tuple(GRADES.values()) == (1, F(66, 100), F(33, 100), 0)
        assert len(of["groups"][0].steps) == 4
        (gate,) = own.gates
        assert (gate.at_least, gate.of) == (85, "minors")
        assert [(entry.of, entry.share) for entry in own.joined] == [("minors", F(1, 5))]
        effects = {entry.code: entry.effects for entry in own.negative_list}
        assert effects["G15"] == (
            Effect(F(0), "suspend", 12, ("holder",)),
            Effect(F(3), None, None, ("nominated",), 12),
            Effect(F(0), "stop_nomination", None, ("applicant",), 12),
        )
        assert effects["mayor-breach"] == (Effect(F(5)),)

    def test_every_value_says_how_sure_it_is(self):
        own = load_instrument("national-frame-2018")
        named = [entry.source["document"] for entry in (*own.joined, *own.gates, *own.negative_list)]
        named += [e.said.source["document"] for e in (*own.mechanisms, *own.facts)]
        assert {own.documents[name]["certainty"] for name in named} == {"official", "copy", "news", "assumed"}


def test_parts_that_do_not_add_up_to_the_header_stay_unloaded(tmp_path):
    text = (load_folder() / "national-index-2012.yaml").read_text("utf-8")
    wrong = tmp_path / "index.yaml"
    wrong.write_text(text.replace('points: "29"', 'points: "28"'), "utf-8")
    with pytest.raises(InputFaults) as found:
        read_instrument(wrong)
    assert [(fault.problem, fault.value) for fault in found.value.faults] == [
        ("sum_differs", "28 + 22 + 18 + 26 + 5 = 99 ≠ 100")
    ]


def load_folder():
    from evalsys.names import PACKAGE

    return PACKAGE / "instruments"
