"""Refusals: a request refused for one documented reason, as data with a name. The text is the wire contract."""

from collections.abc import Mapping, Sequence

MODEL_STATE_INVALID = "The model state is invalid."

ValidationErrors = Mapping[str, Sequence[str]]


class Refusal(Exception):
    """A request refused for one documented reason.

    status: HTTP status. message: literal wire text. validation_errors: C# property name (or "") -> texts.
    rule: name of the rule, used in docs/fidelity.md and the log. slow: the answer waits, as after a wrong secret.
    retry_after: seconds after which the client may ask again. exception_message: what upstream lets out of its 500.
    Source: src/Libraries/ExceptionHandling/ErrorResponseModel.cs; fidelity.md: wire.errors.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        validation_errors: ValidationErrors | None = None,
        rule: str = "",
        slow: bool = False,
        retry_after: int | None = None,
        exception_message: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.validation_errors = validation_errors
        self.rule = rule
        self.slow = slow
        self.retry_after = retry_after
        self.exception_message = exception_message


class InvalidModel(Refusal):
    """A body whose fields cannot be taken: 400 "The model state is invalid." with texts by field."""

    def __init__(self, errors: ValidationErrors, *, rule: str = "", slow: bool = False) -> None:
        super().__init__(400, MODEL_STATE_INVALID, validation_errors=errors, rule=rule, slow=slow)


class GatewayTimeout(Refusal):
    """504 of the nginx in front, in HTML: the server behind it is still busy. Source: util/Nginx/proxy.conf."""

    def __init__(self, *, rule: str) -> None:
        super().__init__(504, "504 Gateway Time-out", rule=rule)


def bad_request(message: str, *, rule: str = "", slow: bool = False) -> Refusal:
    """400 with a literal text. `slow` asks for upstream's 2 s delay after a wrong secret."""
    return Refusal(400, message, rule=rule, slow=slow)


def invalid_field(field: str, *texts: str, rule: str = "", slow: bool = False) -> Refusal:
    """400 "The model state is invalid." with texts for one field ("" = the whole body)."""
    return invalid_model({field: list(texts)}, rule=rule, slow=slow)


def invalid_model(errors: ValidationErrors, *, rule: str = "", slow: bool = False) -> Refusal:
    """400 "The model state is invalid." with texts by field."""
    return InvalidModel(errors, rule=rule, slow=slow)


def not_found(rule: str = "") -> Refusal:
    """404; upstream drops whatever text the code gave."""
    return Refusal(404, "Resource not found.", rule=rule)


def unauthorized(rule: str = "") -> Refusal:
    """401 with an envelope: the token is fine, the user behind it is not there."""
    return Refusal(401, "Unauthorized.", rule=rule)


def conflict(message: str, *, rule: str = "") -> Refusal:
    """409 with a literal text."""
    return Refusal(409, message, rule=rule)


def billing_failed(rule: str) -> Refusal:
    """500, as upstream answers what its payment provider cannot do.

    Source: src/Core/Billing/BillingException.cs; fidelity.md: organization.subscription.
    """
    return Refusal(500, "Something went wrong with your request. Please contact support.", rule=rule)


def payment_failed(exception: str, rule: str) -> Refusal:
    """500 of upstream's newer billing commands: what the payment provider said stands beside the text.

    Source: src/Core/Billing/Commands/BillingCommandResult.cs, src/Api/Billing/Controllers/BaseBillingController.cs.
    """
    text = "Something went wrong with your request. Please contact support for assistance."
    return Refusal(500, text, rule=rule, exception_message=exception)


def only_when_self_hosted() -> Refusal:
    """400 of a route that the cloud does not serve."""
    return bad_request("Only allowed when self hosted.", rule="guard.self-hosted")


def only_when_not_self_hosted() -> Refusal:
    """400 of a route that a self-hosted server does not serve."""
    return bad_request("Only allowed when not self hosted.", rule="guard.cloud")


class OAuthRefusal(Exception):
    """A refusal of the token endpoint: always 400, OAuth's own shape.

    error_model: text of upstream's ErrorModel.Message, or None when the library answers alone.
    Source: fidelity.md: identity.token-refusals.
    """

    def __init__(
        self,
        error: str,
        description: str | None = None,
        *,
        error_model: str | None = None,
        extra: Mapping[str, object] | None = None,
        slow: bool = False,
    ) -> None:
        super().__init__(error_model or description or error)
        self.error = error
        self.description = description
        self.error_model = error_model
        self.extra = dict(extra or {})
        self.slow = slow
