"""The text of a first workflow: test, judge, comment, record the default branch's report. Pure."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sluicegate.starter import workflow_texts as texts
from sluicegate.starter.detect import Part, Project
from sluicegate.starter.place import Place
from sluicegate.starter.run import Run


def workflow(project: Project, branch: str, place: Place, *, legacy: bool = False) -> str:
    """The workflow that fits the project.

    Args:
        project: what was detected.
        branch: the plain name of the default branch.
        place: where the project is.
        legacy: tests that fail already are judged by the policy alone.
    """
    words = {
        "action": texts.ACTION,
        "checkout": texts.CHECKOUT,
        "download": texts.DOWNLOAD,
        "upload": texts.UPLOAD,
        "setup_python": texts.SETUP_PYTHON,
        "slug": place.slug,
        "depth": _history(project),
        "check": _quoted(place.check) if place.folder else place.check,
        "folder": f"          working-directory: {_quoted(place.folder)}\n" if place.folder else "",
    }
    head = texts.HEAD.format(title=_named("Quality", place), branch=branch, **words)
    jobs = (
        _of_parts(project, words, legacy=legacy)
        if project.members
        else _single(project, place, words, legacy=legacy)
    )
    publish = texts.PUBLISH.format(name=_named("Publish the report", place), **words)
    record = texts.RECORD.format(name=_named("Record the baseline", place), **words)
    return "".join((head, jobs, texts.KEEP.format(**words), publish, record))


def _history(project: Project) -> str:
    """How much history the job with the tests needs."""
    projects = (project, *(part.project for part in project.members))
    found = next((p.python.version_by for p in projects if p.python and p.python.version_by), "")
    return texts.WHOLE.format(version_by=found) if found else texts.DEPTH


def _single(project: Project, place: Place, words: Mapping[str, str], *, legacy: bool) -> str:
    defaults = texts.FOLDER.format(folder=_quoted(place.folder)) if place.folder else ""
    runs = project.runs(place.folder)
    several = sum(bool(run.test) for run in runs) > 1
    parts = [texts.GATE.format(**{**words, "folder": defaults})]
    for n, run in enumerate(runs):
        at = _Where(place.folder, defaults=bool(defaults), late=several and n > 0)
        parts.append(_steps(run, at, about=run.language if several else "", legacy=legacy))
    if not project.tests(place.folder):
        parts.append(texts.NO_TEST)
    return "".join([*parts, texts.JUDGE.format(**words)])


@dataclass(frozen=True, slots=True)
class _Where:
    """Where the steps of a run stand.

    Attributes:
        folder: of the project; an expression for several.
        defaults: the job's steps run there anyway.
        late: they run even if steps before them failed.
        condition: a further condition.
    """

    folder: str
    defaults: bool = False
    late: bool = False
    condition: str = ""

    @property
    def guard(self) -> str:
        """The line of `if`, indented; empty without a condition."""
        parts = [*(["!cancelled()"] if self.late else []), *([self.condition] if self.condition else [])]
        return f"        if: ${{{{ {' && '.join(parts)} }}}}\n" if parts else ""

    def at(self, above: int = 0) -> str:
        """The line of a step's folder, so many folders up; empty for the one where it runs anyway."""
        if not above and (self.defaults or not self.folder):
            return ""
        if above and self.folder.startswith("${{"):  # of parts at the same depth: to the top
            return ""
        parts = self.folder.split("/")
        folder = "/".join(parts[: len(parts) - above]) or "."
        return "" if folder == "." and not self.defaults else f"        working-directory: {_yaml(folder)}\n"


def _steps(run: Run, where: _Where, *, about: str = "", legacy: bool = False) -> str:
    """The steps of a language: set up, install, test; `about` distinguishes their names."""
    about = f" ({about})" if about else ""
    setup = (
        re.sub(r"(?m)^(      - .*\n)", lambda m: m[1] + where.guard, run.setup) if where.guard else run.setup
    )
    if not run.test:
        return setup
    install = f"\n      - name: Install{about}\n{where.guard}{where.at(run.install_above)}"
    test = f"\n      - name: Test{about}\n{where.guard}{where.at()}"
    if legacy:
        test += "        continue-on-error: true # the policy judges failing tests, by their results\n"
    if run.environment:
        lines = "".join(f"          {name}: {_yaml(text)}\n" for name, text in run.environment.items())
        test += f"        env:\n{lines}"
    return "".join((setup, install, _script(run.install), test, _script(run.test)))


_WIDTH = 95
"""Characters of a command in one line."""


def _script(commands: Sequence[str]) -> str:
    lines = [line for command in commands for line in _broken(command)]
    if len(lines) == 1 and not re.search(r"[:#]\s|^[\"'\[{&*!|>%@`]", lines[0]):
        return f"        run: {lines[0]}\n"
    return "        run: |\n" + textwrap.indent("\n".join(lines), " " * 10) + "\n"


def _broken(command: str) -> list[str]:
    """A command in lines that a reader can take in: a long one is broken before options."""
    if len(command) <= _WIDTH:
        return [command]
    lines = [""]
    for word in re.split(r" (?=-)", command):
        if lines[-1] and len(lines[-1]) + len(word) > _WIDTH:
            lines[-1] += " \\"
            lines.append(f"  {word}")
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return lines


def _of_parts(project: Project, words: Mapping[str, str], *, legacy: bool) -> str:
    groups = _groups(project.members)
    parts = [texts.PLAN.format(**words)]
    for group in groups:
        names = [part.name for part in group.parts]
        condition = "" if len(names) == len(project.members) else _is_one_of(names)
        folder = group.parts[0].folder if len(names) == 1 else "${{ steps.component.outputs.folder }}"
        if len(names) > 1:
            parts.append(_find_folder(group.parts, _Where("", condition=condition).guard))
        for n, run in enumerate(group.runs):
            at = _Where(folder, late=n > 0, condition=condition)
            words_about = _about(run, names, several=len(group.runs) > 1) if len(groups) > 1 else ""
            parts.append(_steps(run, at, about=words_about, legacy=legacy))
    parts += [texts.LEAVE.format(**words), texts.GATE_OF_PARTS.format(**words)]
    return "".join(parts)


@dataclass(slots=True)
class _Group:
    """Parts with the same steps."""

    runs: list[Run]
    parts: list[Part]

    def takes(self, part: Part, runs: list[Run]) -> bool:
        """Can the part's steps be these, in a folder that is named when the job runs?"""
        depths = {_depth(each.folder) for each in (part, self.parts[0])}
        movable = all(run.install_above in (0, depth) for run in runs for depth in depths)
        return runs == self.runs and len(depths) == 1 and movable and part.folder != ""


def _about(run: Run, names: Sequence[str], *, several: bool) -> str:
    """What distinguishes the names of steps: the parts, or the language where these are many."""
    if len(names) > 3:
        return run.language
    return ", ".join([*names, *([run.language] if several else [])])


def _depth(folder: str) -> int:
    return folder.count("/") + 1 if folder else 0


def _groups(members: Iterable[Part]) -> list[_Group]:
    groups: list[_Group] = []
    for part in members:
        runs = part.project.tests(part.folder)
        group = next((g for g in groups if g.takes(part, runs)), None)
        if group is not None:
            group.parts.append(part)
        elif runs:
            groups.append(_Group(runs, [part]))
    return groups


def _find_folder(parts: Iterable[Part], guard: str) -> str:
    cases = "".join(f"            {part.name}) folder={part.folder} ;;\n" for part in parts)
    return f"""
      - name: Find the folder
        id: component
{guard}        env:
          COMPONENT: ${{{{ matrix.component }}}}
        run: |
          case "$COMPONENT" in
{cases}          esac
          echo "folder=$folder" >> "$GITHUB_OUTPUT"
"""


def _is_one_of(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"matrix.component == '{names[0]}'"
    return f"contains(fromJSON('{json.dumps(list(names))}'), matrix.component)"


def _named(name: str, place: Place) -> str:
    """A name that distinguishes the workflows of several projects."""
    return _quoted(f"{name} ({place.folder})") if place.folder else name


def _quoted(text: str) -> str:
    return json.dumps(text)


def _yaml(text: str) -> str:
    """A plain text as YAML, quoted where its characters ask for it."""
    return (
        text
        if re.fullmatch(r"[A-Za-z0-9$.][\w${}./ =:+-]*(?<! )", text) and ": " not in text
        else _quoted(text)
    )
