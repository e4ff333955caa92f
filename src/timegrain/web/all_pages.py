"""All pages, in the order of the navigation."""

from __future__ import annotations

from timegrain.web import sign_in, week
from timegrain.web.pages import Page

PAGES: tuple[Page, ...] = (
    *week.PAGES,
    *sign_in.PAGES,
)
