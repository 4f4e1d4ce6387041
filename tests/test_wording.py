"""Numbers half up against decimal's own rounding; names and sentences in both languages."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from random import Random

import pytest

from evalsys import read_assessment, score, tree_view, wording


@pytest.fixture(scope="module")
def wujiang():
    return score(read_assessment("data/wujiang-2016"))


def test_decimal_is_half_up_on_exact_numbers():
    random = Random(20161108)
    for _ in range(20_000):
        places = random.randrange(4)
        # every other number lies exactly on a half
        thousandths = random.randrange(-(10**7), 10**7) * 10 + 5 * random.randrange(2)
        value = Fraction(thousandths, 10 ** (places + 1))
        wanted = Decimal(value.numerator) / Decimal(value.denominator)
        wanted = wanted.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        text = wording.decimal(value, places)
        assert Decimal(text.replace(",", "").replace("−", "-")) == wanted
        assert text != "−0"


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (Fraction(131783, 3600), 3, "36.606"),
        (Fraction(1, 2), 0, "1"),
        (Fraction(-1, 2), 0, "−1"),
        (Fraction(-1, 1000), 2, "0.00"),
        (Fraction(1234567), 1, "1,234,567.0"),
        (Fraction(5, 1000), 2, "0.01"),
        (Fraction(2, 3), 2, "0.67"),
    ],
)
def test_decimal(value, places, text):
    assert wording.decimal(value, places) == text


def test_a_float_could_not_have_done_it():
    assert f"{1.005:.2f}" == "1.00"
    assert wording.decimal(Fraction(1005, 1000), 2) == "1.01"


@pytest.mark.parametrize(
    ("names", "zh", "en"),
    [
        ([], "", ""),
        (["甲"], "甲", "甲"),
        (["甲", "乙"], "甲和乙", "甲 and 乙"),
        (["甲", "乙", "丙"], "甲、乙和丙", "甲, 乙 and 丙"),
    ],
)
def test_joined(names, zh, en):
    assert wording.joined(names, "zh") == zh
    assert wording.joined(names, "en") == en


def test_joined_counts_the_rest():
    assert wording.joined(list("甲乙丙丁"), "zh", 2) == "甲、乙等 4 项"
    assert wording.joined(list("abcd"), "en", 2) == "a, b and 2 more"


def test_round_name_leaves_other_names_alone():
    assert wording.round_name("2016-13", "zh") == "2016-13"
    assert wording.round_name("第一轮", "en") == "第一轮"


def test_the_result_sentence_of_wujiang(wujiang):
    view = tree_view(wujiang, "site_type")
    zh = wording.result_sentence(wujiang, view, "zh")
    assert zh == ("得分率 93.86%，高于目标线 0.86 个百分点", "失分 2.394 分", "84.5% 集中在社区和药店")
    en = wording.result_sentence(wujiang, view, "en")
    assert en == (
        "The score rate is 93.86%, 0.86 percentage points above the pass mark",
        "2.394 points lost",
        "84.5% of them at: community and pharmacy",
    )


@pytest.mark.parametrize(
    ("mark", "zh"),
    [
        ("94%", "得分率 93.86%，低于目标线 0.14 个百分点"),
        ("131783/3600", "得分率 93.86%，恰好达到目标线"),
        ("39", "得分率 93.86%，低于目标线 6.14 个百分点"),
    ],
)
def test_against_the_pass_mark(mark, zh):
    result = score(read_assessment("data/wujiang-2016"), pass_mark=mark)
    assert wording.result_sentence(result, tree_view(result, "site_type"), "zh")[0] == zh
    assert result.passes is (mark == "131783/3600")


def test_reasons_name_what_was_lost(wujiang):
    nodes = wujiang.by_code
    assert wording.reason(wujiang, nodes["11"], "zh") == "第3项失 0.500、第1项失 0.033"
    assert wording.reason(wujiang, nodes["10"], "en") == "item 14 lost 0.667, item 6 lost 0.100, 7 more"
    assert wording.reason(wujiang, nodes["9"], "zh") == "4 条检查中 1 条有失分"
    assert wording.reason(wujiang, nodes["2"], "en") == "nothing lost"
