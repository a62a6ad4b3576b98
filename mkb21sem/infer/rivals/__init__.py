"""Rival models: which is nested in which, how much worse one fits, and which can't be told apart at all."""
