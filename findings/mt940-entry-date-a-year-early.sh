#!/usr/bin/env bash
# mt940js 1.3.5, @centrapay/swift-parser 1.0.1 and mt940-js 1.0.0 (three readers of MT940 for JavaScript): a line with value
# date 31 December 2025 that was booked on 2 January 2026 is read as booked on 2 January 2025, a year before its statement.
# SWIFT's field 61 gives the booking date as month and day alone, so that the year has to be found; all three take that of
# the value date. mt-940 5.1.1 (Python) takes the nearest. Seen for `:61:2512310102D10,50...` in a statement that opens on
# 30 December 2025 and closes on 2 January 2026:
#   2025-01-02, 2025-01-02, 2025-01-02; mt-940 2026-01-02
# Card money that is settled over New Year lands in last year's books. (mt940-js needs tslib, which it doesn't declare.)
# Fails if that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/statement.sta" <<'STA'
:20:STATEMENT1
:25:12345678/0123456789
:28C:00001/001
:60F:C251230EUR1000,00
:61:2512310102D10,50NTRFNONREF
:86:fee
:62F:C260102EUR989,50
STA
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mt-940==5.1.1
npm install --silent --no-audit --no-fund --prefix "$folder" \
    mt940js@1.3.5 @centrapay/swift-parser@1.0.1 mt940-js@1.0.0 tslib@2.8.1
cd "$folder"
node - <<'JS'
const assert = require("assert");
const bytes = require("fs").readFileSync("statement.sta");
(async () => {
  const [first] = new (require("mt940js").Parser)().parse(bytes.toString());
  const [second] = require("@centrapay/swift-parser").parse({ type: "mt940", data: bytes.toString() });
  const [third] = await require("mt940-js").read(bytes);
  const seen = [first, second, third].map((statement) => {
    const [line] = statement.transactions;
    return [line.valueDate || line.date, line.entryDate].map((date) => new Date(date).toISOString().slice(0, 10));
  });
  console.log(seen);
  for (const dates of seen) assert.deepStrictEqual(dates, ["2025-12-31", "2025-01-02"]);
})();
JS
venv/bin/python - <<'PY'
import mt940

with open("statement.sta") as file:
    (line,) = mt940.parse(file.read())
print(f"mt-940: value {line.data['date']}, entry {line.data['entry_date']}")
assert str(line.data["entry_date"]) == "2026-01-02"
PY
