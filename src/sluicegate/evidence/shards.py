"""The label that the sources of a shard's evidence carry. Pure."""

from __future__ import annotations

from dataclasses import replace

from sluicegate.core.model import Source


def own_path(source: Source) -> str:
    """The path without the label of a shard."""
    return source.path.removeprefix(f"{source.shard}: ") if source.shard else source.path


def brought_by(source: Source, shard: str) -> Source:
    """The source as evidence of a shard, with a path of its own among all shards."""
    return replace(source, path=f"{shard}: {own_path(source)}", shard=shard)
