"""`bwdata/config.yml`: the user-editable settings of the generated files, a flat YAML file with one list.

Source: util/Setup/Configuration.cs; spec/deployment-and-configuration.md 1.4.
"""

import re
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from selfhost.deployment.settings import SettingsError

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
class Config:
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


def read(text: str) -> Config:
    """Config from the file's text; SettingsError naming the line for YAML that is not flat or not convertible."""
    known = {field.name: field.default for field in fields(Config)}
    found: dict[str, str | bool | tuple[str, ...]] = {}
    key = ""
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        content = _without_comment(line)
        item = re.fullmatch(r"\s*-\s+(.*)", content)
        pair = re.fullmatch(r"([A-Za-z_]\w*)\s*:(?:\s+(.*))?", content)
        if not content.strip() or content.strip() in ("---", "..."):
            continue
        if item and key:
            listed = found.get(key, ())
            if key in known:
                if not isinstance(listed, tuple):
                    raise SettingsError(f"config.yml line {number}: {key} takes one value, not a list.")
                found[key] = (*listed, _scalar(item[1], number))
        elif pair:
            key = pair[1]
            if key in known:
                found[key] = _converted(key, pair[2] or "", known[key], number)
        else:
            raise SettingsError(f"config.yml line {number}: cannot read '{line.strip()}'.")
    return Config(**found)  # type: ignore[arg-type]  # each value was converted to the type of its default


def render(config: Config) -> str:
    """The file's text: every key, with a word about the groups."""
    lines = []
    for field in fields(Config):
        value = getattr(config, field.name)
        if field.name in _ABOUT:
            lines.append(f"\n# {_ABOUT[field.name]}")
        if isinstance(value, tuple):
            lines.append(f"{field.name}:" if value else f"{field.name}: []")
            lines.extend(f"- {_quote(entry)}" for entry in value)
        else:
            lines.append(f"{field.name}: {str(value).lower() if isinstance(value, bool) else _quote(value)}".rstrip())
    return "\n".join(lines).lstrip("\n") + "\n"


def _converted(key: str, text: str, default: object, number: int) -> str | bool | tuple[str, ...]:
    if isinstance(default, tuple):
        inner = re.fullmatch(r"\[(.*)\]", text.strip())
        if not inner and text.strip() not in ("", "null", "~"):
            raise SettingsError(f"config.yml line {number}: {key} must be a list.")
        return tuple(_scalar(part, number) for part in inner[1].split(",") if part.strip()) if inner else ()
    value = _scalar(text, number)
    if isinstance(default, bool):
        if value.lower() not in ("true", "false"):
            raise SettingsError(f"config.yml line {number}: {key} must be true or false, not '{value}'.")
        return value.lower() == "true"
    return value


def _without_comment(line: str) -> str:
    quoted = re.match(r"""^([^'"#]*(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'))\s*(?:#.*)?$""", line)
    return quoted[1] if quoted else re.split(r"(?:^|\s)#", line, maxsplit=1)[0].rstrip()


def _scalar(text: str, number: int) -> str:
    value = text.strip()
    if value in ("null", "~"):
        return ""
    if value[:1] in ("'", '"'):
        if len(value) < 2 or value[-1] != value[0]:
            raise SettingsError(f"config.yml line {number}: unterminated quoted value {value}")
        inner = value[1:-1]
        return inner.replace("''", "'") if value[0] == "'" else re.sub(r"\\(.)", r"\1", inner)
    if value[:1] in ("{", "[", "|", ">", "&", "*", "!"):
        raise SettingsError(f"config.yml line {number}: cannot read '{value}'; put it in quotes.")
    return value


def _quote(value: str) -> str:
    plain = re.fullmatch(r"[A-Za-z/][\w./:@+-]*", value) and value.lower() not in ("true", "false", "null", "yes", "no")
    return value if plain or not value else "'" + value.replace("'", "''") + "'"
