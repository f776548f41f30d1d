"""Where things stand on the site: links for raw HTML, light pages that exist, codes to scan, the change form."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urljoin, urlsplit

import segno

from ems_control.documents.history import Version
from ems_control.handbook.document import Document
from ems_control.handbook.handbook import Handbook
from ems_control.site.addressing import Addresses
from ems_control.site.build_cache import BuildCache
from ems_control.site.page import relative
from ems_control.site.revisions.compared import Compared

_EDITORS = {
    "github": "edit",
    "gitlab": "-/edit",
    "codeberg": "_edit",
    "gitea": "_edit",
    "forgejo": "_edit",
}
"""Where the forges edit a file, by what their hosts are called."""
FIXED_MASK = 4
"""All masks of a QR code can be read; trying the eight for the prettiest takes ten times as long."""


class Places:
    """The addresses of one handbook's site; `pages` maps the key of a document to its path under docs/."""

    def __init__(self, handbook: Handbook, pages: dict[str, str], style: Addresses, site_url: str = "") -> None:
        """`style` is how the engine makes addresses; `site_url` where the site will stand, empty where not known."""
        self.handbook, self.pages, self.style = handbook, pages, style
        self.compared = Compared(handbook)
        cache = handbook.repository.cache_dir
        self._kept = BuildCache(cache / "codes" if cache else None)
        self._codes = self._kept.shelf("codes")
        self.site_url = site_url if urlsplit(site_url).scheme in ("http", "https") else ""

    def markdown(self, document: Document, page: str) -> str:
        """The link to a document in the Markdown of a page."""
        return relative(self.pages[document.key], page)

    def href(self, document: Document, page: str) -> str:
        """The link to a document in the raw HTML of a page."""
        return self.style.href(page, self.style.of(self.pages[document.key]))

    def light(self, document: Document, page: str, name: str = "") -> str:
        """The link in raw HTML to a light page of a document, or to a place on it: `r3`, `r2-r3`, `r3#ems-changed`."""
        name, mark, anchor = name.partition("#")
        return self.style.href(page, self.style.light(document.id, name)) + mark + anchor

    def public(self, path: str) -> str:
        """The whole address of a page under docs/, for codes and mails; from the root where the host is not known."""
        return self._whole(self.style.of(path))

    def permanent(self, document: Document, revision: int) -> str:
        """The whole permanent address of a revision; empty where it has none or the host is not known."""
        if not self.site_url or revision not in self.texts(document):
            return ""
        return self._whole(self.style.light(document.id, f"r{revision}"))

    def texts(self, document: Document) -> dict[int, Version]:
        """The revisions that have a light page, newest first."""
        return self.compared.texts(document)

    def redline(self, document: Document, new: int) -> str:
        """Where a revision is compared with the one before it, as a name for `light`; empty where nowhere."""
        older = self.compared.before(document, new)
        return self.compared.place(document, older, new) if older else ""

    def code(self, address: str) -> str:
        """The QR code of an address as inline SVG on one line, black on white whatever the page's colours."""
        made = self._codes.get(address)
        if made is None:
            made = {"svg": _code(address)}
            self._codes.put(address, made)
        svg: str = made["svg"]
        return svg

    def keep(self) -> None:
        """Keep the codes for the next build."""
        self._kept.store(self._codes)

    def change_request(self, path: str, document: Document | None, title: str, questions: Sequence[str] = ()) -> str:
        """The form or mail that says what is wrong on a page, filled in; empty where the policy names none.

        A mail has room below each of the `questions`.
        """
        goal = self.handbook.policy.publish.change_requests
        if not goal:
            return ""
        number = str(document.in_force.revision) if document and document.in_force else ""
        own = document.id if document else ""
        subject = " ".join(part for part in (own, number and f"r{number}", *title.split()) if part)
        return _filled(goal, subject, own, number, self.public(path), questions)

    def edit(self, path: str) -> str:
        """Where a file of the repository can be changed in the browser; empty where mkdocs.yml does not say.

        By `edit_uri` where it leads, else as the forge of `repo_url` has it, where its host names it.
        """
        tree, docs = self.handbook.site_config.tree, f"{self.handbook.docs}/"
        url, uri = tree.get("repo_url"), tree.get("edit_uri")
        if not isinstance(url, str) or not url.startswith("https://"):
            return ""
        base, uri = f"{url.rstrip('/')}/", f"{uri.rstrip('/')}/" if isinstance(uri, str) and uri else ""
        if uri and path.startswith(docs):
            return urljoin(base, uri + quote(path.removeprefix(docs)))
        if f"/{uri}".endswith(f"/{docs}"):
            return urljoin(base, uri.removesuffix(docs) + quote(path))
        host = urlsplit(url).hostname or ""
        way = next((way for name, way in _EDITORS.items() if name in host), "")
        branch = quote(self.handbook.repository.default_branch)
        return f"{base}{way}/{branch}/{quote(path)}" if way else ""

    def _whole(self, address: str) -> str:
        return urljoin(self.site_url.rstrip("/") + "/", address) if self.site_url else f"/{address}"


def _filled(goal: str, subject: str, number: str, revision: str, address: str, questions: Sequence[str]) -> str:
    if "@" in goal and "/" not in goal:
        body = "\r\n\r\n".join([address, *questions, ""] if questions else [address])
        return f"mailto:{quote(goal, safe='@+')}?{_query({'subject': subject, 'body': body})}"
    fields = {"title": subject, "document": number, "revision": revision, "address": address}
    if "/-/issues/new" in goal:
        fields = {"issue[title]": subject, "issue[description]": address}
    return f"{goal}{'&' if '?' in goal else '?'}{_query(fields)}"


def _query(fields: dict[str, str]) -> str:
    return "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in fields.items() if value)


def _code(address: str) -> str:
    made = segno.make(address, error="m", micro=False, mask=FIXED_MASK)
    return made.svg_inline(omitsize=True, border=2, light="#fff", svgclass="ems-qr", lineclass=None)
