"""Bundles: a shard's raw evidence in a folder, to be judged elsewhere, and the joining of shards.

`codec` turns records into JSON values and back, `layout` says what a bundle looks like, `write` and
`read` are its two ends, `join` unites what shards brought (pure), and `gather` finds, chooses and
joins the bundles of a run.
"""
