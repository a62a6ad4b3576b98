"""Tests: a folder a step, and lavaan's reference numbers."""
