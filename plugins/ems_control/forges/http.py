"""Asking a forge over HTTP: time limits, retries, pages, sizes; a token that goes to one host only.

Whatever goes wrong is one EmsError: a forge's answer is hostile material, and half of one is worth nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from pydantic import BaseModel, ValidationError
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.util.retry import Retry

from ems_control import __version__
from ems_control.forges.base import HalfAnswerError
from ems_control.ground.errors import EmsError
from ems_control.ground.formats.strict_json import read_json
from ems_control.ground.text import one_line

TIMEOUT = (10, 60)
MOST_BYTES = 20_000_000
MOST_PAGES = 500
REDIRECTS = (301, 302, 307, 308)
ACCEPTED = (200, 201, 202, 204)

M = TypeVar("M", bound=BaseModel)


class _Token(AuthBase):
    """Sets the header by itself, so that no .netrc of the machine replaces the token."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    @property
    def secrets(self) -> list[str]:
        """What must not be said: each value, and the token alone."""
        values = [value for name, value in self._headers.items() if "version" not in name.lower()]
        return sorted({part for value in values for part in (value, value.split()[-1])}, key=len, reverse=True)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._headers)
        return request


class _Answer(NamedTuple):
    """What came back: status, headers, the links to other pages, and the whole body."""

    status: int
    headers: Mapping[str, str]
    links: dict[str, dict[str, str]]
    data: bytes


class Http:
    """One forge's interface below `root`, with a token in `secret` headers. Use as a context or call `close`."""

    def __init__(self, root: str, secret: Mapping[str, str], accept: str = "application/json") -> None:
        """Raises EmsError for an address over which a token must not go."""
        self.root = root.rstrip("/") + "/"
        parts = urlsplit(self.root)
        if parts.username or parts.password or not parts.hostname or parts.scheme not in ("https", "http"):
            raise EmsError(f"{root} is no address of a forge; write it like https://git.example.org")
        if parts.scheme == "http" and not _loopback(parts.hostname):
            raise EmsError(f"{root}: a token goes over https only. Or export the pull request: --from-json FILE.")
        self._origin = (parts.scheme, parts.netloc.lower())
        self._host = parts.netloc
        self._auth = _Token(secret)
        self._session = requests.Session()
        again = Retry(
            total=3,
            read=1,
            backoff_factor=0.3,
            status_forcelist=(502, 503, 504),
            allowed_methods=("GET",),
            respect_retry_after_header=False,
            raise_on_status=False,
        )
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=again))
        self._session.headers.update({"Accept": accept, "User-Agent": f"ems-control/{__version__}"})

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def get(self, path: str, what: str) -> Any:
        """One JSON answer; `what` names it in errors ("pull request 7 of works/handbook")."""
        return self._json(self._ask(urljoin(self.root, path), what), what)

    def find(self, path: str, what: str) -> Any:
        """One JSON answer; None where the forge has none or this token may not see it (403, 404)."""
        try:
            return self.get(path, what)
        except NotShownError:
            return None

    def post(self, path: str, tree: dict[str, Any], what: str) -> Any:
        """The JSON answer to a JSON question."""
        return self.send("POST", path, tree, what)

    def send(self, method: str, path: str, tree: Any, what: str) -> Any:
        """Change something: the JSON answer, None where there is none; nothing is ever sent twice.

        Raises RefusedError with the forge's own words where it does not want to.
        """
        answer = self._once(method, urljoin(self.root, path), what, tree)
        if answer.status in REDIRECTS:
            raise EmsError(f"{self._host} sends the question for {what} elsewhere. Name the right address: --url.")
        if answer.status in ACCEPTED:
            return self._json(answer, what) if answer.data.strip() else None
        if answer.status in (401, 429) or (answer.status == 403 and _limited(answer)):
            self._checked(answer, what)
        raise RefusedError(f"{self._host} refuses {what} ({answer.status}){self._words(answer)}", answer.status)

    def _words(self, answer: _Answer) -> str:
        """What a forge says of its refusal, on one line, with no header of ours in it."""
        try:
            tree = read_json(answer.data)
        except ValueError:
            return "."
        said = [tree.get(key) for key in ("message", "error", "errors")] if isinstance(tree, dict) else []
        words = one_line(" ".join(str(one) for one in said if one))[:300]
        for secret in self._auth.secrets:
            words = words.replace(secret, "…")
        return f": {words}" if words else "."

    def pages(self, path: str, what: str) -> Iterator[Any]:
        """The answer of every page, by the header `Link`."""
        url: str | None = urljoin(self.root, path)
        seen: set[str] = set()
        while url:
            if url in seen or len(seen) >= MOST_PAGES:
                raise HalfAnswerError(f"{self._host} names page after page of {what} without an end. Try again later.")
            seen.add(url)
            answer = self._ask(url, what)
            yield self._json(answer, what)
            following = answer.links.get("next", {}).get("url")
            url = urljoin(url, following) if following else None
            if url and not self._ours(url):
                raise HalfAnswerError(f"{self._host} names a page of {what} on another host. Nothing was asked there.")

    def _ours(self, url: str) -> bool:
        parts = urlsplit(url)
        return (parts.scheme, parts.netloc.lower()) == self._origin

    def _ask(self, url: str, what: str) -> _Answer:
        for _ in range(4):
            answer = self._once("GET", url, what, None)
            if answer.status not in REDIRECTS:
                return self._checked(answer, what)
            target = urljoin(url, answer.headers.get("Location", ""))
            if not self._ours(target):
                raise EmsError(f"{self._host} sends the question for {what} elsewhere. Name the right address: --url.")
            url = target
        raise EmsError(f"{self._host} sends the question for {what} round in circles. Try again later.")

    def _once(self, method: str, url: str, what: str, tree: Any) -> _Answer:
        try:
            with self._session.request(
                method, url, json=tree, auth=self._auth, timeout=TIMEOUT, allow_redirects=False, stream=True
            ) as answer:
                data = b""
                for chunk in answer.iter_content(65536):
                    data += chunk
                    if len(data) > MOST_BYTES:
                        raise HalfAnswerError(
                            f"{self._host} answers with more than {MOST_BYTES // 10**6} MB for {what}."
                        )
                return _Answer(answer.status_code, answer.headers, answer.links, data)
        except requests.exceptions.Timeout:
            raise EmsError(f"{self._host} did not answer in time for {what}. Try again later.") from None
        except requests.exceptions.SSLError:
            raise EmsError(f"{self._host} shows a certificate that is not trusted. Set REQUESTS_CA_BUNDLE.") from None
        except requests.exceptions.ChunkedEncodingError:
            raise HalfAnswerError(f"{self._host} broke off its answer for {what}. Try again.") from None
        except (requests.exceptions.RequestException, UnicodeError):
            raise EmsError(f"{self._host} cannot be reached for {what}. Check the network and --url.") from None

    def _checked(self, answer: _Answer, what: str) -> _Answer:
        status = answer.status
        if status == 200:
            return answer
        if status == 429 or (status == 403 and _limited(answer)):
            when = _reset(answer)
            raise EmsError(f"{self._host} has had enough questions from this token for now (rate limit){when}.")
        if status == 401:
            raise EmsError(f"{self._host} does not accept the token (401). Has it ended? Make a new one.")
        if status == 403:
            message = f"{self._host} does not let this token read {what} (403). Give it read access."
            raise NotShownError(message, 403, self._words(answer))
        if status == 404:
            raise NotShownError(f"{self._host} has no {what}, or does not show it to this token (404).", 404)
        raise EmsError(f"{self._host} answers {status} for {what}. Try again later.")

    def _json(self, answer: _Answer, what: str) -> Any:
        try:
            return read_json(answer.data)
        except ValueError:
            raise HalfAnswerError(
                f"{self._host} answers for {what} with something that is no JSON. Try again."
            ) from None

    def read(self, model: type[M], tree: Any, what: str) -> M:
        """An answer as a model; raises HalfAnswerError where a key is missing or of another kind."""
        try:
            return model.model_validate(tree)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(step) for step in first["loc"]) or "the whole"
            problem = "is missing" if first["type"] == "missing" else "is not what it should be"
            raise HalfAnswerError(
                f'{self._host} gives half an answer for {what}: "{where}" {problem}. Try again.'
            ) from None

    def read_all(self, model: type[M], path: str, what: str) -> list[M]:
        """Every item of every page of a list."""
        found = []
        for page in self.pages(path, what):
            found += self.read_rows(model, page, what)
        return found

    def read_rows(self, model: type[M], tree: Any, what: str) -> list[M]:
        """Every item of one list; what is no list is no empty one."""
        if not isinstance(tree, list):
            raise HalfAnswerError(f"{self._host} gives half an answer for {what}: no list. Try again.")
        return [self.read(model, item, what) for item in tree]


class RefusedError(EmsError):
    """The forge does not do what it was told to; the message holds its words, `status` its number."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(one_line(message))
        self.status = status


class NotShownError(EmsError):
    """What was asked for is not there, or not for this token (404, 403); `words` are the forge's own."""

    def __init__(self, message: str, status: int, words: str = "") -> None:
        super().__init__(message)
        self.status, self.words = status, words


def _limited(answer: _Answer) -> bool:
    return answer.headers.get("X-RateLimit-Remaining") == "0" or "Retry-After" in answer.headers


def _reset(answer: _Answer) -> str:
    seconds, stamp = answer.headers.get("Retry-After", ""), answer.headers.get("X-RateLimit-Reset", "")
    if seconds.isdigit() and len(seconds) < 7:
        return f". Try again in {seconds} seconds"
    if stamp.isdigit() and len(stamp) < 12:
        return f". Try again after {datetime.fromtimestamp(int(stamp), UTC):%H:%M} UTC"
    return ". Try again later"


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
