"""The objects around PSPs: gateways, their configurations, the project, payouts, and lists of codes. See objects.py."""

GATEWAYS = """
Gateway: A PSP.
id | text | its name
name | text | its name
display_name | text | its name as people read it
logo_url | text | its logo | partly: invented PSPs have one between them
url | text | its home page | partly: this server's own page about PSPs
description | text | what it is
flows | [text] | how it can be paid through | partly: direct or redirect, no source lists them
tags | [text] | what it takes
can_pull_transactions | flag | whether payments made elsewhere can be asked for | partly: always false, nothing is
can_refund | flag | whether it gives money back
is_oauth_authentication | flag | whether it is connected by signing in | partly: always false, nothing signs in
---
GatewayConfiguration: A PSP as this project uses it.
id | text | its id, gway_conf_...
project_id | text | the project it belongs to, without test-
project | Project^? | that project
gateway_id | whole | the PSP's number
gateway | Gateway^? | that PSP
gateway_name | text | the PSP's name
name | text | the merchant's label
default_currency | text? | ISO 4217 code
processing_region | text? | where it runs payments
enabled | flag | whether it takes payments
public_keys | map | what browsers may know of it
metadata | map | the merchant's own notes
sub_accounts_enabled | [text] | which of its accounts are on
config_entries | any? | its credentials | partly: always null, credentials are never shown
is_pulling | flag | whether payments made elsewhere are fetched | partly: always false, nothing is
merchant_account_country_code | text? | where that account is | partly: always null, PSPs here know no accounts
sandbox | flag | whether it is test money; here always
created_at | moment | when it was made
enabled_at | moment? | when it was switched on
---
Project: A merchant's account: here, a universe.
id | text | its id, without test-
supervisor_project_id | text? | the project above it | partly: always null, there are no supervisors
supervisor_project | Project^? | that project | partly: always null, there are no supervisors
api_version | APIVersion | the version it is answered in
name | text | its label
logo_url | text? | its logo
email | text? | its address for mail
default_currency | text | ISO 4217 code
private_key | text^? | its secret, on creation only | partly: never shown, the API makes no projects here
dunning_configuration | [object] | what follows a failed subscription payment
feature_flags | [text] | what is switched on for it | partly: always empty, there are none
region_name | text? | where it is run | partly: always null, there are no regions
applepay_settings | object? | its Apple Pay settings
gateway_configurations | [GatewayConfiguration]? | its gateway configurations; null unless expanded
is_pulling | flag | whether payments made elsewhere are fetched | partly: always false, nothing is
is_pulling_initial | flag | whether the first such fetch runs | partly: always false, nothing is
sandbox | flag^ | whether it is test money; here always
created_at | moment | when it was made
---
APIVersion: A version of the API.
name | text | its number
description | text | what is new in it | partly: always empty, no source describes one
created_at | moment | since when | partly: the same for all, no source says
"""

PAYOUTS = """
Payout: Money a PSP sends to the merchant's bank.
id | text | its id, payt_...
project_id | text | the project it belongs to, without test-
project | Project^? | that project
status | word: pending in-flight received canceled failed | where it stands
amount | amount | how much
currency | text | ISO 4217 code
metadata | map | more about it | partly: always empty, PSPs here add nothing
bank_name | text? | the merchant's bank | partly: always null, no bank is named
bank_summary | text? | the merchant's account, shortened | partly: always null, no bank is named
sales_transactions | whole | how many sales are in it
sales_volume | amount | what they come to
refunds_transactions | whole | how many refunds are in it
refunds_volume | amount | what they come to
chargebacks_transactions | whole | how many disputes are in it
chargebacks_volume | amount | what they come to
sales_fees | amount | what the PSP took for sales
refunds_fees | amount | what it took for refunds
chargebacks_fees | amount | what it took for disputes
fees | amount | what it took in all
adjustments | amount | what was put right
adjustments_volume | amount | the same
adjustments_fees | amount | what the PSP took for it | partly: always zero, an adjustment costs nothing
reserve | amount | what was kept back, less what was let go
reserve_volume | amount | the same
reserve_fees | amount | what the PSP took for it | partly: always zero, a reserve costs nothing
settled_at | moment? | when it was funded
created_at | moment | when it was made
items | [PayoutItem]? | what it is made of; null unless expanded
gateway_configuration_id | text | the PSP that pays
gateway_configuration | GatewayConfiguration^? | that configuration
gateway_resource_id | text | the PSP's id of it
report_ids | [text] | the reports it came from | partly: always empty, reports are not simulated
failure_reason | text? | why it failed
failure_reason_code | text? | the same as a code
---
PayoutItem: One line of a payout.
id | text | its id, payt_itm_...
project_id | text | the project it belongs to, without test-
project | Project^? | that project
payout_id | text? | the payout it is in
payout | Payout^? | that payout
transaction_id | text? | the payment it comes from
transaction | Transaction^? | that payment
type | word: sale refund chargeback fee adjustment reserve | what it is
gateway_resource_id | text | the PSP's id of it
amount | amount | how much; below zero for what is taken
fees | amount | what the PSP took
metadata | map | more about it
breakdown | PayoutItemAmountBreakdowns | the fees by cause
report_id | text? | the report it came from | partly: always null, reports are not simulated
payment_provider_type | text? | the PSP's word for it | partly: always null, no source lists them
created_at | moment | when it was booked
---
PayoutItemAmountBreakdowns: The fees of a payout item by cause.
scheme_fee | amount? | to the card network | partly: never any, PSPs here take one fee
interchange_fee | amount? | to the issuer | partly: never any, PSPs here take one fee
gateway_fee | amount? | to the PSP
markup_fee | amount? | the PSP's share above cost | partly: never any, PSPs here take one fee
acquirer_fee | amount? | to the acquirer | partly: never any, PSPs here take one fee
other_fee | amount? | anything else | partly: never any, PSPs here take one fee
---
PayoutSummary: What payouts made of a payment.
currency | text | ISO 4217 code
is_settled | flag | whether all of it was paid out
settled_at | moment? | when the last part was
total_amount | amount | what became of it before fees
settled_amount | amount | as much of that as was paid out
settled_amount_local | amount | the same in the project's currency | partly: the same figure, nothing is converted
fees | amount | what the PSP took
fees_local | amount | the same in the project's currency | partly: the same figure, nothing is converted
fees_breakdown | PayoutItemAmountBreakdowns | the fees by cause
settlement_status | word: settled partially-settled pending | how far it was paid out
---
ErrorCodes: Every code a payment can fail with, by its first word's meaning.
generic | [text] | of no one in particular | partly: always empty, no published code is of it
service | [text] | of the service | partly: always empty, no published code is of it
gateway | [text] | of the PSP
card | [text] | of the card
check | [text] | of the checks | partly: always empty, no published code is of it
shipping | [text] | of shipping | partly: always empty, no published code is of it
customer | [text] | of the customer
payment | [text] | of the payment
refund | [text] | of a refund | partly: always empty, no published code is of it
wallet | [text] | of a wallet | partly: always empty, no published code is of it
request | [text] | of the request
"""

CONTROL = """
Clock: The universe's time.
mode | word: manual wall | whether it stands still or runs
now | moment | the time
offset_seconds | any | how far it is ahead of the real one
---
Versions: The versions of the API.
current_version | APIVersion | the one that answers
latest_version | APIVersion | the newest
versions | [APIVersion] | all of them
---
Health: Whether requests are answered.
version | text | of this sandbox
ok | flag | true
---
Any+: An object of its own form.
---
Action: What the customer has to do next, if anything.
customer_action | CustomerAction^ | that
---
NativeApm+: What an alternative payment method asks the customer for, or says.
state | word: CUSTOMER_INPUT PENDING_CAPTURE CAPTURED FAILED | how far it got
parameter_definitions | [object]^ | what is still asked of the customer, in the answer of a payment
parameter_values | object^? | what is to be done elsewhere | partly: for public calls alone, and no entries
gateway | object^ | the method's name and logo
invoice | object^ | amount and currency
parameters | [object]^ | what is still asked of the customer, when it is fetched
---
NativeStep: How far a native payment of the newer generation got, and what the customer does next.
state | word: NEXT_STEP_REQUIRED PENDING SUCCESS | how far; one that failed is answered with its decline
payment_method | object | the method: gateway_configuration_id, gateway_name, display_name and logo
invoice | object^ | what is paid: id, amount and currency
customer_token | object^ | the token that is made: its id
elements | [object]^ | a form to fill in, or instructions, of which some come in groups
redirect | object^ | a page to go to: url, hint, type (web, deep_link) and confirmation_required
outcome | word: success pending^ | the same, for browsers and apps
---
Error: Why a request was not carried out.
success | flag | false
error_type | text | the code
message | text | the reason in words
invalid_fields | [InvalidField]^ | the fields that are wrong
customer_action | CustomerAction^ | what the customer has to do next
transaction | Transaction^ | the payment that failed
authorized | flag^ | whether the payment is authorized, for browsers
captured | flag^ | whether the payment is captured, for browsers
outcome | word: failed pending^ | the same, for browsers and apps
---
InstallmentPlans: Plans to pay in parts.
installment_plans | [object] | a project here has none
outcome | word: success^ | the same, for browsers and apps
---
StepRefused: Why a step of a native payment was not taken, beside what the customer is asked once more.
success | flag | false
error_type | text | the code
message | text | the reason in words
invalid_fields | [InvalidField]^ | the fields that are wrong
payment_method | object^ | the method, where entries are wrong
elements | [object]^ | its form, where entries are wrong
invoice | object^ | what is paid, where entries are wrong
outcome | word: failed pending^ | the same, for browsers and apps
---
InvalidField: A field of the body that is wrong.
name | text | which
message | text | why
"""

TABLES = [*GATEWAYS.split("---\n"), *PAYOUTS.split("---\n"), *CONTROL.split("---\n")]
