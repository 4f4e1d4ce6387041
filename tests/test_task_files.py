"""The task breakdown as files: no row lost, the open matters first, safe names, the same bytes, nothing overwritten."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import openpyxl
import pytest
from builders import content_of, indicator, instrument_of, standard, write_yaml
from click.testing import CliRunner, Result
from page_reader import Reader

from evalsys import InputFaults, cli, console, load_instrument
from evalsys.instrument import Instrument
from evalsys.reporting import render
from evalsys.task_files import write_tasks
from evalsys.tasks import by_unit, open_matters, task_list

CHINESE = re.compile(r"[\u3400-\u9fff]")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the fonts out of the pages: cutting them is tested once, and elsewhere."""
    monkeypatch.setattr(render, "css_font_faces", lambda words: "")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[Path]]:
    """Return a function that writes the files of a shipped instrument, once."""

    @cache
    def write(name: str) -> list[Path]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(render, "css_font_faces", lambda words: "")
            return write_tasks(load_instrument(name), tmp_path_factory.mktemp("tasks") / "out")

    return write


def small_content() -> dict[str, Any]:
    units = {
        "住建局/城管局": {"en": "Works: housing"},
        "住建局:城管局": {"en": "Works: city"},
        "文明办": {"en": "Civilisation office"},
    }
    limit = {"threshold": {"at_least": 90, "measure": "%"}}
    site = [{"site_type": "community", "sites": 3}, {"site_type": "main-road", "sites": "all"}]
    below = [
        standard("1.1", limit, 50, lead=["住建局/城管局"], support=["文明办", "住建局:城管局"], checked_at=site,
                 due={"by": "06-30"}, source={"row": "t.1", "clause": "三（一）", "threshold": "parameter"}),
        standard("1.2", limit, 50, lead=["文明办"], source={"row": "t.2", "lead": "assumed"}),
        standard("1.3", "met", scored="no", note={"zh": "=1+1", "en": "<b>|note"}),
    ]  # fmt: skip
    dated = [
        {"row": "t.D", "text": {"zh": "周会", "en": "weekly"}, "when": {"every": "week"}, "lead": ["文明办"],
         "source": {"clause": "四"}}
    ]  # fmt: skip
    return content_of([indicator("1", 100, below)], 100, units=units, calendar=dated)


@pytest.fixture
def small(tmp_path: Path) -> Instrument:
    return instrument_of(tmp_path / "instrument", small_content())


def sheet_rows(path: Path, sheet: str | int = 0, head: str = "序号") -> list[dict[str, Any]]:
    """The rows of a table of tasks, from under its heading to the first row without a number."""
    book = openpyxl.load_workbook(path)
    found = book[sheet] if isinstance(sheet, str) else book.worksheets[sheet]
    rows = [list(row) for row in found.iter_rows(values_only=True)]
    first = next(place for place, row in enumerate(rows) if head in row)
    named = [dict(zip(rows[first], row, strict=True)) for row in rows[first + 1 :]]
    return [row for row in named if isinstance(row[head], int)]


def page_tables(path: Path) -> list[list[list[str]]]:
    return Reader(path.read_text("utf-8")).tables


def page_numbers(path: Path) -> list[int]:
    """The numbers of the tasks in the tables of tasks: those with a column of points."""
    tables = [table for table in page_tables(path) if table[0][-1] == "分值"]
    return [int(row[0]) for table in tables for row in table[1:]]


def flat(path: Path) -> str:
    return unescape(re.sub(r"<style>.*?</style>|<[^>]+>", "", path.read_text("utf-8"), flags=re.S))


# ------------------------------------------------------------------------------------------------------- no row lost


@pytest.mark.parametrize(
    "name",
    [
        "taizhou-police-2009",
        "wujiang-field-2016",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("luxi-county-2012", "lincheng-county-2019", "xinbei-district")
        ),
    ],
)
def test_every_pair_of_task_and_body_stands_once_in_workbook_and_page(
    name: str, written: Callable[[str], list[Path]]
) -> None:
    tasks = task_list(load_instrument(name))
    units = by_unit(tasks)
    paths = written(name)
    assert len(paths) == 2 * (1 + len(units))
    assert sorted(paths[0].parent.iterdir()) == sorted(paths)
    expected = Counter((task.number, unit) for task in tasks for unit in (*task.lead, *task.support))
    in_books: Counter[tuple[int, str]] = Counter()
    on_pages: Counter[tuple[int, str]] = Counter()
    for each, book, page in zip(units, paths[2::2], paths[3::2], strict=True):
        in_books.update((row["序号"], each.unit) for row in sheet_rows(book))
        on_pages.update((number, each.unit) for number in page_numbers(page))
    assert in_books == expected
    assert on_pages == expected
    everything = [task.number for task in tasks]
    assert [row["序号"] for row in sheet_rows(paths[0], "任务分解表")] == everything
    assert page_numbers(paths[1]) == everything
    nobody = {task.number for task in tasks if not task.units}
    first = [row["序号"] for row in sheet_rows(paths[0], "待明确事项") if row["待明确事项"] == "无牵头单位"]
    assert nobody <= set(first)


@pytest.mark.slow
def test_a_body_of_two_spellings_has_one_file(written: Callable[[str], list[Path]]) -> None:
    paths = written("luxi-county-2012")
    names = [path.stem.partition("-")[2] for path in paths if path.suffix == ".xlsx"]
    assert names.count("县政府法制办") == 1
    assert "县法制办" not in names
    assert not any("县法制办" in flat(path) for path in paths if path.suffix == ".html")


def test_a_body_sees_its_tasks_as_lead_first(written: Callable[[str], list[Path]]) -> None:
    each = by_unit(task_list(load_instrument("lincheng-county-2019")))[0]
    paths = written("lincheng-county-2019")
    rows = sheet_rows(paths[2])
    numbers = [task.number for task in each.tasks]
    assert [row["序号"] for row in rows] == page_numbers(paths[3]) == numbers
    assert [row["职责"] for row in rows] == ["牵头"] * len(each.lead) + ["配合"] * len(each.support)
    said = flat(paths[3])
    assert said.index("一、牵头任务") < said.index("二、配合任务")


# ------------------------------------------------------------------------------------------------------ what is said


@pytest.mark.usefixtures("quick")
def test_a_row_has_the_four_fixed_things_and_what_is_assumed(small: Instrument, tmp_path: Path) -> None:
    paths = write_tasks(small, tmp_path / "out")
    rows = {row["编码"]: row for row in sheet_rows(paths[0], "任务分解表")}
    assert rows["1.1"] == {
        "序号": 1, "编码": "1.1", "所属项目": "1项", "任务内容": "1.1项", "完成时限": "6月30日前",
        "达到标准": "不低于90%（界限未印明，为假定）", "牵头单位": "住建局/城管局", "配合单位": "文明办、住建局:城管局",
        "测评方法": "实地考察", "点位类型": "社区（3处）、主干道（全部）", "分值": 50, "来源条款": "三（一）",
        "来源行": "t.1", "假定": "界限", "说明": None,
    }  # fmt: skip
    assert (rows["1.2"]["完成时限"], rows["1.2"]["假定"]) == ("未定", "牵头单位")
    assert (rows["1.3"]["牵头单位"], rows["1.3"]["分值"], rows["1.3"]["说明"]) == ("未定", "不计分", "=1+1")
    assert (rows["日程"]["任务内容"], rows["日程"]["完成时限"], rows["日程"]["分值"]) == ("周会", "每周", "不计分")
    said = flat(paths[1])
    for words in (
        "6月30日前",
        "不低于90%（界限未印明，为假定）",
        "社区（3处）、主干道（全部）",
        "三（一） t.1",
        "假定：界限",
    ):
        assert words in said
    cells = [cell for path in paths[::2] for sheet in openpyxl.load_workbook(path) for row in sheet for cell in row]
    assert all(cell.data_type != "f" for cell in cells)


@pytest.mark.parametrize("name", ["luxi-county-2012", "lincheng-county-2019"])
def test_what_is_open_comes_first_in_the_overview(name: str, written: Callable[[str], list[Path]]) -> None:
    found = open_matters(task_list(load_instrument(name)))
    book, page = written(name)[:2]
    assert openpyxl.load_workbook(book).sheetnames == ["待明确事项", "责任单位", "任务分解表"]
    matters = {
        "无牵头单位": found.no_lead,
        "牵头单位为假定（来源并列多家或未列）": found.assumed_lead,
        "两家以上牵头": found.several_leads,
        "未定时限": found.no_deadline,
    }
    rows = [(row["待明确事项"], row["序号"]) for row in sheet_rows(book)]
    assert rows == [(matter, task.number) for matter, tasks in matters.items() for task in tasks]
    said = flat(page)
    places = [said.index(f"{matter}：{len(tasks)}项") for matter, tasks in matters.items()]
    assert places == sorted(places)
    assert places[-1] < said.index("二、责任单位", places[0]) < said.index("三、任务总表", places[0])
    tables = page_tables(page)[: sum(map(bool, matters.values()))]
    listed = [[int(row[0]) for row in table[1:]] for table in tables]
    assert listed == [[task.number for task in tasks] for tasks in matters.values() if tasks]


@pytest.mark.usefixtures("quick")
def test_a_body_is_told_what_is_open_of_its_own_tasks(small: Instrument, tmp_path: Path) -> None:
    paths = {path.name: path for path in write_tasks(small, tmp_path / "out")}
    told = ["牵头单位为假定（来源并列多家或未列）：1项（1.2）", "未定时限：1项（1.2）"]
    cells = [str(row[0]) for row in openpyxl.load_workbook(paths["01-文明办.xlsx"]).worksheets[0].values]
    assert cells[2:4] == told
    assert all(words in flat(paths["01-文明办.html"]) for words in told)
    assert "待明确" not in flat(paths["02-住建局_城管局.html"])


@pytest.mark.usefixtures("quick")
def test_the_index_leads_to_every_file(small: Instrument, tmp_path: Path) -> None:
    paths = write_tasks(small, tmp_path / "out")
    links = {unquote(link) for link in re.findall(r'href="([^"#]+)"', paths[1].read_text("utf-8"))}
    assert links == {path.name for path in paths[2:]}
    rows = sheet_rows(paths[0], "责任单位")
    assert [(row["责任单位"], row["牵头"], row["配合"]) for row in rows] == [
        ("文明办", 2, 1), ("住建局/城管局", 1, 0), ("住建局:城管局", 0, 1),
    ]  # fmt: skip
    assert "另有1项任务不属任何单位" in flat(paths[1])


@pytest.mark.usefixtures("quick")
def test_in_english_bodies_keep_their_chinese_name_beside(small: Instrument, tmp_path: Path) -> None:
    paths = write_tasks(small, tmp_path / "out", "en")
    assert [path.name for path in paths[:4]] == [
        "00-overview.xlsx", "00-overview.html", "01-文明办.xlsx", "01-文明办.html",
    ]  # fmt: skip
    heads = [cell for row in openpyxl.load_workbook(paths[0])["Tasks"].values if row[0] == "No." for cell in row]
    assert heads
    assert not CHINESE.search("".join(heads))
    said = flat(paths[3])
    assert "Task breakdown: Civilisation office 文明办" in said
    assert "Lead: Works: housing 住建局/城管局Support: Civilisation office 文明办, Works: city 住建局:城管局" in said
    own = said
    for name in ("住建局/城管局", "住建局:城管局", "文明办", "三（一）", "四", "测试", "体系"):
        own = own.replace(name, "")
    assert not CHINESE.search(own)
    assert "<b>|note" in flat(paths[1])


@pytest.mark.usefixtures("quick")
def test_points_by_month_are_said_to_be_those_of_january(tmp_path: Path) -> None:
    content = content_of([indicator("1", 10, [standard("1.1"), standard("1.2")])], 10, scheme="equal")
    content["full_marks"] = content["indicators"][0]["points"] = {"1-6": "10", "7-12": "20"}
    paths = write_tasks(instrument_of(tmp_path / "i", content), tmp_path / "out")
    assert "所列为1月的分值" in flat(paths[1])
    assert [row["分值"] for row in sheet_rows(paths[0], "任务分解表")] == [5, 5]


def of_bodies(tmp_path: Path, below: list[dict[str, Any]], **more: Any) -> Instrument:
    """Return an instrument of standards whose bodies have one name in both languages, if none is given."""
    names = {unit for each in (*below, *more.get("calendar", [])) for unit in each.get("lead", [])}
    units = {name: {"en": name} for name in sorted(names)}
    content = content_of([indicator("1", None, below)], 10, "equal", units=units, **more)
    return instrument_of(tmp_path / "i", content)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("count", "named"), [(8, "1.1、1.2、1.3、1.4、1.5、1.6、1.7、1.8"), (9, "1.8等")])
def test_a_remark_names_eight_tasks_at_most(tmp_path: Path, count: int, named: str) -> None:
    below = [standard(f"1.{n}", "met", lead=["甲局"]) for n in range(1, count + 1)]
    below.append(standard("1.0", "met", lead=["甲局"], due={"by": "06-30"}))
    paths = write_tasks(of_bodies(tmp_path, below), tmp_path / "out")
    assert re.search(rf"未定时限：{count}项（.*{named}）", flat(paths[3]))


@pytest.mark.usefixtures("quick")
def test_a_remark_on_every_task_and_on_a_dated_one(tmp_path: Path) -> None:
    dated = [
        {**row, "text": {"zh": "周会", "en": "weekly"}, "when": {"every": "week"}, "source": {"clause": "四"},
         "lead": ["甲局", "乙局"]}
        for row in ({"row": "test.D"}, {})
    ]  # fmt: skip
    below = [standard("1.1", "met", lead=["甲局"]), standard("1.2", "met", lead=["丙局"])]
    paths = {path.name[3:]: path for path in write_tasks(of_bodies(tmp_path, below, calendar=dated), tmp_path / "out")}
    assert "两家以上牵头：2项（test.D、序号4）" in flat(paths["甲局.html"])
    assert "未定时限：全部1项任务" in flat(paths["丙局.html"])
    assert "（其中日程2项）" in flat(paths["任务分解总表.html"])


@pytest.mark.usefixtures("quick")
def test_limits_by_method_and_clauses_of_another_document(tmp_path: Path) -> None:
    methods = {"site_visit": {"rule": "none"}, "survey": {"rule": "share"}}
    source = {"row": "test.1", "clause": "二", "document": "other"}
    below = [standard("1.1", None, None, methods, lead=["甲局"], several="mean", source=source)]
    documents = {key: {"title": "测试", "certainty": "assumed"} for key in ("test", "other")}
    paths = write_tasks(of_bodies(tmp_path, below, documents=documents), tmp_path / "out", "en")
    (row,) = sheet_rows(paths[2], head="No.")
    assert row["Standard"] == "site visit: must not happen; survey: all comply; counts by the share that does"
    assert (row["Clause"], row["Lead"], row["Time limit"]) == ("other 二", "甲局", "open")
    assert '<td class="q">open</td>' in paths[3].read_text("utf-8")
    assert "of these dated" not in flat(paths[1])


@pytest.mark.usefixtures("quick")
def test_where_nothing_is_open_it_says_so(tmp_path: Path) -> None:
    below = [standard("1.1", "met", lead=["甲局"], due={"by": "06-30"})]
    paths = write_tasks(of_bodies(tmp_path, below), tmp_path / "out")
    rows = list(openpyxl.load_workbook(paths[0])["待明确事项"].iter_rows(min_row=2, values_only=True))
    assert [row[3] for row in rows] == ["没有"] * 4
    assert "不属任何单位" not in flat(paths[1])
    assert "待明确" not in flat(paths[3])


@pytest.mark.usefixtures("quick")
def test_sheets_keep_what_names_a_task_in_sight_and_notes_have_room(small: Instrument, tmp_path: Path) -> None:
    paths = write_tasks(small, tmp_path / "out")
    whole, own = openpyxl.load_workbook(paths[0])["任务分解表"], openpyxl.load_workbook(paths[2]).worksheets[0]
    assert [sheet.freeze_panes[0] for sheet in (whole, own)] == ["D", "E"]  # behind the code, and behind the indicator
    notes = [row for row in own.iter_rows() if str(row[0].value).startswith("“未定”")]
    assert own.row_dimensions[notes[0][0].row].height == 17


# ------------------------------------------------------------------------------------------------------------- files


@pytest.mark.usefixtures("quick")
def test_long_and_odd_names_of_bodies_make_files_that_open(tmp_path: Path) -> None:
    odd = ["甲\\乙", "甲#1%25局", "末.", "长" * 79 + ".局"]
    below = [standard(f"1.{n}", "met", lead=[name]) for n, name in enumerate(odd)]
    paths = write_tasks(of_bodies(tmp_path, below), tmp_path / "out")
    stems = {path.stem[3:] for path in paths[2:]}
    assert stems == {"甲_乙", "甲#1%25局", "末", "长" * 79}
    links = re.findall(r'href="(\d[^"]*)"', paths[1].read_text("utf-8"))
    assert {unquote(link) for link in links} == {path.name for path in paths[2:]}
    assert not any("#" in link for link in links)


@pytest.mark.usefixtures("quick")
def test_a_folder_in_the_place_of_a_file_is_told(small: Instrument, tmp_path: Path) -> None:
    (tmp_path / "out" / "00-任务分解总表.xlsx").mkdir(parents=True)
    with pytest.raises(InputFaults, match="exists"):
        write_tasks(small, tmp_path / "out")


@pytest.mark.usefixtures("quick")
def test_a_name_cannot_end_the_style_of_a_page(tmp_path: Path) -> None:
    name = '甲"</style>\\局'
    below = [standard("1.1", "met", lead=[name])]
    page = write_tasks(of_bodies(tmp_path, below), tmp_path / "out")[3].read_text("utf-8")
    assert 'content:"甲/style>局任务分解表 · test"' in page


@pytest.mark.usefixtures("quick")
def test_names_are_safe_for_windows_and_differ(small: Instrument, tmp_path: Path) -> None:
    names = [path.name for path in write_tasks(small, tmp_path / "out")]
    assert {"02-住建局_城管局.xlsx", "03-住建局_城管局.xlsx"} <= set(names)
    assert len({name.casefold() for name in names}) == len(names)
    assert not any(set(name) & set('<>:"/\\|?*') for name in names)


def test_pages_need_nothing_beside_them_and_the_same_instrument_gives_the_same_bytes(
    small: Instrument, tmp_path: Path
) -> None:
    paths = write_tasks(small, tmp_path / "a")
    again = write_tasks(small, tmp_path / "b")
    assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in again]
    for path in paths[1::2]:
        page = path.read_text("utf-8")
        assert page.count("@font-face") == 2
        assert "size:A4" in page
        assert not re.search(r"<script|<link|<img|@import|https?://|\son\w+=", page)
        assert set(re.findall(r"url\((\w+):", page)) == {"data"}


@pytest.mark.usefixtures("quick")
def test_a_file_somebody_changed_is_not_overwritten_and_others_stay(small: Instrument, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "备忘.txt").write_text("ours", "utf-8")
    paths = write_tasks(small, out)
    assert write_tasks(small, out) == paths  # unchanged: nothing is lost
    book = openpyxl.load_workbook(paths[2])
    book.worksheets[0]["A1"] = "已签收"
    book.save(paths[2])
    before = {path: path.read_bytes() for path in out.iterdir()}
    paths[5].unlink()
    with pytest.raises(InputFaults) as raised:
        write_tasks(small, out)
    assert [(fault.problem, fault.file) for fault in raised.value.faults] == [("exists", str(paths[2]))]
    assert {path: path.read_bytes() for path in out.iterdir()} == {k: v for k, v in before.items() if k != paths[5]}


# ------------------------------------------------------------------------------------------------------- the command


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *args: str) -> Result:
    monkeypatch.chdir(folder)
    for module in (cli, console):
        monkeypatch.setattr(module, "LOCALE", "en")
    return CliRunner().invoke(cli.main, ["tasks", *args])


@pytest.mark.usefixtures("quick")
def test_the_command_prints_the_paths_it_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_yaml(tmp_path / "own.yaml", small_content())
    done = run(monkeypatch, tmp_path, "own.yaml", "--out", "out", "--lang", "zh")
    assert done.exit_code == 0, done.output
    names = [path.name for path in sorted((tmp_path / "out").iterdir())]
    assert sorted(Path(line).name for line in done.stdout.splitlines()) == names
    assert len(names) == 8
    assert "00-任务分解总表.xlsx" in names
    again = run(monkeypatch, tmp_path, "own.yaml", "--out", "out2")
    assert Path(again.stdout.splitlines()[0]) == Path("out2/00-overview.xlsx")


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["luxi-county-2021", "--out", "x"], 1, "did you mean 'luxi-county-2012'?"),
        (["nowhere.yaml", "--out", "x"], 1, "nowhere.yaml: this file is missing"),
        (["luxi-county-2012"], 2, "--out"),
        (["luxi-county-2012", "--out", "x", "--lang", "fr"], 2, "'fr'"),
        ([], 2, "INSTRUMENT"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, args: list[str], code: int, said: str
) -> None:
    done = run(monkeypatch, tmp_path, *args)
    assert done.exit_code == code
    assert said in done.output
    assert "Traceback" not in done.output
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []
