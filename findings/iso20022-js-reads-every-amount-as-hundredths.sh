#!/usr/bin/env bash
# iso20022.js 0.0.15 reads amounts of a camt.053 into numbers of minor units by multiplying with 100, whatever the currency,
# and in binary fractions: 3000 JPY (no decimals in ISO 4217) become 300000, 30.125 KWD (three) become 3012.5, and 0.29 EUR
# become 28.999999999999996, which is neither 29 nor a whole number of cents. Seen on Node 20:
# `JPY 3000: 300000; KWD 30.125: 3012.5; EUR 0.29: 28.999999999999996; EUR 30.00: 3000`. A reconciliation that compares
# integers finds differences that are none, and one in yen is off by a hundred. Fails if that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-fund --no-audit iso20022.js@0.0.15
cat >read.mjs <<'JS'
import assert from "node:assert";
import { CashManagementEndOfDayReport } from "iso20022.js";

const balance = (code, currency, amount) => `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp>
  <Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-31</Dt></Dt></Bal>`;
const statement = (currency, amount) => `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-01-31T12:00:00</CreDtTm></GrpHdr>
<Stmt><Id>S1</Id><CreDtTm>2026-01-31T12:00:00</CreDtTm>
<Acct><Id><Othr><Id>100</Id></Othr></Id><Ccy>${currency}</Ccy>
  <Svcr><FinInstnId><BIC>AAAADEBBXXX</BIC></FinInstnId></Svcr></Acct>
${balance("OPBD", currency, "0")}${balance("CLBD", currency, amount)}
<Ntry><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
  <BookgDt><Dt>2026-01-31</Dt></BookgDt><ValDt><Dt>2026-01-31</Dt></ValDt>
  <BkTxCd><Prtry><Cd>SALE</Cd></Prtry></BkTxCd>
  <NtryDtls><TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>
</Stmt></BkToCstmrStmt></Document>`;

const read = (currency, amount) =>
  CashManagementEndOfDayReport.fromXML(statement(currency, amount)).statements[0].entries[0].amount;
const wanted = [["JPY", "3000", 300000], ["KWD", "30.125", 3012.5], ["EUR", "0.29", 28.999999999999996], ["EUR", "30.00", 3000]];
const found = wanted.map(([currency, amount]) => [currency, amount, read(currency, amount)]);
console.log(found.map(([currency, amount, number]) => `${currency} ${amount}: ${number}`).join("; "));
assert.deepStrictEqual(found, wanted);
JS
node read.mjs
