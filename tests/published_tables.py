"""A published table without a fault, and its rule; tests plant one error at a time."""

from pathlib import Path

from evalsys.published import Published, read_published

RULE = """schema: 1
title: {zh: 样例区街道成绩, en: Streets of a sample district}
place: 样例区
round: 2026-05
name: {column: 街道, name: {zh: 街道, en: Street}}
group: 组别
parts:
  - {column: 实地, name: {zh: 实地考察, en: Site visits}, weight: 60%, printed: 实地60, range: [0, 100]}
  - {column: 问卷, name: {zh: 问卷调查, en: Survey}, weight: 30%, range: [0, 100]}
  - {column: 材料, name: {zh: 材料审核, en: Material}, weight: 10%, range: [0, 100]}
deductions: 扣分
total: {column: 总分, name: {zh: 总分, en: Total}}
rank: {column: 名次}
share: {column: 整改率, of: 已改, over: 应改}
sum_row: {name: 合计, columns: {已改: sum, 应改: sum}}
known: [东街, 西街, 南街, 北街, 中街, 河街, 湖街, 山街, 溪街]
"""
TABLE = """组别,街道,实地,实地60,问卷,材料,扣分,总分,名次,整改率,已改,应改
甲组,东街,95.20,57.12,90.00,88.00,,92.92,1,0.9333,14,15
甲组,西街,92.40,55.44,91.50,90.00,1.50,90.39,3,0.9167,11,12
甲组,南街,93.10,55.86,89.20,90.00,,91.62,2,0.9500,19,20
甲组,北街,90.00,54.00,90.00,90.00,,90.00,4,0.8000,8,10
乙组,中街,85.00,51.00,80.00,80.00,,83.00,1,0.7500,6,8
乙组,河街,80.50,48.30,82.00,79.00,,80.80,3,0.6667,4,6
乙组,湖街,80.00,48.00,81.00,85.30,,80.83,2,0.7778,7,9
乙组,山街,70.00,42.00,75.00,75.00,,72.00,4,0.5000,5,10
乙组,溪街,60.00,36.00,65.00,70.00,,62.50,5,0.5000,5,10
,合计,,,,,,,,0.7900,79,100
"""


def planted(folder: Path, *changes: tuple[str, str], rule: str = RULE, table: str = TABLE) -> Path:
    """Write the table with texts replaced, each exactly once, and its rule beside it; return the table's path."""
    for old, new in changes:
        assert table.count(old) == 1, old
        table = table.replace(old, new)
    path = folder / "成绩.csv"
    path.write_text(table, "utf-8")
    path.with_suffix(".yaml").write_text(rule, "utf-8")
    return path


def published(folder: Path, *changes: tuple[str, str], rule: str = RULE, table: str = TABLE) -> Published:
    """Read the table with texts replaced."""
    return read_published(planted(folder, *changes, rule=rule, table=table))
