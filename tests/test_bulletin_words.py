"""No week is without a sentence: what is said of weeks with much, little and nothing."""

from datetime import date

import pytest

from evalsys import bulletin_words as words
from evalsys.bulletin_results import issue_of
from evalsys.finding_results import findings_text
from tests.bulletin_cases import FINDINGS, RECTIFICATIONS, small

LADDERED = {"ledger": {"rules": "lincheng-county-2019"}}


@pytest.fixture(scope="module")
def hand(tmp_path_factory):
    return small(tmp_path_factory.mktemp("small"), FINDINGS, RECTIFICATIONS)


@pytest.fixture(scope="module")
def laddered(tmp_path_factory):
    return small(tmp_path_factory.mktemp("laddered"), FINDINGS, RECTIFICATIONS, **LADDERED)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return small(tmp_path_factory.mktemp("empty"))


def said(assessment, week, lang="zh"):
    issue = issue_of(assessment, week, with_forecast=False)
    return issue, words.lead(issue, lang), words.second(issue, lang)


def test_the_first_week_compares_with_nothing(hand):
    issue, lead, second = said(hand, "2026-W32")
    assert lead == ("本周新增问题 3 条，没有办结，在办 3 条", "没有逾期问题", False)
    assert second.startswith("本周新增多于办结。在办问题合计影响总分 2.500 分。")
    assert words.key_notes(issue, "zh") == dict.fromkeys(("new", "fixed", "in_hand", "overdue"), "首期，无可比")


def test_a_week_with_something_overdue(hand):
    issue, lead, second = said(hand, "2026-W33")
    assert lead == ("本周新增问题 2 条，办结 2 条，在办升至 4 条", "逾期 1 条，涉及 2 家单位", True)
    assert second == "本周办结与新增相等。逾期问题合计影响总分 2.500 分。测评体系没有规定处置阶梯，不提出措施。"
    assert words.key_notes(issue, "zh") == {
        "new": "比上周少 1 条",
        "fixed": "按期 50.0%，比上周多 2 条",
        "in_hand": "比上周多 1 条",
        "overdue": "最长 6 天，比上周多 1 条",
    }
    assert words.units_said(issue, "zh") == "3 家单位有办理事项，2 家有逾期，甲街道和乙局最多，逾期 1 条。"
    assert words.overdue_said(issue, 1, "zh") == "逾期 1 条，最长 6 天。"
    assert words.coming_said(issue, "zh") == "下周到期 2 条；请各单位提前一天自查。"
    assert words.photos_said(issue, "zh") == (
        "本期办结 2 条，整改前后照片齐全的 1 条；缺整改前照片 1 条，缺整改后照片 0 条。"
    )
    assert words.again_said(issue, "zh") == "本期新增问题中，销号后反弹 1 条，同一点位重复登记 0 条。"
    assert words.reconciled_said(issue, "zh") == "三本台账数目一致；2 条未销号问题尚无整改记录，请补登。"


def test_the_same_week_in_english(hand):
    issue, lead, second = said(hand, "2026-W33", "en")
    assert lead == ("2 new findings this week, 2 put right; in hand up to 4", "1 overdue, of 2 units", True)
    assert second == (
        "As much was put right as was found. What is overdue is worth 2.500 points. "
        "The instrument has no ladder of consequences."
    )
    assert words.key_notes(issue, "en")["overdue"] == "up to 6 days; 1 more than the week before"


def test_a_quiet_week(hand):
    _, lead, second = said(hand, "2026-W34")
    assert lead[0] == "本周没有新增、办结问题，在办仍为 4 条"
    assert lead[1:] == ("逾期 3 条，涉及 3 家单位", True)  # F1 and F4, and F3 after the new day that its return got
    assert not second.startswith("连续")


def test_a_week_after_the_last_day_says_so(hand):
    issue, _, second = said(hand, "2026-W40")
    assert second.startswith("台账记录截至 2026 年 8 月 16 日，本期没有新的记录。")
    assert words.coming_said(issue, "zh") == "下周没有到期的在办问题。"


def test_a_week_before_the_first_day_says_so(hand):
    issue, lead, second = said(hand, "2026-W20")
    assert lead == ("截至 5 月 17 日，台账没有问题记录", "", False)
    assert second == "台账最早的问题发现于 2026 年 8 月 3 日，在本期之后。"
    assert words.units_said(issue, "zh") == "本期各单位没有办理事项。"
    assert words.overdue_said(issue, 0, "zh") == "截至本期末没有逾期问题。"
    assert words.ranks_said(issue, "zh") == "在办问题不影响得分，也没有逾期，不排名次。"
    assert words.photos_said(issue, "en") == "Nothing was put right: no photographs to compare."


def test_ledgers_without_any_finding(empty):
    issue, lead, second = said(empty, "")
    assert issue.found.period == "2026-W32"  # of the one observation, which is in order
    assert lead[0] == "截至 8 月 9 日，台账没有问题记录"
    assert second == "没有可通报的问题；有了检查记录或问题台账后再生成。"


def test_losses_without_a_day_are_told_as_the_reason_why_nothing_is_reported(tmp_path):
    made = small(tmp_path, more=[{"standard": "1.2", "site_id": "s1", "value": "0.5"}])
    issue, _, second = said(made, "2026-W32")
    assert second == "1 条有失分的检查没有日期，不能列入哪一期；请补填检查日期，或设置“台账·未注日期按”。"
    assert words.second(issue, "en").startswith("1 lossy observation without a day can be in no issue: ")
    text = findings_text(made, date(2026, 8, 9), "zh")
    assert text.endswith("\n1 条有失分的检查没有日期，未列入台账；可补填检查日期，或设置“台账·未注日期按”。")
    assert "\n1 lossy observation without a day: " in findings_text(made, date(2026, 8, 9), "en")


def test_what_belongs_to_the_whole_place_is_counted_of_all_findings(tmp_path):
    place = {"finding_id": "G1", "site_id": "全域", "standard": "1.1", "found_on": "2026-06-01"}
    found = [place, {**place, "finding_id": "G2", "site_id": "s1"}]
    done = {"fixed_on": "2026-06-02", "reviewed_on": "2026-06-02", "reviewer": "督查组", "result": "通过"}
    made = small(tmp_path, found, [{"finding_id": "G1", **done}])
    issue = issue_of(made, "2026-W23", with_forecast=False)
    assert words.reconciled_said(issue, "zh") == (  # G1 is closed: it is none of what has no rectification
        "三本台账数目一致；1 条未销号问题尚无整改记录，请补登。台账所列 2 条问题中，1 条属全域，不在点位上。"
    )
    tail = "Of all 2 findings in the ledger 1 is of the whole place, at no site."
    assert words.reconciled_said(issue, "en").endswith(tail)


def test_what_is_proposed_is_told_with_whom(laddered):
    issue, _, second = said(laddered, "2026-W33")
    assert "请审定。" in second
    assert "拟对" in second
    assert {own.subject for own in issue.measures} == {"甲街道", "乙局"}
    assert words.measures_said(issue, "en").startswith("Proposed, for approval: ")
    quiet = issue_of(laddered, "2026-W32", with_forecast=False)
    assert words.measures_said(quiet, "zh") == "本期没有拟采取的措施。"


def test_the_days_to_put_right_are_told_with_their_source(hand, laddered):
    assert "发现后 7 日（假定）" in words.notes(issue_of(hand, "2026-W33", with_forecast=False), "zh")[0]
    assert "临城" in words.notes(issue_of(laddered, "2026-W33", with_forecast=False), "zh")[0]


def test_a_streak_goes_back_beyond_the_figure(tmp_path):
    # eight weeks, in each one finding is put right and none found, after nine that were found at once
    found = [
        {"finding_id": f"G{n}", "site_id": "s1", "standard": "1.1" if n % 2 else "1.2", "found_on": "2026-06-01"}
        for n in range(9)
    ]
    fixed = [
        {"finding_id": f"G{n}", "fixed_on": str(date(2026, 6, 8).fromordinal(date(2026, 6, 8).toordinal() + 7 * n))}
        for n in range(8)
    ]
    found = small(tmp_path, found, fixed)
    last = issue_of(found, "2026-W31", with_forecast=False)
    assert words.streak(last.found) == (1, 8)
    assert words.second(last, "zh").startswith("连续八周办结多于新增。")
    assert words.second(last, "en").startswith("For 8 weeks in a row more was put right than found.")
    first = issue_of(found, "2026-W24", with_forecast=False)
    assert words.streak(first.found) == (1, 1)
    assert words.second(first, "zh").startswith("本周办结多于新增。")


def test_all_put_right(tmp_path):
    found = [{"finding_id": "G1", "site_id": "s1", "standard": "1.1", "found_on": "2026-06-01"}]
    review = {"reviewed_on": "2026-06-10", "reviewer": "督查组", "result": "通过"}
    made = small(tmp_path, found, [{"finding_id": "G1", "fixed_on": "2026-06-09", **review}])
    issue, lead, _ = said(made, "2026-W24")
    assert lead == ("本周没有新增问题，办结 1 条，在办问题清零", "没有逾期问题", False)
    assert issue.found.rate == 0
    assert words.lead(issue, "en")[0] == "Nothing new this week, 1 put right; nothing is in hand"


def test_a_month_speaks_of_months(hand):
    issue = issue_of(hand, "2026-08", with_forecast=False)
    assert words.title(issue.found, "zh") == "创城督查通报（8 月）"
    assert words.lead(issue, "zh")[0].startswith("本月新增问题 5 条，办结 2 条")


def test_the_figure_is_told_with_its_numbers(hand):
    issue = issue_of(hand, "2026-W33", with_forecast=False)
    told = words.series_said(issue.found, [f"第 {n} 周" for n in range(28, 34)], "zh")
    assert told.endswith("第 32 周新增 3、办结 0、在办 3；第 33 周新增 2、办结 2、在办 4。")
