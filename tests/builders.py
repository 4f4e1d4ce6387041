"""Small instruments and assessments for the tests, written as the files a user would write."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from evalsys.evidence import Assessment, read_assessment
from evalsys.instrument import Instrument
from evalsys.instrument_file import read_instrument

Rows = Sequence[Mapping[str, Any]]


def text(name: str) -> dict[str, str]:
    return {"zh": f"{name}项", "en": f"item {name}"}


def standard(code: str, rule: Any = "loss", points: Any = None, methods: Any = ("site_visit",), **more: Any) -> dict:
    own = methods if isinstance(methods, dict) else {method: {} for method in methods}
    found = {"code": code, "text": text(code), "methods": own, "source": {"row": f"test.{code}"}}
    if rule is not None:
        found["rule"] = rule
    return {**found, **({"points": str(points)} if points is not None else {}), **more}


def indicator(code: str, points: Any, below: Sequence[dict], **more: Any) -> dict:
    key = "standards" if "methods" in below[0] else "children"
    own = {"points": str(points)} if points is not None else {}
    return {"code": code, "name": text(code), **own, key: list(below), **more}


def content_of(indicators: Sequence[dict], full: Any, scheme: str = "given", **more: Any) -> dict:
    return {
        "schema": "1",
        "id": "test",
        "title": text("体系"),
        "level": "district",
        "full_marks": str(full),
        "weights": {"scheme": scheme, "status": "printed"},
        "source": {"document": "test"},
        "documents": {"test": {"title": "测试", "certainty": "assumed"}},
        "site_types": {
            "community": {"zh": "社区", "en": "Community"},
            "main-road": {"zh": "主干道", "en": "Main road"},
            "hospital": {"zh": "医院", "en": "Hospital"},
        },
        "indicators": list(indicators),
        **more,
    }


def write_yaml(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
    return path


def instrument_of(folder: Path, content: dict) -> Instrument:
    return read_instrument(write_yaml(folder / "instrument.yaml", content))


def write_csv(path: Path, rows: Rows, encoding: str = "utf-8") -> None:
    heads = list(dict.fromkeys(head for row in rows for head in row))
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, heads, restval="")
        writer.writeheader()
        writer.writerows(rows)


def assessment_of(
    folder: Path, content: dict, observations: Rows = (), settings: Mapping[str, Any] | None = None, **tables: Rows
) -> Assessment:
    """Write an assessment and read it. A row of observations needs neither id nor round."""
    write_yaml(folder / "instrument.yaml", content)
    given = {"instrument": "instrument.yaml", "place": "某区", "round": "r1", **(settings or {})}
    write_yaml(folder / "assessment.yaml", {key: value for key, value in given.items() if value is not None})
    rows = [{"observation_id": f"o{place:03d}", **row} for place, row in enumerate(observations, 1)]
    for name, table in {"observations": rows, **tables}.items():
        if table:
            write_csv(folder / f"{name}.csv", table)
    return read_assessment(folder)
