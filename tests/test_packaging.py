"""What a bare machine gets: the set-up command, its pins, and files that name no machine and no host."""

import itertools
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
RUNTIME = {canonicalize_name(r.name): r.specifier for r in map(Requirement, PROJECT["dependencies"])}
EXTRAS = [Requirement(text) for extra in PROJECT["optional-dependencies"].values() for text in extra]
# git tells its hooks which repository they are for; a test that runs git means another one
ENVIRON = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def command(*args, **options):
    options = {"cwd": ROOT, "env": ENVIRON, "text": True, "capture_output": True, "encoding": "utf-8"} | options
    return subprocess.run([str(arg) for arg in args], **options)


# --- environment.yml -------------------------------------------------------------------------------------------------

ENVIRONMENT = (ROOT / "environment.yml").read_text("utf-8")


def differences(environment):
    """What differs between the text of an environment.yml and pyproject.toml."""
    data = yaml.safe_load(environment)
    conda = {}
    for entry in data["dependencies"]:
        requirement = Requirement(entry)
        conda[canonicalize_name(requirement.name)] = requirement.specifier
    conda.pop("pip", None)  # only to install the project itself
    wanted = {**RUNTIME, "python": SpecifierSet(PROJECT["requires-python"])}
    found = [name for name in sorted(conda.keys() | wanted.keys()) if conda.get(name) != wanted.get(name)]
    if data["name"] != PROJECT["name"]:
        found.append("name")
    if data["channels"] != ["conda-forge", "nodefaults"]:
        found.append("channels")
    return found


def test_environment_agrees_with_pyproject():
    assert differences(ENVIRONMENT) == []


BOUNDS = list(re.finditer(r"(?<=[<=])\d+(?:\.\d+)*", ENVIRONMENT))


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda bound: ENVIRONMENT[: bound.end()].rsplit("- ", 1)[1])
def test_environment_with_one_bound_edited_is_noticed(bound):
    edited = ENVIRONMENT[: bound.start()] + bound[0] + "9" + ENVIRONMENT[bound.end() :]
    assert len(differences(edited)) == 1


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("  - scipy >=1.15,<2\n", "", "scipy"),
        ("  - pip\n", "  - pip\n  - seaborn\n", "seaborn"),
        ("- click ", "- clicks ", "click"),
        ("  - nodefaults\n", "", "channels"),
        ("name: evalsys", "name: other", "name"),
    ],
)
def test_environment_with_one_line_edited_is_noticed(old, new, difference):
    assert old in ENVIRONMENT
    assert difference in differences(ENVIRONMENT.replace(old, new))


# --- requirements.txt ------------------------------------------------------------------------------------------------

REQUIREMENTS = (ROOT / "requirements.txt").read_text("utf-8")
SYSTEMS = {  # enough for the markers in use
    "linux": {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux"},
    "darwin": {"sys_platform": "darwin", "os_name": "posix", "platform_system": "Darwin"},
    "win32": {"sys_platform": "win32", "os_name": "nt", "platform_system": "Windows"},
}
PYTHONS = ["3.11.2", "3.11.9", "3.12.1", "3.13.1", "3.14.0"]


def pins():
    lines = [line for line in REQUIREMENTS.splitlines() if not line.lstrip().startswith("#")]
    for entry in "\n".join(lines).replace("\\\n", " ").splitlines():
        requirement, *hashes = entry.split("--hash=")
        yield Requirement(requirement), [text.strip() for text in hashes]


PINS = list(pins())


def test_every_pin_is_exact_and_has_hashes():
    assert len(PINS) > len(RUNTIME) + len(EXTRAS)
    for requirement, hashes in PINS:
        assert [spec.operator for spec in requirement.specifier] == ["=="], requirement
        assert hashes, requirement
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", text) for text in hashes), requirement


def test_requirements_hold_no_address():
    assert not re.search(r"https?:|://|--(extra-)?index-url|--find-links|--trusted-host|(?m:^-)", REQUIREMENTS)


@pytest.mark.parametrize(
    "wanted",
    [*map(Requirement, PROJECT["dependencies"]), *EXTRAS, Requirement("packaging")],
    ids=lambda requirement: requirement.name,
)
def test_pins_satisfy_pyproject_everywhere(wanted):
    named = [pin for pin, _ in PINS if canonicalize_name(pin.name) == canonicalize_name(wanted.name)]
    for system, python in itertools.product(SYSTEMS.values(), PYTHONS):
        where = {**system, "python_full_version": python, "python_version": python.rpartition(".")[0]}
        pinned = [pin for pin in named if pin.marker is None or pin.marker.evaluate(where)]
        assert len(pinned) == 1, where
        (spec,) = pinned[0].specifier
        assert wanted.specifier.contains(spec.version), (spec, where)


# --- what is in the files --------------------------------------------------------------------------------------------


def names(*patterns):
    """Paths of the files that are, or would be, in the repository."""
    listed = command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns, check=True)
    return [ROOT / name for name in sorted(set(listed.stdout.split("\0")) - {""}) if (ROOT / name).is_file()]


# joined here, so that this file is not the one that names them
HOSTS = [
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("npmjs", "org"),
    ("npmjs", "com"),
    ("npmmirror", "com"),
    ("anaconda", "org"),
    ("anaconda", "com"),
    ("deb", "debian"),
    ("security", "debian"),
    ("snapshot", "debian"),
    ("archive", "ubuntu"),
    ("crates", "io"),
    ("proxy", "golang"),
    ("tuna", "tsinghua"),
    ("mirrors", "aliyun"),
    ("mirrors", "cloud"),
    ("mirrors", "ustc"),
    ("mirrors", "163"),
    ("mirror", "sjtu"),
    ("mirrors", "huaweicloud"),
    ("repo", "huaweicloud"),
]
HOSTS = [".".join(parts).encode() for parts in HOSTS]
TOP_FOLDERS = ["root", "home", "Users", "work", "tmp", "opt"]
ONE_MACHINE = re.compile(rf"/(?<![\w.~:/$}}-]/)(?:{'|'.join(TOP_FOLDERS)})/\w|:\\+Users\\".encode())


def package_hosts(content):
    content = content.lower()
    return [host for host in HOSTS if host in content]  # far faster than one pattern of them all


def paths_of_one_machine(content):
    return [content[match.start() : match.end() + 20] for match in ONE_MACHINE.finditer(content)]


@pytest.mark.parametrize("look_for", [package_hosts, paths_of_one_machine])
def test_no_file_names_any_of_the(look_for):
    found = {str(path.relative_to(ROOT)): look_for(path.read_bytes()) for path in names()}
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize(
    ("look_for", "parts"),
    [
        (package_hosts, ["--index-url https:", "//pypi.", "org/simple"]),
        (package_hosts, ["https:", "//PyPI.", "tuna.", "tsinghua.edu.cn"]),
        (paths_of_one_machine, ['"', "/home", "/someone"]),
        (paths_of_one_machine, ["in ", "/tmp", "/x"]),
        (paths_of_one_machine, ["C:", "\\Users", "\\someone"]),
    ],
)
def test_what_must_not_be_named_is_found(look_for, parts):
    assert len(look_for("".join(parts).encode())) == 1
    assert look_for(b"https://example.cn/home/x, data/work/x, ~/reports, home, tmp/x") == []


def test_notebooks_are_committed_without_outputs():
    notebooks = names("notebooks/*.ipynb")
    assert notebooks
    for path in notebooks:
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            assert not cell.get("outputs"), path.name
            assert cell.get("execution_count") is None, path.name


@pytest.mark.parametrize("name", ["uv.lock", ".venv/x", ".uv/x", "reports/x.html"])
def test_git_ignores(name):
    assert command("git", "check-ignore", "-q", name).returncode == 0


def test_git_keeps_the_note_in_reports():
    assert command("git", "check-ignore", "-q", "reports/README.md").returncode == 1


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
@pytest.mark.parametrize("line", ["./run evalsys report mock-assessment data/wujiang-2016", "./run pytest"])
def test_readme_holds_the_two_commands(readme, line):
    assert line in [text.strip() for text in (ROOT / readme).read_text("utf-8").splitlines()]


# --- run, with a stand-in for uv -------------------------------------------------------------------------------------

TOOLS = ["awk", "cat", "cksum", "flock", "rm", "sh"]  # all that run uses, but for python3 (macOS does without flock)
FAKE_UV = """#!/bin/sh
PATH=/usr/bin:/bin
echo "$UV_PYTHON_DOWNLOADS $*" >> "$UV_LOG"
case "$*" in
    venv*) mkdir -p .venv/bin; cp "$0" .venv/bin/python; cp "$HELLO" .venv/bin/hello ;;
    "pip sync"*) if [ -n "${UV_FAILS:-}" ]; then echo "error: no wheels" >&2; exit 2; fi; echo chatter ;;
esac
"""
HELLO = """#!/bin/sh
echo "$PWD"; for word; do echo "<$word>"; done; exit 7
"""


def script(path, text):
    path.write_text(text, "utf-8")
    path.chmod(0o755)


def link_tools(folder):
    for tool in TOOLS:
        if where := shutil.which(tool):
            (folder / tool).symlink_to(where)


class Bare:
    """A copy of what ./run reads, and a PATH with nothing on it but what ./run may use."""

    def __init__(self, folder):
        self.folder = folder
        self.root = folder / "文明 城市"
        self.bin = folder / "bin"
        self.log = folder / "log"
        self.elsewhere = folder / "elsewhere"
        for new in (self.root, self.bin, self.elsewhere):
            new.mkdir()
        shutil.copy(ROOT / "run", self.root)
        (self.root / "requirements.txt").write_text("uv==1 \\\n    --hash=sha256:0\nother==1\n")
        (self.root / "pyproject.toml").write_text("[project]\n")
        link_tools(self.bin)
        script(folder / "hello", HELLO)

    def uv(self):
        script(self.bin / "uv", FAKE_UV)

    def python(self, text):
        script(self.bin / "python3", text)

    def run(self, *args, **environ):
        environ |= {"PATH": str(self.bin), "UV_LOG": str(self.log), "HELLO": str(self.folder / "hello")}
        return command(self.root / "run", *args, cwd=self.elsewhere, env=environ)

    def builds(self):
        """The calls of uv since the last look, but for the one that asks whether it runs at all."""
        lines = self.log.read_text("utf-8").splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line for line in lines if "--version" not in line]

    @property
    def stamp(self):
        return self.root / ".venv" / "built"


@pytest.fixture
def bare(tmp_path):
    return Bare(tmp_path)


def test_run_is_executable_shell():
    for name in ("run", ".ci/run"):
        assert os.access(ROOT / name, os.X_OK)
        assert command("sh", "-n", name).returncode == 0


def test_run_without_arguments_tells_its_usage(bare):
    done = bare.run()
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 2)
    assert "用法" in done.stderr
    assert "usage" in done.stderr


def test_run_builds_once_and_then_only_runs_the_command(bare):
    bare.uv()
    first = bare.run("hello", "two words", "*")
    assert first.stdout.splitlines() == [str(bare.elsewhere), "<two words>", "<*>"]
    assert first.returncode == 7
    calls = bare.builds()
    assert [call.split(" -q ")[0] for call in calls] == ["never venv", "never pip sync", "never pip install"]
    assert "--require-hashes --compile-bytecode" in calls[1]
    before = bare.stamp.stat()
    second = bare.run("hello")
    assert (second.returncode, second.stderr, bare.builds()) == (7, "", [])
    assert bare.stamp.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml", "folder"])
def test_run_builds_anew_after_a_change_of(bare, name):
    bare.uv()
    bare.run("hello")
    bare.builds()
    if name == "folder":
        bare.root = bare.root.rename(bare.folder / "moved")
    else:
        with (bare.root / name).open("a") as file:
            file.write("# changed\n")
    bare.run("hello")
    assert len(bare.builds()) == 3


def test_run_does_a_failed_build_again(bare):
    bare.uv()
    failed = bare.run("hello", UV_FAILS="1")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert [line for line in failed.stderr.splitlines() if line.startswith("run:")] == failed.stderr.splitlines()[-1:]
    assert not bare.stamp.exists()
    assert bare.run("hello").returncode == 7


def test_run_uses_a_folder_of_wheels_and_no_index(bare):
    bare.uv()
    (bare.elsewhere / "my wheels").mkdir()
    assert bare.run("hello", EVALSYS_WHEELS="my wheels").returncode == 7
    assert f"--no-index --find-links {bare.elsewhere / 'my wheels'} requirements.txt" in bare.builds()[1]
    bare.stamp.unlink()
    missing = bare.run("hello", EVALSYS_WHEELS="no such")
    assert missing.returncode == 1
    assert "no such" in missing.stderr


@pytest.mark.parametrize(
    ("python", "message"),
    [
        (None, "Python 3.11"),
        ("#!/bin/sh\nexit 1\n", "Python 3.11"),  # an older one
        ('#!/bin/sh\ncase "$*" in *ensurepip*) exit 1 ;; esac\n', "apt install python3-venv"),
    ],
    ids=["no python", "old python", "no venv module"],
)
def test_run_tells_what_is_missing(bare, python, message):
    if python:
        bare.python(python)
    done = bare.run("hello")
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr.splitlines()[-1]
    assert re.search("[一-鿿]", done.stderr.splitlines()[-1])


def test_ci_only_runs_the_tests(tmp_path):
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [line for line in lines if "./run" in line] == ["./run pytest"] == lines[-1:]
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    script(tmp_path / "run", '#!/bin/sh\necho "$@"; exit 3\n')
    done = command("bash", tmp_path / ".ci" / "run", cwd=tmp_path.parent)
    assert (done.stdout, done.returncode) == ("pytest\n", 3)


# --- and once for real -----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_fresh_clone_builds_itself_without_uv(tmp_path):
    clone = tmp_path / "clone"
    command("git", "clone", "--quiet", ROOT, clone, check=True)
    bare = tmp_path / "bin"
    bare.mkdir()
    link_tools(bare)
    python = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    script(bare / "python3", f'#!/bin/sh\nexec "{python}" "$@"\n')
    environ = {**ENVIRON, "PATH": str(bare)}

    first = command("./run", "python", "-c", "import evalsys; print(evalsys.__file__)", cwd=clone, env=environ)
    assert first.returncode == 0, first.stderr
    assert first.stdout == f"{clone / 'evalsys' / '__init__.py'}\n"
    assert (clone / ".uv" / "bin" / "uv").exists()
    stamp = (clone / ".venv" / "built").stat()

    second = command("./run", "python", "-c", "import evalsys", cwd=clone, env=environ)
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert (clone / ".venv" / "built").stat().st_mtime_ns == stamp.st_mtime_ns
    assert command("git", "status", "--porcelain", cwd=clone).stdout == ""
    assert stat.S_IMODE((clone / "run").stat().st_mode) & 0o111
