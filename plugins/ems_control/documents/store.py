"""Contents by blob name, from git and from the working tree, each read and parsed at most once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ems_control.documents.glance import body_of, id_at_the_top
from ems_control.documents.reading import DocumentFile, front_blocks, read_document
from ems_control.ground.formats.digest import newest_method, sha256, shows_nothing
from ems_control.ground.formats.front_blocks import FrontBlocks
from ems_control.ground.git.repository import Repository
from ems_control.ground.markdown.outline import Slug, plain_slug
from ems_control.ground.on_demand import Lazily
from ems_control.ground.organisation.readings import Reading
from ems_control.ground.text import decode

AT_ONCE = 500
"""So many landings have their texts read together."""


class Store:
    """What a blob holds: its bytes, its SHA-256 as an attachment, the document it is."""

    def __init__(self, repository: Repository, reading: Reading, sealing: bool = False, few: bool = False) -> None:
        """A store over one repository, reading documents by the policy in force where nothing else is said.

        `sealing` says that the digest of most texts will be asked for, so that their front matter is read once; `few`
        that hardly any text will.
        """
        self.repository, self.sealing, self.few = repository, sealing, few
        self.reading = reading
        self._bytes: dict[str, bytes] = {}
        self._working: set[str] = set()
        self._sha256: dict[str, str] = {}
        self._documents: dict[str, DocumentFile] = {}
        self._otherwise: dict[tuple[str, Reading], DocumentFile] = {}
        self.slug: Slug = plain_slug
        self._contents: dict[tuple[str, str, Reading], str] = {}
        self._blocks: FrontBlocks | None = None
        self._expected: dict[str, bytes] = {}

    def __getstate__(self) -> dict[str, Any]:
        """What can be kept for another run: what was read, not the bytes, which git gives again."""
        read = {} if self.few else self._documents
        return {**self.__dict__, "_bytes": {}, "_documents": read, "_blocks": None, "_expected": {}, "slug": None}

    def begin_again(self, slug: Slug) -> None:
        """Let what was kept be read on in this run, with the anchors that the site makes now."""
        self.slug = slug
        for blob, found in [*self._documents.items(), *((blob, one) for (blob, _), one in self._otherwise.items())]:
            found.source, found.blob, found.slug = self, blob, slug

    def parts(self, elsewhere: Container[str]) -> dict[str, Any]:
        """What can be kept for another run, but for the texts of blobs that are kept `elsewhere`."""
        others = {blob: found for blob, found in self._documents.items() if blob not in elsewhere}
        return {**self.__getstate__(), "_documents": others}

    @classmethod
    def of_parts(cls, parts: dict[str, Any], held: dict[str, str], fetch: Callable[[str], object]) -> Store:
        """The store of such parts; `held` says who holds the text of a blob, `fetch` asks them to `take` it here."""
        one = cls(parts["repository"], parts["reading"])
        one.__dict__.update(parts)
        one._documents = Lazily(parts["_documents"], held, fetch)
        return one

    def take(self, blob: str, found: DocumentFile, reading: Reading) -> DocumentFile:
        """Go on with a text that an earlier run read; where the blob was read here already, with that."""
        if reading.fields != self.reading.fields:
            kept = self._otherwise.setdefault((blob, reading), found)
        else:
            kept = self._documents.setdefault(blob, found)
        kept.source, kept.blob, kept.slug = self, blob, self.slug
        return kept

    def share(self, other: Store) -> None:
        """Take over what another store has read, where it reads the same keys; that one stays open as long as this."""
        if other.reading.fields == self.reading.fields:
            self._bytes, self._working = other._bytes, other._working
            self._sha256, self._documents, self._contents = other._sha256, other._documents, other._contents

    def add(self, blob: str, data: bytes) -> None:
        """Put a content of the working tree in."""
        self._bytes.setdefault(blob, data)
        self._working.add(blob)

    def prefetch(self, blobs: Iterable[str]) -> None:
        """Read many blobs at once."""
        missing = [blob for blob in dict.fromkeys(blobs) if blob not in self._bytes and blob not in self._documents]
        self._bytes.update(self.repository.blobs(missing))

    def forget(self, blobs: Iterable[str]) -> None:
        """Keep these texts no longer, where hardly any is asked for again."""
        for blob in blobs if self.few else ():
            if blob not in self._working:
                self._bytes.pop(blob, None)
            if blob in self._documents:
                self._documents[blob].forget()

    def says(self, blob: str, key: str, reading: Reading) -> bool:
        """Whether the text of a blob, if it can be read, surely has the id with this key: without reading it."""
        data = self._bytes.get(blob)
        return data is not None and reading.field("id") == "id" and id_at_the_top(data).casefold() == key

    def shows_nothing(self, blob: str, names: Collection[str]) -> bool:
        """Whether a text surely shows none of the files that have these names: without reading it."""
        data = self._bytes.get(blob)
        return data is not None and shows_nothing(data, names)

    def body(self, blob: str, reading: Reading) -> str:
        """What stands behind the front matter of a text."""
        if not self.few or blob not in self._bytes:
            return self.document(blob, reading).body
        return body_of(self._bytes[blob])

    def read(self, blob: str) -> bytes:
        """The bytes of a blob."""
        if blob not in self._bytes:
            self._bytes.update(self.repository.blobs([blob]))
        return self._bytes[blob]

    def sha256(self, blob: str) -> str:
        """SHA-256 of a blob as the content digest counts it."""
        if blob not in self._sha256:
            self._sha256[blob] = sha256(self.read(blob))
        return self._sha256[blob]

    def content(self, blob: str | None, method: str | None = None, reading: Reading | None = None) -> str | None:
        """The digest of what the document of a blob says, without what it shows; None without a blob."""
        if blob is None:
            return None
        key = (blob, method or newest_method(), reading or self.reading)
        if key not in self._contents:
            self._contents[key] = self.document(blob, reading).digest(key[1], [])
        return self._contents[key]

    def document(self, blob: str, reading: Reading | None = None) -> DocumentFile:
        """The document that a blob holds; parsed anew only by a policy that names the keys otherwise."""
        if reading is not None and reading.fields != self.reading.fields:
            if (blob, reading) not in self._otherwise:
                self._otherwise[blob, reading] = self._parsed(blob, reading)
            return self._otherwise[blob, reading]
        if blob not in self._documents:
            self._documents[blob] = self._parsed(blob, self.reading)
        return self._documents[blob]

    def _parsed(self, blob: str, reading: Reading) -> DocumentFile:
        found = read_document(self.read(blob), reading)
        found.slug = self.slug
        if blob not in self._working:  # git can give it again; ten thousand texts would be kept twice
            self._bytes.pop(blob, None)
            found.source, found.blob = self, blob
        return found.read_whole(self._blocks) if self.sealing or (self.few and self._blocks) else found

    @contextmanager
    def reading_many(self) -> Iterator[None]:
        """Many texts are read that have much in common: what that is, is read once."""
        self._blocks = front_blocks()
        yield
        self._blocks = None

    def expect(self, blobs: Iterable[str]) -> None:
        """Read what `text_of` will soon be asked for, at once; what it was not asked for in between is let go."""
        self._expected = dict(self.repository.blobs(dict.fromkeys(blobs)))

    def text_of(self, blob: str) -> str:
        """The text that a blob holds, as it counts; read anew."""
        data = self._expected.pop(blob, None)
        return decode(dict(self.repository.blobs([blob]))[blob] if data is None else data)[0]
