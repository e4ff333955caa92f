"""The agent on a person's computer: reads the local ActivityWatch server and sends facts to timegrain.

Imports nothing of the server, so that it starts fast and stays small.
"""
