"""JSON answers, made whole: nothing of them has to be worked out once they go."""

from collections.abc import Iterable
from typing import Any, cast

from flask import Response
from werkzeug.datastructures import Headers
from werkzeug.http import HTTP_STATUS_CODES

JSON = "application/json"


#: Status -> the line that it is sent as.
_STATUS_LINES = {code: f"{code} {phrase.upper()}" for code, phrase in HTTP_STATUS_CODES.items()}


class JsonResponse(Response):
    """An answer whose body and headers are as they will be sent: no redirect, and never without a body.

    It begins with what werkzeug's own begins with, and checks nothing of it: all of that was made here.
    """

    direct_passthrough = False

    def __init__(self, body: bytes, status: int = 200) -> None:
        self.headers = Headers()
        self.headers._list += (("Content-Type", JSON), ("Content-Length", str(len(body))))
        self._status, self._status_code = _STATUS_LINES.get(status) or f"{status} UNKNOWN", status
        self._on_close = []
        self.response = [body]

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Send the whole; of an answer to HEAD the server sends no body."""
        start_response(self._status, self.headers.to_wsgi_list())
        return cast(list[bytes], self.response)

    def get_wsgi_headers(self, environ: Any) -> Headers:
        """The headers; the length is among them."""
        return self.headers

    def get_app_iter(self, environ: Any) -> Any:
        """The body; of an answer to HEAD the server sends none."""
        return self.response

    @property
    def body(self) -> bytes:
        """The body as it will be sent."""
        return cast(list[bytes], self.response)[0]

    @property
    def is_json(self) -> bool:
        """Nothing else is."""
        return True
