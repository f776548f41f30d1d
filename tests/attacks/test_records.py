"""Attacks on records, signatures, keys and dates, and on who may decide."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.attacks.scene import DOC, ID, NOREPLY, RECORD, Scene, attack, key_of, moment, twin

REVIEW = {
    "kind": "github-review",
    "contributors": [],
    "forge": "https://github.com",
    "repository": "works/handbook",
    "pull": 7,
    "review": "4711",
    "account": {"id": "102", "login": "boss"},
}
"""What a recorder copies; the commit that was reviewed is added."""


def name_of(record: Path) -> str:
    """How other records name this one."""
    return "sha256:" + hashlib.sha256(record.read_bytes()).hexdigest()


def resigned(s: Scene, by: str = "b.boss", namespace: str = "ems-approval", key: str = "", **changes: Any) -> str:
    """A record for what stands, made by hand and signed anew; returns its path."""
    path = s.sign(by=by, **changes)
    path.with_name(path.name + ".sig").write_bytes(key_of(key or by).sign(path.read_bytes(), namespace))
    return path.relative_to(s.root).as_posix()


# --- records changed, removed, moved, made up


@attack("EMS322")
def test_record_edited(s: Scene) -> None:
    s.replace(RECORD, '"I approve it."', '"I approve it!"').commit()


@twin(test_record_edited)
def test_record_with_windows_line_ends_in_a_checkout(s: Scene) -> None:
    s.git("config", "core.autocrlf", "true")
    s.git("rm", "-q", "--cached", "-r", ".")
    s.git("reset", "-q", "--hard")
    assert "\r\n" in s.read(DOC)
    assert "\r\n" not in s.read(RECORD)


@attack("EMS322")
def test_signature_edited(s: Scene) -> None:
    signature = s.read(RECORD + ".sig")
    s.write(RECORD + ".sig", signature.replace(signature[60], "A" if signature[60] != "A" else "B", 1)).commit()


@twin(test_signature_edited)
def test_record_edited_put_back_and_forgiven(s: Scene) -> None:
    was = s.read(RECORD)
    bad = s.write(RECORD, "{}").commit()
    s.write(RECORD, was).commit()
    s.approve(action="correct", corrects=bad)


@attack("EMS322")
def test_record_deleted(s: Scene) -> None:
    s.git("rm", "-q", RECORD, RECORD + ".sig")
    s.commit()


@twin(test_record_deleted)
def test_other_file_in_the_folder_of_records_deleted(s: Scene) -> None:
    s.write(f"approvals/{ID}/minutes.txt", "7 January").commit()
    s.git("rm", "-q", f"approvals/{ID}/minutes.txt")
    s.commit()


@attack("EMS321", "EMS322")
def test_record_renamed(s: Scene) -> None:
    for tail in ("", ".sig"):
        s.git("mv", RECORD + tail, RECORD.replace("b.boss", "c.deputy") + tail)
    s.commit()


@twin(test_record_renamed, _002=1)
def test_documents_file_renamed_while_its_record_stays(s: Scene) -> None:
    s.draft("EMS-PRO-002").commit()
    s.approve("EMS-PRO-002")
    s.git("mv", "docs/procedures/EMS-PRO-002.md", "docs/procedures/noise.md")
    s.commit()


@attack("EMS321")
def test_record_replayed_for_another_document(s: Scene) -> None:
    s.draft("EMS-PRO-002")
    for tail in ("", ".sig"):
        s.write(RECORD.replace(ID, "EMS-PRO-002") + tail, s.read(RECORD + tail))
    s.commit()


@attack("EMS321")
def test_record_of_the_policy_replayed_for_a_document(s: Scene) -> None:
    root = "r001-20260106T090000Z-b.boss-approve.json"
    for tail in ("", ".sig"):
        s.write(f"approvals/{ID}/{root}{tail}", s.read(f"approvals/policy/{root}{tail}"))
    s.commit()


@attack("EMS820")
def test_withdrawal_of_the_policy(s: Scene) -> None:
    s.approve("policy", action="withdraw")


@twin(test_withdrawal_of_the_policy)
def test_rejection_of_the_policy(s: Scene) -> None:
    s.approve("policy", action="reject")


@twin(test_record_of_the_policy_replayed_for_a_document)
def test_another_record_of_the_policy(s: Scene) -> None:
    s.policy(lambda people: people["a.author"].update(name="Alex Author"))


@twin(test_record_replayed_for_another_document, _002=1)
def test_record_of_its_own_for_another_document(s: Scene) -> None:
    s.draft("EMS-PRO-002").commit()
    s.approve("EMS-PRO-002")


@attack("EMS321")
def test_record_replayed_for_another_revision(s: Scene) -> None:
    s.revise().commit()
    for tail in ("", ".sig"):
        s.write(RECORD.replace("r001", "r002") + tail, s.read(RECORD + tail))
    s.commit()


@twin(test_record_replayed_for_another_revision, 2)
def test_record_of_the_next_revision(s: Scene) -> None:
    s.revise().commit()
    s.approve()


@attack("EMS326")
def test_record_copied_with_other_words(s: Scene) -> None:
    s.draft("EMS-PRO-002").commit()
    path = s.sign("EMS-PRO-002")
    signature = path.with_name(path.name + ".sig").read_bytes()
    s.write(path.relative_to(s.root).as_posix(), path.read_text().replace("I approve it.", "I approve all of it."))
    path.with_name(path.name + ".sig").write_bytes(signature)
    s.commit()


@twin(test_record_copied_with_other_words, _002=1)
def test_record_landed_twice_under_one_path(s: Scene) -> None:
    s.draft("EMS-PRO-002").commit()
    path = s.approve("EMS-PRO-002")
    s.write(path.relative_to(s.root).as_posix(), path.read_bytes()).commit()


@attack("EMS331")
def test_record_says_another_revision(s: Scene) -> None:
    s.revise().commit()
    s.approve(revision=1, at=moment(s.day))


@twin(test_record_says_another_revision, 2)
def test_record_says_its_revision(s: Scene) -> None:
    s.revise().commit()
    s.approve(revision=2)


@attack("EMS326")
def test_record_without_a_signature(s: Scene) -> None:
    s.revise().commit()
    path = s.sign()
    path.with_name(path.name + ".sig").unlink()
    s.commit()


@twin(test_record_without_a_signature)
def test_no_record_at_all(s: Scene) -> None:
    s.revise().commit()


@attack("EMS326")
def test_signature_that_comes_after_its_record(s: Scene) -> None:
    s.revise().commit()
    path = s.sign()
    seal = path.with_name(path.name + ".sig")
    data = seal.read_bytes()
    seal.unlink()
    s.commit()
    seal.write_bytes(data)
    s.commit()


@twin(test_signature_that_comes_after_its_record, 2)
def test_broken_record_corrected_and_signed_again(s: Scene) -> None:
    s.revise().commit()
    path = s.sign()
    path.with_name(path.name + ".sig").unlink()
    s.commit()
    name = name_of(path)
    s.approve(action="correct", corrects=name)
    s.approve()


@attack("EMS320")
def test_record_with_a_key_twice(s: Scene) -> None:
    s.revise().commit()
    path = s.sign()
    path.write_text(path.read_text().replace('"action": "approve",', '"action": "reject", "action": "approve",'))
    path.with_name(path.name + ".sig").write_bytes(key_of("b.boss").sign(path.read_bytes()))
    s.commit()


@twin(test_record_with_a_key_twice, 2)
def test_record_in_another_layout(s: Scene) -> None:
    s.revise().commit()
    path = s.sign()
    path.write_text(json.dumps(json.loads(path.read_text()), sort_keys=True))
    path.with_name(path.name + ".sig").write_bytes(key_of("b.boss").sign(path.read_bytes()))
    s.commit("b.boss")


@attack("EMS324")
def test_records_reordered(s: Scene) -> None:
    """The record that names another was decided before it."""
    s.revise().commit()
    later = s.sign(by="c.deputy", action="reject", at=moment(s.day, 9, 30))
    name = name_of(later)
    resigned(s, prev=[name], at=moment(s.day - timedelta(days=1)))
    s.commit("b.boss")


@twin(test_records_reordered, 2)
def test_two_people_sign_in_parallel(s: Scene) -> None:
    s.revise().commit()
    for person in ("b.boss", "c.deputy"):
        s.branch(f"by-{person}", "main").approve(by=person)
    for person in ("b.boss", "c.deputy"):
        s.merge(name=f"by-{person}", by=person)


@attack("EMS324")
def test_record_lost_that_a_later_one_names(s: Scene) -> None:
    """Main is pushed again without the record of revision 2; that of revision 3 still names it."""
    s.branch("lost").revise().commit()
    lost = s.approve(by="c.deputy", action="reject")
    name = name_of(lost)
    s.checkout().git("checkout", "-q", "lost", "--", DOC)
    s.commit()
    s.approve(prev=[name])


@twin(test_record_lost_that_a_later_one_names, 2)
def test_rejected_then_approved_by_the_same_person(s: Scene) -> None:
    s.revise().commit()
    s.approve(by="c.deputy", action="reject")
    s.approve(by="b.boss")
    s.approve(by="c.deputy")


@attack("EMS330")
def test_baseline_for_a_new_document(s: Scene) -> None:
    s.draft("EMS-PRO-002").commit()
    s.approve("EMS-PRO-002", action="baseline")


@twin(test_baseline_for_a_new_document, _002=1)
def test_baseline_while_they_are_allowed(s: Scene) -> None:
    s.write("ems.yml", s.read("ems.yml") + "baseline_until: 2026-03-01\n").commit()
    s.approve("policy")
    s.draft("EMS-PRO-002").commit()
    s.approve("EMS-PRO-002", action="baseline")


@attack("EMS325")
def test_record_under_a_policy_nobody_approved(s: Scene) -> None:
    s.revise().commit()
    s.approve(policy_digest="sha256:" + "ab" * 32)


@attack("EMS325")
def test_record_under_no_policy(s: Scene) -> None:
    s.revise().commit()
    s.approve(policy_digest=None)


@twin(test_record_under_no_policy, 2)
def test_record_under_the_policy_before(s: Scene) -> None:
    was = json.loads(s.sign().read_text())["policy_digest"]
    s.git("clean", "-fdq")
    s.policy(lambda people: people["c.deputy"].update(name="Charlie Deputy"))
    s.revise().commit()
    s.approve(policy_digest=was)


@twin(test_record_under_a_policy_nobody_approved, 2)
def test_policy_changed_while_a_request_is_open(s: Scene) -> None:
    s.branch().revise().commit()
    s.approve()
    s.checkout().policy(lambda people: people["c.deputy"].update(name="Charlie Deputy"))
    s.merge()


# --- signatures and keys


@attack("EMS326")
def test_another_persons_key(s: Scene) -> None:
    s.revise().commit()
    s.approve(key="a.author")


@twin(test_another_persons_key, 2)
def test_second_key_of_the_same_person(s: Scene) -> None:
    new = {"key": key_of("b.boss.at.home").public, "from": "2026-01-08"}
    s.policy(lambda people: people["b.boss"]["keys"].append(new))
    s.revise().commit()
    s.approve(key="b.boss.at.home")


@attack("EMS326")
def test_forged_with_a_key_of_nobody(s: Scene) -> None:
    s.revise().commit()
    s.approve(key="x.stranger")


@twin(test_forged_with_a_key_of_nobody, 2)
def test_deputy_approves(s: Scene) -> None:
    s.revise().commit()
    s.approve(by="c.deputy")


@attack("EMS326")
def test_signature_for_another_purpose(s: Scene) -> None:
    s.revise().commit()
    resigned(s, namespace="git")
    s.commit("b.boss")


@twin(test_signature_for_another_purpose, 2)
def test_signature_for_this_purpose(s: Scene) -> None:
    s.revise().commit()
    resigned(s)
    s.commit("b.boss")


def expire(s: Scene, **end: str) -> None:
    """b.boss's key ends, and another follows."""

    def change(people: dict[str, Any]) -> None:
        people["b.boss"]["keys"][0] |= end
        people["b.boss"]["keys"].append({"key": key_of("b.boss.new").public, "from": "2026-01-08"})

    s.policy(change, by="c.deputy")


@attack("EMS326")
def test_expired_key(s: Scene) -> None:
    expire(s, until="2026-01-09")
    s.revise().commit()
    s.approve()


@twin(test_expired_key, 2)
def test_key_that_follows_an_expired_one(s: Scene) -> None:
    expire(s, until="2026-01-09")
    s.revise().commit()
    s.approve(key="b.boss.new")


@attack("EMS326")
def test_expired_key_and_an_old_date(s: Scene) -> None:
    s.revise().commit()
    expire(s, until="2026-01-09")
    s.approve(at=moment(date(2026, 1, 9), 12))


@twin(test_expired_key_and_an_old_date, 2)
def test_key_that_ended_later(s: Scene) -> None:
    s.revise().commit()
    s.approve()
    expire(s, until="2026-01-20")


@attack("EMS326")
def test_stolen_key(s: Scene) -> None:
    s.revise().commit()
    s.approve()
    expire(s, compromised=str(s.day - timedelta(days=1)))


@attack("EMS326")
def test_stolen_key_that_the_policy_does_not_list_any_more(s: Scene) -> None:
    s.revise().commit()
    s.approve()
    expire(s, compromised="2026-01-09")
    s.policy(lambda people: people["b.boss"]["keys"].pop(0), by="c.deputy")


@twin(test_stolen_key_that_the_policy_does_not_list_any_more, 2)
def test_key_that_the_policy_does_not_list_any_more(s: Scene) -> None:
    s.revise().commit()
    s.approve()
    expire(s, until="2026-01-09")
    s.policy(lambda people: people["b.boss"]["keys"].pop(0), by="c.deputy")


@twin(test_stolen_key, 2)
def test_what_landed_before_the_theft_stays(s: Scene) -> None:
    s.revise().commit()
    s.approve()
    expire(s, compromised=str(s.day))


@attack("EMS804", by="check")
def test_one_key_under_two_people(s: Scene) -> None:
    s.policy(lambda people: people["c.deputy"].update(keys=[dict(people["b.boss"]["keys"][0])]))


@twin(test_one_key_under_two_people)
def test_two_keys_for_one_person(s: Scene) -> None:
    s.policy(lambda people: people["c.deputy"]["keys"].append({"key": key_of("c.2").public, "from": "2026-01-01"}))


@attack("EMS326")
def test_review_at_a_forge_signed_by_its_person(s: Scene) -> None:
    s.revise().commit()
    s.approve(evidence=REVIEW | {"commit": s.head})


@twin(test_review_at_a_forge_signed_by_its_person)
def test_review_at_a_forge_witnessed_where_signatures_are_asked(s: Scene) -> None:
    s.revise().commit()
    s.approve(evidence=REVIEW | {"commit": s.head}, key="r.recorder")


@attack("EMS326")
def test_recorder_signs_for_a_person(s: Scene) -> None:
    s.revise().commit()
    s.approve(key="r.recorder")


@twin(test_recorder_signs_for_a_person)
def test_witnessed_rejection(s: Scene) -> None:
    s.revise().commit()
    s.approve(action="reject", evidence=REVIEW | {"commit": s.head}, key="r.recorder")


# --- dates


@attack("EMS327")
def test_back_dated_to_when_the_role_was_held(s: Scene) -> None:
    s.day = date(2026, 2, 10)
    s.revise().commit()
    s.approve(by="e.gone", at=moment(date(2026, 1, 20)))


@twin(test_back_dated_to_when_the_role_was_held, 2)
def test_role_that_ended_later(s: Scene) -> None:
    s.revise().commit()
    s.approve(by="e.gone")
    s.day = date(2026, 2, 10)
    s.write("docs/index.md", "# Home\n").commit()


@attack("EMS327")
def test_role_that_ended_yesterday(s: Scene) -> None:
    s.day = date(2026, 1, 31)
    s.revise().commit()
    s.approve(by="e.gone")


@twin(test_role_that_ended_yesterday, 2)
def test_role_on_its_last_day(s: Scene) -> None:
    s.day = date(2026, 1, 30)
    s.revise().commit()
    s.approve(by="e.gone")


@attack("EMS323")
def test_decided_ahead(s: Scene) -> None:
    s.revise().commit()
    s.approve(at=moment(s.day + timedelta(days=30)))


@twin(test_decided_ahead, 2)
def test_clocks_that_differ(s: Scene) -> None:
    s.revise().commit()
    s.approve(at=moment(s.day, 11))


# --- who decides


@attack("EMS327")
def test_role_granted_in_the_same_change(s: Scene) -> None:
    s.revise().commit()
    s.people(lambda people: people["a.author"]["roles"].append({"role": "manager", "from": "2020-01-01"}))
    s.git("commit", "-q", "-am", "Granted", author="b.boss")
    s.sign("policy")
    s.git("reset", "-q", "--soft", "HEAD~1")
    s.sign(by="a.author", role="manager", evidence={"kind": "signature", "contributors": []})
    s.commit("c.deputy")


@twin(test_role_granted_in_the_same_change, 2)
def test_role_granted_before(s: Scene) -> None:
    s.policy(lambda people: people["r.recorder"].update(roles=[{"role": "manager", "from": "2026-01-01"}]))
    s.revise().commit()
    s.approve(by="r.recorder", role="manager")


@attack("EMS327")
def test_role_without_that_decision(s: Scene) -> None:
    s.revise().commit("b.boss")
    s.approve(by="a.author", role="lead")


@twin(test_role_without_that_decision)
def test_periodic_review_by_the_owner(s: Scene) -> None:
    s.approve(by="a.author", role="lead", action="periodic-review")


@attack("EMS328")
def test_self_approval(s: Scene) -> None:
    s.revise().commit("b.boss")
    s.approve()


@twin(test_self_approval, 2)
def test_approval_by_somebody_else(s: Scene) -> None:
    s.revise().commit("b.boss")
    s.approve(by="c.deputy")


@attack("EMS328")
def test_approval_by_a_co_author(s: Scene) -> None:
    s.revise().commit(co="b.boss")
    s.approve()


@twin(test_approval_by_a_co_author, 2)
def test_co_author_of_another_document(s: Scene) -> None:
    s.draft("EMS-PRO-002", status="draft").commit(co="b.boss")
    s.revise().commit()
    s.approve()


@attack("EMS328")
def test_approval_by_who_committed_it(s: Scene) -> None:
    s.revise().commit("a.author", committer="b.boss")
    s.approve()


@twin(test_approval_by_who_committed_it, 2)
def test_approver_carried_a_clause_before(s: Scene) -> None:
    """The later approver changed where the document is filed, which is no content."""
    s.keys(clauses='["iso-14001:2026/8.1#drains"]').commit("b.boss")
    s.revise().commit()
    s.approve()


@attack("EMS328")
def test_approval_by_who_changed_its_image(s: Scene) -> None:
    s.write("docs/procedures/img/drains.png", "better").commit("b.boss")
    s.replace(DOC, "tanker", "lorry")
    s.git("checkout", "-q", "HEAD~1", "--", "docs/procedures/img/drains.png")
    s.replace(DOC, "lorry", "tanker").commit()
    s.approve(action="correct", corrects=s.git("rev-parse", "HEAD~1"), by="c.deputy")
    s.write("docs/procedures/img/drains.png", "better still").revise().commit("b.boss")
    s.approve()


@twin(test_approval_by_who_changed_its_image, 2)
def test_approval_by_who_changed_another_image(s: Scene) -> None:
    s.write("docs/procedures/img/other.png", "x").commit("b.boss")
    s.revise().commit()
    s.approve()


@attack("EMS328")
def test_approver_renamed_by_a_mailmap(s: Scene) -> None:
    s.write(".mailmap", "A. Author <a.author@example.org> <b.boss@example.org>\n").commit()
    s.revise().commit("b.boss")
    s.approve()


@twin(test_approver_renamed_by_a_mailmap, 2)
def test_author_renamed_by_a_mailmap(s: Scene) -> None:
    s.write(".mailmap", "B. Boss <b.boss@example.org> <a.author@example.org>\n").commit()
    s.revise().commit()
    s.approve()


@attack("EMS329")
def test_approver_wrote_under_an_unknown_address(s: Scene) -> None:
    s.revise().commit("b.boss@home.example.net")
    s.approve()


@twin(test_approver_wrote_under_an_unknown_address, 2)
def test_bot_that_the_policy_names(s: Scene) -> None:
    s.revise().commit("spelling@bots.example.org")
    s.approve()


@attack("EMS328")
def test_approver_wrote_in_the_web_editor(s: Scene) -> None:
    s.revise().commit("102+boss@users.noreply.github.com", committer=NOREPLY)
    s.approve()


@twin(test_approver_wrote_in_the_web_editor, 2)
def test_author_wrote_in_the_web_editor(s: Scene) -> None:
    s.revise().commit("101+author@users.noreply.github.com", committer=NOREPLY)
    s.approve()


@attack("EMS329")
def test_login_taken_over_by_another_account(s: Scene) -> None:
    s.revise().commit("999+author@users.noreply.github.com", committer=NOREPLY)
    s.approve()


@twin(test_login_taken_over_by_another_account, 2)
def test_account_renamed_its_login(s: Scene) -> None:
    s.revise().commit("101+new-login@users.noreply.github.com", committer=NOREPLY)
    s.approve()


@attack("EMS328")
def test_record_names_its_approver_as_contributor(s: Scene) -> None:
    s.revise().commit()
    s.approve(evidence={"kind": "signature", "contributors": ["a.author", "b.boss"]})


@twin(test_record_names_its_approver_as_contributor, 2)
def test_record_names_its_contributors(s: Scene) -> None:
    s.revise().commit()
    s.approve(evidence={"kind": "signature", "contributors": ["a.author"]})


@attack("EMS327")
def test_withdrawn_by_somebody_without_that_role(s: Scene) -> None:
    s.approve(by="a.author", action="withdraw", role="controller")


@twin(test_withdrawn_by_somebody_without_that_role, 0)
def test_withdrawn_by_the_manager(s: Scene) -> None:
    s.keys(status="withdrawn").write("docs/index.md", "# Home\n").commit()
    s.approve(by="c.deputy", action="withdraw")


@attack("EMS327")
def test_wrong_record_forgiven_by_its_author(s: Scene) -> None:
    s.approve(by="a.author", action="correct", corrects="sha256:" + "0" * 64, role="controller")


@twin(test_wrong_record_forgiven_by_its_author, 2)
def test_late_approval(s: Scene) -> None:
    s.revise().commit()
    s.day = date(2026, 5, 1)
    s.approve()
