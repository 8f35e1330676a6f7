#!/usr/bin/env bash
# orjson 3.13.0: the bytes that orjson.dumps() answers hold on to all of the buffer they were written in. Their length and
# sys.getsizeof() tell of what is used alone; a copy of the same bytes takes what they say. Seen on CPython 3.11, as the
# memory that Python's allocators count for one answer, in bytes:
#   length 1,071: 4,089 kept, 1,104 by a copy; 4,251: 16,257; 10,611: 32,481; 21,211: 64,929
# Two to four times as much for whoever keeps answers, as a log or a cache of JSON does. Fails if that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check orjson==3.13.0
"$folder/venv/bin/python" - <<'PY'
import sys
import tracemalloc

import orjson


def kept(make):
    tracemalloc.start()
    made = make()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return made, size


for count in (20, 80, 200, 400):
    value = {"items": ["x" * 50] * count}
    written, held = kept(lambda: orjson.dumps(value))
    copied, held_by_copy = kept(lambda: bytes(bytearray(written)))
    print(f"length {len(written):,}: {held:,} kept, {held_by_copy:,} by a copy, {sys.getsizeof(written):,} said")
    assert written == copied and sys.getsizeof(written) == sys.getsizeof(copied) < len(written) + 100
    assert held_by_copy < len(written) + 200, held_by_copy
    assert held > 2 * len(written), held
PY
