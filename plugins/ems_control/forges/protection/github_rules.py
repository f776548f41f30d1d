"""What holds for a branch at GitHub: its rulesets and the older protection together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ems_control.forges.protection.table import NotShown, Setting, compare, rows_of


def effective(rules: Any, old: Any, table: Iterable[Setting], wanted: Iterable[str]) -> dict[str, Any]:
    """Each field of a table, as both together give it; NotShown where one is unknown and the other not enough.

    `wanted` are the checks whose source is looked at.
    """
    told = [_of_rules(rows_of(rules))] if not isinstance(rules, NotShown) else []
    told += [_of_protection(old if isinstance(old, dict) else {})] if not isinstance(old, NotShown) else []
    unknown = next((one for one in (rules, old) if isinstance(one, NotShown)), None)
    found: dict[str, Any] = {}
    for setting in table:
        name = setting.field
        values = [one[name] for one in told if one.get(name) is not None]
        found[name] = _joined(name, values, wanted)
        if unknown is not None and compare([setting], {setting.key: found[name]})[0].state != "in force":
            found[name] = unknown
    return found


def _joined(name: str, values: list[Any], wanted: Iterable[str]) -> Any:
    if name == "integration_id":
        pinned = {context for value in values for context, source in value if source}
        return [context for context in wanted if context not in pinned]
    if name == "allowed_merge_methods":
        sets = [set(value) for value in values]
        return sorted(set.intersection(*sets)) if sets else ["merge", "rebase", "squash"]
    if name == "required_status_checks":
        return [context for value in values for context in value]
    return max(values, default=0 if name == "required_approving_review_count" else False)


def _of_rules(rules: list[dict[str, Any]]) -> dict[str, Any]:
    types = {str(rule.get("type")) for rule in rules}
    given = [rule["parameters"] for rule in rules if isinstance(rule.get("parameters"), dict)]
    checks = [one for part in given for one in rows_of(part, "required_status_checks")]
    methods = [set(map(str, found)) for part in given if isinstance(found := part.get("allowed_merge_methods"), list)]
    counts = [found for part in given if isinstance(found := part.get("required_approving_review_count"), int)]
    strict = "strict_required_status_checks_policy"
    flags = ("dismiss_stale_reviews_on_push", "require_last_push_approval", "require_code_owner_review", strict)
    on = {name: any(part.get(name) is True for part in given) for name in flags}
    return {
        **{name: name in types for name in ("pull_request", "non_fast_forward", "deletion")},
        **on,
        strict: on[strict] and bool(checks),
        "required_approving_review_count": max(counts, default=0),
        "required_status_checks": [str(one.get("context")) for one in checks],
        "integration_id": [(str(one.get("context")), one.get("integration_id")) for one in checks],
        "allowed_merge_methods": sorted(set.intersection(*methods)) if methods else None,
    }


def _of_protection(old: dict[str, Any]) -> dict[str, Any]:
    asked, checks = old.get("required_pull_request_reviews"), old.get("required_status_checks")
    reviews = asked if isinstance(asked, dict) else {}
    listed = rows_of(checks, "checks")
    names = checks.get("contexts") if isinstance(checks, dict) and not listed else None
    listed += [{"context": name} for name in names] if isinstance(names, list) else []
    strict = checks.get("strict") if isinstance(checks, dict) else None
    count = reviews.get("required_approving_review_count")
    return {
        "pull_request": isinstance(asked, dict),
        "required_approving_review_count": count if isinstance(count, int) else 0,
        "dismiss_stale_reviews_on_push": reviews.get("dismiss_stale_reviews") is True,
        "require_last_push_approval": reviews.get("require_last_push_approval") is True,
        "require_code_owner_review": reviews.get("require_code_owner_reviews") is True,
        "non_fast_forward": bool(old) and not on(old, "allow_force_pushes"),
        "deletion": bool(old) and not on(old, "allow_deletions"),
        "required_status_checks": [str(one.get("context")) for one in listed],
        "integration_id": [(str(one.get("context")), one.get("app_id")) for one in listed],
        "strict_required_status_checks_policy": bool(listed) and strict is True,
        "allowed_merge_methods": None,
    }


def on(old: dict[str, Any], key: str) -> bool:
    """Whether the older protection has something switched on."""
    value = old.get(key)
    return isinstance(value, dict) and value.get("enabled") is True
