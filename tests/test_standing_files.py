"""Tables of standings: what they mean, and every fault of one at once."""

from fractions import Fraction as F

import pytest

from evalsys.faults import InputFaults
from evalsys.standing_files import Losses, read_losses, read_rounds, read_tiers, read_weeks

TIERS = """
tiers:
  - {name: {zh: 全额, en: in full}, share: 100%, at_most_lost: 2, at_most_notices: 0}
  - {name: {zh: 减半, en: half}, share: 50%, at_most_lost: 5, at_most_notices: 2}
  - {name: {zh: 不发, en: nothing}, share: 0%}
"""


@pytest.fixture
def file(tmp_path):
    def write(text, name="t.csv"):
        (tmp_path / name).write_text(text, "utf-8")
        return tmp_path / name

    return write


def problems(read, *args):
    with pytest.raises(InputFaults) as found:
        read(*args)
    return sorted(((f.problem, f.row, f.column, f.value) for f in found.value.faults), key=lambda f: (f[1] or 0, f[0]))


def test_marks_by_week_keep_what_was_not_assessed(file):
    found = read_weeks(file("周次,班级,得分\n2016-W36,甲,98\n2016-W36,乙,\n2016-W37,甲,97.5\n"))
    assert found == {"2016-W36": {"甲": 98, "乙": None}, "2016-W37": {"甲": F("97.5")}}


def test_every_fault_of_marks_at_once(file):
    path = file("week,name,score\n2016-W54,a,1\n2016-W36,,2\n2016-W36,b,-1\n2016-W37,c,x\n2016-W38,d,1\n2016-W38,d,2\n")
    assert problems(read_weeks, path) == [
        ("bad_date", 2, "week", "2016-W54"),
        ("empty_value", 3, "name", ""),
        ("out_of_range", 4, "score", "-1"),
        ("bad_number", 5, "score", "x"),
        ("duplicate_id", 7, "week", "2016-W38 d (6, 7)"),
    ]


def test_ranks_of_rounds_as_given_or_from_scores(file):
    given = read_rounds(file("轮次,单位,名次\n一,甲,1\n一,乙,2\n二,甲,2\n"))
    assert given == ({"甲": 1, "乙": 2}, {"甲": 2})
    scored = read_rounds(file("round,name,score\n1,a,90\n1,b,95\n1,c,90\n1,d,\n1,e,80\n"))
    assert scored == ({"a": 2, "b": 1, "c": 2, "d": None, "e": 4},)


@pytest.mark.parametrize("head", ["round,name", "round,name,score,rank"])
def test_rounds_need_either_scores_or_ranks(file, head):
    row = ",".join("1" for _ in head.split(","))
    assert [p[0] for p in problems(read_rounds, file(f"{head}\n{row}\n"))] == ["missing_column"]


@pytest.mark.parametrize("rank", ["0", "1.5", "first"])
def test_a_rank_that_is_none(file, rank):
    assert len(problems(read_rounds, file(f"round,name,rank\n1,a,{rank}\n"))) == 1


def test_losses_and_notices(file):
    assert read_losses(file("单位,失分\n甲局,2.5\n")) == (Losses("甲局", F("2.5"), 0),)
    assert read_losses(file("name,lost,notices\na,0,3\n")) == (Losses("a", F(0), 3),)
    assert problems(read_losses, file("name,lost,notices\na,-1,1.5\na,,\n")) == [
        ("bad_integer", 2, "notices", "1.5"),
        ("out_of_range", 2, "lost", "-1"),
        ("duplicate_id", 3, "name", "a (2, 3)"),
        ("empty_value", 3, "lost", ""),
    ]


def test_tiers_from_a_file(file):
    tiers = read_tiers(file(TIERS, "t.yaml"))
    assert [(t.at_most_lost, t.at_most_notices, t.share) for t in tiers] == [
        (2, 0, 1),
        (5, 2, F(1, 2)),
        (None, None, 0),
    ]


def test_tiers_that_rise_or_have_unknown_keys_are_told(file):
    assert [p[0] for p in problems(read_tiers, file(TIERS.replace("50%", "150%"), "t.yaml"))] == ["out_of_range"]
    assert [p[0] for p in problems(read_tiers, file(TIERS.replace("share: 0%", "share: 60%"), "t.yaml"))] == [
        "tiers_rise"
    ]
    assert problems(read_tiers, file(TIERS.replace("at_most_lost: 2", "at_most: 2"), "t.yaml"))[0][0] == "unknown_key"


def test_a_file_that_is_not_there(tmp_path):
    assert [p[0] for p in problems(read_weeks, tmp_path / "no.csv")] == ["missing_file"]
