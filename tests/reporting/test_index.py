"""The index of a batch: every report once, numbers as on the reports, names of any kind, nothing from outside."""

import json
import re
from html.parser import HTMLParser
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import pytest

from evalsys.reporting import index
from evalsys.reporting.index import INDEX_FILES, index_page
from evalsys.reporting.jobs import Job, Outcome
from evalsys.reporting.manifest import line_of, outcome_of

FORMS = ("html", "pdf", "word", "annex")


@pytest.fixture(autouse=True)
def no_fonts(request, monkeypatch):
    """Cutting fonts takes most of the time of a page; one test looks at them."""
    if "fonts" not in request.node.name:
        monkeypatch.setattr(index, "css_font_faces", lambda words: "")


def done(row, name, notebook="mock-assessment", lang="zh", forms=FORMS, place=None, **facts):
    """Return a report that was made; its files are named by their forms."""
    folder = f"{name}/{notebook}.{lang}"
    outputs = {form: {"path": f"{folder}.{form}", "sha256": "0" * 64} for form in forms}
    summary = {"place": place or name, **facts} if place != "" else facts
    return Outcome(
        Job(row, name, notebook, lang, {}), "done", "2026-11-15T10:00:00Z", 8.0, "", outputs, summary,
        {"evalsys": "0.5.0"},
    )  # fmt: skip


def mock(row, name, rate, chance=None, strict=None, missing=0.0, **more):
    """Return a mock assessment with a pass mark of 93%."""
    facts = {
        "rate": rate, "not_assessed": missing, "full": 40.0, "pass_mark": 37.2, "round": "2026-11", "instrument": "x-1",
        "passed": None if rate is None else rate >= 0.93, "chance": chance, "chance_strict": strict,
    }  # fmt: skip
    return done(row, name, **{**facts, **more})


def failed(row, name, error="observations.csv：第 118 行", notebook="mock-assessment", lang="zh", record=True):
    """Return a report that failed."""
    outputs = {"failed": {"path": f"{name}/{notebook}.{lang}.failed.ipynb", "sha256": ""}} if record else {}
    return Outcome(Job(row, name, notebook, lang, {}), "failed", "2026-11-15T10:00:00Z", 2.0, error, outputs)


TOWNS = [
    mock(2, "甲镇", 0.95411, 0.88, 0.74),
    mock(3, "乙镇", 0.9305, 0.61, 0.36, 3.2),
    mock(4, "丙镇", 0.92, 0.29, 0.12),
    mock(5, "丁镇", 0.9055, 0.19, 0.07),
    failed(6, "戊镇"),
]


class Page(HTMLParser):
    """A page taken apart; tags must close in order."""

    def __init__(self, page):
        super().__init__()
        self.open, self.rows, self.tags, self.text, self.script = [], [], [], "", ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "br"):
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "script" in self.open:
            self.script += data
        elif "style" not in self.open:
            self.text += data
            if {"td", "th"} & {*self.open}:
                self.rows[-1][-1] += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def page(outcomes, lang="zh", **more):
    return Page(index_page(outcomes, "某区模拟测评", "2026-11-15 18:20", lang, **more))


def test_the_result_is_said_from_the_numbers():
    zh, en = page(TOWNS).text, page(TOWNS, "en").text
    assert "5 份报告完成 4 份、失败 1 份；4 次测评中 2 次过线，2 次达标可能性不足一半。" in zh
    assert "丁镇、丙镇最需关注，达标可能性分别约 19%、约 29%。" in zh
    assert "5 reports: 4 done, 1 failed; 2 of 4 assessments reach the pass mark, 2 have a chance below half." in en
    assert "丁镇 and 丙镇 need attention first: the chances to pass are about 19% and about 29%." in en
    for words in (zh, en):
        assert re.search(r"92\.53\s*%", words)  # the median of 0.92 and 0.9305, half up
    assert "90.55% 至 95.41%" in zh
    assert "共 5 份，用时合计 34 秒" in zh
    assert "目标线 93%" in zh
    assert "测评体系 x-1" in zh


@pytest.mark.parametrize(
    ("outcomes", "zh", "en"),
    [
        ([], "本批没有报告。", "This batch has no report."),
        ([failed(2, "甲")], "1 份报告均未生成。", "1 report, failed."),
        ([mock(2, "甲", 0.93)], "1 份报告全部完成；1 次测评过线。", "1 assessment reaches the pass mark."),
        ([mock(2, "甲", 0.9)], "1 次测评未过线。", "1 assessment is below the pass mark."),
        ([mock(2, "甲", 0.9), mock(3, "乙", 0.8)], "2 次测评均未过线。", "none of 2 assessments reaches"),
        ([mock(2, "甲", 0.94, 0.5)], "过线，达标可能性均不低于一半。", "no chance to pass is below half."),
        ([mock(2, "甲", 0.94, 0.49)], "一半。甲最需关注，达标可能性约 49%。", "1 has a chance below half."),
        ([mock(2, "甲", None, passed=None)], "1 份报告全部完成。", "1 report, done."),
        ([done(2, "x", "own", place="", answer=42)], "1 份报告全部完成。", "1 report, done."),
    ],
)  # fmt: skip
def test_every_kind_of_batch_has_its_sentence(outcomes, zh, en):
    assert zh in page(outcomes).text
    assert en in page(outcomes, "en").text


def test_a_row_for_every_report_by_chance_then_rate():
    table = page([mock(7, "后", 0.99), *TOWNS, mock(8, "又", 0.995)]).rows
    assert table[0] == ["名称", "得分率", "未测评分", "达标可能性", "0%50%100%", "严督查时", "状态", "打开"]
    assert [row[0] for row in table[1:7]] == ["甲镇", "乙镇", "丙镇", "丁镇", "又", "后"]
    links = "PDF Word Excel"
    assert table[1] == ["甲镇", "95.41%", "0", "约 88%", "", "约 74%", "完成", links]
    assert table[2] == ["乙镇", "93.05%", "3.200", "约 61%", "", "约 36%", "完成，有未测评", links]
    assert table[6] == ["后", "99.00%", "0", "–", "", "–", "完成", links]
    assert table[8][:5] == [
        "第 6 行",
        "戊镇",
        "未生成",
        "observations.csv：第 118 行",
        "改正参数或证据，再续跑（运行记录）",
    ]


def test_rates_are_rounded_as_on_the_reports():
    """A half goes up, although the float beside it lies below."""
    assert page([mock(2, "甲", 0.93855)]).rows[1][1] == "93.86%"
    assert page([mock(2, "甲", 131783 / 140400)]).rows[1][1] == "93.86%"


def test_columns_that_nobody_has_are_left_out():
    rows = page([mock(2, "甲", 0.9, forms=("html",)), mock(3, "乙", 0.8, forms=("html",))]).rows
    assert rows[0] == ["名称", "得分率", "未测评分", "状态"]


def test_a_table_for_each_notebook():
    fixed = {"chance": 0.6, "chance_after": 0.9, "cost": 18.5, "fixes": 7, "rate": 0.9}
    audit = {"title": "某体系", "full": 40000.0, "standards": 81, "scored": 80, "leaves": 1200, "assumed": 12000.5}
    mixed = [
        *TOWNS[:2],
        done(10, "甲镇", "fix-sensitivity", **fixed),
        done(11, "x-1", "instrument-audit", place="", **audit),
        done(12, "甲镇", "/somewhere/own.ipynb", rate=0.5, chance=float("nan"), cost="much", leaves=True),
    ]
    found = page(mixed, "en")
    heads = re.findall(r"\d\. [A-Z][a-z -]+|\d\. own", found.text)
    assert [head.strip() for head in heads] == [
        "1. Mock assessments",
        "2. Value of fixes",
        "3. Instrument audits",
        "4. own",
    ]
    assert found.rows[4][:7] == ["甲镇", "90.00%", "60%", "", "90%", "7", "18.5"]
    assert found.rows[6][:6] == ["某体系", "40,000", "81", "80", "1,200", "12,000.500"]
    assert found.rows[7][:2] == ["Name", "Rate"]  # of what a notebook of one's own states, only what is usable
    assert found.rows[8][:2] == ["甲镇", "50.00%"]
    assert "2 次测评" in page(mixed).text  # an assessment is counted once, whatever is made of it


def test_the_mock_assessment_speaks_for_its_place():
    fixes = done(2, "甲镇", "fix-sensitivity", rate=0.5, passed=False, chance=0.1)
    assert "1 次测评过线，达标可能性均不低于一半。" in page([fixes, mock(3, "甲镇", 0.95, 0.8)]).text


def test_an_assessment_in_two_languages_counts_once():
    both = [mock(2, "甲镇", 0.95), mock(2, "甲镇", 0.95, lang="en"), mock(3, "乙镇", 0.9)]
    found = page(both)
    assert "3 份报告全部完成；2 次测评中 1 次过线" in found.text
    assert sorted(row[0] for row in found.rows[1:]) == ["乙镇 中文", "甲镇 中文", "甲镇 英文"]


def test_names_of_one_place_stay_apart():
    same = [
        mock(2, "a", 0.95, 0.4, place="朝阳区"),
        mock(3, "b", 0.94, 0.3, place="朝阳区", round="2026-12"),
        mock(4, "朝阳区", 0.93, 0.2, place="朝阳区"),
        mock(5, "别处", 0.93),
    ]
    found = page(same)
    names = [row[0] for row in found.rows[1:]]
    assert names == ["朝阳区 a · 2026-11", "朝阳区 b · 2026-12", "朝阳区 2026-11", "别处 2026-11"]
    assert "朝阳区、朝阳区（b）最需关注" in found.text


NAMES = ["<b>&\"甲\"'x'", "a#b?c%20 d", "a:b", "x|y", "{y} $z$ \\", "吴江 区", "-->", "</script>"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_names_and_errors_cannot_break_the_page(lang):
    outcomes = [mock(n, name, 0.9, 0.3) for n, name in enumerate(NAMES, 2)]
    outcomes += [failed(n, f"{name}!", f"{name}\n\x1b[31m{'长' * 1000}") for n, name in enumerate(NAMES, 20)]
    html = index_page(outcomes, NAMES[0], NAMES[-1], lang, "evalsys batch '<a b>.csv' --resume")
    found = Page(html)
    assert {row[0] for row in found.rows if row[0] in NAMES} == {*NAMES}
    assert {row[1] for row in found.rows if row[1].endswith("!")} == {f"{name}!" for name in NAMES}
    assert "evalsys batch '<a b>.csv' --resume" in found.text
    assert html.count("<script>") == 1
    assert len(max((cell for row in found.rows for cell in row), key=len)) < 500
    # a link leads to the file that was written, wherever the folder stands
    wanted = {file["path"] for outcome in outcomes for file in outcome.outputs.values()}
    led = set()
    for link in found.all("a"):
        parts = urlsplit(link["href"])
        assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")
        assert link["href"].isascii()
        led.add(unquote(parts.path))
    assert led == wanted | {INDEX_FILES["en" if lang == "zh" else "zh"]}
    assert not any(PurePosixPath(path).is_absolute() for path in led)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_loads_nothing_and_has_its_fonts(lang):
    html = index_page(TOWNS, "某区", "2026-11-15", lang)
    found = Page(html)
    assert {tag for tag, _ in found.tags} & {"link", "img", "iframe", "object", "form"} == set()
    assert not re.search(r"url\((?!data:)|@import|https?:", html)
    assert "src" not in found.all("script")[0]
    assert html.count("@font-face") == 2
    assert found.all("html")[0]["lang"] == ("zh-CN" if lang == "zh" else "en")
    assert not re.search(r"fetch|XMLHttp|eval\(|innerHTML", found.script)
    assert "Traceback" not in html
    own = re.sub("[甲乙丙丁戊某]|镇|区|observations.csv：第 118 行|中文", "", found.text)
    assert lang == "zh" or not re.search("[\u3000-\u9fff\uff00-\uffef]", own)


def test_heads_can_be_pressed_and_say_how_the_table_is_sorted():
    html = index_page(TOWNS, "某区", "2026-11-15", "zh")
    heads = re.findall(r"<th [^>]*>.*?</th>", html.partition('<table class="idx">')[2].partition("</thead>")[0])
    assert [("<button type" in head) for head in heads] == [True, True, True, True, False, True, True, False]
    assert ["aria-sort" in head for head in heads] == [False, False, False, True, False, False, False, False]
    assert all('scope="col"' in head for head in heads)
    values = re.findall(r'data-value="([\d.]+)"', html)
    assert [float(value) for value in values[::2]] == [0.88, 0.61, 0.29, 0.19]
    bars = re.findall(r"--a:([\d.]+);--b:([\d.]+)", html)
    assert bars == [("74", "88"), ("36", "61"), ("12", "29"), ("7", "19")]


def test_what_to_do_about_a_failure():
    many = [failed(9, "甲", "CellTimeoutError: 60 s"), failed(4, "乙", record=False), failed(4, "乙", lang="en")]
    found = page([*TOWNS[:1], *many], resume="evalsys batch t.csv --resume")
    rows = found.rows[3:]
    assert [row[0] for row in rows] == ["第 4 行", "第 4 行", "第 9 行"]
    assert {row[2] for row in rows} == {"中文", "英文"}
    assert [row[-1] for row in rows if row[1] == "甲"] == ["放宽 --timeout，再续跑（运行记录）"]
    assert "续跑命令：evalsys batch t.csv --resume（只重做失败的 3 份）。" in found.text
    assert "续跑命令" not in page([*TOWNS[:1], *many]).text
    assert "失败的报告" not in page(TOWNS[:1]).text


def test_the_manifest_gives_the_same_page():
    """What a line of the manifest keeps is enough."""
    again = [outcome_of(json.loads(line_of(outcome))) for outcome in TOWNS]
    assert index_page(again, "某区", "x", "zh") == index_page(TOWNS, "某区", "x", "zh")


def test_a_province():
    """Its page stays small enough to open: the growth for each report is what is measured."""
    towns = [mock(n, f"第{n}镇", 0.9 + n / 1e5, n / 1000, n / 2000, forms=("html", "pdf")) for n in range(1000)]
    first, second = (len(index_page(some, "某省", "x", "zh").encode()) for some in (towns[:500], towns))
    assert (second - first) / 500 < 480
