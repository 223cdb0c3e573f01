"""`bwdata/config.yml`: the user-editable settings of the generated files, a flat YAML file with one list.

Source: util/Setup/Configuration.cs; fidelity.md: deployment.tree.
"""

import re
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

import yaml

from common.configuration.values import SettingsError
from common.yaml_limits import refuse_what_grows
from selfhost.deployment.yaml_text import Quoted, dump_yaml

_NULL = "tag:yaml.org,2002:null"

_ABOUT = {
    "url": "Full URL of the instance; `rebuild` copies it to globalSettings__baseServiceUri__vault.",
    "generate_compose_config": "Write docker/docker-compose.yml on rebuild and update.",
    "generate_nginx_config": "Write nginx/default.conf on rebuild and update.",
    "http_port": "Ports of the reverse proxy; empty leaves one out.",
    "ssl": "Serve TLS, and with which protocols, ciphers and files.",
    "nginx_header_content_security_policy": "Replaces the Content-Security-Policy header of the reverse proxy.",
    "push_notifications": "false writes globalSettings__pushRelayBaseUri=REPLACE, which switches the push relay off.",
    "database_docker_volume": "Keep the database in a docker volume instead of bwdata/mssql.",
    "real_ips": "Networks whose X-Forwarded-For is believed, e.g. - 10.10.0.0/24",
    "enable_key_connector": "Optional services.",
}


@dataclass(frozen=True)
class ConfigYml:
    """The keys of config.yml with their defaults; keys that are not here are ignored and lost when rewritten."""

    url: str = "https://localhost"
    generate_compose_config: bool = True
    generate_nginx_config: bool = True
    http_port: str = "80"
    https_port: str = "443"
    ssl: bool = True
    ssl_versions: str = ""
    ssl_ciphersuites: str = ""
    ssl_curves: str = ""
    ssl_managed_lets_encrypt: bool = False
    ssl_certificate_path: str = ""
    ssl_key_path: str = ""
    ssl_ca_path: str = ""
    ssl_diffie_hellman_path: str = ""
    nginx_header_content_security_policy: str = ""
    push_notifications: bool = True
    database_docker_volume: bool = False
    real_ips: tuple[str, ...] = ()
    enable_key_connector: bool = False
    enable_scim: bool = False
    enable_built_in_ms_sql: bool = True

    @property
    def domain(self) -> str:
        """Host name of `url`."""
        return urlsplit(self.url).hostname or "localhost"


def read(text: str) -> ConfigYml:
    """config.yml from its text; SettingsError naming the line for what is no YAML or not convertible."""
    try:
        refuse_what_grows(text)
        root = yaml.compose(text.removeprefix("\ufeff"), Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise _unreadable(text, error) from error
    if root is None:
        return ConfigYml()
    if not isinstance(root, yaml.MappingNode):
        raise SettingsError(f"config.yml line {_line(root)}: cannot read '{root.value}'.")
    known = {field.name: field.default for field in fields(ConfigYml)}
    found: dict[str, Any] = {
        key.value: _converted(key.value, value, known[key.value])
        for key, value in root.value
        if isinstance(key, yaml.ScalarNode) and key.value in known
    }
    return ConfigYml(**found)


def render(config: ConfigYml) -> str:
    """The file's text: every key, with a word about the groups."""
    lines = []
    for field in fields(ConfigYml):
        value = getattr(config, field.name)
        if field.name in _ABOUT:
            lines.append(f"\n# {_ABOUT[field.name]}\n")
        lines.append(dump_yaml({field.name: _shown(value)}))
    return "".join(lines).lstrip("\n")


def _converted(key: str, node: yaml.Node, default: object) -> str | bool | tuple[str, ...]:
    if isinstance(default, tuple):
        if isinstance(node, yaml.SequenceNode):
            return tuple(_text(key, entry) for entry in node.value)
        if _text(key, node):
            raise SettingsError(f"config.yml line {_line(node)}: {key} must be a list.")
        return ()
    value = _text(key, node)
    if isinstance(default, bool):
        if value.lower() not in ("true", "false"):
            raise SettingsError(f"config.yml line {_line(node)}: {key} must be true or false, not '{value}'.")
        return value.lower() == "true"
    return value


def _text(key: str, node: yaml.Node) -> str:
    """A value as it is written: ports and the like need no quotes. null is an empty one."""
    if not isinstance(node, yaml.ScalarNode):
        raise SettingsError(f"config.yml line {_line(node)}: {key} takes one value, not a list or a mapping.")
    return "" if node.tag == _NULL else str(node.value)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _unreadable(text: str, error: yaml.YAMLError) -> SettingsError:
    mark = getattr(error, "problem_mark", None)
    before = text[: getattr(error, "position", 0)]  # of a character that no YAML may contain
    line = mark.line + 1 if mark else before.count("\n") + 1
    return SettingsError(f"config.yml line {line}: {getattr(error, 'problem', None) or 'cannot be read'}.")


def _shown(value: str | bool | tuple[str, ...]) -> object:
    if isinstance(value, tuple):
        return [_quoted(entry) for entry in value]
    return _quoted(value) if isinstance(value, str) else value


def _quoted(value: str) -> str | None:
    """In quotes unless it cannot be taken for anything but a text, whatever reads the file."""
    plain = re.fullmatch(r"[A-Za-z/][\w./:@+-]*", value) and value.lower() not in ("true", "false", "null", "yes", "no")
    return (value if plain else Quoted(value)) or None
