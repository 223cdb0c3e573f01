"""`docker/docker-compose.override.yml`, the operator's additions: variables and the image of a service.

Merged as compose does it. What else it may say (volumes, networks, ports) concerns containers, and there are none.

Source: util/Setup/Templates/DockerCompose.hbs, run.sh; the compose specification; fidelity.md: deployment.tree.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from common.configuration import env_file
from common.configuration.env_file import EnvFileError
from common.configuration.values import SettingsError
from common.yaml_limits import refuse_what_grows

SERVICES = ("events", "notifications", "scim", "sso", "identity", "admin", "api")
"""What one program stands for here; where two of them are told different things, the later one counts."""


@dataclass(frozen=True)
class Override:
    """environment: what it sets for the services. image: of the api service, None = not said."""

    environment: Mapping[str, str] = field(default_factory=dict)
    image: str | None = None


def read(text: str, shell: Mapping[str, str], unset: Callable[[str], None]) -> Override:
    """Raises SettingsError for what compose would not read. unset: told each variable that is not known."""
    services = _services(text)
    image = (services.get("api") or {}).get("image")
    return Override(_environment(services, SERVICES, shell, unset), str(image) if image else None)


def read_all(text: str, shell: Mapping[str, str], unset: Callable[[str], None]) -> dict[str, str]:
    """The variables of every service there is, those of ours over others'. Raises SettingsError."""
    services = _services(text)
    others = tuple(name for name in services if name not in SERVICES)
    return _environment(services, (*others, *SERVICES), shell, unset)


def _services(text: str) -> Mapping[str, Any]:
    try:
        refuse_what_grows(text)
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise SettingsError(f"yaml: {where}{getattr(error, 'problem', None) or error}") from error
    services = (_mapping(document, "the file") if document is not None else {}).get("services") or {}
    return _mapping(services, "services")


def _environment(
    services: Mapping[str, Any], names: Iterable[str], shell: Mapping[str, str], unset: Callable[[str], None]
) -> dict[str, str]:
    environment: dict[str, str] = {}
    for name in names:
        own = _mapping(services.get(name) or {}, f"services.{name}")
        environment |= dict(_variables(own.get("environment"), name, shell, unset))
    return environment


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SettingsError(f"{where} must be a mapping")
    return value


def _variables(
    found: object, service: str, shell: Mapping[str, str], unset: Callable[[str], None]
) -> Iterator[tuple[str, str]]:
    """A mapping, or a list of `NAME=value`; a name alone takes the value of the shell, or is not set."""
    where = f"services.{service}.environment"
    if isinstance(found, list):
        pairs: list[tuple[str, Any]] = []
        for each in found:
            name, equals, value = str(each).partition("=")
            pairs.append((name, value if equals else None))
    else:
        pairs = list(_mapping(found or {}, where).items())
    for name, value in pairs:
        if isinstance(value, dict | list):
            raise SettingsError(f"{where}.{name} contains an invalid type, it should be a string, number, or a null")
        if value is not None:
            yield str(name), _expanded(value, f"{where}.{name}", shell, unset)
        elif name in shell:
            yield str(name), shell[name]


def _expanded(value: object, where: str, shell: Mapping[str, str], unset: Callable[[str], None]) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    try:
        return env_file.expanded(text, shell, unset)
    except EnvFileError as error:
        raise SettingsError(f"invalid interpolation format for {where}: {error}") from error
