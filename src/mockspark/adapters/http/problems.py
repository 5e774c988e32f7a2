"""Errors as RFC 9457 problems: a stable code, a title, what is wrong, and what to do."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from mockspark.application.errors import (
    Conflict,
    FormInvalid,
    NotAuthorized,
    NotConnected,
    NotFound,
    PortError,
    Rejected,
    Unavailable,
)
from mockspark.domain.errors import ConfirmationNeeded, DomainError, InvalidValue, MockSparkError

MEDIA_TYPE: Final = "application/problem+json"
_LOG: Final = logging.getLogger(__name__)

STATUS: Final[Mapping[type[MockSparkError], HTTPStatus]] = {
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    FormInvalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidValue: HTTPStatus.UNPROCESSABLE_ENTITY,
    ConfirmationNeeded: HTTPStatus.CONFLICT,
    DomainError: HTTPStatus.CONFLICT,
    NotConnected: HTTPStatus.CONFLICT,
    NotAuthorized: HTTPStatus.BAD_GATEWAY,
    Rejected: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    PortError: HTTPStatus.BAD_GATEWAY,
    MockSparkError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""Looked up along the class's ancestors, so that a new error has a status from its first day."""

_HTTP_CODES: Final[Mapping[int, str]] = {
    400: "malformed",
    401: "not_authenticated",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    412: "changed_meanwhile",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid_value",
    428: "precondition_required",
    429: "too_many_requests",
}


def status_of(error: type[MockSparkError]) -> HTTPStatus:
    """Return the HTTP status of *error* or of its nearest ancestor."""
    return next(STATUS[kind] for kind in error.__mro__ if kind in STATUS)


def of_mockspark(_: Request[Any, Any, Any], error: MockSparkError) -> Response[dict[str, Any]]:
    """Answer an error that MockSpark raised on purpose."""
    more: dict[str, Any] = {}
    headers: dict[str, str] = {}
    if isinstance(error, FormInvalid):
        more["errors"] = [{"field": name, "problem": problem} for name, problem in error.problems]
    if isinstance(error, Unavailable) and error.retry_after is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_after.total_seconds())))
    return problem(status_of(type(error)), error.code, str(error), more=more, headers=headers)


def of_http(_: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """Answer what the framework refused; what it broke on is a defect of ours."""
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return of_anything(_, error)
    more: dict[str, Any] = {}
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        more["errors"] = [_field_problem(told) for told in error.extra]
    code = _HTTP_CODES.get(error.status_code, "http_error")
    return problem(HTTPStatus(error.status_code), code, error.detail, more=more, headers=error.headers)


def of_anything(_: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """Answer a defect of ours: an id to find it in the log, and nothing of what happened."""
    reference = uuid4().hex
    _LOG.error("a request failed", exc_info=error, extra={"reference": reference})
    words = "something went wrong here; nothing is lost. Tell support the reference."
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", words, more={"reference": reference})


def problem(
    status: HTTPStatus,
    code: str,
    detail: str,
    *,
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[dict[str, Any]]:
    """Build a problem document; *code* is what programs look at."""
    return Response(
        {
            "type": f"urn:mockspark:problem:{code}",
            "code": code,
            "title": status.phrase,
            "status": int(status),
            "detail": detail,
            **(more or {}),
        },
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )


def _field_problem(told: Any) -> dict[str, str]:
    if not isinstance(told, dict):
        return {"field": "", "problem": str(told)}
    return {"field": str(told.get("key", "")), "problem": str(told.get("message", ""))}
