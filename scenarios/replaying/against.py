"""The user's own application in a story: webhooks are passed on to it, and calls of the story go to it.

Webhooks go by way of a receiver in the replaying process, which writes down what was sent and what the application
answered, and changes nothing of either.
"""

from collections.abc import Mapping
from typing import NamedTuple

import requests

from mockpsp.scenarios.replaying.receiver import Before, Reply

#: Longer than the server waits for a receiver unless it is told to: it gives up first.
_ANSWER_TIMEOUT_S = 30
#: Headers of one connection, which are not those of the next.
_OF_CONNECTION = frozenset(
    "host connection content-length transfer-encoding keep-alive te trailer upgrade date server".split()
)
#: An answer of which more than this is passed on is read no further: the sandbox keeps less.
_BODY_MAX_BYTES = 1024 * 1024


class Against(NamedTuple):
    """The application's address, and the universe whose credentials it has; empty for one made for the story."""

    url: str
    project_id: str = ""
    secret: str = ""


def passing_on(url: str) -> Before:
    """What gives requests to the application at that address, and its answers back."""

    def pass_on(headers: Mapping[str, str], body: bytes) -> Reply:
        sent = {name: value for name, value in headers.items() if name.lower() not in _OF_CONNECTION}
        with requests.Session() as session:
            session.trust_env = False
            # Nothing of requests' own is added.
            session.headers.clear()
            try:
                answer = session.post(
                    url, data=body, headers=sent, timeout=_ANSWER_TIMEOUT_S, allow_redirects=False, stream=True
                )
                content = answer.raw.read(_BODY_MAX_BYTES)
            except (requests.RequestException, OSError):
                return Reply(0)
        told = {name: value for name, value in answer.headers.items() if name.lower() not in _OF_CONNECTION}
        return Reply(answer.status_code, told, content)

    return pass_on
