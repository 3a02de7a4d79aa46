"""One stack, opened: its project, its configuration, its state and the key to both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rehearsal.engine.checkpoint import CheckpointFile
from rehearsal.engine.encryption import PassphraseCrypter, SecretCodec
from rehearsal.engine.errors import EngineError, StackNotFound
from rehearsal.engine.project import Config, Project, StackFile, check_stack_name, read_config


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

    @classmethod
    def open(
        cls,
        root: Path,
        name: str,
        state_dir: Path,
        passphrase: str,
        *,
        overrides: list[str] | None = None,
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
            overrides: `key=value` of this run.
            config_file: the stack file, where it is another than the stack's own.

        Raises:
            StackNotFound: there is neither a stack file nor a state.
            IncorrectPassphrase: the passphrase is not the stack's.
            EngineError: something about it cannot be read.
        """
        project = Project.load(root)
        check_stack_name(name)
        path = Path(config_file) if config_file else project.stack_file(name)
        stack_file = StackFile.load(path)
        checkpoint = CheckpointFile(state_dir, project.name, name)
        if not stack_file.exists and (config_file or not checkpoint.exists()):
            raise StackNotFound(f"no stack named '{name}' found: there is neither {path} nor a state of it")
        salt = checkpoint.salt() or stack_file.salt
        crypter = PassphraseCrypter(passphrase, salt)
        opener = crypter if stack_file.salt in (None, salt) else PassphraseCrypter(passphrase, stack_file.salt)

        def decrypt(ciphertext: str) -> str:
            if stack_file.salt is None:
                raise EngineError(f"{path} has secrets and no encryptionsalt")
            return opener.decrypt(ciphertext)

        config = read_config(project, stack_file, overrides or [], decrypt)
        return cls(project, name, config, checkpoint, SecretCodec(crypter))
