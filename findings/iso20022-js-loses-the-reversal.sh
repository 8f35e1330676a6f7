#!/usr/bin/env bash
# iso20022.js 0.0.15: an entry of camt.053 has `reversal: false` whatever its RvslInd says. Its reader of XML makes a truth
# value of the text `true`, which is then compared with that text; `1`, the other form that XML Schema has for it, isn't
# seen either. Seen for RvslInd true, 1 and false: false, false, false; the fields beside it are right.
# A returned direct debit or transfer is taken for a new payment. Fails if that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" iso20022.js@0.0.15
cd "$folder"
node --input-type=module - <<'JS'
import assert from "node:assert";
import { CashManagementEndOfDayReport } from "iso20022.js";
const day = "<Dt>2026-04-01</Dt>";
const balance = (code, held) => `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${held}</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt>${day}</Dt></Bal>`;
const entry = (reversed) => `<Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RvslInd>${reversed}</RvslInd>
<Sts>BOOK</Sts><BookgDt>${day}</BookgDt><BkTxCd><Prtry><Cd>RETURN</Cd></Prtry></BkTxCd></Ntry>`;
const [read] = CashManagementEndOfDayReport.fromXML(`<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>
<GrpHdr><MsgId>message</MsgId><CreDtTm>2026-04-02T00:00:00Z</CreDtTm></GrpHdr>
<Stmt><Id>statement</Id><ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>2026-04-02T00:00:00Z</CreDtTm>
<FrToDt><FrDtTm>2026-04-01T00:00:00Z</FrDtTm><ToDtTm>2026-04-02T00:00:00Z</ToDtTm></FrToDt>
<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Svcr><FinInstnId><BIC>COBADEFFXXX</BIC></FinInstnId></Svcr></Acct>
${balance("OPBD", "15.00")}${balance("CLBD", "0.00")}${["true", "1", "false"].map(entry).join("")}
</Stmt></BkToCstmrStmt></Document>`).statements;
const seen = read.entries.map((one) => [one.amount, one.creditDebitIndicator, one.reversal]);
console.log(seen);
assert.deepStrictEqual(seen, Array(3).fill([500, "debit", false]));
JS
