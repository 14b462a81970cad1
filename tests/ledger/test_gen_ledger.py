"""The long ledgers of `make bench-ledger` are what recording makes."""

from __future__ import annotations

from pathlib import Path

from sluicegate.ledger.recording import known
from sluicegate.ledger.verify import verify
from support import pullrequest
from support.gen_ledger import write_ledger
from support.ledgers import Place


def test_it_is_sound_and_its_baselines_hold_the_reports(tmp_path: Path) -> None:
    write_ledger(tmp_path, 3)
    pullrequest.git(tmp_path, "clone", "--quiet", "-b", "main", (tmp_path / "remote.git").as_uri(), "work")
    with Place(tmp_path / "remote.git", tmp_path / "work").store(whole=True) as store:
        view = store.view()
        found = verify(view)
        baselines = known(view).baselines
    assert (found.commits, found.documents, found.problems) == (3, 3, ())
    assert baselines is not None
    assert len(baselines.entries) == 3
