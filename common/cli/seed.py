"""The first world of a stack: an installed instance that trusts the simulated cloud, an owner on each side, and an
Enterprise organization on the US cloud that is ready for its licence to be downloaded.
"""

from collections.abc import Callable, Mapping
from itertools import chain

from common.cli import keys, selfhost, stack
from common.cli.client import Mailbox, RequestFailed, Server, register
from common.cli.credentials import account_of, installation_of, organization_of
from common.cli.home import HOST, Home
from common.cli.language import worded
from common.cli.organizations import buy_organization
from common.enums import PlanType
from common.ids import Ids
from common.settings import process_environment

OWNER = "owner@acme.example"
PASSWORD = "correct-horse-battery-staple"
ORGANIZATION = "Acme"
SEATS = 10
_APPS = {"cloud_us": "cloud US", "cloud_eu": "cloud EU", "selfhost": "self-hosted"}


def set_up_first_world(home: Home, ids: Ids, say: Callable[[str], None]) -> None:
    """As `make_first_world`. Raises StackError with the reason when it cannot be made."""
    try:
        make_first_world(home, ids, say)
    except (RequestFailed, selfhost.CommandFailed, TimeoutError, LookupError) as failure:
        raise stack.StackError(worded("x.cli.seedFailed", why=failure)) from failure


def make_first_world(home: Home, ids: Ids, say: Callable[[str], None]) -> None:
    """Install and start the instance, register the owners; the clouds and the mailbox are up already."""
    urls = home.urls()
    servers = {app: Server(urls[app], ca=home.ca) for app in _APPS}
    say(worded("x.cli.seedInstallation"))
    installation = servers["cloud_us"].post("/api/installations", {"email": OWNER})
    say(worded("x.cli.seedInstall"))
    install(home, installation["id"], installation["key"], region="US")
    stack.wait_until_healthy(home, ("selfhost",))
    mailbox = Mailbox(urls["mailbox"], ca=home.ca, shown=home.shown)
    accounts, organizations = [], []
    for app, server in servers.items():
        say(worded("x.cli.seedRegister", email=OWNER, app=_APPS[app]))
        owner = register(server, mailbox, OWNER, PASSWORD, "Olivia Owner", ids)
        role = "account"
        if app == "cloud_us":
            made = buy_organization(owner, ORGANIZATION, PlanType.ENTERPRISE_ANNUALLY, seats=SEATS)
            organizations.append(organization_of(owner, app, made))
            role = f"owner of the Enterprise organization {ORGANIZATION}"
        accounts.append(account_of(owner, PASSWORD, app, role))
    installations = [installation_of("cloud_us", installation)]
    home.add_accounts(*accounts, organizations=organizations, installations=installations)
    keys.keep(keys.cache_folder(process_environment()), home.root)


def install(
    home: Home, installation_id: str, installation_key: str, *, region: str, settings: Mapping[str, str] | None = None
) -> None:
    """What an administrator does: install, set up mail (it verifies addresses) and the portal's admins, start.

    settings: further lines of the environment file.
    """
    answers = {"--install-id": installation_id, "--install-key": installation_key, "--cloud-region": region}
    outcome = selfhost.run(home, "install", "--defaults", *chain.from_iterable(answers.items()))
    if not home.environment_file.exists():  # a refused id ends with exit status 0, as upstream's
        raise selfhost.CommandFailed(outcome.output)
    ports = home.ports()
    if ports is None:
        raise LookupError(worded("x.cli.noStack", home=home.root))
    lines = {
        "globalSettings__mail__smtp__host": HOST,
        "globalSettings__mail__smtp__port": str(ports.by_process["smtp"]),
        "globalSettings__enableEmailVerification": "true",
        "adminSettings__admins": OWNER,
    }
    selfhost.set_environment_lines(home, **lines | dict(settings or {}))
    selfhost.run(home, "start")
