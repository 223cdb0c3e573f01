"""The pages that both apps serve, from `/` on."""

from common.domains.accounts import pages as accounts
from common.domains.families import pages as families
from common.domains.identity import pages as identity
from common.domains.organizations import pages as organizations
from common.domains.organizations.members import pages as members
from common.domains.organizations.policies import pages as policies
from common.domains.profile import pages as profile
from common.domains.vault import pages as vault
from common.ui import routes as ui

PAGES = (
    ui.assets,
    ui.bp,
    identity.bp,
    accounts.bp,
    organizations.bp,
    members.bp,
    policies.bp,
    families.bp,
    vault.bp,
    profile.bp,
)
