"""The agent: reads the ActivityWatch of this computer and sends its facts to a timegrain server."""
