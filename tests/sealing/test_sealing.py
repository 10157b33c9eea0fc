"""Data keys, frames and the local provider: what opens, and what must not."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.problem import Code, Problem
from shared.model.seals import WrappedKey
from shared.sealing.data_key import DataKey
from shared.sealing.frames import MAX_PLAIN_BYTES, FrameCorrupt, Frames
from shared.sealing.key_ring import KeyRing
from shared.sealing.keys_at_hand import KeysAtHand
from shared.sealing.local import LocalKey

DIGEST = "ab" * 32


def local_keys(current: bytes, *former: bytes) -> KeysAtHand:
    key = LocalKey(current)
    return KeysAtHand(key, key, [LocalKey(one) for one in former])


def key_id(key: bytes) -> str:
    return LocalKey(key).id


@pytest.fixture
def key() -> DataKey:
    return DataKey("service-1", DataKey.new())


@given(st.text(min_size=1) | st.integers() | st.lists(st.text()) | st.floats(allow_nan=False))
def test_a_sealed_secret_opens_at_its_place(value: object) -> None:
    key = DataKey("service-1", DataKey.new())
    sealed = key.seal("bridges", "b", "/password", value)  # type: ignore[arg-type]
    assert key.open("bridges", "b", "/password", sealed) == value


@pytest.mark.parametrize(
    "place",
    [
        ("schemas", "b", "/password"),
        ("bridges", "c", "/password"),
        ("bridges", "b", "/sources/0/password"),
    ],
)
def test_a_sealed_secret_opens_nowhere_else(key: DataKey, place: tuple[str, str, str]) -> None:
    sealed = key.seal("bridges", "b", "/password", "s")
    with pytest.raises(Problem) as refused:
        key.open(*place, sealed)
    assert refused.value.code is Code.KEY_UNAVAILABLE


def test_a_sealed_secret_opens_for_its_service_alone() -> None:
    raw = DataKey.new()
    sealed = DataKey("one", raw).seal("bridges", "b", "/password", "s")
    with pytest.raises(Problem):
        DataKey("two", raw).open("bridges", "b", "/password", sealed)


@pytest.mark.parametrize("sealed", ["", "no base64!", "AAAA", base64.b64encode(b"x" * 40).decode()])
def test_what_was_never_sealed_does_not_open(key: DataKey, sealed: str) -> None:
    with pytest.raises(Problem) as refused:
        key.open("bridges", "b", "/password", {"$sealed": sealed})
    assert refused.value.code is Code.KEY_UNAVAILABLE


def test_a_value_that_is_not_sealed_is_given_back(key: DataKey) -> None:
    assert key.open("bridges", "b", "/password", "plain") == "plain"


def test_the_same_secret_never_looks_the_same(key: DataKey) -> None:
    first = key.seal("bridges", "b", "/password", "s")
    assert first != key.seal("bridges", "b", "/password", "s")


def test_keys_do_not_show_themselves(key: DataKey) -> None:
    raw = b"\x07" * 32
    assert "07" not in repr(local_keys(raw)) + repr(LocalKey(raw))
    assert repr(key) == "DataKey(service-1)"


def frames(run_key: bytes, **changed: str) -> Frames:
    place = {"backup_id": "b1", "run": "1-1", "blob": "secrets/1-1.sealed", **changed}
    return Frames(run_key, **place)


def sealed_blob(run_key: bytes, *plain: bytes) -> bytes:
    sealer = frames(run_key)
    last = len(plain) - 1
    return b"".join(sealer.seal(i, part, last=i == last) for i, part in enumerate(plain))


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5))
def test_frames_open_in_their_order(plain: list[bytes]) -> None:
    run_key = DataKey.new()
    assert list(frames(run_key).open(sealed_blob(run_key, *plain))) == plain


def test_the_largest_frame() -> None:
    run_key = DataKey.new()
    plain = b"x" * MAX_PLAIN_BYTES
    assert list(frames(run_key).open(sealed_blob(run_key, plain, b"y"))) == [plain, b"y"]


@pytest.mark.parametrize("changed", [{"backup_id": "b2"}, {"run": "1-2"}, {"blob": "other"}])
def test_frames_of_another_backup_do_not_open(changed: dict[str, str]) -> None:
    run_key = DataKey.new()
    with pytest.raises(FrameCorrupt):
        list(frames(run_key, **changed).open(sealed_blob(run_key, b"a")))


def test_frames_of_another_key_do_not_open() -> None:
    with pytest.raises(FrameCorrupt):
        list(frames(DataKey.new()).open(sealed_blob(DataKey.new(), b"a")))


def test_every_flipped_byte_and_every_cut_is_noticed() -> None:
    run_key = DataKey.new()
    blob = sealed_blob(run_key, b"first", b"second")
    for index in range(len(blob)):
        flipped = bytearray(blob)
        flipped[index] ^= 1
        with pytest.raises(FrameCorrupt):
            list(frames(run_key).open(bytes(flipped)))
        with pytest.raises(FrameCorrupt):
            list(frames(run_key).open(blob[:index]))


def test_swapped_dropped_and_repeated_frames_are_noticed() -> None:
    run_key = DataKey.new()
    sealer = frames(run_key)
    parts = [sealer.seal(i, b"part", last=i == 2) for i in range(3)]
    for order in ([1, 0, 2], [0, 2], [0, 1], [0, 0, 1, 2], [0, 1, 2, 2]):
        with pytest.raises(FrameCorrupt):
            list(frames(run_key).open(b"".join(parts[i] for i in order)))


async def test_a_wrapped_key_opens_with_its_provider_key() -> None:
    raw, provider = DataKey.new(), local_keys(DataKey.new())
    wrapped = await provider.wrap(raw)
    assert await provider.unwrap(wrapped) == raw


async def test_a_former_key_opens_and_checks_but_does_not_wrap() -> None:
    old, new, raw = DataKey.new(), DataKey.new(), DataKey.new()
    wrapped = await local_keys(old).wrap(raw)
    seal = await local_keys(old).seal(DIGEST)
    rotated = local_keys(new, old)
    assert await rotated.unwrap(wrapped) == raw
    assert await rotated.check(DIGEST, seal)
    assert (await rotated.wrap(raw)).key_id == key_id(new)
    assert (await rotated.seal(DIGEST)).key_id == key_id(new)


async def test_a_key_that_is_not_at_hand_is_named() -> None:
    other = DataKey.new()
    wrapped = await local_keys(other).wrap(DataKey.new())
    with pytest.raises(Problem) as refused:
        await local_keys(DataKey.new()).unwrap(wrapped)
    assert refused.value.code is Code.KEY_UNAVAILABLE
    assert key_id(other) in refused.value.message
    seal = await local_keys(other).seal(DIGEST)
    with pytest.raises(Problem) as unchecked:
        await local_keys(DataKey.new()).check(DIGEST, seal)
    assert key_id(other) in unchecked.value.message


@pytest.mark.parametrize("text", ["", "!", "AAAA", base64.b64encode(b"x" * 60).decode()])
async def test_a_wrapped_key_that_was_changed_does_not_open(text: str) -> None:
    raw = DataKey.new()
    provider = local_keys(raw)
    wrapped = WrappedKey(key_provider="local", key_id=key_id(raw), wrapped_key=text)
    with pytest.raises(Problem) as refused:
        await provider.unwrap(wrapped)
    assert refused.value.code is Code.KEY_UNAVAILABLE


async def test_keys_of_another_provider_are_refused() -> None:
    provider = local_keys(DataKey.new())
    wrapped = (await provider.wrap(DataKey.new())).model_copy(update={"key_provider": "keyvault"})
    with pytest.raises(Problem) as refused:
        await provider.unwrap(wrapped)
    assert refused.value.code is Code.KEY_UNAVAILABLE


async def test_the_key_says_how_it_seals_and_not_the_descriptor() -> None:
    provider = local_keys(DataKey.new())
    seal = (await provider.seal(DIGEST)).model_copy(update={"algorithm": "PS256"})
    assert not await provider.check(DIGEST, seal)


async def test_a_seal_fits_its_digest_alone() -> None:
    provider = local_keys(DataKey.new())
    seal = await provider.seal(DIGEST)
    assert await provider.check(DIGEST, seal)
    assert not await provider.check("cd" * 32, seal)
    for value in ("no base64!", "", base64.b64encode(b"x" * 32).decode()):
        assert not await provider.check(DIGEST, seal.model_copy(update={"value": value}))


async def test_the_ring_unwraps_a_key_once_and_forgets_the_oldest() -> None:
    provider = local_keys(DataKey.new())
    wrapped = await provider.wrap(DataKey.new())
    loads: list[str] = []

    async def load(service_id: str) -> WrappedKey | None:
        loads.append(service_id)
        return wrapped if service_id != "gone" else None

    ring = KeyRing(provider, load)
    assert await ring.data_key("first") is await ring.data_key("first")
    assert loads == ["first"]
    with pytest.raises(Problem) as refused:
        await ring.data_key("gone")
    assert refused.value.code is Code.SERVICE_NOT_FOUND
    for number in range(1000):
        await ring.data_key(f"service {number}")
    await ring.data_key("first")
    assert loads.count("first") == 2


async def test_a_new_key_is_stored_wrapped() -> None:
    provider = local_keys(DataKey.new())
    ring = KeyRing(provider, lambda _id: None)  # type: ignore[arg-type,return-value]
    key, wrapped = await ring.new_key("service-1")
    opened = DataKey("service-1", await provider.unwrap(wrapped))
    sealed = key.seal("bridges", "b", "/password", "s")
    assert opened.open("bridges", "b", "/password", sealed) == "s"
