"""The pages that both apps serve, from `/` on, and what their toolkit is given."""

from common.domains.accounts import pages as accounts
from common.domains.accounts.browser_sessions import service as sessions
from common.domains.families import pages as families
from common.domains.identity import pages as identity
from common.domains.identity.entrances import pages as entrances
from common.domains.navigation.service import shell_of
from common.domains.organizations import pages as organizations
from common.domains.organizations.members import pages as members
from common.domains.organizations.policies import pages as policies
from common.domains.profile import pages as profile
from common.domains.reporting import pages as reporting
from common.domains.vault import pages as vault
from common.ui import routes as ui
from common.ui.given import Given
from common.ui.simulation import pages as simulation

PAGES = (
    ui.assets,
    ui.bp,
    simulation.bp,
    identity.bp,
    entrances.bp,
    accounts.bp,
    organizations.bp,
    members.bp,
    policies.bp,
    families.bp,
    vault.bp,
    profile.bp,
    reporting.bp,
)

GIVEN = Given(
    user_of=sessions.user_of,
    open_session=sessions.open_session,
    lengthen_session=sessions.lengthen_session,
    close_session=sessions.close_session,
    shell_of=shell_of,
)
