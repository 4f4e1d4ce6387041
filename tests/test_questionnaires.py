"""The questionnaire as a workbook: what is printed, what is typed in, and that it is read back as it was meant."""

from fractions import Fraction

import openpyxl
import pytest
from builders import content_of, indicator, standard, text, write_yaml

from evalsys.evidence import read_assessment
from evalsys.faults import InputFaults
from evalsys.instrument_file import load_instrument, read_instrument
from evalsys.questionnaires import Form, forms_of, write_questionnaire
from evalsys.scoring import score
from evalsys.survey_designs import Design, Stratum, survey_plan
from evalsys.survey_results import survey_result

WANQUAN = "wanquan-subdistrict-2021"
STRATA = (Stratum("甲街道", 600, Fraction(9, 10)), Stratum("乙街道", 300))
FORMS = (Form(1, "甲街道", Fraction(3, 2)), Form(2, "乙街道", Fraction(1, 2)), Form(3, "乙街道", Fraction(1, 2)))
#: Of three people: the answers to the four questions.
ANSWERS = (
    ("知道", "参加过", "满意", "支持"),
    ("听说过", "没有参加", "基本满意", "支持"),
    ("不知道", "经常参加", None, "不支持"),
)


def filled(folder, lang):
    """Write a questionnaire into the folder of an assessment, and type in the answers."""
    path = folder / "wen-juan.xlsx"
    assert write_questionnaire(load_instrument(WANQUAN), FORMS, path, lang) == 3
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["问卷" if lang == "zh" else "responses"]
    for row, answer in enumerate((own for person in ANSWERS for own in person), 2):
        sheet.cell(row, 4).value = answer
    workbook.save(path)
    write_yaml(folder / "assessment.yaml", {"instrument": WANQUAN, "place": "某街道", "round": "r1"})
    return path


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_workbook_is_read_back_as_part_of_an_assessment(tmp_path, lang):
    filled(tmp_path, lang)
    assessment = read_assessment(tmp_path)
    table = assessment.responses
    assert table["respondent"].tolist() == ["1"] * 4 + ["2"] * 4 + ["3"] * 4
    assert table["question"].tolist() == ["q-1-1", "q-1-2", "q-1-3", "q-5-5"] * 3
    assert table["answer"].tolist() == [own or "" for person in ANSWERS for own in person]
    assert table["stratum"].tolist() == ["甲街道"] * 4 + ["乙街道"] * 8
    assert set(table["weight"]) == {Fraction(3, 2), Fraction(1, 2)}
    result = {own.code: own for own in survey_result(assessment).standards}
    assert {code: own.share for code, own in result.items()} == {
        "1.1": Fraction(4, 5), "1.2": Fraction(4, 5), "1.3": Fraction(1), "5.5": Fraction(4, 5),
    }  # fmt: skip
    places = assessment.instrument.places
    scored = score(assessment).nodes
    assert {code: scored[places[f"{code}/survey"]].attainment for code in result} == {
        code: own.attainment for code, own in result.items()
    }


def test_an_empty_questionnaire_is_no_answer(tmp_path):
    write_questionnaire(load_instrument(WANQUAN), FORMS, tmp_path / "q.xlsx")
    write_yaml(tmp_path / "assessment.yaml", {"instrument": WANQUAN, "place": "某街道", "round": "r1"})
    result = survey_result(read_assessment(tmp_path))
    assert (result.respondents, result.blank, result.standards) == (0, 3, ())


def test_drop_downs_offer_the_options_of_their_own_question(tmp_path):
    instrument = load_instrument(WANQUAN)
    write_questionnaire(instrument, FORMS, tmp_path / "q.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "q.xlsx")["问卷"]
    options = {q.id: q.options for node in instrument.standards.values() for q in node.standard.questions}
    offered = {}
    for rule in sheet.data_validations.dataValidation:
        for cells in rule.sqref.ranges:
            for row in range(cells.min_row, cells.max_row + 1):
                offered[row] = tuple(rule.formula1.strip('"').split(","))
    assert offered == {row: options[sheet.cell(row, 2).value] for row in range(2, 14)}


def test_the_page_to_print_asks_everything_and_nobody(tmp_path):
    instrument = load_instrument(WANQUAN)
    for lang, name in (("zh", "问卷样张"), ("en", "form")):
        write_questionnaire(instrument, FORMS, tmp_path / "q.xlsx", lang)
        sheet = openpyxl.load_workbook(tmp_path / "q.xlsx")[name]
        said = "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value)
        for node in instrument.standards.values():
            for question in node.standard.questions:
                assert question.text.say(lang) in said
                assert all(f"□ {option}" in said for option in question.options)
        assert not any(word in said for word in ("姓名：", "电话", "身份证", "Phone", "Address"))
        assert sheet.page_setup.orientation == "portrait"


def test_the_same_content_gives_the_same_bytes(tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        write_questionnaire(load_instrument(WANQUAN), FORMS, tmp_path / name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_questionnaires_of_a_plan_are_numbered_through():
    plan = survey_plan(load_instrument(WANQUAN), Design(half=Fraction(1, 10), strata=STRATA))
    for optimal, sample in ((False, plan.sample), (True, plan.optimal)):
        forms = forms_of(plan, optimal=optimal)
        assert [form.number for form in forms] == list(range(1, sample.total + 1))
        assert [form.stratum for form in forms].count("乙街道") == sample.answers[1]
        assert sum(form.weight for form in forms) == sample.total
        people = sum(form.weight for form in forms if form.stratum == "甲街道")
        assert people * 900 == 600 * sample.total


def test_more_than_fits_is_cut_and_told(tmp_path, monkeypatch):
    from evalsys import questionnaires

    monkeypatch.setattr(questionnaires, "MOST_ROWS", 8)
    assert write_questionnaire(load_instrument(WANQUAN), FORMS, tmp_path / "q.xlsx") == 2
    workbook = openpyxl.load_workbook(tmp_path / "q.xlsx")
    assert workbook["问卷"].max_row == 9
    assert "前 2 份" in "".join(str(cell.value) for cell in workbook["填写说明"]["A"])


def test_an_instrument_without_questions_writes_nothing(tmp_path):
    path = write_yaml(tmp_path / "i.yaml", content_of([indicator("1", None, [standard("1.1")])], 100, "equal"))
    with pytest.raises(InputFaults) as found:
        write_questionnaire(read_instrument(path), FORMS, tmp_path / "q.xlsx")
    assert [fault.problem for fault in found.value.faults] == ["no_questions"]
    assert not (tmp_path / "q.xlsx").exists()


def test_options_that_hold_a_comma_get_a_list_of_their_own(tmp_path):
    own = {"id": "q1", "text": text("q"), "options": ["有,常来", "没有"], "satisfied": ["有,常来"]}
    rule = {"threshold": {"at_least": "90", "measure": "%"}}
    below = [standard("1.1", rule, methods=("survey",), questions=[own])]
    path = write_yaml(tmp_path / "i.yaml", content_of([indicator("1", None, below)], 100, "equal"))
    write_questionnaire(read_instrument(path), FORMS, tmp_path / "q.xlsx")
    workbook = openpyxl.load_workbook(tmp_path / "q.xlsx")
    (rule,) = workbook["问卷"].data_validations.dataValidation
    assert rule.formula1 == "'填写说明'!$I$1:$I$2"
    assert [workbook["填写说明"].cell(row, 9).value for row in (1, 2)] == ["有,常来", "没有"]
