"""What `sluicegate init` does: look at a repository, and write a policy and a workflow that fit it."""
