"""Small rounds of titles, written as a user would."""

import csv

from evalsys.decision_files import ROUND_TABLES, read_titles
from evalsys.decisions import decide

HEAD = """schema: 1
instrument: {instrument}
title: {{zh: 甲区评选, en: Titles of a district}}
place: 甲区
round: 2017年度
year: 2017
assessed_on: 2017-11-30
decided_on: 2017-12-20
"""


def decided_of(folder, candidates, more="", instrument="honest-units-communities", **tables):
    """Decide on candidates given as ``name: (group, score)``, all of which have applied and been on public notice.

    Parameters
    ----------
    more : str
        Further lines of the settings.
    tables : rows of further tables as mappings; ``holders`` names those that hold the title instead.
    """
    folder.mkdir(parents=True, exist_ok=True)
    held = tables.pop("holders", ())
    (folder / "titles.yaml").write_text(HEAD.format(instrument=instrument) + more, "utf-8")
    rows = {name: list(tables.get(name, ())) for name in ROUND_TABLES}
    for name, (group, score) in candidates.items():
        who = {"candidate": name}
        state = "named" if name in held else "not_applied"
        rows["candidates"].append({**who, "group": group, "state": state, "founded": "2001-01-01"})
        if score is not None:
            rows["scores"].append({**who, "score": "own", "value": score, "error": tables.get("error", "")})
        if name not in held:
            for to, day in (("applied", "2017-02-01"), ("publicised", "2017-12-01")):
                rows["moves"].append({**who, "to": to, "on": day, "reason": "书面申报", "clause": "四"})
            rows["notices"].append({**who, "first": "2017-12-01", "last": "2017-12-10", "clause": "四（四）"})
    for name, found in rows.items():
        if found:
            columns = [column.name for column in ROUND_TABLES[name]]
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns, restval="")
                writer.writeheader()
                writer.writerows(found)
    return decide(read_titles(folder))
