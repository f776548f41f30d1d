"""The half of a desk that GitHub, Gitea and Forgejo have in common: the facts of a repository, a conversation."""

from __future__ import annotations

from typing import Any, ClassVar

from ems_control.forges.desks.base import branch_of, facts_of
from ems_control.forges.http import Http


class DeskLikeGitHub:
    """One repository whose pull requests are talked about as issues are."""

    FORGE: ClassVar[str]
    repository: str
    _http: Http
    _path: str

    def _repository(self) -> dict[str, Any]:
        what = f"the repository {self.repository}"
        return facts_of(self._http.get(self._path, what), self.FORGE, what)

    def default_branch(self) -> str:
        """The repository's default branch."""
        return branch_of(self._repository(), self.FORGE, self.repository)

    def comment(self, number: int, body: str) -> None:
        """Say something in its conversation."""
        what = f"a comment on pull request {number}"
        self._http.send("POST", f"{self._path}/issues/{number}/comments", {"body": body}, what)

    def change_comment(self, number: int, comment: str, body: str) -> None:
        """Put other words into a comment."""
        what = f"a change of our comment on pull request {number}"
        self._http.send("PATCH", f"{self._path}/issues/comments/{comment}", {"body": body}, what)

    def remove_comment(self, number: int, comment: str) -> None:
        """Take a comment away."""
        what = f"taking back our comment on pull request {number}"
        self._http.send("DELETE", f"{self._path}/issues/comments/{comment}", None, what)
