"""The use cases under one roof: what an embedding program, the HTTP API and the command line call."""

from collections.abc import Awaitable, Callable

from attrs import frozen

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


@frozen(kw_only=True)
class MockSpark:
    """Everything MockSpark can do; each member is called with the shop it is done for.

    *drain* works off every job that is due, for programs that run no worker beside themselves.
    """

    drain: Callable[[], Awaitable[int]]

    # From the store to ready files
    receive_order: ReceiveOrder
    refresh_order: RefreshOrder
    accept_webhook: AcceptWebhook
    accept_report: AcceptReport
    work_inbox: WorkInbox
    reconcile: Reconcile
    sync_order: SyncOrder
    redesign: Redesign
    generate_files: GenerateFiles
    upload_asset: UploadAsset
    import_design: ImportDesign
    upload_font: UploadFont
    delete_font: DeleteFont
    fonts: ListFonts
    read_file: ReadFile
    save_listing: SaveListing
    delete_listing: DeleteListing
    listings: BrowseListings
    import_listings: ImportListings
    rescue_lines: RescueLines
    redact_customer: RedactCustomer
    erase_shop: EraseShop
    customer_data: CustomerData

    # From ready files to the parcel
    plan_submissions: PlanSubmissions
    send_to_fulfill: SendToFulfill
    undo_send: UndoSend
    submit: Submit
    settle_unknown: SettleUnknown
    track: Track
    apply_report: ApplyReport
    cancel_items: CancelItems
    carry_out_cancel: CarryOutCancel
    publish_shipments: PublishShipments
    store_hold: StoreHold
    hold_items: HoldItems
    release_items: ReleaseItems
    mark_fulfilled: MarkFulfilled
    archive_items: ArchiveItems
    unarchive_items: UnarchiveItems
    comment_items: CommentItems
    clear_flags: ClearFlags
    confirm_address: ConfirmAddress
    reprint_items: ReprintItems

    # Looking
    search_items: SearchItems
    count_items: CountItems
    counters: Counters
    show_item: ShowItem
    timeline: ShowTimeline
    import_log: ShowImportLog
    export_csv: ExportCsv
    download_files: DownloadFiles

    # Designs before they are printed
    show_proof: ShowProof
    show_design: ShowDesign
    show_mockup: ShowMockup
    mock_up_design: MockUpDesign
    check_design: CheckDesign
    lay_out_text: LayOutText

    # The shop and its accounts
    show_shop: ShowShop
    connect_shop: ConnectShop
    connect_provider: ConnectProvider
    connections: ListConnections
    check_accounts: CheckAccounts
    update_rules: UpdateRules
    create_token: CreateToken
    tokens: ListTokens
    revoke_token: RevokeToken
    authenticate: Authenticate
    sweep: Sweep
