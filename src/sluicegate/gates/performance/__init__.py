"""The gate `performance`: benchmarks, and what is proven about them.

`suite` unites what was read, `past` asks the history, `comparing` decides what is slower, `vanished` finds
what is gone, `figures` makes measures of it, `words` puts it into
text (`commands`: how one is run alone), and `gate` puts them together.
"""

from __future__ import annotations

from sluicegate.gates.performance.gate import GATE, baseline_measures

__all__ = ["GATE", "baseline_measures"]
