"""The records of decisions as files of the working tree: written both or neither, and what lies there already."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ems_control.ground.errors import EmsError
from ems_control.ground.files import write_together
from ems_control.ground.formats.records import FOLDER, Record, RecordError, name_of, read_record
from ems_control.handbook.handbook import Handbook


@dataclass(frozen=True)
class Decided:
    """A signed record ready to be written: its path from the folder of ems.yml, its bytes, its signature."""

    record: Record
    data: bytes
    signature: bytes
    contributors: tuple[str, ...]

    def write(self, root: Path) -> Path:
        """Write record and signature, both or neither; returns the path of the record. Raises EmsError."""
        path = root / self.record.path
        seal = path.with_name(path.name + ".sig")
        if path.exists() or seal.exists():
            raise EmsError(f"{self.record.path} is there already; wait a second and try again.")
        if path.parent.is_symlink() or (root / FOLDER).is_symlink():
            raise EmsError(f"{FOLDER}/ must be a folder, not a link.")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_together({seal: self.signature, path: self.data})
        return path


def sweep(handbook: Handbook, document_id: str) -> None:
    """Take away what a run that was broken off left: a signature without its record that git does not keep."""
    place = f"{FOLDER}/{document_id}"
    folder, head = handbook.committed_config.root / place, handbook.repository.head
    if head is None or not folder.is_dir() or folder.is_symlink():
        return
    kept = handbook.repository.files_at(head, handbook.repository.prefix + place)
    for seal in folder.glob("*.json.sig"):
        if not seal.with_suffix("").exists() and f"{handbook.repository.prefix}{place}/{seal.name}" not in kept:
            seal.unlink()


def lying(handbook: Handbook, document_id: str) -> dict[str, bytes]:
    """The records of a document that lie in the working tree and have not landed, by path; raises EmsError."""
    landed = {entry.path for entry in handbook.records.ledger.of(document_id)}
    folder = handbook.committed_config.root / FOLDER / document_id
    found = {}
    for path in sorted(folder.glob("*.json")) if folder.is_dir() and not folder.is_symlink() else ():
        name = f"{FOLDER}/{document_id}/{path.name}"
        if name in landed:
            continue
        found[name] = path.read_bytes()
        try:
            read_record(found[name])
        except RecordError as error:
            raise EmsError(f"{name}: {error}. Take it away first.") from None
    return found


def open_ends(handbook: Handbook, document_id: str) -> tuple[str, ...]:
    """The records of a document, landed or lying in the working tree, that no other record names yet."""
    found = {entry.name: entry.record for entry in handbook.records.ledger.of(document_id) if entry.record}
    found |= {name_of(data): read_record(data) for data in lying(handbook, document_id).values()}
    named = {name for record in found.values() for name in record.prev}
    return tuple(sorted(set(found) - named))


def signature_of(handbook: Handbook, path: str) -> bytes | None:
    """The signature that lies beside a record (its path from the folder of ems.yml); None where there is none."""
    seal = handbook.committed_config.root / f"{path}.sig"
    return seal.read_bytes() if seal.is_file() else None
