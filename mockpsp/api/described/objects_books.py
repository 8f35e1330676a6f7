"""What the control plane answers of webhooks and of the books; the notation is that of objects.py."""

_TEXT = """
WebhookEndpoint: Where webhooks go.
id | text | its id, wbe_...
url | text | its address
secret | text? | what its webhooks are signed with; shown when it is made or changed, null otherwise
public_key | text^ | what their signatures are verified with, where that is another key
topics | [text]? | the events it gets; null for all
scheme | text | how they are signed
key | text^ | what a secret of the scheme standard is
body | word: thin dialect | whose form bodies have
state | word: enabled disabled | whether anything is sent
schedule | text | when attempts are made again
order | text | whether a message waits for those before it
reserializable | flag | whether bodies survive being parsed and written again
----
WebhookEndpointList: The endpoints of a universe.
webhook_endpoints | [WebhookEndpoint] | all of them
----
DeliveryAttempt: One attempt to deliver a webhook.
n | whole | which one it was, from 1
at | moment | when
status_code | whole? | of the receiver's answer; null where none came
error | text? | what went wrong
request_headers | text^ | what was sent
request_body | text^ | what was sent
response_headers | text^ | what came back
response_body | text^ | what came back
----
Delivery: A webhook on its way to one endpoint.
id | text | its id, wbk_...
event_id | text | the event it tells of
event_type | text | the event's name
endpoint_id | text | the endpoint
url | text? | its address
state | word: pending delivered dead | whether it arrived, may yet, or was given up
due_at | moment? | when the next attempt is due, or the last one was
next_attempt_at | moment? | when the next attempt is due
error | text? | what went wrong last
misbehaves | [text] | how it was made to misbehave
attempts | [DeliveryAttempt] | what was tried so far; of very many the newest
----
DeliveryList: Deliveries.
deliveries | [Delivery] | the oldest first
has_more | flag | whether there are more
----
Retried: How many deliveries are tried once more.
retried | whole | their number
----
MisdeliveryRule: How webhooks are to misbehave.
match | object | which: event and endpoint; empty for all
times | whole? | for how many messages; null without end
do | any | what goes wrong, or a list of such words
met | whole | how many messages so far
----
Misdelivery: How webhooks are to misbehave.
rules | [MisdeliveryRule] | asked in turn
----
Posting: A line of an entry.
debit | text | the account that is debited
credit | text | the account that is credited
amount | exact | how much
currency | text | ISO 4217 code
----
JournalEntry: An entry of the books.
at | moment | when it was booked
fact | text | what happened
on | text | what it happened to
postings | [Posting] | its lines
----
Journal: The journal.
journal | [JournalEntry] | the oldest entry first
----
AccountBalances: Each account's balances by currency, debits positive.
balances | object | now, or at the end of the period
opening | object^ | before the period
moved | object^ | in the period
----
BriefPayout: A payout in brief.
id | text | its id, payt_...
gateway | text | who pays
status | text | where it stands
amount | exact | what was sent
currency | text | ISO 4217 code
items_count | whole | how many lines it has
created_at | moment | when it was sent
----
BriefPayouts: Payouts in brief.
payouts | [BriefPayout] | the oldest first
----
PayoutRow: A line of a payout, or its total.
record | word: item total | which of them
payout_id | text | the payout
payout_status | text | where it stands
payout_date | text | the day it was sent
gateway | text | who pays
item_id | text? | the line's id
type | text | what it is for
transaction_id | text? | the payment
booked_at | moment | when it was booked
booking_date | text | that day, where the PSP is
value_date | text | the day that counts for interest
currency | text | ISO 4217 code
gross | exact | before fees
fee | exact | what was kept
net | exact | what was paid
made_date | text? | the day it was made
capture_date | text? | the day of the capture
invoice_id | text? | the invoice
order | text? | what the invoice is called
----
PayoutRows: Payouts line by line.
rows | [PayoutRow] | each payout's lines, then its total
----
StatementRow: A line of a statement of an account.
record | word: opening entry closing | what it is
account | text | the gateway, or the bank
currency | text | ISO 4217 code
from_date | text | the statement's first day
to_date | text | its last day
type | text? | what it is for
reference | text? | the id of what is booked
booked_at | moment? | when it was booked
booking_date | text? | that day, where the account is
value_date | text? | the day that counts for interest
made_date | text? | the day it was made
capture_date | text? | the day of the capture
transaction_id | text? | the payment
invoice_id | text? | the invoice
order | text? | what the invoice is called
payout_id | text? | the payout
payout_status | text? | where that stands
sent_date | text? | the day it was sent
gateway | text? | the gateway
gross | exact? | before fees
fee | exact? | what was kept
net | exact? | what was booked
balance | exact | the balance after it
----
StatementRows: Statements of accounts.
rows | [StatementRow] | each statement's opening, its entries, its closing
----
UnbalancedBook: A book whose debits and credits differ.
book | text | which book
currency | text | ISO 4217 code
total | exact | by how much
----
UnlikeBalance: A balance that is not the sum of its postings.
account | text | the account
currency | text | ISO 4217 code
balance | exact? | what is kept
posted | exact? | what was posted
----
BeyondAmounts: A transaction that has more captured or refunded than it may.
id | text | its id
gateway_name | text? | the PSP, which may tolerate it
currency | text | ISO 4217 code
authorized_amount | amount | what was authorized
captured_amount | amount | what was captured
refunded_amount | amount | what was refunded
----
Audit: What doesn't hold; three empty lists are the good answer.
unbalanced | [UnbalancedBook] | books that don't balance
unlike_postings | [UnlikeBalance] | balances unlike their postings
beyond | [BeyondAmounts] | transactions beyond their amounts
----
DivergenceEvent: The event that told of something.
id | text | its id
name | text | its name
----
Divergence: Where own records and books differ.
reference | text | what both know it by
kind | text | what it is
currency | text | ISO 4217 code
recorded | exact | what the records have
booked | exact | what the books have
at | moment? | when the books' entry was made
fact | text? | what happened then
event | DivergenceEvent? | the event that told of it
postings | [Posting] | how it was booked
----
Reconciliation: Own records beside the books.
agrees | flag | whether nothing differs
records | whole | how many rows were given
divergences | [Divergence] | what differs, the earliest entry first
"""
TABLES = _TEXT.split("----")
