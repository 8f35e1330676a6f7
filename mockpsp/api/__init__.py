"""The HTTP surface, in rooms from the bottom up: wire, shapes, requests, resources; control, pages, described."""
