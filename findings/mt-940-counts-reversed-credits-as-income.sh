#!/usr/bin/env bash
# mt-940 5.1.1: a credit that the bank took back (:61: with the mark RC, "reversal of credit") is given a positive amount,
# as if it had come in again; a plain debit (D) is negative. In the statement below a bank books 10.00 and takes them back,
# so that its closing balance is its opening one; the amounts of the library add up to 20.00 more. SWIFT's MT940 has RC
# lower a balance as D does, and RD raise it as C does. The option `reversal_sign` mends it and is off unless asked for, so
# that files are read as by older versions (its issue 130). Seen on CPython 3.11: `C 10.00, RC 10.00, sum 20.00, balances
# 100.00 and 100.00; with reversal_sign: C 10.00, RC -10.00`. Whoever reconciles direct debits meets it: banks book those
# that bounce as reversals. Fails if that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check mt-940==5.1.1
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import mt940

STATEMENT = """\
:20:REF1
:25:12345678/0000000001
:28C:1/1
:60F:C251230EUR100,00
:61:2512311231C10,00NDDTINVOICE-1
:86:direct debit
:61:2512311231RC10,00NDDTINVOICE-1
:86:direct debit returned
:62F:C251231EUR100,00
-
"""
found = mt940.parse(STATEMENT)
lines = [(one.data["status"], str(one.data["amount"].amount)) for one in found]
total = sum(one.data["amount"].amount for one in found)
balances = [str(found.data[name].amount.amount) for name in ("final_opening_balance", "final_closing_balance")]
print(", ".join(" ".join(line) for line in lines), f"sum {total}, balances {' and '.join(balances)}", sep=", ")
mended = mt940.parse(STATEMENT, options=mt940.Options(reversal_sign=True))
signed = [(one.data["status"], str(one.data["amount"].amount)) for one in mended]
print("with reversal_sign: " + ", ".join(" ".join(line) for line in signed))
assert lines == [("C", "10.00"), ("RC", "10.00")], lines
assert str(total) == "20.00" and balances == ["100.00", "100.00"], (total, balances)
assert signed == [("C", "10.00"), ("RC", "-10.00")], signed
PY
