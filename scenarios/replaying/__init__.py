"""From a story to its result: steps performed over HTTP, and what the world then shows."""
