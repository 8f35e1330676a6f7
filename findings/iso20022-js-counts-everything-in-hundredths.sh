#!/usr/bin/env bash
# iso20022.js 0.0.15 reads amounts of camt.053 into minor units by a factor of a hundred, whatever the currency, and as
# binary fractions. ISO 4217 has no decimals for Japan's yen and three for Kuwait's dinar. Seen:
#   1500 JPY 150000 (1500), 1.255 KWD 125.49999999999999 (1255), 19.99 EUR 1998.9999999999998 (1999)
# Statements in yen are a hundred times too large beside a PSP's amounts, those in dinars a tenth, and even in euros a
# comparison of whole cents fails. Fails if that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" iso20022.js@0.0.15
cd "$folder"
node --input-type=module - <<'JS'
import assert from "node:assert";
import { CashManagementEndOfDayReport } from "iso20022.js";
const day = "<Dt>2026-04-01</Dt>";
const statement = (currency, amount) =>
  `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
<GrpHdr><MsgId>message</MsgId><CreDtTm>2026-04-02T00:00:00Z</CreDtTm></GrpHdr>
<Stmt><Id>statement</Id><ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>2026-04-02T00:00:00Z</CreDtTm>
<FrToDt><FrDtTm>2026-04-01T00:00:00Z</FrDtTm><ToDtTm>2026-04-02T00:00:00Z</ToDtTm></FrToDt>
<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Svcr><FinInstnId><BIC>COBADEFFXXX</BIC></FinInstnId></Svcr></Acct>
${[["OPBD", 0], ["CLBD", amount]]
  .map(([code, held]) => `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="${currency}">${held}</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt>${day}</Dt></Bal>`)
  .join("")}
<Ntry><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt>${day}</BookgDt>
<BkTxCd><Prtry><Cd>SALE</Cd></Prtry></BkTxCd></Ntry></Stmt></BkToCstmrStmt></Document>`;
const seen = {};
for (const [currency, amount] of [["JPY", "1500"], ["KWD", "1.255"], ["EUR", "19.99"]]) {
  const [read] = CashManagementEndOfDayReport.fromXML(statement(currency, amount)).statements;
  seen[currency] = read.entries[0].amount;
}
console.log(seen);
assert.deepStrictEqual(seen, { JPY: 150000, KWD: 125.49999999999999, EUR: 1998.9999999999998 });
JS
