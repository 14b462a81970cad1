"""What a range of commits changes beside its code: settings, migrations, APIs, alerts and dependencies.

`read` asks git for the changed files; everything else is pure. `impact_of` in `compare` makes the `Impact` of
pairs of files, `document` writes it as JSON, `page` shows it.
"""
