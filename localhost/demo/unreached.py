"""Why a host gave no answer, in words: what to look at, and nothing of how Python says it."""

import os

import aiohttp


def why_unreached(error: Exception) -> str:
    """What an operator can do about a request that brought no answer, as a sentence.

    :param error: of aiohttp, or a TimeoutError.
    """
    match error:
        case aiohttp.ClientConnectorCertificateError():
            reason = getattr(error.certificate_error, "verify_message", "it does not check")
            return (
                f"The certificate of {error.host} is not trusted: {reason}. Where an authority of "
                "your own signed it, name that one's file in the environment as SSL_CERT_FILE."
            )
        case aiohttp.ClientConnectorDNSError():
            return f"No host is known as {error.host}. Is the address right?"
        case aiohttp.ClientConnectorSSLError():
            return f"{error.host}:{error.port} does not speak TLS. Is it http, or another port?"
        case aiohttp.ClientConnectorError():
            number = error.os_error.errno
            reason = os.strerror(number) if number else type(error.os_error).__name__
            return f"{error.host}:{error.port} cannot be reached: {reason}."
        case TimeoutError():
            return "There was none in time. Does the app run, and does your network reach it?"
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError():
            return "The connection broke off."
        case _:
            return f"{type(error).__name__}: {error}"
