"""Formats of test results that are not read."""

from __future__ import annotations

from sluicegate.evidence.unread.formats import UnsupportedFormat

_DOTNET = (
    "Let `dotnet test` write JUnit: add the package `JunitXml.TestLogger`, and run "
    '`dotnet test --logger "junit;LogFilePath=junit.xml"`.'
)
_LOGGER = "https://github.com/spekt/testlogger"
_JEST = (
    "Let Jest write JUnit with the reporter `jest-junit`, and Vitest with `--reporter=junit "
    "--outputFile=junit.xml`."
)

FORMATS = (
    UnsupportedFormat(
        "TRX of Visual Studio",
        r"<TestRun\b[^>]*(?:TeamTest|\bid=)",
        f"Convert it: `dotnet tool install -g trx2junit`, then `trx2junit FILE`. Or: {_DOTNET}",
        "https://github.com/gfoidl/trx2junit",
    ),
    UnsupportedFormat(
        "XML of NUnit",
        r"<test-run\b|<test-results\b",
        f"{_DOTNET}",
        f"https://docs.nunit.org/articles/nunit/technical-notes/usage/Test-Result-XML-Format.html, {_LOGGER}",
    ),
    UnsupportedFormat(
        "XML of xUnit.net",
        r"<assembl(?:ies|y)\b[^>]*(?:/>|>\s*<(?:assembly|class|collection|errors)\b)",
        f"Let its runner write JUnit (`-junit junit.xml`). Or: {_DOTNET}",
        f"https://xunit.net/docs/format-xml-v2, {_LOGGER}",
    ),
    UnsupportedFormat(
        "XML of TestNG",
        r"<testng-results\b",
        "Take the files `junitreports/TEST-*.xml` that TestNG writes beside it.",
        "https://testng.org/#_testng_results",
    ),
    UnsupportedFormat(
        "XML of Robot Framework",
        r"<robot\b[^>]*\bgenerator=",
        "Convert it: `rebot --output NONE --log NONE --report NONE --xunit junit.xml FILE`.",
        "https://robotframework.org/robotframework/latest/RobotFrameworkUserGuide.html#xunit-compatible-result-file",
    ),
    UnsupportedFormat(
        "XML of Boost.Test",
        r"<(?:TestLog|TestResult)>|<(?:TestLog|TestResult)\s*/>",
        "Write JUnit: `--logger=JUNIT,all,junit.xml`.",
        "https://www.boost.org/doc/libs/release/libs/test/doc/html/boost_test/test_output/log_formats/log_junit_format.html",
    ),
    UnsupportedFormat(
        "XML of Catch2",
        r"<Catch2?TestRun\b|<Catch\b",
        "Write JUnit: `--reporter JUnit::out=junit.xml`.",
        "https://github.com/catchorg/Catch2/blob/devel/docs/reporters.md",
    ),
    UnsupportedFormat(
        "XML of doctest",
        r"<doctest\b",
        "Write JUnit: `--reporters=junit --out=junit.xml`.",
        "https://github.com/doctest/doctest/blob/master/doc/markdown/reporters.md",
    ),
    UnsupportedFormat(
        "XML of CTest",
        r"<Site\b[^>]*\b(?:BuildName|BuildStamp|Generator)=",
        "Write JUnit: `ctest --output-junit junit.xml`.",
        "https://cmake.org/cmake/help/latest/manual/ctest.1.html#cmdoption-ctest-output-junit",
    ),
    UnsupportedFormat(
        "XML of Qt Test",
        r"<TestCase name=[^>]*>\s*<Environment\b",
        "Write JUnit: `-o junit.xml,junitxml`.",
        "https://doc.qt.io/qt-6/qtest-overview.html#qt-test-command-line-arguments",
    ),
    UnsupportedFormat(
        "SonarQube test XML",
        r"<testExecutions\b",
        "Let the tool write JUnit XML as well.",
        "https://docs.sonarsource.com/sonarqube-server/analyzing-source-code/test-coverage/generic-test-data/",
    ),
    UnsupportedFormat(
        "JSON of Mocha",
        r'\{\s*"stats"\s*:\s*\{\s*"suites"\s*:',
        "Write JUnit: `mocha --reporter xunit --reporter-option output=junit.xml`.",
        "https://mochajs.org/#json, https://mochajs.org/#xunit",
    ),
    UnsupportedFormat(
        "JSON of Jest or Vitest",
        r'\{\s*"num(?:Failed|Total|Passed|Pending)TestSuites"',
        _JEST,
        "https://jestjs.io/docs/cli#--json, https://vitest.dev/guide/reporters.html#json-reporter",
    ),
    UnsupportedFormat(
        "JSON of Playwright",
        r'\{\s*"config"\s*:\s*\{.{0,3500}?"(?:configFile|rootDir|forbidOnly)"',
        "Write JUnit: `PLAYWRIGHT_JUNIT_OUTPUT_NAME=junit.xml npx playwright test --reporter=junit`.",
        "https://playwright.dev/docs/test-reporters#junit-reporter",
    ),
    UnsupportedFormat(
        "JSON of RSpec",
        r'\{\s*"version"\s*:\s*"[^"]*"\s*,\s*(?:"seed"\s*:\s*\d+\s*,\s*)?'
        r'(?:"messages"\s*:\s*\[[^\]]{0,2000}\]\s*,\s*)?"examples"\s*:',
        "Write JUnit: add the gem `rspec_junit_formatter`, then `rspec --format RspecJunitFormatter --out "
        "junit.xml`.",
        "https://rspec.info/features/3-13/rspec-core/formatters/json-formatter/, "
        "https://github.com/sj26/rspec_junit_formatter",
    ),
    UnsupportedFormat(
        "JSON of Cucumber",
        r'\[\s*\{[^\[\]]{0,1500}(?:"elements"\s*:\s*\[|"keyword"\s*:\s*"Feature")'
        r'|\{\s*"meta"\s*:\s*\{[^}]{0,200}"protocolVersion"',
        "Write JUnit: `--format junit:junit.xml` (on the JVM `--plugin junit:junit.xml`).",
        "https://cucumber.io/docs/cucumber/reporting/",
    ),
    UnsupportedFormat(
        "JSON of `go test`",
        r'\{[^\n]{0,400}"Action"\s*:\s*"[^\n]{0,400}"Package"\s*:',
        "Convert it: `go run github.com/jstemmer/go-junit-report/v2@latest -parser gojson < FILE > "
        "junit.xml`.",
        "https://pkg.go.dev/cmd/test2json, https://github.com/jstemmer/go-junit-report",
    ),
    UnsupportedFormat(
        "JSON of GoogleTest",
        r'\{\s*"tests"\s*:\s*\d+\s*,\s*"failures"\s*:\s*\d+\s*,',
        "Write XML: `--gtest_output=xml:junit.xml`.",
        "https://google.github.io/googletest/advanced.html#generating-an-xml-report",
    ),
    UnsupportedFormat(
        "JSON of Rust's tests",
        r'\{\s*"type"\s*:\s*"suite"\s*,\s*"event"\s*:',
        "Let `cargo nextest run` write JUnit: set `junit.path` in the profile.",
        "https://nexte.st/docs/machine-readable/junit/",
    ),
    UnsupportedFormat(
        "JSON of Dart's tests",
        r'\{\s*"protocolVersion"\s*:\s*"[^"]*"\s*,\s*"runnerVersion"',
        "Convert it: `dart pub global activate junitreport`, then `dart pub global run junitreport:tojunit "
        "--input FILE --output junit.xml`.",
        "https://github.com/TOPdesk/dart-junitreport",
    ),
    UnsupportedFormat(
        "JSON of pytest",
        r'\{\s*"pytest_version"|\{\s*"created"\s*:[^{}\[\]]{0,300}"exitcode"\s*:',
        "Write JUnit: `pytest --junitxml=junit.xml`.",
        "https://docs.pytest.org/en/stable/how-to/output.html#creating-junitxml-format-files",
    ),
    UnsupportedFormat(
        "TAP",
        r"TAP version 1[0-9]\b|1\.\.\d+(?:\s*#[^\n]*)?\n\s*(?:#[^\n]*\n\s*)*(?:not )?ok \d+\b"
        r"|(?:not )?ok 1\b[^\n]*\n",
        "Convert it: `npx tap-xunit < FILE > junit.xml`. Node's own runner writes JUnit with "
        "`--test-reporter=junit --test-reporter-destination=junit.xml`.",
        "https://testanything.org/tap-version-14-specification.html, "
        "https://nodejs.org/api/test.html#test-reporters",
    ),
)
