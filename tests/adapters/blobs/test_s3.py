"""Files in a bucket: the kit's promises over HTTP, and what happens when the bucket fails."""

from collections.abc import AsyncIterator, Iterator

import pytest

from mockspark.adapters.blobs.links import FileLinks
from mockspark.adapters.blobs.s3 import S3BlobStore
from mockspark.adapters.testing.blobs import SHOP, BlobStoreConformance, key
from mockspark.application.errors import Unavailable
from mockspark.application.ports.blobs import BlobKey
from tests.adapters.blobs.s3_server import Bucket, bucket

pytest.importorskip("aioboto3", reason="the extra s3 is not installed")
# botocore still asks Python 3.11 and later for the time in the old way.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


@pytest.fixture
def prints() -> Iterator[Bucket]:
    with bucket() as served:
        yield served


@pytest.fixture
async def s3(prints: Bucket) -> AsyncIterator[S3BlobStore]:
    links = FileLinks("https://print.example", bytes(32))
    store = S3BlobStore("prints", links, endpoint=prints.endpoint, access_key="key", secret_key="secret")
    yield store
    await store.close()


class TestS3(BlobStoreConformance):
    """Objects in a bucket."""

    @pytest.fixture
    def store(self, s3: S3BlobStore) -> S3BlobStore:
        return s3


async def test_an_object_says_what_it_is(s3: S3BlobStore, prints: Bucket) -> None:
    """A browser or provider that reads the bucket itself sees a picture."""
    await s3.put(key(b"x"), b"x")

    assert {key(b"x"): "image/png"} == prints.media_types


async def test_a_large_shop_is_forgotten_in_batches(s3: S3BlobStore, prints: Bucket) -> None:
    """More files than one answer lists are all removed."""
    prints.objects.update({f"{SHOP}/print/{number}.png": b"" for number in range(1_203)})

    await s3.delete_shop(SHOP)

    assert {} == prints.objects


async def test_a_failing_bucket_is_tried_later(s3: S3BlobStore, prints: Bucket) -> None:
    """Whatever our own store answers, no item is spoiled by it: the work is done again."""
    for status in (403, 503):
        prints.failing = status

        with pytest.raises(Unavailable):
            await s3.get(key(b"x"))
        with pytest.raises(Unavailable):
            await s3.put(key(b"x"), b"x")


async def test_an_object_that_breaks_off_is_never_taken_for_whole(s3: S3BlobStore, prints: Bucket) -> None:
    """Half the bytes are an error, not a file."""
    prints.objects[key(b"x")] = bytes(100_000)
    prints.cut_short = True

    with pytest.raises(Unavailable):
        await s3.get(key(b"x"))


async def test_no_bucket_at_all_is_a_failure_of_the_moment(prints: Bucket) -> None:
    """Nobody listening means later, not never."""
    links = FileLinks("https://print.example", bytes(32))
    store = S3BlobStore("prints", links, endpoint="http://127.0.0.1:9", access_key="k", secret_key="s")

    with pytest.raises(Unavailable):
        await store.put(BlobKey("acme/print/x.png"), b"x")
    await store.close()


def test_the_secret_is_not_shown() -> None:
    """A store that lands in a log says where it is, not how to get in."""
    store = S3BlobStore("prints", FileLinks("https://x.example", b"linksecret" * 4), secret_key="hush")

    assert "hush" not in repr(store)
    assert "linksecret" not in repr(store)
