// A shop's program on the types that openapi-typescript made: clients.py compiles it strictly and has Node run it.
import createClient from "openapi-fetch";
import type { components, paths } from "./api.d.ts";

declare const process: { env: { [name: string]: string | undefined } };
declare const btoa: (text: string) => string;

type Transaction = components["schemas"]["Transaction"];

const who = btoa(`${process.env["SHOP_PROJECT"]}:${process.env["SHOP_SECRET"]}`);
const client = createClient<paths>({
  baseUrl: process.env["SHOP_URL"] ?? "",
  headers: { Authorization: `Basic ${who}` },
});

function check(isTrue: boolean, about: unknown): void {
  if (!isTrue) throw new Error(JSON.stringify(about));
}

function must<T>(value: T | undefined, about: unknown): T {
  if (value === undefined) throw new Error(JSON.stringify(about));
  return value;
}

async function invoiced(): Promise<string> {
  const { data, error } = await client.POST("/invoices", {
    body: { name: "Umbrella", amount: "12.50", currency: "EUR", details: [{ name: "Umbrella", amount: "12.50" }] },
  });
  return must(data, error).invoice.id;
}

async function cardOf(number: string): Promise<string> {
  const { data, error } = await client.POST("/cards", { body: { number, exp_month: 12, exp_year: 2035, cvc2: "123" } });
  return must(data, error).card.id;
}

const invoice_id = await invoiced();
const params = { path: { invoice_id } };
const source = await cardOf("4242424242424242");
const held = await client.POST("/invoices/{invoice_id}/authorize", { params, body: { source } });
check(must(held.data, held.error).transaction.status === "authorized", held);
const paid = await client.POST("/invoices/{invoice_id}/capture", { params, body: { source } });
const payment: Transaction = must(paid.data, paid.error).transaction;
check(payment.status === "completed" && payment.captured_amount === "12.5", payment);
console.log("pays");

const refunded = await client.POST("/invoices/{invoice_id}/refunds", { params, body: { amount: "2.50" } });
const refund = must(refunded.data, refunded.error).refund;
const listed = await client.GET("/transactions/{transaction_id}/refunds", {
  params: { path: { transaction_id: payment.id }, query: { limit: 5, order: "asc" } },
});
check(must(listed.data, listed.error).refunds[0]?.id === refund.id, listed);
console.log("refunds");

const refused = await client.POST("/invoices/{invoice_id}/capture", { params, body: { source } });
check(refused.response.status === 400 && !!refused.error?.error_type && !!refused.error.message, refused);
const declined = await client.POST("/invoices/{invoice_id}/authorize", {
  params: { path: { invoice_id: await invoiced() } },
  body: { source: await cardOf("4000000000002180") },
});
check(declined.error?.error_type === "card.do-not-honor", declined);
console.log("reads a refusal and a decline");

type NewCard = components["schemas"]["NewCardRequest"];
const mockpsp = { number: "4242424242424242", exp_month: 3, exp_year: 2031 };
const payloads: [string, NewCard][] = [
  ["applepay", { applepay_response: { token: { paymentData: { mockpsp } } } }],
  ["googlepay", { payment_token: btoa(JSON.stringify({ mockpsp })) }],
  ["googlepay", { token_type: "googlepay", payment_token: { mockpsp } }],
];
for (const [wallet, body] of payloads) {
  const made = await client.POST("/cards", { body });
  const card = must(made.data, made.error).card;
  check(card.token_type === wallet && card.last_4_digits === "4242" && card.exp_month === 3, card);
  const by_wallet = await client.POST("/invoices/{invoice_id}/capture", {
    params: { path: { invoice_id: await invoiced() } },
    body: { source: card.id },
  });
  check(must(by_wallet.data, by_wallet.error).transaction.status === "completed", by_wallet);
}
// @ts-expect-error a card has its dates, and one without them is checked before it is sent
const dateless: NewCard = { number: "4242424242424242" };
check(!("exp_month" in dateless), dateless);
console.log("pays by the payload of a wallet alone");

const rule = await client.POST("/sandbox/rules", {
  body: { match: { on: "authorize" }, outcome: ["card.no-money", "ok"], times: 1 },
});
check(must(rule.data, rule.error).success === true, rule);
const scripted = await client.POST("/invoices/{invoice_id}/authorize", {
  params: { path: { invoice_id: await invoiced() } },
  body: { source: await cardOf("4242424242424242") },
});
check(scripted.error?.error_type === "card.no-money", scripted);
const move = await client.POST("/sandbox/simulate", { body: { what: "refund.fail", on: refund.id, with: { reason: "account_closed" } } });
check(must(move.data, move.error).success === true, move);
console.log("scripts an outcome and makes the world move");
console.log("done");
