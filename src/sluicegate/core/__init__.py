"""The words that every room uses: measures, verdicts, statuses, units, globs, text, errors. Pure.

`model` and `statuses` are the types, `aggregation` makes one status of many, `errors` has every error
that a user can get."""
