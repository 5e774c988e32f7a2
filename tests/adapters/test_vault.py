"""What the vault seals opens only for whom it was sealed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockspark.adapters.vault import AesVault
from mockspark.domain.errors import InvalidValue

OLD = "an old key of more than thirty-two characters"
NEW = "a new key, which has thirty-two characters too"
VAULT = AesVault.of([OLD])


@given(st.text(), st.text())
def test_what_is_sealed_opens_again(plain: str, context: str) -> None:
    """Any text under any context comes back as it was."""
    assert plain == VAULT.open(VAULT.seal(plain, context=context), context=context)


def test_the_sealed_text_does_not_show_the_secret() -> None:
    """Neither the secret nor its repetition can be seen from outside."""
    first, second = (VAULT.seal("a-secret-token", context="shop") for _ in range(2))
    assert "a-secret-token" not in first
    assert first != second


@given(st.text(), st.text())
def test_another_context_does_not_open(one: str, other: str) -> None:
    """A row copied to another shop or purpose opens nothing."""
    sealed = VAULT.seal("secret", context=one)
    if one == other:
        return
    with pytest.raises(InvalidValue):
        VAULT.open(sealed, context=other)


@given(st.data())
def test_tampering_is_noticed(data: st.DataObject) -> None:
    """Whichever character is changed or cut off, the text does not open."""
    sealed = VAULT.seal("secret", context="shop")
    at = data.draw(st.integers(0, len(sealed) - 1))
    letter = data.draw(st.sampled_from("AZaz09-_.é"))
    for bad in (sealed[:at], sealed[:at] + letter + sealed[at + 1 :]):
        if bad != sealed:
            with pytest.raises(InvalidValue):
                VAULT.open(bad, context="shop")


@given(st.text())
def test_any_text_is_refused_in_words(text: str) -> None:
    """What was never sealed is an invalid value, not a crash."""
    with pytest.raises(InvalidValue):
        VAULT.open(text, context="shop")


def test_keys_can_be_changed_without_a_pause() -> None:
    """The newest key seals, the older ones still open; without them nothing opens."""
    sealed = VAULT.seal("secret", context="shop")
    both = AesVault.of([NEW, OLD])
    assert "secret" == both.open(sealed, context="shop")
    assert "secret" == AesVault.of([NEW]).open(both.seal("secret", context="shop"), context="shop")
    with pytest.raises(InvalidValue):
        AesVault.of([NEW]).open(sealed, context="shop")


@pytest.mark.parametrize(
    "key",
    ["", "short", "x" * 64, "changeme-changeme-changeme-changeme", "my default key of the installation!"],
)
def test_a_weak_key_is_refused(key: str) -> None:
    """Short, monotonous and placeholder keys are refused in words that name the fix."""
    with pytest.raises(InvalidValue, match="key"):
        AesVault.of([key])


def test_a_vault_needs_a_key() -> None:
    """No key at all names the setting to fill."""
    with pytest.raises(InvalidValue, match="MOCKSPARK_SECRET_KEY"):
        AesVault.of([])
