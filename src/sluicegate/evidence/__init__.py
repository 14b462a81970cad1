"""Evidence: typed records, and the readers that make them from files."""
