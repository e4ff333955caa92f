"""Every route that takes a key, in the order of the description."""

from __future__ import annotations

from typing import Any

from timegrain.api import (
    activity,
    audit,
    dashboard,
    devices,
    employees,
    exporting,
    holidays,
    jobs,
    keys,
    me,
    members,
    policy,
    ratings,
    reports,
    roles,
    teams,
    timeline,
    timesheet,
    usage,
    users,
    wakatime,
    watchers,
    weekly_summary,
)
from timegrain.api.routes import Route

ROUTES: tuple[Route[Any], ...] = (
    *weekly_summary.ROUTES,
    *dashboard.ROUTES,
    *timesheet.ROUTES,
    *timeline.ROUTES,
    *reports.ROUTES,
    *usage.ROUTES,
    *exporting.ROUTES,
    *activity.ROUTES,
    *me.ROUTES,
    *employees.ROUTES,
    *roles.ROUTES,
    *users.ROUTES,
    *teams.ROUTES,
    *members.ROUTES,
    *devices.ROUTES,
    *keys.ROUTES,
    *ratings.ROUTES,
    *jobs.ROUTES,
    *policy.ROUTES,
    *holidays.ROUTES,
    *audit.ROUTES,
    *watchers.ROUTES,
    *wakatime.ROUTES,
)
