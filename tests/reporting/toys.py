"""Small notebooks for batches: what they do is said by their parameter, and no kernel has much to import."""

import json

WORK = """\
if what == "wrong":
    1 / 0
elif what == "endless":
    while True:
        pass
elif what == "flood":
    for _ in range(100):
        print("x" * 1_000_000, flush=True)
elif what == "dies":
    os._exit(7)
elif what == "slow":
    time.sleep(1)
HTML(f"<h1>{what}</h1><p>{seed}</p>")
"""


def cell(source, *tags):
    return {
        "cell_type": "code", "id": f"c{len(source)}", "metadata": {"tags": list(tags)}, "source": source,
        "outputs": [], "execution_count": None,
    }  # fmt: skip


def toy(folder, work=WORK, name="toy"):
    """Write the notebook and return its path."""
    path = folder / f"{name}.ipynb"
    cells = [cell("import os, time\nfrom IPython.display import HTML"), cell(
        'what: str = "well"\nlang: str = "zh"\nseed: int = 0\n', "parameters"), cell(work)]  # fmt: skip
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    path.write_text(json.dumps(content), "utf-8")
    return path


def toy_table(folder, rows, name="t.csv"):
    """Write a table of toys: each row what it does, its name and its seed."""
    lines = ["notebook,what,name,seed", *(f"toy.ipynb,{what},{own},{seed}" for what, own, seed in rows)]
    (folder / name).write_text("\n".join(lines) + "\n", "utf-8")
    return folder / name
