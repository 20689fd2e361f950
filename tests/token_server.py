"""Programs that give access tokens as providers' do, and count how often they were run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass
class TokenProgram:
    """A program in `folder` that prints what `says` holds, line by line with each run, and the last
    line from then on. What it was run with is written down."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "runs").write_text("", encoding="utf-8")
        self.path.write_text(
            "#!/bin/sh\n"
            f"cd {self.folder}\n"
            'echo "$# $TIDINGS_SECRET_KEY$TIDINGS_SMTP_PASSWORD" >> runs\n'
            "n=$(wc -l < runs); all=$(wc -l < says)\n"
            '[ "$n" -gt "$all" ] && n=$all\n'
            'sed -n "${n}p" says\n',
            encoding="utf-8",
        )
        self.path.chmod(0o700)

    @property
    def path(self) -> Path:
        """The program."""
        return self.folder / "give-token"

    @property
    def runs(self) -> list[str]:
        """What each run was given: the number of arguments, and secrets of ours."""
        return (self.folder / "runs").read_text(encoding="utf-8").splitlines()

    def says(self, *answers: str) -> None:
        """What the program prints from now on."""
        (self.folder / "says").write_text("".join(f"{a}\n" for a in answers), encoding="utf-8")


def as_json(token: str, seconds: float | str = 3600) -> str:
    """An answer of a token server (RFC 6749 section 5.1)."""
    return json.dumps({"token_type": "Bearer", "expires_in": seconds, "access_token": token})
