"""`python -m commands COMMAND --help`: each command says what it does."""

from __future__ import annotations

import pytest

from commands.__main__ import main


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("rotate", "secrets and vault certificates"),
        ("schema", "JSON schema of stack files"),
        ("errors", "services' answers"),
        ("adopt", "the file to write for `pulumi import --file`"),
        ("remains", "the file to write for `pulumi import --file`"),
    ],
)
def test_the_help_of_a_command_says_what_it_does(command: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    assert says in " ".join(capsys.readouterr().out.split())
