"""The external parts of a SARIF run: inline in the log, or in files beside it.

Section numbers are those of SARIF 2.1.0 (OASIS Standard, 27 March 2020): 3.13.5
(`inlineExternalProperties`), 3.14.2 (`externalPropertyFileReferences`) and 3.15 to 3.16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from sluicegate.core.errors import EvidenceError
from sluicegate.core.text import cut, one_line
from sluicegate.evidence import json_file
from sluicegate.evidence.findings.sarif_places import as_path
from sluicegate.evidence.findings.sarif_shape import SarifTypeError, check_properties
from sluicegate.evidence.json_file import at, index, mapping, sequence, text

MAX_FILES = 100
"""External property files of a log that are followed."""

_KEEP = (
    "Keep the log together with the files that its tool wrote beside it, in the same folders; or let the "
    "tool write one file."
)
_LISTS = ("results", "artifacts", "invocations")
_MAX_PATH = 1000

Load = Callable[[str], object]
"""From the path of an external property file, as the log has it, to the document in it."""


class ExternalProperties:
    """What a log keeps outside of its runs.

    `load` may raise `EvidenceError`.
    """

    def __init__(self, log: object, load: Load) -> None:
        self._inline = sequence(at(log, "inlineExternalProperties"))
        self._alone = len(sequence(at(log, "runs"))) == 1
        self._load = load
        self._loaded = 0
        self._used: set[int] = set()

    def complete(self, run: object) -> object:
        """The run with its external results, artifacts, invocations and rules.

        Raises:
            EvidenceError: a file is missing, is no external property file, or is not the one meant.
            SarifTypeError: a part has the wrong shape.
        """
        references = mapping(at(run, "externalPropertyFileReferences"))
        parts = [*self._inline_of(run, references), *self._files_of(references)]
        return _joined(mapping(run), parts) if parts else run

    def check_used(self) -> None:
        """Refuse inline results that belong to none of the runs that were completed."""
        for position, part in enumerate(self._inline):
            if position not in self._used and sequence(at(part, "results")):
                raise EvidenceError(f"holds results in inlineExternalProperties[{position}] of no run in it")

    def _inline_of(self, run: object, references: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
        guids = {text(at(reference, "guid")).lower() for _, reference in _flat(references)} - {""}
        own = text(at(run, "automationDetails", "guid")).lower()
        for position, part in enumerate(self._inline):
            check_properties(part, ("inlineExternalProperties", position))
            of_run = text(at(part, "runGuid")).lower()
            named = text(at(part, "guid")).lower() in guids
            if named or (of_run == own if of_run else self._alone):
                self._used.add(position)
                yield mapping(part)

    def _files_of(self, references: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
        for key, reference in _flat(references):
            guid = text(at(reference, "guid"))
            if at(reference, "location") is not None:
                yield self._file(key, reference)
            elif guid.lower() not in {text(at(part, "guid")).lower() for part in self._inline}:
                raise EvidenceError(
                    f"refers to external properties {cut(one_line(guid), 40)!r} that it does not hold"
                )

    def _file(self, key: str, reference: object) -> Mapping[str, object]:
        name = as_path(text(at(reference, "location", "uri"), _MAX_PATH))
        self._loaded += 1
        if self._loaded > MAX_FILES:
            raise EvidenceError(f"refers to more than {MAX_FILES} external property files")
        document = self._load(name)
        try:
            check_properties(document, ())
        except SarifTypeError as error:
            raise EvidenceError(f"refers to {name}, which is damaged: {error}") from error
        _check_meant(name, key, reference, document)
        return {key: at(document, key)}


def _flat(references: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """The references to what decides of findings, each with its key."""
    for key in (*_LISTS, "extensions"):
        yield from ((key, reference) for reference in sequence(references.get(key)))
    if references.get("driver") is not None:
        yield "driver", references["driver"]


def _check_meant(name: str, key: str, reference: object, document: object) -> None:
    """Is it the file that the log means (3.15.3, 3.15.4)?"""
    meant, found = text(at(reference, "guid")).lower(), text(at(document, "guid")).lower()
    if meant and found and meant != found:
        raise EvidenceError(f"refers to {name}, which is of another run (its guid differs)")
    if key not in _LISTS:
        return
    wanted, held = index(at(reference, "itemCount")), at(document, key)
    if not isinstance(held, list):
        raise EvidenceError(f"refers to {name} for its {key}, and that file has none")
    if wanted not in (-1, len(held)):
        raise EvidenceError(f"refers to {name} for {wanted:,} {key}, and that file has {len(held):,}")


def _joined(run: Mapping[str, object], parts: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """The run with its parts, each list in the order of the log: those of the run, inline ones, files."""
    result = dict(run)
    for key in _LISTS:
        if any(part.get(key) is not None for part in parts):
            result[key] = _together(key, (run, *parts))
    tool = mapping(run.get("tool"))
    extensions = _together("extensions", (tool, *parts))
    driver: dict[str, object] = dict(mapping(tool.get("driver")))
    for part in parts:
        driver |= mapping(part.get("driver"))
    return {**result, "tool": {**tool, "driver": driver, "extensions": extensions}}


def _together(key: str, holders: Iterable[Mapping[str, object]]) -> list[object]:
    return [item for holder in holders for item in sequence(holder.get(key))]


class ExternalFiles:
    """The external property files of one log, together of at most the bytes that one report may have.

    `placed` has the place of each, by its path in the log; None where they lie beside the log, or below its
    folder. `digests` has the SHA-256 of each that was loaded, likewise.
    """

    def __init__(self, log: Path, where: str, placed: Mapping[str, Path] | None = None) -> None:
        self.digests: dict[str, str] = {}
        self._log = log
        self._where = where
        self._placed = placed
        self._left = json_file.MAX_JSON

    def load(self, name: str) -> object:
        """The document of one.

        Raises:
            EvidenceError: it is missing, no file of the log's folder, not JSON, or over a limit.
        """
        path = beside(self._log, name) if self._placed is None else self._placed.get(name)
        if path is None:
            place = "no file beside it" if self._placed is None else "not in the bundle"
            raise self._error(f"refers to {name!r}, which is {place}")
        try:
            document, digest = json_file.load(path, name, limit=self._left, nan_allowed=True)
            self._left -= path.stat().st_size
        except EvidenceError as error:
            raise self._error(f"refers to {name}, which {error.what}") from error
        except OSError as error:
            raise self._error(f"refers to {name}, which is gone") from error
        self.digests[name] = digest
        return document

    def _error(self, what: str) -> EvidenceError:
        return EvidenceError(what, where=self._where, remedy=_KEEP)


def beside(log: Path, name: str) -> Path | None:
    """The path of a file that a log refers to; None for one outside of the log's folder."""
    folder = log.resolve().parent
    path = (folder / name).resolve()
    inside = bool(name) and not Path(name).is_absolute() and path.is_relative_to(folder)
    return path if inside else None
