"""The objects of those who pay: customer, token, card, and the API's products and events. See objects.py."""

CUSTOMER = """
Customer: Somebody who pays.
id | text | its id, cust_... or the one the merchant chose
project_id | text | the project it belongs to, without test-
project | Project^? | that project
default_token_id | text? | the token that pays when only the customer is named
default_token | Token^? | that token
tokens | [Token]? | its tokens, newest first; null unless expanded
transactions | [Transaction]? | its payments, newest first; null unless expanded
subscriptions | [any]? | of the older billing; null unless expanded | partly: never any, legacy billing is not simulated
balance | amount | what the merchant keeps for it
currency | text? | ISO 4217 code, fixed by the first payment
email | text? | address for mail
first_name | text? | first name
last_name | text? | last name
company_name | text? | company
address1 | text? | street
address2 | text? | more of it
city | text? | city
state | text? | state or region
zip | text? | postal code
country_code | text? | ISO 3166 code
ip_address | text? | the customer's address on the net
phone_number | text? | phone as one text, the older form
phone | Phone? | phone
legal_document | text? | number of an identity document
sex | text? | male or female
date_of_birth | moment? | day of birth
is_business | flag | whether it is a company
reference_id | text? | the merchant's own id
metadata | map | the merchant's own notes
registered_at | moment | since when the merchant knows it
sandbox | flag | whether it is test money; here always
created_at | moment | when it was made
"""

TOKEN = """
Token: A customer's way to pay, usable any number of times.
id | text | its id, tok_...
customer_id | text | whose it is
customer | Customer^? | that customer
card_id | text? | the card behind it
card | Card^? | that card
gateway_configuration_id | text? | the gateway configuration it is bound to
gateway_configuration | GatewayConfiguration^? | that configuration
gateway_configuration_sub_account | text? | its sub-account, where one was named
invoice_id | text? | the invoice it was verified with
invoice | Invoice^? | that invoice
type | word: card gateway_token bank_account pending | what is behind it
description | text? | the merchant's label
summary | text? | what to show the customer
metadata | map | the merchant's own notes
is_subscription_only | flag | whether it pays subscriptions only | partly: always false, legacy billing is not simulated
is_default | flag | whether it is the customer's default
is_chargeable | flag | whether it can pay now
return_url | text? | where the customer is sent after a redirect
cancel_url | text? | where the customer is sent after giving up
webhook_url | text? | an address of its own for this token's webhooks
manual_invoice_cancellation | flag? | whether the merchant voids the verification
verification_status | word: success pending failed not-requested unknown | how its verification ended
can_get_balance | flag? | whether its balance can be asked for
provision_network_token | flag? | whether a network token is wanted
network_token | object? | its network token, pending or active
created_at | moment | when it was made
"""

CARD = """
Card: A payment card, without its number.
id | text | its id, card_...
project_id | text | the project it belongs to, without test-
project | Project^? | that project
token_id | text? | the token made of it
token | Token^? | that token
scheme | text | its network
co_scheme | text? | a second network on it
preferred_scheme | text? | which of them the customer prefers
preferred_card_type | text? | credit or debit, which the customer prefers
type | text | credit or debit
bank_name | text? | who issued it
brand | text? | the issuer's name for it
category | text? | consumer or commercial
iin | text | the first digits of its number
last_4_digits | text | the last digits of its number
fingerprint | text? | the same for the same number, within a project
exp_month | whole | month of expiry
exp_year | whole | year of expiry, four digits
cvc_check | text | how the check of the security code ended
avs_check | text | how the check of the address ended
checks | CardChecks | every check
token_type | text? | applepay or googlepay
name | text? | whose it is
address1 | text? | street
address2 | text? | more of it
city | text? | city
state | text? | state or region
zip | text? | postal code
ip_address | text? | the customer's address on the net
country_code | text? | where it was issued
billing_country_code | text? | where its owner is billed
used | flag? | whether a payment has taken it
has_been_authorized | flag | whether a payment with it was ever authorized
expires_soon | flag | whether its last month is here
metadata | map | the merchant's own notes
updated_at | moment | when it last changed
update_type | text? | what changed
update_reason_code | text? | who wanted it
cvc_tokenized | flag | whether a security code is kept
tokenization_method | text? | how it came in | partly: always null, no source says what it holds
payment_source_detail | any? | more about where it came from | partly: always null, no source says what it holds
initial_scheme_transaction_id | text? | the network's id of its first payment
payment_account_reference | text? | its account at the network, once it has a network token
user_agent | text? | the browser it came from
header_accept | text? | what that browser takes
header_referer | text? | the page it came from
app_language | text? | the browser's language
app_color_depth | whole? | the screen's depth
app_screen_height | whole? | the screen's height
app_screen_width | whole? | the screen's width
app_timezone_offset | whole? | the browser's time zone
app_java_enabled | flag? | whether it runs Java
request_origin | text? | backend where a server sent it
sandbox | flag | whether it is test money; here always
created_at | moment | when it was made
"""

REST = """
CardInformation: What the first digits of a card's number tell.
iin | text | those digits
scheme | text | the network
co_scheme | text? | a second network
type | text? | credit or debit
bank_name | text? | who issued it
brand | text? | the issuer's name for it
category | text? | consumer or commercial
country | text? | where it was issued
---
ApplePaySession: A merchant session as Apple's sheet is handed it, of this sandbox's own making.
epochTimestamp | whole | when it was made, in milliseconds since 1970
expiresAt | whole | until when a payment may begin, likewise
merchantSessionIdentifier | text | its id
nonce | text | eight hex digits, others each time
merchantIdentifier | text | the merchant's id, hashed
domainName | text | the host of the page it is for
displayName | text | the project's name, with a word that it is a test's
signature | text | a word that it is a test's, in hex
operationalAnalyticsIdentifier | text | name and merchant again
retries | whole | how often it was tried again | partly: zero, as nobody is called
pspId | text | the merchant's id again
---
NetworkToken: A number of the card network's that stands in for the card's.
id | text^? | its id, nt_...
status | text | pending or active
---
Balance: What is left on a card or voucher.
amount | amount | how much
currency | text | ISO 4217 code
expiry | moment^? | until when
---
Balances+: What a token has left.
vouchers | [Balance]^? | its vouchers
available_balance | Balance^? | what it can pay with
customer_action | CustomerAction^? | what the customer has to do first | partly: always null, balances here need nothing
---
Product: Something sold again and again, from which invoices are made.
id | text | its id
project_id | text | the project it belongs to, without test-
project | Project^? | that project
name | text | what is sold
amount | amount | its price
currency | text | ISO 4217 code
url | text | the hosted page where it is bought | partly: the real service's address, no page of ours
metadata | map | the merchant's own notes
return_url | text? | where the customer is sent after a redirect
cancel_url | text? | where the customer is sent after giving up
sandbox | flag | whether it is test money; here always
created_at | moment | when it was made
---
Event: Something that happened, as the merchant is told of it.
id | text | its id, ev_...
project_id | text | the project it belongs to, without test-
project | Project^? | that project
name | text | what happened
data | EventContent | what it happened to
webhooks | [Webhook]? | its deliveries, newest first; null unless expanded
sandbox | flag | whether it is test money; here always
fired_at | moment | when
---
EventContent: What an event is about, as it was then, with its first level expanded.
name | text | what happened
sandbox | flag | whether it is test money; here always
transaction | Transaction^ | the payment
customer | Customer^ | the customer
token | Token^ | the token
product | Product^ | the product
---
Webhook: One delivery of an event.
id | text | its id
project_id | text | the project it belongs to, without test-
project | Project^? | that project
event_id | text | the event
event | Event^? | that event
request_url | text | where it goes; empty once its endpoint is deleted
request_method | word: GET POST | how | partly: always POST, no source says when it is GET
response_body | text | the first 4096 bytes of what came back
response_code | text | the status that came back; empty when nothing did
response_headers | text | the headers that came back, a line each
response_time_ms | whole | how long it took
status | text | delivered, failed or pending
created_at | moment | when it was queued
release_at | moment? | when it is sent, or was; null where it was given up at once, or waits for another
"""

TABLES = [CUSTOMER, TOKEN, CARD, *REST.split("---\n")]
