"""Showing a rollout on GitHub: a Deployment for each stage, one issue kept up to date, calls for people.

`marks`, `stages`, `calls`, `texts` and `outcome` are pure; `deployments`, `issues` and `publisher` call the
server. All of it comes after what was done, and changes nothing of it.
"""
