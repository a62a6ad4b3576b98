"""Official statistics as data files; README.md says how they are written."""
