"""The pages that both apps serve, from `/` on."""

from common.accounts import pages as accounts
from common.identity import pages as identity
from common.organizations import pages as organizations
from common.organizations.members import pages as members
from common.organizations.policies import pages as policies
from common.sponsorships import pages as sponsorships
from common.vault import pages as vault
from common.web.ui import routes as ui

PAGES = (
    ui.assets,
    ui.bp,
    identity.bp,
    accounts.bp,
    organizations.bp,
    members.bp,
    policies.bp,
    sponsorships.bp,
    vault.bp,
)
