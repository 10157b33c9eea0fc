"""Where ARM is in each cloud of Azure, and which links out of its answers may be followed.

Nothing here comes from a caller: the cloud is the installation's setting, and a link that leads
anywhere else is refused before anything is sent.
"""

from dataclasses import dataclass

from yarl import URL

from shared.rules.naming import shown
from shared.settings.integration_accounts import ArmSetting, is_loopback

_HTTPS = 443
_LONGEST_LINK = 8192


@dataclass(frozen=True)
class Cloud:
    """One cloud, or a stand-in for it on this machine.

    :param endpoint: ARM's address, without a slash at its end.
    :param audience: whom tokens are made out to; empty where none are asked for.
    :param content: ends of the names of hosts that content links may lead to.
    :param local: whether links may lead to this machine, as those of a stand-in do.
    """

    endpoint: str
    audience: str
    content: tuple[str, ...]
    local: bool = False

    def is_of_arm(self, address: str) -> bool:
        """Whether an address that an answer names is one of ARM's own: a token may go there."""
        url = _plain(address)
        return url is not None and _origin(url) == _origin(URL(self.endpoint))

    def has_content(self, link: str) -> bool:
        """Whether a link may be one to content: of storage, or of Logic Apps, in this cloud."""
        url = _plain(link)
        if url is None:
            return False
        if self.local and is_loopback(str(url.origin())):
            return True
        scheme, host, port = _origin(url)
        return scheme == "https" and port == _HTTPS and host.endswith(self.content)


def host_of(link: str) -> str:
    """The host that a link leads to, for telling it: nothing of a link but that is no secret."""
    url = _plain(link)
    return shown(url.host) if url is not None and url.host else "no host"


def _origin(url: URL) -> tuple[str, str, int | None]:
    """Where a request for an address is sent."""
    return url.scheme.lower(), (url.host or "").lower(), url.port


def _plain(address: str) -> URL | None:
    """An address as the one who sends it reads it, None where it is odd in any way."""
    if len(address) > _LONGEST_LINK or not address.isascii() or not address.isprintable():
        return None
    if "\\" in address or " " in address:
        return None
    try:
        url = URL(address, encoded=True)
        plain = url.absolute and url.user is None and url.password is None and not url.fragment
        return url if plain and url.host and url.port is not None else None
    except ValueError:
        return None


_CLOUDS = {
    "AzureCloud": Cloud(
        "https://management.azure.com",
        "https://management.azure.com",
        (
            ".blob.core.windows.net",
            ".blob.storage.azure.net",
            ".logic.azure.com",
            # Accounts of the tier Premium, by Microsoft's page on creating them.
            ".integrationaccounts.microsoftazurelogicapps.net",
        ),
    ),
    "AzureUSGovernment": Cloud(
        "https://management.usgovcloudapi.net",
        "https://management.usgovcloudapi.net",
        (".blob.core.usgovcloudapi.net", ".logic.azure.us"),
    ),
    "AzureChinaCloud": Cloud(
        "https://management.chinacloudapi.cn",
        "https://management.chinacloudapi.cn",
        (".blob.core.chinacloudapi.cn", ".logic.azure.cn"),
    ),
}


def cloud_of(setting: ArmSetting) -> Cloud:
    """The cloud that the settings name, or the stand-in."""
    if setting.stand_in:
        return Cloud(setting.stand_in, "", (), local=True)
    return _CLOUDS[setting.cloud]
