"""What `license inspect` says, in the language of the terminal; the inspection itself speaks English, as its JSON."""

# ruff: noqa: E501 - a table of texts

import re

from common.cli.language import chosen, literal, worded

_DISTANCE = re.compile(r"(?P<ahead>in )?(?P<count>\d+) (?P<unit>year|month|day|hour|minute)s?(?P<past> ago)?")
_OTHER_HASH = re.compile(r"the values of the file give (?P<hash>\S+)")
_SAID = {
    "Organization license": "x.inspectOrganization",
    "Premium license of a user": "x.inspectPremium",
    "name": "x.inspectName",
    "id in the cloud": "x.inspectId",
    "billing e-mail": "x.inspectBillingEmail",
    "plan": "x.inspectPlan",
    "seats": "x.inspectSeats",
    "unlimited": "x.inspectUnlimited",
    "installation": "x.inspectInstallation",
    "enabled": "x.inspectEnabled",
    "self-hosting": "x.inspectSelfHosting",
    "e-mail": "x.inspectEmail",
    "premium": "x.inspectIsPremium",
    "license key": "x.inspectKey",
    "file version": "x.inspectVersion",
    "trial": "x.inspectTrial",
    "keys": "x.inspectKeys",
    "token": "x.inspectToken",
    "signature": "x.inspectSignature",
    "hash": "x.inspectHash",
    "instance": "x.inspectInstance",
    "good": "x.inspectGood",
    "bad": "x.inspectBad",
    "absent": "x.inspectAbsent",
    "not checked": "x.inspectNotChecked",
    "no certificate given": "x.inspectNoCertificate",
    "no installation id given": "x.inspectNoInstallation",
    "a premium license is for any installation": "x.inspectAnyInstallation",
    "no given certificate signed these values": "x.inspectNobodySigned",
    "when (UTC)": "x.inspectWhen",
    "from now": "x.inspectFromNow",
    "what": "x.inspectWhat",
    "says": "x.inspectSays",
    "Validity": "x.inspectValidity",
    "file": "x.inspectFile",
    "issued": "x.inspectIssued",
    "refresh: informational, nothing acts on it": "x.inspectRefresh",
    "trial ends": "x.inspectTrialEnds",
    "expires": "x.inspectExpires",
    "paid period ends, grace period begins": "x.inspectPaidEnds",
    "token valid from": "x.inspectTokenFrom",
    "token dies: from here every check of it fails": "x.inspectTokenEnds",
    "expires: the license stops counting at the next validation run": "x.inspectClaimExpires",
    "The token is not readable.": "x.inspectTokenUnreadable",
    "File and token say the same.": "x.inspectSame",
    "field": "x.inspectField",
    "File against token (the token counts)": "x.inspectAgainst",
    "made by the cloud itself": "x.inspectByDesign",
    "changed": "x.inspectChanged",
    "none": "x.inspectNone",
    " (as the cloud hands it out: upload it. Copied by hand into bwdata/core/licenses a server finds nothing in it, because there the names begin with capitals)": "x.inspectDownloaded",
    "True": "x.inspectTrue",
    "False": "x.inspectFalse",
    "now": "x.inspectNow",
}
"""English -> key."""
_AHEAD = {
    "year": "x.inspect.in.year",
    "month": "x.inspect.in.month",
    "day": "x.inspect.in.day",
    "hour": "x.inspect.in.hour",
    "minute": "x.inspect.in.minute",
}
_PAST = {
    "year": "x.inspect.ago.year",
    "month": "x.inspect.ago.month",
    "day": "x.inspect.ago.day",
    "hour": "x.inspect.ago.hour",
    "minute": "x.inspect.ago.minute",
}


def said(text: str) -> str:
    """A text of the inspection; a refusal in the wire's words with what it means."""
    if chosen() == "en":
        return text
    if text in _SAID:
        return worded(_SAID[text])
    if hashed := _OTHER_HASH.fullmatch(text):
        return worded("x.inspectOtherHash", hash=hashed["hash"])
    distance = _DISTANCE.fullmatch(text)
    if distance is None:
        return literal(text)
    return worded((_AHEAD if distance["ahead"] else _PAST)[distance["unit"]], count=distance["count"])
