"""Who is made of whom. The only module that knows the container; nothing here runs, it only names."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from dependency_injector import containers, providers
from sqlalchemy.ext.asyncio import AsyncEngine

from mockspark.adapters.blobs.links import FileLinks
from mockspark.adapters.jobs.limits import SqlRateLimiter
from mockspark.adapters.plugins import ChannelPlugin, InstalledChannels, InstalledProviders, ProviderPlugin
from mockspark.adapters.remote import Pool
from mockspark.adapters.sql.directory import SqlDirectory
from mockspark.adapters.sql.inbox import SqlInbox
from mockspark.adapters.sql.queries import SqlQueries
from mockspark.adapters.sql.store import SqlStore
from mockspark.adapters.system import Uuid7, utc_now
from mockspark.application.credentials import StoredCredentials
from mockspark.application.facade import MockSpark
from mockspark.application.materials import Storeroom
from mockspark.application.ports.blobs import BlobStore
from mockspark.application.ports.channels import Credentials
from mockspark.application.ports.fonts import FontChecker, FontShelf
from mockspark.application.ports.importing import DesignImporter
from mockspark.application.ports.lettering import Typesetter
from mockspark.application.ports.rendering import ImageInspector, ImageSource, Renderer
from mockspark.application.ports.storage import Store
from mockspark.application.ports.system import Clock, Vault
from mockspark.application.use_cases.accounts import (
    Authenticate,
    CheckAccounts,
    ConnectProvider,
    ConnectShop,
    CreateToken,
    ListConnections,
    ListTokens,
    RevokeToken,
    ShowShop,
    UpdateRules,
)
from mockspark.application.use_cases.assets import ReadFile, UploadAsset
from mockspark.application.use_cases.browse import (
    Counters,
    CountItems,
    SearchItems,
    ShowImportLog,
    ShowItem,
    ShowTimeline,
)
from mockspark.application.use_cases.cancel_items import CancelItems, CarryOutCancel
from mockspark.application.use_cases.deliveries import AcceptReport, AcceptWebhook, WorkInbox
from mockspark.application.use_cases.export import DownloadFiles, ExportCsv
from mockspark.application.use_cases.fonts import DeleteFont, ListFonts, UploadFont
from mockspark.application.use_cases.generate_files import GenerateFiles
from mockspark.application.use_cases.import_design import ImportDesign
from mockspark.application.use_cases.listings import (
    BrowseListings,
    DeleteListing,
    ImportListings,
    RescueLines,
    SaveListing,
)
from mockspark.application.use_cases.manual_actions import (
    ArchiveItems,
    ClearFlags,
    CommentItems,
    ConfirmAddress,
    HoldItems,
    MarkFulfilled,
    ReleaseItems,
    ReprintItems,
    UnarchiveItems,
)
from mockspark.application.use_cases.plan_submissions import PlanSubmissions
from mockspark.application.use_cases.privacy import CustomerData, EraseShop, RedactCustomer
from mockspark.application.use_cases.proofs import (
    CheckDesign,
    LayOutText,
    MockUpDesign,
    ShowDesign,
    ShowMockup,
    ShowProof,
)
from mockspark.application.use_cases.publish_shipments import PublishShipments, StoreHold
from mockspark.application.use_cases.receive_order import ReceiveOrder, RefreshOrder
from mockspark.application.use_cases.reconcile import Reconcile
from mockspark.application.use_cases.redesign import Redesign
from mockspark.application.use_cases.send_to_fulfill import SendToFulfill, UndoSend
from mockspark.application.use_cases.submit import SettleUnknown, Submit
from mockspark.application.use_cases.sync_order import SyncOrder
from mockspark.application.use_cases.track import ApplyReport, Track
from mockspark.application.use_cases.watch import Sweep
from mockspark.domain.shop import Installation


def credentials_in(store: Store, clock: Clock) -> Callable[[Installation], Credentials]:
    """Return what gives an installation its renewable secrets."""

    def of(installation: Installation) -> Credentials:
        return StoredCredentials(store=store, shop=installation.shop_id, clock=clock)

    return of


class Container(containers.DeclarativeContainer):
    """Every use case with its collaborators; what differs from one installation to the next is a dependency."""

    engine = providers.Dependency(instance_of=AsyncEngine)
    read_engine = providers.Dependency(instance_of=AsyncEngine)
    vault: providers.Dependency[Vault] = providers.Dependency()
    blobs: providers.Dependency[BlobStore] = providers.Dependency()
    links = providers.Dependency(instance_of=FileLinks)
    renderer: providers.Dependency[Renderer] = providers.Dependency()
    inspector: providers.Dependency[ImageInspector] = providers.Dependency()
    images: providers.Dependency[ImageSource] = providers.Dependency()
    importer: providers.Dependency[DesignImporter] = providers.Dependency()
    fonts: providers.Dependency[FontShelf] = providers.Dependency()
    typesetter: providers.Dependency[Typesetter] = providers.Dependency()
    font_checker: providers.Dependency[FontChecker] = providers.Dependency()
    provider_plugins: providers.Dependency[Mapping[str, ProviderPlugin[Any]]] = providers.Dependency()
    channel_plugins: providers.Dependency[Mapping[str, ChannelPlugin]] = providers.Dependency()
    drain: providers.Dependency[Callable[[], Awaitable[int]]] = providers.Dependency()
    public_url = providers.Dependency(instance_of=str)

    clock = providers.Object(utc_now)
    ids = providers.Singleton(Uuid7)
    pool = providers.Singleton(Pool.open)
    store = providers.Singleton(SqlStore, engine, read_engine, vault)
    directory = providers.Singleton(SqlDirectory, engine, read_engine, vault)
    inbox = providers.Singleton(SqlInbox, engine)
    queries = providers.Singleton(SqlQueries, read_engine)
    limiter = providers.Singleton(SqlRateLimiter, engine)
    providers_ = providers.Singleton(
        InstalledProviders, plugins=provider_plugins, pool=pool, limiter=limiter, clock=clock
    )
    credentials = providers.Singleton(credentials_in, store, clock)
    channels = providers.Singleton(
        InstalledChannels,
        plugins=channel_plugins,
        credentials=credentials,
        pool=pool,
        limiter=limiter,
        clock=clock,
    )

    storeroom = providers.Singleton(Storeroom, blobs=blobs, images=images, inspector=inspector)

    upload_asset = providers.Singleton(UploadAsset, inspector=inspector, blobs=blobs)
    receive_order = providers.Singleton(ReceiveOrder, store=store, directory=directory, clock=clock, ids=ids)
    refresh_order = providers.Singleton(
        RefreshOrder,
        store=store,
        directory=directory,
        channels=channels,
        clock=clock,
        receive_order=receive_order,
    )
    apply_report = providers.Singleton(ApplyReport, store=store, providers=providers_, clock=clock)
    redact_customer = providers.Singleton(RedactCustomer, store=store, blobs=blobs, clock=clock)
    rescue_lines = providers.Singleton(
        RescueLines, store=store, queries=queries, receive_order=receive_order, clock=clock
    )
    show_shop = providers.Singleton(ShowShop, directory=directory)
    send_to_fulfill = providers.Singleton(
        SendToFulfill,
        store=store,
        directory=directory,
        providers=providers_,
        blobs=blobs,
        clock=clock,
        ids=ids,
        refresh_order=refresh_order,
    )

    mockspark = providers.Singleton(
        MockSpark,
        drain=drain,
        receive_order=receive_order,
        refresh_order=refresh_order,
        accept_webhook=providers.Singleton(
            AcceptWebhook, directory=directory, channels=channels, inbox=inbox
        ),
        accept_report=providers.Singleton(
            AcceptReport, directory=directory, providers=providers_, inbox=inbox
        ),
        work_inbox=providers.Singleton(
            WorkInbox,
            store=store,
            directory=directory,
            inbox=inbox,
            channels=channels,
            clock=clock,
            refresh_order=refresh_order,
            redact_customer=redact_customer,
            apply_report=apply_report,
        ),
        reconcile=providers.Singleton(
            Reconcile,
            store=store,
            directory=directory,
            channels=channels,
            clock=clock,
            receive_order=receive_order,
        ),
        sync_order=providers.Singleton(SyncOrder, store=store, refresh_order=refresh_order),
        redesign=providers.Singleton(Redesign, store=store, clock=clock),
        generate_files=providers.Singleton(
            GenerateFiles,
            store=store,
            renderer=renderer,
            storeroom=storeroom,
            fonts=fonts,
            blobs=blobs,
            clock=clock,
        ),
        upload_asset=upload_asset,
        import_design=providers.Singleton(
            ImportDesign, store=store, importer=importer, upload_asset=upload_asset
        ),
        upload_font=providers.Singleton(
            UploadFont, store=store, checker=font_checker, blobs=blobs, clock=clock
        ),
        delete_font=providers.Singleton(DeleteFont, store=store, blobs=blobs),
        fonts=providers.Singleton(ListFonts, store=store, shelf=fonts),
        read_file=providers.Singleton(ReadFile, store=store, blobs=blobs),
        save_listing=providers.Singleton(SaveListing, store=store, rescue_lines=rescue_lines),
        delete_listing=providers.Singleton(DeleteListing, store=store),
        listings=providers.Singleton(BrowseListings, store=store),
        import_listings=providers.Singleton(ImportListings, store=store, ids=ids, rescue_lines=rescue_lines),
        rescue_lines=rescue_lines,
        redact_customer=redact_customer,
        erase_shop=providers.Singleton(EraseShop, directory=directory, blobs=blobs),
        customer_data=providers.Singleton(CustomerData, store=store),
        plan_submissions=providers.Singleton(
            PlanSubmissions,
            store=store,
            directory=directory,
            queries=queries,
            providers=providers_,
            blobs=blobs,
            clock=clock,
            ids=ids,
        ),
        send_to_fulfill=send_to_fulfill,
        undo_send=providers.Singleton(UndoSend, store=store, clock=clock),
        submit=providers.Singleton(
            Submit,
            store=store,
            directory=directory,
            providers=providers_,
            clock=clock,
            ids=ids,
            refresh_order=refresh_order,
        ),
        settle_unknown=providers.Singleton(SettleUnknown, store=store, providers=providers_, clock=clock),
        track=providers.Singleton(Track, store=store, providers=providers_, clock=clock),
        apply_report=apply_report,
        cancel_items=providers.Singleton(CancelItems, store=store, clock=clock),
        carry_out_cancel=providers.Singleton(
            CarryOutCancel, store=store, providers=providers_, clock=clock, ids=ids
        ),
        publish_shipments=providers.Singleton(
            PublishShipments, store=store, directory=directory, channels=channels, clock=clock
        ),
        store_hold=providers.Singleton(StoreHold, store=store, directory=directory, channels=channels),
        hold_items=providers.Singleton(HoldItems, store=store, clock=clock),
        release_items=providers.Singleton(ReleaseItems, store=store, clock=clock),
        mark_fulfilled=providers.Singleton(MarkFulfilled, store=store, clock=clock),
        archive_items=providers.Singleton(ArchiveItems, store=store, clock=clock),
        unarchive_items=providers.Singleton(UnarchiveItems, store=store, clock=clock),
        comment_items=providers.Singleton(CommentItems, store=store, clock=clock),
        clear_flags=providers.Singleton(ClearFlags, store=store, clock=clock),
        confirm_address=providers.Singleton(ConfirmAddress, store=store, clock=clock),
        reprint_items=providers.Singleton(ReprintItems, store=store, clock=clock, ids=ids),
        search_items=providers.Singleton(SearchItems, queries=queries, clock=clock),
        count_items=providers.Singleton(CountItems, queries=queries, clock=clock),
        counters=providers.Singleton(Counters, queries=queries),
        show_item=providers.Singleton(ShowItem, store=store, queries=queries),
        timeline=providers.Singleton(ShowTimeline, queries=queries),
        import_log=providers.Singleton(ShowImportLog, queries=queries),
        export_csv=providers.Singleton(ExportCsv, queries=queries, clock=clock),
        download_files=providers.Singleton(DownloadFiles, store=store, blobs=blobs),
        show_proof=providers.Singleton(
            ShowProof, store=store, renderer=renderer, storeroom=storeroom, fonts=fonts
        ),
        show_design=providers.Singleton(ShowDesign, store=store, renderer=renderer, storeroom=storeroom),
        show_mockup=providers.Singleton(ShowMockup, store=store, renderer=renderer, storeroom=storeroom),
        mock_up_design=providers.Singleton(MockUpDesign, store=store, renderer=renderer, storeroom=storeroom),
        check_design=providers.Singleton(
            CheckDesign, store=store, renderer=renderer, storeroom=storeroom, fonts=fonts
        ),
        lay_out_text=providers.Singleton(LayOutText, typesetter=typesetter, blobs=blobs),
        show_shop=show_shop,
        connect_shop=providers.Singleton(ConnectShop, store=store, directory=directory, clock=clock),
        connect_provider=providers.Singleton(
            ConnectProvider, store=store, providers=providers_, clock=clock, ids=ids
        ),
        connections=providers.Singleton(ListConnections, store=store),
        check_accounts=providers.Singleton(
            CheckAccounts, store=store, channels=channels, providers=providers_, public_url=public_url
        ),
        update_rules=providers.Singleton(UpdateRules, directory=directory, show_shop=show_shop),
        create_token=providers.Singleton(CreateToken, directory=directory, clock=clock),
        tokens=providers.Singleton(ListTokens, directory=directory),
        revoke_token=providers.Singleton(RevokeToken, directory=directory, clock=clock),
        authenticate=providers.Singleton(Authenticate, directory=directory, clock=clock),
        sweep=providers.Singleton(
            Sweep, store=store, directory=directory, clock=clock, send_to_fulfill=send_to_fulfill
        ),
    )
