"""Tests against the real programs that timegrain reads from."""
