"""What pages read from an address, found in their source."""

from __future__ import annotations

import re
from pathlib import Path

import timegrain.web

_ASKED = re.compile(r'\bquery\.(?:one|all)\(\s*"(\w+)"|"(\w+)" in (?:\w+\.)*query\b')


def asked_names() -> list[str]:
    """The names of query values that any page knows."""
    found = {"date", "week"}  # read by a name that is no literal
    for file in Path(timegrain.web.__file__).parent.rglob("*.py"):
        found |= {one or other for one, other in _ASKED.findall(file.read_text())}
    return sorted(found)
