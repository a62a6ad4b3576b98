"""The page of verdicts: everything that hypothesis tests for publication need."""
