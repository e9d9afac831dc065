// The page: asks the service for the prices at a place and shows the answer beside the map.
/* global L, landprice */
import TEXTS, { ACCENTS } from "./texts.js";

/**
 * What the reader gave, unread: two numbers, or words (`at`); and what is known of the place.
 * @typedef {{lon?: string, lat?: string, crs: string, at?: string, known?: string[]}} Place
 */
/** @typedef {{place: Place, answer?: object, point?: object, error?: string}} Result */

const { chinese, element, map } = landprice;
const byId = (id) => document.getElementById(id);
const form = byId("form");
const coordinate = byId("coordinate");
const systems = byId("crs");
const answerSection = byId("answer");
const narrow = window.matchMedia("(max-width: 860px)");

const IN_DEGREES_OF_THE_MAP = ["wgs84", "cgcs2000", "epsg:4490"];
const SIDES = ["east", "west", "south", "north"];
const KILOMETRES_FROM_M = 10000;

/** @type {Result | null} */
let shown = null;
let latest = 0;

// Words ---------------------------------------------------------------------------------------

const language = () => (document.documentElement.lang === "en" ? "en" : "zh");

/** The text of a key in the language of the page, its {names} filled in. */
function t(key, values = {}) {
  const all = { ...map.facts, ...values };
  return TEXTS[key][language()].replace(/{(\w+)}/g, (_, name) => all[name]);
}

/** The parts of a sentence with the name of a line, which stays Chinese. */
function withLine(key, line) {
  const [before, after] = t(key, { line: "\n" }).split("\n");
  return [before, chinese(line), after].filter(Boolean);
}

/** A value of the gazette: in words where there are some, else as it is printed. */
function worded(value) {
  return `value_${value}` in TEXTS ? t(`value_${value}`) : chinese(value);
}

/** Sentences one after the other; Chinese ones have no space between them. */
function sentences(...all) {
  return all.join(language() === "en" ? " " : "");
}

function metres(value) {
  if (value >= KILOMETRES_FROM_M) return t("kilometres", { value: (value / 1000).toFixed(1) });
  return t("metres", { value: value < 10 ? value.toFixed(1) : Math.round(value) });
}

function setLanguage(lang) {
  document.documentElement.lang = lang;
  for (const part of document.querySelectorAll("[data-text]")) {
    part.textContent = t(part.dataset.text);
  }
  const link = byId("language");
  const other = lang === "en" ? "zh-CN" : "en";
  link.lang = link.hreflang = other;
  byId("full-map").setAttribute("href", lang === "en" ? "map?lang=en" : "map");
  map.setLanguage(lang);
  explainSystem();
  showAddresses();
  render();
}

// Places and addresses ------------------------------------------------------------------------

/** @returns {Place | null} the place in the address bar */
function placeInAddress() {
  const query = new URLSearchParams(window.location.search);
  if (query.has("at")) return { crs: "wgs84", at: query.get("at") };
  if (!query.has("lon") && !query.has("lat")) return null;
  const place = { crs: query.get("crs") ?? "wgs84", known: query.getAll("known") };
  for (const part of ["lon", "lat"]) {
    if (query.has(part)) place[part] = query.get(part);
  }
  return place;
}

/** @param {Place | null} place */
function queryOf(place) {
  if (place?.at != null) return new URLSearchParams({ at: place.at });
  const { known = [], ...rest } = place ?? {};
  const query = new URLSearchParams(rest);
  for (const fact of known) query.append("known", fact);
  return query;
}

function addressOf(place, lang = language()) {
  const query = queryOf(place);
  if (lang === "en") query.set("lang", "en");
  const text = query.toString();
  return text ? `?${text}` : window.location.pathname;
}

function showAddresses() {
  const place = placeInAddress();
  byId("language").href = addressOf(place, language() === "en" ? "zh" : "en");
}

/** @returns {Place | null} the place in the form; null if it is neither two numbers nor words */
function placeInForm() {
  const text = coordinate.value.normalize("NFKC").trim();
  const parts = text.split(/[,;、]/.test(text) ? /\s*[,;、]\s*/ : /\s+/).filter(Boolean);
  const inWords = /[\u4e00-\u9fff]/.test(text) && !parts.every((part) => /\d/.test(part));
  if (inWords) return { crs: "wgs84", at: text };
  if (parts.length !== 2) return null;
  if (/[NS]|[北南]纬/.test(parts[0])) parts.reverse(); // says itself that it is the latitude
  return { lon: parts[0], lat: parts[1], crs: systems.value };
}

function fillForm(place) {
  const numbers = [place?.lon, place?.lat].filter((part) => part != null);
  coordinate.value = place?.at ?? numbers.join(", ");
  const known = place && place.crs.toLowerCase() === "epsg:4490" ? "cgcs2000" : place?.crs.toLowerCase();
  systems.value = known ?? "wgs84"; // an unknown one leaves the list without a choice
  explainSystem();
}

function explainSystem() {
  const about = byId("crs-about");
  about.dataset.text = systems.value ? `about_${systems.value}` : "error_unknown_crs";
  about.textContent = t(about.dataset.text);
  const hint = byId("coordinate-hint");
  hint.dataset.text = systems.value.startsWith("epsg") ? "coordinate_metres" : "coordinate_degrees";
  hint.textContent = t(hint.dataset.text);
}

// Asking --------------------------------------------------------------------------------------

/** Ask for a place, show it in the address bar unless it stands there, and show the answer. */
async function ask(place, { remember = true } = {}) {
  const asked = ++latest;
  fillForm(place);
  if (remember && addressOf(place) !== window.location.search) {
    window.history.pushState(null, "", addressOf(place));
  }
  showAddresses();
  byId("status").textContent = t("asking");
  answerSection.setAttribute("aria-busy", "true");
  const result = await answerTo(place);
  if (asked !== latest) return; // a later question is on its way
  answerSection.removeAttribute("aria-busy");
  show(result);
  if (remember && narrow.matches) answerSection.scrollIntoView();
}

/** @returns {Promise<Result>} */
async function answerTo(place) {
  try {
    const response = await fetch(`v1/price?${queryOf(place)}`);
    const body = await response.json();
    if (!response.ok) return { place, error: errorKey(body.error) };
    return { place, answer: body, point: await pointOf(body.query) };
  } catch {
    return { place, error: "network" };
  }
}

/** Where a place is on the map, which is in WGS84. */
async function pointOf(place) {
  if (IN_DEGREES_OF_THE_MAP.includes(place.crs.toLowerCase())) {
    return L.latLng(place.lat, place.lon);
  }
  const response = await fetch(`place?${new URLSearchParams(place)}`);
  const { lon, lat } = await response.json();
  return L.latLng(lat, lon);
}

/** @param {Result | null} result */
function show(result) {
  shown = result;
  const prices = result?.answer?.prices ?? [];
  map.highlightRegions(prices.map(({ code }) => code));
  map.showPoint(result?.point ?? null);
  coordinate.toggleAttribute("aria-invalid", false);
  if (result?.error && result.error !== "network") coordinate.setAttribute("aria-invalid", "true");
  render();
}

// Answers -------------------------------------------------------------------------------------

function render() {
  answerSection.hidden = !shown;
  byId("status").textContent = shown ? summary(shown) : "";
  if (!shown) return;
  answerSection.replaceChildren(...(shown.error ? errorParts(shown) : answerParts(shown)));
}

function summary({ answer, error }) {
  if (error) return errorText(error);
  return answer.covered
    ? t("summary_covered", { count: answer.prices.length })
    : t("summary_outside");
}

/** Which words tell of an error; some codes mean another thing in words than of what is known. */
const errorKey = ({ code, field }) => (field === "known" ? "known" : code);

const errorText = (code) => t(`error_${code}` in TEXTS ? `error_${code}` : "error_other");

function errorParts({ place, error }) {
  const parts = [element("p", {}, errorText(error))];
  if (error === "lon_lat_swapped") {
    const swap = () => ask({ lon: place.lat, lat: place.lon, crs: place.crs });
    parts.push(element("div", { class: "tools" }, button("swap", swap)));
  }
  return [
    element("h2", { id: "answer-heading" }, t("error_heading")),
    element("div", { class: "error" }, ...parts),
  ];
}

function answerParts({ place, answer }) {
  const crs = place.crs.toUpperCase().replace(/^(GCJ|BD)/, "$1-");
  return [
    element("h2", { id: "answer-heading" }, t("answer_heading")),
    element("p", { class: "point" }, placeText(place, crs, answer)),
    knownPart(place),
    answer.question ? questionPart(place, answer.question) : null,
    answer.covered ? null : element("p", { class: "outside" }, t("summary_outside")),
    ...answer.prices.map((price) => card(price, answer.chances[price.use])),
    answer.nearest.length ? nearestCard(answer) : null,
    tools(),
  ].filter(Boolean);
}

function placeText(place, crs, { words }) {
  if (!words) return t("point", { ...place, crs });
  return t("place_in_words", { at: words.at, radius: metres(words.radius_m) });
}

/** The question that would settle most, as two buttons with the likely prices on either side. */
function questionPart(place, { line, sides }) {
  const answers = Object.entries(sides).map(([side, likely]) => {
    const known = [...(place.known ?? []), `${side}_of:${line}`];
    const prices = likely.map(({ use, ground_price_cny_m2: price }) =>
      element("span", { class: "likely" }, t("question_price", { use: t(`use_${use}`), price })),
    );
    return element(
      "button",
      { type: "button", "data-side": side, onclick: () => ask({ ...place, known }) },
      element("strong", {}, ...withLine(`known_${side}`, line)),
      ...prices,
    );
  });
  return element(
    "section",
    { class: "question", "aria-labelledby": "question-heading" },
    element("h3", { id: "question-heading" }, ...withLine("question", line)),
    element("p", { class: "muted" }, t("question_why")),
    element("div", { class: "sides" }, ...answers),
  );
}

/** What the reader has said of the place, each to be taken back. */
function knownPart(place) {
  const known = place.known ?? [];
  if (!known.length) return null;
  const facts = known.map((fact) => {
    const [side, line] = fact.split("_of:");
    const text = line ? t(`known_${side}`, { line }) : fact;
    const others = known.filter((other) => other !== fact);
    const back = element(
      "button",
      { type: "button", title: t("take_back", { fact: text }), onclick: () => ask({ ...place, known: others }) },
      "✕",
    );
    back.setAttribute("aria-label", t("take_back", { fact: text }));
    return element("li", {}, ...(line ? withLine(`known_${side}`, line) : [fact]), back);
  });
  return element("ul", { class: "known", "aria-label": t("known") }, ...facts);
}

function card(price, chance) {
  const heading = `card-${price.code}`;
  const article = element(
    "article",
    { class: "card", "data-use": price.use, "data-code": price.code, "aria-labelledby": heading },
    element(
      "header",
      {},
      element("h3", { id: heading }, t(`use_${price.use}`)),
      regionButton(price.code),
    ),
    element(
      "p",
      { class: "price" },
      element("span", {}, t("ground_price_cny_m2")),
      element("strong", { "data-field": "ground_price_cny_m2" }, `${price.ground_price_cny_m2}`),
      element("span", {}, t("ground_price_unit")),
    ),
    certainty(price, chance),
    facts([
      ["floor_price_cny_m2", published(price.floor_price_cny_m2, (value) => t("floor_price_value", { value }))],
      ["plot_ratio", published(price.plot_ratio, (value) => `${value}`)],
      ["tenure_years", published(price.tenure_years, (value) => t("years", { value }))],
      ["right_type", published(price.right_type, worded)],
      ["development", published(price.development, worded)],
      ["to_boundary", metres(price.distance_to_boundary_m)],
    ]),
    element("h4", {}, t("bounds")),
    boundsTable(price.bounds),
    element("h4", {}, t("standard_parcel")),
    facts([
      ["name", published(price.standard_parcel.name, chinese)],
      ["parcel_location", published(price.standard_parcel.location, chinese)],
      ["parcel_area_m2", published(price.standard_parcel.area_m2, (value) => t("square_metres", { value }))],
    ]),
    price.geometry_source === "schematic"
      ? element("p", { class: "schematic" }, t("schematic"))
      : null,
  );
  article.style.setProperty("--use", ACCENTS[price.use]);
  return article;
}

/** A value as text, or the words for one that the gazette does not have. */
function published(value, text) {
  return value == null ? t("floor_price_none") : text(value);
}

function facts(rows) {
  const cells = rows.flatMap(([key, value]) => [
    element("dt", {}, t(key)),
    element("dd", { "data-field": key }, value),
  ]);
  return element("dl", { class: "facts" }, ...cells);
}

function boundsTable(bounds) {
  const titles = ["side", "line", "distance", "accuracy"].map((key, column) =>
    element("th", { scope: "col", class: column > 1 ? "number" : null }, t(key)),
  );
  const rows = SIDES.map((side) => {
    const { line, distance_m: distance, accuracy_m: accuracy } = bounds[side];
    return element(
      "tr",
      { "data-side": side, class: distance < accuracy ? "near" : null },
      element("th", { scope: "row" }, t(side)),
      element("td", {}, chinese(line)),
      element("td", { class: "number" }, metres(distance)),
      element("td", { class: "number" }, `±${metres(accuracy)}`),
    );
  });
  return element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...titles)),
    element("tbody", {}, ...rows),
  );
}

function certainty(price, chance) {
  const percent = percents(price.probability);
  const words = [t(`certainty_${price.certainty}`, { percent })];
  if (!price.drawn) words.push(t("not_drawn"));
  if (!price.likeliest) words.push(t("not_likeliest"));
  const { ground_price_low_cny_m2: low, ground_price_high_cny_m2: high } = chance;
  if (low != null && low < high) words.push(t("price_range", { low, high }));
  const unsure = price.certainty === "inside" ? "certainty" : "certainty unsure";
  if (!price.alternatives.length) {
    return element("div", { class: unsure }, sentences(...words));
  }
  const others = price.alternatives.map((other) => {
    const [ground, floor] = [other.ground_price_cny_m2, other.floor_price_cny_m2];
    const key = floor == null ? "alternative_ground" : "alternative_both";
    const share = percents(other.probability);
    return element(
      "li",
      {},
      regionButton(other.code),
      element("span", {}, t(key, { ground, floor, percent: share })),
    );
  });
  return element(
    "div",
    { class: unsure },
    element("p", {}, sentences(...words, t("alternatives"))),
    element("ul", {}, ...others),
  );
}

/** A probability as people read it; never 100 for what is not certain. */
function percents(probability) {
  const hundredths = Math.min(Math.max(Math.round(probability * 100), 1), 99);
  return `${probability === 0 || probability === 1 ? probability * 100 : hundredths} %`;
}

function nearestCard({ nearest }) {
  const parts = nearest.flatMap(({ code, use, distance_m: distance, within_accuracy: possible }) => {
    const nearestRegion = t("nearest", { code: "\n", distance: metres(distance) });
    const words = possible ? sentences(nearestRegion, t("nearest_possible")) : nearestRegion;
    const [before, after] = words.split("\n");
    return [
      element("dt", {}, t(`use_${use}`)),
      element("dd", { "data-nearest": use }, before, regionButton(code), after),
    ];
  });
  return element(
    "section",
    { class: "nearest", "aria-labelledby": "nearest-heading" },
    element("h3", { id: "nearest-heading" }, t("nearest_heading")),
    element("dl", {}, ...parts),
  );
}

/** A region's code, which shows the region on the map. */
function regionButton(code) {
  const showRegion = () => {
    map.showRegion(code);
    map.map.getContainer().scrollIntoView({ block: "nearest" });
  };
  const label = t("show", { code });
  return element("button", { type: "button", class: "code", title: label, onclick: showRegion }, code);
}

function button(key, onclick) {
  return element("button", { type: "button", id: key.replace("_", "-"), onclick }, t(key));
}

// Copies --------------------------------------------------------------------------------------

function tools() {
  const status = element("p", { class: "muted", role: "status", id: "copy-status" });
  const copier = (text) => async () => {
    status.textContent = t((await copied(text())) ? "copied" : "copy_failed");
  };
  return element(
    "div",
    { class: "tools" },
    button("copy_link", copier(() => window.location.href)),
    button("copy_text", copier(answerAsText)),
    button("print", () => window.print()),
    status,
  );
}

function answerAsText() {
  const parts = [...answerSection.children].filter((part) => !part.matches(".tools"));
  const texts = parts.map((part) => part.innerText.replace(/\n{2,}/g, "\n"));
  return [document.title, ...texts, t("source"), window.location.href].join("\n\n");
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

// Start ---------------------------------------------------------------------------------------

map.onAsk = (place) => {
  const { lng, lat } = place.wrap();
  ask({ lon: lng.toFixed(6), lat: lat.toFixed(6), crs: "wgs84" });
};
map.onFound = () => {}; // the search shows a region; it asks nothing

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const place = placeInForm();
  if (place) ask(place);
  else show({ place: null, error: "two_numbers" });
});
systems.addEventListener("change", explainSystem);

byId("language").addEventListener("click", (event) => {
  event.preventDefault();
  const lang = language() === "en" ? "zh-CN" : "en";
  window.history.replaceState(null, "", addressOf(placeInAddress(), lang));
  setLanguage(lang);
});

function showAddress() {
  const lang = new URLSearchParams(window.location.search).get("lang") === "en" ? "en" : "zh-CN";
  if (lang !== document.documentElement.lang) setLanguage(lang);
  const place = placeInAddress();
  if (place) {
    ask(place, { remember: false });
  } else {
    latest += 1; // no answer that is on its way belongs here
    fillForm(null);
    show(null);
  }
}

window.addEventListener("popstate", showAddress);
if (placeInAddress()) showAddress();
