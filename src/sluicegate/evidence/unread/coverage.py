"""Formats of coverage that are not read."""

from __future__ import annotations

from sluicegate.evidence.unread.formats import UnsupportedFormat

_TO_COBERTURA = (
    "Convert it to Cobertura: `dotnet tool install -g dotnet-reportgenerator-globaltool`, then "
    "`reportgenerator -reports:FILE -targetdir:coverage -reporttypes:Cobertura`."
)

FORMATS = (
    UnsupportedFormat(
        "JaCoCo XML",
        r"<report\b[^>]*>\s*<(?:sessioninfo|group|package|counter)\b",
        f"{_TO_COBERTURA} Give it `-sourcedirs:src/main/java`, too.",
        "https://www.jacoco.org/jacoco/trunk/coverage/report.dtd",
    ),
    UnsupportedFormat(
        "Clover XML",
        r"<coverage\b[^>]{0,400}\bclover=|<coverage\b[^>]{0,400}\bgenerated=[^>]*>\s*<(?:project"
        r"|testproject)\b",
        "Let the tool write Cobertura or LCOV as well (PHPUnit: `--coverage-cobertura coverage.xml`; Jest, "
        f"Vitest and nyc: the reporter `lcov`). Or: {_TO_COBERTURA}",
        "https://docs.phpunit.de/en/12.0/textui.html",
    ),
    UnsupportedFormat(
        "a Go cover profile",
        r"mode: (?:set|count|atomic)\s*(?:\n|\Z)",
        "Convert it: `go run github.com/boumenot/gocover-cobertura@latest < FILE > coverage.xml`.",
        "https://go.dev/blog/cover, https://github.com/boumenot/gocover-cobertura",
    ),
    UnsupportedFormat(
        "OpenCover XML",
        r"<CoverageSession\b",
        f"Let coverlet write `--format cobertura`. Or: {_TO_COBERTURA}",
        "https://github.com/OpenCover/opencover/wiki/Reports",
    ),
    UnsupportedFormat(
        "dotCover XML",
        r"<Root\b[^>]{0,400}\b(?:CoveredStatements|DotCoverVersion)=",
        f"Export it as `DetailedXML`. {_TO_COBERTURA}",
        "https://www.jetbrains.com/help/dotcover/dotCover__Console_Runner_Commands.html",
    ),
    UnsupportedFormat(
        "Visual Studio coverage XML",
        r"<results>\s*<modules>|<CoverageDSPriv\b",
        "Convert it: `dotnet tool install -g dotnet-coverage`, then `dotnet-coverage merge FILE -f cobertura "
        "-o coverage.xml`.",
        "https://learn.microsoft.com/dotnet/core/additional-tools/dotnet-coverage",
    ),
    UnsupportedFormat(
        "Scoverage XML",
        r"<scoverage\b",
        "Take `cobertura.xml`, which `sbt coverageReport` writes beside it.",
        "https://github.com/scoverage/sbt-scoverage",
    ),
    UnsupportedFormat(
        "SonarQube coverage XML",
        r'<coverage version="1"\s*>\s*(?:</coverage>|<file path=)',
        "Let the tool write Cobertura or LCOV as well.",
        "https://docs.sonarsource.com/sonarqube-server/analyzing-source-code/test-coverage/generic-test-data/",
    ),
    UnsupportedFormat(
        "a result set of SimpleCov",
        r'\{\s*"[^"]{1,200}"\s*:\s*\{\s*"coverage"\s*:\s*\{',
        "Let SimpleCov write Cobertura: add the gem `simplecov-cobertura`, and to the tests' set-up "
        "`SimpleCov.formatter = SimpleCov::Formatter::CoberturaFormatter`.",
        "https://github.com/simplecov-ruby/simplecov, https://github.com/dashingrocket/simplecov-cobertura",
    ),
    UnsupportedFormat(
        "JSON of SimpleCov",
        r'\{\s*"meta"\s*:\s*\{\s*"simplecov_version"',
        "Let SimpleCov write Cobertura: add the gem `simplecov-cobertura`, and to the tests' set-up "
        "`SimpleCov.formatter = SimpleCov::Formatter::CoberturaFormatter`.",
        "https://github.com/simplecov-ruby/simplecov",
    ),
    UnsupportedFormat(
        "JSON of Istanbul",
        r'\{\s*"[^"]{1,1000}"\s*:\s*\{\s*(?:"data"\s*:\s*\{\s*)?"path"\s*:\s*"[^"]*"\s*,\s*"(?:all'
        r'|statementMap|fnMap|branchMap|s|f|b)"',
        "Let Jest, Vitest or nyc write LCOV: add `lcov` to the reporters of coverage.",
        "https://github.com/istanbuljs/istanbuljs, "
        "https://jestjs.io/docs/configuration#coveragereporters-arraystring--string-options",
    ),
    UnsupportedFormat(
        "a coverage summary of Istanbul",
        r'\{\s*"total"\s*:\s*\{\s*"lines"\s*:\s*\{\s*"total"',
        "It has no lines. Let Jest, Vitest or nyc write LCOV: add `lcov` to the reporters of coverage.",
        "https://github.com/istanbuljs/istanbuljs",
    ),
    UnsupportedFormat(
        "JSON of llvm-cov",
        r'\{\s*"data"\s*:\s*\[\s*\{\s*"(?:files|functions|totals)"'
        r'|\{.{0,200}"type"\s*:\s*"llvm\.coverage\.json\.export"',
        "Export LCOV: `llvm-cov export -format=lcov … > lcov.info`, or `cargo llvm-cov --lcov "
        "--output-path lcov.info`.",
        "https://llvm.org/docs/CommandGuide/llvm-cov.html#llvm-cov-export",
    ),
    UnsupportedFormat(
        "output of gcov",
        r'\{[^{}\[\]]{0,2000}"gcc_version"\s*:|-:\s+0:Source:',
        "Convert it: `gcovr --cobertura coverage.xml` in the folder of the build.",
        "https://gcc.gnu.org/onlinedocs/gcc/Invoking-Gcov.html",
    ),
    UnsupportedFormat(
        "JSON of gcovr",
        r'\{\s*"gcovr/format_version"|\{\s*"(?:files|root)"\s*:.{0,3000}"gcovr/',
        "Convert it: `gcovr --add-tracefile FILE --cobertura coverage.xml`.",
        "https://gcovr.com/en/stable/output/json.html",
    ),
    UnsupportedFormat(
        "JSON of kcov",
        r'\{\s*"files"\s*:\s*\[\s*\{\s*"file"\s*:\s*"[^"]*"\s*,\s*"percent_covered"',
        "Take `cobertura.xml`, which kcov writes beside it.",
        "https://github.com/SimonKagstrom/kcov",
    ),
    UnsupportedFormat(
        "JSON of Coveralls",
        r'\{[^{}\[\]]{0,2000}"source_files"\s*:\s*\[',
        "Let the tool write LCOV or Cobertura instead (`mix coveralls.lcov`, `cargo tarpaulin --out Lcov`).",
        "https://docs.coveralls.io/api-introduction",
    ),
    UnsupportedFormat(
        "JSON of xccov",
        r'\{\s*"(?:coveredLines|executableLines|lineCoverage|targets)"\s*:.{0,300}"(?:targets'
        r'|executableLines|buildProductPath)"',
        "Convert it: `slather coverage --cobertura-xml --output-directory coverage`.",
        "https://github.com/SlatherOrg/slather",
    ),
)
