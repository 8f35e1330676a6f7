#!/usr/bin/env bash
# freezegun 1.5.5 beside squareup 46.0.0.20260916 (Square's SDK) and a model of pydantic 2.14.4: once `square` is imported, though
# nothing of it was used yet, freeze_time() raises pydantic's PydanticSchemaGenerationError, and the clock stays frozen
# though the block was never entered. freezegun reads every attribute of every module; `square` imports its client on
# the first read, and then finds the fake `datetime` in its place, of which pydantic makes no schema. Seen:
#   raised PydanticSchemaGenerationError; year afterwards 2012
#   ignored: year inside 2012; year afterwards is the real one
# Who tests webhooks of Square and freezes time tells freezegun to leave `square` alone. Fails if that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    freezegun==1.5.5 squareup==46.0.0.20260916 pydantic==2.14.4
"$folder/venv/bin/python" - <<'PY'
import datetime

import freezegun
import pydantic
import square


class Order(pydantic.BaseModel):  # any model that an application has
    made_at: datetime.datetime


try:
    with freezegun.freeze_time("2012-06-01"):
        raised = "nothing"
except Exception as error:
    raised = type(error).__name__
print(f"raised {raised}; year afterwards {datetime.datetime.now().year}")
assert raised == "PydanticSchemaGenerationError", raised
assert datetime.datetime.now().year == 2012
PY
"$folder/venv/bin/python" - <<'PY'
import datetime

import freezegun
import pydantic
import square


class Order(pydantic.BaseModel):
    made_at: datetime.datetime


freezegun.configure(extend_ignore_list=["square"])
with freezegun.freeze_time("2012-06-01"):
    inside = datetime.datetime.now().year
print(f"ignored: year inside {inside}; year afterwards is the real one")
assert inside == 2012 < datetime.datetime.now().year
PY
