"""Where ARM is, and which links may be followed: never one that a caller could have made up."""

import pytest

from shared.arm.clouds import cloud_of
from shared.settings.integration_accounts import CLOUDS, ArmSetting

ARM = {
    "AzureCloud": "https://management.azure.com",
    "AzureUSGovernment": "https://management.usgovcloudapi.net",
    "AzureChinaCloud": "https://management.chinacloudapi.cn",
}
CONTENT = {
    "AzureCloud": [
        "https://flowprodcu22cqsn01.blob.core.windows.net/integrationaccounts0/X?sv=1&sig=a%2Fb",
        "https://account.z01.blob.storage.azure.net/c/b?sig=a",
        "https://prod-14.westus.logic.azure.com:443/integrationAccounts/0/schemas/X/contents/Value",
        "https://PROD-14.WESTUS.LOGIC.AZURE.COM/x",
        "https://a1b2.cy.integrationaccounts.microsoftazurelogicapps.net/contents/Value?sig=a",
    ],
    "AzureUSGovernment": [
        "https://account.blob.core.usgovcloudapi.net/c/b?sig=a",
        "https://prod-01.usgovvirginia.logic.azure.us/x",
    ],
    "AzureChinaCloud": [
        "https://account.blob.core.chinacloudapi.cn/c/b?sig=a",
        "https://prod-01.chinaeast2.logic.azure.cn/x",
    ],
}
NO_CONTENT = [
    "http://account.blob.core.windows.net/c/b",
    "https://account.blob.core.windows.net:8443/c/b",
    "https://account.blob.core.windows.net.example.com/c/b",
    "https://blob.core.windows.net.example.com/c/b",
    "https://exampleblob.core.windows.net/c/b",
    "https://logic.azure.com.example.com/x",
    "https://notlogic.azure.com/x",
    "https://integrationaccounts.microsoftazurelogicapps.net.example.com/x",
    "https://x.microsoftazurelogicapps.net/x",
    "https://user:password@account.blob.core.windows.net/c/b",
    "https://account.blob.core.windows.net@example.com/c/b",
    "https://example.com\\@account.blob.core.windows.net/c/b",
    "https://example.com#@account.blob.core.windows.net/c/b",
    "https://example.com/?https://account.blob.core.windows.net/c/b",
    "https://account.blob.core.windows.net/c/b\r\nHost: example.com",
    "https://account.blob.core.windows.net /c/b",
    "https://management.azure.com/subscriptions",
    "https://169.254.169.254/metadata/identity/oauth2/token",
    "https://127.0.0.1/x",
    "https://localhost/x",
    "http://127.0.0.1:7075/x",
    "//account.blob.core.windows.net/c/b",
    "account.blob.core.windows.net/c/b",
    "ftp://account.blob.core.windows.net/c/b",
    "file:///etc/passwd",
    "https://",
    "",
    "https://account.blob.core.windows.net/" + "a" * 9000,
    "https://account.blob.core.windows.net:99999/c",
]


@pytest.mark.parametrize("name", CLOUDS)
def test_each_cloud_has_its_own_arm_and_its_own_hosts_of_content(name: str) -> None:
    cloud = cloud_of(ArmSetting(cloud=name))
    assert cloud.endpoint == cloud.audience == ARM[name]
    assert cloud.is_of_arm(f"{ARM[name]}/subscriptions?$skiptoken=x")
    for other, links in CONTENT.items():
        for link in links:
            assert cloud.has_content(link) == (other == name), link
        assert cloud.is_of_arm(f"{ARM[other]}/x") == (other == name)


@pytest.mark.parametrize("link", NO_CONTENT)
def test_a_link_to_anything_else_is_not_followed(link: str) -> None:
    assert not cloud_of(ArmSetting()).has_content(link)


@pytest.mark.parametrize(
    "link",
    [
        "http://management.azure.com/x",
        "https://management.azure.com:444/x",
        "https://management.azure.com.example.com/x",
        "https://management.azure.com@example.com/x",
        "https://user@management.azure.com/x",
        "https://example.com/https://management.azure.com/x",
        "/subscriptions?$skiptoken=x",
        "",
    ],
)
def test_a_next_page_elsewhere_is_not_asked_for(link: str) -> None:
    assert not cloud_of(ArmSetting()).is_of_arm(link)


def test_the_port_of_https_may_be_named() -> None:
    cloud = cloud_of(ArmSetting())
    assert cloud.is_of_arm("https://Management.Azure.com:443/subscriptions?$skiptoken=x")


def test_a_stand_in_has_links_to_this_machine_and_to_nothing_else() -> None:
    cloud = cloud_of(ArmSetting(stand_in="http://127.0.0.1:7075"))
    assert (cloud.endpoint, cloud.audience) == ("http://127.0.0.1:7075", "")
    assert cloud.is_of_arm("http://127.0.0.1:7075/subscriptions")
    assert not cloud.is_of_arm("http://127.0.0.1:7076/subscriptions")
    assert cloud.has_content("http://127.0.0.1:7076/content/1?sig=x")
    for link in (*NO_CONTENT, *CONTENT["AzureCloud"], "http://10.0.0.1:7075/x"):
        assert cloud.has_content(link) == link.startswith("http://127.0.0.1:"), link
