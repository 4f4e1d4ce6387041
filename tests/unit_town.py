"""A small town whose ledgers are known by hand, for the tests of unit cards and of the month's report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from builders import assessment_of, content_of, indicator, standard

from evalsys.assessment import Assessment

UNITS = ("甲街道", "乙局", "丙局", "丁局")

#: Two indicators at sites, 10 points each, and one of documents, 4 points.
CONTENT = content_of(
    [
        indicator("A", 10, [standard("A.1", points=10, checked_at=[{"site_type": "community"}])]),
        indicator("B", 10, [standard("B.1", points=10, checked_at=[{"site_type": "main-road"}])]),
        indicator(
            "C",
            4,
            [
                standard(
                    "C.1",
                    "met",
                    4,
                    methods=("document_review",),
                    materials=[
                        {"id": "m1", "name": {"zh": "工作总结", "en": "Summary of work"}},
                        {"id": "m2", "name": {"zh": "会议记录", "en": "Minutes"}},
                    ],
                )
            ],
        ),
    ],
    24,
)

SITES = [
    {
        "site_id": "c1",
        "site_type": "community",
        "name": "东社区",
        "area": "东片",
        "units": "甲街道",
        "post": "片区网格员",
    },
    {"site_id": "c2", "site_type": "community", "name": "西社区", "area": "西片", "units": "甲街道", "post": ""},
    {"site_id": "r1", "site_type": "main-road", "name": "中山路", "area": "东片", "units": "乙局", "post": "养护班长"},
    {"site_id": "r2", "site_type": "main-road", "name": "人民路", "area": "西片", "units": "", "post": ""},
]


def _seen(name: str, site: str, day: str, value: str, units: str) -> dict[str, str]:
    code = "A.1" if site.startswith("c") else "B.1"
    return {
        "observation_id": name, "standard": code, "site_id": site, "observed_on": day, "value": value, "units": units,
    }  # fmt: skip


#: What was seen; a loss opens a finding.
OBSERVATIONS = [
    _seen("a1", "c1", "2016-08-01", "1", "甲街道"),
    _seen("a2", "c2", "2016-08-03", "0.5", "甲街道"),
    _seen("a3", "r1", "2016-08-10", "0.2", "乙局"),
    _seen("a4", "r2", "2016-08-29", "0.4", "乙局;丙局"),
]
FINDINGS = [
    {"finding_id": "h1", "site_id": "c1", "standard": "A.1", "found_on": "2016-08-20", "source": "热线",
     "what": "楼道堆物", "units": "甲街道"},
    {"finding_id": "h2", "site_id": "全域", "standard": "B.1", "found_on": "2016-09-02", "source": "媒体曝光",
     "what": "渣土车抛洒", "units": "乙局"},
]  # fmt: skip
#: a1: in time, verified; back again as h1 (a relapse). a2: fixed late, returned, open. a3: in time, awaits review.
RECTIFICATIONS = [
    {"finding_id": "O-a1", "fixed_on": "2016-08-05", "reviewed_on": "2016-08-08", "reviewer": "督查组",
     "result": "通过"},
    {"finding_id": "O-a2", "fixed_on": "2016-08-12", "reviewed_on": "2016-08-15", "reviewer": "督查组",
     "result": "退回"},
    {"finding_id": "O-a3", "fixed_on": "2016-08-17"},
]  # fmt: skip
MATERIALS = [
    {"material": "m1", "status": "空白", "unit": "丙局", "month": "2016-09"},
    {"material": "m2", "status": "已审定", "unit": "乙局", "month": "2016-08", "drafted_on": "2016-08-06",
     "reviewed_on": "2016-08-09", "approved_on": "2016-08-10"},
]  # fmt: skip
PROBLEMS = [
    {"problem_id": "q1", "what": "农贸市场改造", "found_on": "2016-07-01", "unit": "丙局", "due": "2016-08-31"},
    {"problem_id": "q2", "what": "公厕改造", "found_on": "2016-07-01", "unit": "丙局", "due": "2016-08-31",
     "done_on": "2016-08-30"},
]  # fmt: skip
LETTERS = [
    {"unit": "甲街道", "year": "2016", "signed_on": "2016-01-10"},
    {"unit": "乙局", "year": "2016", "signed_on": "2016-01-11"},
]


def town(folder: Path, **changed: Any) -> Assessment:
    """Write the town and read it; a table or the settings may be replaced."""
    folder.mkdir(exist_ok=True)
    settings = {"pass_mark": "85%", "ledger": {"rules": "lincheng-county-2019"}}
    tables: dict[str, Any] = {
        "sites": SITES,
        "findings": FINDINGS,
        "rectifications": RECTIFICATIONS,
        "materials": MATERIALS,
        "problems": PROBLEMS,
        "letters": LETTERS,
        "units": [{"unit": name} for name in UNITS],
    }
    observations = changed.pop("observations", OBSERVATIONS)
    settings |= changed.pop("settings", {})
    return assessment_of(folder, changed.pop("content", CONTENT), observations, settings, **(tables | changed))
