"""The integrity page: what anybody can check without us, what was found when the site was built, and how."""

from __future__ import annotations

from ems_control.exports.sentences import said
from ems_control.ground.formats.signatures import NAMESPACE
from ems_control.ground.markdown.markup import escape, link
from ems_control.ground.organisation.people import People
from ems_control.ground.text import day_after
from ems_control.handbook import addresses
from ems_control.rules.book import find_rule, waivers_used
from ems_control.site.page import Page, relative
from ems_control.site.pages.control.table_kit import TableKit

SIGNERS = "assets/ems/data/allowed_signers.txt"

COMMANDS = (
    "git clone --no-local ADDRESS handbook && cd handbook",
    "ems verify --root-fingerprint {root}",
    "ssh-keygen -Y verify -f allowed_signers.txt -I PERSON -n ems-approval -s RECORD.json.sig < RECORD.json",
)


def integrity(desk: TableKit) -> Page:
    """What the records say of the whole history: trust root, levels, breaks, corrections, waivers."""
    words, handbook = desk.words, desk.handbook
    found, chain = handbook.verification, handbook.records.chain
    root = chain.root.digest if chain.root else ""
    records = len(handbook.records.ledger.entries)
    state = "integrity whole" if not found.breaks else "integrity broken"
    parts = [
        escape(words(state, count=len(found.breaks), records=records)),
        desk.table(("fact", "value"), _facts(desk, root)),
        f"## {escape(words('integrity breaks'))}\n\n" + escape(words("integrity breaks say")),
        desk.table(("where", "document", "what"), _breaks(desk), "integrity none"),
    ]
    if found.corrected:
        rows = [
            [escape(said(one.message, words.language)), escape(handbook.people.name(one.person)), words.cell(one.day)]
            for one in found.corrected
        ]
        parts += [f"## {escape(words('integrity corrected'))}", desk.table(("what", "person", "day"), rows)]
    if used := waivers_used(handbook):
        rows = [
            [escape(w["rule"]), escape(w["document"]), escape(w["reason"]), escape(words.days_in(w["until"]))]
            for w in used
        ]
        parts += [f"## {escape(words('integrity waived'))}", desk.table(("rule", "document", "reason", "until"), rows)]
    desk.assets[SIGNERS] = allowed_signers(handbook.people).encode()
    signers = link("allowed_signers.txt", relative(SIGNERS, addresses.INTEGRITY))
    lines = "\n".join(line.replace("{root}", root or "SHA256") for line in COMMANDS)
    parts += [
        f"## {escape(words('how to check it'))}\n\n{escape(words('check yourself'))}",
        f"```\n{lines}\n```",
        escape(words("integrity signers", file="§")).replace("§", signers),
        escape(words("integrity paper")),
    ]
    return Page(addresses.INTEGRITY, words("integrity"), "\n\n".join(parts), searchable=False)


def allowed_signers(people: People) -> str:
    """The keys of everybody as `ssh-keygen -Y verify` wants them, each for the days on which it counts."""
    lines = []
    for person, facts in people.persons.items():
        for key in facts.keys:
            words = key.key.split()[:2]
            until = f',valid-before="{day_after(key.until):%Y%m%d}"' if key.until else ""
            options = f'namespaces="{NAMESPACE}",valid-after="{key.from_:%Y%m%d}"{until}'
            lines.append(f"{person} {options} {' '.join(words)}\n")
    return "".join(lines)


def _facts(desk: TableKit, root: str) -> list[list[str]]:
    words, handbook = desk.words, desk.handbook
    chain, found = handbook.records.chain, handbook.verification
    counts = handbook.verification.levels
    by_level = ", ".join(f"{number} {words(f'level.{level}')}" for level, number in counts.items() if number)
    newest = chain.newest
    rows = [
        ("trust root", f"<code>{escape(root)}</code>" if root else escape(words("none yet"))),
        (
            "policy in force",
            escape(f"{newest.number} · {newest.digest[:23]}…") if newest else escape(words("as it lies")),
        ),
        *([("policy recovered", escape(words("by recovery key")))] if newest and newest.recovered else []),
        ("levels in force", escape(by_level or words("none yet"))),
        ("records count", escape(len(handbook.records.ledger.entries))),
        ("records idle", escape(len(found.idle))),
        ("head commit", f"<code>{escape((handbook.repository.head or '')[:12])}</code>"),
    ]
    return [[escape(words(key)), value] for key, value in rows]


def _breaks(desk: TableKit) -> list[list[str]]:
    rows = []
    for one in desk.handbook.verification.breaks:
        code = find_rule(one.kind).code
        named = desk.named(one.document, addresses.INTEGRITY) if one.document else ""
        told = said(one.message, desk.words.language)
        rows.append([f"<code>{escape(one.path)}</code>", named, f"{escape(code)} {escape(told)}"])
    return rows
