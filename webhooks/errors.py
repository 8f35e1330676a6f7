"""What can go wrong in this package, one family.

    WebhookError
    +-- MalformedSecret         not of the form that the endpoint's dialect has
    +-- NothingToRotate         the endpoint's dialect has no secret that can be replaced
    +-- MalformedId             a message id that would make the signed text ambiguous
    +-- MalformedUrl            not an http or https address
    +-- VerificationError       a received call that must not be trusted
    |   +-- MalformedHeaders    a header is missing or unreadable
    |   |   +-- MissingSignature    it has no signature
    |   +-- StaleTimestamp      signed too long ago, or too far ahead
    |   +-- WrongSignature      no signature matches
    +-- UnknownEndpoint         this tenant has no such endpoint
    +-- UnknownDelivery         this tenant has no such delivery
    +-- EndpointUnavailable     the endpoint is disabled or deleted: it gets nothing

A receiver's failure is none of these: it is an `AttemptResult`, recorded and retried.
"""


class WebhookError(Exception):
    """Anything this package refuses to do."""


class MalformedSecret(WebhookError):
    """The secret is not of the form that the endpoint's dialect has. The message never quotes it."""


class NothingToRotate(WebhookError):
    """The endpoint's dialect has no secret, or none that its sender ever replaces."""


class MalformedId(WebhookError):
    """The message id is empty, holds a dot, or anything but visible ASCII."""


class MalformedUrl(WebhookError):
    """The address can't be called: wrong scheme, no host, or unreadable."""


class VerificationError(WebhookError):
    """A received call must not be trusted."""


class MalformedHeaders(VerificationError):
    """A signature header is missing or unreadable."""


class MissingSignature(MalformedHeaders):
    """The call has no signature, or not the header that goes with one."""


class StaleTimestamp(VerificationError):
    """The call was signed outside the tolerance, before or after now."""


class WrongSignature(VerificationError):
    """None of the signatures matches the body under this secret."""


class UnknownEndpoint(WebhookError):
    """This tenant has no such endpoint."""


class UnknownDelivery(WebhookError):
    """This tenant has no such delivery."""


class EndpointUnavailable(WebhookError):
    """The endpoint is disabled or deleted."""
