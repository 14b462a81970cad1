"""GitHub: the event, the API, approvals, presets, and publishing of reports."""
