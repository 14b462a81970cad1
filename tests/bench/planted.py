"""Ten problems that a gate must not pass in silence, each as source that a change adds to a module."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plant:
    """A problem.

    Args:
        name: for people.
        source: the lines that the change adds at the end of a module.
        rules: a report names the problem when it has a finding of one of these rules in that module.
    """

    name: str
    source: str
    rules: tuple[str, ...]


def _many_branches(count: int) -> str:
    lines = [f"    if number == {value}:\n        return '{value}'\n" for value in range(count - 1)]
    return "def planted(number):\n" + "".join(lines) + "    return ''\n"


PLANTS = (
    Plant(
        "a shell with text of the caller",
        "import subprocess\n\n\ndef planted(name):\n    return subprocess.call('ls ' + name, shell=True)\n",
        ("B602",),
    ),
    Plant("eval", "def planted(text):\n    return eval(text)\n", ("B307",)),
    Plant("a password", "PASSWORD = 'hunter2Correct9Horse'\n", ("B105",)),
    Plant("yaml.load", "import yaml\n\n\ndef planted(text):\n    return yaml.load(text)\n", ("B506",)),
    Plant("pickle", "import pickle\n\n\ndef planted(data):\n    return pickle.loads(data)\n", ("B301",)),
    Plant(
        "SQL by an f-string",
        "def planted(cursor, name):\n"
        "    cursor.execute(f\"SELECT id FROM users WHERE name = '{name}'\")\n"
        "    return cursor.fetchall()\n",
        ("B608",),
    ),
    Plant("mktemp", "import tempfile\n\n\ndef planted():\n    return tempfile.mktemp()\n", ("B306",)),
    Plant(
        "certificates that nobody checks",
        "import ssl\n\n\ndef planted():\n    context = ssl.create_default_context()\n"
        "    context.check_hostname = False\n    context.verify_mode = ssl.CERT_NONE\n    return context\n",
        ("SG101",),
    ),
    Plant("a function of complexity 25", _many_branches(25), ("complex-function",)),
    Plant(
        "nosec over a high finding",
        "import subprocess\n\n\ndef planted(name):\n"
        "    return subprocess.call('ls ' + name, shell=True)  # nosec\n",
        ("B602",),
    ),
)
