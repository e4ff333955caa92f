"""Every route that takes a key, in the order of the description."""

from __future__ import annotations

from typing import Any

from timegrain.api import (
    activity,
    audit,
    dashboard,
    employees,
    holidays,
    jobs,
    me,
    policy,
    ratings,
    reports,
    roles,
    timeline,
    timesheet,
    usage,
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
    *activity.ROUTES,
    *me.ROUTES,
    *employees.ROUTES,
    *roles.ROUTES,
    *ratings.ROUTES,
    *jobs.ROUTES,
    *policy.ROUTES,
    *holidays.ROUTES,
    *audit.ROUTES,
    *watchers.ROUTES,
    *wakatime.ROUTES,
)
