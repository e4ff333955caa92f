// Zooming of the timeline.
