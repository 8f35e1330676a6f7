#!/usr/bin/env bash
# openapi-python-client 0.29.1: of a schema whose oneOf has its forms written in place, a form that holds an unnamed object
# gets no class ("Attempted to generate duplicate models": it meets what it made of the inner object before). The exit code
# is 0, and the endpoint that takes the body imports the class all the same, so its module raises ModuleNotFoundError. With
# the forms under names of their own and references to them, nothing is lost. Fails if that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check openapi-python-client==0.29.1
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import json

details = {"type": "object", "properties": {"amount": {"type": "string"}}}
lose = {"title": "lose", "type": "object", "properties": {"with": details}}
fail = {"title": "fail", "type": "object", "properties": {"code": {"type": "string"}}}
named = {"oneOf": [{"$ref": "#/components/schemas/Lose"}, {"$ref": "#/components/schemas/Fail"}]}
body = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Move"}}}}
moved = {"operationId": "move", "requestBody": body, "responses": {"200": {"description": "Done."}}}
for name, schemas in (
    ("in_place", {"Move": {"oneOf": [lose, fail]}}),
    ("named", {"Move": named, "Lose": lose, "Fail": fail}),
):
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1"},
        "paths": {"/moves": {"post": moved}},
        "components": {"schemas": schemas},
    }
    with open(f"{name}.json", "w") as file:
        json.dump(document, file)
PY
export PATH="$folder/venv/bin:$PATH"
for name in in_place named; do
  openapi-python-client generate --path "$name.json" --meta none --output-path "$name" > "$name.log" 2>&1
  echo "$name: $(cd "$name/models" && ls -- *.py | grep -v __init__ | tr '\n' ' ')"
done
grep -q 'duplicate models with name "LoseWith"' in_place.log
test ! -e in_place/models/lose.py
if python -c "import in_place.api.default.move" 2> error.log; then exit 1; fi
tail -1 error.log
grep -q "No module named 'in_place.models.lose'" error.log
if grep -q duplicate named.log; then exit 1; fi
python -c "import named.api.default.move"
