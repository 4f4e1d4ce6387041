"""The instrument of the synthetic city: three instruments of the library and one added part, with an open weighting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

INSTRUMENTS = Path(__file__).resolve().parents[1] / "evalsys" / "instruments"
DOCUMENT = "synthetic-city"
GENERATOR = "tools/make_synthetic_city.py"

#: Letter, instrument, points, document of its standards, name.
PARTS = (
    ("A", "wujiang-field-2016", "39", "kiyoshi-2016", "实地考察（吴江标准）", "Site visits (standards of Wujiang)"),
    ("B", "wanquan-subdistrict-2021", "21", "S001-1", "社区创建（S001-1 标准）", "Communities (standards of S001-1)"),
    ("C", "lincheng-county-2019", "15", "S003", "长效机制（S003 标准）", "Standing mechanisms (standards of S003)"),
)
HEAD = f"""\
# Synthetic example [合成示例], written by {GENERATOR}: do not edit. A is wujiang-field-2016, B is
# wanquan-subdistrict-2021, C is lincheng-county-2019 (standards only), each code behind the letter of its part;
# D is invented. No place uses it.
"""
SAID = {
    "zh": "合成示例：标准取自三个真实体系，四个部分的权重（39、21、15、25 分）为假定，不是任何地方的测评体系。",
    "en": "Synthetic: the standards are those of three real instruments; the weighting of the four parts (39, 21, 15 "
    "and 25 points) is assumed. No place uses it.",
}
ASSUMED = {
    "zh": "合成示例：四个部分的分值 39、21、15、25 为假定；申报材料与问卷部分（D）是为演示补充的",
    "en": "synthetic example: the points of the four parts, 39, 21, 15 and 25, are assumed; documents and survey (D) "
    "were added for demonstration",
}
PAPERS = (("工作方案", "work plan"), ("工作总结", "report on the work"), ("佐证材料", "supporting papers"))
#: Documents of standards of the three instruments that are met or not by what is filed.
MORE_PAPERS = {
    "B3.5": (("文明巡访队组建材料", "Papers on the patrol team"), ("随手拍工作记录", "Log of the snapshots")),
    "B8.1": (("家庭教育普及活动记录", "Records of family education"),),
    "C5.8": (("志愿服务品牌材料", "Papers on the volunteering brand"), ("志愿服务活动台账", "Ledger of volunteering")),
    "C5.11": (("公益广告专项资金拨付凭证", "Proof of the advertising fund"),),
}
QUESTIONS = (
    ("q-D-1", "您对本地环境卫生是否满意？", "Are you satisfied with cleanliness here?"),
    ("q-D-2", "您对本地交通秩序是否满意？", "Are you satisfied with traffic here?"),
    ("q-D-3", "您对本地公共服务是否满意？", "Are you satisfied with public services here?"),
)
OPTIONS = ("满意", "基本满意", "不满意", "不了解")


class Plain(yaml.SafeDumper):
    """A writer without anchors: what stands twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        """Say that nothing is shared."""
        return True


def both(zh: str, en: str) -> dict[str, str]:
    """Return a text in both languages."""
    return {"zh": zh, "en": en}


def raw(name: str) -> Any:
    """Return an instrument of the library as plain maps, lists and text."""
    return yaml.load((INSTRUMENTS / f"{name}.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)


def renamed(node: dict[str, Any], part: str, document: str) -> dict[str, Any]:
    """Return a part of a tree with the part's letter before each code and the document in each source."""
    out = dict(node, code=part + node["code"])
    if "source" in out:
        out["source"] = {"document": document, **out["source"]}
        if part == "A":
            out["source"]["methods"] = "printed"  # the file says for the whole that methods are assumed
    for key in ("children", "standards"):
        if key in out:
            out[key] = [renamed(child, part, document) for child in out[key]]
    for standard in out.get("standards", ()):
        if standard["code"] in MORE_PAPERS:
            standard["materials"] = papers(standard["code"], MORE_PAPERS[standard["code"]])
    return out


def papers(code: str, names: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the documents of a standard."""
    return [{"id": f"{code}-{k}", "name": both(zh, en)} for k, (zh, en) in enumerate(names, 1)]


def added(fields: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the part that none of the three instruments has: declared documents, a survey with marks by share."""
    points = {"D1": "14", "D2": "11"}
    names = {
        "D1": both("申报材料（合成）", "Declared documents (synthetic)"),
        "D2": both("问卷调查（合成）", "Survey (synthetic)"),
    }
    standards = {"D1": [declared(k, field["name"]) for k, field in enumerate(fields, 1)], "D2": asked()}
    return {
        "code": "D",
        "name": both("申报材料与问卷（合成补充）", "Documents and survey (added, synthetic)"),
        "points": "25",
        "children": [
            {"code": code, "name": names[code], "points": points[code], "standards": standards[code]} for code in points
        ],
    }


def declared(number: int, name: dict[str, str]) -> dict[str, Any]:
    """Return a standard on the documents of one field; the last one of every fifth field is not required."""
    code, plain = f"D1.{number}", name["zh"].strip("“”")
    materials = papers(code, [(f"{name['zh']}：{zh}", f"{name['en']}: {en}") for zh, en in PAPERS])
    if number % 5 == 1:
        materials[-1]["required"] = "no"
    return {
        "code": code,
        "text": both(f"“{plain}”申报材料齐备", f"Documents on: {name['en']}"),
        "rule": "share",
        "methods": {"document_review": {}},
        "materials": materials,
        "source": {"document": DOCUMENT, "clause": "合成"},
    }


def asked() -> list[dict[str, Any]]:
    """Return the standards of the added survey."""
    questions = [
        {"id": name, "text": both(zh, en), "options": list(OPTIONS), "satisfied": list(OPTIONS[:2])}
        for name, zh, en in QUESTIONS
    ]
    texts = (
        both("环境与秩序的满意率", "Residents satisfied with cleanliness and traffic"),
        both("公共服务的满意率，以 90% 为满分", "Residents satisfied with public services; 90 % is full"),
    )
    rules = ("share", {"ratio": {"target": "90", "measure": "%"}})
    return [
        {
            "code": f"D2.{number}",
            "text": text,
            "rule": rule,
            "methods": {"survey": {}},
            "questions": own,
            "source": {"document": DOCUMENT, "clause": "合成", "threshold": "assumed"},
        }
        for number, (text, rule, own) in enumerate(zip(texts, rules, (questions[:2], questions[2:]), strict=True), 1)
    ]


def instrument_text() -> str:
    """Return the instrument as YAML."""
    files = {part: raw(name) for part, name, *_ in PARTS}
    frame = raw("national-frame-2018")
    entries = frame["negative_list"]
    cited = {entry["source"]["document"] for entry in entries}
    indicators = [
        {
            "code": part,
            "name": both(zh, en),
            "points": points,
            "children": [renamed(node, part, document) for node in files[part]["indicators"]],
        }
        for part, _, points, document, zh, en in PARTS
    ]
    contradictions = [
        {"text": item["text"], "codes": [part + code for code in item["codes"]]}
        for part, file in files.items()
        for item in file.get("contradictions", ())
        if item["codes"]
    ]
    content = {
        "schema": "1",
        "id": DOCUMENT,
        "title": both(
            "合成示例城市测评体系（虚构组合，仅供演示）",
            "Synthetic example city: an invented combination, for demonstration only",
        ),
        "level": "city",
        "full_marks": "100",
        "weights": {"scheme": "equal", "status": "assumed"},
        "methods": {"status": "assumed"},
        "source": {"document": DOCUMENT, "note": SAID},
        "documents": {
            DOCUMENT: {
                "title": "合成示例城市（虚构数据）",
                "kind": "合成数据",
                "certainty": "assumed",
                "note": both(f"由 {GENERATOR} 生成。", f"Made by {GENERATOR}."),
            },
            **{name: frame["documents"][name] for name in sorted(cited)},
        },
        "assumed": [ASSUMED],
        "contradictions": contradictions,
        "negative_list": entries,
        "indicators": [*indicators, added(files["A"]["indicators"])],
    }
    text = yaml.dump(content, Dumper=Plain, allow_unicode=True, sort_keys=False, width=120, default_flow_style=None)
    return HEAD + text
