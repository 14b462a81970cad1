"""The beginnings of reports in formats that are not read, as producers write them, by the format's name."""

from __future__ import annotations

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'

_DTD = XML + '<!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd">'

FILES: dict[str, tuple[str, ...]] = {
    "JaCoCo XML": (
        _DTD + '<report name="app"><sessioninfo id="h-1" start="1" dump="2"/><package name="a">',
        XML + '<report name="Intellij Coverage Report"><package name="a"><class name="a/B">',
        XML + '<report name="all"><group name="core"><package name="a">',
    ),
    "Clover XML": (
        XML + '<coverage generated="1700000000000" clover="3.2.0"><project timestamp="1" name="All files">',
        XML
        + '<coverage generated="1700000000">\n  <project timestamp="1700000000">\n    <file name="/a.php">',
    ),
    "a Go cover profile": ("mode: atomic\nexample.com/m/a.go:3.20,5.2 1 1\n", "mode: set\n"),
    "OpenCover XML": (XML + '<CoverageSession xmlns:xsd="http://www.w3.org/2001/XMLSchema"><Summary />',),
    "dotCover XML": (XML + '<Root CoveredStatements="3" TotalStatements="4" ReportType="Xml">',),
    "Visual Studio coverage XML": (XML + '<results>\n  <modules>\n    <module id="1">',),
    "Scoverage XML": (XML + '<scoverage statement-rate="10.00" branch-rate="0.00" version="1.0">',),
    "SonarQube coverage XML": ('<coverage version="1"><file path="a.js"><lineToCover lineNumber="1" ',),
    "a result set of SimpleCov": (
        '{\n  "RSpec": {\n    "coverage": {\n      "/a.rb": {"lines": [1, null]}}}}',
    ),
    "JSON of SimpleCov": ('{"meta": {"simplecov_version": "0.22.0"}, "coverage": {}}',),
    "JSON of Istanbul": (
        '{"/w/a.js": {"path":"/w/a.js","statementMap":{"0":{"start":{"line":1,"column":0}}}}}',
        '{"/w/a.ts": {"path":"/w/a.ts","all":false,"statementMap":{}}}',
        '{"/w/a.js":{"path":"/w/a.js","s":{"1":1},"b":{},"f":{}}}',
    ),
    "a coverage summary of Istanbul": ('{"total": {"lines":{"total":2,"covered":1,"skipped":0,"pct":50}}}',),
    "JSON of llvm-cov": (
        '{"data":[{"files":[{"branches":[],"filename":"a.c"}]}],"type":"llvm.coverage.json.export"}',
        '{"version":"2.0.1","type":"llvm.coverage.json.export","data":[]}',
    ),
    "output of gcov": (
        '{"gcc_version": "9.4.0", "files": [{"file": "a.c", "functions": []}]}',
        '{"format_version": "2", "gcc_version": "14.1", "current_working_directory": "/w", "files": []}',
        "        -:    0:Source:a.c\n        -:    0:Graph:a.gcno\n",
    ),
    "JSON of gcovr": (
        '{"gcovr/format_version": "0.11", "files": [{"file": "a.c"}]}',
        '{"files": [{"file": "a.c", "lines": []}], "gcovr/format_version": "0.5"}',
    ),
    "JSON of kcov": (
        '{\n  "files": [\n {"file": "/a.sh", "percent_covered": "50.0", "covered_lines": "1"}]}',
    ),
    "JSON of Coveralls": ('{"service_name": "x", "source_files": [{"name": "a.rb", "coverage": [1]}]}',),
    "JSON of xccov": ('{"coveredLines":1,"lineCoverage":0.5,"targets":[{"coveredLines":1}]}',),
    "TRX of Visual Studio": (
        "\ufeff"
        + XML
        + '<TestRun id="0" name="a" xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">',
    ),
    "XML of NUnit": (
        XML + '<test-run id="0" runstate="Runnable" testcasecount="2" result="Failed">',
        XML + '<!--This file represents the results--><test-results name="a.dll" total="2" errors="0">',
    ),
    "XML of xUnit.net": (
        XML + '<assemblies timestamp="01/01/2026 10:00:00"><assembly name="a.dll" total="2">',
        XML + '<assemblies schema-version="3">\n  <assembly name="a.dll">',
        '<assembly name="a.dll" run-date="2026-01-01" total="1">\n  <class name="A.B" total="1">',
    ),
    "XML of TestNG": (XML + '<testng-results skipped="0" failed="1" total="2" passed="1">',),
    "XML of Robot Framework": (XML + '<robot generator="Robot 7.0 (Python 3.12.1 on linux)" rpa="false">',),
    "XML of Boost.Test": ('<TestLog><TestSuite name="a"><TestCase name="b">', "<TestResult><TestSuite "),
    "XML of Catch2": (
        XML + '<Catch2TestRun name="t" rng-seed="1" catch2-version="3.5.0">',
        XML + '<Catch name="t">',
    ),
    "XML of doctest": (XML + '<doctest binary="t" version="2.4.11">',),
    "XML of CTest": (XML + '<Site BuildName="Linux-c++" BuildStamp="20260101-0100-Experimental">',),
    "XML of Qt Test": (XML + '<TestCase name="TestA">\n<Environment>\n<QtVersion>6.5.0</QtVersion>',),
    "SonarQube test XML": ('<testExecutions version="1"><file path="a.test.js">',),
    "JSON of Mocha": ('{\n  "stats": {\n    "suites": 1,\n    "tests": 2,\n    "passes": 1}}',),
    "JSON of Jest or Vitest": (
        '{"numFailedTestSuites":1,"numFailedTests":1}',
        '{"numTotalTestSuites":1,"numPassedTestSuites":1}',
    ),
    "JSON of Playwright": (
        '{"config": {"configFile": "/w/playwright.config.ts", "rootDir": "/w"}, "suites": []}',
    ),
    "JSON of RSpec": (
        '{"version":"3.12.0","examples":[{"id":"./a_spec.rb[1:1]"}]}',
        '{"version":"3.13.0","seed":123,"examples":[]}',
        '{"version": "3.13.0", "messages": ["No examples found."], "examples": []}',
    ),
    "JSON of Cucumber": (
        '[{"description":"","elements":[{"description":""}],"id":"a","keyword":"Feature"}]',
        '[{"uri":"features/a.feature","id":"a","keyword":"Feature","name":"A","elements":[]}]',
        '{"meta":{"protocolVersion":"22.0.0","implementation":{"name":"cucumber-js"}}}\n',
    ),
    "JSON of `go test`": (
        '{"Time":"2026-01-01T00:00:00Z","Action":"run","Package":"example.com/m","Test":"TestA"}\n',
    ),
    "JSON of GoogleTest": ('{\n  "tests": 2,\n  "failures": 1,\n  "disabled": 0,\n  "testsuites": []}',),
    "JSON of Rust's tests": ('{ "type": "suite", "event": "started", "test_count": 2 }\n',),
    "JSON of Dart's tests": (
        '{"protocolVersion":"0.1.1","runnerVersion":"1.25.0","pid":1,"type":"start"}\n',
    ),
    "JSON of pytest": (
        '{"pytest_version": "8.3.0", "$report_type": "SessionStart"}\n',
        '{"created": 1.5, "duration": 0.1, "exitcode": 1, "root": "/w", "environment": {}}',
    ),
    "TAP": (
        "TAP version 13\n1..2\nok 1 - a\nnot ok 2 - b\n",
        "TAP version 14\n# Subtest: a\nok 1 - a\n",
        "1..2\nok 1 a\nnot ok 2 b\n",
        "ok 1 - a\nnot ok 2 - b\n1..2\n",
    ),
    "JSON of ESLint": (
        '[{"filePath":"/w/a.js","messages":[{"ruleId":"eqeqeq","severity":2}]}]',
        '{"results":[{"filePath":"/w/a.js","messages":[]}],"metadata":{"rulesMeta":{}}}',
    ),
    "Checkstyle XML": (XML + '<checkstyle version="10.12.0">\n<file name="A.java">',),
    "XML of PMD": (XML + '<pmd xmlns="http://pmd.sourceforge.net/report/2.0.0" version="7.0.0">',),
    "XML of PMD's CPD": (XML + '<pmd-cpd xmlns="https://pmd-code.org/schema/cpd-report">',),
    "XML of SpotBugs": (XML + '<BugCollection version="4.8.3" sequence="0" timestamp="1">',),
    "XML of Android Lint": (XML + '<issues format="6" by="lint 8.2.0">',),
    "XML of Cppcheck": (XML + '<results version="2">\n    <cppcheck version="2.13.0"/>',),
    "text of pylint": (
        "************* Module a.b\na/b.py:1:0: C0114: Missing module docstring\n",
        "a/b.py:1: [C0114(missing-module-docstring), ] Missing module docstring\n",
        "C:\\w s\\b.py:3: [C0111, f] Missing docstring\n",
        "a/b.py:1: [C] Line too long (85/80)\n",
    ),
    "JSON of pylint": (
        '[\n    {\n        "type": "convention",\n        "module": "a",\n        "obj": ""}]',
        '{"messages": [{"type": "error", "symbol": "no-member"}], "statistics": {}}',
    ),
    "text of flake8 or ruff": (
        "./a/b.py:1:80: E501 line too long (90 > 79 characters)\n",
        "a/b.py:7: [F401] 'os' imported but unused\n",
    ),
    "JSON of gosec": ('{\n\t"Golang errors": {},\n\t"Issues": [\n\t\t{\n\t\t\t"severity": "HIGH"}]}',),
    "JSON of golangci-lint": (
        '{"Issues":[{"FromLinter":"errcheck","Text":"x"}],"Report":{}}',
        '{"Issues":null,"Report":{}}',
    ),
    "JSON of Semgrep": (
        '{"version":"1.60.0","results":[],"errors":[]}',
        '{"errors": [], "results": [{"check_id": "python.lang.eval"}]}',
        '{"errors": [], "paths": {"scanned": ["a.py", "b.py"]}, "results": []}',
    ),
    "JSON of bandit": ('{\n  "errors": [],\n  "generated_at": "2026-01-01T00:00:00Z",\n  "metrics": {}}',),
    "JSON of Trivy": (
        '{"SchemaVersion": 2, "CreatedAt": "2026-01-01T00:00:00Z", "ArtifactName": "."}',
        '[{"Target": "a:latest (alpine 3.9)", "Type": "alpine", "Vulnerabilities": null}]',
    ),
    "JSON of Grype": ('{"matches": [{"vulnerability": {"id": "CVE-1"}}]}',),
    "JSON of gitleaks": (
        '[{"Description":"A key","StartLine":1,"EndLine":1}]',
        '[{"RuleID":"a","Description":"b","StartLine":1}]',
    ),
    "JSON of RuboCop": ('{"metadata":{"rubocop_version":"1.60.0"},"files":[]}',),
    "JSON of Brakeman": ('{\n  "scan_info": {\n    "app_path": "/w"}}',),
    "JSON of Stylelint": ('[{"source":"/w/a.css","deprecations":[],"invalidOptionWarnings":[]}]',),
    "JSON of cargo": ('{"reason":"compiler-message","package_id":"a"}\n',),
    "JSON of ShellCheck": (
        '[{"file":"a.sh","line":1,"endLine":1,"column":1}]',
        '{"comments":[{"file":"a.sh","line":1,"endLine":1}]}',
    ),
    "JSON of Hadolint": (
        '[{"code":"DL3006","column":1,"file":"Dockerfile"}]',
        '[{"line":15,"code":"SC2002","message":"Useless cat."}]',
    ),
    "Code Climate JSON": (
        '[{"description":"x","check_name":"a","fingerprint":"abc","location":{"path":"a"}}]',
    ),
    "text or CSV of JMH": (
        "Benchmark       Mode  Cnt   Score   Error  Units\nA.b  avgt  5  1.0 \u00b1 0.1  ns/op\n",
        '"Benchmark","Mode","Threads","Samples","Score"\n',
    ),
    "CSV or Markdown of hyperfine": (
        "command,mean,stddev,median,user,system,min,max\n",
        "| Command | Mean [ms] | Min [ms] |\n",
    ),
    "CSV of Google Benchmark": ("name,iterations,real_time,cpu_time,time_unit,bytes_per_second\n",),
    "CSV of BenchmarkDotNet": ("Method;Job;AnalyzeLaunchVariance;Mean\n", "Method,Job,Runtime,Mean\n"),
    "samples of k6": (
        '{"type":"Metric","data":{"name":"http_reqs"},"metric":"http_reqs"}\n',
        "metric_name,timestamp,metric_value,check\n",
    ),
    "results of JMeter": ("timeStamp,elapsed,label,responseCode\n", XML + '<testResults version="1.2">'),
    "results of airspeed velocity": ('{"commit_hash": "0123abcd", "env_name": "virtualenv-py3.12"}',),
}
