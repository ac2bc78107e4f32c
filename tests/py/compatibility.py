"""Writes docs/compatibility.md from the suites' reports.

    compatibility.py REPORTS DOCUMENT [--check]

With --check it writes nothing and fails when the document is not what it would write.
"""

import json
import sys
from pathlib import Path

HEAD = """# Compatibility

What each tool asks a node, and the answer it got. Written by the suites in `tests/js` and
`tests/py`, which ask a running chain through stock CometBFT (`scripts/e2e/clients.sh`); do not
edit. Numbers are HTTP statuses or codes of codespace `sdk`. 501 and `UNIMPLEMENTED` mean that
the chain has no such module: tools take it for that and leave the feature out.
"""


def table(rows):
    cell = lambda text: text.replace("|", "\\|")
    lines = ["| asked | answer |", "|---|---|"]
    lines += [f"| `{cell(row['method'])}` | {cell(row['answer'])} |" for row in rows]
    return "\n".join(lines)


def main():
    reports, document, *options = sys.argv[1:]
    rows = []
    for report in sorted(Path(reports).glob("*.json")):
        rows += json.loads(report.read_text())
    tools = {}
    for row in rows:
        tools.setdefault(row["tool"], []).append(row)
    text = HEAD
    for tool in sorted(tools, key=str.lower):
        text += f"\n## {tool}\n\n{table(sorted(tools[tool], key=lambda row: row['method']))}\n"
    if options == ["--check"]:
        sys.exit(Path(document).read_text() != text and f"{document} is not up to date: run scripts/e2e/clients.sh")
    Path(document).write_text(text)


main()
