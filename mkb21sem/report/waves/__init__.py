"""The comparison of waves as a page, tables and pictures."""
