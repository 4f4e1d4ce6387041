"""Make ``data/example-ledgers``: an invented county whose office keeps every ledger of the library for twelve weeks.

Run it from the root of the repository::

    python tools/make_example_ledgers.py            # writes data/example-ledgers
    python tools/make_example_ledgers.py --check    # compares the committed files with a fresh run, byte for byte

One seed feeds one stream per table.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from example_ledgers_county import (
    AREAS,
    CELLS,
    COMMANDS,
    CONFIRMED,
    END,
    FILMS,
    INSPECTION,
    INTERVIEWED,
    ISSUES,
    MEASURES,
    PHOTOGRAPHED,
    RESPONDENTS,
    REVIEWER,
    SATISFIED,
    SEED,
    START,
    TYPES,
    UNITS,
    WEEKS,
    County,
    Draw,
    Finding,
    Site,
    made_sites,
)
from example_ledgers_instrument import ASKED, DOCUMENT, FILED_BY, GENERATOR, PAPERS, instrument_text

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "data" / "example-ledgers"
TEXT = Path(__file__).with_name("example_ledgers_readme.md")

# --------------------------------------------------------------------------------------------------------- the tables


def text(day: date | None) -> str:
    """Return a day that has come; empty for one that has not."""
    return day.isoformat() if day is not None and day <= END else ""


def finding_rows(findings: Iterable[Finding]) -> Iterator[Sequence[str]]:
    """Yield what the office wrote down itself."""
    for each in findings:
        if not each.name.startswith("O-"):
            where = each.site.site_id if each.site else "全域"
            yield (
                each.name,
                where,
                each.standard.code,
                each.found.isoformat(),
                each.source,
                each.what,
                each.area,
                ";".join(each.units),
                each.observation,
                each.photo,
            )


def rectification_rows(findings: Iterable[Finding], draw: Draw) -> Iterator[Sequence[str]]:
    """Yield the attempts: those that follow a return come into the ledger with it."""
    for each in findings:
        known = each.found
        for number, attempt in enumerate(each.attempts, 1):
            measure, pictured = draw.one(MEASURES[each.standard.rule]), draw.happens(PHOTOGRAPHED)
            if known > END:
                break
            fixed, reviewed = text(attempt.fixed), text(attempt.reviewed)
            result = "" if not reviewed else "通过" if attempt.passed else "退回"
            state = {"通过": "已销号", "退回": "已退回", "": "待复核" if fixed else "待整改"}[result]
            photo = f"{each.name}-{number}.jpg" if fixed and pictured else ""
            unit = each.units[0] if each.units else ""
            due = attempt.due.isoformat() if attempt.due else ""
            yield (each.name, unit, measure, due, fixed, photo, reviewed, REVIEWER if reviewed else "", result, state)
            known = attempt.reviewed


def step_rows(findings: Sequence[Finding], draw: Draw) -> Iterator[Sequence[str]]:
    """Yield what was decided on the steps that the rules propose; those of the last week still wait."""
    run: dict[str, int] = {}
    interviewed: set[str] = set()
    for week in range(WEEKS - 1):
        sunday = START + timedelta(7 * week + 6)
        late = {unit: [f.name for f in findings if unit in f.units and f.overdue(sunday)] for unit in UNITS}
        for unit, names in late.items():
            run[unit] = run.get(unit, 0) + 1 if names else 0
            first, u = run[unit] == 1, draw.random()
            if not names:
                interviewed.discard(unit)
            if first or (names and u < INTERVIEWED and unit not in interviewed):
                yes = u < CONFIRMED if first else True
                if not first:
                    interviewed.add(unit)
                elif not yes:
                    run[unit] = 0
                day = (sunday + timedelta(1)).isoformat()
                note = "" if yes else "已说明情况，暂不通报"
                yield "L2", unit, "通报" if first else "约谈", day, "是" if yes else "否", ";".join(names), note
    shown = [each for each in findings if each.source == "媒体曝光"]
    for issue, units in ISSUES.items():
        for unit in units:
            names = [each.name for each in shown if each.found == issue and unit in each.units]
            if issue + timedelta(4) <= END:
                day = (issue + timedelta(4)).isoformat()
                yield "L1", unit, "公开回应", day, "是", ";".join(names), ""


def done_rows(draw: Draw) -> Iterator[Sequence[str]]:
    """Yield what was done of the calendar of S003."""
    for month in (9, 10, 11):
        for command, by in zip(COMMANDS, (5, 6), strict=True):
            yield "S003.1.4", command, date(2026, month, by).isoformat(), ""
            held = date(2026, month, 10 + draw.between((0, 15)))
            if held <= END:
                yield "S003.1.3", command, held.isoformat(), ""
        yield "S003.3.3", "创城办资料组", date(2026, month, draw.between((2, 5))).isoformat(), ""
        if month != 10:
            yield "S003.3.4", "创城办资料组", date(2026, month, draw.between((8, 14))).isoformat(), ""
    for day in FILMS:
        yield "S003.4.3", "县委", day.isoformat(), ""
    yield "S003.4.1", "县委", date(2026, 9, 16).isoformat(), ""
    for week in range(WEEKS):
        monday = START + timedelta(7 * week)
        for unit in (*UNITS, *COMMANDS):
            u, later = draw.random(), draw.between((2, 4))
            if u < 0.92:
                yield "S003.2.4", unit, (monday + timedelta(later)).isoformat(), ""
        for entry, body in (("S003.4.2", "县委"), ("S003.4.6", "创城办督导组")):
            if draw.happens(0.95):
                yield entry, body, (monday + timedelta(draw.between((0, 4)))).isoformat(), ""


def material_rows(draw: Draw) -> Iterator[Sequence[str]]:
    """Yield the register of documents: most are handed in by the 5th of their month, some late, some not at all."""
    number = 0
    for standard, ((_, _, _, names), unit) in enumerate(zip(PAPERS, FILED_BY, strict=True), 1):
        for k in range(1, len(names) + 1):
            due = date(2026, 9 + number % 4, 5)  # collected in September to December
            number += 1
            days = [due + timedelta(draw.between((-6, 1)))]
            for limits in ((2, 8), (1, 6), (5, 20)):
                days.append(days[-1] + timedelta(draw.between(limits)))
            reached = sum(day <= END for day in days)
            u = draw.random()
            reached = 0 if u < 0.1 else min(reached, 1) if u < 0.25 else reached
            status = ("空白", "起草", "已审核", "已审定", "已归档")[reached]
            held = [day.isoformat() if n < reached else "" for n, day in enumerate(days)]
            reviewer = "创城办资料组" if reached > 1 else ""
            yield (
                f"B1.{standard}-{k}",
                status,
                due.isoformat(),
                unit,
                f"{due:%Y-%m}",
                *held[:2],
                reviewer,
                *held[2:],
            )


def grid_rows(draw: Draw) -> Iterator[Sequence[str]]:
    """Yield the cells of the grid; some lack a level."""
    for number in range(CELLS * len(AREAS)):
        area = AREAS[number // CELLS]
        posts = ("执法网格岗", "保洁网格岗", "驻地共建单位", "居委会", "网格监督岗")
        held = [f"{area[:2]}{post}" if draw.random() > 0.06 else "" for post in posts]
        yield f"G{number + 1:02d}", f"{area[:2]}第{number % CELLS + 1}网格", area, *held


def problem_rows() -> Iterator[Sequence[str]]:
    """Yield the list of problems with its six fields; one lacks its deadline, one its handling post."""
    rows = (
        (
            "老旧小区楼道堆物反复",
            "2026-08-28",
            "分管城建岗",
            "住建局",
            "重点小区楼道全部清空",
            "住建局",
            "物业监管岗",
            "2026-10-31",
            "已清理九成，余下正在协调",
            "",
        ),
        (
            "集贸市场周边占道经营",
            "2026-08-31",
            "分管商贸岗",
            "市场监督局",
            "市场周边无占道摊点",
            "市场监督局",
            "市场监管岗",
            "2026-09-30",
            "已办结",
            "2026-09-28",
        ),
        (
            "背街小巷路面破损",
            "2026-09-03",
            "分管城建岗",
            "市容市政局",
            "十条小巷路面修复",
            "市容市政局",
            "道路养护岗",
            "2026-11-30",
            "完成七条",
            "",
        ),
        (
            "路口非机动车秩序",
            "2026-09-07",
            "分管政法岗",
            "公安局",
            "高峰时段守法率明显提高",
            "公安局",
            "路口执勤管理岗",
            "2026-10-15",
            "已办结",
            "2026-10-20",
        ),
        (
            "校门口上下学拥堵",
            "2026-09-10",
            "分管教育岗",
            "教育局",
            "错峰放学全部落实",
            "教育局",
            "校园安全岗",
            "2026-11-20",
            "方案已印发",
            "",
        ),
        (
            "沿街店招破损",
            "2026-09-21",
            "分管城建岗",
            "市容市政局",
            "主要街路店招完好",
            "甲街道",
            "门前责任管理岗",
            "",
            "逐店登记",
            "",
        ),
        (
            "商场无障碍设施不全",
            "2026-10-12",
            "分管商贸岗",
            "商务局",
            "五家商场设施齐全",
            "商务局",
            "",
            "2026-12-01",
            "完成三家",
            "",
        ),
        (
            "小区停车占用消防通道",
            "2026-10-19",
            "分管城建岗",
            "住建局",
            "标线施划完毕，通道畅通",
            "乙街道",
            "物业监管岗",
            "2026-11-10",
            "标线完成一半",
            "",
        ),
    )
    for number, row in enumerate(rows, 1):
        yield f"Q{number:02d}", *row


def letter_rows() -> Iterator[Sequence[str]]:
    """Yield the responsibility letters of the year; one unit has not signed."""
    for number, unit in enumerate(UNITS[:-1]):
        yield unit, "2026", date(2026, 3, 10 + number).isoformat(), "2026-11-12" if number == 0 else ""
    yield UNITS[-1], "2026", "", ""


def contract_rows(draw: Draw) -> Iterator[Sequence[str]]:
    """Yield the frontage contracts by street."""
    for number in range(10):
        frontages = draw.between((40, 120))
        signed = frontages - (0 if draw.happens(0.4) else draw.between((1, 12)))
        checked = draw.between((10, 25))
        yield (
            f"示例街{number + 1}",
            AREAS[number % len(AREAS)],
            str(frontages),
            str(signed),
            str(checked),
            str(checked - draw.between((0, 4))),
        )


def ad_rows(sites: Sequence[Site], draw: Draw) -> Iterator[Sequence[str]]:
    """Yield the advertisements, place by place along the site."""
    number = 0
    for site in sites:
        if site.site_type not in ("community", "residential-quarter"):
            continue
        metres = 0
        for _ in range(draw.between((3, 5)) if draw.happens(0.85) else 2):
            number += 1
            pieces = draw.between((2, 4))
            damaged = int(draw.happens(0.12))
            form = draw.one(("展板", "墙绘", "灯杆道旗"))
            yield f"GG{number:03d}", site.site_id, form, str(pieces), str(damaged), str(metres)
            metres += draw.between((12, 20)) if draw.happens(0.9) else draw.between((21, 32))


def volunteer_rows(sites: Sequence[Site], draw: Draw) -> Iterator[Sequence[str]]:
    """Yield the volunteers of each community."""
    for site in sites:
        if site.site_type == "community":
            residents = 100 * draw.between((22, 68))
            volunteers = int(residents * (0.11 + 0.05 * draw.random()))
            active = int(volunteers * (0.6 + 0.35 * draw.random()))
            yield (
                site.name,
                site.area,
                str(residents),
                str(volunteers),
                str(active),
                str(volunteers * draw.between((15, 26))),
            )


def lamp_rows(sites: Sequence[Site], draw: Draw) -> Iterator[Sequence[str]]:
    """Yield the lamps of roads and lanes, month by month."""
    lamps = {site.site_id: draw.between((18, 60)) for site in sites if site.site_type in ("main-road", "back-lane")}
    for month in ("2026-09", "2026-10", "2026-11"):
        for site_id, count in lamps.items():
            yield site_id, month, str(count), str(count - (0 if draw.happens(0.6) else draw.between((1, 3))))


def staff_rows(draw: Draw) -> Iterator[Sequence[str]]:
    """Yield the enforcement staff of each area."""
    for area in AREAS:
        residents = 1000 * draw.between((28, 55))
        officers = draw.between((5, 12)) * residents // 100000 + draw.between((6, 26))
        yield area, str(residents), str(officers), str(draw.between((10, 30)))


def response_rows(draw: Draw) -> Iterator[Sequence[str]]:
    """Yield the answers of the survey, one quarter of them from each area."""
    weights = ("1.12", "0.94", "1.06", "0.88")
    for person in range(RESPONDENTS):
        area = person % len(AREAS)
        for name, *_ in ASKED:
            content = draw.happens(SATISFIED[name])
            answer = draw.one(("满意", "基本满意")) if content else draw.one(("不满意", "不了解"))
            yield str(person + 1), name, answer, AREAS[area], weights[area]


# ---------------------------------------------------------------------------------------------------------- the files

SETTINGS = f"""\
# Invented example [虚构示例], written by {GENERATOR} with seed {SEED}: do not edit. No real place, nobody's data.
schema: 1
instrument: instrument.yaml
place: 示例县
title:
  zh: 示例县文明县城创建台账（虚构数据）
  en: "Example county: the office's ledgers (invented data)"
round: 2026年度
inspection_date: {INSPECTION}
pass_mark: {{value: 75%, status: assumed}}
frame: complete       # every site is listed: the population of a type is the number of its sites
draw:
{{draw}}
ledger:
  rules: lincheng-county-2019      # 7 days, another body reviews, ladders and calendar of S003
source:
  document: {DOCUMENT}
  note:
    zh: 虚构数据：由程序按一个种子生成。
    en: Invented data, drawn by a program from one seed.
notes:
  - zh: 示例数据：县、点位、单位、问题和全部数字均为虚构。
    en: "Example data: the county, its sites, bodies and findings, and all numbers are invented."
"""


def table(heading: str, rows: Iterable[Sequence[str]]) -> str:
    """Return a CSV table."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heading.split(","))
    writer.writerows(rows)
    return out.getvalue()


def made() -> dict[str, bytes]:
    """Return every file of the example by name."""
    draws = [Draw(stream) for stream in np.random.SeedSequence(SEED).spawn(12)]
    sites = made_sites()
    county = County(sites, draws[0])
    draw = "\n".join(f"  - {{site_type: {name}, sites: 2}}" for name in TYPES)
    texts = {
        "assessment.yaml": SETTINGS.replace("{draw}", draw),
        "instrument.yaml": instrument_text(),
        "areas.csv": table("area", ([area] for area in AREAS)),
        "units.csv": table("unit", ([unit] for unit in (*UNITS, *COMMANDS))),
        "sites.csv": table(
            "site_id,site_type,name,area,units,post,cell",
            ((s.site_id, s.site_type, s.name, s.area, ";".join(s.units), s.post, s.cell) for s in sites),
        ),
        "observations.csv": table("observation_id,standard,site_id,observed_on,value,photo,note", county.observations),
        "findings.csv": table(
            "finding_id,site_id,standard,found_on,source,what,area,units,observations,photo",
            finding_rows(county.findings),
        ),
        "rectifications.csv": table(
            "finding_id,unit,measure,due,fixed_on,photo,reviewed_on,reviewer,result,state",
            rectification_rows(county.findings, draws[1]),
        ),
        "steps.csv": table("ladder,unit,step,decided_on,decided,findings,note", step_rows(county.findings, draws[2])),
        "done.csv": table("entry,unit,done_on,note", done_rows(draws[3])),
        "materials.csv": table(
            "material,status,due,unit,month,drafted_on,reviewed_on,reviewer,approved_on,closed_on",
            material_rows(draws[4]),
        ),
        "responses.csv": table("respondent,question,answer,stratum,weight", response_rows(draws[5])),
        "grid.csv": table("cell,name,area,enforcement,cleaning,frontage,committee,supervisor", grid_rows(draws[6])),
        "problems.csv": table(
            "problem_id,what,found_on,leader,department,goal,unit,handler,due,progress,done_on", problem_rows()
        ),
        "letters.csv": table("unit,year,signed_on,reviewed_on", letter_rows()),
        "contracts.csv": table("street,area,frontages,signed,checked,kept", contract_rows(draws[7])),
        "ads.csv": table("ad_id,site_id,form,pieces,damaged,metres", ad_rows(sites, draws[8])),
        "volunteers.csv": table("body,area,residents,volunteers,active,hours", volunteer_rows(sites, draws[9])),
        "lamps.csv": table("site_id,month,lamps,lit", lamp_rows(sites, draws[10])),
        "staff.csv": table("area,residents,officers,assistants", staff_rows(draws[11])),
    }
    files = {name: content.encode() for name, content in texts.items()}
    rows = "\n".join(
        f"| `{name}` | {len(data.splitlines()) - 1} |" for name, data in files.items() if name.endswith(".csv")
    )
    files["README.md"] = TEXT.read_text("utf-8").replace("@SEED@", str(SEED)).replace("@ROWS@", rows).encode()
    return files


def differences(files: dict[str, bytes], folder: Path) -> list[str]:
    """Return the names of the files that a folder lacks, has in other bytes, or has beside these."""
    held = {str(path.relative_to(folder).as_posix()) for path in folder.rglob("*") if path.is_file()}
    same = {name for name in held & set(files) if (folder / name).read_bytes().replace(b"\r\n", b"\n") == files[name]}
    return sorted((held | set(files)) - same)


def main() -> int:
    """Write the example, or compare it with what is there."""
    parser = argparse.ArgumentParser(description="Make the example of the ledgers.")
    parser.add_argument("--out", type=Path, default=TARGET)
    parser.add_argument("--check", action="store_true", help="compare the files with a fresh run")
    given = parser.parse_args()
    files = made()
    if given.check:
        found = differences(files, given.out)
        print("\n".join(found) or "the same, byte for byte")
        return int(bool(found))
    given.out.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (given.out / name).write_bytes(data)
    print(f"{len(files)} files, {sum(map(len, files.values())):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
