"""Family 8: the public keys in people.yml."""

from __future__ import annotations

from collections.abc import Iterator

from ems_control.ground.formats.signatures import SignatureError, read_public_key, too_short
from ems_control.ground.organisation.people import PEOPLE_FILE
from ems_control.handbook.handbook import Handbook
from ems_control.rules.book import rule
from ems_control.rules.finding import Found
from ems_control.rules.finding_places import at_config


@rule("EMS824", "key-too-short", "warning", sees="shared")
def key_too_short(handbook: Handbook) -> Iterator[Found]:
    """A key in people.yml is too short to sign anything new, or is none.

    Checks: A key that counts today is the line of a `.pub` file that can be read; an RSA key has 3072 bits or more. With
        2048 to 3071 bits what it signed counts, and `ems verify` warns of it, but it signs nothing new; with less it
        counts for nothing.
    Basis: Our own rule: whoever can afford to factor a short key signs for its person.
    Bad:
        people.yml
          +     keys: [{key: ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC+4iu9fF2izVgFou99+O35ITPo9RxNSfmuYAEoUg8f5PzlpAlnB3vufgDL6x77UQ5OKBYpFOw2YSiInE1TFXvjUxA5JDGRkcBPjJYqyQjiblvTRhD3JOeQIhEYyNZVnDBtgAmUMjoZLUw/GlupeN0kFRXv6gdp5ZVos2rWO0DRIw==, from: 2024-01-01}]
    Good:
        people.yml
          +     keys: [{key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHeuqr4uWjYh2wFM4p3WqaTOhvfR4kAm2Bs9wRtR3j1, from: 2024-01-01}]
    Fix: Make a key with `ssh-keygen -t ed25519`, add it beside the old one with its own `from`, and end the old one
        with `until`.
    """  # noqa: E501
    for name, person in handbook.committed_config.people.persons.items():
        for number, own in enumerate(person.keys):
            if own.until is None or handbook.day <= own.until:
                fix = "Make one with: ssh-keygen -t ed25519. Add it beside this one, and end this one with until."
                try:
                    words = too_short(read_public_key(own.key))
                except SignatureError as error:
                    words, fix = str(error), "No signature is by such a key."
                if words:
                    place = ("people", name, "keys", number, "key")
                    yield at_config(handbook, PEOPLE_FILE, place, f"{person.name}: {words}", fix)
