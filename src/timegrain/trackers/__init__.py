"""What feeds facts: the formats of other trackers, and timegrain's own agent."""
