// A shop's program on the client that openapi-generator made of fetch: generators.py compiles it strictly and runs it.
import { CardsApi, Configuration, InvoicesApi, ResponseError, TransactionsApi } from "./client/index.js";

declare const process: { env: { [name: string]: string | undefined } };

const config = new Configuration({
  basePath: process.env["SHOP_URL"] ?? "",
  username: process.env["SHOP_PROJECT"] ?? "",
  password: process.env["SHOP_SECRET"] ?? "",
});
const [cards, invoices, transactions] = [new CardsApi(config), new InvoicesApi(config), new TransactionsApi(config)];

function check(isTrue: boolean, about: unknown): void {
  if (!isTrue) throw new Error(JSON.stringify(about));
}

async function invoiced(): Promise<string> {
  const invoiceRequest = { name: "Umbrella", amount: "12.50", currency: "EUR" } as const;
  return (await invoices.createInvoice({ invoiceRequest })).invoice.id;
}

async function cardOf(number: string): Promise<string> {
  const newCardRequest = { number, expMonth: 12, expYear: 2035, cvc2: "123" };
  return (await cards.createCard({ newCardRequest })).card.id;
}

async function refusal(invoiceId: string, source: string): Promise<{ status: number; error_type: string }> {
  try {
    await invoices.captureInvoice({ invoiceId, captureRequest: { source } });
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error;
    return { status: error.response.status, ...(await error.response.json()) };
  }
  throw new Error("it was captured");
}

const invoiceId = await invoiced();
const source = await cardOf("4242424242424242");
const held = (await invoices.authorizeInvoice({ invoiceId, authorizeRequest: { source } })).transaction;
check(held.status === "authorized", held);
const paid = (await invoices.captureInvoice({ invoiceId, captureRequest: { source } })).transaction;
check(paid.status === "completed" && paid.capturedAmount === "12.5" && paid.createdAt instanceof Date, paid);
console.log("pays");

const refundRequest = { amount: "2.50", reason: "customer_request" } as const;
const refund = (await invoices.refundInvoice({ invoiceId, refundRequest })).refund;
const listed = await transactions.listRefunds({ transactionId: paid.id });
check(listed.refunds[0]?.id === refund.id, listed);
const shown = await transactions.fetchTransaction({ transactionId: paid.id, expand: ["operations", "invoice"] });
check(shown.transaction.refundedAmount === "2.5" && (shown.transaction.operations?.length ?? 0) > 2, shown);
console.log("refunds");

const refused = await refusal(invoiceId, source);
check(refused.status === 400 && !!refused.error_type, refused);
const declined = await refusal(await invoiced(), await cardOf("4000000000002180"));
check(declined.error_type === "card.do-not-honor", declined);
console.log("reads a refusal and a decline");
console.log("done");
