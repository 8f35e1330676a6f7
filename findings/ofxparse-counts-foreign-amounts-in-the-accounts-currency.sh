#!/usr/bin/env bash
# ofxparse 0.21: a transaction whose amount is in another currency than its account (OFX 1.0.2, aggregate CURRENCY: the
# rate and the currency of this transaction's amounts) loses that; nothing the library returns for it names a currency or
# a rate, so that 10.00 USD stand beside amounts in euros as 10.00 and are added up with them. ofxtools 1.1.1 reads the
# same file and keeps both. Seen on CPython 3.11: `ofxparse: 10.00 of EUR; ofxtools: 10.00 USD at 1.10`. Whoever
# reconciles a multi-currency account books the wrong sum, without a warning. Fails if that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ofxparse==0.21 ofxtools==1.1.1
cd "$folder"
"$folder/venv/bin/python" -W ignore - <<'PY'
import io

from ofxparse import OfxParser
from ofxtools.Parser import OFXTree

STATEMENT = b"""OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

<OFX>
<SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20260131<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1>
<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS>
<STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>100<ACCTID>200<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20260101<DTEND>20260131
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260115<TRNAMT>20.00<FITID>1<NAME>Sale</STMTTRN>
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260116<TRNAMT>10.00<FITID>2<NAME>Sale
<CURRENCY><CURRATE>1.10<CURSYM>USD</CURRENCY></STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>31.00<DTASOF>20260131</LEDGERBAL></STMTRS>
</STMTTRNRS></BANKMSGSRSV1>
</OFX>
"""
account = OfxParser.parse(io.BytesIO(STATEMENT)).account
_, ours = account.statement.transactions
tree = OFXTree()
tree.parse(io.BytesIO(STATEMENT))
_, theirs = tree.convert().statements[0].transactions
print(
    f"ofxparse: {ours.amount} of {account.curdef}; "
    f"ofxtools: {theirs.trnamt} {theirs.currency.cursym} at {theirs.currency.currate}"
)
assert str(ours.amount) == "10.00" and account.curdef == "EUR"
assert not any("USD" in str(value) or "1.1" in str(value) for value in vars(ours).values()), vars(ours)
assert (theirs.currency.cursym, str(theirs.currency.currate)) == ("USD", "1.10")
PY
