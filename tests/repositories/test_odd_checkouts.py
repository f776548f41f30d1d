"""A working tree that is clean for git is clean for `ems check`, or a finding says why not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.attacks.scene import DOC, ID, IMAGE, Scene, scene
from tests.examples import git
from tests.running import ems

Found = list[tuple[str, str]]
POINTER = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\nsize 6\\n"
)


def errors(s: Scene) -> Found:
    """Rule and path of each error of `ems check` on the working tree."""
    outcome = s.check()
    assert outcome.status in (0, 1), outcome.err
    return [(one["rule"], one["path"]) for one in outcome.json["findings"] if one["severity"] == "error"]


@pytest.mark.parametrize("what", ["docs/shared", "docs/nowhere", "approvals"])
@pytest.mark.parametrize(
    "more", [[], ["--no-cone", "/*.yml"], ["--sparse-index"]], ids=["cone", "no-cone", "sparse-index"]
)
def test_sparse_checkout_deletes_nothing(tmp_path: Path, what: str, more: list[str]) -> None:
    s = scene(tmp_path).settled()
    s.git("status")  # the scene is a copy: git looks at its files anew
    s.git("sparse-checkout", "set", *more, what)
    assert not s.git("status", "--porcelain")
    assert not (s.root / DOC).exists()
    assert errors(s) == []
    s.untouched()


def test_file_deleted_beside_a_sparse_checkout_is_gone(tmp_path: Path) -> None:
    """The twin: what is in the checkout and was deleted is told."""
    s = scene(tmp_path)
    s.git("status")
    s.git("sparse-checkout", "set", "docs/procedures")
    (s.root / DOC).unlink()
    assert ("EMS704", DOC) in errors(s)


@pytest.mark.parametrize("committed", [True, False])
def test_docs_is_a_link(tmp_path: Path, committed: bool) -> None:
    s = scene(tmp_path)
    (s.root / "docs").rename(s.root / "documentation")
    (s.root / "docs").symlink_to("documentation")
    if committed:
        s.commit()
    findings = s.check().json["findings"]
    assert [(one["rule"], one["path"]) for one in findings if one["rule"] in ("EMS704", "EMS705")] == [
        ("EMS705", "docs")
    ]
    assert "links are not followed" in next(one["message"] for one in findings if one["rule"] == "EMS705")


def test_submodule_that_was_not_fetched(tmp_path: Path) -> None:
    """The folder is there and empty; git calls that clean."""
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q", "-b", "main")
    git(other, "commit", "-q", "--allow-empty", "-m", "Step")
    s = scene(tmp_path)
    s.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "docs/shared/other")
    s.commit()
    assert errors(s) == [("EMS705", "docs/shared/other")]
    shutil.rmtree(s.root / "docs/shared/other")
    (s.root / "docs/shared/other").mkdir()
    assert errors(s) == [("EMS705", "docs/shared/other")]


def test_picture_under_lfs_is_named_where_its_author_works(tmp_path: Path) -> None:
    """Two shell filters stand in for git-lfs: the real bytes lie in the working tree, a placeholder is committed."""
    s = scene(tmp_path)
    s.git("config", "filter.lfs.clean", f"cat >/dev/null; printf '{POINTER}'")
    s.git("config", "filter.lfs.smudge", "cat >/dev/null; printf 'hello\n'")
    s.write(".gitattributes", "*.jpg filter=lfs -text\napprovals/** -text\n").commit()
    s.write("docs/procedures/img/yard.jpg", "hello\n")
    s.revise(new="lorry ![Yard](img/yard.jpg)").commit()
    assert not s.git("status", "--porcelain")
    assert errors(s) == [("EMS705", "docs/procedures/img/yard.jpg")]


def test_filter_that_changes_nothing_that_counts(tmp_path: Path) -> None:
    """The twin: line ends and another encoding in the checkout; what is committed is as approved."""
    s = scene(tmp_path).settled()
    s.write(".git/info/attributes", "*.md text eol=crlf working-tree-encoding=UTF-16LE-BOM\n")
    s.git("rm", "-q", "--cached", "-r", ".")
    s.git("reset", "-q", "--hard")
    assert (s.root / DOC).read_bytes().startswith(b"\xff\xfe")
    assert not s.git("status", "--porcelain")
    assert errors(s) == []
    s.untouched()


def test_edit_behind_a_filter_is_seen(tmp_path: Path) -> None:
    """What was changed after the checkout is read from the disk, whatever git's index says."""
    s = scene(tmp_path)
    s.edit()
    assert ("EMS333", DOC) in errors(s) or ("EMS203", DOC) in errors(s)


@pytest.mark.parametrize("value", ["hasconfig:remote.*.url:https://example.org/**", "gitdir:~/work/", "onbranch:main"])
def test_configuration_that_includes_more(tmp_path: Path, value: str) -> None:
    s = scene(tmp_path).settled()
    with (s.root / ".git/config").open("a") as file:
        file.write(f'[includeIf "{value}"]\n\tpath = more\n')
    for command in (["check"], ["verify"], ["register"]):
        outcome = ems(s.root, *command)
        assert (outcome.status, outcome.err) == (0, "")
    s.untouched()


def test_image_is_still_the_one_committed(tmp_path: Path) -> None:
    s = scene(tmp_path)
    s.write(IMAGE, "other")
    assert any(path in (DOC, IMAGE) for _, path in errors(s)), ID
