"""Texts of an attacker, for everything that shows what strangers wrote."""

from __future__ import annotations

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "@everyone #12 GH-7 o/r#3 https://evil.example/x www.evil.example a@evil.example",
    "| a | b |\n|---|---|\n`x` ``y`` **b** _i_ ~~s~~ [t](http://e.x) ![i](http://e.x) <!-- sluicegate -->",
    "\x1b[31mred\x1b[0m\x07\x9b1m\u202e reversed \u200b\u2066 \x00 \ud800",
    "::error file=x::injected\r\n::set-output name=x::y\n%0A::warning::z",
    "{{ 7 * 7 }} {% raw %} [bold]markup[/bold] :tada: $x^2$",
    "漢字かな交じり文 👩‍👩‍👧‍👦 🏳️‍🌈 é 全角" + " long" * 40 + "x" * 300,
    "\\`|\\|` a\\|b ``` \\",
    "EOF\nname=value\nghadelimiter_0\nstatus=PASS",
)
"""Texts that try to leave the place they are put in."""
