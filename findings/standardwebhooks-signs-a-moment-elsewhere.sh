#!/usr/bin/env bash
# standardwebhooks 1.1.0 and svix 2.9.1 (Python): Webhook.sign() takes a datetime, and of one that knows its zone it drops
# the zone in place of counting with it. The same moment told in UTC and at +09:00 gets two signatures, and the second is of
# a message nine hours later: sent with the header that the moment has, it is refused by the verify() beside it. Standard
# Webhooks signs the id, the seconds since 1970 of that header and the body, and a moment has those seconds in every zone.
# Seen: UTC verified, +09:00 WebhookVerificationError, in both. Who signs test webhooks with a local time finds genuine ones
# refused; astimezone(timezone.utc) beforehand mends it. Fails if that changes.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check standardwebhooks==1.1.0 svix==2.9.1
"$folder/venv/bin/python" - <<'PY'
import base64
import datetime

import standardwebhooks
import svix

secret = base64.b64encode(b"a secret of a test, 32 bytes long").decode()
body = '{"type": "payment.captured"}'
now = datetime.datetime.now(datetime.timezone.utc)
tokyo = now.astimezone(datetime.timezone(datetime.timedelta(hours=9)))
assert now == tokyo and int(now.timestamp()) == int(tokyo.timestamp())

for library, prefix in ((standardwebhooks, "webhook"), (svix, "svix")):
    webhook = library.Webhook(secret)
    seen = []
    for moment in (now, tokyo, tokyo.astimezone(datetime.timezone.utc)):
        headers = {
            f"{prefix}-id": "msg_1",
            f"{prefix}-timestamp": str(int(moment.timestamp())),
            f"{prefix}-signature": webhook.sign("msg_1", moment, body),
        }
        try:
            webhook.verify(body, headers)
            seen.append("verified")
        except Exception as error:
            seen.append(type(error).__name__)
    print(library.__name__, seen)
    assert seen == ["verified", "WebhookVerificationError", "verified"], seen
PY
