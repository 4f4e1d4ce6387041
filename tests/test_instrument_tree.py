"""What every node is worth: by hand, and on random trees against `Fraction` code written here."""

import datetime
import random
from fractions import Fraction as F

import pytest
import yaml

from evalsys import evaluate, read_instrument
from evalsys.faults import InputFaults
from evalsys.rules import exact


def standard(code, methods=("site_visit",), **keys):
    methods = {m: {} for m in methods} if isinstance(methods, tuple) else methods
    text = {"zh": f"标准{code}", "en": f"Standard {code}"}
    return {"code": code, "text": text, "rule": "share", "methods": methods, "source": {"clause": code}, **keys}


def indicator(code, *below, **keys):
    kind = "standards" if "text" in below[0] else "children"
    return {"code": code, "name": {"zh": f"项目{code}", "en": f"Item {code}"}, kind: list(below), **keys}


def as_text(value):
    """Plain content with every number as text, as a file has it."""
    if isinstance(value, dict):
        return {str(key): as_text(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_text(item) for item in value]
    return str(value)


@pytest.fixture
def read(tmp_path):
    def run(*indicators, day=None, full=10, scheme="given", **keys):
        content = {
            "schema": 1,
            "id": "tree",
            "title": {"zh": "树", "en": "Tree"},
            "level": "other",
            "full_marks": full,
            "weights": {"scheme": scheme, "status": "printed"},
            "source": {"document": "kiyoshi-2016"},
            "indicators": list(indicators),
            **keys,
        }
        path = tmp_path / "tree.yaml"
        path.write_text(yaml.safe_dump(as_text(content), allow_unicode=True, sort_keys=False), "utf-8")
        return read_instrument(path, day)

    return run


def worth(instrument, *codes):
    """Points and weight of nodes."""
    nodes = [instrument.nodes[instrument.places[code]] for code in codes]
    return [(node.points, node.weight) for node in nodes]


def attainment(instrument, *values):
    found = evaluate(instrument, exact(values)).attainment[0]
    return F(int(found.num), found.den)


def problems(read, *indicators, **keys):
    with pytest.raises(InputFaults) as caught:
        read(*indicators, **keys)
    return [(f.problem, f.column, f.value) for f in caught.value.faults]


# ------------------------------------------------------------------------------------------------ every node rule


def test_printed_points(read):
    found = read(
        indicator("1", standard("1.1", points=3), standard("1.2", points="7/2"), points="6.5"),
        indicator("2", standard("2.1", points="3.5"), points="3.5"),
    )
    assert worth(found, "tree", "1", "1.1", "1.2", "2") == [
        (10, 1),
        (F(13, 2), F(13, 20)),
        (3, F(6, 13)),
        (F(7, 2), F(7, 13)),
        (F(7, 2), F(7, 20)),
    ]
    assert attainment(found, 1, F(1, 2), 0) == F(3 + F(7, 4), 10)


def test_equal_among_siblings_and_weights(read):
    found = read(
        indicator("1", standard("1.1"), standard("1.2"), standard("1.3")),
        indicator("2", standard("2.1", weight=1), standard("2.2", weight=2)),
        scheme="equal",
    )
    assert worth(found, "1", "1.2", "2.1", "2.2") == [
        (5, F(1, 2)),
        (F(5, 3), F(1, 3)),
        (F(5, 3), F(1, 3)),
        (F(10, 3), F(2, 3)),
    ]
    assert attainment(found, 1, 0, 0, 0, 1) == F(1, 6) + F(1, 3)


def test_a_mean_uses_points_as_weights_and_they_need_not_add_up(read):
    found = read(indicator("1", standard("1.1", points=3), standard("1.2", points=1), points=10, combine="mean"))
    assert worth(found, "1", "1.1", "1.2") == [(10, 1), (F(15, 2), F(3, 4)), (F(5, 2), F(1, 4))]


def test_a_cap_keeps_the_printed_points(read):
    found = read(indicator("1", standard("1.1", points=8), standard("1.2", points=4), points=10, combine="cap"))
    assert worth(found, "1.1", "1.2") == [(8, F(4, 5)), (4, F(2, 5))]
    assert [attainment(found, *v) for v in [(1, 1), (1, 0), (F(1, 2), 1), (1, F(1, 2))]] == [1, F(8, 10), F(8, 10), 1]


def test_a_floor_keeps_the_printed_points(read):
    found = read(indicator("1", standard("1.1", points=8), standard("1.2", points=4), points=10, combine="floor"))
    assert [attainment(found, *v) for v in [(1, 1), (0, 1), (0, 0), (F(1, 2), 0)]] == [1, F(2, 10), 0, F(2, 10)]


@pytest.mark.parametrize("combine", ["cap", "floor"])
def test_a_bound_may_be_reached_exactly_but_not_missed(read, combine):
    read(indicator("1", standard("1.1", points=6), standard("1.2", points=4), points=10, combine=combine))
    found = problems(
        read, indicator("1", standard("1.1", points=6), standard("1.2", points=3), points=10, combine=combine)
    )
    assert found == [("sum_differs", "points", "6 + 3 = 9 < 10")]


def test_best_and_worst(read):
    parts = standard("1.1"), standard("1.2", points=10)
    best = read(indicator("1", *parts, points=10, combine="best"))
    assert worth(best, "1", "1.1", "1.2") == [(10, 1), (None, F(1, 2)), (None, F(1, 2))]
    assert attainment(best, F(1, 3), F(1, 2)) == F(1, 2)
    worst = read(indicator("1", *parts, points=10, combine="worst"))
    assert attainment(worst, F(1, 3), F(1, 2)) == F(1, 3)


def test_below_a_choice_printed_points_are_the_inner_scale(read):
    inner = indicator("1.1", standard("1.1.1", points=8), standard("1.1.2", points=4), points=10, combine="cap")
    found = read(indicator("1", inner, indicator("1.2", standard("1.2.1", points=10)), points=10, combine="best"))
    assert worth(found, "1.1", "1.1.1", "1.1.2") == [(None, F(1, 2)), (None, F(4, 5)), (None, F(2, 5))]
    assert attainment(found, 1, F(1, 4), 0) == F(9, 10)
    other = indicator("1.2", standard("1.2.1", points=10))
    unequal = indicator("1.1", standard("1.1.1", points=8), points=8)
    found = problems(read, indicator("1", unequal, other, points=10, combine="worst"))
    assert found == [("choice_points", "points", "8 ≠ 10")]
    wrong = indicator("1.1", standard("1.1.1", points=8), points=10)
    found = problems(read, indicator("1", wrong, other, points=10, combine="worst"))
    assert found == [("sum_differs", "points", "8 ≠ 10")]
    bare = indicator("1.1", standard("1.1.1", points=3), standard("1.1.2", points=4))  # worth what the choice is worth
    found = problems(read, indicator("1", bare, other, points=10, combine="best"))
    assert found == [("sum_differs", "points", "3 + 4 = 7 ≠ 10")]
    assert problems(read, indicator("1", standard("1.1", weight=2), standard("1.2"), points=10, combine="best")) == [
        ("no_effect", "weight", "2")
    ]


def test_a_cap_below_a_choice_needs_points(read):
    bare = indicator("1.1", standard("1.1.1", points=8), standard("1.1.2", points=4), combine="cap")
    grade = {"subset-grade": {"grades": [{"met": 1, "value": 1}], "else": 0}}
    assert problems(read, indicator("1", bare, points=10, combine=grade)) == [("missing_key", "points", "points")]


GRADES = [{"met": 2, "value": 1, "required": ["1.4"]}, {"met": 1, "value": "66%"}]


def test_a_grade_by_number_met(read):
    below = standard("1.1", scored="no"), standard("1.2"), standard("1.3"), standard("1.4")
    found = read(indicator("1", *below, points=10, combine={"subset-grade": {"grades": GRADES, "else": 0}}))
    combine = found.nodes[1].combine
    assert (combine.kind, combine.otherwise) == ("subset-grade", 0)
    assert combine.grades == ((2, (2,), F(1)), (1, (), F(66, 100)))  # places among the scored children
    assert worth(found, "1.2") == [(None, F(1, 3))]
    values = [(0, 1, 1), (1, 1, 0), (0, 0, 1), (0, 0, 0), (F(99, 100), 0, 0)]
    assert [attainment(found, *v) for v in values] == [1, F(66, 100), F(66, 100), 0, 0]


def test_a_grade_cannot_require_what_is_not_scored(read):
    below = standard("1.2"), standard("1.3"), standard("1.4", scored="no")
    found = problems(read, indicator("1", *below, points=10, combine={"subset-grade": {"grades": GRADES, "else": 0}}))
    assert found == [("unknown_code", "required", "1.4")]


def test_drop_is_refused_below_a_grade_at_any_depth(read):
    grade = {"subset-grade": {"grades": [{"met": 1, "value": 1}], "else": 0}}
    for depth in range(3):
        below = standard("9", not_applicable="drop")
        for level in range(depth):
            below = indicator(f"8.{level}", below)
        assert problems(read, indicator("1", below, combine=grade), scheme="equal") == [
            ("drop_in_grade", "not_applicable", "drop")
        ]
        below = standard("9", not_applicable="full")
        read(
            indicator("1", below, combine=grade), indicator("2", standard("2.1", not_applicable="drop")), scheme="equal"
        )


# ---------------------------------------------------------------------------------------------- methods, months


def test_several_methods(read):
    two = {"site_visit": {}, "survey": {}}
    shared = {"site_visit": {"share": 70}, "survey": {"share": 30}}
    unit = {"site_visit": {"share": "2/3"}, "survey": {"share": "1/3"}}
    found = read(
        indicator(
            "1",
            standard("1.1", two, points=3),
            standard("1.2", two, points=3, several="min"),
            standard("1.3", shared, points=3, several="shares"),
            standard("1.4", unit, points=1, several="shares"),
            points=10,
        )
    )
    assert worth(found, "1.1/site_visit", "1.1/survey") == [(F(3, 2), F(1, 2)), (F(3, 2), F(1, 2))]
    assert worth(found, "1.2/site_visit", "1.2") == [(None, F(1, 2)), (3, F(3, 10))]
    assert worth(found, "1.3/site_visit", "1.3/survey") == [(F(21, 10), F(7, 10)), (F(9, 10), F(3, 10))]
    assert worth(found, "1.4/site_visit") == [(F(2, 3), F(2, 3))]
    assert [found.nodes[found.places[c]].combine.kind for c in ("1.1", "1.2", "1.3")] == ["sum", "worst", "sum"]
    values = [F(1, 2), F(1, 4), F(1, 2), F(1, 4), F(1, 2), F(1, 4), 1, 0]
    assert attainment(found, *values) * 10 == 3 * F(3, 8) + 3 * F(1, 4) + 3 * (F(35, 100) + F(75, 1000)) + F(2, 3)


def test_each_method_has_its_share_of_the_full_marks(read):
    """Site visit 60 over A 6 and C 1, survey 40 over B 3 and C 1: C counts in whole for both."""
    found = read(
        indicator("1", standard("A", points=6), standard("B", ("survey",), points=3), points=9),
        indicator("2", standard("C", ("site_visit", "survey"), points=1), points=1),
        method_shares={"site_visit": 60, "survey": 40},
    )
    assert found.method_shares == {"site_visit": F(3, 5), "survey": F(2, 5)}
    points = [worth(found, code)[0][0] for code in ("A/site_visit", "C/site_visit", "B/survey", "C/survey")]
    assert points == [6 * F(6, 7), 6 * F(1, 7), 4 * F(3, 4), 4 * F(1, 4)]
    assert worth(found, "C", "2") == [(F(6, 7) + 1, 1), (F(13, 7), F(13, 70))]
    assert worth(found, "tree")[0][0] == 10
    a, b, c, d = F(1, 2), F(1, 3), F(1, 5), F(1, 7)
    assert attainment(found, a, b, c, d) == F(3, 5) * (6 * a + c) / 7 + F(2, 5) * (3 * b + d) / 4


def test_method_shares_keep_caps_and_choices_whole(read):
    """A cap, a grade and a best of one method each are one part with their own points."""
    grade = {"subset-grade": {"grades": [{"met": 1, "value": 1}], "else": 0}}
    found = read(
        indicator("1", standard("1.1", points=3), standard("1.2", points=2), points=4, combine="cap"),
        indicator("2", standard("2.1", ("survey",)), standard("2.2", ("survey",)), points=2, combine=grade),
        indicator("3", standard("3.1", ("survey",), points=1), points=1),
        indicator("4", standard("4.1"), standard("4.2"), points=3, combine="best"),
        method_shares={"site_visit": "0.7", "survey": "0.3"},
    )
    assert [worth(found, code)[0][0] for code in ("1", "2", "3", "4")] == [4, 2, 1, 3]
    assert worth(found, "1.1", "1.2") == [(3, F(3, 4)), (2, F(1, 2))]
    assert worth(found, "2.1", "4.2") == [(None, F(1, 2)), (None, F(1, 2))]
    other = read(
        indicator("1", standard("1.1", points=3), standard("1.2", points=2), points=4, combine="cap"),
        indicator("2", standard("2.1", ("survey",)), standard("2.2", ("survey",)), points=2, combine=grade),
        indicator("3", standard("3.1", ("survey",), points=4), points=4),
        method_shares={"site_visit": 50, "survey": 50},
    )
    assert worth(other, "1", "1.1") == [(5, F(1, 2)), (F(15, 4), F(3, 4))]
    assert worth(other, "2", "3") == [(F(5, 3), F(1, 6)), (F(10, 3), F(1, 3))]
    values = (F(2, 3), 1, 0, 1, F(1, 4))
    assert attainment(other, *values) == F(1, 2) * 1 + F(1, 2) * (F(2, 6) * 1 + F(4, 6) * F(1, 4))


MONTHS = {"1-3": 0, "4-11": 6, "12": 0}


def test_points_that_depend_on_the_month(read):
    tree = indicator(
        "1", standard("1.1", points=MONTHS), standard("1.2", points={"1-3": 10, "4-11": 4, "12": 10}), points=10
    )
    summer, winter = read(tree, day=datetime.date(2024, 4, 1)), read(tree, day=datetime.date(2024, 12, 31))
    assert (summer.monthly, winter.monthly) == (True, True)
    assert worth(summer, "1.1", "1.2") == [(6, F(3, 5)), (4, F(2, 5))]
    assert worth(winter, "1.1", "1.2")[1] == (10, 1)
    place = winter.places["1.1"]
    assert (winter.nodes[place].scored, winter.nodes[place].points) == (False, None)  # worth nothing: not scored
    assert (len(summer.leaves), len(winter.leaves)) == (2, 1)
    assert worth(read(tree), "1.2") == [(10, 1)]  # without a day: January
    assert attainment(winter, F(1, 3)) == F(1, 3)


def test_every_month_is_checked_whatever_the_day(read):
    tree = indicator("1", standard("1.1", points={"1-6": 10, "7": 9, "8-12": 10}), points=10)
    for day in (None, datetime.date(2024, 3, 1), datetime.date(2024, 7, 1)):
        assert problems(read, tree, day=day) == [("sum_differs", "points 7", "9 ≠ 10")]


def test_full_marks_that_depend_on_the_month(read):
    full = {"1-6": 10, "7-12": 8}
    tree = indicator("1", standard("1.1", points=full), points=full)
    for month, points in [(6, 10), (7, 8)]:
        found = read(tree, day=datetime.date(2024, month, 1), full=full)
        assert (found.full_marks, worth(found, "1.1")[0]) == (points, (points, 1))
    assert problems(read, tree, full={"1-6": 10, "7-12": 0})[0][:2] == ("out_of_range", "full_marks")


def test_a_method_without_points_in_a_month_has_no_share(read):
    parts = standard("1.1", points={"1-11": 5, "12": 10}), standard("1.2", ("survey",), points={"1-11": 5, "12": 0})
    found = problems(read, indicator("1", *parts, points=10), method_shares={"site_visit": 50, "survey": 50})
    assert found == [("bad_value", "method_shares 12", "survey")]


# ----------------------------------------------------------------------------------------------- not scored, faults


def test_what_is_not_scored_is_shown_and_counts_nowhere(read):
    found = read(
        indicator("1", standard("1.1", points=4), standard("1.2", points=99, scored="no"), points=4),
        indicator("2", standard("2.1", points=1), standard("2.2"), points=50, scored="no"),
        indicator("3", standard("3.1", points=6), points=6),
    )
    assert [node.code for node in found.nodes if not node.scored] == [
        "1.2",
        "1.2/site_visit",
        "2",
        "2.1",
        "2.1/site_visit",
        "2.2",
        "2.2/site_visit",
    ]
    assert [found.nodes[place].code for place in found.leaves] == ["1.1/site_visit", "3.1/site_visit"]
    assert worth(found, "1.1", "1.2", "2") == [(4, 1), (None, 1), (None, 1)]
    assert attainment(found, 1, 0) == F(4, 10)


def test_what_is_printed_adds_up_where_it_is_not_scored_too(read):
    tree = indicator("1", standard("1.1", points=10), points=10)
    lost = indicator("2", standard("2.1", points=1), standard("2.2", points=2), points=4, scored="no")
    assert problems(read, tree, lost) == [("sum_differs", "points", "1 + 2 = 3 ≠ 4")]


@pytest.mark.parametrize(("count", "shown"), [(12, " + ".join("1" * 12) + " = 12 ≠ 10"), (13, "13 ≠ 10")])
def test_a_sum_of_up_to_twelve_is_shown(read, count, shown):
    below = [standard(f"1.{n}", points=1) for n in range(count)]
    assert problems(read, indicator("1", *below, points=10)) == [("sum_differs", "points", shown)]


def test_what_is_not_scored_needs_no_rule_and_no_points(read):
    bare = standard("1.2", scored="no")
    del bare["rule"]
    found = read(indicator("1", standard("1.1", points=10), bare, points=10))
    assert found.standards["1.2"].standard.rules == {}


def test_a_code_stands_once_the_file_and_its_events_included(read):
    entry = {"code": "1.1", "name": {"zh": "甲", "en": "A"}, "source": {"clause": "1"}, "points": 1}
    tree = indicator("1", standard("1.1", points=10), points=10)
    assert problems(read, tree, bonus=[entry]) == [("duplicate_code", "code", "1.1")]
    tree = indicator("tree", standard("1.1", points=10), points=10)
    assert problems(read, tree) == [("duplicate_code", "code", "tree")]


def test_siblings_are_alike(read):
    both = standard("1.1", points=5), standard("1.2", points=5, weight=1)
    assert problems(read, indicator("1", *both, points=10)) == [("mixed_weights", "weight", "1.2")]
    for lacking in ({}, {"weight": 1}):
        found = problems(read, indicator("1", standard("1.1", points=5), standard("1.2", **lacking), points=10))
        assert found == [("mixed_weights", "weight" if lacking else "points", "1.2")]


def test_a_fault_of_one_number_is_one_fault(read):
    """What follows from a number that cannot be read is not told as well."""
    tree = indicator("1", standard("1.1", points="x"), standard("1.2", points=5), points=10)
    assert problems(read, tree) == [("bad_number", "points", "x")]
    assert problems(read, indicator("1", standard("1.1", points=4), points="x")) == [("bad_number", "points", "x")]
    assert problems(read, indicator("1", standard("1.1", points=4), points=4), full="x") == [
        ("bad_number", "full_marks", "x")
    ]
    assert problems(read, indicator("1", standard("1.1", points=14), points=10, combine="caps"))[0][0] == "bad_value"
    assert len(problems(read, indicator("1", standard("1.1", points=14), points=10, combine="caps"))) == 1


# ------------------------------------------------------------------------------------------------- random trees


def random_tree(draw, code, points, depth):
    """A random node worth `points`, as (content, plain function of its leaves, number of leaves)."""
    if depth == 0:
        return random_standard(draw, code, points)
    count = draw.randint(1, 4)
    kind = draw.choice(["sum", "sum", "mean", "cap", "floor", "best", "worst", "subset-grade"])
    parts = [F(draw.randint(1, 9), draw.choice([1, 2, 3])) for _ in range(count)]
    if kind in ("sum", "cap", "floor"):
        whole = sum(parts)
        parts = [part / whole * points * (1 if kind == "sum" else draw.choice([1, F(3, 2)])) for part in parts]
        if sum(parts) < points:
            parts = [part * 2 for part in parts]
    elif kind in ("best", "worst"):
        parts = [points] * count
    below = [random_tree(draw, f"{code}.{place}", part, depth - 1) for place, part in enumerate(parts)]
    table = [(count, F(1)), (1, F(1, 3))] if count > 1 else [(1, F(1))]
    combine = {"subset-grade": {"grades": [{"met": n, "value": v} for n, v in table], "else": "1/7"}}

    def plain(values):
        got, start = [], 0
        for _, function, size in below:
            got.append(function(values[start : start + size]))
            start += size
        pairs = list(zip(parts, got, strict=True))
        return {
            "sum": lambda: sum(p * a for p, a in pairs) / points,
            "mean": lambda: sum(p * a for p, a in pairs) / sum(parts),
            "cap": lambda: min(F(1), sum(p * a for p, a in pairs) / points),
            "floor": lambda: max(F(0), 1 - sum(p * (1 - a) for p, a in pairs) / points),
            "best": lambda: max(got),
            "worst": lambda: min(got),
            "subset-grade": lambda: next((v for n, v in table if sum(a == 1 for a in got) >= n), F(1, 7)),
        }[kind]()

    content = indicator(code, *(node for node, _, _ in below), points=points)
    content["combine"] = combine if kind == "subset-grade" else kind
    return content, plain, sum(size for _, _, size in below)


def random_standard(draw, code, points):
    shares = [F(draw.randint(1, 5)) for _ in range(draw.randint(1, 3))]
    how = draw.choice(["mean", "min", "shares"]) if len(shares) > 1 else "mean"
    names = ["document_review", "site_visit", "survey"][: len(shares)]
    whole = sum(shares)
    methods = {
        name: {"share": share / whole} if how == "shares" else {} for name, share in zip(names, shares, strict=True)
    }

    def plain(values):
        if how == "shares":
            return sum(s * v for s, v in zip(shares, values, strict=True)) / whole
        return min(values) if how == "min" else sum(values, F(0)) / len(values)

    return standard(code, methods, points=points, several=how), plain, len(shares)


@pytest.mark.parametrize("seed", range(60))
def test_random_trees(read, seed):
    draw = random.Random(seed)
    content, plain, size = random_tree(draw, "1", F(10), draw.randint(1, 3))
    instrument = read(content)
    assert len(instrument.leaves) == size
    for _ in range(5):
        values = [draw.choice([F(0), F(1), F(1), F(draw.randint(0, 9), 9)]) for _ in range(size)]
        assert attainment(instrument, *values) == plain(values)


@pytest.mark.parametrize("seed", range(20))
def test_random_trees_with_method_shares(read, seed):
    draw = random.Random(seed)
    names = ["document_review", "site_visit", "survey"]
    standards, leaves = [], []
    for place in range(draw.randint(3, 8)):
        points = F(draw.randint(1, 9), draw.choice([1, 3]))
        methods = tuple(draw.sample(names, draw.randint(1, 3)))
        standards.append((standard(f"s{place}", methods, points=points), points))
        leaves += [(method, points) for method in methods]
    used = sorted({method for method, _ in leaves})
    shares = dict(zip(used, {1: [100], 2: [65, 35], 3: [40, 40, 20]}[len(used)], strict=True))
    cut = draw.randint(1, len(standards) - 1)
    groups = [standards[:cut], standards[cut:]]
    tops = [
        indicator(f"i{n}", *(s for s, _ in group), points=sum(p for _, p in group)) for n, group in enumerate(groups)
    ]
    instrument = read(*tops, full=sum(p for _, p in standards), method_shares=shares)
    values = [F(draw.randint(0, 12), 12) for _ in leaves]
    expected = F(0)
    for method, share in shares.items():
        own = [(points, value) for (m, points), value in zip(leaves, values, strict=True) if m == method]
        expected += F(share, 100) * sum(p * v for p, v in own) / sum(p for p, _ in own)
    assert attainment(instrument, *values) == expected
    for node in instrument.nodes:
        below = [instrument.nodes[c] for c in node.children]
        if below:
            assert sum(child.points for child in below) == node.points
            assert sum(child.weight for child in below) == 1
