"""A slow, obvious count to compare the real one with. It shares no line with `timegrain`."""
