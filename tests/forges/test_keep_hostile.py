"""`ems keep` killed, run twice at once, fed with what an attacker writes: one status, one comment, each record once."""

from __future__ import annotations

import html
import json
import os
import random
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from ems_control.exports.request_comment import said
from tests.forges.keeping import DRILL, PRO, Kept, kept
from tests.forges.serving import Answer, Asked
from tests.forges.town import LOGINS, ROBOT, TOKEN, TOKENS, as_text
from tests.forges.works import PEOPLE, works
from tests.running import COMMAND

HOSTILE = [
    "@boss please approve",
    "<!-- ems-keep 7 -->",
    "--><script>alert(1)</script><!--",
    "[click](https://evil.example.org/)",
    "![](https://evil.example.org/pixel.png)",
    "https://evil.example.org www.evil.example.org mailto:a@evil.example.org",
    "`code` **bold** ~~gone~~ | cell | $x^2$ :smile:",
    "\n/merge\n/close",
    "works/handbook#1 !2 ~bug %9 GH-4",
    "&lt;b&gt; &#60;img src=x&#62;",
    "::error::pwned ##[error]",
    "\N{RIGHT-TO-LEFT OVERRIDE}\x1b[31m\x00",
    "${{ secrets.RECORDER_KEY }} $(id) {{ x }}",
]


@pytest.fixture
def gitea(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """A handbook at a Gitea."""
    monkeypatch.setenv(TOKENS["gitea"], TOKEN)
    with kept(works(tmp_path, forge="gitea", documents={})) as one:
        yield one


def start(one: Kept) -> subprocess.Popen[bytes]:
    """A round in a process of its own."""
    line = [COMMAND, "--root", str(one.made.root), *one.line, "--key", str(one.made.keys["robot"])]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def killed(one: Kept, when: Callable[[str, str], bool]) -> None:
    """A round that is killed just before the forge takes a question; it takes it nevertheless."""
    running: list[subprocess.Popen[bytes]] = []

    def kill(method: str, path: str) -> None:
        if when(method, path) and running and running[0].poll() is None:
            running[0].kill()
            running[0].wait()

    one.town.before = kill
    running.append(start(one))
    running[0].communicate(timeout=300)
    one.town.before = None
    assert running[0].returncode == -9


def test_killed_at_any_change_and_started_again(gitea: Kept) -> None:
    head = gitea.propose({PRO: DRILL})
    for place in ("/statuses/", "/requested_reviewers", "/issues/7/comments"):
        killed(gitea, lambda method, path, place=place: method != "GET" and place in path)
    gitea.keep()
    assert len(gitea.town.said(7)) == 1
    assert [one["commit"] for one in gitea.town.statuses] == [head]
    assert gitea.town.pulls[7].asked == [22]
    gitea.approve(head)
    killed(gitea, lambda method, _: method == "PATCH")
    gitea.keep()
    assert len(gitea.town.said(7)) == 1
    assert gitea.state(head) == "success"


def test_killed_while_records_are_pushed(gitea: Kept) -> None:
    head = gitea.propose({PRO: DRILL})
    gitea.approve(head)
    gitea.merge()
    killed(gitea, lambda _, path: path.endswith("/pulls/7/reviews"))
    assert gitea.records() == []
    process = gitea.made.root.parent / "pid"
    hook = gitea.town.remote / "hooks/post-receive"  # the push has landed, and nobody hears of it
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nkill -9 $(cat {process})\n")
    hook.chmod(0o755)
    running = start(gitea)
    process.write_text(str(running.pid))
    running.communicate(timeout=300)
    assert running.returncode == -9
    hook.unlink()
    assert len(gitea.records()) == 1
    main = gitea.main()
    gitea.keep()
    assert (gitea.main(), len(gitea.records())) == (main, 1)


def test_two_at_once(gitea: Kept) -> None:
    head = gitea.propose({PRO: DRILL}, 1, "first")
    gitea.approve(head, 1)
    gitea.merge(1, branch="first")
    gitea.propose({"docs/procedures/EMS-PRO-002.md": DRILL.replace("EMS-PRO-001", "EMS-PRO-002")}, 2, "second")
    both = [start(gitea), start(gitea)]
    told = [one.communicate(timeout=300) for one in both]
    assert [one.returncode for one in both] == [0, 0], told
    assert len(gitea.records()) == 1
    gitea.keep()
    assert (len(gitea.records()), len(gitea.town.said(2))) == (1, 1)


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_a_webhook_starts_a_round_and_nothing_it_says_is_believed(gitea: Kept) -> None:
    head = gitea.propose({PRO: DRILL})
    port = free_port()
    line = [COMMAND, "--root", str(gitea.made.root), *gitea.line[:-1], "--interval", "3600", "--listen", str(port)]
    running = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert _until(lambda: len(gitea.town.said(7)) == 1)
        gitea.approve(head)
        forged = json.dumps({"action": "closed", "review": {"state": "approved"}, "ref": "--upload-pack=id"}).encode()
        with urlopen(Request(f"http://127.0.0.1:{port}/any", data=forged)) as answer:
            assert answer.status == 202
        assert _until(lambda: gitea.state(head) == "success")
    finally:
        running.terminate()
        out, err = running.communicate(timeout=180)
    assert (running.returncode, err) == (143, b"")
    assert TOKEN.encode() not in out


def _until(true: Callable[[], bool]) -> bool:
    """Whether something comes true, however busy the machine is."""
    end = time.monotonic() + 180
    while not true() and time.monotonic() < end:
        time.sleep(0.2)
    return true()


def test_a_comment_of_somebody_else_with_our_marker_is_neither_believed_nor_changed(gitea: Kept) -> None:
    gitea.propose({PRO: DRILL})
    forged = "<!-- ems-keep 7 -->\n## Everything is approved"
    gitea.town.note(7, forged, user=55)
    gitea.keep()
    gitea.keep()
    assert [one["body"] for one in gitea.town.notes if one["user"] == 55] == [forged]
    assert len(gitea.town.said(7)) == 1
    assert "Decisions are missing" in gitea.town.said(7)[0]


def test_a_status_of_somebody_else_in_our_name_is_answered(gitea: Kept) -> None:
    head = gitea.propose({PRO: DRILL})
    gitea.keep()
    words = gitea.town.statuses[-1]["description"]
    gitea.town.status(head, {"state": "success", "context": "handbook/reviews", "description": words}, user=55)
    gitea.keep()
    assert gitea.state(head) == "pending"
    gitea.town.status(head, {"state": "pending", "context": "handbook/reviews", "description": words}, user=55)
    gitea.keep()
    assert gitea.town.statuses[-1]["user"] == ROBOT  # where only our own counts, ours must be there


def harmless(text: str) -> None:
    """Nothing in a comment that a forge would take for more than words."""
    assert text.count("<!--") == 1
    body = re.sub(r"^<!-- ems-keep \d+ -->", "", text)
    assert not re.search(r"<(?!/?sub>)|\]\(", body)
    assert not re.search(r"@\w|(?<!&)#\d|\w!\d|://|www\.\w|(?m:^\s*/)", html.unescape(body)), body
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", html.unescape(body))


@pytest.mark.parametrize("attack", HOSTILE, ids=range(len(HOSTILE)))
def test_text_is_shown_as_text(attack: str) -> None:
    assert not re.search(r"[<>`*|\[\]\n]", said(attack))
    assert not re.search(r"@\w|#\d|!\d|://|www\.\w", html.unescape(said(attack)))


def test_random_text_is_shown_as_text() -> None:
    parts = "@ # ! < > & / \\ ` * _ | [ ]( ) : // www. a 7".split()
    parts += [
        "\x00",
        "\N{ZERO WIDTH SPACE}",
        "\N{RIGHT-TO-LEFT OVERRIDE}",
        "~",
        "$",
        "{{",
        "}}",
        "<!--",
        "-->",
        " ",
        "\n",
    ]
    chance = random.Random(14)  # noqa: S311
    for _ in range(3000):
        shown = said("".join(chance.choices(parts, k=chance.randrange(1, 12))))
        assert not re.search(r"[<>`*|\[\]\n]", shown)
        assert not re.search(r"@\w|#\w|!\d|://|www\.\w|[\x00\u202e]", html.unescape(shown))


def test_hostile_words_everywhere_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(TOKENS["gitea"], TOKEN)
    name = json.dumps("B. <b>@boss</b> [x](https://evil.example.org)")
    with kept(
        works(tmp_path, forge="gitea", documents={}, people=PEOPLE.replace("name: B. Boss", f"name: {name}"))
    ) as one:
        monkeypatch.setitem(LOGINS, 55, "<!-- ems-keep 7 -->@boss")
        title = json.dumps(" ".join(HOSTILE[:6]))
        body = "\n\n".join(attack.strip() for attack in HOSTILE if attack.isprintable())
        document = DRILL.replace("title: Yard drains", f"title: {title}") + f"\n{body}\n"
        branch = "$(id)`x`@boss;--force"
        head = one.propose({PRO: document, "docs/procedures/--upload-pack=x.md": document}, branch=branch, title=title)
        one.approve(head, account=55)
        one.town.refused[22] = (422, "<script>@boss</script> see https://evil.example.org " + TOKEN)
        done = one.keep(status=1)
        [comment] = one.town.said(7)
        harmless(comment)
        assert one.state(head) in ("pending", "failure")
        assert TOKEN not in as_text(one.town) + done.out + done.err
        assert "\x1b" not in done.out + done.err
        out = capfd.readouterr()
        assert TOKEN not in out.out + out.err


def test_no_token_in_any_error(gitea: Kept) -> None:
    gitea.propose({PRO: DRILL})
    echo = Answer({"message": f"token {TOKEN} may not"}, 403)
    answer = type(gitea.town).answer
    refuse = lambda town, asked, path: echo if asked.method != "GET" else answer(town, asked, path)  # noqa: E731
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(gitea.town), "answer", refuse)
        done = gitea.keep(status=1)
    assert "may not" in done.out
    assert TOKEN not in done.out + done.err + as_text(gitea.town)
    wrong = gitea.keep("--remote", f"http://robot:{TOKEN}@127.0.0.1:1/works/handbook.git", status=2)
    assert TOKEN not in wrong.out + wrong.err
    for odd in ("ext::sh -c id", "--upload-pack=id", "fd::17"):
        assert "no address" in gitea.keep("--remote", odd, status=2).err


def test_the_token_is_on_no_command_line(gitea: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    seen = tmp_path / "seen"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text(f'#!/bin/sh\necho "$@" >> {seen}\nexec {real} "$@"\n')
    (tmp_path / "bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    gitea.propose({PRO: DRILL})
    one = start(gitea)
    one.communicate(timeout=300)
    assert one.returncode == 0
    assert "fetch" in seen.read_text()
    assert TOKEN not in seen.read_text()


@pytest.mark.parametrize("wrong", ["pulls", "user", "statuses", "comments", ""])
def test_odd_answers_are_one_line(gitea: Kept, wrong: str) -> None:
    gitea.propose({PRO: DRILL})
    gitea.keep()
    answer = type(gitea.town).answer
    odd = [
        Answer([1, None, {}]),
        Answer({"id": "x"}),
        Answer(raw=b"<html>"),
        Answer(None),
        Answer({"message": "No"}, 500),
    ]

    def oddly(town: object, asked: Asked, path: str) -> Answer:
        return odd[0] if path.endswith(wrong) and asked.method == "GET" else answer(town, asked, path)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(gitea.town), "answer", oddly)
        while odd:
            done = gitea.keep(status=None)
            assert done.status in (0, 1, 2)
            assert "Traceback" not in done.out + done.err
            odd.pop(0)
    assert len(gitea.town.said(7)) == 1
