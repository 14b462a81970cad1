"""Formats of findings that are not read."""

from __future__ import annotations

from sluicegate.evidence.unread.formats import UnsupportedFormat

_PYLINT = (
    "Write SARIF: `pip install pylint-sarif-unofficial`, then `pylint2sarif --sarif-output "
    "pylint.sarif FILES`. Or let ruff check pylint's rules: `ruff check --select PL --output-format json "
    "--output-file ruff.json`."
)

FORMATS = (
    UnsupportedFormat(
        "JSON of ESLint",
        r'(?:\{\s*"results"\s*:\s*)?\[\s*\{\s*"filePath"\s*:\s*"[^"]*"\s*,\s*"messages"\s*:',
        "Write SARIF: `npm install --save-dev @microsoft/eslint-formatter-sarif`, then "
        "`eslint -f @microsoft/eslint-formatter-sarif -o eslint.sarif`.",
        "https://eslint.org/docs/latest/use/formatters/#json, https://github.com/microsoft/sarif-js-sdk",
    ),
    UnsupportedFormat(
        "Checkstyle XML",
        r"<checkstyle\b",
        "Let the tool write SARIF: `checkstyle -f sarif -o checkstyle.sarif`, `ktlint "
        "--reporter=sarif,output=ktlint.sarif`, `detekt --report sarif:detekt.sarif`.",
        "https://checkstyle.org/cmdline.html",
    ),
    UnsupportedFormat(
        "XML of PMD",
        r"<pmd[\s>]",
        "Write SARIF: `pmd check -f sarif -r pmd.sarif`.",
        "https://docs.pmd-code.org/latest/pmd_userdocs_report_formats.html#sarif",
    ),
    UnsupportedFormat(
        "XML of PMD's CPD",
        r"<pmd-cpd\b",
        "CPD writes no SARIF; judge it by a `run:` gate with a measure of its own.",
        "https://docs.pmd-code.org/latest/pmd_userdocs_cpd_report_formats.html",
    ),
    UnsupportedFormat(
        "XML of SpotBugs",
        r"<BugCollection\b",
        "Write SARIF: `spotbugs -textui -sarif=spotbugs.sarif`, in Maven `sarifOutput`, in Gradle "
        "the report `sarif`.",
        "https://spotbugs.readthedocs.io/en/stable/running.html",
    ),
    UnsupportedFormat(
        "XML of Android Lint",
        r"<issues\b[^>]*\bformat=",
        "Write SARIF: `lint { sarifReport = true }` in the Gradle file.",
        "https://developer.android.com/reference/tools/gradle-api/current/com/android/build/api/dsl/Lint",
    ),
    UnsupportedFormat(
        "XML of Cppcheck",
        r"<results\b[^>]*>\s*<cppcheck\b",
        "Write SARIF: `cppcheck --output-format=sarif --output-file=cppcheck.sarif`.",
        "https://cppcheck.sourceforge.io/manual.html",
    ),
    UnsupportedFormat(
        "text of pylint",
        r"\*{10,} Module \S|[^\n]{1,300}?\.pyi?:\d+: \[[CRWEFI](?:\d{4})?[\](,]",
        _PYLINT,
        "https://pylint.readthedocs.io/en/stable/user_guide/usage/output.html, "
        "https://github.com/pylint-dev/pylint/blob/main/pylint/reporters/text.py, "
        "https://docs.astral.sh/ruff/rules/#pylint-pl",
    ),
    UnsupportedFormat(
        "JSON of pylint",
        r'\[\s*\{\s*"type"\s*:\s*"\w+"\s*,\s*(?:"symbol"|"module")\s*:'
        r'|\{\s*"messages"\s*:\s*\[\s*\{\s*"type"',
        _PYLINT,
        "https://pylint.readthedocs.io/en/stable/user_guide/usage/output.html",
    ),
    UnsupportedFormat(
        "text of flake8 or ruff",
        r"[^\s:]{1,300}\.pyi?:\d+:(?:\d+: [A-Z]{1,4}\d{1,4}\b| \[[A-Z]{1,4}\d{3}\])",
        "Let ruff check the same rules and write JSON: `ruff check --select E,F,W --output-format json "
        "--output-file ruff.json`.",
        "https://docs.astral.sh/ruff/faq/#how-does-ruffs-linter-compare-to-flake8, "
        "https://github.com/PyCQA/flake8/blob/main/src/flake8/formatting/default.py",
    ),
    UnsupportedFormat(
        "JSON of gosec",
        r'\{\s*"Golang errors"\s*:',
        "Write SARIF: `gosec -fmt sarif -out gosec.sarif ./...`.",
        "https://github.com/securego/gosec#output-formats",
    ),
    UnsupportedFormat(
        "JSON of golangci-lint",
        r'\{\s*"Issues"\s*:\s*(?:null|\[\s*(?:\]|\{\s*"FromLinter"))',
        "Write SARIF: `golangci-lint run --output.sarif.path=golangci.sarif`.",
        "https://golangci-lint.run/docs/configuration/file/#output-configuration",
    ),
    UnsupportedFormat(
        "JSON of Semgrep",
        r'\{\s*(?:"version"\s*:\s*"[^"]*"\s*,\s*"results"|"(?:errors|results)".{0,3500}?"check_id"'
        r'|"errors"\s*:\s*\[.{0,3000}?\]\s*,\s*"paths")\s*:',
        "Write SARIF: `semgrep scan --sarif --output semgrep.sarif`.",
        "https://semgrep.dev/docs/cli-reference",
    ),
    UnsupportedFormat(
        "JSON of bandit",
        r'\{\s*"errors"\s*:\s*\[.{0,3000}?"generated_at"\s*:\s*"[^"]*"\s*,\s*"metrics"',
        "Leave it out: Sluicegate runs bandit itself. Or write SARIF: `pip install bandit[sarif]`, then "
        "`bandit -f sarif -o bandit.sarif -r .`.",
        "https://bandit.readthedocs.io/en/latest/formatters/index.html",
    ),
    UnsupportedFormat(
        "JSON of Trivy",
        r'\{\s*"SchemaVersion"\s*:\s*\d+\s*,.{0,600}?"(?:ArtifactName|ReportID)"'
        r'|\[\s*\{\s*"Target"\s*:\s*"[^"]*"\s*,\s*"(?:Class|Type|Vulnerabilities|Misconfigurations)"\s*:',
        "Write SARIF: `trivy … --format sarif --output trivy.sarif`, or `trivy convert --format sarif "
        "--output trivy.sarif FILE`.",
        "https://trivy.dev/latest/docs/configuration/reporting/",
    ),
    UnsupportedFormat(
        "JSON of Grype",
        r'\{\s*"matches"\s*:\s*\[\s*(?:\]|\{\s*"vulnerability")',
        "Write SARIF: `grype … -o sarif=grype.sarif`.",
        "https://github.com/anchore/grype",
    ),
    UnsupportedFormat(
        "JSON of gitleaks",
        r'\[\s*\{\s*(?:"RuleID"|"Description")\s*:\s*"[^"]*"\s*,.{0,300}?"StartLine"',
        "Write SARIF: `gitleaks … --report-format sarif --report-path gitleaks.sarif`.",
        "https://github.com/gitleaks/gitleaks",
    ),
    UnsupportedFormat(
        "JSON of RuboCop",
        r'\{\s*"metadata"\s*:\s*\{\s*"rubocop_version"',
        "Write SARIF: add the gem `code-scanning-rubocop`, then `rubocop --require code_scanning --format "
        "CodeScanning::SarifFormatter --out rubocop.sarif`.",
        "https://github.com/arthurnn/code-scanning-rubocop",
    ),
    UnsupportedFormat(
        "JSON of Brakeman",
        r'\{\s*"scan_info"\s*:\s*\{',
        "Write SARIF: `brakeman -o brakeman.sarif`.",
        "https://brakemanscanner.org/docs/options/",
    ),
    UnsupportedFormat(
        "JSON of Stylelint",
        r'\[\s*\{\s*"source"\s*:\s*"[^"]*"\s*,\s*"(?:deprecations|invalidOptionWarnings|parseErrors'
        r'|errored|warnings)"',
        "Write SARIF: `npm install --save-dev stylelint-sarif-formatter`, then `stylelint --custom-formatter "
        "stylelint-sarif-formatter -o stylelint.sarif`.",
        "https://stylelint.io/user-guide/options/#formatter",
    ),
    UnsupportedFormat(
        "JSON of cargo",
        r'\{\s*"reason"\s*:\s*"(?:compiler-message|compiler-artifact|build-script-executed)"',
        "Convert it: `cargo install clippy-sarif`, then `clippy-sarif < FILE > clippy.sarif`.",
        "https://github.com/psastras/sarif-rs",
    ),
    UnsupportedFormat(
        "JSON of ShellCheck",
        r'(?:\{\s*"comments"\s*:\s*)?\[\s*\{\s*"file"\s*:\s*"[^"]*"\s*,\s*"line"\s*:\s*\d+\s*,\s*"endLine"',
        "Convert it: `cargo install shellcheck-sarif`, then `shellcheck-sarif < FILE > shellcheck.sarif`.",
        "https://github.com/psastras/sarif-rs",
    ),
    UnsupportedFormat(
        "JSON of Hadolint",
        r'\[\s*\{\s*(?:"line"\s*:\s*\d+\s*,\s*)?"code"\s*:\s*"(?:DL|SC)\d+"',
        "Write SARIF: `hadolint --format sarif Dockerfile > hadolint.sarif`.",
        "https://github.com/hadolint/hadolint",
    ),
    UnsupportedFormat(
        "Code Climate JSON",
        r'\[\s*\{(?=[^\[\]]{0,2500}"fingerprint"\s*:)(?=[^\[\]]{0,2500}"(?:check_name|engine_name'
        r'|description)"\s*:)',
        "Let the tool write SARIF instead.",
        "https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format",
    ),
)
