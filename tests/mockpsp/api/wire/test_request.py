"""Our request and answer begin as werkzeug's own do, which know more ways to begin than ours."""

import io

import flask
import pytest

from mockpsp.api.wire.request import Request
from mockpsp.api.wire.response import JSON, JsonResponse

ENVIRON = {
    "REQUEST_METHOD": "post",
    "PATH_INFO": "//invoices/caf\u00c3\u00a9",
    "QUERY_STRING": "a=1&b=%C3%A9",
    "SCRIPT_NAME": "/mounted/",
    "SERVER_NAME": "127.0.0.1",
    "SERVER_PORT": "8080",
    "REMOTE_ADDR": "127.0.0.1",
    "HTTP_HOST": "localhost:8080",
    "HTTP_ACCEPT": "*/*",
    "CONTENT_TYPE": "application/json",
    "CONTENT_LENGTH": "2",
    "wsgi.url_scheme": "https",
}


@pytest.mark.parametrize(
    "left_out", [(), ("PATH_INFO",), ("QUERY_STRING", "SCRIPT_NAME"), ("REMOTE_ADDR",), tuple(ENVIRON)]
)
def test_a_request_has_all_that_werkzeugs_has(left_out: tuple[str, ...]) -> None:
    """Every attribute that werkzeug gives a request, whichever its version, with the same value."""
    environ = {name: value for name, value in ENVIRON.items() if name not in left_out} | {"wsgi.input": io.BytesIO()}
    theirs, ours = flask.Request(dict(environ)), Request(dict(environ))
    assert ours.environ["werkzeug.request"] is ours
    for name in vars(theirs).keys() - {"environ", "headers"}:
        assert getattr(ours, name) == getattr(theirs, name), name
    assert list(ours.headers) == list(theirs.headers)
    assert (ours.url, ours.args) == (theirs.url, theirs.args)


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
