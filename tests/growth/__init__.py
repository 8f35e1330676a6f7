"""Whatever a user can make many of: what N of it cost, counted in statements, database steps and lines of Python."""
