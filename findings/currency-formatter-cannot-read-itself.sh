#!/usr/bin/env bash
# currency-formatter 1.5.9: unformat(text, {code}), documented as the way back from format(number, {code}), answers another
# amount for what format() wrote itself, with the same code and no locale: of a currency whose symbol has a point in it that
# point is read as the decimal mark, and the dong's points, which part thousands, are read as decimal marks too. Seen:
#   KWD 1234567 0, AED 1234567 0, PEN 1234567 0.1234567, VND 1234567 1.234; EUR, JPY and CHF come back whole
# Nothing is raised. Fails if that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" currency-formatter@1.5.9
cd "$folder"
node - <<'JS'
const formatter = require("currency-formatter");
const seen = {};
for (const code of ["KWD", "AED", "PEN", "VND", "EUR", "JPY", "CHF"]) {
  const text = formatter.format(1234567, { code });
  seen[code] = formatter.unformat(text, { code });
  console.log(code, text, seen[code]);
}
require("assert").deepStrictEqual(seen, {
  KWD: 0,
  AED: 0,
  PEN: 0.1234567,
  VND: 1.234,
  EUR: 1234567,
  JPY: 1234567,
  CHF: 1234567,
});
JS
