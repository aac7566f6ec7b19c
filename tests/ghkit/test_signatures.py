"""GitHub's webhook signature."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghkit import signatures

# GitHub Docs, validating-webhook-deliveries, "Testing the webhook payload validation".
SECRET = b"It's a Secret to Everybody"
BODY = b"Hello, World!"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_a_body_is_signed_as_github_documents_it():
    assert signatures.sign(SECRET, BODY) == SIGNATURE


def test_a_signature_is_good_for_its_own_body_and_secret():
    assert signatures.is_signed_by([SECRET], BODY, SIGNATURE)


@pytest.mark.parametrize("secrets", [[b"new", SECRET], [SECRET, b"old"]])
def test_any_secret_in_force_may_have_signed(secrets):
    assert signatures.is_signed_by(secrets, BODY, SIGNATURE)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        SIGNATURE.removeprefix("sha256="),
        SIGNATURE.upper(),
        SIGNATURE[:-1],
        SIGNATURE + " ",
        SIGNATURE.replace("sha256", "sha1"),
        "sha256=" + "0" * 64,
        "sha256=ÿ\udcff€",  # beyond ASCII, where comparing texts would raise
    ],
)
def test_any_other_signature_is_bad(signature):
    assert not signatures.is_signed_by([SECRET], BODY, signature)


def test_a_signature_of_another_secret_is_bad():
    assert not signatures.is_signed_by([b"other"], BODY, SIGNATURE)


@pytest.mark.parametrize("secrets", [[], [b""]])
def test_nobody_signs_without_a_secret(secrets):
    assert not signatures.is_signed_by(secrets, BODY, signatures.sign(b"", BODY))


@given(secret=st.binary(min_size=1), body=st.binary(), other=st.binary())
def test_a_signature_holds_for_exactly_one_body(secret, body, other):
    signature = signatures.sign(secret, body)

    assert signatures.is_signed_by([secret], other, signature) is (other == body)
