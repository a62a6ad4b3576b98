"""The manuscript: a wave becomes numbers, pictures and pages."""
