"""The env files of `bwdata`: fixed ones, the operator's own with its values kept, and ours with the simulator's DNS.

Source: util/Setup/EnvironmentFileBuilder.cs.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from common.configuration import env_file
from common.files import PRIVATE, write_file
from common.ids import Ids
from selfhost.deployment.bwdata import DataDirectory, Installation, Say
from selfhost.deployment.config_file import ConfigYml
from selfhost.deployment.simulated_cloud import Stack

PREFIX = "globalSettings__"
VAULT_URI = PREFIX + "baseServiceUri__vault"
PUSH_RELAY_URI = PREFIX + "pushRelayBaseUri"


def write_environment(
    data: DataDirectory, config: ConfigYml, installation: Installation, ids: Ids, say: Say, password: str | None = None
) -> None:
    """The env files: fixed ones anew, the operator's rewritten by the rules of 1.5 (or made, at install).

    password: of identity/identity.pfx when it was just generated.
    """
    say("Building docker environment files.")
    fixed = {
        "ASPNETCORE_ENVIRONMENT": "Production",
        PREFIX + "selfHosted": "true",
        PREFIX + "baseServiceUri__vault": "http://localhost",
        PUSH_RELAY_URI: "https://push.bitwarden.com",
    }
    write_file(data.global_env, env_file.render(fixed), PRIVATE)
    mssql = {"ACCEPT_EULA": "Y", "MSSQL_PID": "Express", "SA_PASSWORD": "SECRET"}
    write_file(data.path / "docker/mssql.env", env_file.render(mssql), PRIVATE)

    say("Building docker environment override files.")
    sa_password = ids.secret(32)
    template = override_template(config, installation, ids, sa_password, password or ids.secret(32))
    _rewrite(data.override_env, rewritten_overrides(template, _existing(data.override_env), config, say))
    database = {"SA_PASSWORD": sa_password, "DATABASE": installation.database}
    _rewrite(data.mssql_override_env, env_file.rewrite(database, _existing(data.mssql_override_env)))
    if config.enable_key_connector:
        key_connector = data.path / "env/key-connector.override.env"
        defaults = {
            "keyConnectorSettings__webVaultUri": config.url,
            "keyConnectorSettings__identityServerUri": "http://identity:5000",
        }
        _rewrite(key_connector, env_file.rewrite(defaults, _existing(key_connector)))


def override_template(
    config: ConfigYml, installation: Installation, ids: Ids, sa_password: str, certificate_password: str
) -> dict[str, str]:
    """The keys of a generated `global.override.env` in upstream's order; secrets are fresh.

    Source: util/Setup/EnvironmentFileBuilder.cs; fidelity.md: deployment.tree.
    """
    connection = (
        f"Data Source=tcp:mssql,1433;Initial Catalog={installation.database};Persist Security Info=False;User ID=sa;"
        f"Password={sa_password};MultipleActiveResultSets=False;Connect Timeout=30;Encrypt=True;"
        "TrustServerCertificate=True"
    )
    values = {
        "baseServiceUri__vault": config.url,
        "baseServiceUri__cloudRegion": installation.region,
        "sqlServer__connectionString": f'"{connection}"',
        "identityServer__certificatePassword": certificate_password,
        "internalIdentityKey": ids.secret(64),
        "oidcIdentityClientKey": ids.secret(64),
        "duo__aKey": ids.secret(64),
        "installation__id": str(installation.id),
        "installation__key": installation.key,
        "yubico__clientId": "REPLACE",
        "yubico__key": "REPLACE",
        "mail__replyToEmail": f"no-reply@{config.domain}",
        "mail__smtp__host": "REPLACE",
        "mail__smtp__port": "587",
        "mail__smtp__ssl": "false",
        "mail__smtp__username": "REPLACE",
        "mail__smtp__password": "REPLACE",
        "disableUserRegistration": "false",
        "hibpApiKey": "REPLACE",
    }
    return {PREFIX + key: value for key, value in values.items()} | {"adminSettings__admins": ""}


def rewritten_overrides(template: Mapping[str, str], existing: str, config: ConfigYml, say: Say) -> dict[str, str]:
    """Rules 1-6 of 1.5: the operator's values in the template's order, push relay and vault URL as config.yml says."""
    values = env_file.rewrite(template, existing)
    if config.push_notifications and values.get(PUSH_RELAY_URI) == "REPLACE":
        del values[PUSH_RELAY_URI]
    elif not config.push_notifications:
        values.setdefault(PUSH_RELAY_URI, "REPLACE")
    if values[VAULT_URI] != config.url:
        values[VAULT_URI] = config.url
        say(f"Updated {VAULT_URI} to match value in config.yml")
    return values


def write_uid_env(data: DataDirectory) -> None:
    """`env/uid.env` unless it has both lines; root becomes 65534."""
    existing = data.uid_env.read_text() if data.uid_env.exists() else ""
    if re.search("^LOCAL_UID=", existing, re.M) and re.search("^LOCAL_GID=", existing, re.M):
        return
    # other lines (BW_INSTALLATION_URL) are the operator's
    kept = [line for line in existing.splitlines() if not line.startswith(("LOCAL_UID=", "LOCAL_GID="))]
    own = [f"LOCAL_UID={os.getuid() or 65534}", f"LOCAL_GID={os.getgid() or 65534}"]
    write_file(data.uid_env, "\n".join([*own, *kept]) + "\n")


def write_simulator_env(data: DataDirectory, stack: Stack) -> None:
    """`docker/wardenloop.env`, see simulated_cloud."""
    about = (
        "# Generated by wardenloop at every start; do not edit, put your own lines into env/global.override.env.\n"
        "# The simulator's DNS: each official host name and the simulated cloud that stands in for it.\n"
    )
    values = {key: env_file.quoted(value) for key, value in stack.environment().items()}
    write_file(data.wardenloop_env, about + env_file.render(values), PRIVATE)


def _existing(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _rewrite(path: Path, values: Mapping[str, str]) -> None:
    write_file(path, env_file.render(values), PRIVATE)
