"""What the containers would be started with: the compose file and the reverse proxy's, which nobody executes here.

What counts is the tag in the compose file: the server release that is simulated.
Source: util/Setup/DockerComposeBuilder.cs, util/Setup/NginxConfigBuilder.cs, util/Setup/AppIdBuilder.cs.
"""

import json
import re

from common.files import write_file
from selfhost.deployment.bwdata import NOT_EXECUTED, DataDirectory, Say
from selfhost.deployment.config_file import ConfigYml
from selfhost.deployment.image_tags import ImageTags
from selfhost.deployment.yaml_text import Quoted, dump_yaml

CORE_SERVICES = ("attachments", "api", "identity", "sso", "admin", "icons", "notifications", "events", "nginx")
# these see neither the operator's file nor the internet
WITHOUT_OVERRIDE_FILE = ("web", "attachments", "icons")


def write_proxy_and_compose(data: DataDirectory, config: ConfigYml, tags: ImageTags, say: Say) -> None:
    """nginx/default.conf, web/app-id.json and docker/docker-compose.yml, each with upstream's line."""
    say("Building nginx config." if config.generate_nginx_config else "Building nginx config...skipped")
    if config.generate_nginx_config:
        write_file(data.path / "nginx/default.conf", _nginx(config))
    say("Building FIDO U2F app id.")
    write_file(data.path / "web/app-id.json", _app_id(config.url))
    say("Building docker-compose.yml." if config.generate_compose_config else "Building docker-compose.yml...skipped")
    if config.generate_compose_config:
        write_file(data.compose, _compose(config, tags))


def read_core_tag(data: DataDirectory) -> str | None:
    """Tag of the api image in docker-compose.yml; None when the file names none."""
    found = re.search(r"^\s*image:\s*\S+/api:(\S+)\s*$", data.compose.read_text(), re.M)
    return found[1] if found else None


def move_tags(data: DataDirectory, tags: ImageTags) -> None:
    """Give the images in docker-compose.yml other tags and leave the rest as it is."""

    def moved(match: re.Match[str]) -> str:
        name = match[2]
        tag = tags.web if name == "web" else tags.key_connector if name == "key-connector" else tags.core
        return f"{match[1]}{name}:{tag}"

    text = data.compose.read_text()
    write_file(data.compose, re.sub(r"(image:\s*ghcr\.io/bitwarden/)([\w-]+):\S+", moved, text))


def _app_id(url: str) -> str:
    facets = [url, "ios:bundle-id:com.8bit.bitwarden", "android:apk-key-hash:dUGFzUzf3lmHSLBDBIv+WaFyZMI"]
    return json.dumps({"trustedFacets": [{"version": {"major": 1, "minor": 0}, "ids": facets}]}, indent=2) + "\n"


def _nginx(config: ConfigYml) -> str:
    """Source: util/Setup/Templates/NginxConfig.hbs; fidelity.md: hosts.paths."""
    stripped = ["api", "icons", "notifications", "events", "attachments"]
    stripped += [
        name for name, on in (("scim", config.enable_scim), ("key-connector", config.enable_key_connector)) if on
    ]
    locations = ["  location / {\n    proxy_pass http://web:5000/;\n  }"]
    locations += [f"  location /{name}/ {{\n    proxy_pass http://{name}:5000/;\n  }}" for name in stripped]
    locations += [
        f"  location /{name} {{\n    proxy_pass http://{name}:5000;\n  }}" for name in ("identity", "admin", "sso")
    ]
    locations.append("  location = /alive {\n    default_type text/plain;\n    return 200 alive;\n  }")
    policy = config.nginx_header_content_security_policy
    head = [NOT_EXECUTED]
    if config.ssl:
        head.append(
            f"server {{\n  listen 8080;\n  server_name {config.domain};\n  return 301 {config.url}$request_uri;\n}}"
        )
    head.append(f"server {{\n  listen {'8443 ssl' if config.ssl else '8080'};\n  server_name {config.domain};")
    if config.ssl:
        head.append(f"  ssl_certificate {config.ssl_certificate_path};\n  ssl_certificate_key {config.ssl_key_path};")
    head += [f"  set_real_ip_from {network};" for network in config.real_ips]
    head += [f'  add_header Content-Security-Policy "{policy}";'] if policy else []
    return "\n".join([*head, "  client_max_body_size 505m;", *locations, "}"]) + "\n"


_CERTIFICATES = "../ca-certificates:/etc/bitwarden/ca-certificates"
_CORE = "../core:/etc/bitwarden/core"
_IDENTITY = "../identity:/etc/bitwarden/identity"
_VOLUMES = {
    "web": ["../web:/etc/bitwarden/web"],
    "attachments": ["../core/attachments:/etc/bitwarden/core/attachments"],
    "api": [_CORE, _CERTIFICATES],
    "identity": [_IDENTITY, _CORE, _CERTIFICATES],
    "sso": [_IDENTITY, _CORE, _CERTIFICATES],
    "admin": [_CORE, _CERTIFICATES],
    "icons": [_CERTIFICATES],
    "notifications": [_CERTIFICATES],
    "events": [_CERTIFICATES],
    "key-connector": ["../key-connector:/etc/bitwarden/key-connector", _CERTIFICATES],
    "scim": [_CORE, _CERTIFICATES],
}
_WITHOUT_LOGS = ("web", "attachments")


def _volumes(config: ConfigYml, name: str) -> list[str]:
    """What a container sees of `bwdata`. Source: util/Setup/Templates/DockerCompose.hbs."""
    match name:
        case "mssql":
            data = "mssql_data" if config.database_docker_volume else "../mssql/data"
            return [
                f"{data}:/var/opt/mssql/data",
                "../logs/mssql:/var/opt/mssql/log",
                "../mssql/backups:/etc/bitwarden/mssql/backups",
            ]
        case "nginx":
            return [
                "../nginx:/etc/bitwarden/nginx",
                "../letsencrypt:/etc/letsencrypt",
                "../ssl:/etc/ssl",
                "../logs/nginx:/var/log/nginx",
            ]
    return _VOLUMES[name] + ([] if name in _WITHOUT_LOGS else [f"../logs/{name}:/etc/bitwarden/logs"])


def _compose(config: ConfigYml, tags: ImageTags) -> str:
    """Source: util/Setup/Templates/DockerCompose.hbs; fidelity.md: deployment.tree."""
    images = {"mssql": tags.core} if config.enable_built_in_ms_sql else {}
    images |= {"web": tags.web} | dict.fromkeys(CORE_SERVICES, tags.core)
    images |= {"key-connector": tags.key_connector} if config.enable_key_connector else {}
    images |= {"scim": tags.core} if config.enable_scim else {}
    head = (
        NOT_EXECUTED,
        "# What counts here is the tag: the server release that is simulated after the next start.",
        "",
    )
    services = {"services": {name: _service(config, name, tag) for name, tag in images.items()}}
    networks = {"networks": {"default": {"internal": True}, "public": {"internal": False}}}
    kept = {"volumes": {"mssql_data": {"labels": {"com.bitwarden.product": "bitwarden"}}}}
    volumes = [dump_yaml(kept)] if config.database_docker_volume and config.enable_built_in_ms_sql else []
    return "\n".join([*head, dump_yaml(services, indented=True), *volumes, dump_yaml(networks)])


def _service(config: ConfigYml, name: str, tag: str) -> dict[str, object]:
    service: dict[str, object] = {
        "image": f"ghcr.io/bitwarden/{name}:{tag}",
        "container_name": f"bitwarden-{name}",
        "restart": "always",
        "volumes": _volumes(config, name),
        "env_file": _env_files(name),
        "networks": ["default"] if name in ("web", "attachments", "mssql") else ["default", "public"],
    }
    ports = [
        Quoted(f"{outer}:{inner}") for outer, inner in ((config.http_port, 8080), (config.https_port, 8443)) if outer
    ]
    if name == "nginx" and ports:
        service["ports"] = ports
    return service


def _env_files(container: str) -> list[str]:
    match container:
        case "mssql":
            return ["mssql.env", "../env/uid.env", "../env/mssql.override.env"]
        case "nginx":
            return ["../env/uid.env"]
        case "key-connector":
            return ["../env/uid.env", "../env/key-connector.override.env"]
    own = [] if container in WITHOUT_OVERRIDE_FILE else ["../env/global.override.env"]
    return ["global.env", "../env/uid.env", *own]
