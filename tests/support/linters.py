"""One finding of ruff in its two formats: JSON (for a line) and SARIF (for the name of a tool)."""

RUFF = """[{"cell": null, "code": "F401", "end_location": {"column": 10, "row": 1}, "filename": "src/a.py",
"fix": null, "location": {"column": 8, "row": %d}, "message": "`os` imported but unused", "noqa_row": 1,
"severity": "error", "url": "https://docs.astral.sh/ruff/rules/unused-import"}]"""
SARIF = """{"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [{
"tool": {"driver": {"name": "%s", "version": "0.14.0", "rules": [{"id": "F401"}]}},
"results": [{"ruleId": "F401", "level": "error", "message": {"text": "`os` imported but unused"},
"locations": [{"physicalLocation": {"artifactLocation": {"uri": "src/a.py"},
"region": {"startLine": 1, "endLine": 1}}}]}]}]}"""
