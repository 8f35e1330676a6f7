"""The objects of a payment: invoice, transaction, operation, refund, and what they are made of. See objects.py."""

INVOICE = """
Invoice: What a customer is asked to pay. It has no status; its transaction has.
id | text | its id, iv_...
project_id | text | the project it belongs to, without test-
project | Project^? | that project
transaction_id | text | the transaction that pays it, there from the start
transaction | Transaction^? | that transaction
customer_id | text? | who pays
customer | Customer^? | that customer
subscription_id | text? | of the older billing | partly: always null, legacy billing is not simulated
subscription | any^? | that subscription | partly: always null, legacy billing is not simulated
token_id | text? | the token it was paid with
token | Token^? | that token
name | text | its label
order_id | text? | the merchant's order number
reference_id | text? | the merchant's own id
amount | amount | what is to be paid
currency | text | ISO 4217 code
url | text | the hosted page where it is paid | partly: the real service's address, no page of ours
url_qrcode | text? | that address as a QR code, base64 of a PNG; drawn where a single invoice is fetched
details | [InvoiceDetail] | its lines
statement_descriptor | text? | what the bank statement says
statement_descriptor_phone | text? | phone number on the statement
statement_descriptor_city | text? | city on the statement
statement_descriptor_company | text? | company on the statement
statement_descriptor_url | text? | address on the statement
merchant_initiator_type | text? | one-off or recurring, where the merchant begins the payment
initiation_type | text? | who begins the payment: CIT, the customer, or MIT, the merchant
payment_intent | text? | what series of payments it belongs to
payment_type | text? | moto or ecommerce
sca_exemption_reason | text | the exemption from authentication asked for; empty when none
exemption_reason_3ds2 | text | the older name of that wish
challenge_indicator | text | the wish for or against a challenge; empty when none
metadata | map | the merchant's own notes
gateway_data | map | what is handed to the PSP
return_url | text? | where the customer is sent after a redirect
cancel_url | text? | where the customer is sent after giving up
webhook_url | text? | an address of its own for this invoice's webhooks
require_backend_capture | flag? | whether browsers may not capture it
incremental | flag? | whether its hold may be raised
verification | flag? | whether it only checks a card
expires_at | moment? | when it can no longer be paid
auto_capture_at | moment? | when its hold is captured by itself
risk | InvoiceRisk? | how risky the merchant finds it
shipping | InvoiceShipping? | how and where the goods go
device | InvoiceDevice? | the customer's device
billing | InvoiceBilling? | the billing address
tax | InvoiceTax? | the tax inside the amount
external_fraud_tools | InvoiceExternalFraudTools? | what other fraud tools are told
submerchant_id | text? | the id of the submerchant
submerchant | InvoiceSubmerchant? | for whom the merchant sells
unsupported_feature_bypass | UnsupportedFeatureBypass? | what may be left out where the PSP cannot do it
payment_processing_config | PaymentProcessingConfiguration? | wishes for how the payment is run
native_apm | object? | what the customer entered for such a method | partly: always null, entries are not repeated
card_verification | flag? | a flag of the published example | partly: always null, no source says what it tells
payment_methods | [PaymentMethod]? | what a checkout page may offer; null unless expanded
split_allocations | [SplitAllocation] | who gets which part
sandbox | flag | whether it is test money; here always
created_at | moment | when it was made
"""

INVOICE_DETAIL = """
InvoiceDetail: A line of an invoice.
id | text | its id, iv_det_...
name | text | what is sold
type | text? | its kind, in the merchant's words
amount | amount | the price of one
quantity | whole | how many
discount_amount | amount | what is taken off
metadata | map | the merchant's own notes
reference | text? | the merchant's article number
description | text? | more about it
brand | text? | who makes it
model | text? | which one of theirs
condition | text? | new, refurbished, used or other
category | text? | what sort of goods
marketplace_merchant | text? | who sells it on a marketplace
marketplace_merchant_is_business | flag? | whether that is a company
marketplace_merchant_created_at | moment? | since when they sell there
"""

SUB_OBJECTS = """
InvoiceRisk: How risky the merchant finds a payment.
score | text? | the merchant's own score
is_legit | flag? | whether the merchant vouches for it
skip_gateway_rules | flag? | whether the PSP's rules are passed over
---
InvoiceDevice: The customer's device.
id | text? | the merchant's id of it
ip_address | text? | its address
channel | text? | web, ios, android or other
threeds_sdk | text? | what runs 3-D Secure there
platform | text? | web, ios, android or other; the newer name
---
InvoiceShipping: How and where the goods go.
amount | amount? | what it costs
method | text? | how
provider | text? | by whom
delay | text? | how fast
address1 | text? | street
address2 | text? | more of it
city | text? | city
state | text? | state or region
zip | text? | postal code
country_code | text? | ISO 3166 code
phone_number | text? | phone as one text, the older form
phone | Phone? | phone
expects_shipping_at | moment? | when they should leave
relay_store_name | text? | the shop they wait in
first_name | text? | of the person they go to
last_name | text? | of the person they go to
email | text? | of the person they go to
---
InvoiceBilling: The billing address.
address1 | text? | street
address2 | text? | more of it
city | text? | city
state | text? | state or region
zip | text? | postal code
country_code | text? | ISO 3166 code
---
InvoiceTax: The tax inside the amount.
amount | amount? | how much
rate | amount? | in percent
---
InvoiceExternalFraudTools: What other fraud tools are told, each in its own form.
forter | any? | for Forter
ravelin | any? | for Ravelin
signifyd | any? | for Signifyd
riskified | any? | for Riskified
---
InvoiceSubmerchant: For whom the merchant sells.
id | text | its id, subm_...
name | text? | its name
reference | text? | the merchant's own id of it
mcc | text? | its merchant category code
email | text? | its address for mail
tax_reference | text? | its tax number
service_establishment_number | text? | its number at American Express
phone_number | Phone? | its phone
address | SubmerchantAddress? | where it is
---
SubmerchantAddress: Where a submerchant is.
line1 | text? | street
line2 | text? | more of it
city | text? | city
state | text? | state or region
country_code | text? | ISO 3166 code
zip | text? | postal code
county | text? | county
---
UnsupportedFeatureBypass: What may be left out where the PSP cannot do it.
incremental_authorization | flag? | raising the hold
split_payments | flag? | paying several parties
---
PaymentProcessingConfiguration: Wishes for how the payment is run.
bypass_unsupported_split_payments | flag? | go on without splitting where the PSP cannot
apm_payment_config | APMPaymentProcessingConfiguration? | wishes for alternative payment methods
---
APMPaymentProcessingConfiguration: Wishes for how an alternative payment method is finished.
return_redirect_type | text? | how the customer comes back
preferred_finalization_mode | text? | how the payment is finished
---
SplitAllocation: One share of a payment, and whose it is.
provider_recipient_reference | text | the account at the PSP that receives it
type | word: PURCHASE VAT FEE COMMISSION MARKETPLACE SHIPPING | what it is for
amount | amount | how much
currency | text | ISO 4217 code, the payment's
description | text? | more about it
payment_reference | text? | the merchant's own id of it
---
PaymentMethod: One way to pay that a checkout page may offer.
type | word: card apm applepay googlepay card_customer_token apm_customer_token | which of the parts below it has
flow | text^ | express, of what pays with one press
display | object | its name, logo and brand colour, on light and dark pages | partly: one logo and colour for all
card | object^ | what a checkout asks of a card
apm | object^ | the gateway configuration with name and logo, and where the customer is sent, if anywhere
applepay | object^ | the merchant, networks and such, for Apple's sheet | partly: one country for all
googlepay | object^ | the gateway, networks and such, for Google's sheet | partly: one country for all
card_customer_token | object^ | the token, and whether a page may delete it
apm_customer_token | object^ | the same, and the gateway configuration with name and logo
---
Phone: A phone number.
number | text? | the number
dialing_code | text? | the country's code, such as 0033
"""

TRANSACTION = """
Transaction: A payment as it stands.
id | text | its id, tr_...
project_id | text | the project it belongs to, without test-
project | Project^? | that project
invoice_id | text | the invoice it pays
invoice | Invoice^? | that invoice
customer_id | text? | who pays
customer | Customer^? | that customer
subscription_id | text? | of the older billing | partly: always null, legacy billing is not simulated
subscription | any^? | that subscription | partly: always null, legacy billing is not simulated
token_id | text? | the token of the last attempt
token | Token^? | that token
card_id | text? | the card of the last attempt
card | Card^? | that card
gateway_configuration_id | text? | the gateway configuration of the last attempt
gateway_configuration | GatewayConfiguration^? | that configuration
external_three_d_s_gateway_configuration_id | text? | who ran 3-D Secure | partly: always null, nobody else runs it
external_three_d_s_gateway_configuration | any^? | that configuration | partly: always null, nobody else runs it
operations | [TransactionOperation]? | every step, oldest first; null unless expanded
refunds | [Refund]? | its refunds, oldest first; null unless expanded
payout_items | [PayoutItem]? | what payouts made of it; null unless expanded
payout_summary | PayoutSummary^ | its payouts in sum, with payout_items
name | text | the invoice's label
currency | text | ISO 4217 code
status | text | where the payment stands
amount | amount | what is asked for, increments included
amount_local | amount | the same in the project's currency | partly: the same figure, nothing is converted
authorized_amount | amount | what was held
authorized_amount_local | amount | the same in the project's currency | partly: the same figure, nothing is converted
captured_amount | amount | what was taken
captured_amount_local | amount | the same in the project's currency | partly: the same figure, nothing is converted
refunded_amount | amount | what was given back
refunded_amount_local | amount | the same in the project's currency | partly: the same figure, nothing is converted
available_amount | amount | what can still be given back
available_amount_local | amount | the same in the project's currency | partly: the same figure, nothing is converted
voided_amount | amount | what was let go
voided_amount_local | amount | the same in the project's currency | partly: the same figure, nothing is converted
incremented_amount | amount | by how much the hold was raised
incremented_amount_local | amount | the same in the project's currency | partly: the same figure, nothing is converted
authorized | flag | whether money was ever held
captured | flag | whether money was ever taken
refunded | flag | whether a refund stands
voided | flag | whether money was let go
chargedback | flag | whether there ever was a dispute
received_fraud_notification | flag | whether the issuer ever warned
received_retrieval_request | flag | whether the issuer ever asked
authorized_at | moment? | when money was held
captured_at | moment? | when money was taken
refunded_at | moment? | when money was given back
voided_at | moment? | when money was let go
chargedback_at | moment? | when the dispute was opened
error_code | text? | why it failed
error_message | text? | the same in words
error_recommendations | [any] | what to do about it | partly: always empty, no source lists them
three_d_s_status | text | how 3-D Secure ended; unchecked when there was none
three_d_s_version | text? | which version ran
three_d_s | ThreeDS? | its particulars
cvc_check | text | how the check of the security code ended
avs_check | text | how the check of the address ended
card_checks | CardChecks | every check
processout_fee | amount | what ProcessOut takes; nothing here | partly: always zero, the sandbox takes nothing
estimated_fee | amount | what the PSP was expected to take
gateway_fee | amount | what the PSP took
gateway_fee_local | amount | the same in the project's currency | partly: the same figure, nothing is converted
currency_fee | text? | the currency of the fees
gateway_fee_details | object? | the fees by cause | partly: processing and refund alone, not split further
gateway_name | text? | the PSP
acquirer_name | text? | the PSP's bank | partly: always null, PSPs here have no bank behind them
payment_type | text? | card, or the alternative payment method
eci | text? | what 3-D Secure proved
scheme_id | text? | the card network's id of it
initial_scheme_transaction_id | text? | that of the first payment of a series
mcc | text? | merchant category code
merchant_account_id | text? | the gateway configuration's sub-account, where one was named
metadata | map | a copy of the invoice's
external_details | ExternalDetails? | payer and address, as an alternative method knows them
native_apm | NativeApm? | how far a native payment got
origin | text | how it came about: api | partly: always api, nothing is pulled from PSPs
attempts_count | whole | how many times it was tried
routing_tags | [text] | the routing rule that chose the gateway: its number, then its conditions
sca | object? | what rules of authentication applied
details | object? | where the payment came from
buyer | object? | who paid
merchant_advice_code | text? | the network's advice after a decline
merchant_advice_reason | text? | the same in words
recommendation_code | text? | whether to try again
recommendation_reason | text? | the same in words
fraud_service_results | any? | what fraud services said | partly: always null, there are no fraud services
is_on_us | flag? | whether issuer and acquirer are one | partly: always null, there are no acquirers
subscription_cycle | any? | which cycle of a subscription | partly: always null, legacy billing is not simulated
duplicate_distance_seconds | whole? | how long after its double | partly: always null, no source says when it is set
sandbox | flag | whether it is test money; here always
created_at | moment | when it was made
"""

OPERATION = """
TransactionOperation: One step of a payment: what was asked of the PSP, or what it answered.
id | text | its id, tr_op_...
transaction_id | text | the payment it belongs to
transaction | Transaction^? | that payment
token_id | text? | the token of this attempt
token | Token^? | that token
card_id | text? | the card of this attempt
card | Card^? | that card
gateway_configuration_id | text? | the gateway configuration of this attempt
gateway_configuration | GatewayConfiguration^? | that configuration
type | word: request three_d_s_check authorization increment_authorization capture void refund chargeback payout | what
amount | amount | how much
amount_local | amount | the same in the project's currency | partly: the same figure, nothing is converted
currency | text | ISO 4217 code
is_attempt | flag | whether it was written before the PSP answered
has_failed | flag | whether the PSP said no
is_accountable | flag | whether it counts towards the amounts
error_code | text? | why it failed
error_message | text? | the same in words
gateway_operation_id | text? | the PSP's id of it
arn | text? | the acquirer's reference number
scheme_id | text? | the card network's id of it
initial_scheme_transaction_id | text? | that of the first payment of a series
payment_type | text? | card, or the alternative payment method
capture_type | text? | final or non-final
gateway_data | map | what the PSP adds
metadata | map | what the request of its action gave, and what we add
gateway_fee | amount | what the PSP took for it
chargeback_reason | text? | why the customer disputes
processed_with_network_token | flag | whether a network token stood in for the number
payment_data_three_d_s_request | object? | 3-D Secure 1: the request
payment_data_three_d_s_authentication | object? | 3-D Secure 1: the proof
payment_data_network_authentication | object? | the cryptogram
payment_data_three_d_s_2_authentication | object? | 3-D Secure 2: the proof
authenticated_transaction_id | text? | the transaction that was authenticated
authorization_code | text? | the issuer's code
card_checks | CardChecks? | every check
challenge_indicator | text? | the wish for or against a challenge
sca_exemption_reason | text? | the exemption asked for
eci | text? | what 3-D Secure proved
mcc | text? | merchant category code
is_on_us | flag? | whether issuer and acquirer are one | partly: always null, there are no acquirers
acquirer_name | text? | the PSP's bank | partly: always null, PSPs here have no bank behind them
merchant_account_id | text? | the gateway configuration's sub-account, where one was named
merchant_advice_code | text? | the network's advice after a decline
merchant_advice_reason | text? | the same in words
recommendation_code | text? | whether to try again
recommendation_reason | text? | the same in words
capture_statement_descriptor | text^ | what the request wanted on the bank statement
preferred_scheme | text^ | the scheme that the request preferred
transaction_link_id | text^ | the link between payments that the request named
installment_plan_id | text^ | the plan that the request named
split_allocations | [SplitAllocation]^ | who gets which part of it
invoice_detail_ids | [text]^ | the lines it is for
created_at | moment | when it was written
"""

REFUND = """
Refund: Money given back.
id | text | its id, refd_...
transaction_id | text | the payment it belongs to
transaction | Transaction^? | that payment
amount | amount | how much
reason | word: customer_request duplicate fraud other | why
information | text | more about it
has_failed | flag | whether it failed after it was accepted
metadata | map | the merchant's own notes
invoice_detail_ids | [text]? | the lines it is for
split_allocations | [SplitAllocation] | who gives back which part
funding_source | text | what it was paid from; always empty | partly: always empty, as in the published example
sandbox | flag | whether it is test money; here always
created_at | moment | when it was made
"""

REST = """
CardChecks: How the checks of a card ended, each with its reason.
cvc_check | text | the security code
cvc_check_reason | text? | why | partly: always null, no source lists reasons
avs_check | text | the whole address
avs_postal_check | text | the postal code
avs_postal_check_reason | text? | why | partly: always null, no source lists reasons
avs_street_check | text | the street
avs_street_check_reason | text? | why | partly: always null, no source lists reasons
avs_name_check | text | the name
avs_name_check_reason | text? | why | partly: always null, no source lists reasons
---
ThreeDS+: The particulars of 3-D Secure.
version | text^? | which version
status | text^? | how it ended
fingerprinted | flag^? | whether the device was looked at
challenged | flag^? | whether the customer was asked
ares_trans_status | text^? | the issuer's first answer
cres_trans_status | text^? | its answer after the challenge
ds_trans_id | text^? | the network's id
server_trans_id | text^? | the server's id
fingerprint_completion_indicator | text^? | whether the fingerprint came through
---
CustomerAction: What the customer has to do next.
type | text | url, redirect, fingerprint, fingerprint-mobile or challenge-mobile | partly: the first three, to our page
value | text | where, or what in base64
metadata | map? | more about it | partly: always null, no source says what it holds
---
ExternalDetails: What an alternative payment method knows of its payer.
customer | object | names, email, phone_number and billing address; empty texts for what was not said
shipping | object | the address to send it to
"""

TABLES = [INVOICE, INVOICE_DETAIL, *SUB_OBJECTS.split("---\n"), TRANSACTION, OPERATION, REFUND, *REST.split("---\n")]
