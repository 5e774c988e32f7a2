"""A faithful local Shopify for many shops on one server: Admin GraphQL, OAuth, webhooks, merchants and shoppers.

A GraphQL request names its shop by its access token; everything else by `X-Shopify-Shop-Domain`, the `shop`
parameter or the Host header, and where none of these is known, the only shop that knows the client id is meant.
"""
