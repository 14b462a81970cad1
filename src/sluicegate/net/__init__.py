"""One patient HTTP client: retries, budgets, rate limits; no message of it holds a secret.

`client` has the client and the two seams: a `Transport` sends one request, and the `Rules` of a server
say what its answers mean. `connect` makes a client for a server that an operator names, by the
`transport` of the standard library and by `rules` that are data.
"""
