"""Charts of points lost: what they say in words, how many bars are dark, and what is left out."""

from fractions import Fraction

import pytest
from page_reader import Reader

from evalsys import pages, read_assessment, score, tree_view
from evalsys.charts import _heavy, loss_charts
from evalsys.wording import decimal


@pytest.fixture(scope="module")
def wujiang():
    return score(read_assessment("data/wujiang-2016"))


def test_charts_tell_their_numbers_in_words_too(wujiang):
    images = Reader(pages.distribution(wujiang, "zh")).images
    view = tree_view(wujiang, "site_type")
    for lost in view["lost"][:8]:
        assert decimal(lost, 3) in images[0]["alt"]
    assert "未登记单位" in images[1]["alt"]


@pytest.mark.parametrize(
    ("values", "dark"),
    [([6, 4], 1), ([5, 5], 1), ([4, 3, 3], 2), ([3, 2, 2, 2, 1], 2), ([1] * 10, 3), ([1], 1)],
)
def test_the_fewest_bars_that_hold_half_are_dark_and_at_most_three(values, dark):
    assert _heavy([Fraction(value) for value in values], Fraction(sum(values))) == dark


def test_captions_count_what_is_not_drawn(wujiang):
    words = "".join(Reader(loss_charts(wujiang, "zh", ("site_type", "area"))).words)
    clean = sum(1 for lost in tree_view(wujiang, "site_type")["lost"] if not lost)
    assert f"其余 {clean} 类点位未失分。" in words
    assert "吴江街道占 79.1%。" in words


def test_without_losses_or_evidence_the_charts_say_which(wujiang):
    ids = wujiang.rows["observation_id"].tolist()
    clean = score(wujiang.assessment, repaired=ids)
    assert loss_charts(clean, "zh", ("unit", "area")).count("没有失分。") == 2
    nothing = score(wujiang.assessment, left_out=[n.code for n in wujiang.assessment.instrument.nodes if n.depth == 1])
    assert loss_charts(nothing, "zh", ("unit", "area")).count("尚无依据。") == 2
