// A shop's program on the client that swagger-typescript-api made: generators.py compiles it strictly and runs it.
import { Api, Currency, type Error as Refusal, HttpResponse } from "./client/api.js";

declare const process: { env: { [name: string]: string | undefined } };
declare const btoa: (text: string) => string;

const who = btoa(`${process.env["SHOP_PROJECT"]}:${process.env["SHOP_SECRET"]}`);
const api = new Api({
  baseUrl: process.env["SHOP_URL"] ?? "",
  baseApiParams: { headers: { Authorization: `Basic ${who}` } },
});

function check(isTrue: boolean, about: unknown): void {
  if (!isTrue) throw new Error(JSON.stringify(about));
}

async function invoiced(): Promise<string> {
  const body = { name: "Umbrella", amount: "12.50", currency: Currency.EUR };
  return (await api.invoices.createInvoice(body)).data.invoice.id;
}

async function cardOf(number: string): Promise<string> {
  return (await api.cards.createCard({ number, exp_month: 12, exp_year: 2035, cvc2: "123" })).data.card.id;
}

async function refusal(invoice_id: string, source: string): Promise<HttpResponse<unknown, Refusal>> {
  try {
    await api.invoices.captureInvoice(invoice_id, {}, { source });
  } catch (error) {
    return error as HttpResponse<unknown, Refusal>;
  }
  throw new Error("it was captured");
}

const invoice_id = await invoiced();
const source = await cardOf("4242424242424242");
const held = (await api.invoices.authorizeInvoice(invoice_id, {}, { source })).data.transaction;
check(held.status === "authorized", held);
const paid = (await api.invoices.captureInvoice(invoice_id, {}, { source })).data.transaction;
check(paid.status === "completed" && paid.captured_amount === "12.5", paid);
console.log("pays");

const body = { amount: "2.50", reason: "customer_request" } as const;
const refund = (await api.invoices.refundInvoice(invoice_id, {}, body)).data.refund;
const listed = (await api.transactions.listRefunds(paid.id)).data;
check(listed.refunds[0]?.id === refund.id, listed);
const shown = (await api.transactions.fetchTransaction(paid.id, { expand: ["operations", "invoice"] })).data.transaction;
check(shown.refunded_amount === "2.5" && (shown.operations?.length ?? 0) > 2, shown);
console.log("refunds");

const refused = await refusal(invoice_id, source);
check(refused.status === 400 && !!refused.error.error_type && !!refused.error.message, refused);
const declined = await refusal(await invoiced(), await cardOf("4000000000002180"));
check(declined.error.error_type === "card.do-not-honor", declined);
console.log("reads a refusal and a decline");
console.log("done");
