"""A JSON answer is sent as werkzeug would send it."""

import flask
import pytest

from mockpsp.api.wire.response import JSON, JsonResponse

ENVIRON = {"REQUEST_METHOD": "POST", "PATH_INFO": "/invoices", "wsgi.url_scheme": "http", "HTTP_HOST": "localhost"}


@pytest.mark.parametrize("status", [200, 202, 410, 429, 418, 599])
def test_an_answer_has_all_that_werkzeugs_has(status: int) -> None:
    """Every attribute that werkzeug gives an answer, and what it sends."""
    theirs, ours = flask.Response(b'{"a":1}', status, content_type=JSON), JsonResponse(b'{"a":1}', status)
    for name in vars(theirs):
        assert getattr(ours, name) == getattr(theirs, name), name
    for answer in (theirs, ours):
        answer.headers["Retry-After"] = "1"
        answer.set_data(b"{}")
    sent: list[list[object]] = []
    for answer in (theirs, ours):
        said: list[object] = []
        body = b"".join(answer(dict(ENVIRON), lambda *begun, said=said: said.extend(begun)))
        sent.append([*said, body])
    assert sent[0] == sent[1]
    assert ours.body == theirs.get_data()
