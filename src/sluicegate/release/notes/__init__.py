"""Release notes of a range of commits: what was merged, by group, as Markdown, and in a draft release."""
