from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sluicegate.core.statuses import Otherwise
from sluicegate.policy.layers import (
    Adjustment,
    Expectation,
    GateLayer,
    Layer,
    SourceLayer,
    SuiteLayer,
    merged,
    over,
)

GLOBS = st.none() | st.lists(st.sampled_from(["a/**", "b/**"]), max_size=2).map(tuple)
EXPECTATIONS = st.none() | st.lists(
    st.builds(Expectation, st.sampled_from(["x > 1", "y > 1"]), st.just("w")), max_size=2
).map(tuple)
ADJUSTMENTS = st.dictionaries(
    st.sampled_from(["x", "y"]),
    st.builds(
        Adjustment,
        st.sampled_from(["p", "q"]),
        st.none() | st.sampled_from(["x > 2", "x > 3"]),
        otherwise=st.none() | st.sampled_from(Otherwise),
        enabled=st.none() | st.booleans(),
    ),
    max_size=2,
)
SUITES = st.dictionaries(
    st.sampled_from(["unit", "e2e"]), st.builds(SuiteLayer, GLOBS, EXPECTATIONS), max_size=2
)
GATES = st.builds(
    GateLayer,
    where=st.sampled_from(["f:1:1", "g:1:1"]),
    own=st.booleans(),
    criteria=EXPECTATIONS,
    adjust=ADJUSTMENTS,
    required=st.none() | st.booleans(),
    enabled=st.none() | st.booleans(),
    files=GLOBS,
    suites=SUITES,
    damaged=st.booleans(),
)
LAYERS = st.builds(
    Layer,
    st.builds(SourceLayer, GLOBS, GLOBS, GLOBS, GLOBS),
    st.dictionaries(st.sampled_from(["coverage", "tests"]), GATES, max_size=2),
)


@given(LAYERS, LAYERS, LAYERS)
def test_merging_is_associative(a: Layer, b: Layer, c: Layer) -> None:
    assert over(over(a, b), c) == over(a, over(b, c))


@given(LAYERS)
def test_an_empty_layer_changes_nothing(layer: Layer) -> None:
    assert over(Layer(), layer) == layer == over(layer, Layer())


@given(LAYERS)
def test_a_layer_over_itself_is_itself(layer: Layer) -> None:
    assert merged([layer, layer]) == layer


@given(LAYERS, LAYERS)
def test_what_the_upper_layer_says_holds(a: Layer, b: Layer) -> None:
    result = over(a, b)
    for name, gate in b.gates.items():
        if gate.criteria is not None:
            assert result.gates[name].criteria == gate.criteria
        if gate.required is not None:
            assert result.gates[name].required is gate.required


def test_a_list_of_criteria_drops_the_adjustments_below_it() -> None:
    lower = Layer(gates={"tests": GateLayer(adjust={"x": Adjustment("w", enabled=False)})})
    upper = Layer(gates={"tests": GateLayer(criteria=(Expectation("tests > 0", "w"),))})
    assert over(lower, upper).gates["tests"].adjust == {}
