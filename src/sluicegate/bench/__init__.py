"""`sluicegate bench`: base and head measured side by side on one machine."""
