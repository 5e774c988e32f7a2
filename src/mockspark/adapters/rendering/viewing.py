"""A page seen from nearer or farther: the same nodes, mapped, so that a proof at any zoom is the file itself."""

from attrs import evolve

from mockspark.adapters.rendering.geometry import Frame
from mockspark.adapters.rendering.nodes import (
    Clip,
    EmojiNode,
    FillNode,
    GroupNode,
    Node,
    Page,
    Pen,
    PhotoNode,
    Piece,
    ShadowOf,
)
from mockspark.domain.outlines import Affine


def viewed(page: Page, zoom_px: int) -> Page:
    """Return *page* as it is with its canvas *zoom_px* pixels wide."""
    share = zoom_px / page.area.width_px
    lens = _Lens(share)
    area = evolve(page.area, width_px=zoom_px, height_px=max(round(page.area.height_px * share), 1))
    cuts = tuple(lens.piece(piece) for piece in page.cuts)
    return evolve(page, area=area, nodes=tuple(lens.node(node) for node in page.nodes), cuts=cuts)


class _Lens:
    """Multiplies by *share*."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._map = Affine.scaled(share, share)

    def node(self, node: Node) -> Node:
        match node:
            case FillNode():
                pieces = tuple(self.piece(piece) for piece in node.pieces)
                pen = None if node.pen is None else self._pen(node.pen)
                return evolve(node, pieces=pieces, frame=self._frame(node.frame), pen=pen)
            case PhotoNode():
                return evolve(node, frame=self._frame(node.frame))
            case EmojiNode():
                return evolve(node, place=self._map.after(node.place))
            case GroupNode():
                return self._group(node)

    def piece(self, piece: Piece) -> Piece:
        return evolve(piece, place=self._map.after(piece.place))

    def _group(self, node: GroupNode) -> GroupNode:
        return evolve(
            node,
            nodes=tuple(self.node(inner) for inner in node.nodes),
            shadow=None if node.shadow is None else self._shadow(node.shadow),
            clip=None if node.clip is None else self._clip(node.clip),
        )

    def _clip(self, clip: Clip) -> Clip:
        picture = clip.picture
        seen = None if picture is None else evolve(picture, frame=self._frame(picture.frame))
        return evolve(clip, pieces=tuple(self.piece(piece) for piece in clip.pieces), picture=seen)

    def _shadow(self, shadow: ShadowOf) -> ShadowOf:
        share = self._share
        return evolve(shadow, dx=shadow.dx * share, dy=shadow.dy * share, blur=shadow.blur * share)

    def _pen(self, pen: Pen) -> Pen:
        dash = tuple(length * self._share for length in pen.dash)
        return evolve(pen, width=pen.width * self._share, dash=dash)

    def _frame(self, frame: Frame) -> Frame:
        share = self._share
        return Frame(
            x=frame.x * share,
            y=frame.y * share,
            width=frame.width * share,
            height=frame.height * share,
            turn=frame.turn,
        )
