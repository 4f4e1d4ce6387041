"""What is one region, what begins a new one, and every reason for which there is no exact law."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from enumerated import law_of
from random_models import block_of, flat, model_of

from evalsys.law import law
from evalsys.model import Check, LeafRule, Model
from evalsys.regions import NotExact, independent, regions_of

ONE, ZERO, HALF = Fraction(1), Fraction(0), Fraction(1, 2)
THREE = [[0.5], [0.75], [0.875]]
TWO = [[0.5, 0.25], [0.75, 0.5], [0.875, 0.75]]


def check(leaf: int, reach: int = 2, **more: object) -> Check:
    return Check(leaf, (ONE, ZERO), reach, **more)


def test_rows_are_independent_where_all_sites_are_seen_or_alike() -> None:
    assert independent(block_of(3, [check(0, 3)], THREE))
    assert not independent(block_of(3, [check(0, 3), check(1, 2)], TWO))
    assert not independent(block_of(2, [check(0)], THREE))
    assert independent(block_of(2, [check(0)], [[0.5], [0.5]]))
    assert independent(block_of(2, [check(0)], [[0.5]], times=[9]))
    assert not independent(block_of(2, [check(0)], [[0.5]] * 3, absent=[[0.5], [0.0], [0.0]]))
    three = Check(0, (ONE, HALF, ZERO), 2)
    assert not independent(block_of(2, [three], [[0.5]] * 3, sizes=[[[0.5, 0.5]]] * 2 + [[[0.25, 0.75]]]))


def test_a_cap_that_cannot_bind_is_no_map() -> None:
    linear = model_of(flat(10, ("cap", [HALF, HALF])), [block_of(2, [check(0), check(1)], TWO)])
    root = regions_of(linear)
    assert (root.base, len(root.rows), root.parts, root.blocks) == (1, 2, (), {0})
    binds = model_of(flat(10, ("cap", [HALF, ONE])), [block_of(2, [check(0), check(1)], TWO)])
    (part,) = regions_of(binds).parts
    assert (part[0], part[1].kind, part[1].arguments[0].base) == (1, "cap", Fraction(3, 2))
    assert regions_of(binds).blocks == {0}


def reasons(model: Model) -> list[tuple[str, str, tuple[str, ...]]]:
    with pytest.raises(NotExact) as raised:
        law(model)
    assert all(leaf in str(raised.value) for reason in raised.value.reasons for leaf in reason.leaves)
    return [(reason.text.zh, reason.text.en, reason.leaves) for reason in raised.value.reasons]


def test_a_draw_shared_across_a_cap() -> None:
    instrument = flat(10, ("cap", [HALF, ONE]), ("sum", [ONE]))
    block = block_of(2, [check(0), check(2)], TWO)
    (found,) = reasons(model_of(instrument, [block, block_of(2, [check(1)], THREE)]))
    assert found == (
        "“test”抽到的点位同时影响封顶、取舍或计数之内和之外的标准",
        "the drawn sites of 'test' feed a cap, choice or count and something outside it",
        ("I0.0/site_visit", "I1.0/site_visit"),
    )


def test_alike_sites_may_feed_both_sides_of_a_cap() -> None:
    instrument = flat(10, ("cap", [HALF, ONE]), ("sum", [ONE]))
    block = block_of(2, [check(0), check(2)], [[0.5, 0.25]], times=[5])
    model = model_of(instrument, [block, block_of(2, [check(1)], THREE)])
    found = law(model)
    for value, chance in law_of(model).items():
        assert found.mass[int((found.top - value) / found.unit)] == pytest.approx(float(chance), abs=1e-15)


ONE_LEAF = flat(10, ("sum", [HALF, HALF]))


def with_absent(absent: list[float], rule: LeafRule, drawn: int = 2) -> Model:
    block = block_of(drawn, [check(0, drawn)], THREE, absent=[[a] for a in absent])
    return model_of(ONE_LEAF, [block, block_of(2, [check(1)], THREE)], (rule, LeafRule()))


def test_a_random_denominator() -> None:
    (found,) = reasons(with_absent([0.5, 0.0, 0.0], LeafRule(absent="drop")))
    assert found == (
        "在抽到的点位上可能不适用，分母随机",
        "may not apply at a drawn site: the denominator is random",
        ("I0.0/site_visit",),
    )


@pytest.mark.parametrize("absent", [[0.5, 0.25, 0.0], [1.0, 0.5, 0.25], [0.5, 0.5, 0.5]])
@pytest.mark.parametrize("kind", ["mean", "deduct"])
def test_leaves_that_may_apply_nowhere(absent: list[float], kind: str) -> None:
    (found,) = reasons(with_absent(absent, LeafRule(kind, absent="drop")))
    assert found == ("可能在抽到的点位上都不适用", "may apply at none of the drawn sites", ("I0.0/site_visit",))


def test_leaves_that_apply_nowhere_for_certain() -> None:
    """Dropped, they are left out as the score leaves them out; as the mean of their peers they are not linear here."""
    model = with_absent([1.0, 1.0, 1.0], LeafRule(absent="drop"))
    found = law(model)
    for value, chance in law_of(model).items():
        assert found.mass[int((found.top - value) / found.unit)] == pytest.approx(float(chance), abs=1e-15)
    assert reasons(with_absent([1.0, 1.0, 1.0], LeafRule(absent="peers")))[0][2] == ("I0.0/site_visit",)
    sure = law(with_absent([1.0, 1.0, 1.0], LeafRule(absent="full")))
    assert sure.mass[: int(5 / sure.unit) + 1].sum() == pytest.approx(1)


def test_denominators_that_are_certain() -> None:
    """Absent for certain at a site that is always drawn: one row less, whatever is drawn besides."""
    model = with_absent([1.0, 0.0, 0.0], LeafRule(absent="drop"), drawn=3)
    found = law(model)
    for value, chance in law_of(model).items():
        assert found.mass[int((found.top - value) / found.unit)] == pytest.approx(float(chance), abs=1e-15)


def test_fewer_sites_than_must_comply() -> None:
    found = reasons(with_absent([0.5, 0.0, 0.0], LeafRule("count", required=2, absent="drop")))
    text = ("适用的点位可能少于要求达标的数量", "may apply at fewer sites than must comply", ("I0.0/site_visit",))
    assert found == [text]
    assert reasons(with_absent([0.0] * 3, LeafRule("count", required=3))) == [text]
    enough = law(with_absent([0.5, 0.0, 0.0], LeafRule("count", required=1, absent="drop")))
    assert enough.exact


def test_caps_of_several_kinds() -> None:
    taken = ((ZERO, ZERO), (ONE, ZERO), (ZERO, ONE))
    many = Check(0, (ONE, HALF, HALF), 2, taken=taken)
    rules = (LeafRule("deduct", caps=(ONE, None), full=Fraction(2)), LeafRule())
    model = model_of(ONE_LEAF, [block_of(2, [many], THREE), block_of(2, [check(1)], THREE)], rules)
    assert reasons(model) == [
        ("几类问题各有扣分上限", "kinds of findings with caps of their own", ("I0.0/site_visit",))
    ]
    loose = replace(model, leaves=(replace(rules[0], caps=(Fraction(2), None)), LeafRule()))
    assert law(loose).exact  # two findings of one point each never exceed it


def test_a_cap_on_one_kind_is_a_lowest_value() -> None:
    taken = ((ZERO, ZERO), (ONE, ZERO))
    one = Check(0, (ONE, Fraction(3, 4)), 3, taken=taken)
    rules = (LeafRule("deduct", caps=(Fraction(2), ONE), full=Fraction(4)), LeafRule())
    model = model_of(ONE_LEAF, [block_of(3, [one], THREE), block_of(2, [check(1)], THREE)], rules)
    ((_, part),) = regions_of(model).parts
    assert (part.kind, part.limit) == ("deduct", HALF)
    found = law(model)
    for value, chance in law_of(model).items():
        assert found.mass[int((found.top - value) / found.unit)] == pytest.approx(float(chance), abs=1e-15)


def test_every_reason_is_given_at_once() -> None:
    model = with_absent([0.5, 0.0, 0.0], LeafRule(absent="drop"))
    block = replace(model.blocks[1], absent=model.blocks[0].absent)
    both = replace(model, blocks=(model.blocks[0], block), leaves=(LeafRule(absent="drop"),) * 2)
    assert [leaves for *_, leaves in reasons(both)] == [("I0.0/site_visit",), ("I0.1/site_visit",)]
