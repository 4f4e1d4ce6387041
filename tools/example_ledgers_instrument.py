"""The instrument of the example of the ledgers: invented standards of an invented county, with points assumed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

DOCUMENT = "example-ledgers"
GENERATOR = "tools/make_example_ledgers.py"
HEAD = f"""\
# Invented example [虚构示例], written by {GENERATOR}: do not edit.
# No place uses this instrument; all points are assumed.
"""
SAID = {
    "zh": "示例：标准、分值均为虚构，只为演示台账，不是任何地方的测评体系。",
    "en": "An example: standards and points are invented to show the ledgers; no place uses them.",
}
OPTIONS = ("满意", "基本满意", "不满意", "不了解")


@dataclass(frozen=True)
class OnSite:
    """A standard that patrols check: how they enter it, and what they write down where it is not met."""

    code: str
    zh: str
    en: str
    rule: str
    points: str
    types: tuple[str, ...]
    wrong: tuple[str, ...]


FIELDS: Mapping[str, tuple[str, str]] = {
    "A1": ("社区与居民小区", "Communities and residential quarters"),
    "A2": ("集贸市场", "Markets"),
    "A3": ("背街小巷", "Back lanes"),
    "A4": ("路口与主干道", "Crossings and main roads"),
    "A5": ("商场、门店与校园周边", "Stores, shopfronts and school gates"),
    "B1": ("申报材料", "Declared documents"),
    "C1": ("问卷调查", "Survey"),
}
ON_SITE = (
    OnSite(
        "A1.1",
        "社区宣传栏规范，内容及时更新",
        "Notice boards are kept and up to date",
        "met",
        "3",
        ("community",),
        ("宣传栏缺失", "宣传栏内容陈旧"),
    ),
    OnSite(
        "A1.2",
        "社区、小区环境干净整洁",
        "Communities and quarters are clean",
        "loss",
        "4",
        ("community", "residential-quarter"),
        ("绿化带内有垃圾", "公共区域有积存垃圾", "墙面有小广告"),
    ),
    OnSite(
        "A1.3",
        "楼道无乱堆乱放",
        "No clutter on staircases",
        "loss",
        "4",
        ("residential-quarter",),
        ("楼道堆物", "楼道停放电动车"),
    ),
    OnSite(
        "A1.4",
        "消防通道畅通",
        "Fire lanes are clear",
        "met",
        "3",
        ("residential-quarter", "market", "department-store"),
        ("消防通道占用", "消防通道标识不清"),
    ),
    OnSite(
        "A1.5",
        "公益广告完好",
        "Public-interest advertisements are undamaged",
        "none",
        "2",
        ("community", "residential-quarter", "main-road", "market", "primary-school", "department-store"),
        ("公益广告褪色", "公益广告破损"),
    ),
    OnSite(
        "A2.1",
        "市场划行归市，经营有序",
        "Stalls are in their places",
        "loss",
        "4",
        ("market",),
        ("摊位出店经营", "货物占用通道"),
    ),
    OnSite("A2.2", "证照公示齐全", "Licences are on display", "met", "3", ("market",), ("证照公示不全",)),
    OnSite("A2.3", "市场环境卫生达标", "Markets are clean", "loss", "3", ("market",), ("地面有积水", "垃圾未及时清运")),
    OnSite(
        "A3.1",
        "路面平整，无破损",
        "The paving is even and whole",
        "loss",
        "4",
        ("back-lane",),
        ("路面破损", "井盖松动"),
    ),
    OnSite("A3.2", "无占道经营", "No trading on the road", "none", "3", ("back-lane",), ("流动摊贩占道经营",)),
    OnSite(
        "A3.3",
        "照明设施完好",
        "Lighting works",
        "met",
        "3",
        ("back-lane", "main-road", "residential-quarter"),
        ("路灯不亮", "照明设施损坏"),
    ),
    OnSite(
        "A4.1",
        "车辆、行人各行其道",
        "Vehicles and walkers keep to their ways",
        "loss",
        "4",
        ("main-crossing", "main-road"),
        ("非机动车闯红灯", "行人不走斑马线"),
    ),
    OnSite(
        "A4.2",
        "交通标志标线清晰",
        "Signs and markings are clear",
        "met",
        "2",
        ("main-crossing", "main-road"),
        ("标线磨损不清",),
    ),
    OnSite(
        "A4.3",
        "主干道路面保洁到位",
        "Main roads are swept",
        "loss",
        "4",
        ("main-road",),
        ("路面有抛洒物", "果皮箱满溢"),
    ),
    OnSite(
        "A4.4",
        "人行道完好，无违规停车",
        "Pavements are whole and free of parked cars",
        "none",
        "3",
        ("main-road",),
        ("人行道松动", "人行道违规停车"),
    ),
    OnSite(
        "A5.1",
        "门前责任落实",
        "Frontage duties are met",
        "loss",
        "3",
        ("shopfront", "department-store", "back-lane"),
        ("门前堆放杂物", "门前卫生不洁"),
    ),
    OnSite("A5.2", "无跨门经营", "No trading beyond the door", "none", "3", ("shopfront", "back-lane"), ("跨门经营",)),
    OnSite(
        "A5.3",
        "服务设施齐全，服务文明",
        "Service points are complete and civil",
        "loss",
        "3",
        ("department-store", "market"),
        ("服务台无人值守", "便民设施不全"),
    ),
    OnSite(
        "A5.4",
        "校门口秩序良好",
        "Order at the school gate",
        "met",
        "2",
        ("primary-school",),
        ("校门口车辆乱停", "校门口有流动摊贩"),
    ),
)
#: Standards on documents: text, points, names of the documents.
PAPERS = (
    (
        "创建工作领导机制健全",
        "The work is led",
        "4",
        (("领导机制文件", "Papers on the lead"), ("年度工作方案", "Plan of the year")),
    ),
    (
        "网格化管理落实",
        "The grid is at work",
        "3",
        (("网格划分表", "Cells of the grid"), ("网格巡查记录", "Patrol records")),
    ),
    (
        "志愿服务制度化",
        "Volunteering is lasting work",
        "3",
        (("志愿服务制度", "Rules of volunteering"), ("志愿服务活动记录", "Records of volunteering")),
    ),
    (
        "未成年人思想道德建设",
        "Work with minors",
        "3",
        (("未成年人工作方案", "Plan for minors"), ("校外活动记录", "Activities outside school")),
    ),
    (
        "诚信建设",
        "Honesty in trade",
        "3",
        (("诚信经营活动材料", "Papers on honest trade"), ("诚信宣传材料", "Publicity on honesty")),
    ),
    ("公益广告宣传", "Public-interest advertisements", "3", (("公益广告刊播清单", "List of advertisements"),)),
    (
        "文明交通",
        "Civilised traffic",
        "4",
        (("文明交通行动方案", "Plan on traffic"), ("文明交通劝导记录", "Guidance on the roads")),
    ),
    (
        "老旧小区改造",
        "Old quarters are renewed",
        "4",
        (("改造项目台账", "Ledger of projects"), ("改造前后对比材料", "Before and after")),
    ),
    ("创建经费保障", "Funds for the work", "3", (("经费预算文件", "Papers on the budget"),)),
)
#: Units that hand in the documents of each standard on documents.
FILED_BY = ("市容市政局", "甲街道", "乙街道", "教育局", "商务局", "市容市政局", "公安局", "住建局", "市场监督局")
#: Standards on the survey: question, text, points, share of satisfied answers that gives full marks.
ASKED = (
    (
        "q-1",
        "您对本县环境卫生是否满意？",
        "Are you satisfied with cleanliness here?",
        "群众对环境卫生的满意率",
        "Residents satisfied with cleanliness",
        "5",
        "90",
    ),
    (
        "q-2",
        "您对本县交通秩序是否满意？",
        "Are you satisfied with traffic here?",
        "群众对交通秩序的满意率",
        "Residents satisfied with traffic",
        "5",
        "85",
    ),
)


def both(zh: str, en: str) -> dict[str, str]:
    """Return a text in both languages."""
    return {"zh": zh, "en": en}


def _on_site() -> Iterator[dict[str, Any]]:
    for each in ON_SITE:
        yield {
            "code": each.code,
            "text": both(each.zh, each.en),
            "points": each.points,
            "rule": each.rule,
            "methods": {"site_visit": {}},
            "checked_at": [{"site_type": name, "sites": "2"} for name in each.types],
            "source": {"document": DOCUMENT, "clause": "示例", "threshold": "assumed"},
        }


def _papers() -> Iterator[dict[str, Any]]:
    for number, (zh, en, points, names) in enumerate(PAPERS, 1):
        code = f"B1.{number}"
        yield {
            "code": code,
            "text": both(f"{zh}，申报材料齐备", f"{en}: documents are complete"),
            "points": points,
            "rule": "share",
            "methods": {"document_review": {}},
            "materials": [{"id": f"{code}-{k}", "name": both(*name)} for k, name in enumerate(names, 1)],
            "source": {"document": DOCUMENT, "clause": "示例", "threshold": "assumed"},
        }


def _survey() -> Iterator[dict[str, Any]]:
    for number, (name, ask_zh, ask_en, zh, en, points, target) in enumerate(ASKED, 1):
        question = {"id": name, "text": both(ask_zh, ask_en), "options": list(OPTIONS), "satisfied": list(OPTIONS[:2])}
        yield {
            "code": f"C1.{number}",
            "text": both(f"{zh}，以 {target}% 为满分", f"{en}; {target} % is full"),
            "points": points,
            "rule": {"ratio": {"target": target, "measure": "%"}},
            "methods": {"survey": {}},
            "questions": [question],
            "source": {"document": DOCUMENT, "clause": "示例", "threshold": "assumed"},
        }


def _tree(standards: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    parts = {"A": both("实地考察", "Site visits"), "B": both("材料审核", "Documents"), "C": both("问卷调查", "Survey")}
    held = list(standards)

    def points(rows: Iterable[dict[str, Any]]) -> str:
        return str(sum(int(row["points"]) for row in rows))

    out = []
    for part, name in parts.items():
        children = []
        for field, (zh, en) in FIELDS.items():
            own = [row for row in held if row["code"].startswith(f"{field}.")]
            if field.startswith(part):
                children.append({"code": field, "name": both(zh, en), "points": points(own), "standards": own})
        out.append({"code": part, "name": name, "points": points(children), "children": children})
    return out


class _Plain(yaml.SafeDumper):
    """A writer without anchors: what stands twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        """Say that nothing is shared."""
        return True


def instrument_text() -> str:
    """Return the instrument as YAML."""
    content = {
        "schema": "1",
        "id": DOCUMENT,
        "title": both(
            "示例县文明县城测评体系（虚构，仅供演示）",
            "Civilised-county assessment of an example county (invented, for demonstration)",
        ),
        "level": "county",
        "full_marks": "100",
        "weights": {"scheme": "given", "status": "assumed"},
        "methods": {"status": "assumed"},
        "source": {"document": DOCUMENT, "note": SAID},
        "documents": {
            DOCUMENT: {
                "title": "示例县文明县城测评体系（虚构）",
                "kind": "示例数据",
                "certainty": "assumed",
                "note": both(f"由 {GENERATOR} 生成。", f"Made by {GENERATOR}."),
            }
        },
        "assumed": [SAID],
        "indicators": _tree([*_on_site(), *_papers(), *_survey()]),
    }
    text = yaml.dump(content, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=120, default_flow_style=None)
    return HEAD + text
