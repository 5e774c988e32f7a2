"""Placing, showing, listing, sending and cancelling orders at the local Printify."""

from tests.adapters.sandbox.printify_client import line, order, printify


async def test_an_order_answers_its_id_alone() -> None:
    """A placed order is told by 24 hexadecimal digits and nothing else."""
    async with printify() as pfy:
        answer = await pfy.post(f"{pfy.shop}/orders.json", order())
        assert 200 == answer.status_code, answer.text
        assert ["id"] == list(answer.json())
        assert 24 == len(bytes.fromhex(answer.json()["id"])) * 2


async def test_a_new_order_waits_until_it_is_sent() -> None:
    """An order is pending, then on hold; only the merchant's word lets it be printed."""
    async with printify() as pfy:
        order_id = await pfy.place(order("sub-1", line(quantity=2, external_id="item-1")))
        assert "pending" == await pfy.status(order_id)
        pfy.sandbox.advance(2)
        assert "on-hold" == await pfy.status(order_id)
        assert {"id": order_id} == (await pfy.send(order_id)).json()
        assert "sending-to-production" == await pfy.status(order_id)
        pfy.sandbox.advance(100)
        shown = await pfy.show(order_id)
        assert "fulfilled" == shown["status"]
        assert 1 == len(shown["shipments"])
