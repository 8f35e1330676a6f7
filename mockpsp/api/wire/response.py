"""JSON answers, made whole: nothing of them has to be worked out once they go."""

from collections.abc import Iterable
from typing import Any, cast

from flask import Response

JSON = "application/json"


class JsonResponse(Response):
    """An answer whose body and headers are as they will be sent: no redirect, and never without a body."""

    def __init__(self, body: bytes, status: int = 200) -> None:
        super().__init__(body, status, content_type=JSON)

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Send the whole; of an answer to HEAD the server sends no body."""
        start_response(self.status, self.headers.to_wsgi_list())
        return cast(list[bytes], self.response)

    @property
    def body(self) -> bytes:
        """The body as it will be sent."""
        return cast(list[bytes], self.response)[0]

    @property
    def is_json(self) -> bool:
        """Nothing else is."""
        return True
