#!/usr/bin/env bash
# stockholm 0.5.7 (money for Python): ISO 4217 has three decimals for Bahrain's dinar and none for Burundi's franc, and the
# classes of both have two here, though Kuwait's dinar and Japan's yen have what ISO says. from_sub_units() makes ten times
# the dinars and a hundredth of the francs that were meant, and sub_units, which a PSP's API is given, the reverse. Seen:
#   from_sub_units(1234): BHD 12.34 (1.234), BIF of 500: 5.00 (500); KWD 1.234, JPY of 500: 500
#   Money("1.234", BHD).sub_units 123.400 (1234), Money(500, BIF).sub_units 50000 (500)
# Fails if that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check stockholm==0.5.7 iso4217==1.16.20260101
"$folder/venv/bin/python" - <<'PY'
import iso4217
from stockholm import Money
from stockholm.currency import BHD, BIF, JPY, KWD

said = {code: iso4217.Currency(code).exponent for code in ("BHD", "BIF", "JPY", "KWD")}
print("ISO 4217", said)
assert said == {"BHD": 3, "BIF": 0, "JPY": 0, "KWD": 3}, said
made = [str(Money.from_sub_units(units, currency=of)) for units, of in ((1234, BHD), (500, BIF), (1234, KWD), (500, JPY))]
print("from_sub_units", made)
assert made == ["12.34 BHD", "5.00 BIF", "1.234 KWD", "500 JPY"], made
units = [Money(*of).sub_units for of in (("1.234", BHD), (500, BIF), ("1.234", KWD), (500, JPY))]
print("sub_units", units)
assert [float(one) for one in units] == [123.4, 50000, 1234, 500], units
PY
