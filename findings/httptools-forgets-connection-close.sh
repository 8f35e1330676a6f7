#!/usr/bin/env bash
# httptools 0.9.0 (llhttp for Python): HttpRequestParser.should_keep_alive() is False for a request with
# `Connection: close` while its callbacks run, and True again as soon as feed_data() has returned, since the parser has
# reset itself for the next message by then. Seen for a GET and for a POST with a body:
#   on_headers_complete False, on_message_complete False, after feed_data True
# A server that asks once the request is parsed keeps connections that were to be closed. Fails if that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httptools==0.9.0
"$folder/venv/bin/python" - <<'PY'
import httptools


class Seen:
    def __init__(self):
        self.said = []
        self.parser = httptools.HttpRequestParser(self)

    def on_headers_complete(self):
        self.said.append(("on_headers_complete", self.parser.should_keep_alive()))

    def on_message_complete(self):
        self.said.append(("on_message_complete", self.parser.should_keep_alive()))


for request in (
    b"GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
):
    seen = Seen()
    seen.parser.feed_data(request)
    seen.said.append(("after feed_data", seen.parser.should_keep_alive()))
    print(request.split()[0].decode(), seen.said)
    assert seen.said == [
        ("on_headers_complete", False),
        ("on_message_complete", False),
        ("after feed_data", True),
    ], seen.said
PY
