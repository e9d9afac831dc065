"""``GET /verify``: what a certificate must say, computed again from its edition.

The link of a certificate says what was asked and of which data, never a price. The page says
whether the data is still that, and whether the edition has been superseded since.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from app.web.certificate.content import basis_facts, blocks_of, located, notes_of
from app.web.certificate.link import now, prints_of, read_link
from app.web.certificate.query import ValueCertificateQuery, answered
from app.web.certificate.texts import Texts
from app.web.errors import problem_response
from app.web.rendering import LANGUAGES, known, templates
from geo.editions.catalogue import today
from geo.errors import GeoError
from maps.sheet.certificate.content import Fact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

    from app.web.certificate.link import Link, Prints
    from app.web.edition import LoadedEdition
    from app.web.served import Served

_TEMPLATES: Final = templates(Path(__file__).parent / "templates")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing that the page says of a certificate.

    Attributes
    ----------
    kind : {"good", "warning"}
    text : str
    """

    kind: str
    text: str


def install(app: FastAPI) -> None:
    """Add the page to an application."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/verify")
    async def verify(request: Request) -> Response:
        return await run_in_threadpool(_page, request)

    app.include_router(routes)


def _page(request: Request) -> Response:
    served: Served = request.app.state.served
    lang = known(request.query_params.get("lang", "zh"))
    other = "en" if lang == "zh" else "zh"
    say = Texts(lang)
    status, failure, content = HTTPStatus.OK, "", {}
    try:
        content = _content(served, read_link(request.url.query), say)
    except (GeoError, ValidationError) as error:
        told: Exception = error
        if isinstance(error, ValidationError):
            told = RequestValidationError(error.errors())
        problem = problem_response(told, request.scope)
        status = HTTPStatus(problem.status_code)
        failure = json.loads(bytes(problem.body))["error"]["message"]
    html = _TEMPLATES.get_template("verify.html").render(
        say=say,
        lang=LANGUAGES[lang],
        other_lang=LANGUAGES[other],
        other_url=f"?{request.url.include_query_params(lang=other).query}",
        home=f"./{'?lang=en' if lang == 'en' else ''}",
        failure=failure,
        **content,
    )
    return HTMLResponse(html, status, {"cache-control": "no-store"})


def _content(served: Served, link: Link, say: Texts) -> dict[str, Any]:
    """Return what the page says of a link that can be read."""
    catalogue = served.catalogue
    edition = catalogue.by_id.get(link.edition)
    if edition is None:
        present = catalogue.in_force(catalogue.city(link.edition.partition("-")[0]))
        verdicts = [_gone(link, present, say)]
        answer, issued = answered(served, link.query, edition=present), now()
        prints = prints_of(served, present, link.query)
    else:
        answer, issued = answered(served, link.query, edition=edition), link.issued
        prints = prints_of(served, edition, link.query)
        verdicts = [*_compared(link, prints, say), _standing(served, edition, say)]
    kind = "title_value" if isinstance(link.query, ValueCertificateQuery) else "title_price"
    return {
        "title": say(kind),
        "verdicts": verdicts,
        "link_facts": [
            Fact(say("verify_issued"), say.time(link.issued)),
            Fact(say("verify_printed"), say("hash_text", hash=link.prints.data)),
        ],
        "place": located(answer, say),
        "blocks": blocks_of(answer, say),
        "basis": [fact for fact in basis_facts(served, answer, prints, issued, say) if fact.text],
        "notes": notes_of(answer, say),
    }


def _gone(link: Link, present: LoadedEdition, say: Texts) -> Verdict:
    names = {"edition": link.edition, "present": present.parcels.edition.id}
    return Verdict("warning", say("verify_gone", **names))


def _compared(link: Link, prints: Prints, say: Texts) -> Iterator[Verdict]:
    """Tell whether the data is still that of the certificate."""
    if prints == link.prints:
        yield Verdict("good", say("verify_same"))
    if prints.data != link.prints.data:
        yield Verdict("warning", say("verify_changed", edition=link.edition))
    if prints.coefficients != link.prints.coefficients:
        yield Verdict("warning", say("verify_changed_coefficients"))


def _standing(served: Served, edition: LoadedEdition, say: Texts) -> Verdict:
    """Tell whether an edition is still the present one."""
    facts, day = edition.parcels.edition, today()
    after = served.catalogue.superseded_by(edition, day)
    if after is not None:
        later = after.parcels.edition
        told = {"later": later.id, "day": say.day(later.effective_from)}
        return Verdict("warning", say("verify_superseded", edition=facts.id, **told))
    if facts.valid_to is not None and day > facts.valid_to:
        ended = say.day(facts.valid_to)
        return Verdict("warning", say("verify_expired", edition=facts.id, day=ended))
    return Verdict("good", say("verify_current", edition=facts.id))
