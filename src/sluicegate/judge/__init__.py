"""From evidence to a report: `check` a tree, `merge` the bundles of shards, judge a run that ended.

`evaluate` and `components` are pure; `choose` finds the policy that judges."""
