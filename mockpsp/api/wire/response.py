"""JSON answers, made whole: nothing of them has to be worked out once they go."""

from collections.abc import Iterable
from typing import Any, cast

from flask import Response
from werkzeug.datastructures import Headers

JSON = "application/json"


class JsonResponse(Response):
    """An answer whose body and headers are as they will be sent: no redirect, and never without a body."""

    def __init__(self, body: bytes, status: int = 200) -> None:
        super().__init__(body, status, content_type=JSON)

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Send the whole; of an answer to HEAD the server sends no body."""
        start_response(self.status, self.headers.to_wsgi_list())
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
