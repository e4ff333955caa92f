"""Of timegrain's own calls."""

from __future__ import annotations

from timegrain.api.examples.example import USER, Example

EXAMPLES = {
    "getMe": Example(
        answer={
            "role": "device",
            "organisation": {
                "organisationId": "0d0a1be2-2f3c-4f7e-9c41-5a8b1f0f6f3a",
                "name": "Acme",
                "timeZone": "Asia/Kolkata",
                "weekStart": "monday",
                "titles": "none",
                "urls": "host",
                "notice": None,
            },
            "user": {"userId": USER, "name": "Grace"},
            "device": "laptop-7",
        },
    ),
}
