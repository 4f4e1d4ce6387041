"""The command line: exit codes, messages without tracebacks, two languages, four formats, nothing written in vain."""

import csv
import errno
import io
import json
import os
import re
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import click
import openpyxl
import pytest
from builders import assessment_of, content_of, indicator, standard
from click.testing import CliRunner

from evalsys import cli, cli_fixes, cli_instrument, console, verbs

ROOT = Path(__file__).resolve().parents[1]
WUJIANG = str(ROOT / "data" / "wujiang-2016")
AT = [{"site_type": "market", "sites": 2}]
CHINESE = re.compile(r"[\u3400-\u9fff]")


@pytest.fixture
def locale(monkeypatch):
    """Return a function that sets the language of the locale for commands run in this process."""

    def set_to(lang):
        monkeypatch.setattr(console, "_speak_chinese", lambda: None)  # it would outlive the test
        for module in (console, cli, cli_fixes, cli_instrument, verbs):
            monkeypatch.setattr(module, "LOCALE", lang)

    return set_to


@pytest.fixture
def run(locale, tmp_path, monkeypatch):
    """Return a function that runs a command in an empty folder, in this process and in English."""
    locale("en")
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(cli.main, [str(arg) for arg in args])


def process(*args, lang="C.UTF-8", cwd=ROOT, **environ):
    """Run a command as a user does; text is UTF-8."""
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH", "SYSTEMROOT", "TMP") if name in os.environ
    }
    command = [sys.executable, *(["-m", "evalsys"] if args[0] != "-c" else []), *map(str, args)]
    env = {**kept, "LANG": lang, **environ}
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, encoding="utf-8", check=False)


def two_sites(folder, language=None, observations=None, **settings):
    """Write an assessment of two standards, one without evidence."""
    content = content_of(
        [indicator("1", 10, [standard("1.1", points=6, checked_at=AT), standard("1.2", points=4, checked_at=AT)])], 10
    )
    sites = [{"site_id": f"s{n}", "site_type": "market", "name": f"市场{n}"} for n in (1, 2)]
    rows = [{"standard": "1.1", "site_id": "s1", "value": "0.5"}, {"standard": "1.1", "site_id": "s2", "value": "0"}]
    rows = rows if observations is None else observations
    return assessment_of(folder, content, rows, {"language": language, **settings}, sites=sites)


# ---------------------------------------------------------------------------------------------------- help

WALK = """
from evalsys.cli import main
def walk(command, path):
    try:
        main.main([*path[1:], "--help"], "evalsys")
    except SystemExit as end:
        assert not end.code
    print("=====")
    for name, inner in getattr(command, "commands", {}).items():
        walk(inner, [*path, name])
walk(main, ["evalsys"])
"""


def pages(lang):
    done = process("-c", WALK, lang=lang)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("=====\n")[:-1]


@pytest.mark.parametrize(("lang", "heads"), [("zh_CN.UTF-8", ("用法", "选项")), ("C.UTF-8", ("Usage", "Options"))])
def test_every_command_and_option_is_explained_in_the_language_of_the_locale(lang, heads):
    found = pages(lang)
    assert len(found) == 34
    for page in found:
        assert page.startswith(f"{heads[0]}: evalsys")
        rest = page.partition("\n\n")[2]
        said, _, options = rest.partition(f"{heads[1]}:\n")
        entries = re.split(r"\n(?=  -)", options.partition("\n\n")[0])
        assert len(entries) >= 1
        columns = {console.display_width(line) for line in re.findall(r"^(  -.*?  +)\S", options, re.M)}
        assert len(columns) == 1
        for entry in [said, *entries]:
            words = re.sub(r"^ *(-\S,? *)?(--\S+)?( +\S+){0,2}?  +", "", entry)
            assert len(words) > 4, entry
            assert bool(CHINESE.search(words)) is lang.startswith("zh"), entry
    if lang.startswith("zh"):
        assert not re.search(r"Usage|Options|Commands|Show this|required|default|OPTIONS|ARGS|COMMAND", "".join(found))
    else:
        assert not CHINESE.search("".join(found))


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["score"], "错误：缺少参数 '测评'"),
        (["scores"], "没有命令"),
        (["score", "x", "--lang", "fr"], "'--lang' 的值不对"),
        (["score", "x", "--nolang"], "没有选项"),
        (["score", "x", "y"], "多余的参数"),
        (["score", "x", "--format", "xlsx"], "xlsx 须用 --out"),
        (["report", "x", "y", "--out", "README.md"], "是文件，须为文件夹"),
    ],
)
def test_wrong_usage_is_told_in_chinese(args, said):
    done = process(*args, lang="zh_CN.UTF-8")
    assert done.returncode == 2
    assert said in done.stderr
    assert not re.search(r"Error|Usage|Invalid|Missing|No such", done.stderr)
    assert done.stdout == ""


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom evalsys.cli import main\n"
        "try: main(['score', '--help'])\nexcept SystemExit: pass\n"
        "print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    loaded = process("-c", code).stdout.partition("LOADED")[2].split()
    assert "click" in loaded
    assert not {"pandas", "numpy", "matplotlib", "yaml", "openpyxl", "papermill", "nbformat", "scipy"} & set(loaded)


def test_the_module_runs_and_names_its_version():
    done = process("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, "evalsys 0.1.0\n", "")
    assert process("score", "--help").stdout.startswith("Usage: python -m evalsys score [OPTIONS] ASSESSMENT")


# ------------------------------------------------------------------------------------------------ exit codes


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["score", WUJIANG], 0, "93.86%"),
        (["score", "nowhere"], 1, "nowhere: no such folder"),
        (["check", "nowhere"], 1, "nowhere: no such folder"),
        (["rectify", "nowhere"], 1, "nowhere: no such folder"),
        (["report", "mock-assessment", "nowhere"], 1, "nowhere: no such folder"),
        (["instrument", "check", "nowhere.yaml"], 1, "nowhere.yaml: this file is missing"),
        (["report", "mock-asessment", WUJIANG], 1, "did you mean 'mock-assessment'?"),
        (["report", "nowhere/mock-assesment.ipynb", WUJIANG], 1, "did you mean 'mock-assessment'?"),
        (["new", "x", "--instrument", "wujiang-feld-2016"], 1, "did you mean 'wujiang-field-2016'?"),
        (["score", WUJIANG, "--pass-mark", "101%"], 1, "'101%'; allowed: 0..39"),
        (["score", WUJIANG, "--pass-mark", "much"], 1, "'much'"),
        (["report", "mock-assessment", WUJIANG, "--pass-mark", "-1"], 1, "'-1'; allowed: 0..39"),
        (["forecast", "nowhere"], 1, "nowhere: no such folder"),
        (["forecast", WUJIANG, "--at-least", "101%"], 1, "'101%'; allowed: 0..39"),
        (["forecast", WUJIANG, "--at-least", "much"], 1, "'much'"),
        (["forecast", WUJIANG, "--seed", "-1"], 2, "-1"),
        (["forecast", WUJIANG, "--engine", "guess"], 2, "'guess'"),
        (["forecast", WUJIANG, "--format", "xlsx"], 2, "'xlsx'"),
        (["score", WUJIANG, "--left-out", "10.20"], 1, "unknown code '10.20'; did you mean '10.2'?"),
        (["rectify", WUJIANG, "--due", "2026-02-30"], 1, "--due: not a valid date '2026-02-30'"),
        (["score", WUJIANG, "--format", "xlsx"], 2, "xlsx needs --out FILE"),
        (["check", WUJIANG, "--format", "xlsx"], 2, "xlsx needs --out FILE"),
        (["instrument", "list", "--format", "xlsx"], 2, "xlsx needs --out FILE"),
        (["instrument", "check", "x", "--format", "xlsx"], 2, "xlsx needs --out FILE"),
        (["score", WUJIANG, "--format", "pdf"], 2, "'pdf'"),
        (["score", WUJIANG, "--out", "."], 2, "is a directory"),
        (["report", "mock-assessment", WUJIANG, "--lang", "en", "-p", "lang", "zh"], 2, "lang is given twice"),
        (["report", "mock-assessment", WUJIANG, "-p", "assessment", "x"], 2, "assessment is given twice"),
        (["report", "mock-assessment"], 2, "Missing argument"),
        (["new", "x"], 2, "--instrument"),
        (["instrument"], 2, "Commands"),
        ([], 2, "Commands"),
        (["nothing"], 2, "No such command"),
    ],
)
def test_exit_codes_and_messages(run, args, code, said, tmp_path):
    done = run(*args)
    assert done.exit_code == code, done.output
    assert said in done.output
    assert "Traceback" not in done.output
    faults_are_the_result = args[:1] == ["check"] or args[:2] == ["instrument", "check"]
    if code and not (code == 1 and faults_are_the_result):
        assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("args", "count", "told"),
    [
        (["report", "nope", "nowhere"], 2, ["nope: no such notebook", "nowhere: no such folder"]),
        (
            ["report", "mock-assessment", WUJIANG, "-p", "lnag", "en", "-p", "lang", "fr", "--pass-mark", "40"],
            3,
            ["[lnag]", "did you mean 'lang'?", "[lang]", "allowed: zh en", "pass_mark: ", "'40'"],
        ),
        (["score", WUJIANG, "--left-out", "99", "--left-out", "98", "--pass-mark", "x"], 3, ["'99'", "'98'", "'x'"]),
        (["rectify", "nowhere", "--due", "soon"], 2, ["nowhere: no such folder", "--due: not a valid date 'soon'"]),
    ],
)
def test_all_faults_of_a_command_come_at_once(run, args, count, told):
    done = run(*args)
    assert done.exit_code == 1
    for words in told:
        assert words in done.stderr
    assert done.stderr.startswith(f"{count} faults found")
    assert len(done.stderr.splitlines()) == 1 + count


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    """Return the real round with three faults in it."""
    folder = tmp_path_factory.mktemp("faulty") / "wujiang"
    shutil.copytree(WUJIANG, folder)
    path = folder / "observations.csv"
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    rows[2][head.index("value")] = "1.2"
    rows[8][head.index("standard")] = "10.99"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows, rows[0]])
    return folder


@pytest.mark.parametrize("verb", [["score"], ["check"], ["rectify"], ["forecast"], ["report", "mock-assessment"]])
def test_faulty_evidence_is_one_list_in_the_language_of_the_locale_and_nothing_is_written(
    run, locale, verb, faulty, tmp_path
):
    locale("zh")
    done = run(*verb, faulty, "--lang", "en")
    assert done.exit_code == 1
    result, empty = (done.stdout, done.stderr) if verb == ["check"] else (done.stderr, done.stdout)
    assert empty == ""
    assert "Traceback" not in result
    assert len(re.findall(r"^  observations\.csv", result, re.M)) == 3
    assert result.startswith("3 faults" if verb == ["check"] else "发现 3 处错误")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a-file/x.csv", pytest.param("a-file/deeper/x.csv", marks=pytest.mark.slow)])
@pytest.mark.parametrize("verb", [["score"], ["check"], ["rectify"], ["forecast"], ["report", "mock-assessment"]])
def test_a_target_that_cannot_be_written_is_one_line(run, tmp_path, verb, name):
    (tmp_path / "a-file").touch()
    done = run(*verb, WUJIANG, "--out", name)
    assert done.exit_code == 1
    assert "cannot read or write" in done.stderr
    assert "a-file" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["a-file"]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (PermissionError(errno.EACCES, "Permission denied", "x.xlsx"), 1, "cannot read or write x.xlsx: no permission"),
        (OSError(errno.ENOSPC, "No space left", "x.xlsx"), 1, "x.xlsx: the disk is full"),
        (OSError(errno.EXDEV, "Odd device", "x.xlsx"), 1, "x.xlsx: Odd device"),
        (KeyboardInterrupt(), 130, "Stopped."),
        (ZeroDivisionError("ours"), 3, "An error inside evalsys"),
        (KeyError("ours"), 3, "An error inside evalsys"),
    ],
)
def test_what_goes_wrong_is_told_apart(run, monkeypatch, error, code, said):
    def fail(path):
        raise error

    monkeypatch.setattr("evalsys.evidence.read_assessment", fail)
    done = run("score", WUJIANG)
    assert done.exit_code == code
    assert said in done.stderr
    assert ("Traceback" in done.stderr) is (code == 3)
    assert done.stdout == ""


def test_a_reader_that_stops_early_is_no_error():
    code = f"from evalsys.cli import main; main(['score', {WUJIANG!r}, '--format', 'json'])"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process_:
        process_.stdout.close()
        assert process_.stderr.read() == ""


# ---------------------------------------------------------------------------------------------------- UTF-8


@pytest.mark.parametrize("environ", [
    pytest.param({"LC_ALL": "POSIX"}, marks=pytest.mark.slow),
    {"LC_ALL": "POSIX", "PYTHONUTF8": "0"},
])  # fmt: skip
def test_output_is_utf8_where_the_locale_knows_only_ascii(environ):
    done = process("score", WUJIANG, "--lang", "zh", PYTHONCOERCECLOCALE="0", **environ)
    assert done.returncode == 0, done.stderr
    assert "苏州市吴江区" in done.stdout
    done = process("score", "没有𠀀", PYTHONCOERCECLOCALE="0", **environ)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


# -------------------------------------------------------------------------------------------------- language


@pytest.mark.parametrize(
    ("system", "language", "option", "expected"),
    [
        ("en", None, None, "en"),
        ("en", "zh", None, "zh"),
        ("en", "zh", "en", "en"),
        ("zh", None, None, "zh"),
        ("zh", "en", None, "en"),
        ("zh", "en", "zh", "zh"),
    ],
)
def test_language_of_a_result_is_the_options_then_the_assessments_then_the_locales(
    run, locale, tmp_path, system, language, option, expected
):
    two_sites(tmp_path / "a", language)
    locale(system)
    options = ["--lang", option] if option else []
    said = {verb: run(*verb, "a", *options).stdout for verb in [("score", "--format", "csv"), ("check",), ("rectify",)]}
    assert said["score", "--format", "csv"].startswith({"zh": "编码,名称", "en": "code,name"}[expected])
    assert {"zh": "检查记录", "en": "observations"}[expected] in said["check",]
    made = Path(said["rectify",].splitlines()[0])
    assert made.parent.name == {"zh": "整改交办单", "en": "rectification"}[expected]


@pytest.mark.parametrize("system", ["zh", "en"])
def test_what_has_no_assessment_speaks_the_language_of_the_locale(run, locale, system):
    locale(system)
    assert {"zh": "编号", "en": "id "}[system] in run("instrument", "list").stdout.splitlines()[0]
    assert {"zh": "找不到", "en": "no such"}[system] in run("check", "nowhere").stdout
    run("new", "a", "--instrument", "wujiang-field-2016")
    assert {"zh": "点位", "en": "sites"}[system] in openpyxl.load_workbook("a/a.xlsx").sheetnames


@pytest.mark.parametrize(
    ("language", "option", "expected"), [(None, None, "zh"), ("en", None, "en"), ("en", "zh", "zh"), (None, "en", "en")]
)
def test_language_of_a_report_does_not_depend_on_the_locale(run, monkeypatch, tmp_path, language, option, expected):
    two_sites(tmp_path / "a", language)
    given = {}
    monkeypatch.setattr(
        "evalsys.reporting.make.run_report", lambda name, parameters, *_, **__: given.update(parameters)
    )
    run("report", "mock-assessment", "a", *(["--lang", option] if option else []))
    assert given["lang"] == expected


# ----------------------------------------------------------------------------------------------------- score


def test_score_as_json(run):
    found = json.loads(run("score", WUJIANG, "--format", "json", "--pass-mark", "94%").stdout)
    assert {"schema", "score", "full_marks", "attainment", "worst", "best", "pass_mark", "nodes"} <= set(found)
    assert {"not_assessed", "assumed", "notes"} <= set(found)
    assert found["schema"] == 1
    assert found["score"] == {"exact": "131783/3600", "value": float(Fraction(131783, 3600))}
    assert found["attainment"]["exact"] == "131783/140400"
    assert found["pass_mark"]["exact"] == "1833/50"
    assert found["pass_mark"]["set_by"] == "parameter"
    assert found["passes"] is False


def test_score_without_some_indicators_as_the_original_did(run):
    left_out = ("5", "8", "10.10", "10.11", "10.12", "10.13", "10.14")
    done = run("score", WUJIANG, "--format", "json", *(word for code in left_out for word in ("--left-out", code)))
    found = json.loads(done.stdout)
    assert found["left_out"] == list(left_out)
    assert f"{found['won']['value']:.3f} {found['attainment']['value']:.4f}" == "28.473 0.9491"


def test_score_in_files(run, tmp_path):
    for as_, name in (("table", "a.txt"), ("csv", "new/b.csv"), ("json", "c.json"), ("xlsx", "d.xlsx")):
        done = run("score", WUJIANG, "--format", as_, "--out", name, "--lang", "zh")
        assert (done.exit_code, done.stdout, done.stderr) == (0, f"{name}\n", "")
    assert "93.86%" in (tmp_path / "a.txt").read_text("utf-8")
    assert (tmp_path / "new" / "b.csv").read_bytes().startswith("\ufeff编码,名称,分值".encode())
    rows = list(csv.DictReader(io.StringIO((tmp_path / "new" / "b.csv").read_text("utf-8-sig"))))
    assert (rows[0]["得分"], rows[0]["得分率"], rows[0]["检查"]) == ("36.606389", "0.938625", "225")
    assert json.loads((tmp_path / "c.json").read_text("utf-8"))["schema"] == 1
    assert len(openpyxl.load_workbook(tmp_path / "d.xlsx").sheetnames) > 1
    assert not list(tmp_path.rglob(".*"))


def test_a_failed_write_leaves_the_old_file(run, tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("old")

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left", "a.txt")

    monkeypatch.setattr(os, "replace", fail)
    assert run("score", WUJIANG, "--out", "a.txt").exit_code == 1
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "old")]


# -------------------------------------------------------------------------------------------------- forecast


def drawn_from(folder, cap=False, **settings):
    """Write an assessment of which markets are drawn; with a cap on one indicator there is no exact law."""
    first = indicator("1", 4, [standard("1.1", points=5, checked_at=AT)], combine="cap" if cap else "sum")
    first = first if cap else indicator("1", 4, [standard("1.1", points=4, checked_at=AT)])
    content = content_of([first, indicator("2", 6, [standard("2.1", points=6, checked_at=AT)])], 10)
    sites = [{"site_id": f"s{n}", "site_type": "market", "name": f"市场{n}"} for n in range(5)]
    rows = [
        {"standard": code, "site_id": f"s{n}", "value": "0.5" if n == place else "0"}
        for place, code in enumerate(("1.1", "2.1"))
        for n in range(4)
    ]
    given = {"frame": "complete", "draw": [{"site_type": "market", "sites": 2}], "pass_mark": "90%", **settings}
    return assessment_of(folder, content, rows, given, sites=sites)


def test_forecast_as_json_and_in_a_file(run, tmp_path):
    drawn_from(tmp_path / "a")
    done = run("forecast", "a", "--format", "json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["engine"], found["why_not_exact"], found["draws"]) == (0, "exact", [], 0)
    assert found["pass_mark"] == {"exact": "9", "value": 9.0}
    again = run("forecast", "a", "--format", "json", "--out", "new/b.json")
    assert (again.exit_code, again.stdout) == (0, f"{Path('new/b.json')}\n")
    assert (tmp_path / "new" / "b.json").read_text("utf-8").rstrip("\n") == done.stdout.rstrip("\n")


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", ("预测得分", "达到目标线 8 分的可能", "算法：精确分布", "不确定性来源")),
        ("en", ("Expected score", "Chance to reach the pass mark of 8 points", "Engine: exact law", "source of")),
    ],
)
def test_forecast_as_a_table_in_both_languages(run, tmp_path, lang, said):
    drawn_from(tmp_path / "a")
    done = run("forecast", "a", "--lang", lang, "--at-least", "80%")
    assert (done.exit_code, done.stderr.count("Traceback")) == (0, 0)
    for words in said:
        assert words in done.stdout
    own = run("forecast", "a", "--lang", lang, "--at-least", "8").stdout
    assert own == done.stdout


def test_forecast_draws_what_its_seed_says(run, tmp_path):
    drawn_from(tmp_path / "a", cap=True)
    text = {seed: run("forecast", "a", "--format", "json", "--seed", seed).stdout for seed in (3, 4)}
    found = {seed: json.loads(own) for seed, own in text.items()}
    assert [found[seed]["seed"] for seed in (3, 4)] == [3, 4]
    assert {found[seed]["engine"] for seed in (3, 4)} == {"simulate"}
    assert found[3]["why_not_exact"][0]["leaves"]
    assert found[3]["mean"] != found[4]["mean"]
    forced = run("forecast", "a", "--format", "json", "--seed", 3, "--engine", "simulate")
    assert json.loads(forced.stdout)["mean"] == found[3]["mean"]


@pytest.mark.parametrize(("lang", "said"), [("en", "no exact law"), ("zh", "封顶")])
def test_an_exact_forecast_that_does_not_exist_is_refused_with_reasons(run, locale, tmp_path, lang, said):
    drawn_from(tmp_path / "a", cap=True)
    locale(lang)
    done = run("forecast", "a", "--engine", "exact", "--out", "b.txt")
    assert done.exit_code == 1
    for words in (said, "1.1/site_visit", "2.1/site_visit"):
        assert words in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "b.txt").exists()


def test_nothing_assessed_is_nothing_to_forecast(run, tmp_path):
    two_sites(tmp_path / "a", observations=[{"standard": "1.1", "site_id": "s1", "value": ""}])
    done = run("forecast", "a")
    assert done.exit_code == 1
    assert "Traceback" not in done.output


# ----------------------------------------------------------------------------------------------------- check


def test_check_says_what_was_read(run):
    text = run("check", WUJIANG).stdout
    assert re.search(r"^observations +225  225 of them count", text, re.M)
    found = json.loads(run("check", WUJIANG, "--format", "json").stdout)
    assert (found["faults"], found["tables"]["sites"], found["counted"]) == ([], 62, 225)
    assert run("check", WUJIANG, "--format", "csv").stdout.startswith("content,count,note\nsites,62,\n")


def test_check_gives_faults_in_every_form(run, faulty, tmp_path):
    found = json.loads(run("check", faulty, "--format", "json").stdout)["faults"]
    assert {"file", "row", "column", "value", "problem", "message", "allowed", "nearest"} == set(found[0])
    assert [fault["row"] for fault in found] == [4, 10, 227]
    assert [fault["value"] for fault in found][:2] == ["1.2", "10.99"]
    assert {"duplicate_id", "unknown_name"} <= {fault["problem"] for fault in found}
    rows = list(csv.DictReader(io.StringIO(run("check", faulty, "--format", "csv").stdout)))
    assert [row["row"] for row in rows] == [str(fault["row"]) for fault in found]
    done = run("check", faulty, "--format", "xlsx", "--out", "faults.xlsx")
    assert (done.exit_code, done.stdout) == (1, "faults.xlsx\n")
    sheet = openpyxl.load_workbook(tmp_path / "faults.xlsx").worksheets[0]
    assert sheet.max_row == 1 + len(found)


# ------------------------------------------------------------------------------------------ new, rectify, lab


def test_a_new_assessment_is_made_checked_scored_and_not_overwritten(run, tmp_path):
    options = ("--instrument", "wujiang-field-2016", "--place", "某区", "--round", "2026-12", "--lang", "zh")
    done = run("new", "我的测评", *options)
    path = Path("我的测评") / "我的测评.xlsx"
    assert (done.exit_code, done.stdout) == (0, f"{path}\n")
    assert f"evalsys check {path}" in done.stderr
    assert run("check", path).exit_code == 0
    found = json.loads(run("score", path, "--format", "json").stdout)
    assert (found["score"], found["attainment"], found["assessed"]["exact"]) == (None, None, "0")
    assert len(found["not_assessed"]) == 39
    before = (tmp_path / path).read_bytes()
    again = run("new", "我的测评", *options)
    assert again.exit_code == 1
    assert "exists already" in again.stderr
    assert (tmp_path / path).read_bytes() == before


def test_rectify_prints_one_path_per_unit(run, tmp_path):
    done = run("rectify", WUJIANG, "--lang", "zh", "--due", "2026-12-01")
    paths = [Path(line) for line in done.stdout.splitlines()]
    assert len(paths) == 6
    assert {path.parent for path in paths} == {Path("reports/wujiang-2016/整改交办单")}
    assert sorted(tmp_path.rglob("*.xlsx")) == sorted(tmp_path / path for path in paths)
    cells = [str(cell) for row in openpyxl.load_workbook(paths[1]).worksheets[0].values for cell in row if cell]
    assert any("2026-12-01" in cell for cell in cells)


def test_rectify_without_findings_says_so(run, tmp_path):
    two_sites(tmp_path / "a", observations=[{"standard": "1.1", "site_id": "s1", "value": "0"}])
    done = run("rectify", "a")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "nothing to rectify" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="starts JupyterLab in another way on Windows")
def test_lab_opens_the_notebooks(run, monkeypatch):
    started = []
    monkeypatch.setattr(os, "execv", lambda *args: started.append(args))
    assert run("lab", "--no-browser").exit_code == 0
    ((program, command),) = started
    assert command[:3] == [program, "-m", "jupyterlab"] == [sys.executable, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={ROOT / 'notebooks'}" in command
    assert command[-1] == "--no-browser"


# ------------------------------------------------------------------------------------------------ instrument


def test_instruments_are_listed_and_checked(run, tmp_path):
    assert re.search(r"^wujiang-field-2016 .* 39 +14 +39 +39  printed$", run("instrument", "list").stdout, re.M)
    listed = json.loads(run("instrument", "list", "--format", "json").stdout)["instruments"]
    found = {one["id"]: one for one in listed}["wujiang-field-2016"]
    assert (found["leaves"], found["full_marks"]) == (39, {"exact": "39", "value": 39.0})
    path = ROOT / "evalsys" / "instruments" / "wujiang-field-2016.yaml"
    assert run("instrument", "check", path).exit_code == 0
    (tmp_path / "x.yaml").write_text(path.read_text("utf-8").replace("rule: loss", "rule: lose", 2), "utf-8")
    done = run("instrument", "check", "x.yaml", "--format", "json")
    faults = json.loads(done.stdout)["faults"]
    assert (done.exit_code, [(fault["problem"], fault["nearest"]) for fault in faults]) == (
        1,
        [("unknown_rule", "loss")] * 2,
    )


# ---------------------------------------------------------------------------------------------------- report


def test_report_hands_its_parameters_on(run, monkeypatch, tmp_path):
    two_sites(tmp_path / "a")
    calls = []
    monkeypatch.setattr(
        "evalsys.reporting.make.run_report",
        lambda *args, **options: calls.append((args, options)) or click.get_current_context().exit(0),
    )
    options = ("--lang", "en", "--pass-mark", "80%", "--annex")
    done = run("report", "mock-assessment", "a", *options)
    assert done.exit_code == 0, done.output
    (((name, parameters, folder, progress, forms), how),) = calls
    assert (name, folder, progress, forms, how) == ("mock-assessment", Path("reports/a"), False, ("annex",), {})
    assert parameters == {"assessment": "a", "lang": "en", "pass_mark": "80%"}
    run("report", "mock-assessment", "a", "--out", "elsewhere", "--annex", "-p", "out", "x")
    assert calls[1][0][2] == Path("elsewhere")
    assert calls[1][0][1]["out"] == "x"


def test_what_a_report_made_is_printed_last(run, monkeypatch, tmp_path):
    from evalsys.reporting.run import Report, ReportFailed

    two_sites(tmp_path / "a")
    made = Report({"html": Path("r/a.html"), "notebook": Path("r/a.ipynb")}, "𠀀", {})
    monkeypatch.setattr("evalsys.reporting.make.run_report", lambda *_, **__: made)
    done = run("report", "mock-assessment", "a")
    assert (done.exit_code, done.stdout) == (0, f"{Path('r/a.ipynb')}\n{Path('r/a.html')}\n")
    assert "the fonts lack these characters: 𠀀" in done.stderr

    def fail(*_, **__):
        raise ReportFailed(7, "ZeroDivisionError: division by zero", Path("r/a.failed.ipynb"))

    monkeypatch.setattr("evalsys.reporting.make.run_report", fail)
    done = run("report", "mock-assessment", "a")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "In [7] of the notebook failed: ZeroDivisionError: division by zero" in done.stderr
    assert str(Path("r/a.failed.ipynb")) in done.stderr


class TestEditionsAndWeights:
    def test_two_editions(self, run, tmp_path):
        path = ROOT / "evalsys" / "instruments" / "taizhou-police-2009.yaml"
        changed = path.read_text("utf-8").replace("at_most: 8", "at_most: 7", 1)
        (tmp_path / "new.yaml").write_text(changed, "utf-8")
        done = run("instrument", "diff", "taizhou-police-2009", "new.yaml", "--format", "json")
        (change,) = json.loads(done.stdout)["changes"]
        assert (done.exit_code, change["change"], change["code"]) == (0, "threshold changed", "3.4")
        assert ("at most 8" in change["before"], "at most 7" in change["after"]) == (True, True)

    def test_the_same_twice(self, run):
        done = run("instrument", "diff", "waste-sorting-estate", "waste-sorting-estate")
        assert (done.exit_code, done.stderr.strip()) == (0, "The editions do not differ.")

    def test_an_unknown_edition(self, run):
        done = run("instrument", "diff", "waste-sorting-estate", "wujiang-field-2061")
        assert done.exit_code == 1
        assert "did you mean 'wujiang-field-2016'?" in done.stdout

    def test_effective_weights(self, run, tmp_path):
        own = {row["code"]: row for row in json.loads(run_json(run, "taizhou-police-2009"))["weights"]}
        assert own["1"]["share"]["exact"] == "1/5"
        assert own["1.1"]["share"]["exact"] == "1/15"
        matrix = (
            "{of: ['1', '2', '3', '4', '5'], matrix: [[1,9,1,1,1],[1/9,1,9,1,1],[1,1/9,1,1,1],[1,1,1,1,1],[1,1,1,1,1]]}"
        )
        text = f"schema: 1\nstatus: assumed\npairwise:\n  taizhou-police-2009: {matrix}\n"
        (tmp_path / "w.yaml").write_text(text, "utf-8")
        done = run("instrument", "weights", "taizhou-police-2009", "--weights", "w.yaml", "--format", "json")
        compared = {row["code"]: row for row in json.loads(done.stdout)["weights"]}
        assert float(compared["taizhou-police-2009"]["ratio"]) > 0.1
        assert "contradict each other" in done.stderr
        assert sum(compared[code]["share"]["value"] for code in "12345") == pytest.approx(1)


def run_json(run, name):
    return run("instrument", "weights", name, "--format", "json").stdout
