"""Do the items measure the constructs: everything about measurement in one page, and a chapter of the report."""
