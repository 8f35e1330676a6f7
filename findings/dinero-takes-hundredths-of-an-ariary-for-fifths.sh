#!/usr/bin/env bash
# dinero.js 2.0.2 has the Malagasy ariary and the Mauritanian ouguiya with base 5 and exponent 1, after their coins; ISO
# 4217 gives both two decimals, as does currency-codes 2.2.0, and integers of minor units on the wire mean those. An
# amount of 12345 minor units (123.45 MGA) is 2,469 whole ariary to dinero.js, twenty times as much, and `toDecimal`
# raises for it. Its page on currencies says that they track ISO 4217, and lists these two as of base 5. Seen on
# Node 20: `MGA: 2 digits by ISO 4217; dinero.js: 2469 units; toDecimal: [Dinero.js] Currency is not decimal.` Fails if
# that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-fund --no-audit dinero.js@2.0.2 currency-codes@2.2.0
cat >money.mjs <<'JS'
import assert from "node:assert";
import codes from "currency-codes";
import { dinero, toDecimal, toUnits } from "dinero.js";
import * as currencies from "dinero.js/currencies";

for (const code of ["MGA", "MRU"]) {
  const money = dinero({ amount: 12345, currency: currencies[code] });
  let said;
  try {
    said = toDecimal(money);
  } catch (error) {
    said = error.message;
  }
  const digits = codes.code(code).digits;
  console.log(`${code}: ${digits} digits by ISO 4217; dinero.js: ${toUnits(money)[0]} units; toDecimal: ${said}`);
  assert.strictEqual(digits, 2);
  assert.deepStrictEqual(toUnits(money), [2469, 0]);
  assert.match(said, /not decimal/);
}
JS
node money.mjs
