"""Atomic writes."""

import pytest

from evalsys.files import atomic


def test_the_whole_file_or_the_old_one(tmp_path):
    target = tmp_path / "deep" / "report.html"
    with atomic(target) as temporary:
        temporary.write_text("first", "utf-8")
        assert not target.exists()
        assert temporary.parent == target.parent
        assert temporary.suffix == ".html"
    assert target.read_text("utf-8") == "first"

    def fail():
        with atomic(target) as temporary:
            temporary.write_text("half", "utf-8")
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        fail()
    assert target.read_text("utf-8") == "first"
    assert [path.name for path in target.parent.iterdir()] == ["report.html"]


def test_two_writers_do_not_share_a_temporary_file(tmp_path):
    with atomic(tmp_path / "a.txt") as one, atomic(tmp_path / "a.txt") as two:
        assert one != two
        one.write_text("one", "utf-8")
        two.write_text("two", "utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text("utf-8") == "one"
