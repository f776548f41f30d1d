"""Attacks in a request, found by the gate before anything is merged: `ems check --base`."""

from __future__ import annotations

from tests.attacks.scene import DOC, ID, IMAGE, NOREPLY, RECORD, Scene, attack, twin

MANAGER = {"role": "manager", "from": "2020-01-01"}

# --- judge and judged changed together


@attack("EMS712", "EMS821", by="gate")
def test_request_edits_policy_and_text(s: Scene) -> None:
    s.branch().replace("ems.yml", "level: signed", "level: declared").revise().commit()


@twin(test_request_edits_policy_and_text)
def test_request_edits_policy_with_its_record(s: Scene) -> None:
    s.branch().replace("ems.yml", "review_months: 24", "review_months: 12").commit()
    s.approve("policy")


@attack("EMS712", "EMS327", by="gate")
def test_request_grants_the_role_that_approves(s: Scene) -> None:
    s.branch().people(lambda people: people["a.author"]["roles"].append(MANAGER)).commit()
    s.approve("policy")
    s.revise().commit("c.deputy")
    s.approve(by="a.author", role="manager")


@twin(test_request_grants_the_role_that_approves, 2)
def test_role_granted_by_an_earlier_request(s: Scene) -> None:
    s.people(lambda people: people["a.author"]["roles"].append(MANAGER)).commit()
    s.approve("policy")
    s.branch().revise().commit("c.deputy")
    s.approve(by="a.author", role="manager")


@attack("EMS712", by="gate")
def test_request_edits_workflow_and_text(s: Scene) -> None:
    s.branch().write(".github/workflows/check.yml", "on: push\n").revise().commit()


@twin(test_request_edits_workflow_and_text)
def test_request_edits_a_workflow(s: Scene) -> None:
    s.branch().write(".github/workflows/check.yml", "on: push\n").commit()


@attack("EMS712", by="gate")
def test_request_edits_code_owners_and_text(s: Scene) -> None:
    s.branch().write(".github/CODEOWNERS", "* @mallory\n").revise().commit()


@twin(test_request_edits_code_owners_and_text)
def test_request_edits_code_owners(s: Scene) -> None:
    s.branch().write("CODEOWNERS", "* @boss\n").commit()


@attack("EMS712", by="gate")
def test_request_hides_its_text_from_the_diff(s: Scene) -> None:
    s.branch().write(".gitattributes", "approvals/** -text\ndocs/** -diff\n").revise().commit()


@twin(test_request_hides_its_text_from_the_diff, 2)
def test_request_edits_a_text(s: Scene) -> None:
    s.branch().revise().commit()
    s.approve()


@attack("EMS712", by="gate")
def test_request_hides_its_text_from_the_diff_of_one_folder(s: Scene) -> None:
    s.branch().write("docs/procedures/.gitattributes", "* -diff\n").revise().commit()


@twin(test_request_hides_its_text_from_the_diff_of_one_folder)
def test_request_edits_attributes_of_a_folder(s: Scene) -> None:
    s.branch().write("docs/procedures/.gitattributes", "*.png -diff\n").commit()


@attack("EMS712", by="gate")
def test_request_edits_the_other_forges_pipeline_and_a_record(s: Scene) -> None:
    s.branch().write(".gitlab-ci.yml", "check: {script: 'true'}\n").revise().commit()
    s.approve()


@twin(test_request_edits_the_other_forges_pipeline_and_a_record, 2)
def test_request_edits_the_home_page_and_a_text(s: Scene) -> None:
    s.branch().write("docs/index.md", "# Home\n").revise().commit()
    s.approve()


@attack("EMS712", by="gate")
def test_request_edits_the_theme_and_text(s: Scene) -> None:
    s.write("mkdocs.yml", "site_name: Works\nnav: [index.md]\n").commit()
    s.branch().write("mkdocs.yml", "site_name: Works\nnav: [index.md]\nextra_javascript: [x.js]\n").revise().commit()


@twin(test_request_edits_the_theme_and_text, 2)
def test_request_edits_navigation_and_text(s: Scene) -> None:
    s.write("mkdocs.yml", "site_name: Works\nnav: [index.md]\n").commit()
    s.branch().write("mkdocs.yml", f"site_name: Works\nnav: [index.md, procedures/{ID}.md]\n").revise().commit()
    s.approve()


# --- texts and records, on the merge result


@attack("EMS203", by="gate")
def test_request_edits_an_approved_text(s: Scene) -> None:
    s.branch().edit().commit()


@twin(test_request_edits_an_approved_text)
def test_request_drafts_the_next_revision(s: Scene) -> None:
    s.branch().revise().keys(status="draft").commit()


@attack("EMS203", by="gate")
def test_request_replaces_an_image(s: Scene) -> None:
    s.branch().write(IMAGE, "forged").commit()


@twin(test_request_replaces_an_image, 2)
def test_request_replaces_an_image_with_the_next_revision(s: Scene) -> None:
    s.branch().write(IMAGE, "better").revise().commit()
    s.approve()


@attack("EMS203", by="gate")
def test_request_merges_cleanly_with_another_on_the_same_document(s: Scene) -> None:
    start, day = s.head, s.day
    s.revise().commit()
    s.approve()
    s.settled().branch("change", start)
    s.day = day
    s.revise(2, "Nobody else touches it", "Everybody may touch it").commit()
    s.approve(by="c.deputy")


@twin(test_request_merges_cleanly_with_another_on_the_same_document, 2, _002=1)
def test_request_merges_cleanly_with_another_on_another_document(s: Scene) -> None:
    start = s.head
    s.revise().commit()
    s.approve()
    s.branch("change", start).draft("EMS-PRO-002").commit()
    s.approve("EMS-PRO-002", by="c.deputy")


@attack("EMS711", by="gate")
def test_request_in_conflict(s: Scene) -> None:
    start = s.head
    s.write("docs/index.md", "# Home of the works\n").commit()
    s.branch("change", start).write("docs/index.md", "# Start\n").commit()


@twin(test_request_in_conflict)
def test_request_with_main_merged_in(s: Scene) -> None:
    start = s.head
    s.write("docs/index.md", "# Home of the works\n").commit()
    s.branch("change", start).write("docs/shared/fox.md", "Fox.\n").commit()
    s.git("merge", "-q", "--no-ff", "-m", "Update", "main", author="b.boss", committer=NOREPLY)


@attack("EMS322", by="gate")
def test_request_takes_a_record_away(s: Scene) -> None:
    s.branch().git("rm", "-q", RECORD)
    s.commit()


@twin(test_request_takes_a_record_away, 2)
def test_request_brings_a_record(s: Scene) -> None:
    s.revise().commit()
    s.branch().approve()


@attack("EMS334", by="gate")
def test_request_withdraws_without_a_record(s: Scene) -> None:
    s.write("docs/index.md", "# Home\n").commit()
    s.branch().keys(status="withdrawn").commit()


@twin(test_request_withdraws_without_a_record, 0)
def test_request_withdraws_with_a_record(s: Scene) -> None:
    s.write("docs/index.md", "# Home\n").commit()
    s.branch().sign(action="withdraw")
    s.keys(status="withdrawn").commit("c.deputy")


@attack("EMS704", by="gate")
def test_request_deletes_a_document(s: Scene) -> None:
    s.write("docs/index.md", "# Home\n").commit()
    s.branch().git("rm", "-q", DOC)
    s.commit()


@twin(test_request_deletes_a_document, 0)
def test_request_deletes_a_withdrawn_document(s: Scene) -> None:
    s.write("docs/index.md", "# Home\n").commit()
    s.approve(action="withdraw")
    s.branch().git("rm", "-q", DOC)
    s.commit()


# --- independence, before a squash joins the commits


@attack("EMS328", by="gate")
def test_approver_wrote_in_the_request(s: Scene) -> None:
    s.branch().revise().commit()
    s.edit("Close valve V-3", "Close valve V-4").commit("b.boss")
    s.approve()


@twin(test_approver_wrote_in_the_request, 2)
def test_approver_fixed_a_clause_in_the_request(s: Scene) -> None:
    s.branch().revise().commit()
    s.keys(clauses='["iso-14001:2026/8.1#drains"]').commit("b.boss")
    s.approve()


@attack("EMS328", by="gate")
def test_approver_wrote_another_document_of_the_request(s: Scene) -> None:
    """A squash makes one commit of both, so nobody could tell later who wrote which."""
    s.branch().draft("EMS-PRO-002", status="draft").commit("b.boss")
    s.revise().commit()
    s.approve()


@twin(test_approver_wrote_another_document_of_the_request, 2)
def test_approver_wrote_another_document_of_another_request(s: Scene) -> None:
    s.draft("EMS-PRO-002", status="draft").commit("b.boss")
    s.branch().revise().commit()
    s.approve()


@attack("EMS329", by="gate")
def test_unknown_contributor_in_the_request(s: Scene) -> None:
    s.branch().revise().commit("temp@agency.example.net")
    s.approve()


@twin(test_unknown_contributor_in_the_request)
def test_unknown_contributor_before_anybody_signs(s: Scene) -> None:
    s.branch().revise().commit("temp@agency.example.net")


# --- the policy moves while the request is open


@attack("EMS327", by="gate")
def test_role_ended_while_the_request_was_open(s: Scene) -> None:
    s.branch().revise().commit()
    s.approve(by="c.deputy")
    s.checkout().policy(lambda people: people["c.deputy"]["roles"][0].update(until="2026-01-09"))
    s.settled().checkout("change")


@twin(test_role_ended_while_the_request_was_open, 2)
def test_another_role_ended_while_the_request_was_open(s: Scene) -> None:
    s.branch().revise().commit()
    s.approve(by="c.deputy")
    s.checkout().policy(lambda people: people["d.deputy"]["roles"][0].update(until="2026-01-09"))
    s.checkout("change")
