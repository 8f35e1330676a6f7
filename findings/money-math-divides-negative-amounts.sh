#!/usr/bin/env bash
# money-math 2.6.3 (exact sums of money for JavaScript): a quotient or a share of a negative amount isn't the negative of
# that of the positive one, but up to two cents less. Its page says that what is divided is rounded to the whole cent.
# Seen, with amounts in its own form:
#   div("20.00", "3.00") 6.67, div("-20.00", "3.00") -6.65, though the exact quotient is -6.666...
#   percent("99.99", "19.00") 19.00, percent("-99.99", "19.00") -18.99, though the exact share is -18.9981
# So a refund's VAT or fee isn't the one that was charged, and the books keep a rest. Fails if that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" money-math@2.6.3
cd "$folder"
node - <<'JS'
const money = require("money-math");
const seen = [
  money.div("20.00", "3.00"),
  money.div("-20.00", "3.00"),
  money.percent("99.99", "19.00"),
  money.percent("-99.99", "19.00"),
];
console.log(seen);
require("assert").deepStrictEqual(seen, ["6.67", "-6.65", "19.00", "-18.99"]);
JS
