"""What a person holds, as JSON and as lines."""

from __future__ import annotations

from typing import Any

from ems_control.handbook.handbook import Handbook
from ems_control.handbook.holdings import Holding


def holding_view(handbook: Handbook, held: Holding) -> dict[str, Any]:
    """The shape of `ems check --person` (specification, ems check)."""
    return {
        "person": held.person,
        "name": held.name,
        "roles": [
            {
                "role": one.role,
                "title": handbook.people.title(one.role),
                "since": one.since.isoformat(),
                "until": one.until.isoformat() if one.until else None,
                "deputy": one.deputy,
                "others": list(one.others),
            }
            for one in held.roles
        ],
        "keys": held.keys,
        "documents": [document.id for document in held.documents],
        "acts": [{"document": each.id, "revision": each.revision, "action": action} for each, action in held.acts],
        "rows": [
            {"path": row.path, "row": row.row, "kind": row.kind, "day": row.day.isoformat() if row.day else None}
            for row in held.rows
        ],
    }


def holding_lines(handbook: Handbook, held: Holding) -> list[str]:
    """The same for people."""
    lines = [f"{held.name} ({held.person})"]
    for one in held.roles:
        others = ", ".join(handbook.people.name(key) for key in one.others)
        deputy = ", as deputy" if one.deputy else ""
        end = f" until {one.until}" if one.until else ""
        with_whom = f"also: {others}" if others else "nobody else"
        lines.append(f"  role      {handbook.people.title(one.role)} since {one.since}{end}{deputy} ({with_whom})")
    lines += [f"  key       {key}" for key in held.keys]
    lines += [f"  document  {document.id} {document.title}" for document in held.documents]
    lines += [f"  decides   {each.id} revision {each.revision}: {action}" for each, action in held.acts]
    lines += [f"  row       {row.row} of {row.path}: {row.kind} by {row.day or row.written}" for row in held.rows]
    return lines if len(lines) > 1 else [*lines, "  holds nothing"]
