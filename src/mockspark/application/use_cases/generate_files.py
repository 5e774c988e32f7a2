"""Turn an item's design into production files, or say what a person has to do first."""

from collections.abc import AsyncIterator, Collection, Mapping
from datetime import timedelta
from typing import Final

from attrs import evolve, frozen

from mockspark.application.blob_names import DIGEST, digest_of, file_key
from mockspark.application.errors import NotFound, Rejected, Unavailable
from mockspark.application.materials import Materials, Picture, Storeroom, drawn_areas, pictures_on
from mockspark.application.ports.blobs import BlobKey, BlobStore
from mockspark.application.ports.fonts import FontShelf
from mockspark.application.ports.jobs import Retry
from mockspark.application.ports.rendering import RenderedArea, Renderer
from mockspark.application.ports.storage import Store, UnitOfWork
from mockspark.application.ports.system import Clock
from mockspark.application.reapply import reapply
from mockspark.domain.catalog import Listing, Match, PrintArea
from mockspark.domain.design import Design
from mockspark.domain.events import Actor, Stamp
from mockspark.domain.files import UNDRAWABLE, Finding, PinnedAsset, ProductionFile, blocking
from mockspark.domain.following import held_by_store
from mockspark.domain.holds import HoldReason
from mockspark.domain.identity import ListingId, OrderItemId, ShopId
from mockspark.domain.order_item import OrderItem
from mockspark.domain.status import Status

MOST_ATTEMPTS: Final = 3
"""How often one design is tried; an attempt counts before it begins, so that a crash counts too."""

DELAYS: Final = (timedelta(seconds=30), timedelta(minutes=5))
"""How long the next attempt waits after a failure that may pass."""


@frozen(kw_only=True)
class GenerateFiles:
    """Make the production files of one design version of an item."""

    store: Store
    renderer: Renderer
    storeroom: Storeroom
    fonts: FontShelf
    blobs: BlobStore
    clock: Clock

    async def __call__(self, shop: ShopId, item: OrderItemId, version: int) -> None:
        """Leave the item ready or on hold; a stale job does nothing.

        Raises Retry while a failure may pass and attempts are left.
        """
        try:
            task = await reapply(self.store, shop, lambda work: self._begin(work, item, version))
            if task is not None:
                await self._carry_out(task)
        except NotFound:
            return  # the item, or its shop, was erased meanwhile

    async def _begin(self, work: UnitOfWork, id_: OrderItemId, version: int) -> "_Task | None":
        item = await work.items.get(id_)
        if item.status is not Status.GENERATING or item.design_version != version or item.redacted:
            return None
        refusal = _refusal(item)
        if refusal is not None:
            reason, words = refusal
            await work.items.save(item.render_failed(version, reason, words, self._stamp()))
            return None
        begun = item.begin_render()
        await work.items.save(begun)
        return _Task(item=begun, design=begun.design or _BLANK, listing=await _judge(work, item))

    async def _carry_out(self, task: "_Task") -> None:
        try:
            pictures = await self._pictures(task)
            contents = {source: picture.content for source, picture in pictures.items()}
            materials = await self.storeroom.materials(task.item.shop_id, task.design, task.areas, contents)
            pins = {source: picture.pin for source, picture in pictures.items()}
            findings = materials.findings(task.listing, task.areas, pins, self.fonts)
            undrawable = tuple(f for f in blocking(findings) if f.check in UNDRAWABLE)
            if undrawable:
                await self._hold(task, undrawable[0].reason, _sentences(undrawable), findings=findings)
                return
            made = [made async for made in self._made(task, materials)]
        except Rejected as refusal:
            await self._hold(task, _reason(refusal), f"The design cannot be printed: {refusal}")
        except Unavailable as problem:
            await self._again(task, problem)
        else:
            await self._finish(task, made, findings)

    async def _pictures(self, task: "_Task") -> Mapping[str, Picture]:
        found: dict[str, Picture] = {}
        for source in pictures_on(task.design, task.areas):
            picture = await self.storeroom.pinned(task.item, source) or await self._pin(task, source)
            if picture is not None:
                found[source] = picture
        return found

    async def _pin(self, task: "_Task", source: str) -> Picture | None:
        """Fix the bytes that *source* means from now on; None for an upload that is not there."""
        picture = await self.storeroom.fresh(task.item, source)
        if picture is None:
            return None
        if not source.startswith(DIGEST):
            await self.blobs.put(BlobKey(picture.pin.key), picture.content)
        await reapply(self.store, task.item.shop_id, lambda work: _keep_pin(work, task, picture.pin))
        return picture

    async def _made(self, task: "_Task", materials: Materials) -> AsyncIterator["_Made"]:
        for area in task.areas:
            drawn = await self.renderer.render(materials.job(area))
            yield _Made(file=await self._stored(task, drawn), findings=drawn.findings)

    async def _stored(self, task: "_Task", drawn: RenderedArea) -> ProductionFile:
        digest = digest_of(drawn.content)
        key = task.key(digest, drawn.media_type)
        preview = task.key(digest_of(drawn.preview), drawn.preview_media_type)
        await self.blobs.put(key, drawn.content)
        await self.blobs.put(preview, drawn.preview)
        return ProductionFile(
            area=drawn.area,
            design_version=task.version,
            key=key,
            sha256=digest,
            size=len(drawn.content),
            media_type=drawn.media_type,
            width_px=drawn.width_px,
            height_px=drawn.height_px,
            dpi=drawn.dpi,
            preview_key=preview,
            made_at=self.clock(),
        )

    async def _finish(self, task: "_Task", made: Collection["_Made"], findings: tuple[Finding, ...]) -> None:
        files = tuple(one.file for one in made)
        seen = (*findings, *(finding for one in made for finding in one.findings))
        item = await reapply(self.store, task.item.shop_id, lambda work: self._keep(work, task, files, seen))
        # What was replaced, or came too late to be used, is nobody's file any more.
        for key in _keys((*task.item.files, *files)) - _keys(item.files):
            await self.blobs.delete(BlobKey(key))

    async def _keep(
        self,
        work: UnitOfWork,
        task: "_Task",
        files: tuple[ProductionFile, ...],
        findings: tuple[Finding, ...],
    ) -> OrderItem:
        item = await work.items.get(task.item.id)
        stamp = self._stamp()
        done = item.rendered(task.version, files=files, assets=item.assets, findings=findings, stamp=stamp)
        if done is item:
            return item
        order = await work.orders.get(item.order_id)
        kept = held_by_store(done, order.snapshot.on_hold, stamp)
        await work.items.save(kept)
        return kept

    async def _again(self, task: "_Task", problem: Unavailable) -> None:
        attempts = task.item.render_attempts
        if attempts >= MOST_ATTEMPTS:
            await self._hold(task, HoldReason.RENDER_FAILED, f"After {attempts} attempts: {problem}")
            return
        usual = DELAYS[attempts - 1]
        raise Retry(str(problem), delay=max(usual, problem.retry_after or usual)) from problem

    async def _hold(
        self, task: "_Task", reason: HoldReason, words: str, *, findings: tuple[Finding, ...] = ()
    ) -> None:
        async def hold(work: UnitOfWork) -> None:
            item = await work.items.get(task.item.id)
            held = item.render_failed(task.version, reason, words, self._stamp(), findings=findings)
            if held is not item:
                await work.items.save(held)

        await reapply(self.store, task.item.shop_id, hold)

    def _stamp(self) -> Stamp:
        return Stamp(at=self.clock(), by=Actor.system("renderer"))


@frozen(kw_only=True)
class _Made:
    """A stored file, and what drawing it showed."""

    file: ProductionFile
    findings: tuple[Finding, ...]


@frozen(kw_only=True)
class _Task:
    """One attempt at one design version of an item."""

    item: OrderItem
    design: Design
    listing: Listing

    @property
    def version(self) -> int:
        return self.item.design_version

    @property
    def areas(self) -> tuple[PrintArea, ...]:
        """Return what is drawn."""
        return drawn_areas(self.design, self.item.print_areas)

    def key(self, digest: str, media_type: str) -> BlobKey:
        return file_key(self.item.shop_id, self.item.id, self.version, digest, media_type)


_BLANK: Final = Design.blank({})


def _refusal(item: OrderItem) -> tuple[HoldReason, str] | None:
    """Say why there is no use in trying."""
    if not item.print_areas or item.connection_id is None:
        return HoldReason.UNMAPPED_PRODUCT, f"{item.product_title} is not mapped to a provider's variant."
    if item.design is None:
        return HoldReason.MISSING_PERSONALIZATION, "There is no personalization to print."
    if item.render_attempts >= MOST_ATTEMPTS:
        return HoldReason.RENDER_FAILED, f"Rendering broke off {item.render_attempts} times."
    return None


async def _judge(work: UnitOfWork, item: OrderItem) -> Listing:
    """Return the listing's thresholds over the item's own print areas; a listing that is gone has none."""
    try:
        if item.listing_id is not None:
            return evolve(await work.listings.get(item.listing_id), print_areas=item.print_areas)
    except NotFound:
        pass
    nameless = item.listing_id or ListingId(item.id)
    return Listing(
        id=nameless,
        shop_id=item.shop_id,
        match=Match.SKU,
        key=item.sku or item.line.id,
        print_areas=item.print_areas,
    )


async def _keep_pin(work: UnitOfWork, task: _Task, pin: PinnedAsset) -> None:
    item = await work.items.get(task.item.id)
    if item.redacted or item.asset(pin.source) == pin:
        return
    others = tuple(asset for asset in item.assets if asset.source != pin.source)
    await work.items.save(evolve(item, assets=(*others, pin)))


def _reason(refusal: Rejected) -> HoldReason:
    named = refusal.reason
    return HoldReason.RENDER_FAILED if named is HoldReason.PROVIDER_REJECTED else named


def _sentences(findings: Collection[Finding]) -> str:
    return " ".join(finding.words for finding in findings)


def _keys(files: Collection[ProductionFile]) -> set[str]:
    return {key for file in files for key in (file.key, file.preview_key) if key}
