"""The list of references: every work that a report or a page cites, and no other."""
