"""Bad input, one kind each: exactly what is said about it, in Chinese and in English, and nothing is computed.

Each folder of ``bad_input`` holds an input and its message; where the input cannot be a text file the folder holds
the message only, and the input is made here.
"""

from __future__ import annotations

import datetime
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from evalsys.evidence import read_assessment
from evalsys.faults import InputFaults

HERE = Path(__file__).parent / "bad_input"
SETTINGS = [["测评体系", "instrument.yaml"], ["地方", "样例区"], ["轮次", "2026-05"], ["督查日期", "2026-09-01"]]
SITES = [["点位编号", "点位类型", "点位名称"], ["c1", "社区", "东社区"], ["c2", "社区", "西社区"]]
HEAD = ["记录编号", "测评标准", "点位编号", "检查日期", "结果"]
YAML = "instrument: instrument.yaml\nplace: 样例区\nround: 2026-05\n"


def workbook(path: Path, **sheets: list[list[Any]]) -> Any:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in {"设置": SETTINGS, "点位": SITES, **sheets}.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return book


def merged(path: Path) -> None:
    rows = [HEAD, ["o1", "1.1", "c1", "2026-05-02", 0.1], ["o2", "1.1", "c2", "2026-05-02", 0.1]]
    book = workbook(path, 检查记录=rows)
    book["检查记录"].merge_cells("D2:D3")
    book["设置"].merge_cells("A1:A2")
    book.save(path)


def odd_cells(path: Path) -> None:
    rows = [
        HEAD,
        ["o1", "1.1", "c1", "2026-05-02", "=1/10"],
        ["o2", "1.1", "c2", "2026-05-02", "#DIV/0!"],
        ["o3", 1.1, "c1", datetime.datetime(2026, 5, 3, 10, 30), 0.1],
        ["o4", "1.10", "", "2026-05-02", datetime.date(2026, 5, 4)],
        ["o5", "1.1", "c1", 46144, 0.1],
        [320501199001011234, "1.1", "c2", "2026-05-03", 0.1],
    ]
    book = workbook(path, 检查记录=rows)
    book["检查记录"]["E3"].data_type = "e"
    book.save(path)


def sheets(path: Path) -> None:
    rows = [HEAD, ["o1", "1.1", "c1", "2026-05-02", 0.1]]
    book = workbook(path, 检查记录=rows, observations=rows, 检查纪录=rows)
    book["检查纪录"].sheet_state = "hidden"
    book["设置"].append([None, "没有名称的值"])
    book["设置"].append(["督察日期", "2026-09-01"])
    book.save(path)


def forecast_sheets(path: Path) -> None:
    """The draw and the parameters of the forecast in a workbook: each fault is told at its cell."""
    draw = [
        ["点位类型", "抽查数", "属地", "总数", "总数来源", "必查点位"],
        ["社区", 3],
        ["社曲", 1],
        ["主干道", "两", "不分属地", 0],
        [None, 1],
        ["社区", None, "每个属地", None, None, "东社区"],
        ["community", 1, "东街", 5, None, "东社曲；c9、西社区"],
    ]
    book = workbook(path, 检查记录=[HEAD, ["o1", "1.1", "c1", "2026-05-02", 0.1]], 抽查=draw)
    settings = [
        ["设置项", "值", "说明", "来源"],
        ["预测·严查程度的标准差", 11, "默认 0.3"],
        ["预测·达标率的把握", "关闭"],
        ["预测·上一级达标率折合的检查次数", 3],
        ["预测·点位届时状况", "关"],
        ["forecast.survey.respondents", 40, None, "督查办"],
        ["forecast.survey.population", 30],
        ["预测·应答率", None, None, "往年"],
        ["预测·应答率", 0.5],
        ["forecast.survey.deff", "1,5", None, "往年"],
        ["预测·严查程度的标准", 0.2],
        ["forecast.documents.finished", 0.2],
        ["预测·重大事故（G51）的预计次数", 0.2],
        ["forecast.events.G15", -1],
        ["forecast.serverity.sd", 0.2],
    ]
    for row in settings:
        book["设置"].append(row)
    book.save(path)


def plan_sheets(path: Path) -> None:
    """The limits of a plan, fixes and crew-days in a workbook: each fault is told at its cell."""
    fixes = [
        ["整改编号", "整改对象", "费用", "前置整改", "互斥整改"],
        ["甲", "1.1@c1", 1, "乙", None],
        ["乙", "1.1@c2", 2, None, "甲"],
    ]
    crews = [["责任单位", "周", "人天"], ["城管局", "2026-W30", 5]]
    book = workbook(path, 检查记录=[HEAD, ["o1", "1.1", "c1", "2026-05-02", 0.1]], 整改=fixes, 人力=crews)
    for row in [["责任单位"], ["住建局"]]:
        (book["责任单位"] if "责任单位" in book.sheetnames else book.create_sheet("责任单位")).append(row)
    settings = [
        ["整改·预算", "百万"],
        ["整改·开工日期", datetime.date(2026, 8, 20)],
        ["整改·完成期限", datetime.date(2026, 9, 1)],
        ["plan.deadline", "2026-08-30"],
        ["整改·预留天数", 2],
        ["整改·期望达标可能", 0],
        ["整改·预留", 3],
        ["plan.days", 3],
    ]
    for row in settings:
        book["设置"].append(row)
    book.save(path)


def draw_twice(path: Path) -> None:
    folder_of(path, observations__csv=b"observation_id,standard,site_id,value\no1,1.1,c1,0.1\n")
    (path / "sites.csv").write_text("site_id,site_type,name\nc1,community,East\n", "utf-8")
    (path / "assessment.yaml").write_text(f"{YAML}draw: [{{site_type: community, sites: 1}}]\n", "utf-8")
    (path / "draw.csv").write_text("site_type,sites\ncommunity,1\n", "utf-8")
    (path / "抽查.csv").write_text("site_type,sites\ncommunity,1\n", "utf-8")


def no_settings(path: Path) -> None:
    book = workbook(path, 检查记录=[HEAD])
    book.remove(book["设置"])
    book.save(path)


def folder_of(path: Path, **files: bytes) -> None:
    path.mkdir()
    (path / "assessment.yaml").write_text(YAML, "utf-8")
    for name, data in files.items():
        (path / name.replace("__", ".")).write_bytes(data)


def broken_bytes(path: Path) -> None:
    good = "observation_id,standard,value,note\no1,1.10,4/5,检查记录很长\no2,1.10,4/5,又一条记录\n".encode()
    folder_of(path, observations__csv=good.replace("又".encode(), "又".encode()[:2]))
    (path / "sites.csv").write_bytes("site_id,site_type,name\n".encode("utf-16"))


def directory_as_table(path: Path) -> None:
    folder_of(path)
    (path / "observations.csv").mkdir()


def other_formats(path: Path) -> None:
    folder_of(path, observations__xls=b"x", responses__tsv=b"x", 检查__et=b"x", notes__txt=b"x")
    (path / "~$lock.xlsx").write_bytes(b"x")
    (path / "source").mkdir()
    (path / "source" / "observation.csv").write_bytes(b"x")


def damaged(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("hello.txt", "x")


MADE: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "missing-folder": ("nowhere", lambda path: None),
    "merged-cells": ("round.xlsx", merged),
    "odd-cells": ("round.xlsx", odd_cells),
    "sheets": ("round.xlsx", sheets),
    "forecast-sheets": ("round.xlsx", forecast_sheets),
    "plan-sheets": ("round.xlsx", plan_sheets),
    "draw-twice": ("round", draw_twice),
    "workbook-without-settings": ("round.xlsx", no_settings),
    "not-a-workbook": ("round.xlsx", lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0 an old or protected workbook")),
    "damaged-workbook": ("round.xlsx", damaged),
    "some-other-file": ("observations.csv", lambda path: path.write_text("observation_id,standard,value\n")),
    "broken-bytes": ("round", broken_bytes),
    "directory-as-table": ("round", directory_as_table),
    "other-formats": ("round", other_formats),
}
FOLDERS = sorted(path.name for path in HERE.iterdir() if path.is_dir() and path.name not in MADE)


def said(path: str | Path) -> str:
    with pytest.raises(InputFaults) as caught:
        read_assessment(path)
    return f"{caught.value.say('zh')}\n{caught.value.say('en')}\n"


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_of_bad_input(name: str) -> None:
    assert said(HERE / name) == (HERE / name / "message.txt").read_text("utf-8")


@pytest.mark.parametrize("name", MADE)
def test_bad_input_that_is_made_here(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(HERE / "instrument.yaml", tmp_path)
    file, make = MADE[name]
    make(tmp_path / file)
    if (tmp_path / file).is_dir():
        shutil.copy(HERE / "instrument.yaml", tmp_path / file)
    assert said(file) == (HERE / name / "message.txt").read_text("utf-8")


def test_ten_faults_are_told_at_once() -> None:
    with pytest.raises(InputFaults) as caught:
        read_assessment(HERE / "ten-at-once")
    kinds = {fault.problem for fault in caught.value.faults}
    assert len(kinds) >= 8
    assert len(caught.value.faults) >= 10
    assert {fault.file for fault in caught.value.faults} == {
        *("assessment.yaml", "observations.csv", "responses.csv", "sites.csv")
    }


def test_no_message_repeats_a_personal_number() -> None:
    for message in HERE.glob("*/message.txt"):
        text = message.read_text("utf-8")
        assert not any(number in text for number in ("13912345678", "1391234", "139 1234", "32050119900101"))


def test_every_message_exists_in_both_languages_and_says_where() -> None:
    for message in HERE.glob("*/message.txt"):
        zh, en = message.read_text("utf-8").split("\n", 1)[0], message.read_text("utf-8")
        assert zh.startswith("发现 ")
        assert "nothing was computed" in en
