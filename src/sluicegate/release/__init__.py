"""Go or no-go: what a release must show, who signed it off, and the decision on one commit.

`keys` declares the section of the policy, and `settings` is what it becomes. `matrix`, `checkpoints`,
`signoffs` and `decide` are pure; what they judge is gathered by `gather`. `session` does what the commands
ask.
"""
