"""GitHub: what the event says, and what the Action needs around a check."""
