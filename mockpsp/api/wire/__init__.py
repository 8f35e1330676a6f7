"""What every route shares: bodies, fields, errors, paging, who calls, and the frame of a view."""
