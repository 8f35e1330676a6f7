"""From a story's text to what it means, without a server: nodes, values, steps, expectations, and all that is wrong."""
