"""What `ems doctor` says of versions: the pinned one, and a newer one where it is asked at an index on loopback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.forges.serving import Answer, Asked, serving
from tests.running import Outcome, ems


def doctor(root: Path, *options: str) -> Outcome:
    """Run it as JSON."""
    return ems(root, "doctor", "--format", "json", *options, day=None)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demonstration handbook."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    assert ems(folder.parent, "demo", str(folder), "--documents", "2", day=None).status == 0
    return folder


def versions(*names: str) -> Callable[[Asked], Answer]:
    """A package index that has these versions, the first only as a file."""
    files = [{"filename": f"ems_control-{name}-py3-none-any.whl"} for name in names[:1]]
    return lambda _: Answer({"name": "ems-control", "versions": list(names[1:]), "files": files})


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (versions("0.0.9", "0.1.0"), "good", "0.1.0 is the newest"),
        (versions("0.9.0", "0.10.0", "1.0rc1", "0.2"), "look", "0.10.0 is there; 0.1.0 runs here"),
        (versions("12.0.0"), "look", "12.0.0 is there"),
        (lambda _: Answer({"versions": "x"}), "look", "nobody can say: the package index names no released version"),
        (lambda _: Answer(raw=b"<html>"), "look", "nobody can say"),
        (lambda _: Answer(status=404), "look", "nobody can say"),
    ],
)
def test_a_newer_version_is_named_where_it_is_asked(
    demo: Path, monkeypatch: pytest.MonkeyPatch, answer: Callable[[Asked], Answer], state: str, words: str
) -> None:
    with serving(answer) as server:
        monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple")
        outcome = doctor(demo, "--newer")
        assert [one.path for one in server.asked] == ["/simple/ems-control/"]
        doctor(demo)
        assert len(server.asked) == 1  # otherwise nobody is asked
    [line] = [one for one in outcome.json["lines"] if one["what"] == "newer version"]
    assert (outcome.status, line["state"], words in line["words"]) == (0, state, True), line


@pytest.mark.parametrize("index", ["http://127.0.0.1:9/simple", "https://user:secret@127.0.0.1:9/simple", "nowhere"])
def test_without_a_network_the_rest_is_said(demo: Path, monkeypatch: pytest.MonkeyPatch, index: str) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", index)
    outcome = doctor(demo, "--newer")
    [line] = [one for one in outcome.json["lines"] if one["what"] == "newer version"]
    assert (outcome.status, line["words"].startswith("nobody can say")) == (0, True)
    assert "secret" not in outcome.out


@pytest.mark.parametrize(
    ("text", "state", "words"),
    [
        ("ems-control==0.1.0 \\\n    --hash=sha256:00\nclick==8 --hash=sha256:11\n", "good", "by its hash"),
        ("ems-control==0.1.0\nclick==8 --hash=sha256:11\n", "look", "does not give the hash"),
        ("ems_control==0.0.9 --hash=sha256:00\n", "look", "pins version 0.0.9; 0.1.0 runs here"),
        ("click==8\n", None, ""),
    ],
)
def test_the_pinned_version_is_compared(demo: Path, text: str, state: str | None, words: str) -> None:
    path = demo / "requirements.txt"
    path.write_text(text)
    found = [one for one in doctor(demo).json["lines"] if one["what"] == "requirements.txt"]
    path.unlink()
    assert [(one["state"], words in one["words"]) for one in found] == ([(state, True)] if state else [])
