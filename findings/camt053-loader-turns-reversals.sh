#!/usr/bin/env bash
# camt053-loader-mt940 0.0.23 with camt053 0.0.23: reversals of an MT940 statement come out the other way round. SWIFT's
# field 61 has RC for the reversal of a credit, which takes money away, and RD for that of a debit, which brings some; the
# balances of this statement say so too (1,000.00 - 20.00 + 5.00 = 985.00). ISO 20022 has CRDT for an entry that raises the
# balance and DBIT for one that lowers it, reversal or not. The loader's page says only that both marks set the indicator of
# a reversal. Seen:
#   RC 20.00 is CRDT, RD 5.00 is DBIT: 1,015.00, while the closing balance that it read is 985.00
#   mt940js 1.3.5 on the same text: -20, 5, which add up
# A credit that was taken back becomes money received. (mt-940 5.1.1 has an option for it, and says so.) Fails if that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/statement.sta" <<'STA'
:20:STATEMENT1
:25:12345678/0123456789
:28C:00001/001
:60F:C260401EUR1000,00
:61:2604020402RC20,00NTRFREVERSED1
:86:credit taken back
:61:2604020402RD5,00NTRFREVERSED2
:86:debit given back
:62F:C260402EUR985,00
STA
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check camt053==0.0.23 camt053-loader-mt940==0.0.23
npm install --silent --no-audit --no-fund --prefix "$folder" mt940js@1.3.5
cd "$folder"
venv/bin/python - <<'PY'
from decimal import Decimal

from camt053_loader_mt940 import parse_mt940

with open("statement.sta") as file:
    statement = parse_mt940(file.read()).statements[0]
found = [(one.credit_debit_indicator, one.reversal_indicator, one.amount) for one in statement.entries]
moved = sum(Decimal(amount) * (1 if side == "CRDT" else -1) for side, _, amount in found)
closing = [Decimal(one.amount) for one in statement.balances if one.type_code == "CLBD"]
print("camt053-loader-mt940", found, 1000 + moved, closing)
assert found == [("CRDT", True, "20.00"), ("DBIT", True, "5.00")], found
assert (1000 + moved, closing) == (1015, [985])
PY
node - <<'JS'
const { Parser } = require("mt940js");
const [statement] = new Parser().parse(require("fs").readFileSync("statement.sta", "utf8"));
const amounts = statement.transactions.map((one) => one.amount);
console.log("mt940js", amounts, amounts.reduce((sum, amount) => sum + amount, statement.openingBalance));
require("assert").deepStrictEqual(amounts, [-20, 5]);
JS
