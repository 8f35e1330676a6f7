"""One story at many PSPs, side by side."""
