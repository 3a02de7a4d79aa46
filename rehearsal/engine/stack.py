"""One stack, opened: its project, its configuration, its state and the key to both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rehearsal.engine.checkpoint import CheckpointFile, Snapshot
from rehearsal.engine.encryption import PassphraseCrypter, SecretCodec
from rehearsal.engine.errors import EngineError, StackNotFound, Unsupported
from rehearsal.engine.project import Config, Project, read_mapping
from rehearsal.engine.resource_state import STACK_TYPE


@dataclass(frozen=True)
class Stack:
    """What the commands need of a stack.

    Attributes:
        project: its project.
        name: its name.
        config: its configuration, secrets in clear.
        checkpoint: where its state lies.
        codec: encrypts and decrypts the state's secrets.
    """

    project: Project
    name: str
    config: Config
    checkpoint: CheckpointFile
    codec: SecretCodec

    @property
    def urn_prefix(self) -> str:
        """How all URNs of the stack begin."""
        return f"urn:pulumi:{self.name}::{self.project.name}::"

    @property
    def urn(self) -> str:
        """The URN of the stack itself."""
        return f"{self.urn_prefix}{STACK_TYPE}::{self.project.name}-{self.name}"

    def load(self) -> Snapshot:
        """Read the state; see `CheckpointFile.load`."""
        return self.checkpoint.load(self.codec)

    def save(self, snapshot: Snapshot) -> None:
        """Write the state; see `CheckpointFile.save`."""
        self.checkpoint.save(snapshot, self.codec)

    @classmethod
    def open(
        cls,
        root: Path,
        name: str,
        state_dir: Path,
        passphrase: str,
        config_file: str | None = None,
    ) -> Stack:
        """Read what there is of a stack.

        The key is derived once where stack file and state have one salt, as they have after the CLI; a stack that has
        none gets one, which only the state then carries: a rehearsal writes to no stack file.

        Args:
            root: the project's folder.
            name: the stack's name.
            state_dir: the folder of the states, below which lies `.pulumi`.
            passphrase: opens its secrets.
            config_file: the stack file, where it is another than the stack's own.

        Raises:
            StackNotFound: there is neither a stack file nor a state.
            IncorrectPassphrase: the passphrase is not the stack's.
            EngineError: something about it cannot be read.
        """
        project = Project.load(root)
        path = project.stack_file(name)
        path = Path(config_file) if config_file else path
        checkpoint = CheckpointFile(state_dir, project.name, name)
        if not path.exists() and (config_file or not checkpoint.exists()):
            raise StackNotFound(f"no stack named '{name}' found: there is neither {path} nor a state of it")
        file = read_mapping(path, refused=("encryptedkey", "environment"))
        if file.get("secretsprovider", "passphrase") != "passphrase":
            raise Unsupported(f"the secrets provider of {path.name}")
        own_salt = file.get("encryptionsalt")
        salt = checkpoint.salt() or own_salt
        crypter = PassphraseCrypter(passphrase, salt)
        opener = crypter if own_salt in (None, salt) else PassphraseCrypter(passphrase, own_salt)

        def decrypt(ciphertext: str) -> str:
            if own_salt is None:
                raise EngineError(f"{path} has secrets and no encryptionsalt")
            return opener.decrypt(ciphertext)

        config = Config.read(project.name, file.get("config") or {}, decrypt)
        return cls(project, name, config, checkpoint, SecretCodec(crypter))
