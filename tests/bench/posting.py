"""What bare `requests` reaches: `python -m tests.bench.posting URL THREADS COUNT` prints POSTs a second, as JSON.

Each thread keeps its own session, hence its connection, open, and posts the next body as soon as it was answered: no
signature, no record, nothing to decide.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import requests

#: About what a delivered event has.
_BODY = json.dumps({"event_id": "ev_" + "x" * 32, "event_type": "transaction.captured", "event_date": "2026-01-01"})
_HEADERS = {"Content-Type": "application/json", "webhook-id": "x" * 32, "webhook-signature": "v1," + "x" * 44}


def main() -> None:
    """Post, and print the rate."""
    url, threads, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(_post, f"{url}/{thread}", count // threads) for thread in range(threads)]:
            done.result()
    print(json.dumps(count // threads * threads / (time.perf_counter() - started)))


def _post(url: str, count: int) -> None:
    with requests.Session() as session:
        for _ in range(count):
            session.post(url, data=_BODY, headers=_HEADERS, timeout=30).raise_for_status()


if __name__ == "__main__":
    main()
