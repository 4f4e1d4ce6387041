"""What is said and written of standings on ladders, in every form and both languages."""

import csv
import datetime
import json

import openpyxl
import pytest
from builders import assessment_of, content_of, indicator, standard

from evalsys.escalation import escalation
from evalsys.escalation_results import escalation_json, escalation_listing, escalation_text, steps_listing
from evalsys.escalation_words import clause_text, lift_text, missed_text, reset_text, step_text, why_text
from evalsys.ledgers import ledgers_of

DAY = datetime.date(2016, 8, 28)
STEPS = [{"zh": "通报", "en": "notice"}, {"zh": "约谈", "en": "interview"}, {"zh": "问责", "en": "accountability"}]


def ladder(code, counts, at, resets, by="unit", **more):
    return {
        "row": f"X.{code}", "text": {"zh": f"阶梯{code}", "en": f"ladder {code}"}, "source": {"clause": "三（七）"},
        "kind": "ladder", "code": code, "counts": counts, "by": by, "at": at, "resets": resets,
        "steps": STEPS[: len(at)], **more,
    }  # fmt: skip


LADDERS = [
    ladder("L1", "overdue", ["1", "2", "3"], "clean"),
    ladder("L2", "exposure", ["none", "1", "3"], "clean"),
    ladder("L3", "found", ["1", "2"], "verified", by="site"),
    ladder("L4", "lost", ["1"], "never"),
    ladder("L5", "event", ["1", "1", "1"], "never"),
    ladder("L6", "returned", ["1"], "verified"),
]
TABLES = {
    "sites": [{"site_id": "S1", "site_type": "community", "name": "一社区", "area": "甲街道", "units": "城管局"}],
    "findings": [
        {"finding_id": "F1", "site_id": "S1", "standard": "1.1", "found_on": "2016-08-01"},
        {"finding_id": "F2", "site_id": "S1", "standard": "1.1", "found_on": "2016-08-10", "source": "媒体曝光"},
    ],
    "rectifications": [
        {"finding_id": "F1", "fixed_on": "2016-08-22", "reviewed_on": "2016-08-23", "result": "退回"},
    ],
    "events": [{"code": "L5", "date": "2016-05-01", "unit": "城管局"}],
}


def kept(folder, *ladders, **tables):
    content = content_of([indicator("1", 10, [standard("1.1", "met", 10)])], 10, mechanisms=list(ladders or LADDERS))
    return ledgers_of(assessment_of(folder, content, **{**TABLES, **tables}))


def decided(name, on, yes="是", code="L1"):
    return {"ladder": code, "unit": "城管局", "step": name, "decided_on": on, "decided": yes}


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory):
    return kept(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def found(ledgers):
    return {one.ladder.code: one for one in escalation(ledgers, DAY)}


SAID = {
    "L1": (
        "拟通报", "proposed: notice",
        "连续 3 周周末有逾期问题：8 月 14 日 1 条、8 月 21 日 2 条、8 月 28 日 2 条",
        "overdue at the end of 3 weeks in a row: 1 finding on 14 August, 2 on 21 August, 2 on 28 August",
        "下一周末无逾期问题", "nothing is overdue at the end of the next week",
    ),
    "L2": (
        "拟约谈", "proposed: interview",
        "被媒体曝光：8 月 10 日 1 条", "exposed by the media: 1 finding on 10 August",
        "下一期媒体曝光未涉及", "the next issue of exposure does not name it",
    ),
    "L3": (
        "拟通报", "proposed: notice",
        "同一标准在该点位查出 3 次（含复核退回）：2016 年 8 月 1 日、2016 年 8 月 10 日、2016 年 8 月 23 日",
        "one standard found broken at the site 3 times, reviews that returned it included: 1 August 2016, "
        "10 August 2016, 23 August 2016",
        "所列 2 条问题全部复核通过", "all 2 findings are verified",
    ),
    "L4": (
        "拟通报", "proposed: notice",
        "本轮失分的问题尚有 2 条未销号", "2 findings of this round not yet verified lose points",
        "所列问题全部复核通过", "all of them are verified",
    ),
    "L5": (
        "拟通报、约谈或问责（视情形择一）",
        "proposed: notice, interview or accountability (one of them, as the case is)",
        "登记在案 1 次：2016 年 5 月 1 日", "on record once: 1 May 2016",
        "不自动清零，由审定人员决定", "nothing does by itself: those who confirm decide",
    ),
    "L6": (
        "拟通报", "proposed: notice",
        "复核退回 1 次：2016 年 8 月 23 日", "returned by a review once: 23 August 2016",
        "所列问题复核通过", "the finding is verified",
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", SAID)
def test_step_reason_and_what_lifts_it(found, code):
    own = [text for said in (step_text, why_text, lift_text) for text in (said(found[code]).zh, said(found[code]).en)]
    assert tuple(own) == SAID[code]


def test_what_was_missed(found):
    assert (
        missed_text(found["L1"]).zh
        == "8 月 14 日、8 月 21 日均应通报，未见审定记录；次数已到问责，因前一步未审定采取，不越级"
    )
    assert missed_text(found["L1"]).en == (
        "due on 14 August, 21 August, with no decision on record: notice; "
        "the count alone reaches this, and no step is skipped: accountability"
    )
    assert missed_text(found["L2"]).zh == ""
    assert clause_text(found["L1"].ladder).zh == "X.L1，三（七）"
    assert reset_text(found["L3"].ladder).zh == "全部复核通过"


def test_many_weeks_and_a_declined_step(tmp_path):
    steps = [decided("通报", "2016-08-29", "否")]
    (one, *_) = escalation(kept(tmp_path, LADDERS[0], events=[], steps=steps), datetime.date(2016, 9, 25))
    assert why_text(one).zh.startswith("连续 7 周周末有逾期问题：最近 3 次为 9 月 11 日 2 条、")
    assert why_text(one).en.startswith("overdue at the end of 7 weeks in a row: of late 2 findings on 11 September, ")
    assert missed_text(one).zh.startswith(
        "9 月 4 日、9 月 11 日、9 月 18 日等 5 次均应通报，未见审定记录"
    )  # not 28 August: declined
    assert "18 September and earlier, with no decision" in missed_text(one).en


def test_in_force_and_declined(tmp_path):
    steps = [decided("通报", "2016-08-15"), decided("约谈", "2016-08-22", "否")]
    ledgers = kept(tmp_path, LADDERS[0], events=[], steps=steps)

    def said(on):
        return [step_text(one) for one in escalation(ledgers, on)]

    assert [text.zh for text in said(datetime.date(2016, 8, 16))] == ["通报（2016 年 8 月 15 日审定）"]
    assert [text.en for text in said(datetime.date(2016, 8, 16))] == ["notice (confirmed on 15 August 2016)"]
    assert [text.zh for text in said(datetime.date(2016, 8, 23))] == ["审定不采取：约谈"]
    assert [text.en for text in said(DAY)] == ["proposed: interview"]


# ------------------------------------------------------------------------------------------------------- the forms


def test_the_text(ledgers, found):
    text = escalation_text(ledgers, list(found.values()), DAY, "zh").splitlines()
    assert text[:2] == [
        "截至 2016 年 8 月 28 日：拟采取措施 6 项，已审定有效 0 项，审定不采取 0 项。",
        "以下为按规则提出的建议，须经审定后执行。",
    ]
    assert text[3:7] == [
        "城管局  拟通报  [L1]",
        f"  依据：{SAID['L1'][2]}",
        f"  提示：{missed_text(found['L1']).zh}",
        "  解除条件：下一周末无逾期问题",
    ]
    assert "S1 一社区 · 1.1  拟通报  [L3]" in text
    assert escalation_text(ledgers, [], DAY, "en") == "Up to 28 August 2016: 0 proposed, 0 in force, 0 declined."


def test_without_ladders_it_says_so(tmp_path):
    content = content_of([indicator("1", 10, [standard("1.1", "met", 10)])], 10)
    ledgers = ledgers_of(assessment_of(tmp_path, content, **{**TABLES, "events": []}))
    assert escalation_text(ledgers, escalation(ledgers, DAY), DAY, "zh").endswith("所用规则没有计数的处置阶梯。")


def test_the_rows_cite_every_finding(ledgers, found):
    rows = escalation_listing(ledgers, list(found.values()), "zh").as_records()
    assert rows[0] == {
        "ladder": "L1", "subject": "城管局", "standard": None, "status": "待审定", "step": "拟通报", "count": 3,
        "since": "2016-08-14", "why": SAID["L1"][2], "findings": "F1；F2", "confirmed": None,
        "missed": missed_text(found["L1"]).zh, "lifts": "下一周末无逾期问题", "rule": "阶梯L1",
        "clause": "X.L1，三（七）",
    }  # fmt: skip
    assert (rows[2]["subject"], rows[2]["standard"]) == ("S1 一社区", "1.1")


def test_the_workbook(ledgers, found, tmp_path):
    listing = escalation_listing(ledgers, list(found.values()), "en")
    listing.write_workbook(tmp_path / "steps.xlsx", "Escalation", "en")
    sheet = openpyxl.load_workbook(tmp_path / "steps.xlsx")["Escalation"]
    assert [cell.value for cell in sheet[1]][:5] == ["ladder", "for whom", "standard", "status", "step"]
    assert sheet.max_row == 7


def test_the_json(ledgers, found):
    content = json.loads(escalation_json(ledgers, list(found.values()), DAY, "en"))
    assert (content["day"], content["rules"]) == ("2016-08-28", "test")
    assert "a person confirms" in content["note"]
    first = content["standings"][0]
    assert first["periods"] == [
        {"on": "2016-08-14", "findings": ["F1"]},
        {"on": "2016-08-21", "findings": ["F1", "F2"]},
        {"on": "2016-08-28", "findings": ["F1", "F2"]},
    ]
    assert first["steps"] == [{"step": 1, "name": "notice"}]
    assert first["reached"] == [{"step": 3, "name": "accountability"}]
    assert first["missed"] == [{"on": "2016-08-14", "steps": [1]}, {"on": "2016-08-21", "steps": [1]}]
    assert (first["clause"], first["row"], first["status"]) == ("三（七）", "X.L1", "proposed")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_proposals_come_back_as_decided_steps(ledgers, found, tmp_path, lang):
    """The rows for a person to decide on are rows of the table of steps: filled in, they are read, and hold."""
    rows = list(csv.reader(steps_listing(ledgers, list(found.values()), lang).as_csv(lang).splitlines()))
    heads = rows[0]
    at = {name: heads.index(name) for name in (("审定日期", "审定") if lang == "zh" else ("decided_on", "decided"))}
    day, yes = at.values()
    assert all(row[day] == row[yes] == "" for row in rows[1:])
    steps = []
    for row in rows[1:]:
        row[day], row[yes] = "2016-08-28", "是"
        steps.append(dict(zip(heads, row, strict=True)))
    assert len(steps) == 5 + 3  # three alternatives
    after = escalation(kept(tmp_path, steps=steps), DAY)
    assert {(one.ladder.code, one.standing.status) for one in after} == {(f"L{n}", "in_force") for n in range(1, 7)}
    assert steps_listing(ledgers, after, lang).rows == []
