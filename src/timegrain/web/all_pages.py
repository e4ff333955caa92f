"""All pages, in the order of the navigation."""

from __future__ import annotations

from timegrain.web import counting, day, first_run, live, my_data, person, reports, sign_in, subjects, week
from timegrain.web.pages import Page
from timegrain.web.settings import (
    audit,
    devices,
    holidays,
    jobs,
    keys,
    people,
    policy,
    retention,
    roles,
    sections,
    teams,
)

PAGES: tuple[Page, ...] = (
    *week.PAGES,
    *person.PAGES,
    *day.PAGES,
    *subjects.PAGES,
    *live.PAGES,
    *reports.PAGES,
    *sections.PAGES,
    *people.PAGES,
    *teams.PAGES,
    *roles.PAGES,
    *devices.PAGES,
    *keys.PAGES,
    *policy.PAGES,
    *jobs.PAGES,
    *holidays.PAGES,
    *retention.PAGES,
    *audit.PAGES,
    *my_data.PAGES,
    *counting.PAGES,
    *sign_in.PAGES,
    *first_run.PAGES,
)
