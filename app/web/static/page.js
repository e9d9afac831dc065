// The page: asks the service for the prices at a place and shows the answer beside the map.
/* global L, landprice */
import * as answers from "./answer.js";
import { addressOf, certificateOf, parcelIn, placeIn, queryOf, valuationQueryOf, viewIn } from "./place.js";
import { showOutcome, spoken, valuationPart } from "./valuation.js";
import { has, language, metres, number, percents, t, withLine } from "./words.js";

/** @typedef {import("./place.js").Place} Place */
/** @typedef {import("./valuation.js").Parcel} Parcel */
/** @typedef {import("./valuation.js").Outcome & {use: string, parcel: Parcel}} Valued */
/**
 * What is shown: an answer, the record of a region, or why there is none; and what a parcel is worth there.
 * @typedef {{place?: Place, answer?: object, coefficients?: object | null, other?: object, region?: string,
 *   error?: string, valued?: Valued}} Shown
 */

const { chinese, element, map } = landprice;
const byId = (id) => document.getElementById(id);
const form = byId("form");
const box = byId("place");
const systems = byId("crs");
const answerSection = byId("answer");
const start = byId("start");

const FAR_M = 50000; // from the nearest region; farther off is not in the city
const LIKELY_ENOUGH = 0.15; // for a region to be brought into view
const IN_DEGREES_OF_THE_MAP = ["wgs84", "cgcs2000", "epsg:4490"];
// The chosen system is for numbers that do not say theirs; words have none.
const BARE_NUMBERS = /^[\d\s.,，;；、°º′″'"’”NSEW度分秒东西南北经纬:+-]+$/u;
const LOCATE = { enableHighAccuracy: true, timeout: 20000, maximumAge: 30000 };
const REMEMBERED = "landprice-crs";
const NAMES = { wgs84: "WGS84", cgcs2000: "CGCS2000", gcj02: "GCJ-02", bd09: "BD-09" };

/** @type {Shown | null} */
let shown = null;
let use = map.use;
let latest = 0;
/** @type {Parcel} */
let entered = {};

const queryNow = () => new URLSearchParams(window.location.search);

// The box ---------------------------------------------------------------------------------------

const hits = landprice.suggest(box, {
  find: (text) => map.find(text),
  choose: (hit) => {
    box.value = hit.label;
    choose(hit);
  },
  texts: () => map.texts,
});

function choose({ kind, ids, label }) {
  if (kind === "region") showRegion(ids[0]);
  else if (kind === "crossing") ask({ at: label });
  else showLine(ids[0]);
}

/** A line is no place yet: show it, and ask for what crosses it. */
function showLine(name) {
  latest += 1;
  map.showHit({ kind: "line", ids: [name] });
  show({ line: name });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  hits.close();
  const text = box.value.trim();
  if (!text) {
    box.focus();
    return;
  }
  const exact = map.exact(text);
  if (exact) choose(exact);
  else ask({ at: text, crs: BARE_NUMBERS.test(text) ? systems.value : "" });
});

systems.addEventListener("change", () => {
  remember(systems.value);
  explainSystem();
});

function remember(crs) {
  try {
    window.localStorage.setItem(REMEMBERED, crs);
  } catch {
    // A browser may have no storage for the page; then the choice holds for this visit.
  }
}

function remembered() {
  try {
    return window.localStorage.getItem(REMEMBERED) ?? "";
  } catch {
    return "";
  }
}

function explainSystem() {
  const about = byId("crs-about");
  about.dataset.text = systems.value ? `about_${systems.value}` : "about_auto";
  about.textContent = t(about.dataset.text);
}

byId("locate").addEventListener("click", () => {
  const asked = ++latest;
  if (!window.isSecureContext || !navigator.geolocation) {
    show({ error: "locate_insecure" });
    return;
  }
  byId("status").textContent = t("locating");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      if (asked !== latest) return;
      map.showCircle(L.latLng(coords.latitude, coords.longitude), coords.accuracy);
      ask({ lon: coords.longitude.toFixed(6), lat: coords.latitude.toFixed(6), crs: "wgs84" });
    },
    ({ code }) => {
      if (asked === latest) show({ error: code === 1 ? "locate_denied" : "locate_failed" });
    },
    LOCATE,
  );
});

// Addresses -------------------------------------------------------------------------------------

function stateNow() {
  const { place, region } = shown ?? {};
  const isDefault = use === Object.keys(map.uses)[0];
  return { place, region, use: isDefault ? null : use, parcel: valuedHere()?.parcel, lang: language() };
}

/** Put what is shown into the address bar; `push` makes it a step to come back from. */
function showInAddress({ push }) {
  const address = addressOf(stateNow());
  const url = address === window.location.pathname ? address : `${window.location.pathname}${address}`;
  const here = window.location.pathname + window.location.search;
  if (url !== here) window.history[push ? "pushState" : "replaceState"](null, "", url);
  byId("language").href = addressOf({ ...stateNow(), lang: language() === "en" ? "zh" : "en" });
}

/** The address of this very view of the map. */
function linkHere() {
  const { lat, lng } = map.map.getCenter();
  const view = `${lat.toFixed(5)},${lng.toFixed(5)},${map.map.getZoom()}`;
  return new URL(addressOf({ ...stateNow(), view }), window.location.href).href;
}

// Asking ----------------------------------------------------------------------------------------

/**
 * Ask for a place and show the answer; `push` puts it into the history, the map follows it, and the
 * parcel there is valued.
 */
async function ask(place, { push = true, follow = true, parcel = null } = {}) {
  const asked = ++latest;
  byId("status").textContent = t("asking");
  answerSection.setAttribute("aria-busy", "true");
  const result = await answerTo(place);
  if (asked !== latest) return; // a later question is on its way
  answerSection.removeAttribute("aria-busy");
  show(result, { push, follow });
  if (parcel && valuationHere()) await appraise(parcel, { push: false });
}

/** @returns {Promise<Shown>} */
async function answerTo(place) {
  const { body, error } = await fetched(`v1/price?${queryOf(place)}`);
  if (error) return { place, error };
  // What a text says is the coordinate that was read from it.
  const { lon, lat, crs } = body.query;
  const read = body.pasted ? { lon: `${lon}`, lat: `${lat}`, crs, known: place.known } : place;
  const assumed = Boolean(body.pasted) && !body.pasted.crs_stated && !place.crs;
  const [point, other, coefficients] = await Promise.all([
    pointOf(body.query),
    assumed ? otherReading(body) : null,
    coefficientsOf(body.edition.id),
  ]);
  return { place: read, typed: place.at, answer: body, coefficients, point, assumed, other };
}

/** Ask the service; an answer that is not its own is not blamed on the reader's network. */
async function fetched(url, options = {}) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    return { error: "network" };
  }
  try {
    const body = await response.json();
    return response.ok ? { body } : { error: errorKey(body.error), field: body.error.field };
  } catch {
    return { error: "service" };
  }
}

/** Which words tell of an error; some codes mean another thing in words than of what is known. */
const errorKey = ({ code, field }) => (field === "known" && code !== "facts_contradict" ? "known" : code);

/** The answer if degrees that do not say their system were copied from Amap or Tencent. */
async function otherReading({ query, prices }) {
  if (query.crs !== "wgs84") return null;
  const { lon, lat } = query;
  const { body } = await fetched(`v1/price?${queryOf({ lon, lat, crs: "gcj02" })}`);
  const codes = (all) => all.map(({ code }) => code).join();
  return body && codes(body.prices) !== codes(prices) ? body : null;
}

/** What is known of the coefficients of an edition, by its id: asked for once. */
const coefficients = new Map();

async function coefficientsOf(edition) {
  if (!coefficients.has(edition)) {
    const { body } = await fetched(`v1/editions`);
    for (const one of body?.editions ?? []) coefficients.set(one.id, one.coefficients);
  }
  return coefficients.get(edition) ?? null;
}

/** Where a place is on the map, which is in WGS84. */
async function pointOf({ lon, lat, crs }) {
  if (IN_DEGREES_OF_THE_MAP.includes(crs)) return L.latLng(lat, lon);
  const { body } = await fetched(`place?${new URLSearchParams({ lon, lat, crs })}`);
  return body ? L.latLng(body.lat, body.lon) : null;
}

function showRegion(code, { push = true } = {}) {
  latest += 1;
  if (!map.regionOf(code)) {
    show({ error: "unknown_region" }, { push });
    return;
  }
  map.showRegion(code); // of its use
  show({ region: code }, { push });
  showAreas(code);
  showWhatToObserve(code);
}

/** Say which crossing somebody should observe, for this region to be more certain. */
async function showWhatToObserve(code) {
  const asked = latest;
  const { body } = await fetched(`v1/regions/${code}`);
  const note = byId("observe-note");
  if (asked !== latest || !body?.observe || !note) return;
  const { lines, settled } = body.observe;
  note.textContent = t("observe", { one: lines[0], other: lines[1], percent: percents(settled) });
  note.hidden = false;
}

/** Show where a region surely lies, and where it may. */
async function showAreas(code) {
  const asked = latest;
  const { body } = await fetched(`ogc/collections/likely_areas/items?code=${code}&f=json&limit=10`);
  if (asked !== latest || !body?.features) return;
  map.showAreas(body.features);
  const note = byId("areas-note");
  if (note && body.features.length) note.hidden = false;
}

// Showing -----------------------------------------------------------------------------------------

/** @param {Shown | null} next */
function show(next, { push = true, follow = false } = {}) {
  shown = next;
  const { place, point, answer, region, error, line } = next ?? {};
  if (next) fillBox(next);
  if (!region) map.showAreas([]);
  if (!region && !line) map.highlightRegions(likeliest());
  const near = Boolean(answer) && isNear(answer);
  map.showPoint(near ? point : null, { follow: false });
  if (near && follow) map.fitRegions(likely(answer), point);
  if (!place && !error) map.showCircle(null);
  box.toggleAttribute("aria-invalid", false);
  if (error && has(`error_${error}`) && !["network", "service"].includes(error)) {
    box.setAttribute("aria-invalid", "true");
  }
  if (next) showInAddress({ push });
  render();
  if (next && push) answerSection.scrollTop = 0;
  if (next && push && window.matchMedia("(max-width: 860px)").matches) window.scrollTo({ top: byId("form").offsetTop });
}

/** Whether a place is near enough for the map to show it. */
function isNear({ prices, nearest }) {
  return prices.length > 0 || nearest.some((one) => one.distance_m < FAR_M);
}

/** The regions to have in view: those that the place is in, or most likely. */
function likely(answer) {
  const some = answers.candidatesOf(answer, use).filter(({ probability }) => probability > LIKELY_ENOUGH);
  const codes = some.slice(0, 2).map(({ code }) => code);
  return codes.length ? codes : answer.nearest.filter((one) => one.use === use).map(({ code }) => code);
}

/** The code of the likeliest region of the use that is shown. */
function likeliest() {
  if (!shown?.answer) return [];
  return answers.candidatesOf(shown.answer, use).slice(0, 1).map(({ code }) => code);
}

/** Write into the box what is shown, unless the reader is writing in it. */
function fillBox({ place, typed, region, line }) {
  if (document.activeElement === box) return;
  if (region) box.value = map.hitOf(map.places.find(({ id }) => id === region), "").label;
  else if (line) box.value = line;
  else if (place) box.value = typed ?? place.at ?? [place.lon, place.lat].filter((one) => one != null).join(", ");
  if (place?.crs && [...systems.options].some(({ value }) => value === place.crs) && !typed) {
    systems.value = place.crs === "wgs84" ? remembered() : place.crs;
  }
  explainSystem();
}

function render() {
  answerSection.hidden = !shown;
  start.hidden = Boolean(shown);
  byId("status").textContent = shown ? summary(shown) : "";
  document.title = shown?.answer ? answers.titleOf(shown.answer, use) : t("title");
  if (shown) answerSection.replaceChildren(...parts(shown).filter(Boolean));
}

function summary({ answer, error, region, line }) {
  if (error) return errorText(error);
  if (region) return t("region_shown", { code: map.shortCode(region) });
  if (line) return t("line_shown", { line });
  if (!isNear(answer)) return t("far_away", { distance: metres(Math.min(...answer.nearest.map((one) => one.distance_m))) });
  return answers.spoken(answer, Object.keys(map.uses));
}

const errorText = (code) => t(has(`error_${code}`) ? `error_${code}` : "error_other");

function parts(current) {
  if (current.error) return errorParts(current);
  if (current.region) return regionParts(current.region);
  if (current.line) return lineParts(current.line);
  return answerParts(current);
}

function heading(text, { hidden = false } = {}) {
  return element("h2", { id: "answer-heading", class: hidden ? "hidden" : null }, text);
}

function errorParts({ place, error }) {
  const told = [element("p", {}, errorText(error))];
  if (error === "lon_lat_swapped") {
    const swap = () => ask({ ...place, lon: place.lat, lat: place.lon });
    told.push(element("div", { class: "tools" }, button("swap", swap)));
  }
  if (place?.known?.length) told.push(knownPart(place));
  return [heading(t("error_heading")), element("div", { class: "error" }, ...told)];
}

function lineParts(line) {
  return [heading(line), element("p", {}, ...withLine("line_shown", line)), tools()];
}

function answerParts({ place, answer, assumed, other }) {
  const uses = Object.keys(map.uses);
  const without = uses.filter((one) => !answers.candidatesOf(answer, one).length);
  if (!isNear(answer)) {
    const nearest = answer.nearest.reduce((one, two) => (two.distance_m < one.distance_m ? two : one));
    const far = t("far_away", { distance: metres(nearest.distance_m) });
    return [heading(t("answer_heading")), placePart(answer, assumed), element("p", { class: "outside" }, far)];
  }
  const actions = {
    showRegion,
    ask: (fact) => askKnowing([...(place.known ?? []), fact]),
  };
  return [
    heading(t("answer_heading"), { hidden: true }),
    placePart(answer, assumed),
    knownPart(place),
    otherPart(place, answer, other),
    answers.tabs(uses, use, { without, choose: showUse }),
    answers.panel(use, ...answers.useParts(answer, use, actions, valuationHere())),
    tools(),
    colophon(),
  ];
}

/** Ask for the same place, and value the same parcel, knowing more or less of it. */
function askKnowing(known) {
  ask({ ...shown.place, known }, { follow: false, parcel: valuedHere()?.parcel });
}

/** What was asked for, as it was understood. */
function placePart({ query, words }, assumed) {
  if (words) {
    return element("p", { class: "point" }, t("place_in_words", { at: words.at, radius: metres(words.radius_m) }));
  }
  const crs = NAMES[query.crs] ?? query.crs.toUpperCase();
  return element("p", { class: "point" }, t(assumed ? "point_assumed" : "point", { lon: query.lon, lat: query.lat, crs }));
}

/** That the numbers may be in another system, and what they would cost then. */
function otherPart(place, answer, other) {
  if (!other) return null;
  const price = (one) => answers.candidatesOf(one, use)[0]?.price;
  const there = price(other);
  const text = there ? t("other_system", { price: number(there) }) : t("other_system_none");
  return element(
    "p",
    { class: "other" },
    text,
    button("other_system_ask", () => ask({ lon: place.lon, lat: place.lat, crs: "gcj02" })),
  );
}

/** What the reader has said of the place, each to be taken back. */
function knownPart(place) {
  const known = place.known ?? [];
  if (!known.length) return null;
  const facts = known.map((fact) => {
    const [side, line] = fact.split("_of:");
    const text = line ? t(`known_${side}`, { line }) : fact;
    const others = known.filter((one) => one !== fact);
    const label = t("take_back", { fact: text });
    const back = element(
      "button",
      { type: "button", title: label, "aria-label": label, onclick: () => askKnowing(others) },
      "✕",
    );
    return element("li", {}, ...(line ? withLine(`known_${side}`, line) : [fact]), back);
  });
  return element("ul", { class: "known", "aria-label": t("known") }, ...facts);
}

function regionParts(code) {
  const { properties } = map.regionOf(code).feature;
  const bounds = Object.fromEntries(
    ["east", "west", "south", "north"].map((side) => [
      side,
      { line: properties[`bound_${side}`], accuracy_m: properties[`accuracy_${side}_m`] },
    ]),
  );
  const { standard_parcel: name, parcel_location: location, parcel_area_m2: area } = properties;
  return [
    heading(t("region_heading", { code: map.shortCode(code), use: t(`use_${properties.use}`) })),
    answers.priceHeading([properties.ground_price_cny_m2], map.facts),
    element("p", { id: "areas-note", class: "areas-note", hidden: true }, t("areas_note")),
    answers.terms(properties),
    answers.calculator([properties.ground_price_cny_m2]),
    answers.boundsPart(bounds, false),
    answers.parcelPart({ name, location, area_m2: area }),
    location ? element("p", {}, button("ask_parcel", () => ask({ at: location }))) : null,
    answers.glossary(),
    element("p", { id: "observe-note", hidden: true }),
    answers.whomToAsk(properties.geometry_source),
    tools(),
    colophon(),
  ];
}

function button(key, onclick) {
  return element("button", { type: "button", id: key.replaceAll("_", "-"), onclick }, t(key));
}

// What a parcel is worth --------------------------------------------------------------------------

const valuedHere = () => (shown?.valued?.use === use ? shown.valued : null);

/** The form to value a parcel, with what came of it; none without coefficients or a price. */
function valuationHere() {
  const known = shown?.coefficients?.uses[use];
  const standard = standardHere();
  if (!known || !standard) return null;
  const { synthetic } = shown.coefficients;
  return valuationPart({ known, synthetic }, standard, entered, valuedHere(), { value: appraise, showRegion });
}

/** The terms of the likeliest region, and whether another may hold the place. */
function standardHere() {
  const price = shown?.answer?.prices.find((one) => one.use === use);
  if (!price) return null;
  const { valuation_date } = shown.answer.edition;
  return { ...price, valuation_date, unsure: answers.candidatesOf(shown.answer, use).length > 1 };
}

/** Value a parcel at the place that is shown; `push` makes it a step to come back from. */
async function appraise(parcel, { push = true } = {}) {
  const asked = ++latest;
  const { place } = shown;
  const wanted = use;
  entered = parcel;
  byId("status").textContent = t("appraising");
  const query = valuationQueryOf(place, wanted, parcel);
  const outcome = await fetched(`v1/appraise`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...Object.fromEntries(query), known: query.getAll("known"), factor: query.getAll("factor") }),
  });
  if (asked !== latest) return; // another question is on its way
  shown.valued = { ...outcome, use: wanted, parcel, query };
  if (wanted !== use) return; // it is there when the reader comes back to that use
  showInAddress({ push });
  const section = byId("valuation");
  showOutcome(section, shown.valued, standardHere(), { showRegion });
  byId("status").textContent = spoken(shown.valued, standardHere());
  const wrong = section.querySelector("[aria-invalid]");
  wrong?.focus();
  (wrong?.closest(".field") ?? section.querySelector(".worth")).scrollIntoView({ block: "nearest" });
}

// The use that is shown -------------------------------------------------------------------------

function showUse(wanted) {
  if (wanted !== map.use) map.showUse(wanted); // which tells back
}

map.onUse = (wanted) => {
  use = wanted;
  if (!shown) return;
  if (shown.region && map.regionOf(shown.region).feature.properties.use !== use) {
    show(null);
    window.history.replaceState(null, "", addressOf(stateNow()));
    return;
  }
  if (shown.answer) map.highlightRegions(likeliest());
  showInAddress({ push: false });
  render();
};

// Copies ------------------------------------------------------------------------------------------

function tools() {
  const status = element("p", { class: "muted", role: "status", id: "copy-status" });
  const copier = (text) => async () => {
    status.textContent = t((await copied(text())) ? "copied" : "copy_failed");
  };
  return element(
    "div",
    { class: "tools" },
    button("copy_link", copier(linkHere)),
    button("copy_text", copier(answerAsText)),
    button("print", printed),
    shown.answer && isNear(shown.answer)
      ? element("a", { class: "certificate", href: certificateOf("price", queryOf(shown.place), language()) }, t("price_certificate"))
      : null,
    status,
  );
}

function answerAsText() {
  const kept = [...answerSection.children].filter((part) => !part.matches(".tools, .colophon"));
  const form = answerSection.querySelectorAll("#valuation:not(:has(h4)), #valuation > :not(.worth)");
  for (const part of form) part.hidden = true; // so that innerText leaves it out
  const texts = kept.map((part) => part.innerText.replace(/\n{2,}/g, "\n").trim()).filter(Boolean);
  for (const part of form) part.hidden = false;
  return [document.title, ...texts, t("source"), t("drawing"), window.location.href].join("\n\n");
}

async function copied(text) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  // Browsers have no clipboard for pages over plain HTTP, but this old way.
  const area = element("textarea", { class: "hidden" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

/** What a printed page says of itself: when, from where, and a code that leads back. */
function colophon() {
  const code = element("img", { class: "qr", alt: t("qr_code"), width: "96", height: "96" });
  return element(
    "div",
    { class: "colophon" },
    code,
    element(
      "p",
      {},
      t("printed_on", { date: new Date().toISOString().slice(0, 10) }),
      element("br"),
      element("span", { class: "address" }),
    ),
  );
}

async function printed() {
  const code = answerSection.querySelector(".qr");
  if (code) {
    await new Promise((done) => {
      code.onload = code.onerror = done;
      code.src = `qr.svg?${new URLSearchParams({ text: window.location.href })}`;
    });
  }
  window.print();
}

const opened = [];
window.addEventListener("beforeprint", () => {
  const address = answerSection.querySelector(".address");
  if (address) address.textContent = window.location.href;
  const closed = [...answerSection.querySelectorAll("details:not(.glossary):not([open])")];
  for (const part of closed) part.open = true;
  opened.push(...closed);
  const centre = map.point?.getLatLng() ?? map.map.getCenter();
  document.body.classList.add("printing");
  map.map.invalidateSize({ animate: false });
  map.map.setView(centre, map.map.getZoom(), { animate: false });
});
window.addEventListener("afterprint", () => {
  for (const part of opened.splice(0)) part.open = false;
  document.body.classList.remove("printing");
  map.map.invalidateSize({ animate: false });
});

// Start -------------------------------------------------------------------------------------------

map.onAsk = (where) => {
  const { lng, lat } = where.wrap();
  map.showCircle(null);
  ask({ lon: lng.toFixed(6), lat: lat.toFixed(6), crs: "wgs84" }, { follow: false });
};
map.onFound = () => {};

function setLanguage(lang) {
  document.documentElement.lang = lang;
  for (const part of document.querySelectorAll("[data-text]")) part.textContent = t(part.dataset.text);
  box.placeholder = t(box.dataset.placeholder);
  const link = byId("language");
  link.lang = link.hreflang = lang === "en" ? "zh-CN" : "en";
  byId("full-map").setAttribute("href", lang === "en" ? "map?lang=en" : "map");
  map.setLanguage(lang);
  explainSystem();
  showInAddress({ push: false });
  render();
}

byId("language").addEventListener("click", (event) => {
  event.preventDefault();
  setLanguage(language() === "en" ? "zh-CN" : "en");
});

/** Show what the address says. */
function showAddress() {
  const query = queryNow();
  const lang = query.get("lang") === "en" ? "en" : "zh-CN";
  const wanted = query.get("use") ?? Object.keys(map.uses)[0];
  const place = placeIn(query);
  const parcel = parcelIn(query);
  const region = query.get("region");
  const view = viewIn(query);
  shown = null;
  entered = parcel ?? {};
  if (wanted in map.uses) showUse(wanted);
  if (view) map.map.setView(view.center, view.zoom, { animate: false });
  if (lang !== document.documentElement.lang) {
    document.documentElement.lang = lang;
    setLanguage(lang);
  }
  if (place) {
    ask(place, { push: false, follow: !view, parcel });
  } else if (region) {
    showRegion(region, { push: false });
  } else {
    latest += 1; // no answer that is on its way belongs here
    box.value = "";
    show(null);
  }
}

systems.value = remembered();
explainSystem();
window.addEventListener("popstate", () => {
  box.blur();
  showAddress();
});
if (window.location.search) showAddress();
