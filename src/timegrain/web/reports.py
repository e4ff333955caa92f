"""To come."""

from __future__ import annotations

from timegrain.web.pages import Page

PAGES: tuple[Page, ...] = ()
