"""Stories in YAML, replayed over HTTP and checked step by step."""
