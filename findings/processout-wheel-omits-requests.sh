#!/usr/bin/env bash
# processout 10.0.1 (ProcessOut's client for Python) declares no dependency, and imports `requests` when it is imported.
# In an environment with nothing else, `pip install processout` succeeds and `import processout` then ends with
#   ModuleNotFoundError: No module named 'requests'
# Whoever follows the client's own instructions alone needs `pip install processout requests`. Fails if that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/alone"
"$folder/alone/bin/pip" install --quiet --disable-pip-version-check processout==10.0.1

required=$("$folder/alone/bin/python" -c 'from importlib.metadata import requires; print(requires("processout") or [])')
said=$("$folder/alone/bin/python" -c 'import processout' 2>&1 | tail -n 1 || true)
echo "declared: $required"
echo "imported alone: $said"
[ "$required" = "[]" ]
[ "$said" = "ModuleNotFoundError: No module named 'requests'" ]

"$folder/alone/bin/pip" install --quiet --disable-pip-version-check requests==2.32.5
"$folder/alone/bin/python" -c 'import processout; print("imported beside requests:", processout.ProcessOut.__name__)'
