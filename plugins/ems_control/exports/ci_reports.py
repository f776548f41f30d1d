"""Findings in the formats of CI systems: SARIF 2.1.0, JUnit XML, and GitLab's Code Quality JSON."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from itertools import groupby
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from ems_control import __version__
from ems_control.ground.text import one_line
from ems_control.rules.finding import Finding
from ems_control.rules.printed import find_page


def _words(finding: Finding) -> str:
    return one_line(f"{finding.message}. {finding.fix}".rstrip())


_DAYS = re.compile(r"\d{4}-\d{2}-\d{2}|\d+ days?\b")


def _fingerprints(findings: list[Finding]) -> list[str]:
    """What tells findings apart from one run to the next, whatever the day: rule, path and words without days."""
    seen: Counter[tuple[str, str, str]] = Counter()
    found = []
    for finding in findings:
        key = (finding.rule, finding.path, _DAYS.sub("", finding.message))
        number = [str(seen[key])] if seen[key] else []
        seen[key] += 1
        found.append(hashlib.sha256("\0".join([*key, *number]).encode(errors="backslashreplace")).hexdigest())
    return found


def sarif(findings: list[Finding]) -> str:
    """SARIF 2.1.0, as code scanning reads it; severities map to error, warning and note."""
    codes = sorted({finding.rule for finding in findings})
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "ems-control",
                "version": __version__,
                "rules": [
                    {"id": code, "name": find_page(code).name, "shortDescription": {"text": find_page(code).title}}
                    for code in codes
                ],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": list(map(_result, findings, _fingerprints(findings))),
    }
    return json.dumps(
        {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]},
        ensure_ascii=False,
        indent=2,
    )


def _result(finding: Finding, fingerprint: str) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": quote(finding.path, errors="surrogateescape")}}
    if finding.line:
        location["region"] = {"startLine": finding.line, "startColumn": max(finding.column, 1)}
    return {
        "ruleId": finding.rule,
        "level": {"error": "error", "warning": "warning", "info": "note"}[finding.severity],
        "message": {"text": _words(finding)},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"emsFinding/1": fingerprint},
    }


def junit(findings: list[Finding], documents: list[str]) -> str:
    """JUnit XML: a test case per document; errors are failures, warnings and infos are system-out."""
    by_document = {
        name: list(group)
        for name, group in groupby(
            sorted(findings, key=lambda f: f.document or f.path), key=lambda f: f.document or f.path
        )
    }
    names = sorted({*documents, *by_document})
    failures = sum(any(f.severity == "error" for f in by_document.get(name, ())) for name in names)
    suite = ElementTree.Element("testsuite", name="ems check", tests=str(len(names)), failures=str(failures))
    for name in names:
        case = ElementTree.SubElement(suite, "testcase", classname="ems", name=one_line(name))
        errors = [f for f in by_document.get(name, ()) if f.severity == "error"]
        others = [f for f in by_document.get(name, ()) if f.severity != "error"]
        if errors:
            text = "\n".join(f"{one_line(f.path)}:{f.line}: {f.rule} {_words(f)}" for f in errors)
            ElementTree.SubElement(case, "failure", message=f"{errors[0].rule} {_words(errors[0])}").text = text
        if others:
            lines = (f"{one_line(f.path)}:{f.line}: {f.severity} {f.rule} {_words(f)}" for f in others)
            ElementTree.SubElement(case, "system-out").text = "\n".join(lines)
    ElementTree.indent(suite)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suite, encoding="unicode")


def code_quality(findings: list[Finding]) -> str:
    """GitLab's Code Quality report; the fingerprint stays the same while rule, path and words do, whatever the day."""
    severities = {"error": "major", "warning": "minor", "info": "info"}
    issues = [
        {
            "description": f"{finding.rule} {_words(finding)}",
            "check_name": finding.rule,
            "fingerprint": fingerprint,
            "severity": severities[finding.severity],
            "location": {"path": finding.path, "lines": {"begin": max(finding.line, 1)}},
        }
        for finding, fingerprint in zip(findings, _fingerprints(findings), strict=True)
    ]
    return json.dumps(issues, ensure_ascii=False, indent=2)
