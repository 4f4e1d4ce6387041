"""What fixes need and exclude: circles of prerequisites, and fixes that can never be done."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping

__all__ = ["circles", "contradictions"]

Names = Mapping[str, Collection[str]]


def circles(needs: Names) -> tuple[tuple[str, ...], ...]:
    """Return the circles of prerequisites, so that every need that lies on a circle lies on one of them.

    Parameters
    ----------
    needs : mapping of str to collection of str
        What each fix needs, in the order of the table. Names that are no key need nothing.

    Returns
    -------
    tuple of tuple of str
        The shortest circle through each need that lies on any, each circle once and without its return: it begins
        with the fix that stands first in the table. In the order of these.

    Examples
    --------
    >>> circles({"a": ["b"], "b": ["a", "c"], "c": ["c"]})
    (('a', 'b'), ('c',))
    """
    order = {name: place for place, name in enumerate(needs)}
    found: dict[tuple[str, ...], None] = {}
    for name in needs:
        for other in needs[name]:
            back = _way(needs, other, name)
            if back is not None:
                first = min(range(len(back)), key=lambda place: order[back[place]])
                found[(*back[first:], *back[:first])] = None
    return tuple(sorted(found, key=lambda circle: [order[name] for name in circle]))


def _way(needs: Names, start: str, end: str) -> tuple[str, ...] | None:
    """Return the shortest chain of needs from one fix to another, both included; None where there is none."""
    came: dict[str, str | None] = {start: None}
    waiting = deque([start])
    while waiting:
        name = waiting.popleft()
        if name == end:
            chain = [name]
            while (before := came[chain[-1]]) is not None:
                chain.append(before)
            return tuple(reversed(chain))
        for other in needs.get(name, ()):
            if other not in came:
                came[other] = name
                waiting.append(other)
    return None


def contradictions(needs: Names, excludes: Names) -> tuple[tuple[str, str, str], ...]:
    """Return fixes that can never be done, because all that they need, directly or not, cannot be done together.

    Exclusions work both ways. A pair is told at the first fix in a chain of needs that cannot have both, not again at
    those that need this fix.

    Parameters
    ----------
    needs, excludes : mapping of str to collection of str
        Of each fix, in the order of the table.

    Returns
    -------
    tuple of (fix, one, other)
        In the order of the table; `one` and `other` exclude each other, and one of them may be the fix itself.

    Examples
    --------
    >>> contradictions({"a": ["b"], "b": ["c"], "c": []}, {"a": [], "b": [], "c": ["a"]})
    (('a', 'a', 'c'),)
    """
    order = {name: place for place, name in enumerate(needs)}
    every = {name: _all_needed(needs, name) for name in needs}
    apart = {
        tuple(sorted((name, other), key=lambda one: order[one]))
        for name in excludes
        for other in excludes[name]
        if other in order and name in order
    }
    return tuple(
        (name, one, other)
        for name in needs
        for one, other in sorted(apart, key=lambda pair: [order[each] for each in pair])
        if {one, other} <= every[name]
        and one != other
        and not any({one, other} <= every[need] for need in needs[name] if need != name and need in every)
    )


def _all_needed(needs: Names, name: str) -> set[str]:
    """Return a fix and all that it needs, directly or not."""
    found, waiting = {name}, [name]
    while waiting:
        for other in needs.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found
