"""Templates to HTML: what is put in is escaped, what is missing is an error."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from timegrain.counting.calendar import zone_names
from timegrain.web import charts, csrf, formats, wording
from timegrain.web.assets import address_of


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("timegrain.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.do"],
    )
    environment.filters |= {
        "hm": formats.hm,
        "hms": formats.hms,
        "exact": formats.exact,
        "change": formats.change,
        "minutes": formats.minutes,
        "field_name": wording.field_name,
        "field_message": wording.field_message,
    }
    environment.globals |= {
        "asset": address_of,
        "zone_list": zone_list,
        "stacked": charts.stacked,
        "percent": formats.percent,
        "counted": formats.counted,
        "csrf_field": csrf.FIELD,
    }
    return environment


def rendered(template: str, given: Mapping[str, Any]) -> str:
    return _environment().get_template(template).render(given)


@cache
def zone_list(home: str) -> Markup:
    """What the picker of zones offers: the home zone first, then every zone by its name."""
    names = [home, "UTC", *sorted(name for name in zone_names() if "/" in name and name != home)]
    options = Markup("").join(Markup("<option>{}</option>").format(name) for name in names)
    return Markup('<datalist id="zones">{}</datalist>').format(options)
