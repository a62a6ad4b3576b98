"""The report that accompanies a publication, chapter by chapter, and its score on the checklist."""
