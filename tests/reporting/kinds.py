"""Assessments of every kind, made by the files a user would write; the real round, as it is and edited."""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from builders import assessment_of, content_of, indicator, standard

ROOT = Path(__file__).resolve().parents[2]
WUJIANG = ROOT / "data" / "wujiang-2016"
AT = [{"site_type": "market", "sites": 2}]


def edited(folder, file, change):
    """Copy the real round and change one of its files."""
    shutil.copytree(WUJIANG, folder)
    path = folder / file
    path.write_text(change(path.read_text("utf-8")), "utf-8")
    return folder


def _half_blank(text):
    head, *rows = text.splitlines()
    place = head.split(",").index("value")
    kept = [row.split(",") for row in rows]
    for row in kept[: len(kept) // 2]:
        row[place] = ""
    return "\n".join([head, *(",".join(row) for row in kept)]) + "\n"


def _all_blank(text):
    rows = [row.split(",") for row in text.splitlines()]
    place = rows[0].index("value")
    return "\n".join(",".join([*row[:place], "" if n else row[place], *row[place + 1 :]]) for n, row in enumerate(rows))


SITES = [{"site_id": f"s{n}", "site_type": "market", "name": f"{name}市场"} for n, name in enumerate(("甲", "乙"))]
LOSSES = [{"standard": "1.1", "site_id": "s0", "value": "0.3"}, {"standard": "1.2", "site_id": "s1", "value": "0"}]


def _small(folder, below, rows, full=10, node=None, content=None, settings=None):
    made = content_of([indicator("1", full, below, **(node or {}))], full, **(content or {}))
    assessment_of(folder, made, rows, settings, sites=SITES)
    return folder


def _losses(**more):
    return [standard("1.1", points=6, checked_at=AT, **more), standard("1.2", points=4, checked_at=AT, **more)]


def _several_methods(folder):
    below = [
        standard("1.1", "met", 6, {"site_visit": {}, "document_review": {}}, several="mean", checked_at=AT),
        standard("1.2", "met", 4, {"site_visit": {}, "survey": {}}, several="min", checked_at=AT),
    ]
    rows = [
        {"standard": "1.1", "method": "site_visit", "site_id": "s0", "value": "否"},
        {"standard": "1.1", "method": "document_review", "value": "是"},
        {"standard": "1.2", "method": "site_visit", "site_id": "s1", "value": "是"},
    ]
    return _small(folder, below, rows)


def _method_shares(folder):
    below = [
        standard("1.1", "met", 6, ("site_visit", "document_review"), several="mean", checked_at=AT),
        standard("1.2", "met", 4, ("document_review",)),
    ]
    rows = [
        {"standard": "1.1", "method": "site_visit", "site_id": "s0", "value": "否"},
        {"standard": "1.2", "method": "document_review", "value": "是"},
    ]
    return _small(folder, below, rows, content={"method_shares": {"site_visit": 60, "document_review": 40}})


def _combined(kind, rule="loss"):
    def make(folder):
        points = 10 if kind in ("best", "worst") else 5
        below = [standard(f"1.{n}", rule=rule, points=points, checked_at=AT) for n in (1, 2)]
        rows = [
            {"standard": "1.1", "site_id": "s0", "value": "0.3"},
            {"standard": "1.2", "site_id": "s1", "value": "0"},
        ]
        return _small(folder, below, rows, node={"combine": kind})

    return make


def _graded(folder):
    grade = {"grades": [{"met": 2, "value": "1"}, {"met": 1, "value": "0.66"}], "else": "0"}
    below = [standard(f"1.{n}", rule="met", points=5, checked_at=AT) for n in (1, 2)]
    rows = [{"standard": f"1.{n}", "site_id": "s0", "value": value} for n, value in ((1, "是"), (2, "否"))]
    return _small(folder, below, rows, node={"combine": {"subset-grade": grade}})


def _workbook(folder):
    from click.testing import CliRunner

    from evalsys.cli import main

    options = ["--instrument", "wujiang-field-2016", "--place", "某区", "--round", "2026-12", "--lang", "zh"]
    CliRunner().invoke(main, ["new", str(folder), *options], catch_exceptions=False)
    return next(folder.glob("*.xlsx"))


#: Every kind of assessment: how its folder or workbook is made.
KINDS = {
    "half-blank": lambda folder: edited(folder, "observations.csv", _half_blank),
    "all-blank": lambda folder: edited(folder, "observations.csv", _all_blank),
    "no-pass-mark": lambda folder: _small(folder, _losses(), LOSSES),
    "nothing-lost": lambda folder: _small(folder, _losses(), [{**row, "value": "0"} for row in LOSSES]),
    "all-lost": lambda folder: _small(folder, _losses(), [{**row, "value": "1"} for row in LOSSES]),
    "partly-unscored": lambda folder: _small(folder, [*_losses(), standard("1.3", scored="no")], LOSSES),
    "odd-names": lambda folder: _small(folder, _losses(), LOSSES, settings={"place": "<b>&\"甲\" | 'x' {y} $z$ \\"}),
    "workbook": _workbook,
    "several-methods": _several_methods,
    "method-shares": _method_shares,
    "best": _combined("best"),
    "worst": _combined("worst"),
    "graded": _graded,
}
