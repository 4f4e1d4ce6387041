"""Counting on ladders: by hand, and against a second, slower reading of the same rules."""

import datetime
import random

import pytest

from evalsys.ladders import Decision, Missed, Period, rungs, standing, week_ends

START = datetime.date(2016, 8, 7)  # a Sunday
STRICT = (1, 2, 3)


def week(number):
    return START + datetime.timedelta(weeks=number)


def weeks(*ids):
    """Return a week for each; a blank is a clean one."""
    return [Period(week(place), tuple(own.split())) for place, own in enumerate(ids)]


def yes(step, number, days=1):
    return Decision(step, week(number) + datetime.timedelta(days=days), True)


def no(step, number, days=1):
    return Decision(step, week(number) + datetime.timedelta(days=days), False)


def on(at, periods, *decisions, resets="clean", day=None, **more):
    return standing(at, resets, periods, decisions, day=day or week(len(periods) - 1), **more)


def told(found):
    return found and (found.status, found.steps, found.count)


# ----------------------------------------------------------------------------------------------------- by hand


def test_three_weeks_overdue_lead_to_notice_interview_accountability():
    periods = weeks("F1", "F1 F2", "F2 F3 F4")
    assert told(on(STRICT, periods[:1])) == ("proposed", (0,), 1)
    assert told(on(STRICT, periods[:2], yes(0, 0))) == ("proposed", (1,), 2)
    third = on(STRICT, periods, yes(0, 0), yes(1, 1))
    assert told(third) == ("proposed", (2,), 3)
    assert (third.ids, third.since, third.missed) == (("F2", "F3", "F4"), week(0), ())
    assert third.confirmed == (yes(0, 0), yes(1, 1))
    assert [len(period.ids) for period in third.periods] == [1, 2, 3]


def test_a_clean_week_starts_anew():
    periods = weeks("F1", "F1", "", "F2")
    assert on(STRICT, periods[:3], yes(0, 0), yes(1, 1)) is None
    again = on(STRICT, periods, yes(0, 0), yes(1, 1), no(0, 2))
    assert (told(again), again.since, again.confirmed, again.missed) == (("proposed", (0,), 1), week(3), (), ())


def test_no_step_is_skipped():
    """Two weeks passed without a decision: the notice is still what comes first, and the page says what was missed."""
    found = on(STRICT, weeks("F1", "F1", "F1"))
    assert (told(found), found.reached) == (("proposed", (0,), 3), (2,))
    assert found.missed == (Missed(week(0), (0,)), Missed(week(1), (0,)))


def test_a_late_confirmation_moves_by_one_step_a_week():
    periods = weeks("F1", "F1", "F1", "F1")
    late = yes(0, 1)  # the notice of week 0, confirmed after the end of week 1
    second = on(STRICT, periods[:2], late, day=late.on)
    assert (told(second), second.missed) == (("in_force", (0,), 2), ())
    third = on(STRICT, periods[:3], late)
    assert (told(third), third.reached, third.missed) == (("proposed", (1,), 3), (2,), ())
    assert told(on(STRICT, periods, late, yes(1, 2))) == ("proposed", (2,), 4)


def test_a_decision_belongs_to_the_last_week_that_had_ended():
    periods = weeks("F1", "F1")
    assert told(on(STRICT, periods, yes(0, 0, days=0))) == ("proposed", (1,), 2)  # on the Sunday itself
    assert told(on(STRICT, periods, yes(0, 0, days=6))) == ("proposed", (1,), 2)  # on the Saturday before the next
    assert told(on(STRICT, periods, yes(0, 1, days=0))) == ("in_force", (0,), 2)
    assert told(on(STRICT, periods, yes(0, 0, days=-1))) == ("proposed", (0,), 2)  # before anything counted


def test_a_declined_step_is_not_proposed_again_in_its_week_and_the_next_counts_on():
    periods = weeks("F1", "F1")
    first = on(STRICT, periods[:1], no(0, 0), day=week(0) + datetime.timedelta(days=2))
    assert told(first) == ("declined", (0,), 1)
    second = on(STRICT, periods, no(0, 0))
    assert (told(second), second.reached, second.missed) == (("proposed", (0,), 2), (1,), ())


def test_the_last_word_on_a_step_holds():
    periods, day = weeks("F1"), week(0) + datetime.timedelta(days=3)
    assert told(on(STRICT, periods, no(0, 0, days=1), yes(0, 0, days=2), day=day)) == ("in_force", (0,), 1)
    assert told(on(STRICT, periods, yes(0, 0, days=1), no(0, 0, days=2), day=day)) == ("declined", (0,), 1)


def test_a_confirmed_step_is_in_force_until_the_week_ends():
    periods = weeks("F1", "F1", "F1", "F1")
    steps = [yes(0, 0), yes(1, 1), yes(2, 2)]
    assert told(on(STRICT, periods[:3], *steps, day=week(2) + datetime.timedelta(days=6))) == ("in_force", (2,), 3)
    assert told(on(STRICT, periods, *steps)) == ("proposed", (2,), 4)  # the top step again, for one more week


def test_the_third_exposure_in_a_row_and_an_issue_without_it():
    media = (None, 1, 3)  # the exposure itself is what counts; each calls for a reply; the third for accountability
    issues = weeks("F1", "F2", "F3")
    replies = [yes(1, 0), yes(1, 1)]
    assert told(on(media, issues[:1])) == ("proposed", (1,), 1)
    assert told(on(media, issues[:2], *replies[:1])) == ("proposed", (1,), 2)
    assert told(on(media, issues, *replies)) == ("proposed", (2,), 3)
    assert told(on(media, weeks("F1", "F2", "", "F3"), *replies)) == ("proposed", (1,), 1)
    unanswered = on(media, issues, yes(1, 0))
    assert (told(unanswered), unanswered.missed) == (("proposed", (2,), 3), (Missed(week(1), (1,)),))


def test_what_only_a_person_can_propose():
    assert told(on((1, None), weeks("F1"), resets="never")) == ("proposed", (0,), 1)
    assert told(on((1, None), weeks("F1", "F2", "F3"), yes(0, 0), resets="never")) == ("proposed", (0,), 3)
    heavier = on((1, None), weeks("F1"), yes(1, 0), resets="never", day=week(1))
    assert told(heavier) == ("in_force", (1,), 1)  # a person went further than the count: nothing milder is proposed
    assert told(on((None, 1), weeks("F1"), yes(0, 0), resets="never", day=week(1))) == ("proposed", (1,), 1)
    assert on((None, None), weeks("F1")) is None


def test_steps_of_one_count_are_alternatives():
    gravity = (1, 1, 1)
    assert told(on(gravity, weeks("E1"), resets="never")) == ("proposed", (0, 1, 2), 1)
    after = {"resets": "never", "day": week(1)}
    assert told(on(gravity, weeks("E1"), yes(2, 0), **after)) == ("in_force", (2,), 1)
    assert told(on(gravity, weeks("E1"), no(2, 0), **after)) == ("proposed", (0, 1), 1)
    assert told(on(gravity, weeks("E1"), no(0, 0), no(1, 0), no(2, 0), **after)) == ("declined", (0, 1, 2), 1)


def test_all_verified_ends_a_run():
    finds = [Period(week(0), ("F1",)), Period(week(3), ("F2",))]
    assert told(on((1, 2), finds, yes(0, 0), resets="verified", day=week(4))) == ("proposed", (1,), 2)
    done = {"F1": week(2)}
    assert told(on((1, 2), finds, yes(0, 0), resets="verified", verified=done, day=week(4))) == ("proposed", (0,), 1)
    assert on((1, 2), finds[:1], resets="verified", verified=done, day=week(4)) is None
    assert told(on((1, 2), finds[:1], resets="verified", verified=done, day=week(1))) == ("proposed", (0,), 1)
    late = {"F1": week(3) + datetime.timedelta(days=1)}  # after it was found again
    assert told(on((1, 2), finds, yes(0, 0), resets="verified", verified=late, day=week(4))) == ("proposed", (1,), 2)


def test_a_count_that_is_not_reached():
    assert on((2, 3), weeks("F1")) is None
    assert told(on((2, 3), weeks("F1", "F1"))) == ("proposed", (0,), 2)
    assert on(STRICT, [], day=START) is None


def test_nothing_later_is_seen():
    periods, steps = weeks("F1", "F1", ""), [yes(0, 0), yes(1, 1)]
    assert told(on(STRICT, periods, *steps, day=week(0))) == ("proposed", (0,), 1)
    assert told(on(STRICT, periods, *steps, day=week(1))) == ("proposed", (1,), 2)


def test_the_ends_of_weeks():
    sunday = datetime.date(2016, 8, 21)
    assert week_ends(datetime.date(2016, 8, 21), sunday) == [sunday]
    assert week_ends(datetime.date(2016, 8, 15), datetime.date(2016, 8, 20)) == []
    after = [sunday + datetime.timedelta(days=7), sunday + datetime.timedelta(days=14)]
    assert week_ends(datetime.date(2016, 8, 22), datetime.date(2016, 9, 5)) == after


# --------------------------------------------------------------------------------------- a second implementation


def naive(at, resets, periods, decisions, day, verified):
    """Say it again from day to day: one walk over the days, with the state of the run in plain variables."""
    groups = rungs(at)
    run, passed, current, missed = [], set(), {}, []
    confirmed = []
    first = min([period.on for period in periods], default=day)
    now = first

    def called():
        levels = [number for number, group in enumerate(groups) if at[group[0]] <= len(run)]
        over = [number for number, group in enumerate(groups) if any(step >= group[0] for step in passed)]
        return min(levels[-1], (over[-1] if over else -1) + 1) if levels else None

    def close():
        """Book what was decided on the period that ends, and what was not."""
        if not run:
            return
        rung = called()
        taken = {step for step, choice in current.items() if choice}
        reach = [number for number, group in enumerate(groups) if any(step >= group[0] for step in taken)]
        missed[:] = [entry for entry in missed if entry[1] not in reach]
        if rung is not None and rung not in reach and any(current.get(step) is not False for step in groups[rung]):
            missed.append((run[-1].on, rung))
        passed.update(taken)
        confirmed.extend(sorted(taken))
        current.clear()

    while now <= day:
        for period in periods:
            if period.on != now:
                continue
            ids = [name for each in run for name in each.ids]
            done = run and all(name in verified and verified[name] <= now for name in ids)
            if (not period.ids and resets == "clean") or (period.ids and resets == "verified" and done):
                run, passed, missed, current, confirmed = [], set(), [], {}, []
            if period.ids:
                close()
                run = [*run, period]
        for decision in decisions:
            if decision.on == now and run:
                current[decision.step] = decision.yes
        now += datetime.timedelta(days=1)
    if resets == "verified" and run and all(verified.get(n, datetime.date.max) <= day for p in run for n in p.ids):
        return None
    rung = called() if run else None
    if rung is None:
        return None
    taken = sorted(
        step for step, choice in current.items() if choice and (at[step] is not None or step >= groups[rung][0])
    )
    left = tuple(step for step in groups[rung] if current.get(step) is not False)
    if taken:
        status, steps = "in_force", (taken[-1],)
        missed = [entry for entry in missed if groups[entry[1]][0] > taken[-1]]
    else:
        status, steps = ("proposed", left) if left else ("declined", groups[rung])
    return (
        status,
        steps,
        len(run),
        run[-1].ids,
        [(on, groups[number]) for on, number in missed],
        sorted([*confirmed, *(step for step, choice in current.items() if choice)]),
    )


def after(days):
    return START + datetime.timedelta(days=days)


LADDERS = [STRICT, (1, 2), (None, 1, 3), (1, 1, 1), (1, None, 3), (1, 1, 3, None), (2, 4), (1, None)]


@pytest.mark.parametrize("seed", range(40))
def test_random_sequences_agree_with_the_second_implementation(seed):
    rng = random.Random(seed)
    seen = set()
    for _ in range(12):
        at, resets = rng.choice(LADDERS), rng.choice(["clean", "verified", "never"])
        days = sorted(rng.sample(range(60), rng.randint(1, 8)))
        periods = [
            Period(after(when), tuple(f"F{rng.randint(1, 6)}" for _ in range(rng.randint(0, 2)))) for when in days
        ]
        decisions = [
            Decision(rng.randrange(len(at)), after(rng.randint(-2, 65)), rng.random() < 0.7)
            for _ in range(rng.randint(0, 6))
        ]
        verified = {f"F{n}": after(rng.randint(0, 60)) for n in range(1, 7) if rng.random() < 0.6}
        day = after(rng.randint(0, 70))
        found = standing(at, resets, periods, decisions, day=day, verified=verified)
        own = naive(at, resets, periods, decisions, day, verified)
        if own is None or found is None:
            assert found is own
            continue
        missed = [(entry.on, entry.steps) for entry in found.missed]
        assert (found.status, found.steps, found.count, found.ids, missed) == own[:5]
        assert sorted(decision.step for decision in found.confirmed) == own[5]
        seen.add(found.status)
    assert seen
