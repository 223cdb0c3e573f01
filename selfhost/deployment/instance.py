"""Taking the instance down, bringing it up with the configuration on disk, and writing its files again.

Source: run.sh, util/Setup; fidelity.md: deployment.script, deployment.tree.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from common.clock import Clock
from common.configuration import compose_override, env_file
from common.configuration.compose_override import Override
from common.configuration.env_file import EnvFileError
from common.configuration.values import SettingsError, spelled_twice
from common.files import read_json
from common.ids import Ids
from common.releases import Release, UnknownRelease
from selfhost.deployment import (
    bwdata,
    container_files,
    environment_files,
    outside,
    state,
)
from selfhost.deployment.bwdata import DataDirectory, Installation, Say
from selfhost.deployment.configuration import SelfHostSettings
from selfhost.deployment.image_tags import ImageTags
from selfhost.deployment.runner import SERVICES
from selfhost.deployment.settings import bind
from selfhost.deployment.simulated_cloud import STACK_FILE, Stack
from selfhost.deployment.state import Desired, InstanceHome

STACK_ENDED = "The stack was stopped meanwhile. Its next `wardenloop up` starts the instance."
NO_RUNNER = (
    "Nothing is there to run the instance: start the stack with `wardenloop up` first, then repeat this command "
    "(or run `python -m selfhost.deployment run api --home {home}` yourself)."
)
_STOP_PATIENCE = 30.0  # seconds; a runner gives its program 10
_POLL = 0.05


class Failed(Exception):
    """A command that cannot go on; the text says why. Exit status 1."""


def take_down(home: InstanceHome) -> None:
    """Stop what runs and wait until it is gone; nothing if nothing runs."""
    desired = state.read_desired(home)
    if not desired.up:
        return
    down = Desired(desired.generation + 1, up=False)
    state.write_desired(home, down)
    deadline = time.monotonic() + _STOP_PATIENCE
    for service in SERVICES:
        while state.runner_alive(home, service):
            status = state.read_status(home, service)
            if status and status.state == "down" and status.generation == down.generation:
                break
            if time.monotonic() > deadline:
                raise Failed(f"The runner of {service} has not stopped it within {_STOP_PATIENCE:.0f} seconds.")
            time.sleep(_POLL)


def configuration_on_disk(
    data: DataDirectory, home: InstanceHome, shell: Mapping[str, str], warn: Say
) -> tuple[dict[str, str], SelfHostSettings]:
    """What the containers would get: environment variables and the settings they make.

    Later files win: global.env, wardenloop.env, uid.env, global.override.env, and over all of them the variables of
    docker-compose.override.yml; the image tag decides the release.
    Failed or SettingsError with the text that the operator reads.
    """
    _require_compose_file(data)
    environment = {
        "wardenloop__dataDirectory": str(data.path.absolute()),
        "wardenloop__stateDirectory": str(home.state.absolute()),
    }
    stack = read_json(home.path / STACK_FILE) or {}
    environment |= {f"wardenloop__{name}": str(stack[name]) for name in ("seed", "at") if stack.get(name) is not None}
    for file in (data.global_env, data.wardenloop_env, data.uid_env, data.override_env):
        for key, value in _read_env_file(file, {**shell, **environment}, warn).items():
            environment.pop(key, None)  # of two spellings of a key the later one counts
            environment[key] = value
        for line, key in env_file.pasted_lines(file.read_text(encoding="utf-8")):
            warn(f"{file} line {line}: the value of {key} holds another setting: are these lines pasted as one?")
    override = _read_override(data, shell, warn)
    for key, value in override.environment.items():
        environment.pop(key, None)
        environment[key] = value
    environment["wardenloop__release"] = str(_image_release(data, override))
    for keys in spelled_twice(environment):
        warn(f"{keys} are one setting; the last one is taken.")
    return environment, bind(environment)


def bring_up(
    data: DataDirectory,
    home: InstanceHome,
    stack: Stack,
    *,
    clock: Clock,
    shell: Mapping[str, str],
    say: Say,
    warn: Say,
    patience: float | None,
) -> None:
    """Put the configuration on disk into effect and wait for the instance.

    patience: seconds to wait for health; None leaves a snapshot for runners that come later. After a Failed or
    SettingsError about the configuration the instance is down. Where the runners end meanwhile, the next ones start it.
    """
    _require_compose_file(data)
    can_run = patience is None or state.runner_alive(home, "api")
    if can_run:  # else all stays as the next runners shall find it
        take_down(home)
    bwdata.create_folders(data, bwdata.VOLUME_FOLDERS, say)
    environment_files.write_simulator_env(data, stack)
    environment, settings = configuration_on_disk(data, home, shell, warn)
    if not can_run:
        raise Failed(NO_RUNNER.format(home=home.path))
    if not settings.simulator.license_certificates:
        warn("wardenloop__licenseCertificates__0 names no certificate: every license will be refused.")
    for missing in _missing_certificates(data):
        warn(f"{missing} is not there: the real nginx would not start.")
    for notice in outside.notices(settings):
        warn(notice)
    generation = state.read_desired(home).generation + 1
    state.write_effective(home, environment, str(settings.release), generation, clock.now().isoformat())
    state.write_desired(home, Desired(generation, up=True))
    if patience is None:
        return
    if not state.runner_alive(home, "jobs"):
        warn("The runner of jobs does not run: recurring jobs will not happen.")
    for service in SERVICES:
        _await_health(home, service, generation, patience)


def _missing_certificates(data: DataDirectory) -> list[Path]:
    """Files of the site's certificate that config.yml names and that are not where nginx looks for them."""
    config = bwdata.read_config(data)
    named = (config.ssl_certificate_path, config.ssl_key_path, config.ssl_ca_path) if config.ssl else ()
    found = (data.host_path(path) for path in named if path)
    return [path for path in found if path is not None and not path.exists()]


def say_up(say: Say, url: str) -> None:
    """What `start` ends with."""
    for line in ("", "Bitwarden is up and running!", "=" * 51, "", f"visit {url}"):
        say(line)
    say("to update, run `./bitwarden.sh updateself` and then `./bitwarden.sh update`")
    say("")


def regenerate(data: DataDirectory, tags: ImageTags, stack: Stack, ids: Ids, say: Say) -> None:
    """`rebuild`: config.yml, the env files and the generated files once more. The instance must be down."""
    config = bwdata.read_config(data)
    say("")
    bwdata.write_config(data, config)
    environment_files.write_environment(data, config, Installation(), ids, say)
    environment_files.write_simulator_env(data, stack)
    container_files.write_proxy_and_compose(data, config, tags, say)
    say("")


def move_release(data: DataDirectory, home: InstanceHome, release: Release, *, script_too: bool) -> None:
    """The release dial: the image tags, and with script_too also the constants of the script."""
    script = state.read_script(home)
    tags = replace(script.tags, core=str(release), web=str(release)) if script_too else script.tags
    script = state.Script(tags, pinned=str(release))
    state.write_script(home, script)
    if data.compose.exists():
        container_files.move_tags(data, script.image_tags)


def _require_compose_file(data: DataDirectory) -> None:
    if not data.compose.exists():
        raise Failed(f"open {data.compose}: no such file or directory")


def _read_env_file(path: Path, known: Mapping[str, str], warn: Callable[[str], None]) -> dict[str, str]:
    if not path.exists():
        raise Failed(f"env file {path} not found: stat {path}: no such file or directory")

    def unset(name: str) -> None:
        warn(f'The "{name}" variable is not set. Defaulting to a blank string.')

    try:
        return env_file.parse(path.read_text(encoding="utf-8"), known, unset=unset)
    except UnicodeDecodeError as error:
        raise Failed(f"failed to read {path}: it is not UTF-8 text") from error
    except EnvFileError as error:
        raise Failed(f"failed to read {path}: {error}") from error


def _read_override(data: DataDirectory, shell: Mapping[str, str], warn: Say) -> Override:
    if not data.compose_override.exists():
        return Override()

    def unset(name: str) -> None:
        warn(f'The "{name}" variable is not set. Defaulting to a blank string.')

    try:
        return compose_override.read(data.compose_override.read_text(encoding="utf-8"), shell, unset)
    except (UnicodeDecodeError, SettingsError) as error:
        raise Failed(f"{data.compose_override}: {error}") from error


def _image_release(data: DataDirectory, override: Override) -> Release:
    tag = override.image.rpartition(":")[2] if override.image else container_files.read_core_tag(data)
    if tag is None:
        raise Failed(f"{data.compose} names no image of the api service.")
    try:
        return Release.parse(tag)
    except UnknownRelease as error:
        raise SettingsError(f"{data.compose}: {error}") from error


def _await_health(home: InstanceHome, service: str, generation: int, patience: float) -> None:
    deadline = time.monotonic() + patience
    while state.runner_alive(home, service):
        status = state.read_status(home, service)
        if status and status.generation == generation:
            if status.state == "healthy":
                return
            if status.state == "crashed":
                raise Failed(f"{service} does not start; its runner goes on trying. It said:\n{status.error}")
        if time.monotonic() > deadline:
            raise Failed(f"{service} is not healthy after {patience:.0f} seconds.")
        time.sleep(_POLL)
    if service == "api":
        raise Failed(STACK_ENDED)
