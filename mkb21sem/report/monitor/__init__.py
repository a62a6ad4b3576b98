"""The monitor's page: figures, tables and sentences of what the answers say by themselves."""
