"""Formats of benchmarks that are not read."""

from __future__ import annotations

from sluicegate.evidence.unread.formats import UnsupportedFormat

FORMATS = (
    UnsupportedFormat(
        "text or CSV of JMH",
        r'Benchmark +(?:\([^)]*\) +)*Mode +Cnt +Score\b|"Benchmark","Mode","Threads"',
        "Write JSON: `java -jar benchmarks.jar -rf json -rff jmh-result.json`.",
        "https://github.com/openjdk/jmh",
    ),
    UnsupportedFormat(
        "CSV or Markdown of hyperfine",
        r"command,mean,stddev,median|\| Command \| Mean \[",
        "Write JSON: `hyperfine --export-json hyperfine.json COMMAND`.",
        "https://github.com/sharkdp/hyperfine#export-results",
    ),
    UnsupportedFormat(
        "CSV of Google Benchmark",
        r"name,iterations,real_time,cpu_time,time_unit",
        "Write JSON: `--benchmark_out=benchmarks.json --benchmark_out_format=json`.",
        "https://google.github.io/benchmark/user_guide.html#output-formats",
    ),
    UnsupportedFormat(
        "CSV of BenchmarkDotNet",
        r"Method[,;](?:Job|Runtime|Arguments|AnalyzeLaunchVariance)\b",
        "Write JSON: `--exporters fulljson`.",
        "https://benchmarkdotnet.org/articles/configs/exporters.html",
    ),
    UnsupportedFormat(
        "samples of k6",
        r'\{\s*"type"\s*:\s*"(?:Metric|Point)"\s*,|metric_name,timestamp,metric_value',
        "Write a summary: `k6 run --summary-export=k6.json SCRIPT`.",
        "https://grafana.com/docs/k6/latest/results-output/end-of-test/custom-summary/",
    ),
    UnsupportedFormat(
        "results of JMeter",
        r"timeStamp,elapsed,label|<testResults\b",
        "Write the readings as JSON of your own: `sluicegate schema benchmarks` prints the schema.",
        "https://jmeter.apache.org/usermanual/listeners.html#csvlogformat",
    ),
    UnsupportedFormat(
        "results of airspeed velocity",
        r'\{\s*"commit_hash"\s*:\s*"[0-9a-f]+"\s*,\s*"env_name"',
        "Write the readings as JSON of your own: `sluicegate schema benchmarks` prints the schema.",
        "https://asv.readthedocs.io/en/stable/dev.html#benchmark-results",
    ),
)
