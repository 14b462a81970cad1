"""The ledger: an append-only record of reports, on a ref of the repository or in a folder."""
