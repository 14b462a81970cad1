"""The texts of `sluicegate explain`, from the catalogue and the policy in force. Pure.

`texts.explain` is the door; `topics` has the parts that the texts share."""
