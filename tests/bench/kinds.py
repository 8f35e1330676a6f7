"""Kinds of requests, as they are called in a report, and how many connections send them."""

CONNECTIONS = (1, 8)

LIST = 100
#: Stored before the first request; and where lists are asked for, since the peer's slow down with all that is stored.
STORED, LISTED_OF = 100, 10_000

PING, CREATE, CAPTURE, REFUND = "bare Flask view", "create invoice", "capture", "refund"
GET, LISTED, LISTED_OF_FEW = "GET transaction", f"list of {LIST} of {LISTED_OF:,}", f"list of {LIST} of {STORED}"
HOOKED, DRAINED = "capture, wall clock, an endpoint", "the same until all is delivered"
#: Nothing but captures, over few stored payments and over as many as are asked for.
FEW, FULL = "capture alone, few stored", "capture alone, many stored"
CHARGE, PEER_REFUND, PEER_GET = "charge", "refund of a charge", "GET charge"
