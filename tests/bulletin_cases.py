"""A ledger small enough to know every answer: five findings in three weeks of August 2026."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evalsys.evidence import Assessment
from tests.builders import assessment_of, content_of, indicator, standard

SITES = [
    {"site_id": "s1", "site_type": "community", "name": "甲小区", "area": "城东", "units": "甲街道"},
    {"site_id": "s2", "site_type": "community", "name": "乙小区", "area": "城西", "units": "丙局"},
]
#: Due seven days after: F1 on 10 August, F2 on 11, F3 on 12 (a new day after its return: the 21st), F4 on 18, F5 on 24.
FINDINGS: list[dict[str, Any]] = [
    {"finding_id": "F1", "site_id": "s1", "standard": "1.1", "found_on": "2026-08-03", "units": "甲街道;乙局",
     "what": "楼道堆物", "observations": "o001"},
    {"finding_id": "F2", "site_id": "s2", "standard": "1.2", "found_on": "2026-08-04", "units": "丙局",
     "what": "路面破损", "photo": "f2.jpg"},
    {"finding_id": "F3", "site_id": "s2", "standard": "1.1", "found_on": "2026-08-05", "units": "丙局",
     "what": "飞线充电", "source": "热线"},
    {"finding_id": "F4", "site_id": "s1", "standard": "1.2", "found_on": "2026-08-11", "units": "甲街道",
     "what": "宣传栏破损", "source": "媒体曝光"},
    {"finding_id": "F5", "site_id": "s2", "standard": "1.2", "found_on": "2026-08-16", "due": "2026-08-24",
     "units": "丙局", "what": "路面破损"},
]  # fmt: skip
RECTIFICATIONS: list[dict[str, Any]] = [
    {"finding_id": "F1", "unit": "甲街道", "measure": "清理"},
    {"finding_id": "F2", "unit": "丙局", "measure": "修补", "fixed_on": "2026-08-11", "photo": "f2-1.jpg",
     "reviewed_on": "2026-08-12", "reviewer": "督查组", "result": "通过"},
    {"finding_id": "F3", "unit": "丙局", "measure": "拆除", "fixed_on": "2026-08-13", "photo": "f3-1.jpg",
     "reviewed_on": "2026-08-14", "reviewer": "督查组", "result": "退回"},
    {"finding_id": "F3", "unit": "丙局", "measure": "再拆除", "due": "2026-08-21"},
]  # fmt: skip


def small(
    folder: Path, findings: Any = (), rectifications: Any = (), done: Any = (), more: Any = (), **settings: Any
) -> Assessment:
    """Write the assessment with some findings and read it; its observations see F1 lose half of its check.

    `more` observations come after these.
    """
    content = content_of([indicator("1", 20, [standard("1.1", points=10), standard("1.2", points=10)])], 20)
    observations = [
        {"standard": "1.1", "site_id": "s1", "value": "0.5", "observed_on": "2026-08-03"},
        {"standard": "1.1", "site_id": "s2", "value": "0", "observed_on": "2026-08-03"},
    ]
    seen = [*(observations if findings else observations[1:]), *more]
    tables = {"findings": list(findings), "rectifications": list(rectifications), "done": list(done)}
    return assessment_of(folder, content, seen, {"place": "某县", **settings}, sites=SITES, **tables)
