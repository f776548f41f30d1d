"""GitLab: approvals of a merge request by its REST interface, version 4.

GitLab does not say which commit was approved. Its system notes say when, and the versions of the merge request say
what its newest commit was then.
"""

from __future__ import annotations

from urllib.parse import quote

from pydantic import BaseModel

from ems_control.forges.base import CONTROLS, Controls, token, whole
from ems_control.forges.http import Http
from ems_control.forges.protection.gitlab import pushing
from ems_control.ground.formats.records import Account
from ems_control.reviews.pull_request import CommitName, Moment, Number, PullCommit, PullRequest, Review, ReviewState

URL = "https://gitlab.com"
VARIABLE = "GITLAB_TOKEN"

_NOTES: dict[str, ReviewState] = {
    "approved this merge request": "approved",
    "unapproved this merge request": "dismissed",
    "requested changes": "changes-requested",
}
"""The beginnings of the notes that GitLab itself writes when somebody decides."""


class _User(BaseModel):
    id: int
    username: str


class _Ends(BaseModel):
    base_sha: CommitName
    head_sha: CommitName


class _Request(BaseModel):
    iid: Number
    title: str
    author: _User | None
    state: str
    target_branch: str
    diff_refs: _Ends
    merge_commit_sha: CommitName | None
    squash_commit_sha: CommitName | None
    merged_at: Moment | None


class _Approval(BaseModel):
    user: _User


class _Approvals(BaseModel):
    approved_by: list[_Approval]


class _Version(BaseModel):
    id: int
    head_commit_sha: CommitName
    created_at: Moment


class _Note(BaseModel):
    id: int
    system: bool
    body: str
    author: _User | None
    created_at: Moment


class _Commit(BaseModel):
    id: CommitName


class GitLab:
    """One project at GitLab."""

    def __init__(self, url: str, repository: str) -> None:
        """`url` is the address people see; raises EmsError without GITLAB_TOKEN."""
        self.url, self.repository = url.rstrip("/"), repository
        self._http = Http(f"{self.url}/api/v4", {"PRIVATE-TOKEN": token(VARIABLE)})
        self._path = "projects/" + quote(repository, safe="")

    @property
    def interface(self) -> Http:
        """Its interface, for what is not about pull requests."""
        return self._http

    @whole
    def pull_request(self, number: int) -> PullRequest:
        """The merge request with every decision, every commit, and the protection of its target."""
        what = f"merge request {number} of {self.repository}"
        path = f"{self._path}/merge_requests/{number}"
        request = self._http.read(_Request, self._http.get(path, what), what)
        commits = self._http.read_all(_Commit, f"{path}/commits?per_page=100", f"commits of {what}")
        merged = request.state == "merged"
        return PullRequest(
            forge="gitlab",
            url=self.url,
            repository=self.repository,
            number=request.iid,
            title=request.title,
            author=_account(request.author),
            head=request.diff_refs.head_sha,
            base=request.diff_refs.base_sha,
            merged=merged,
            merge_commit=(request.merge_commit_sha or request.squash_commit_sha) if merged else None,
            merged_at=request.merged_at,
            commits=tuple(PullCommit(sha=one.id) for one in commits),
            reviews=tuple(self._decisions(path, what)),
            controls=self.controls(request.target_branch),
        )

    def _decisions(self, path: str, what: str) -> list[Review]:
        """What the system notes tell; an approval only where GitLab still counts it."""
        approvals = self._http.read(_Approvals, self._http.get(f"{path}/approvals", f"approvals of {what}"), what)
        standing = {one.user.id for one in approvals.approved_by}
        versions = self._http.read_all(_Version, f"{path}/versions?per_page=100", f"versions of {what}")
        notes = self._http.read_all(_Note, f"{path}/notes?per_page=100&sort=asc", f"notes of {what}")
        found, told = [], set()
        for note in sorted(notes, key=lambda one: one.id):
            state = next((s for words, s in _NOTES.items() if note.body.lower().startswith(words)), None)
            if not note.system or state is None or note.author is None:
                continue
            told.add(note.author.id)
            gone = state == "approved" and note.author.id not in standing
            found.append(
                Review(
                    id=str(note.id),
                    account=_account(note.author),
                    state="dismissed" if gone else state,
                    commit=_newest(versions, note),
                    submitted_at=note.created_at,
                    was="approved" if gone else None,
                )
            )
        found += [  # approved, but no note says when: of no commit, so it counts for nothing
            Review(
                id=f"user/{one.user.id}", account=_account(one.user), state="approved", commit=None, submitted_at=None
            )
            for one in approvals.approved_by
            if one.user.id not in told
        ]
        return found

    def controls(self, branch: str) -> Controls:
        """Protected branches and approval settings, as far as the token may see them."""
        found: Controls = dict.fromkeys(CONTROLS)
        name = quote(branch, safe="")
        rule = self._http.find(f"{self._path}/protected_branches/{name}", f"the protection of {branch}")
        if isinstance(rule, dict):
            found["force_push_refused"] = rule.get("allow_force_push") is False
            found["deletion_refused"] = True  # a protected branch cannot be deleted by pushing
            found["pull_request_required"] = set(pushing(rule.get("push_access_levels"))) <= {"deploy keys"}
        settings = self._http.find(f"{self._path}/approvals", f"the approval settings of {self.repository}")
        if isinstance(settings, dict):
            found["stale_approvals_dismissed"] = settings.get("reset_approvals_on_push") is True
        project = self._http.find(self._path, f"the project {self.repository}")
        if isinstance(project, dict):
            found["checks_required"] = project.get("only_allow_merge_if_pipeline_succeeds") is True
        return found


def _newest(versions: list[_Version], note: _Note) -> str | None:
    """The newest commit of the merge request when a note was written."""
    before = [one for one in versions if one.created_at <= note.created_at]
    return max(before, key=lambda one: one.id).head_commit_sha if before else None


def _account(user: _User | None) -> Account | None:
    return Account(id=str(user.id), login=user.username) if user else None
