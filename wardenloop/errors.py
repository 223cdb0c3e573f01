"""What goes wrong, as exceptions."""


class WardenloopError(Exception):
    """Anything that the kit raises."""


class NotStarted(WardenloopError):
    """The simulator does not start; the text is what it said."""


class Refused(WardenloopError):
    """A server refused something, as a client sees it, with what the simulator knows about it besides.

    status: HTTP status. message: the text on the wire, in short where a page was answered. body: all of the answer.
    rule: which of the server's rules it was, advice: what helps; both None where the journal does not say.

    >>> error = Refused("POST /api/organizations/licenses/self-hosted", 400, "Invalid license")
    >>> error.status, error.message
    (400, 'Invalid license')
    """

    def __init__(
        self,
        what: str,
        status: int,
        message: str,
        *,
        rule: str | None = None,
        advice: str | None = None,
        body: str = "",
    ) -> None:
        super().__init__(f"{what}: {status} {message}" + (f" ({advice})" if advice else ""))
        self.what = what
        self.status = status
        self.message = message
        self.rule = rule
        self.advice = advice
        self.body = body
