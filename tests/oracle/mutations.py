"""One-line breaks of the counting rules, each of which the oracle must catch. Run by `make mutants`."""

from __future__ import annotations

from typing import NamedTuple


class Mutation(NamedTuple):
    name: str
    file: str
    before: str
    after: str
    world: int = 0
    """One that is known to catch it, to be tried first."""


MUTATIONS = (
    Mutation(
        "edges rounded up",
        "counting/fronts.py",
        "end = interval[1] // 1000\n        if",
        "end = -(-interval[1] // 1000)\n        if",
    ),
    Mutation(
        "reach ends early",
        "counting/fronts.py",
        "end < following <= end + reach",
        "end < following < end + reach",
    ),
    Mutation(
        "reach without end",
        "counting/fronts.py",
        "end < following <= end + reach",
        "end < following <= end + reach + 1",
        world=1,
    ),
    Mutation("earliest ended fills", "counting/fronts.py", "max(here, key", "min(here, key", world=31),
    Mutation("timeout joins", "counting/heartbeats.py", "start // 1000 < timeout", "start // 1000 <= timeout", world=1),
    Mutation(
        "distance in milliseconds",
        "counting/heartbeats.py",
        "following // 1000 - heartbeat.start // 1000 < timeout",
        "following - heartbeat.start < timeout * 1000",
        world=1,
    ),
    Mutation(
        "editors not told apart",
        "deciding.py",
        "heartbeats.setdefault(browser,",
        "heartbeats.setdefault(min(heartbeats, default=browser),",
    ),
    Mutation(
        "heartbeat before focus",
        "counting/heartbeats.py",
        "[*found, *focus]",
        "[*focus, *found]",
        world=3,
    ),
    Mutation(
        "last editor in front",
        "counting/heartbeats.py",
        "sorted(heartbeats, reverse=True)",
        "sorted(heartbeats)",
        world=1,
    ),
    Mutation("editors by number", "deciding.py", "names[editor].spelling:", "str(editor):", world=1),
    Mutation(
        "heartbeats read too near", "counted.py", "organisation, around, timeout)", "organisation, around, 0)", world=4
    ),
    Mutation("window without timeout", "counting/window.py", "farthest = timeout - 1", "farthest = 0", world=5),
    Mutation(
        "short input covers nothing",
        "counting/stretches.py",
        "max(end_ms // 1000, start + 1)",
        "end_ms // 1000",
    ),
    Mutation(
        "threshold is active", "counting/stretches.py", "length < self.threshold", "length <= self.threshold", world=11
    ),
    Mutation("away limit is untracked", "counting/stretches.py", "length <= self.away", "length < self.away", world=41),
    Mutation(
        "unattended limit is untracked",
        "counting/stretches.py",
        "length <= self.unattended else",
        "length < self.unattended else",
        world=5,
    ),
    Mutation("holes part", "counting/stretches.py", "start - last <= reach and", "start - last < reach and"),
    Mutation("input in a hole joins", "counting/stretches.py", "and not touches(with_input, last, start)", ""),
    Mutation("idle beats active", "counting/spans.py", "standing > rank", "standing < rank"),
    Mutation("last name wins", "counting/spans.py", "standing > rank", "standing >= rank", world=1),
    Mutation("input does not matter", "counting/spans.py", "span.stretch == 0, ", "False, "),
    Mutation(
        "first page in front",
        "counting/fronts.py",
        "cursor = start\n        below.append((end, interval))",
        "cursor = start\n        below.insert(0, (end, interval))",
    ),
    Mutation("lock screens count", "counting/spans.py", "if app in named.locked:", "if False:"),
    Mutation("page before own URL", "counting/spans.py", "if site or browser is None", "if browser is None"),
    Mutation(
        "team after organisation",
        "counting/ratings.py",
        "return special if special is not None else self._general(kind, name)",
        "return self._general(kind, name) or special",
        world=1,
    ),
    Mutation(
        "team never inherits",
        "counting/ratings.py",
        "bool(general and general.ignore_idle)",
        "False",
    ),
    Mutation(
        "starter before organisation",
        "counting/ratings.py",
        "return own if own is not None else self._owners[STARTER].winner(kind, name)",
        "return self._owners[STARTER].winner(kind, name) or own",
        world=14,
    ),
    Mutation(
        "starter does not rate",
        "counting/ratings.py",
        "return own if own is not None else self._owners[STARTER].winner(kind, name)",
        "return own",
    ),
    Mutation(
        "team inherits of the organisation alone",
        "counting/ratings.py",
        "general = self._general(kind, name)",
        "general = self._owners[None].winner(kind, name)",
    ),
    Mutation("addresses are domains", "counting/ratings.py", '"" if is_address(host) else host', "host", world=14),
    Mutation("shorter stays", "storage/keeping.py", "new.length > old.length", "new.length < old.length"),
    Mutation("first of equals stays", "storage/keeping.py", "] > self._as_kept(old)", "] < self._as_kept(old)"),
    Mutation("erased seconds count", "deciding.py", "if erased_on in (device.id, ALL_DEVICES)", "if False"),
    Mutation(
        "erased facts come again",
        "batches.py",
        "if not is_erased(of.user, fact.device, fact.start, fact.end)",
        "if True",
    ),
    Mutation(
        "batch counts the current generation only",
        "generations.py",
        "if to is None or user not in begun:",
        "if True:",
        world=2,
    ),
    Mutation("a batch leaves the difference", "storage/recounted.py", "anew = differing | {", "anew = {"),
    Mutation(
        "a slot that is gone stays", "storage/recounted.py", "if slot not in totals and one.holds(slot)", "if False"
    ),
    Mutation("a subject that is gone stays", "storage/recounted.py", "in held.keys() - subjects.keys()", "in ()"),
    Mutation("a day of the changed slots alone", "storage/recounted.py", "if not one.holds(slot)}", "if False}"),
    Mutation(
        "a batch leaves the difference to come",
        "generations.py",
        "before, _difference(now.subjects, new.subjects)",
        "before, {}",
    ),
    Mutation("a difference takes the place", "storage/generations.py", 'rows], add=("seconds",))', "rows])"),
    Mutation("shared rows differ", "generations.py", "if of.user.user in forgotten:", "if False:", world=34),
    Mutation(
        "flip forgets a user",
        "storage/generations.py",
        ".where(_OF_ORGANISATION)\n    .values(\n        generation=",
        ".where(_OF_ORGANISATION, users.c.id > 1)\n    .values(\n        generation=",
    ),
    Mutation(
        "flip forgets the policy",
        "job_steps.py",
        "changes.make(connection, organisation, job.change)",
        "pass",
    ),
    Mutation("idle ignored anew before", "alterations.py", "RatedAnew(to.book, of.policy.book)", "to.book"),
    Mutation("ratings moved twice", "alterations.py", "RatedAnew(to.book, of.policy.book)", "of.policy.book", world=26),
    Mutation(
        "limits of the threshold that is",
        "alterations.py",
        "min(before.threshold, after",
        "max(before.threshold, after",
        world=4,
    ),
    Mutation("subjects go down only", "alterations.py", "found.add(new, 1)", "found.add(new, 0)"),
    Mutation(
        "organisation's hours first",
        "counting/attendance.py",
        "if own is None:",
        "if own is None or self.general:",
        world=1,
    ),
    Mutation("first hours stay", "counting/attendance.py", "in reversed(held) if", "in held if", world=1),
    Mutation("hours hold a day late", "counting/attendance.py", "one.first <= day)", "one.first < day)", world=3),
    Mutation(
        "last day of employment", "counting/attendance.py", "first <= day < end for", "first <= day <= end for", world=8
    ),
    Mutation("holidays are worked", "counting/attendance.py", "day not in self.holidays and ", ""),
    Mutation("others' days are worked", "counting/attendance.py", "if not (counts and terms.", "if not (terms."),
    Mutation(
        "idle is present",
        "counting/attendance.py",
        "    if tally.active:\n        return DayAttended(day, Status.PRESENT",
        "    if tally.total:\n        return DayAttended(day, Status.PRESENT",
        world=111,
    ),
    Mutation(
        "idle works on a week-off",
        "counting/attendance.py",
        "if tally.active else Status.WEEK_OFF",
        "if tally.total else Status.WEEK_OFF",
        world=11,
    ),
    Mutation("today is absent", "counting/attendance.py", "if day < today else", "if day <= today else", world=1),
    Mutation(
        "extra of what is active", "counting/attendance.py", "max(0, tally.total - ", "max(0, tally.active - ", world=3
    ),
    Mutation(
        "present is not completed",
        "counting/attendance.py",
        "    completed = present + absent\n",
        "    completed = absent\n",
    ),
    Mutation(
        "range from a slot's edge",
        "figures/parts.py",
        "first, last = start + -start % SLOT",
        "first, last = start - start % SLOT",
    ),
    Mutation("range loses its last second", "figures/pieces.py", "(last, piece.end)]", "(last, piece.end - 1)]"),
    Mutation(
        "range before joining", "figures/pieces.py", "low = start if first == ALWAYS else", "low = start if True else"
    ),
    Mutation(
        "idle is an arrival",
        "storage/queries/windows.py",
        "table.c.productive + table.c.neutral + table.c.unproductive > 0",
        "table.c.slot > 0",
        world=54,
    ),
    Mutation(
        "gone after the first slot",
        "storage/queries/windows.py",
        "_end_slot(_end_parts, last=True)",
        "_end_slot(_end_parts, last=False)",
    ),
    Mutation(
        "window without its stretch",
        "storage/queries/windows.py",
        "func.coalesce(_LAST_BEFORE, _windows.c.low)",
        "_windows.c.low",
    ),
    Mutation(
        "window without long facts",
        "storage/queries/windows.py",
        "facts.c.start_ms >= _low - LONGEST_FACT * 1000",
        "facts.c.start_ms >= _low",
    ),
    Mutation(
        "window without heartbeats before",
        "storage/queries/windows.py",
        "facts.c.start_ms >= _low - LONGEST_TIMEOUT * 1000",
        "facts.c.start_ms >= _low",
        world=5,
    ),
    Mutation("working a second longer", "figures/worked.py", "JUST_NOW = 300", "JUST_NOW = 301"),
    Mutation("present after the range", "figures/worked.py", "range_.start <= now < range_.end", "range_.start <= now"),
    Mutation("rules of before", "storage/books.py", "held is not None and held[0] == version", "held is not None"),
    Mutation(
        "teams rate as the organisation",
        "figures/usage.py",
        "book.settle(team, *subject)",
        "book.settle(None, *subject)",
        world=1,
    ),
    Mutation(
        "team from before it was joined",
        "storage/queries/usage.py",
        "later(_part.c.c3, func.coalesce(_start_of(memberships.c.first_day), _part.c.c3))",
        "later(_part.c.c3, _part.c.c3)",
        world=1,
    ),
    Mutation(
        "user of a cut slot counts twice", "figures/usage.py", "if (user, subject) not in known_users:", "if True:"
    ),
    Mutation(
        "subjects of the totals' generation",
        "figures/usage.py",
        "in one.subject_generations)",
        "in (one.generation,))",
    ),
    Mutation(
        "subjects without their difference",
        "figures/usage.py",
        "in one.subject_generations)",
        "in (one.subject_generation,))",
    ),
    Mutation(
        "clock of UTC",
        "figures/timesheet.py",
        "datetime.fromtimestamp(second, zone_named(zone))",
        "datetime.fromtimestamp(second, zone_named('UTC'))",
    ),
    Mutation(
        "midnight is 0:00",
        "figures/timesheet.py",
        "min(1, wall.toordinal() - day)",
        "min(0, wall.toordinal() - day)",
        world=1,
    ),
)
