"""Examples of the API's description, by the name of their operation."""

from __future__ import annotations

from collections.abc import Mapping

from timegrain.api.examples import dashboard, own, people, policy, rating, recording, reports
from timegrain.api.examples.example import Example

EXAMPLES: Mapping[str, Example] = {
    **dashboard.EXAMPLES,
    **reports.EXAMPLES,
    **recording.EXAMPLES,
    **own.EXAMPLES,
    **people.EXAMPLES,
    **rating.EXAMPLES,
    **policy.EXAMPLES,
}
FAILURE = {
    "success": False,
    "statusCode": 401,
    "statusMessage": "Authentication token header is missing",
    "data": None,
    "error": {
        "message": "Authorization header is missing",
        "code": "AUTHORIZATION_HEADER_MISSING",
    },
}
INFO = {
    "hostname": "timegrain",
    "version": "0.1.0",
    "testing": False,
    "device_id": "00000000-0000-0000-0000-000000000000",
}
