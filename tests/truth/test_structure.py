"""The printed structure of the sources, and their limits at the edge."""

from collections import Counter
from fractions import Fraction

import pytest

from evalsys import load_instrument, read_assessment, score
from evalsys.rulebook import RULES
from evalsys.rules import exact


def below(instrument, place):
    return [instrument.nodes[child] for child in instrument.nodes[place].children]


def test_police_bureau_five_environments_ten_items_37_sub_items():
    own = load_instrument("taizhou-police-2009")
    scored = [node for node in below(own, 0) if node.scored]
    assert [node.code for node in scored] == ["1", "2", "3", "4", "5"]
    items = [item for node in scored for item in below(own, own.places[node.code])]
    assert (len(items), {item.kind for item in items}) == (10, {"indicator"})
    subs = [sub for item in items for sub in below(own, own.places[item.code])]
    assert (len(subs), {sub.kind for sub in subs}) == (37, {"standard"})
    printed = [sub for sub in subs if sub.standard.source["methods"] == "printed"]
    assert Counter(tuple(sub.standard.rules) for sub in printed) == {
        ("document_review",): 12,
        ("document_review", "site_visit"): 7,
        ("document_review", "survey"): 4,
        ("site_visit",): 10,
        ("survey",): 3,
    }
    (missing,) = (sub for sub in subs if sub not in printed)
    assert (missing.code, missing.standard.source["row"]) == ("2.11", "S001-5.2.11")
    assert "methods" in missing.standard.assumed
    assert missing.note is not None
    assert any("2.11" in found.codes for found in own.contradictions)


def test_luxi_eight_environments_eighteen_items():
    own = load_instrument("luxi-county-2012")
    environments = [node for node in below(own, 0) if node.code.startswith("E")]
    assert [node.code for node in environments] == [f"E{n}" for n in range(1, 9)]
    assert [node.scored for node in environments] == [True] * 3 + [False] * 5
    lost = [child for node in environments[3:] for child in below(own, own.places[node.code])]
    assert [node.standard.source["row"] for node in lost] == [f"S002.D{n}" for n in range(4, 9)]
    assert all(node.note or own.nodes[node.parent].note for node in lost)
    items = [item for node in environments[:3] for item in below(own, own.places[node.code])]
    assert [item.code for item in items] == [str(n) for n in range(1, 19)]
    said = " ".join(text.en for text in own.assumed)
    assert "environments" in said


def test_nieqiao_nine_standards():
    own = load_instrument("nieqiao-eco-town")
    assert [node.code for node in below(own, 0)] == [str(n) for n in range(1, 10)]


def test_units_and_communities():
    own = load_instrument("honest-units-communities")
    assert [node.code for node in below(own, 0) if node.scored] == ["U", "C"]
    assert [node.code for node in below(own, own.places["U"])] == ["U1", "U2", "U3", "U4", "U5"]
    assert [node.code for node in below(own, own.places["C"])] == ["C1", "C2", "C3"]


def attained(name, code, value, year=2020):
    """Return what one observed value of a standard attains."""
    standard = load_instrument(name).standards[code].standard
    rule = next(iter(standard.rules.values()))
    kind = RULES[rule.kind]
    numbers = kind.read(rule.params, value, None, year)
    found = kind.attain(rule.params, [exact([number]) for number in numbers])
    return Fraction(int(found.num[0]), found.den)


@pytest.mark.parametrize(
    ("name", "code", "value", "expected"),
    [
        ("taizhou-police-2009", "3.4", "8", 1),  # deaths per 10,000 vehicles
        ("taizhou-police-2009", "3.4", "8.01", 0),
        ("taizhou-police-2009", "3.5", "2.00", 1),  # junction blocking, %
        ("taizhou-police-2009", "3.5", "2.01", 0),
        ("luxi-county-2012", "11.4", "1.999", 1),  # cases per 10,000 households: below 2, strictly
        ("luxi-county-2012", "11.4", "2", 0),
        ("luxi-county-2012", "11.5", "1.499", 1),
        ("luxi-county-2012", "11.5", "1.5", 0),
        ("luxi-county-2012", "7.2", "90", 1),  # satisfaction, %
        ("luxi-county-2012", "7.2", "89.9", 0),
        ("luxi-county-2012", "8.3", "90%", 1),
        ("luxi-county-2012", "10.5", "69.99", 0),
        ("wannian-city-management-2016", "C.13", "2.99", 0),  # officers per 10,000
        ("wannian-city-management-2016", "C.13", "3", 1),
        ("wannian-city-management-2016", "C.13", "5", 1),
        ("wannian-city-management-2016", "C.13", "5.01", 0),
        ("wannian-city-management-2016", "D.24", "95", 1),  # night lighting, %
        ("wannian-city-management-2016", "D.24", "94.99", 0),
        ("wannian-city-management-2016", "B.10", "3.1;3.1", 1),  # funding grows with workload: equal passes
        ("wannian-city-management-2016", "B.10", "3.0;3.1", 0),
        ("lincheng-county-2019", "8.1", "5.2;5.2", 1),
        ("lincheng-county-2019", "8.1", "5.1;5.2", 0),
        ("wanquan-subdistrict-2021", "2.4", "3", 1),  # three places with adverts and eight pieces
        ("wanquan-subdistrict-2021", "2.5", "7", 0),  # short of the limit by one piece
        ("wanquan-subdistrict-2021", "2.5", "8", 1),
        ("wanquan-subdistrict-2021", "1.3", "95", 1),
        ("wanquan-subdistrict-2021", "1.3", "94.9", 0),
        ("shuqiao-town-2004", "D.3", "0", 0),  # more bins: above 0, strictly
        ("shuqiao-town-2004", "D.3", "1", 1),
    ],
)
def test_edges(name, code, value, expected):
    assert attained(name, code, value) == expected


def test_a_method_without_evidence_is_not_assessed(tmp_path):
    """2.6 stands on documents and a survey, half each: with documents alone its other half is open, not won."""
    (tmp_path / "assessment.yaml").write_text("instrument: taizhou-police-2009\nplace: 某市\nround: r1\n", "utf-8")
    (tmp_path / "observations.csv").write_text(
        "observation_id,standard,method,value\no1,2.6,document_review,A\n", "utf-8"
    )
    found = score(read_assessment(tmp_path))
    node = found.nodes[found.assessment.instrument.places["2.6"]]
    assert (node.state, node.won, node.points) == ("partly", Fraction(10, 12), Fraction(10, 6))
    assert (found.worst, found.best) == (Fraction(10, 12), 100)
    survey = found.nodes[found.assessment.instrument.places["2.6/survey"]]
    assert (survey.state, survey.attainment) == ("missing", None)
