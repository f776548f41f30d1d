"""Attacks on texts: what was approved is changed, replaced, hidden or taken away."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
import yaml

from tests.attacks.scene import DOC, ID, IMAGE, PHONES, Scene, attack, scene, twin

# --- edited after approval


@attack("EMS333")
def test_body_edited_after_approval(s: Scene) -> None:
    s.edit().commit()


@twin(test_body_edited_after_approval)
def test_body_edited_as_the_next_revision(s: Scene) -> None:
    s.revise().commit()


@attack("EMS333")
def test_metadata_edited_after_approval(s: Scene) -> None:
    s.keys(effective="2027-01-01").commit()


@twin(test_metadata_edited_after_approval)
def test_claim_keys_classification_and_comments_edited(s: Scene) -> None:
    s.keys(clauses='["iso-14001:2026/8.1#drains"]', distribution="[yard]", review_by="2026-12-01", tags="[water]")
    s.replace(DOC, "owner: lead", "owner: 'lead'  # since 2019").commit("b.boss")


@attack("EMS333")
def test_image_replaced_after_approval(s: Scene) -> None:
    s.write(IMAGE, b"\x89PNG\0forged").commit()


@twin(test_image_replaced_after_approval)
def test_image_that_no_document_shows_replaced(s: Scene) -> None:
    s.write("docs/procedures/img/unused.png", "new").commit()


@attack("EMS333")
def test_image_by_reference_replaced(s: Scene) -> None:
    s.write("docs/procedures/img/plan.png", "forged").commit()


@twin(test_image_by_reference_replaced, 2)
def test_image_by_reference_replaced_with_the_next_revision(s: Scene) -> None:
    s.write("docs/procedures/img/plan.png", "better").revise().commit()
    s.approve()


@attack("EMS333")
def test_srcset_image_replaced(s: Scene) -> None:
    s.write("docs/procedures/img/big.png", "big").revise(2, "Nobody else", '<img srcset="img/big.png 2x"> Nobody')
    s.commit()
    s.approve()
    s.settled().write("docs/procedures/img/big.png", "forged").commit()


@twin(test_srcset_image_replaced, 2)
def test_srcset_image_in_an_approved_text(s: Scene) -> None:
    s.write("docs/procedures/img/big.png", "big").revise(2, "Nobody else", "![Big](img/big.png) Nobody").commit()
    s.approve()


@attack("EMS333")
def test_included_snippet_changed(s: Scene) -> None:
    s.write(PHONES, "Emergency: 5555\n").commit()


@twin(test_included_snippet_changed)
def test_snippet_that_nothing_includes_changed(s: Scene) -> None:
    s.write("docs/shared/other.md", "Canteen: 123\n").commit()


@attack("EMS333")
def test_one_byte_changed(s: Scene) -> None:
    s.edit("it again.\n", "it again. \n").commit()


@twin(test_one_byte_changed)
def test_line_ends_of_windows_and_a_mark_at_the_start(s: Scene) -> None:
    s.write(DOC, "\ufeff" + s.read(DOC).replace("\n", "\r\n")).write(PHONES, "Emergency: 4444\r\n").commit()


@attack("EMS333")
def test_text_edited_and_put_back(s: Scene) -> None:
    s.edit().commit()
    s.edit("Never close", "Close").commit()


@twin(test_text_edited_and_put_back)
def test_text_put_back_and_forgiven_by_the_policy_role(s: Scene) -> None:
    bad = s.edit().commit()
    s.edit("Never close", "Close").commit()
    s.approve(action="correct", corrects=bad)


@attack("EMS333")
def test_damage_forgiven_but_not_repaired(s: Scene) -> None:
    bad = s.edit().commit()
    s.approve(action="correct", corrects=bad)


@twin(test_damage_forgiven_but_not_repaired, 2)
def test_damage_repaired_by_the_next_revision_and_forgiven(s: Scene) -> None:
    bad = s.edit().commit()
    s.edit("Never close", "Close").revise().commit()
    s.sign(action="correct", corrects=bad)
    s.approve()


# --- numbers and rows


@attack("EMS333")
def test_silent_return_to_an_old_text(s: Scene) -> None:
    old = s.read(DOC)
    s.revise().commit()
    s.approve()
    s.settled().write(DOC, old).commit()


@twin(test_silent_return_to_an_old_text)
def test_return_to_an_old_text_with_its_own_record(s: Scene) -> None:
    old = s.read(DOC)
    s.revise().commit()
    s.approve()
    s.write(DOC, old).commit()
    s.approve(action="reinstate")


@attack("EMS333")
def test_revision_skipped(s: Scene) -> None:
    s.revise(3).commit()


@twin(test_revision_skipped, 3)
def test_two_revisions_one_after_the_other(s: Scene) -> None:
    s.revise().commit()
    s.approve()
    s.revise(3, "lorry", "truck").commit()
    s.approve()


@attack("EMS333")
def test_old_rows_rewritten(s: Scene) -> None:
    s.revise().replace(DOC, "change: First issue.", "change: Limits of the permit.").commit()


@twin(test_old_rows_rewritten)
def test_row_in_work_rewritten(s: Scene) -> None:
    s.revise().commit()
    s.replace(DOC, "change: Rewritten.", "change: Lorry instead of tanker.").commit()


# --- withdrawn, deleted, reused


@attack("EMS334")
def test_withdrawn_without_a_record(s: Scene) -> None:
    s.keys(status="withdrawn").write("docs/index.md", "# Home\n").commit()


@twin(test_withdrawn_without_a_record, 0)
def test_withdrawn_with_a_record(s: Scene) -> None:
    s.sign(action="withdraw")
    s.keys(status="withdrawn").write("docs/index.md", "# Home\n").commit()


@attack("EMS335")
def test_deleted_without_withdrawal(s: Scene) -> None:
    s.git("rm", "-q", DOC)
    s.write("docs/index.md", "# Home\n").commit()


@twin(test_deleted_without_withdrawal, 0)
def test_deleted_after_withdrawal(s: Scene) -> None:
    s.approve(action="withdraw")
    s.git("rm", "-q", DOC)
    s.write("docs/index.md", "# Home\n").commit()


@attack("EMS335")
def test_front_matter_broken_so_that_the_document_is_none(s: Scene) -> None:
    s.replace(DOC, f"id: {ID}", "title2: x").commit()


@twin(test_front_matter_broken_so_that_the_document_is_none)
def test_file_renamed(s: Scene) -> None:
    s.git("mv", DOC, "docs/procedures/yard-drains.md")
    s.write("docs/index.md", "# Home\n").commit()


@attack("EMS335")
def test_id_with_a_look_alike_letter(s: Scene) -> None:
    s.replace(DOC, f"id: {ID}", f"id: {ID.replace('E', unicodedata.lookup('CYRILLIC CAPITAL LETTER IE'))}").commit()


@twin(test_id_with_a_look_alike_letter)
def test_id_in_quotes(s: Scene) -> None:
    s.replace(DOC, f"id: {ID}", f'id: "{ID}"').commit()


@attack("EMS109", by="check")
def test_new_document_under_a_look_alike_id(s: Scene) -> None:
    other = f"EMS-PRO-00{unicodedata.lookup('DIGIT ONE')}".replace(
        "O", unicodedata.lookup("GREEK CAPITAL LETTER OMICRON")
    )
    s.draft("EMS-PRO-002", id=other, status="draft").commit()


@twin(test_new_document_under_a_look_alike_id)
def test_new_document_under_the_next_id(s: Scene) -> None:
    s.draft("EMS-PRO-002", status="draft").commit()


@attack("EMS109", "EMS702", by="check")
def test_id_given_again_in_small_letters(s: Scene) -> None:
    s.draft("EMS-PRO-002", id=ID.lower()).commit()


@twin(test_id_given_again_in_small_letters)
def test_folder_moved_with_its_images(s: Scene) -> None:
    s.git("mv", "docs/procedures", "docs/moved")
    s.write("docs/index.md", "# Home\n").commit()


@attack("EMS333")
def test_id_reused_for_another_document_after_withdrawal(s: Scene) -> None:
    s.sign(action="withdraw")
    s.keys(status="withdrawn").write("docs/index.md", "# Home\n").commit()
    s.settled().keys(title="Noise at night", status="submitted").edit("Close valve V-3", "Be quiet").commit()


@twin(test_id_reused_for_another_document_after_withdrawal, 0, _002=1)
def test_text_of_a_withdrawn_document_under_a_new_id(s: Scene) -> None:
    s.sign(action="withdraw")
    s.keys(status="withdrawn").write("docs/index.md", "# Home\n").commit()
    s.draft("EMS-PRO-002", status="submitted").commit()
    s.approve("EMS-PRO-002")


@attack("EMS332")
def test_next_revision_after_withdrawal(s: Scene) -> None:
    s.sign(action="withdraw")
    s.keys(status="withdrawn").write("docs/index.md", "# Home\n").commit()
    s.settled().revise().commit()
    s.approve()


@twin(test_next_revision_after_withdrawal)
def test_withdrawn_and_reinstated(s: Scene) -> None:
    s.sign(action="withdraw")
    s.keys(status="withdrawn").commit()
    s.sign(action="reinstate")
    s.keys(status="submitted").commit()


# --- what no record is asked for, and what readers do not see


@attack("EMS110", by="check")
def test_type_downgraded(s: Scene) -> None:
    s.draft("EMS-PRO-002", type="form").commit()


@twin(test_type_downgraded)
def test_type_as_its_id_says(s: Scene) -> None:
    s.draft("EMS-PRO-002", type="procedure").commit()


@attack("EMS109", by="check")
def test_text_under_the_id_of_the_policy(s: Scene) -> None:
    """It is no document, so that the records of ems.yml and people.yml are none of its own."""
    s.draft("EMS-PRO-002").keys("EMS-PRO-002", id="Policy").commit()
    assert s.verify().json["breaks"] == []


@twin(test_text_under_the_id_of_the_policy)
def test_text_about_the_policy(s: Scene) -> None:
    s.draft("EMS-PRO-002", title="Policy").commit()


@attack("EMS101", by="check")
def test_front_matter_taken_away(s: Scene) -> None:
    s.write(DOC, s.read(DOC).split("\n---\n", 1)[1]).commit()


@attack("EMS333")
def test_front_matter_taken_away_as_a_stranger_sees_it(s: Scene) -> None:
    s.write(DOC, s.read(DOC).split("\n---\n", 1)[1]).commit()


@twin(test_front_matter_taken_away)
def test_uncontrolled_page_without_front_matter(s: Scene) -> None:
    s.write("docs/shared/notes.md", "Notes.\n").commit()


@twin(test_front_matter_taken_away_as_a_stranger_sees_it)
def test_front_matter_in_another_order_and_style(s: Scene) -> None:
    s.replace(DOC, "title: Yard drains\n", "").replace(
        DOC, "owner: lead\n", "owner: >-\n  lead\ntitle: 'Yard drains'\n"
    )
    s.commit("b.boss")


@attack("EMS707", by="check")
def test_uncontrolled_page_over_a_controlled_one(s: Scene) -> None:
    s.write(f"docs/procedures/{ID}/index.md", "Never close it.\n").commit()


@twin(test_uncontrolled_page_over_a_controlled_one)
def test_image_in_the_folder_called_like_the_document(s: Scene) -> None:
    s.write(f"docs/procedures/{ID}/photo.png", "photo").commit()


@attack("EMS707", "EMS514", by="check")
def test_static_file_over_a_controlled_page(s: Scene) -> None:
    s.write(f"docs/procedures/{ID}/index.html", "<p>Never close valve V-3.</p>").commit()


@twin(test_static_file_over_a_controlled_page)
def test_static_file_at_an_address_of_its_own(s: Scene) -> None:
    s.write("docs/procedures/list.csv", "a,b\n").commit()


@attack("EMS105", by="check")
def test_hidden_characters(s: Scene) -> None:
    s.revise(2, "Close valve", f"Close {unicodedata.lookup('RIGHT-TO-LEFT OVERRIDE')}valve").commit()


@twin(test_hidden_characters)
def test_letters_of_other_languages(s: Scene) -> None:
    s.revise(2, "Close valve", "Schließe (fermé, gesloten) valve").commit()


@attack("EMS108", by="check")
def test_review_by_that_is_no_day(s: Scene) -> None:
    s.keys(review_by="never").commit()


@twin(test_review_by_that_is_no_day)
def test_review_by_within_the_interval(s: Scene) -> None:
    s.keys(review_by="2027-01-01").commit()


@attack("EMS333")
def test_quotes_that_make_of_the_number_another(s: Scene) -> None:
    """Read without the rows of the history, this front matter would say revision 2; as sealed it says 3."""
    rows = 'a: "\nrevisions:\n - "\nb: "\nrevision: 2\nc: "\nrevision: 3\nd: "\n# "\n'
    s.write(
        DOC, f"---\nid: {ID}\ntitle: Yard drains\ntype: procedure\nstatus: submitted\nowner: lead\n{rows}---\nBody.\n"
    )
    s.commit()


@twin(test_quotes_that_make_of_the_number_another)
def test_quotes_over_two_lines(s: Scene) -> None:
    s.replace(DOC, "title: Yard drains", 'title: "Yard\n  drains"').commit("b.boss")


@attack("EMS335")
def test_link_in_place_of_the_file(s: Scene) -> None:
    (s.root / DOC).rename(s.root / "docs/procedures/other.txt")
    (s.root / DOC).symlink_to("other.txt")
    s.commit()


@twin(test_link_in_place_of_the_file)
def test_file_made_executable(s: Scene) -> None:
    (s.root / DOC).chmod(0o755)
    s.commit()


@attack("EMS333", "EMS702")
def test_second_file_with_the_id_before_the_first(s: Scene) -> None:
    s.write("docs/procedures/A.md", s.read(DOC).replace("Close valve", "Never close valve")).commit()


@twin(test_second_file_with_the_id_before_the_first)
def test_second_file_that_names_the_id(s: Scene) -> None:
    s.draft("EMS-PRO-002", status="draft", supersedes=f"[{ID}]").commit()


def editorial(s: Scene) -> None:
    """The next revision says that it is editorial, and the controller's deputy releases it alone."""
    s.revise().replace(DOC, "class: substantive, change: Rew", "class: editorial, change: Rew").commit()
    s.approve(by="d.deputy", role="controller")


@attack("EMS327")
def test_substantive_revision_released_as_editorial(s: Scene) -> None:
    """The owner changes with it: the controller is not enough, and who tries as manager is none."""
    s.keys(owner="manager")
    editorial(s)
    assert s.in_force() == s.before["register"]
    assert s.verify().json["breaks"] == []
    s.approve(by="a.author", role="manager")


@twin(test_substantive_revision_released_as_editorial, 2)
def test_editorial_revision_released_by_the_controller(s: Scene) -> None:
    editorial(s)


# --- rules on which the threat model rests cannot be switched off

UNLOWERED = {
    "EMS105": lambda s: s.edit("tanker", "tan\u200bker"),
    "EMS508": lambda s: s.edit("Nobody else", '<img src="img/drains.png"> Nobody else'),
    "EMS509": lambda s: s.edit("Nobody else", "![x](https://example.org/x.png) Nobody else"),
    "EMS510": lambda s: s.edit("Nobody else", "--8<-- 'shared/phones.md'\n\nNobody else"),
    "EMS705": lambda s: (s.root / "docs/link.txt").symlink_to("index.md"),
    "EMS706": lambda s: s.write("docs/plan(old).png", "plan"),
    "EMS707": lambda s: s.write("docs/procedures/EMS-PRO-001/index.md", "# Other\n"),
}


@pytest.mark.parametrize("rule", UNLOWERED)
def test_rule_of_the_threat_model_cannot_be_lowered_or_waived(tmp_path: Path, rule: str) -> None:
    s = scene(tmp_path)
    policy = yaml.safe_load(s.read("ems.yml"))
    waivers = [
        {"rule": rule, "document": document, "reason": "We know.", "until": "2099-01-01"}
        for document in (ID, DOC, "docs/link.txt", "docs/plan(old).png")
    ]
    policy["rules"] = {"severity": {rule: "info"}, "waivers": waivers}
    s.write("ems.yml", yaml.safe_dump(policy)).commit("b.boss")
    s.approve("policy")
    UNLOWERED[rule](s)
    found = [(one["rule"], one["severity"]) for one in s.check().json["findings"]]
    assert (rule, "error") in found, found
    assert "EMS811" in {one for one, _ in found}, "and the attempt is told"


def test_rule_of_form_can_be_lowered(tmp_path: Path) -> None:
    """The twin: a rule on which nothing rests is the handbook's own affair."""
    s = scene(tmp_path)
    policy = yaml.safe_load(s.read("ems.yml"))
    policy["rules"] = {"severity": {"EMS601": "info"}}
    s.write("ems.yml", yaml.safe_dump(policy)).commit("b.boss")
    s.approve("policy")
    assert [one for one in s.check().json["findings"] if one["severity"] == "error"] == []


@attack("EMS702", by="gate")
def test_two_new_files_with_one_id(s: Scene) -> None:
    """Only one of them would be reviewed; once that one is approved, the other is a break."""
    s.branch().draft("EMS-PRO-002", status="draft")
    s.write("docs/procedures/other.md", s.read("docs/procedures/EMS-PRO-002.md").replace("Noise", "Dust")).commit()


@twin(test_two_new_files_with_one_id)
def test_two_new_files_with_two_ids(s: Scene) -> None:
    s.branch().draft("EMS-PRO-002", status="draft").draft("EMS-PRO-003", status="draft", title="Dust").commit()


@attack("EMS702")
def test_second_file_with_the_id_of_a_document_in_force(s: Scene) -> None:
    s.write("docs/procedures/other.md", s.read(DOC)).commit()


@twin(test_second_file_with_the_id_of_a_document_in_force)
def test_copy_under_a_number_of_its_own(s: Scene) -> None:
    s.draft("EMS-PRO-002", status="draft").commit()
