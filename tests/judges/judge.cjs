// Reads calls as JSON, {dialect, headers, body, secret, url} each, and writes what the PSP's own package says of each:
// true, or why not. Run with NODE_PATH at the packages.
const fs = require("fs");

const judges = {
  standard: (call) => new (require("standardwebhooks").Webhook)(call.secret).verify(call.body, call.headers),
  stripe: (call) => {
    const Stripe = require("stripe");
    new Stripe("sk_test_none").webhooks.constructEvent(call.body, call.headers["stripe-signature"], call.secret);
  },
  gocardless: (call) => require("gocardless-nodejs/webhooks").parse(call.body, call.secret, call.headers["webhook-signature"]),
  razorpay: (call) => {
    const { validateWebhookSignature } = require("razorpay/dist/utils/razorpay-utils");
    must(validateWebhookSignature(call.body, call.headers["x-razorpay-signature"], call.secret));
  },
  square: async (call) =>
    must(
      await require("square").WebhooksHelper.verifySignature({
        requestBody: call.body,
        signatureHeader: call.headers["x-square-hmacsha256-signature"],
        signatureKey: call.secret,
        notificationUrl: call.url,
      }),
    ),
  mollie: async (call) => {
    const { SignatureValidator } = require("mollie-api-typescript/utils/webhooks/signature_validator.js");
    must(await SignatureValidator.validate(call.body, call.secret, call.headers["x-mollie-signature"]));
  },
  adyen: (call) => {
    const { NotificationRequestItem } = JSON.parse(call.body).notificationItems[0];
    must(new (require("@adyen/api-library").hmacValidator)().validateHMAC(NotificationRequestItem, call.secret));
  },
  "adyen-platform": (call) => {
    const validator = new (require("@adyen/api-library").hmacValidator)();
    must(validator.validateHMACSignature(call.secret, call.headers["hmacsignature"], call.body));
  },
  braintree: async (call) => {
    const braintree = require("braintree");
    const [publicKey, privateKey] = call.secret.split("|");
    const environment = braintree.Environment.Sandbox;
    const gateway = new braintree.BraintreeGateway({ environment, merchantId: "merchant", publicKey, privateKey });
    const form = new URLSearchParams(call.body);
    await gateway.webhookNotification.parse(form.get("bt_signature"), form.get("bt_payload"));
  },
};

function must(isGenuine) {
  if (!isGenuine) throw new Error("answered false");
}

async function main() {
  const answers = [];
  for (const call of JSON.parse(fs.readFileSync(0, "utf8"))) {
    try {
      await judges[call.dialect](call);
      answers.push(true);
    } catch (error) {
      answers.push(String(error.message || error).split("\n")[0]);
    }
  }
  console.log(JSON.stringify(answers));
}

main();
