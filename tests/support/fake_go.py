"""A stand-in for `go` that "builds" a CLI in no time: what it is asked is written down, and it can be held or fail.

FAKE_GO=<folder>: `asked` gets each command line; while `hold` exists, a build stops after its second package;
`fail` has what it then says before it fails; `version` what it says of its own.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

PACKAGES = ["errors", "fmt", "github.com/pulumi/pulumi/pkg/v3/engine", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"]
SCRIPT = f"""#!{sys.executable}
import os, pathlib, sys, time
here, arguments = pathlib.Path(os.environ["FAKE_GO"]), sys.argv[1:]
with (here / "asked").open("a") as asked:
    asked.write(" ".join(arguments) + "\\n")
if arguments[0] == "env":
    version = here / "version"
    sys.exit(print(version.read_text() if version.exists() else "go1.27.3"))
if (here / "fail").exists():
    sys.exit((here / "fail").read_text())
if arguments[:2] == ["list", "-deps"]:
    for module in ("a", "b"):
        print(f"go: downloading example.org/{{module}} v1.0.0", file=sys.stderr)
    sys.exit(print(*{PACKAGES!r}, sep="\\n"))
if arguments[:2] == ["list", "-m"]:
    for name in ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"):
        (here / "sdk" / name).parent.mkdir(parents=True, exist_ok=True)
        (here / "sdk" / name).write_text("#!/bin/sh\\n")
    sys.exit(print(here / "sdk"))
built = pathlib.Path(os.environ["GOCACHE"], "built")  # what Go has in its cache it does not compile again
built.parent.mkdir(parents=True, exist_ok=True)
there = built.read_text().split() if built.exists() else []
for number, package in enumerate({PACKAGES!r}):
    while number == 2 and (here / "hold").exists():
        time.sleep(0.02)
    if package not in there:
        print(package, file=sys.stderr, flush=True)
        with built.open("a") as file:
            file.write(package + "\\n")
version = next(word for each in arguments for word in each.split() if word.startswith("github.com") and "=" in word)
executable = pathlib.Path(arguments[arguments.index("-o") + 1])
executable.write_text("#!/bin/sh\\necho " + version.partition("=")[2] + "\\n")
executable.chmod(0o755)
"""


class FakeGo:
    """A folder with a `go` in it, and the environment in which it is the only one, and nothing can be downloaded.

    Args:
        root: where it lies, and the cache folder of the CLI.
    """

    def __init__(self, root: Path) -> None:
        self.folder = root / "go"
        self.cache = root / "cache" / "entra-business-central" / "pulumi"
        (self.folder / "bin").mkdir(parents=True)
        (self.folder / "bin" / "go").write_text(SCRIPT)
        (self.folder / "bin" / "go").chmod(0o755)
        self.environment = {
            "PATH": os.pathsep.join([str(self.folder / "bin"), "/usr/bin", "/bin"]),
            "HOME": str(root),
            "XDG_CACHE_HOME": str(root / "cache"),
            "FAKE_GO": str(self.folder),
            "HTTPS_PROXY": "http://127.0.0.1:9",  # nobody is there: Pulumi's site cannot be reached
        }

    def asked(self, verb: str) -> list[str]:
        """Return the command lines with this verb, in order."""
        log = self.folder / "asked"
        return [line for line in (log.read_text().splitlines() if log.exists() else []) if line.startswith(verb)]
