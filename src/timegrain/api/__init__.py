"""The JSON contract over HTTP: one module a resource, request and response types on top, handlers below."""
