-- Tables of the webhook outbox. All STRICT; moments are integer milliseconds UTC (virtual).
-- `tenant_id` is whoever owns the endpoints. seq comes from the caller, grows, and is never used twice by a tenant.

-- kind 'endpoint': set up on purpose. kind 'adhoc': an address that came with one message; kept so that a later
-- message to the same address reuses the row.
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
-- Who listens: addresses that came with messages can be many and must not slow down the question.
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
-- The first due one of each endpoint, however long the queue of another endpoint is.
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
