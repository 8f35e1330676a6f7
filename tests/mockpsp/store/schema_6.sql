CREATE TABLE project (
  no INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,            -- test-proj_...
  secret TEXT NOT NULL,
  seed INTEGER NOT NULL,
  next_seq INTEGER NOT NULL,
  generation INTEGER NOT NULL,        -- grows with each reset
  clock_mode TEXT NOT NULL CHECK (clock_mode IN ('manual', 'wall')),
  clock_ms INTEGER NOT NULL,          -- manual: now; wall: the last moment acted on, now never falls below it
  offset_ms INTEGER NOT NULL,         -- wall: now = real time + offset
  rules_count INTEGER NOT NULL,       -- scripted rules left, so that most writes need not look for them
  settings TEXT NOT NULL,             -- JSON: routing, the universe's own gateways, switches
  opened_real_ms INTEGER,             -- by the machine's clock: when it was opened, and last written to;
  used_real_ms INTEGER                -- NULL: before that was noted
) STRICT;
CREATE TABLE resource_count (
  project_id INTEGER NOT NULL, kind TEXT NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY (project_id, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE customer (
  project_id INTEGER NOT NULL, seq INTEGER NOT NULL, chosen_id TEXT, body TEXT NOT NULL,
  PRIMARY KEY (project_id, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX customer_chosen ON customer (project_id, chosen_id) WHERE chosen_id IS NOT NULL;
CREATE TABLE card (
  project_id INTEGER NOT NULL, seq INTEGER NOT NULL, test_card TEXT NOT NULL, body TEXT NOT NULL,
  anonymised_at_ms INTEGER,
  PRIMARY KEY (project_id, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE token (
  project_id INTEGER NOT NULL, seq INTEGER NOT NULL, customer_seq INTEGER NOT NULL, card_seq INTEGER,
  body TEXT NOT NULL,
  PRIMARY KEY (project_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX token_customer ON token (project_id, customer_seq, seq);
CREATE TABLE product (
  project_id INTEGER NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (project_id, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE invoice (
  project_id INTEGER NOT NULL, seq INTEGER NOT NULL, payment_seq INTEGER NOT NULL, customer_seq INTEGER,
  amount_minor INTEGER NOT NULL, currency TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (project_id, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE payment (
  project_id INTEGER NOT NULL, seq INTEGER NOT NULL, invoice_seq INTEGER NOT NULL, customer_seq INTEGER,
  card_seq INTEGER, token_seq INTEGER, gateway TEXT,
  currency TEXT NOT NULL, status TEXT NOT NULL, amount_minor INTEGER NOT NULL,
  authorized_minor INTEGER NOT NULL, captured_minor INTEGER NOT NULL, voided_minor INTEGER NOT NULL,
  refunded_minor INTEGER NOT NULL, created_at_ms INTEGER NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (project_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX payment_customer ON payment (project_id, customer_seq, seq) WHERE customer_seq IS NOT NULL;
CREATE TABLE refund (
  project_id INTEGER NOT NULL, seq INTEGER NOT NULL, payment_seq INTEGER NOT NULL, amount_minor INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'final', 'failed')),
  body TEXT NOT NULL,                 -- reason, information, metadata, detail ids, parts, created_at_ms
  PRIMARY KEY (project_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX refund_payment ON refund (project_id, payment_seq, seq);
CREATE TABLE waiting_refund (
  project_id INTEGER NOT NULL, gateway TEXT NOT NULL, currency TEXT NOT NULL, seq INTEGER NOT NULL,
  payment_seq INTEGER NOT NULL, amount_minor INTEGER NOT NULL,
  PRIMARY KEY (project_id, gateway, currency, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE fact (
  project_id INTEGER NOT NULL, seq INTEGER NOT NULL, payment_seq INTEGER NOT NULL, kind TEXT NOT NULL,
  amount_minor INTEGER NOT NULL, at_ms INTEGER NOT NULL, body TEXT,
  PRIMARY KEY (project_id, payment_seq, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE effect (
  project_id INTEGER NOT NULL, due_at_ms INTEGER NOT NULL, seq INTEGER NOT NULL,
  command TEXT NOT NULL, payment_seq INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (project_id, due_at_ms, seq)      -- rows leave when they ran: only the future is here
) STRICT, WITHOUT ROWID;
CREATE TABLE scripted_rule (
  project_id INTEGER NOT NULL, seq INTEGER NOT NULL, matches TEXT NOT NULL, outcome TEXT NOT NULL,
  uses_left INTEGER NOT NULL, used INTEGER NOT NULL,
  PRIMARY KEY (project_id, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE journal_entry (
  project_id INTEGER NOT NULL, seq INTEGER NOT NULL,       -- the fact's seq: one entry a fact
  payment_seq INTEGER NOT NULL, fact TEXT NOT NULL, at_ms INTEGER NOT NULL,
  PRIMARY KEY (project_id, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE posting (
  project_id INTEGER NOT NULL, entry_seq INTEGER NOT NULL, line INTEGER NOT NULL,
  debit_account TEXT NOT NULL, credit_account TEXT NOT NULL, currency TEXT NOT NULL,
  amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
  PRIMARY KEY (project_id, entry_seq, line),
  CHECK (debit_account <> credit_account)
) STRICT, WITHOUT ROWID;
CREATE TABLE account_balance (
  project_id INTEGER NOT NULL, account TEXT NOT NULL, currency TEXT NOT NULL,
  debits_minor INTEGER NOT NULL, credits_minor INTEGER NOT NULL,
  PRIMARY KEY (project_id, account, currency)
) STRICT, WITHOUT ROWID;
CREATE TABLE event (
  project_id INTEGER NOT NULL, seq INTEGER NOT NULL, name TEXT NOT NULL, payment_seq INTEGER, fact_seq INTEGER,
  payload TEXT, at_ms INTEGER NOT NULL,
  PRIMARY KEY (project_id, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE idempotency (
  project_id INTEGER NOT NULL, key TEXT NOT NULL, request_hash TEXT NOT NULL, status INTEGER NOT NULL,
  response TEXT NOT NULL,
  PRIMARY KEY (project_id, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE gateway_request (
  project_id INTEGER NOT NULL, digest TEXT NOT NULL, payment_seq INTEGER NOT NULL,
  PRIMARY KEY (project_id, digest)
) STRICT, WITHOUT ROWID;
CREATE TABLE payout (
  project_id INTEGER NOT NULL, seq INTEGER NOT NULL, gateway TEXT NOT NULL, currency TEXT NOT NULL,
  status TEXT NOT NULL, amount_minor INTEGER NOT NULL,
  body TEXT NOT NULL,                 -- sums by type of item, moments, why it failed
  deleted_at_ms INTEGER,              -- not shown any more; the money went all the same
  PRIMARY KEY (project_id, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE payout_item (
  project_id INTEGER NOT NULL, seq INTEGER NOT NULL, gateway TEXT NOT NULL, currency TEXT NOT NULL,
  payout_seq INTEGER, payment_seq INTEGER, type TEXT NOT NULL,
  amount_minor INTEGER NOT NULL, fees_minor INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  repays_seq INTEGER,                 -- the failed payout whose money this puts back
  made_at_ms INTEGER,                 -- when what it is about happened, at_ms: when that was booked here
  captured_at_ms INTEGER,             -- when the capture was made whose money it moves
  PRIMARY KEY (project_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX payout_item_unpaid ON payout_item (project_id, gateway, currency, seq) WHERE payout_seq IS NULL;
CREATE INDEX payout_item_payout ON payout_item (project_id, payout_seq, seq) WHERE payout_seq IS NOT NULL;
CREATE INDEX payout_item_payment ON payout_item (project_id, payment_seq, seq) WHERE payment_seq IS NOT NULL;
CREATE TABLE snapshot (
  project_id INTEGER NOT NULL,        -- whose it is
  n INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, taken_at_ms INTEGER NOT NULL,
  public_id TEXT NOT NULL,            -- the project's id as the kept rows have it
  copy_no INTEGER,                    -- the kept universe; NULL: deleted, so that no other gets its id
  PRIMARY KEY (project_id, n)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER posting_is_final BEFORE UPDATE ON posting BEGIN SELECT RAISE(ABORT, 'postings are append-only'); END;
CREATE TRIGGER entry_is_final BEFORE UPDATE ON journal_entry
BEGIN SELECT RAISE(ABORT, 'journal entries are append-only'); END;
CREATE TABLE webhook_endpoint (
  tenant_id INTEGER NOT NULL, seq INTEGER NOT NULL, url TEXT NOT NULL, secret TEXT NOT NULL,
  old_secret TEXT,                    -- signs too while a rotation lasts
  topics TEXT,                        -- JSON list; NULL: every topic
  state TEXT NOT NULL CHECK (state IN ('enabled', 'disabled')),
  kind TEXT NOT NULL CHECK (kind IN ('endpoint', 'adhoc')),
  dialect TEXT NOT NULL DEFAULT 'standard',             -- a row of dialects.py: how its calls are signed
  body_form TEXT NOT NULL DEFAULT 'thin',               -- or 'dialect': the body is the dialect's own as well
  rotations INTEGER NOT NULL DEFAULT 0,                 -- how often the secret was replaced
  rotated_seq INTEGER NOT NULL DEFAULT 0,               -- messages with smaller numbers are of before the last time
  certificate_url TEXT NOT NULL DEFAULT '',             -- where receivers fetch the dialect's certificate
  schedule TEXT NOT NULL DEFAULT 'processout',          -- a row of schedules.py
  ordering TEXT NOT NULL DEFAULT 'one_by_one',          -- how many at once, and what a failed one holds up
  is_reserializable INTEGER NOT NULL DEFAULT 1,         -- 0: bodies that no parser writes again as they were
  PRIMARY KEY (tenant_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_endpoint_listening ON webhook_endpoint (tenant_id, seq)
WHERE kind = 'endpoint' AND state = 'enabled';
CREATE UNIQUE INDEX webhook_endpoint_adhoc ON webhook_endpoint (tenant_id, url) WHERE kind = 'adhoc';
CREATE TABLE webhook_message (
  tenant_id INTEGER NOT NULL, seq INTEGER NOT NULL, topic TEXT NOT NULL,
  webhook_id TEXT NOT NULL,           -- the header's id: the same for every attempt and endpoint
  body TEXT NOT NULL,                 -- the exact text that is signed and sent, as UTF-8
  at_ms INTEGER NOT NULL,
  facts TEXT,                         -- JSON: what bodies of a dialect's own are made of; NULL: nobody wanted one
  PRIMARY KEY (tenant_id, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE webhook_delivery (
  tenant_id INTEGER NOT NULL, seq INTEGER NOT NULL, message_seq INTEGER NOT NULL, endpoint_seq INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
  attempts INTEGER NOT NULL, due_at_ms INTEGER NOT NULL,
  last_error TEXT,                    -- why the last attempt failed, or why there will be none
  misbehaves TEXT,                    -- what was asked to go wrong with it, as misbehaving.py writes it
  PRIMARY KEY (tenant_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_delivery_due ON webhook_delivery (tenant_id, due_at_ms, seq) WHERE state = 'pending';
CREATE INDEX webhook_delivery_queue ON webhook_delivery (tenant_id, endpoint_seq, due_at_ms, seq)
WHERE state = 'pending';
CREATE INDEX webhook_delivery_message ON webhook_delivery (tenant_id, message_seq, seq);
CREATE TABLE webhook_attempt (
  tenant_id INTEGER NOT NULL, delivery_seq INTEGER NOT NULL, n INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  status_code INTEGER, error TEXT,
  took_ms INTEGER NOT NULL,           -- real time, the only such column here
  response_body TEXT NOT NULL DEFAULT '', response_headers TEXT NOT NULL DEFAULT '',    -- the beginning of each
  request_headers TEXT NOT NULL DEFAULT '',             -- what was sent; but for credentials in the address
  request_body TEXT,                  -- NULL: the message's own
  PRIMARY KEY (tenant_id, delivery_seq, n)
) STRICT, WITHOUT ROWID;
