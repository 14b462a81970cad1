"""Clients of AWS: what those of one environment share."""

from __future__ import annotations

import os

import pytest
from botocore.credentials import CredentialResolver

from sluicegate.net.aws import Aws
from support.appconfig_rig import VARIABLES


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An environment of AWS of its own; each time that credentials are looked for."""
    for name, value in {**VARIABLES, "AWS_NAME_OF_THE_TEST": os.environ["PYTEST_CURRENT_TEST"]}.items():
        monkeypatch.setenv(name, value)
    found: list[str] = []
    load = CredentialResolver.load_credentials

    def counted(self: CredentialResolver) -> object:
        found.append("")
        return load(self)

    monkeypatch.setattr(CredentialResolver, "load_credentials", counted)
    return found


def key_of(service: str) -> str:
    found: str = Aws(service, "eu-central-1").api._request_signer._credentials.access_key
    return found


def test_services_of_one_environment_look_for_credentials_once(looks: list[str]) -> None:
    keys = {key_of(service) for service in ("appconfig", "cloudwatch", "appconfig")}
    assert keys == {VARIABLES["AWS_ACCESS_KEY_ID"]}
    assert len(looks) == 1


def test_other_credentials_in_the_environment_are_used(
    looks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key_of("appconfig")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
    assert key_of("appconfig") == "AKIAOTHER"
    assert len(looks) == 2
