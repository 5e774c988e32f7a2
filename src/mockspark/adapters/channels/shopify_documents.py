"""What we ask the Admin API, pinned to one version; each document carries just the fragments that it uses."""

from typing import Final

from attrs import frozen

API_VERSION: Final = "2026-10"


@frozen(kw_only=True)
class Document:
    """One operation: its name, its text, and whether it changes anything."""

    name: str
    text: str
    writes: bool = False


_LINE: Final = """
fragment Line on LineItem {
  id
  title
  variantTitle
  sku
  vendor
  quantity
  currentQuantity
  requiresShipping
  isGiftCard
  customAttributes { key value }
  product { id }
  variant { id }
  lineItemGroup { id customAttributes { key value } }
  originalUnitPriceSet { shopMoney { amount currencyCode } }
}
"""

_HEADER: Final = """
fragment Header on Order {
  id
  name
  createdAt
  updatedAt
  cancelledAt
  displayFinancialStatus
  test
  tags
  note
  email
  phone
  sourceName
  currencyCode
  customAttributes { key value }
  customer { id firstName lastName }
  shippingAddress {
    firstName lastName name company address1 address2 city province provinceCode zip countryCodeV2 phone
  }
  shippingLine { title }
  fulfillmentOrders(first: 10) {
    nodes { id status requestStatus fulfillmentHolds { id handle reason reasonNotes heldByRequestingApp } }
  }
  fulfillments(first: 50) { ...Told }
}
"""

_TOLD: Final = """
fragment Told on Fulfillment {
  id
  status
  trackingInfo(first: 10) { number }
  fulfillmentLineItems(first: 250) { nodes { quantity lineItem { id } } }
}
"""

_WORK: Final = """
fragment Work on FulfillmentOrder {
  id
  status
  requestStatus
  supportedActions { action }
  assignedLocation { name location { id fulfillmentService { id serviceName } } }
  fulfillmentHolds { id handle reason reasonNotes heldByRequestingApp }
  lineItems(first: 250) {
    pageInfo { hasNextPage endCursor }
    nodes { id remainingQuantity lineItem { id } }
  }
}
"""

ORDER: Final = Document(
    name="MockSparkOrder",
    text="""
query MockSparkOrder($id: ID!) {
  order(id: $id) {
    ...Header
    lineItems(first: 50) { pageInfo { hasNextPage endCursor } nodes { ...Line } }
  }
}
"""
    + _HEADER
    + _TOLD
    + _LINE,
)

ORDER_LINES: Final = Document(
    name="MockSparkOrderLines",
    text="""
query MockSparkOrderLines($id: ID!, $after: String) {
  order(id: $id) {
    updatedAt
    lineItems(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { ...Line } }
  }
}
"""
    + _LINE,
)

ORDER_OF_WORK: Final = Document(
    name="MockSparkOrderOfWork",
    text="""
query MockSparkOrderOfWork($id: ID!) {
  fulfillmentOrder(id: $id) { orderId }
}
""",
)

ORDERS: Final = Document(
    name="MockSparkOrders",
    text="""
query MockSparkOrders($query: String!, $after: String) {
  orders(first: 25, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes {
      ...Header
      lineItems(first: 20) { pageInfo { hasNextPage endCursor } nodes { ...Line } }
    }
  }
}
"""
    + _HEADER
    + _TOLD
    + _LINE,
)

PARCELS: Final = Document(
    name="MockSparkParcels",
    text="""
query MockSparkParcels($id: ID!, $after: String) {
  order(id: $id) {
    cancelledAt
    fulfillments(first: 100) { ...Told }
    fulfillmentOrders(first: 20, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { ...Work }
    }
  }
}
"""
    + _TOLD
    + _WORK,
)

WORK_LINES: Final = Document(
    name="MockSparkWorkLines",
    text="""
query MockSparkWorkLines($id: ID!, $after: String) {
  fulfillmentOrder(id: $id) {
    lineItems(first: 250, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { id remainingQuantity lineItem { id } }
    }
  }
}
""",
)

SHIP: Final = Document(
    name="MockSparkShip",
    text="""
mutation MockSparkShip($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id }
    userErrors { field message }
  }
}
""",
    writes=True,
)

HOLD: Final = Document(
    name="MockSparkHold",
    text="""
mutation MockSparkHold($id: ID!, $hold: FulfillmentOrderHoldInput!) {
  fulfillmentOrderHold(id: $id, fulfillmentHold: $hold) {
    fulfillmentHold { id }
    userErrors { field message code }
  }
}
""",
    writes=True,
)

RELEASE: Final = Document(
    name="MockSparkRelease",
    text="""
mutation MockSparkRelease($id: ID!, $holdIds: [ID!]!) {
  fulfillmentOrderReleaseHold(id: $id, holdIds: $holdIds) {
    fulfillmentOrder { id }
    userErrors { field message code }
  }
}
""",
    writes=True,
)

SUBSCRIBE: Final = Document(
    name="MockSparkSubscribe",
    text="""
mutation MockSparkSubscribe($topic: WebhookSubscriptionTopic!, $subscription: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $subscription) {
    webhookSubscription { id }
    userErrors { field message }
  }
}
""",
    writes=True,
)

STORE: Final = Document(
    name="MockSparkStore",
    text="""
query MockSparkStore {
  shop { name myshopifyDomain }
  currentAppInstallation { accessScopes { handle } }
}
""",
)

DOCUMENTS: Final = (
    ORDER, ORDER_LINES, ORDER_OF_WORK, ORDERS, PARCELS, WORK_LINES, SHIP, HOLD, RELEASE, SUBSCRIBE, STORE,
)  # fmt: skip
"""Every document, for judging them against the schema of the pinned version."""
