"""Attacks on git itself, on merges, and on the policy; and the merges that are nobody's fault."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.attacks.scene import DOC, ID, NOREPLY, Scene, attack, scene, twin

METHODS = ("merge", "queue", "squash", "gitlab", "rebase", "ff")

# --- what git can be told to hide


@attack("EMS333")
def test_bad_commit_replaced(s: Scene) -> None:
    bad = s.edit().commit()
    s.edit("Never close", "Close").commit()
    good = s.git("commit-tree", "HEAD~2^{tree}", "-p", "HEAD~2", "-m", "Step")
    s.git("replace", bad, good)
    assert "Never" not in s.git("show", f"{bad}:{DOC}"), "git itself is fooled"


@twin(test_bad_commit_replaced)
def test_innocent_commit_replaced(s: Scene) -> None:
    commit = s.write("docs/index.md", "# Home\n").commit()
    s.git("replace", commit, s.git("commit-tree", "HEAD^{tree}", "-p", "HEAD~1", "-m", "In better words"))


@attack("EMS333")
def test_bad_text_replaced(s: Scene) -> None:
    good = s.git("rev-parse", f"HEAD:{DOC}")
    s.edit().commit()
    s.git("replace", s.git("rev-parse", f"HEAD:{DOC}"), good)
    assert "Never" not in s.git("show", f"HEAD:{DOC}"), "git itself is fooled"


@twin(test_bad_text_replaced)
def test_text_replaced_by_itself_with_other_line_ends(s: Scene) -> None:
    s.write("spare.md", s.read(DOC).replace("\n", "\r\n"))
    s.git("replace", s.git("rev-parse", f"HEAD:{DOC}"), s.git("hash-object", "-w", "spare.md"))
    (s.root / "spare.md").unlink()


@attack("EMS333")
def test_bad_commit_grafted_away(s: Scene) -> None:
    bad = s.edit().commit()
    head = s.edit("Never close", "Close").commit()
    s.write(".git/info/grafts", f"{head} {s.git('rev-parse', 'HEAD~2')}\n")
    assert bad not in s.git("rev-list", "HEAD"), "git itself is fooled"


@twin(test_bad_commit_grafted_away)
def test_graft_that_says_what_is_there(s: Scene) -> None:
    s.write(".git/info/grafts", f"{s.head} {s.git('rev-parse', 'HEAD~1')}\n")


def forge_commit_graph(s: Scene, commit: str, parent: str) -> None:
    """Make .git's commit-graph say that a commit has another parent."""
    s.git("commit-graph", "write", "--reachable")
    path = s.root / ".git/objects/info/commit-graph"
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    chunks = {
        bytes(data[8 + 12 * n : 12 + 12 * n]): int.from_bytes(data[12 + 12 * n : 20 + 12 * n]) for n in range(data[6])
    }
    names = data[chunks[b"OIDL"] : chunks[b"CDAT"]]
    order = [names[n : n + 20].hex() for n in range(0, len(names), 20)]
    place = chunks[b"CDAT"] + 36 * order.index(commit) + 20
    data[place : place + 4] = order.index(parent).to_bytes(4)
    data[-20:] = hashlib.sha1(data[:-20], usedforsecurity=False).digest()
    path.write_bytes(data)


@attack("EMS333")
def test_forged_commit_graph(s: Scene) -> None:
    bad = s.edit().commit()
    head = s.edit("Never close", "Close").commit()
    forge_commit_graph(s, head, s.git("rev-parse", "HEAD~2"))
    assert bad not in s.git("rev-list", "HEAD"), "git itself is fooled"


@twin(test_forged_commit_graph)
def test_commit_graph(s: Scene) -> None:
    s.write("docs/index.md", "# Home\n").commit()
    s.git("commit-graph", "write", "--reachable")


@attack("EMS333")
def test_edit_that_no_diff_shows(s: Scene) -> None:
    s.write(".gitattributes", "approvals/** -text\ndocs/** -diff linguist-generated\n").commit()
    s.settled().edit().commit()
    assert "Never" not in s.git("show", "HEAD"), "git itself is fooled"


@twin(test_edit_that_no_diff_shows)
def test_attributes_of_other_files(s: Scene) -> None:
    s.write(".gitattributes", "approvals/** -text\n*.png -diff\n").commit()


@attack("EMS333")
def test_edit_hidden_by_a_filter(s: Scene) -> None:
    s.write(".gitattributes", "approvals/** -text\ndocs/** filter=hide\n").edit().commit()
    s.git("config", "filter.hide.smudge", "sed s/Never.close/Close/")


@twin(test_edit_hidden_by_a_filter)
def test_filter_that_only_dresses_a_checkout(s: Scene) -> None:
    s.write(".git/info/attributes", "docs/index.md filter=dress\n")
    s.git("config", "filter.dress.smudge", "tr a-z A-Z")
    s.git("config", "filter.dress.clean", "tr A-Z a-z")


def cloned(s: Scene, *options: str) -> None:
    s.git("config", "uploadpack.allowFilter", "true")
    s.git("clone", "-q", *options, f"file://{s.root}", str(s.root.with_name("clone")))
    s.root = s.root.with_name("clone")


@attack("EMS701", shown=False)
def test_shallow_clone(s: Scene) -> None:
    cloned(s, "--depth=1")


@twin(test_shallow_clone)
def test_whole_clone(s: Scene) -> None:
    cloned(s)


@attack("EMS701", shown=False)
def test_partial_clone(s: Scene) -> None:
    cloned(s, "--filter=blob:none")


@twin(test_partial_clone)
def test_clone_of_one_branch(s: Scene) -> None:
    cloned(s, "--single-branch")


# --- main rewritten


@attack("EMS701")
def test_force_push(s: Scene) -> None:
    s.branch("pushed").revise().commit()
    s.asked = ["--anchor", s.approve() and s.head]
    s.checkout().git("branch", "-q", "-D", "pushed")


@twin(test_force_push, 2)
def test_anchor_that_is_still_there(s: Scene) -> None:
    s.asked = ["--anchor", s.head]
    s.revise().commit()
    s.approve()


@attack("EMS701")
def test_foxtrot_merge(s: Scene) -> None:
    """What was main becomes the second parent: main's line is another."""
    start = s.head
    s.asked = ["--anchor", s.write("docs/index.md", "# Home\n").commit()]
    s.branch("fox", start).write("docs/shared/fox.md", "Fox.\n").commit()
    s.git("merge", "-q", "--no-ff", "-m", "Merge", "main")
    s.git("branch", "-f", "main", "fox")
    s.checkout()


@twin(test_foxtrot_merge)
def test_merge_with_main_first(s: Scene) -> None:
    start = s.head
    s.asked = ["--anchor", s.write("docs/index.md", "# Home\n").commit()]
    s.branch("change", start).write("docs/shared/fox.md", "Fox.\n").commit()
    s.merge()


@attack("EMS820", shown=False)
def test_history_made_anew_by_an_administrator(s: Scene) -> None:
    s.asked = ["--root-fingerprint", s.verify().json["root"]]
    s.git("checkout", "-q", "--orphan", "forged")
    for path in [*(s.root / "approvals").rglob("*.json*")]:
        path.unlink()
    s.replace("ems.yml", "organisation: Sample Works", "organisation: Sample  Works").edit().commit()
    s.approve("policy")
    s.approve()


@twin(test_history_made_anew_by_an_administrator)
def test_fingerprint_of_the_root(s: Scene) -> None:
    s.asked = ["--root-fingerprint", s.verify().json["root"]]


# --- merges


@attack("EMS333")
def test_evil_merge(s: Scene) -> None:
    """A merge of an unrelated branch changes what nobody's commit changed."""
    s.branch().write("docs/index.md", "# Home\n").commit()
    s.checkout().git("merge", "-q", "--no-ff", "--no-commit", "change")
    s.edit().commit()


@twin(test_evil_merge)
def test_unrelated_merge(s: Scene) -> None:
    s.branch().write("docs/index.md", "# Home\n").commit()
    s.checkout().write("docs/shared/other.md", "Other.\n").commit()
    s.merge()


@attack("EMS333")
def test_two_requests_on_one_document_merge_cleanly(s: Scene) -> None:
    """Both say revision 2, in the same words; git puts their texts together without a word."""
    start, day = s.head, s.day
    s.revise().commit()
    s.approve()
    s.settled().branch("change", start)
    s.day = day
    s.revise(2, "Nobody else touches it", "Everybody may touch it").edit("tanker", "tanker").commit()
    s.approve(by="c.deputy")
    s.merge()


@twin(test_two_requests_on_one_document_merge_cleanly, 3)
def test_two_requests_on_one_document_one_after_the_other(s: Scene) -> None:
    s.branch("one").revise().commit()
    s.approve()
    s.merge(name="one")
    s.branch("two").revise(3, "Nobody else", "Nobody").commit()
    s.approve(by="c.deputy")
    s.merge(name="two")


@attack("EMS333")
def test_merge_that_takes_the_old_side(s: Scene) -> None:
    """A merge with strategy "theirs" brings an old text back."""
    start = s.head
    s.revise().commit()
    s.approve()
    s.settled().branch("change", start).write("docs/index.md", "# Home\n").commit()
    s.checkout().git("merge", "-q", "--no-ff", "--no-commit", "change")
    s.git("checkout", "-q", start, "--", DOC)
    s.commit()


@twin(test_merge_that_takes_the_old_side, 2)
def test_old_branch_merged_late(s: Scene) -> None:
    start = s.head
    s.revise().commit()
    s.approve()
    s.branch("change", start).write("docs/index.md", "# Home\n").commit()
    s.merge()


@twin(test_evil_merge, idle=1)
def test_merge_changed_a_text_that_was_signed_in_its_branch(s: Scene) -> None:
    """The record is idle: its text never stood on main, what stands there waits for approval."""
    s.branch().revise().commit()
    s.approve()
    s.checkout().git("merge", "-q", "--no-ff", "--no-commit", "change")
    s.edit("Close valve V-3", "Close valves V-3 and V-4").commit()


@attack("EMS328")
def test_approver_resolved_a_conflict(s: Scene) -> None:
    s.branch().revise().commit()
    s.checkout().write("docs/index.md", "# Home\n").commit()
    s.checkout("change").git("merge", "-q", "--no-ff", "--no-commit", "main", author="b.boss")
    s.edit("Close valve V-3", "Close valve V-4").commit("b.boss")
    s.approve()
    s.merge()


@pytest.mark.parametrize("presser", ["a.author", "b.boss"])
@pytest.mark.parametrize("how", METHODS)
def test_signed_in_the_request_then_merged(tmp_path: Path, how: str, presser: str) -> None:
    """Text and record land together, by any button, whoever presses it."""
    s = scene(tmp_path).branch().revise()
    s.commit()
    s.approve()
    s.merge(how, by=presser)
    assert (s.verify().json["breaks"], s.in_force()[ID][0]) == ([], 2)


@pytest.mark.parametrize(
    ("how", "presser"),
    [(how, "a.author") for how in METHODS] + [(how, "b.boss") for how in ("merge", "queue", "squash", "ff")],
)
def test_merged_then_signed(tmp_path: Path, how: str, presser: str) -> None:
    """The text lands, another request brings the record; in between somebody else's work is merged.

    Not by an approver who pressed "rebase" before deciding: that made them the committer of the text; a deputy signs.
    """
    s = scene(tmp_path).branch().revise()
    s.commit()
    s.approve(action="periodic-review", by="a.author", role="lead")
    s.merge(how, by=presser)
    s.write("docs/index.md", "# Home\n").commit()
    s.branch("record").approve()
    s.merge(how, by=presser, name="record")
    assert (s.verify().json["breaks"], s.in_force()[ID][0]) == ([], 2)


@twin(test_approver_resolved_a_conflict, 2)
def test_update_branch_pressed_by_the_approver(s: Scene) -> None:
    s.branch().revise().commit()
    s.checkout().write("docs/index.md", "# Home\n").commit()
    s.checkout("change").git("merge", "-q", "--no-ff", "-m", "Update", "main", author="b.boss", committer=NOREPLY)
    s.approve()
    s.merge("queue", by="b.boss")


@twin(test_approver_resolved_a_conflict, 2)
def test_rebased_by_the_approver_after_signing(s: Scene) -> None:
    s.branch().revise().commit()
    s.approve()
    s.checkout().write("docs/index.md", "# Home\n").commit()
    s.checkout("change").git("rebase", "-q", "main", author="b.boss")
    s.merge("ff")


@twin(test_two_requests_on_one_document_merge_cleanly, 2)
def test_cherry_picked(s: Scene) -> None:
    s.branch().revise().commit()
    s.approve()
    s.checkout().git("cherry-pick", "change~1", "change", author="c.deputy")


@twin(test_two_requests_on_one_document_merge_cleanly, 2, _002=1)
def test_two_documents_in_a_merge_queue(s: Scene) -> None:
    s.branch("one").revise().commit()
    s.approve()
    s.branch("two", "main").draft("EMS-PRO-002").commit()
    s.approve("EMS-PRO-002", by="c.deputy")
    s.merge("queue", name="one")
    s.merge("queue", name="two")


@twin(test_two_requests_on_one_document_merge_cleanly, 2, idle=1)
def test_record_of_an_abandoned_draft(s: Scene) -> None:
    s.branch("abandoned").revise(2, "tanker", "barge").commit()
    s.approve(by="c.deputy")
    s.checkout().git("checkout", "-q", "abandoned", "--", "approvals")
    s.revise().commit()
    s.approve()


# --- the policy


@attack("EMS821")
def test_policy_edited(s: Scene) -> None:
    s.replace("ems.yml", "level: signed", "level: declared").revise()
    s.keys(approved_by="[a.author]", approved_on=str(s.day)).commit()


@twin(test_policy_edited)
def test_policy_edited_and_approved(s: Scene) -> None:
    s.replace("ems.yml", "review_months: 24", "review_months: 12").commit()
    s.approve("policy")


@attack("EMS821")
def test_people_edited(s: Scene) -> None:
    s.people(lambda people: people["a.author"]["roles"].append({"role": "manager", "from": "2020-01-01"})).commit()


@twin(test_people_edited)
def test_policy_with_windows_line_ends(s: Scene) -> None:
    for name in ("ems.yml", "people.yml"):
        s.write(name, s.read(name).replace("\n", "\r\n"))
    s.commit()


@attack("EMS327", "EMS821")
def test_policy_approved_by_an_author(s: Scene) -> None:
    s.people(lambda people: people["a.author"]["roles"].append({"role": "manager", "from": "2020-01-01"})).commit()
    s.approve("policy", by="a.author", role="manager")
    s.revise().commit("c.deputy")


@twin(test_policy_approved_by_an_author)
def test_policy_approved_by_a_deputy(s: Scene) -> None:
    s.people(lambda people: people["a.author"].update(name="Alex Author")).commit()
    s.approve("policy", by="c.deputy")


@attack("EMS322", "EMS327", "EMS821")
def test_second_trust_root(s: Scene) -> None:
    """The policy's record is taken away, and a first one is signed again for another policy."""
    for path in (s.root / "approvals/policy").iterdir():
        path.unlink()
    s.replace("ems.yml", "level: signed", "level: declared").commit()
    s.approve("policy", by="a.author", role="lead")


@twin(test_second_trust_root)
def test_second_policy(s: Scene) -> None:
    s.replace("ems.yml", "review_months: 24", "review_months: 12")
    s.commit()
    s.approve("policy")


@twin(test_people_edited)
def test_policy_edited_in_the_working_tree_only(s: Scene) -> None:
    """What is not committed is nobody's break; `ems check` says it."""
    s.replace("ems.yml", "level: signed", "level: declared")
    assert s.verify().json["breaks"] == []
    assert "EMS821" in [one["rule"] for one in s.check().json["findings"]]
    s.git("checkout", "-q", "--", "ems.yml")


@attack("EMS821")
def test_docs_moved_to_another_folder_by_the_policy(s: Scene) -> None:
    s.write("ems.yml", s.read("ems.yml") + "docs_dir: pages\n")
    s.write("pages/index.md", "# Nothing here\n").commit()


@twin(test_docs_moved_to_another_folder_by_the_policy)
def test_folder_beside_the_handbook(s: Scene) -> None:
    s.write("pages/index.md", "# Not the handbook\n").commit()
