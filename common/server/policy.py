"""Who may call a route. Every view carries exactly one policy; the skeleton checks it before the view runs.

Source: src/Api/Startup.cs; fidelity.md: wire.policies, identity.access-token.
"""

from collections.abc import Callable
from hmac import compare_digest
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from flask import abort, current_app, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Unauthorized

from common.crypto.tokens import InvalidToken, verify_access_token
from common.server.body import path_uuid
from common.server.context import Context
from common.server.failures import BadToken
from common.server.observed import note_caller, note_check
from common.server.own_hosts import is_from_this_machine, own_names, require_own, require_own_control
from common.settings import CommonSettings

View = TypeVar("View", bound=Callable[..., Any])

LOOPBACK = frozenset({"127.0.0.1", "::1"})


class Caller(NamedTuple):
    """Who holds the access token: a user, or a machine client (organization, installation).

    token_id: its `jti`. email: of the account, as it was when the token was given. device_type: as the token names it.
    """

    client_id: str
    scopes: frozenset[str]
    user_id: UUID | None
    client_sub: str | None
    token_id: str | None = None
    email: str | None = None
    device_type: str | None = None

    @property
    def user(self) -> UUID:
        """The user's id (only behind the Application policy)."""
        if self.user_id is None:
            raise TypeError("this caller is not a user")
        return self.user_id

    @property
    def organization_id(self) -> UUID:
        """The organization behind the token (only behind the *public* policy). Source: CurrentContext.cs."""
        if not self.client_id.startswith("organization.") or self.client_sub is None:
            raise TypeError("this caller is no organization")
        return UUID(self.client_sub)

    @property
    def installation_id(self) -> UUID | None:
        """The installation behind the token. Source: src/Core/Context/CurrentContext.cs (client_sub, not sub)."""
        if not self.client_id.startswith("installation.") or self.client_sub is None:
            return None
        return UUID(self.client_sub)


def _named(name: str) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.policy = name  # type: ignore[attr-defined]
        return view

    return mark


anonymous = _named("anonymous")
application = _named("application")
web = _named("web")
installation = _named("installation")
licensing = _named("licensing")
push = _named("push")
public = _named("public")
control = _named("control")

PageGuard = Callable[[], ResponseReturnValue | None]
"""Looks at a request for a page: None lets it through, an answer (the sign-in page) is given instead of the page."""


def page(guard: PageGuard) -> Callable[[View], View]:
    """A page for people: `guard` knows their cookies and forms; every set of pages brings its own."""

    def mark(view: View) -> View:
        view.policy = "page"  # type: ignore[attr-defined]
        view.guard = guard  # type: ignore[attr-defined]
        return view

    return mark


class Requirement(NamedTuple):
    """What a user has to be in the organization that the path names.

    name: upstream's, without the word Requirement. holds: the context, the organization and the user.
    """

    name: str
    holds: Callable[[Context, UUID, UUID], bool]


def organization(requirement: Requirement) -> Callable[[View], View]:
    """*Application*, and for members of the organization in the path who meet a requirement.

    Everybody else gets 403 with an empty body, before the body or the organization is looked at, so that nobody can
    tell an organization of others from one that is not there.
    Source: src/Libraries/OrganizationAuthorization/Organizations/OrganizationRequirementHandler.cs; fidelity.md:
    wire.requirements.
    """

    def mark(view: View) -> View:
        view.policy = "organization"  # type: ignore[attr-defined]
        view.requirement = requirement  # type: ignore[attr-defined]
        return view

    return mark


def name_of(view: Callable[..., Any]) -> str:
    """A view's policy in one word: `application`, `organization(ManageUsers)`."""
    name = str(view.policy)  # type: ignore[attr-defined]
    return f"{name}({view.requirement.name})" if name == "organization" else name  # type: ignore[attr-defined]


_OF_USERS = frozenset({"application", "web", "organization"})
_SCOPE = {
    "installation": "api.installation",
    "licensing": "api.licensing",
    "push": "api.push",
    "public": "api.organization",
}


def enforce() -> ResponseReturnValue | None:
    """Check the policy of the view about to run; fills `g.caller`."""
    view: Any = current_app.view_functions.get(request.endpoint or "")
    if view is None or request.method == "OPTIONS":
        return None
    name = view.policy
    if name == "anonymous":
        return None
    if name == "control":
        _check_control()
        return None
    if name == "page":
        require_own(request.headers, _own_names(), navigable=request.method in ("GET", "HEAD"))
        answer: ResponseReturnValue | None = view.guard()
        return answer
    caller = g.caller = _caller_of_token()
    note_caller(f"user {caller.user_id}" if caller.user_id else caller.client_id)
    if name in _OF_USERS:
        _require(
            f"policy.{'application' if name == 'organization' else name}",
            caller.user_id is not None and "api" in caller.scopes and not (name == "web" and caller.client_id != "web"),
        )
        if name == "organization":
            _check_requirement(view.requirement, caller.user)
    else:
        _require(f"policy.{name}", _SCOPE[name] in caller.scopes)
    return None


def _require(rule: str, holds: bool) -> None:
    note_check(rule, passed=holds)
    if not holds:
        abort(403)


def _check_requirement(requirement: Requirement, user_id: UUID) -> None:
    named = (request.view_args or {})["organization_id"]
    organization_id = named if isinstance(named, UUID) else path_uuid(str(named))
    holds = requirement.holds(current_app.extensions["wardenloop"], organization_id, user_id)
    _require(f"policy.organization.{requirement.name}", holds)


def guest() -> Caller | None:
    """Who holds the access token on a route that asks for none; None without a good one."""
    try:
        return _caller_of_token()
    except Unauthorized:
        return None


def caller() -> Caller:
    """The caller of the current request (behind any policy but anonymous and control)."""
    found: Caller = g.caller
    return found


def _caller_of_token() -> Caller:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        token = request.args.get("access_token", "")
    if not token.strip():
        abort(401)
    ctx: Context = current_app.extensions["wardenloop"]
    try:
        claims = verify_access_token(token.strip(), ctx.signing_key.verifiers, ctx.settings.issuer, ctx.clock.now())
        caller = _caller_of(claims)
    except InvalidToken as error:
        raise BadToken(error.description) from error
    except (ValueError, TypeError, AttributeError) as error:  # claims of another shape than ours
        raise BadToken(None) from error
    note_check("policy.token")
    return caller


def _caller_of(claims: dict[str, Any]) -> Caller:
    client_id = str(claims.get("client_id", ""))
    scopes = frozenset(claims.get("scope", ()))
    from_application = {"Application", "external"} & set(claims.get("amr", ()))
    user_id = UUID(claims["sub"]) if from_application and "sub" in claims else None
    known = claims.get("client_sub"), claims.get("jti"), claims.get("email"), claims.get("devicetype")
    return Caller(client_id, scopes, user_id, *known)


def _check_control() -> None:
    """Simulator control answers loopback and names of ours only, or whoever knows the control token."""
    expected = current_app.extensions["wardenloop"].settings.control_token
    given = request.headers.get("X-Wardenloop-Token", "")
    if expected is not None and compare_digest(given.encode(), expected.encode()):
        return
    if not is_from_this_machine(request.remote_addr, request.headers):
        abort(403)
    require_own_control(request.headers, _own_names())


def _own_names() -> frozenset[str]:
    settings: CommonSettings = current_app.extensions["wardenloop"].settings
    return own_names(settings.base_url, settings.allowed_hosts)
