"""timegrain: exact computer-time and productivity figures."""

__version__ = "0.1.0"
