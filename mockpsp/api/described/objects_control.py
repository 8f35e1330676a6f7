"""What the control plane answers: the world's time, moves and rules; the notation is that of objects.py."""

_TEXT = """
Universe: A universe: what it is called, what it holds, its switches.
project_id | text | the user of its credentials
seed | whole | the root of all its ids
generation | whole | how often it was emptied
counts | object | how many of each kind of thing it has; a kind without any is left out
gateway | text | the gateway of payments that name none
refund_failed_event | word: on off | whether a refund that fails later has an event of its own
rate_limit | any | requests a minute by bucket, or the word off
webhook_secret | text | what webhooks are signed with where an endpoint has no secret of its own
links | map | what else there is, by name
----
UniverseShown: A universe and its time.
universe | Universe | the universe
clock | Clock | its time
----
Restarted: A universe that was emptied.
clock | Clock | its time
seed | whole | the root of its ids from now on
----
Digest: The hash of all state.
digest | text | in hexadecimal digits; equal ones mean equal worlds
----
Fork: A copy of a universe, which goes on by itself.
project_id | text | the user of its credentials; the password is its parent's
of | text | the user of the universe it was copied from
snapshot | text? | the snapshot that was copied; null for the universe as it stood
redirected | map | the endpoints whose address was changed, from old to new
clock | Clock | its time
----
Snapshot: A kept moment of a universe.
id | text | its id, snap_...
name | text | what it was called
now | moment | the universe's time in it
----
SnapshotTaken: A snapshot that was just taken.
snapshot | Snapshot | the snapshot
clock | Clock | the universe's time
----
SnapshotList: The snapshots of a universe.
snapshots | [Snapshot] | all of them, newest first
----
SnapshotSaved: A snapshot as a file: open it in another server with POST /sandbox/snapshots/file.
format | whole | of the file
schema | whole | of what is in it
mockpsp | text | the version that wrote it
name | text | what it was called
now | moment | the universe's time in it
data | text | the state, packed
----
PlannedStep: What is going to happen by itself.
at | moment? | when; null as soon as time moves
kind | word: effect delivery | a move of the world, or a webhook's next attempt
what | text | the move, or the event
id | text | what it happens to
----
Agenda: What is going to happen, the next thing first.
agenda | [PlannedStep] | the steps
----
Step: What happened while time moved.
at | moment | when
kind | word: effect delivery | a move of the world, or a webhook's attempt
what | text | the move, or the event
id | text | what it happened to
result | word: done moot delivered failed dead | what came of it
why | text^ | why it was moot
----
Advanced: What happened while time moved on.
ran | [Step] | the steps, in their order
more | flag | whether more is due by now than ran
reached | flag^ | whether the event that was waited for has fired
clock | Clock | the time after it
----
ClockChanged: The clock after it was set; where that let time go on, what happened.
ran | [Step]^ | the steps, in their order
more | flag^ | whether more is due by now than ran
reached | flag^ | whether the event that was waited for has fired
clock | Clock | the time
----
Delivered: A webhook that arrived.
at | moment | when
what | text | the event
id | text | the event's id
----
CallSeen: A call of the API that was made meanwhile.
at | moment | when
method | text | of the request
path | text | of the request
status | whole? | of the answer
fault | text^ | the fault that it met
----
Settled: What happened until nothing was due any more.
ran | [Step] | the steps, in their order
more | flag | whether more is due by now than ran
delivered | [Delivered] | the webhooks that arrived
calls | [CallSeen] | the calls that receivers made, as far as they are listed
calls_count | whole | how many they were
due | [PlannedStep] | what is due later, the next thing first
clock | Clock | the time
----
NotSettled: Why it does not settle, and what happened all the same; the first three alone where time is being moved.
success | flag | false
error_type | text | the code
message | text | the reason in words
ran | [Step]^ | the steps, in their order
more | flag^ | whether more is due by now than ran
delivered | [Delivered]^ | the webhooks that arrived
calls | [CallSeen]^ | the calls that receivers made, as far as they are listed
calls_count | whole^ | how many they were
due | [PlannedStep]^ | what is due later, the next thing first
clock | Clock^ | the time
----
Simulated: A move of the world.
what | text | the move
on | text | what it happened to
due_at | moment | when it happens
dispute | text^ | the dispute that it opened, or is about
ids | [text]^ | what it made or changed, where that is many things
more | flag^ | whether more is due by now than ran
----
Rule: A scripted outcome.
id | text | its id, rule_...
match | object | which operations: on, amount, card and so on
outcome | any | what happens to them: ok, a code, an object, or a list of outcomes in turn
uses_left | whole | how many more
used | whole | how many so far
----
RuleList: The scripted outcomes.
rules | [Rule] | in the order in which they are asked
----
Removed: How many were removed.
removed | whole | their number
----
FaultHit: A call that met a fault.
call | whole | the number of the matching call
at | moment | when
method | text | of the request
path | text | of the request
key | text? | its idempotency key
delay | text^ | how long it was held up
----
Fault: A fault on calls of the API.
id | text | its id, fault_...
match | text | the route
key | text^ | only calls under this idempotency key
gateway | text^ | only calls about payments at this gateway
nth | whole | from which matching call on
times | whole | for how many of them
when | text^ | before_commit, after_commit or while_answering
do | text | what happens to them
calls | whole | how many calls matched
used | whole | how many met it
uses_left | whole | how many more will
hits | [FaultHit] | those that met it
----
FaultList: The faults on calls.
faults | [Fault] | in the order in which they are asked
----
PspProfile: A PSP and its facts; what each means stands with the profiles.
name | text | what it is called
models | [text] | whom it is like
aliases | [text] | other names that it goes by
methods | [text] | the ways of paying that it takes
currencies | [text]? | the currencies that it takes; null for all
amounts | object | the least, the most and the step, each by currency
can | object | what it can do, by fact
fees | object | what it charges, by what for
delays | object | how long things take, by fact
money | object | when and how it pays out
sources | map | where each fact is from, or that it is a choice
----
PspList: The PSPs there are.
psps | [PspProfile] | built in, and of one's own
----
RoutingRule: Which payments go to a gateway.
gateway | text | the gateway
match | object | which payments: by currency, method and so on
----
Routing: Where payments go that name no gateway.
default | text | the gateway of those that no rule fits
rules | [RoutingRule] | asked in turn
----
TimelinePayment: The payment that a timeline is of.
invoice_id | text | its invoice
transaction_id | text | its transaction
name | text | what the invoice is called
status | text | where it stands
currency | text | ISO 4217 code
amount | exact | what is asked for
authorized_amount | exact | what was authorized
captured_amount | exact | what was captured
voided_amount | exact | what was released
refunded_amount | exact | what was refunded
failed_refunds_amount | exact? | what the refunds that failed were of; null where none did
gateway | text? | the gateway
card_id | text? | the card
customer_id | text? | who pays
error_code | text? | why it failed
created_at | moment | when it began
----
TimelineMoment+: A moment of a payment; what else is in it depends on its kind.
at | moment | when
kind | word: call decision posting event attempt next-attempt | what it is
what | text^ | the decision, the entry's fact, or the event
is_new | flag^ | whether it came of what was done last
----
TimelineMove: A move that can be made now.
what | text | the move
on | text | what it would happen to
details | [text] | what it may be told
----
TimelineStep: What is going to happen to a payment by itself.
at | moment | when
what | text | the move
on | text | what it happens to
----
Timeline: All about one payment, in order.
payment | TimelinePayment | the payment
moments | [TimelineMoment] | what happened
is_cut | flag | whether earlier ones were left out
ahead | [TimelineStep] | what is going to happen
moves | [TimelineMove] | what can be made to happen
----
LoggedCall: A request as it is remembered.
n | whole | its number
at | moment | when
method | text | of the request
path | text | of the request
query | text^ | what stood behind the question mark
status | whole? | of the answer; null where none was sent
key | text^ | its idempotency key
body | any | what was sent, with nothing secret in it
answer | any | what was answered
fault | text^ | the fault that it met
----
RequestLog: The requests that are remembered.
requests | [LoggedCall] | the newest last
last | whole | the number of the newest one
"""
TABLES = _TEXT.split("----")
