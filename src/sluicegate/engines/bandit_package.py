"""bandit's modules, imported without what its plugin loader does to the process.

The import takes a tenth of a second: import this module when there is work.
"""

from __future__ import annotations

import os
import warnings

from sluicegate.engines.isolation import importing_plugins
from sluicegate.engines.syntax import quiet

_format = warnings.formatwarning
with quiet(), importing_plugins(os.environ):  # bandit's plugin loader warns about itself
    from bandit.core import (
        config,
        context,
        docs_utils,
        extension_loader,
        issue,
        manager,
        meta_ast,
        metrics,
        node_visitor,
        test_set,
        utils,
    )
warnings.formatwarning = _format  # bandit replaces it for the whole process

__all__ = [
    "config",
    "context",
    "docs_utils",
    "extension_loader",
    "issue",
    "manager",
    "meta_ast",
    "metrics",
    "node_visitor",
    "test_set",
    "utils",
]
