"""The texts of `sluicegate explain`, from the catalogue and the policy in force. Pure.

`texts.explain_subject` is the door; `topics` has the parts that the texts share, and `copied` reads a
criterion as a report shows it."""
