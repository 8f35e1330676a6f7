#!/usr/bin/env bash
# ofx-data-extractor 1.5.0 (OFX for JavaScript) can't read a statement of OFX 1.02 whose body stands on one line: it raises
# a SyntaxError of JSON. In the SGML of OFX an element without an end tag ends at the next tag; line breaks are no part of
# that, and the library's page asks for none. Seen of one statement, written twice:
#   with line breaks -12.34 and 10.50, without SyntaxError; ofx-js 1.1.1 and ofxparse 0.21: -12.34 and 10.50 of both
# Fails if that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check ofxparse==0.21
npm install --silent --no-audit --no-fund --prefix "$folder" ofx-data-extractor@1.5.0 ofx-js@1.1.1
venv/bin/python - <<'PY'
import io

import ofxparse

header = """OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

"""
status = ["<STATUS>", "<CODE>0", "<SEVERITY>INFO", "</STATUS>"]
lines = ["<OFX>", "<SIGNONMSGSRSV1>", "<SONRS>", *status, "<DTSERVER>20260404120000", "<LANGUAGE>ENG", "</SONRS>"]
lines += ["</SIGNONMSGSRSV1>", "<BANKMSGSRSV1>", "<STMTTRNRS>", "<TRNUID>1", *status, "<STMTRS>", "<CURDEF>EUR"]
lines += ["<BANKACCTFROM>", "<BANKID>1", "<ACCTID>2", "<ACCTTYPE>CHECKING", "</BANKACCTFROM>"]
lines += ["<BANKTRANLIST>", "<DTSTART>20260401", "<DTEND>20260404"]
for number, (kind, amount) in enumerate((("DEBIT", "-12.34"), ("CREDIT", "10.50"))):
    lines += ["<STMTTRN>", f"<TRNTYPE>{kind}", "<DTPOSTED>20260402", f"<TRNAMT>{amount}", f"<FITID>{number}"]
    lines += ["<NAME>Shop", "</STMTTRN>"]
lines += ["</BANKTRANLIST>", "<LEDGERBAL>", "<BALAMT>5.00", "<DTASOF>20260404", "</LEDGERBAL>"]
lines += ["</STMTRS>", "</STMTTRNRS>", "</BANKMSGSRSV1>", "</OFX>"]

for name, between in (("lines", "\n"), ("line", "")):
    text = header + between.join(lines) + "\n"
    with open(f"{name}.ofx", "w") as file:
        file.write(text)
    read = ofxparse.OfxParser.parse(io.BytesIO(text.encode())).account.statement.transactions
    print("ofxparse", name, [str(one.amount) for one in read])
    assert [str(one.amount) for one in read] == ["-12.34", "10.50"]
PY
node - <<'JS'
const assert = require("assert");
const { readFileSync } = require("fs");
const { Ofx } = require("ofx-data-extractor");
const extracted = (text) => new Ofx(text).getBankTransferList().map((one) => Number(one.TRNAMT));
(async () => {
  for (const name of ["lines", "line"]) {
    const read = await require("ofx-js").parse(readFileSync(`${name}.ofx`, "utf8"));
    const found = read.OFX.BANKMSGSRSV1.STMTTRNRS.STMTRS.BANKTRANLIST.STMTTRN.map((one) => Number(one.TRNAMT));
    console.log("ofx-js", name, found);
    assert.deepStrictEqual(found, [-12.34, 10.5]);
  }
  console.log("ofx-data-extractor", extracted(readFileSync("lines.ofx", "utf8")));
  assert.deepStrictEqual(extracted(readFileSync("lines.ofx", "utf8")), [-12.34, 10.5]);
  assert.throws(() => extracted(readFileSync("line.ofx", "utf8")), SyntaxError);
  console.log("ofx-data-extractor refuses the same on one line");
})();
JS
