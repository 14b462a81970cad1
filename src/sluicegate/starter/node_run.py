"""The steps of a JavaScript project in a job. Pure."""

from __future__ import annotations

from sluicegate.starter.node import Node, NodeManager, Runner
from sluicegate.starter.run import Run

SETUP_NODE = "actions/setup-node@49933ea5288caeca8642d1e84afbd3f7d6820020 # v4.4.0"
_REPORTER = '"$(npm root --global)/jest-junit"'
"""Where `npm install --global` lays it: outside of the project, whose lock file stays as it is."""

_GLOBAL = """
      - name: Install {name}
        run: npm install --global {package}
"""


def node_run(node: Node, folder: str = "") -> Run:
    """The steps; `folder` is the project's POSIX path below the top of the repository."""
    if node.runner is Runner.NONE:
        return Run("JavaScript", _setup(node, folder), (), (), tests=False, coverage=False)
    options, outputs = _options(node)
    knows = node.runner is not Runner.SCRIPT
    covers = knows and node.coverage
    test = _test(node, options)
    return Run(
        language="JavaScript",
        setup=_setup(node, folder),
        install=_install(node),
        test=(*_before(node), test),
        install_above=node.above,
        environment=_environment(node),
        tests=knows,
        coverage=covers,
        outputs=outputs,
        local=test.replace(f" --reporters={_REPORTER}", ""),
    )


def _setup(node: Node, folder: str) -> str:
    """The version of Node, the package manager, and its cache where a lock file says what is in it."""
    manager = _package(node)
    install = _GLOBAL.format(name=node.manager, package=manager) if manager else ""
    reporter = _GLOBAL.format(name="jest-junit", package="jest-junit@16") if _lacks_reporter(node) else ""
    cached = bool(node.lock) and node.manager is not NodeManager.BUN
    early = _needs_recent_node(node)
    first = _setup_node(node, folder, cached=cached and not early)
    if early:
        return first + install + (_setup_node(node, folder, cached=True) if cached else "") + reporter
    return install + first + reporter


def _lacks_reporter(node: Node) -> bool:
    return node.runner is Runner.JEST and not node.jest_junit


def _setup_node(node: Node, folder: str, *, cached: bool) -> str:
    lines = ["", f"      - uses: {SETUP_NODE}", "        with:"]
    if node.version_file:
        lines.append(f"          node-version-file: {_below(folder, node.version_file)}")
    else:
        lines.append("          node-version: lts/*")
    if cached:
        lines.append(f"          cache: {node.manager}")
        lines.append(f"          cache-dependency-path: {_below(folder, '../' * node.above + node.lock)}")
    return "\n".join([*lines, ""])


def _below(folder: str, path: str) -> str:
    """A path relative to the project, from the top of the repository; quoted where YAML needs it."""
    parts = [part for part in folder.split("/") if part]
    while path.startswith("../"):
        path, parts = path.removeprefix("../"), parts[:-1]
    whole = "/".join([*parts, path])
    return f'"{whole}"' if " " in whole or whole.startswith("@") else whole


def _package(node: Node) -> str:
    """What `npm install --global` brings; empty where Node brings the manager."""
    version = f"@{node.manager_version}" if node.manager_version else ""
    match node.manager:
        case NodeManager.NPM:
            return ""
        case NodeManager.YARN if node.berry:
            return f"@yarnpkg/cli-dist{version or '@4'}"
        case NodeManager.YARN:
            return f"yarn{version or '@1'}"
        case NodeManager.PNPM | NodeManager.BUN:
            return f"{node.manager}{version}"


def _needs_recent_node(node: Node) -> bool:
    """Does the manager need a later Node than runners bring?"""
    major = node.manager_version.partition(".")[0]
    return node.manager is NodeManager.PNPM and (not major or int(major) > 10)


def _install(node: Node) -> tuple[str, ...]:
    locked = bool(node.lock)
    match node.manager:
        case NodeManager.NPM:
            return ("npm ci" if locked else "npm install",)
        case NodeManager.YARN if node.berry:
            return (f"yarn install {'--immutable' if locked else '--no-immutable'}",)
        case NodeManager.YARN | NodeManager.BUN:
            return (f"{node.manager} install{' --frozen-lockfile' if locked else ''}",)
        case NodeManager.PNPM:
            return (f"pnpm install {'--frozen-lockfile' if locked else '--no-frozen-lockfile'}",)


def _options(node: Node) -> tuple[str, tuple[str, ...]]:
    """The options of the runner, and what it writes then."""
    lcov = "coverage/lcov.info"
    match node.runner:
        case Runner.VITEST:
            measured = (
                " --coverage.enabled --coverage.reporter=lcovonly --coverage.reporter=text-summary"
                " --coverage.reportsDirectory=coverage --coverage.reportOnFailure"
            )
            words = f"--run --reporter=default --reporter=junit --outputFile.junit={node.junit}"
            return (words + measured, (node.junit, lcov)) if node.coverage else (words, (node.junit,))
        case Runner.JEST:
            reporter = "jest-junit" if node.jest_junit else _REPORTER
            words = (
                "--ci --coverage --coverageReporters=lcovonly --coverageReporters=text-summary"
                f" --coverageDirectory=coverage --reporters=default --reporters={reporter}"
            )
            return words, (node.junit, lcov)
        case Runner.BUN:
            words = (
                f"--reporter=junit --reporter-outfile={node.junit}"
                " --coverage --coverage-reporter=text --coverage-reporter=lcov --coverage-dir=coverage"
            )
            return words, (node.junit, lcov)
        case Runner.NODE if node.coverage:
            more = f"--test-reporter=lcov --test-reporter-destination={lcov}"
            words = f"--test --experimental-test-coverage {_node_reporters(node)} {more}"
            return words, (node.junit, lcov)
        case Runner.NODE:
            return "", (node.junit,)
        case Runner.SCRIPT | Runner.NONE:
            return "", ()


def _test(node: Node, options: str) -> str:
    if node.in_script:
        script = "npm test" if node.manager is NodeManager.NPM else f"{node.manager} run test"
        dashes = "-- " if node.manager is NodeManager.NPM else ""
        return f"{script} {dashes}{options}" if options else script
    if node.runner in (Runner.BUN, Runner.NODE):
        return f"{'bun test' if node.runner is Runner.BUN else 'node'} {options}"
    program = {
        NodeManager.NPM: "npx", NodeManager.PNPM: "pnpm exec", NodeManager.YARN: "yarn run",
        NodeManager.BUN: "bunx",
    }[node.manager]  # fmt: skip
    return f"{program} {node.runner.value.lower()} {options}"


def _before(node: Node) -> tuple[str, ...]:
    folder = node.junit.rpartition("/")[0]
    match node.runner:
        case Runner.NODE:
            return (f"mkdir -p {folder} coverage" if node.coverage else f"mkdir -p {folder}",)
        case Runner.BUN if folder:
            return (f"mkdir -p {folder}",)
    return ()


def _environment(node: Node) -> dict[str, str]:
    match node.runner:
        case Runner.JEST:
            return {"JEST_JUNIT_OUTPUT_FILE": node.junit, "JEST_JUNIT_ADD_FILE_ATTRIBUTE": "true"}
        case Runner.NODE if node.in_script:
            return {"NODE_OPTIONS": _node_reporters(node)}
    return {}


def _node_reporters(node: Node) -> str:
    return (
        "--test-reporter=spec --test-reporter-destination=stdout"
        f" --test-reporter=junit --test-reporter-destination={node.junit}"
    )
