from __future__ import annotations

from .aw_server import aw_export, aw_python, aw_server

__all__ = ["aw_export", "aw_python", "aw_server"]
