// An answer as a part of the page: the likely price first, then what would settle it, then details.
import { ACCENTS } from "./texts.js";
import {
  OPPOSITE,
  SIDES,
  either,
  language,
  metres,
  number,
  perMu,
  percents,
  sentences,
  t,
  withLine,
  worded,
} from "./words.js";

const { chinese, element, map } = landprice;

const ENOUGH = 0.8; // probability that the prices in the heading have together
const MOST_IN_HEADING = 2;
const YEAR_MS = 365.25 * 24 * 3600 * 1000;

/**
 * What a place may cost for one use, the likeliest first.
 * @typedef {{code: string, price: number, floor: number | null, probability: number}} Candidate
 * @returns {Candidate[]}
 */
export function candidatesOf(answer, use) {
  const first = answer.prices.find((price) => price.use === use);
  if (!first) return [];
  return [first, ...first.alternatives].map((one) => ({
    code: one.code,
    price: one.ground_price_cny_m2,
    floor: one.floor_price_cny_m2,
    probability: one.probability,
  }));
}

/** The prices to say first: as few as have most of the probability. */
function headingPrices(candidates) {
  const prices = [];
  let together = 0;
  for (const { price, probability } of candidates) {
    if (!prices.includes(price)) prices.push(price);
    together += probability;
    if (together >= ENOUGH || prices.length === MOST_IN_HEADING) break;
  }
  return prices;
}

/** What a screen reader says of an answer at once: each use's price, and how sure it is. */
export function spoken(answer, uses) {
  const parts = uses.map((use) => {
    const candidates = candidatesOf(answer, use);
    const name = t(`use_${use}`);
    if (!candidates.length) return t("spoken_none", { use: name });
    const [{ probability }] = candidates;
    const price = either(headingPrices(candidates).map((one) => number(one)));
    return t("spoken", { use: name, price, percent: percents(probability) });
  });
  return sentences(...parts);
}

/** The title of the page with an answer. */
export function titleOf(answer, use) {
  const prices = headingPrices(candidatesOf(answer, use));
  if (!prices.length) return t("title");
  const price = either(prices.map((one) => number(one)));
  return `${t(`use_${use}`)} ${price} ${t("yuan_m2")} · ${t("title")}`;
}

// Tabs ----------------------------------------------------------------------------------------

/** Tabs of uses; `choose` is told which one is wanted. */
export function tabs(uses, shown, { without = [], choose }) {
  const move = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = uses[(uses.indexOf(shown) + step + uses.length) % uses.length];
    choose(next);
    document.getElementById(`tab-${next}`).focus();
  };
  const buttons = uses.map((use) => {
    const chosen = use === shown;
    const short = map.uses[use].shortName[language()];
    const text = without.includes(use) ? t("tab_without", { use: short }) : short;
    const attributes = {
      type: "button",
      role: "tab",
      id: `tab-${use}`,
      "aria-selected": `${chosen}`,
      "aria-controls": "panel",
      tabindex: chosen ? "0" : "-1",
      onclick: () => choose(use),
    };
    return element("button", attributes, text);
  });
  return element("div", { class: "tabs", role: "tablist", "aria-label": t("tabs"), onkeydown: move }, ...buttons);
}

export function panel(use, ...parts) {
  const attributes = { id: "panel", role: "tabpanel", "aria-labelledby": `tab-${use}`, "data-use": use };
  const made = element("section", attributes, ...parts.filter(Boolean));
  made.style.setProperty("--use", ACCENTS[use]);
  return made;
}

// The answer for one use ------------------------------------------------------------------------

/**
 * Everything about a place for one use.
 * @param {object} answer the service's
 * @param {{showRegion: (code: string) => void, ask: (fact: string | null) => void}} actions
 * @param {Element | null} valuation the form to value a parcel, where there are coefficients
 */
export function useParts(answer, use, actions, valuation) {
  const candidates = candidatesOf(answer, use);
  const chance = answer.chances[use];
  if (!candidates.length) {
    return [noPrice(answer, use, chance, actions), questionPart(answer, actions)];
  }
  const price = answer.prices.find((one) => one.use === use);
  const prices = headingPrices(candidates);
  return [
    priceHeading(prices, answer.edition, price.previous),
    certainty(price, chance, answer.words),
    questionPart(answer, actions),
    candidates.length > 1 || chance.none_probability > 0
      ? candidateList(candidates, chance, actions)
      : null,
    terms(price),
    valuation ?? calculator(prices),
    boundsPart(price.bounds, true),
    parcelPart(price.standard_parcel),
    glossary(),
    whomToAsk(price.geometry_source),
  ];
}

/**
 * Prices, what they are as land is traded, when they were valued, and the price before.
 * @param {number[]} prices
 * @param {{valuation_date: string}} edition
 * @param {{ground_price_cny_m2: number, change: number} | null} previous of the likeliest region
 */
export function priceHeading(prices, edition, previous = null) {
  const text = either(prices.map((price) => number(price)));
  const mu = either(prices.map(perMu));
  return element(
    "div",
    { class: "headline" },
    element(
      "p",
      { class: "price" },
      element("strong", { "data-field": "ground_price_cny_m2" }, text),
      element("span", {}, t("ground_price_unit")),
    ),
    element("p", { class: "muted" }, sentences(t("per_mu", { price: mu }), whenValued(edition))),
    previous && element("p", { class: "muted", "data-field": "previous" }, before(previous)),
  );
}

/** When prices were valued, and how long ago. */
export function whenValued({ valuation_date }) {
  const years = Math.floor((Date.now() - Date.parse(valuation_date)) / YEAR_MS);
  return years >= 1 ? t("valued_years_ago", { valuation_date, years }) : t("valued", { valuation_date });
}

/** The price of the edition before, and how it has changed since. */
function before({ ground_price_cny_m2: price, change }) {
  const sign = change > 0 ? "+" : "";
  return t("previous_price", { price: number(price), change: `${sign}${(100 * change).toFixed(1)} %` });
}

function certainty(price, chance, inWords) {
  const words = [t(`certainty_${price.certainty}`, { percent: percents(price.probability) })];
  if (!price.drawn && !inWords) words.push(t("not_drawn"));
  const { ground_price_low_cny_m2: low, ground_price_high_cny_m2: high } = chance;
  if (low != null && low < high) words.push(t("price_range", { low, high }));
  const unsure = price.certainty === "inside" ? "certainty" : "certainty unsure";
  return element("p", { class: unsure }, sentences(...words));
}

/** The question that would settle most, as two buttons with the likely prices on either side. */
function questionPart({ question }, { ask }) {
  if (!question) return null;
  const { line, sides } = question;
  const answers = Object.entries(sides).map(([side, likely]) => {
    const prices = likely.map(({ use, ground_price_cny_m2: price }) =>
      element("span", { class: "likely" }, t("question_price", { use: t(`use_${use}`), price: number(price) })),
    );
    if (!prices.length) prices.push(element("span", { class: "likely" }, t("question_none")));
    return element(
      "button",
      { type: "button", "data-side": side, onclick: () => ask(`${side}_of:${line}`) },
      element("strong", {}, ...withLine(`known_${side}`, line)),
      ...prices,
    );
  });
  const help = element("p", { class: "help", hidden: true }, t("whom_to_ask"));
  const unknown = element(
    "button",
    { type: "button", class: "unknown", onclick: () => (help.hidden = !help.hidden) },
    t("question_unknown"),
  );
  return element(
    "section",
    { class: "question", "aria-labelledby": "question-heading" },
    element("h3", { id: "question-heading" }, ...withLine("question", line)),
    element("p", { class: "muted" }, t("question_why")),
    element("div", { class: "sides" }, ...answers, unknown),
    help,
  );
}

/** Every region that may hold the place, by road and side, with its price and probability. */
function candidateList(candidates, chance, { showRegion }) {
  const told = candidates.map((one) => ({ ...one, text: number(one.price) }));
  return element(
    "section",
    { class: "candidates", "aria-labelledby": "candidates-heading" },
    element("h3", { id: "candidates-heading" }, t("candidates")),
    element("ul", {}, ...regionRows(told, chance.none_probability, showRegion)),
  );
}

/**
 * Rows of a list of regions that may hold the place, and one for none.
 * @param {{code: string, text: string, probability: number}[]} candidates with what is said of each
 * @param {number} none probability that no region holds it
 */
export function regionRows(candidates, none, showRegion) {
  const rows = candidates.map((candidate, place) => {
    const other = candidates[place ? 0 : 1];
    const where = other ? sideOf(candidate.code, other.code) : whereabouts(candidate.code);
    return regionRow([...where, regionButton(candidate.code, showRegion)], candidate.text, candidate.probability);
  });
  return none > 0 ? [...rows, regionRow([t("no_region")], "–", none)] : rows;
}

function regionRow(where, text, probability) {
  return element(
    "li",
    {},
    element("span", { class: "where" }, ...where),
    element("strong", {}, text),
    element("span", { class: "share" }, percents(probability)),
  );
}

/**
 * Where a region lies against another: beyond the road that they share, else by its own bounds;
 * nothing of a region of another city, which the map does not have.
 */
function sideOf(code, first) {
  const [own, other] = [code, first].map((one) => map.regionOf(one)?.feature.properties);
  if (!own || !other) return whereabouts(code);
  const side = SIDES.find((one) => own[`bound_${OPPOSITE[one]}`] === other[`bound_${one}`]);
  return side ? withLine(`known_${side}`, other[`bound_${side}`]) : whereabouts(code);
}

function whereabouts(code) {
  const region = map.regionOf(code);
  if (!region) return [];
  const { bound_south: south, bound_north: north } = region.feature.properties;
  return [chinese(south), "–", chinese(north)];
}

export function regionButton(code, showRegion) {
  const title = t("show", { code });
  const attributes = { type: "button", class: "code", title, onclick: () => showRegion(code) };
  return element("button", attributes, map.shortCode(code));
}

function noPrice(answer, use, chance, { showRegion }) {
  const nearest = answer.nearest.find((one) => one.use === use);
  const parts = [element("p", { class: "price none" }, element("strong", {}, t("none_here")))];
  if (nearest) {
    const [before, after] = t("nearest", { code: "\n", distance: metres(nearest.distance_m) }).split("\n");
    const possible = nearest.probability > 0 ? t("nearest_possible", { percent: percents(nearest.probability) }) : "";
    const button = regionButton(nearest.code, showRegion);
    parts.push(element("p", { class: "nearest" }, before, button, after, possible));
  }
  return element("div", { class: "headline" }, ...parts);
}

// Details ---------------------------------------------------------------------------------------

/** A value as text, or the words for one that the gazette does not have. */
function published(value, text) {
  return value == null ? t("not_published") : text(value);
}

function facts(rows) {
  const cells = rows.flatMap(([key, value]) => [
    element("dt", {}, t(key)),
    element("dd", { "data-field": key }, value),
  ]);
  return element("dl", { class: "facts" }, ...cells);
}

export function terms(price) {
  return facts([
    ["floor_price_cny_m2", published(price.floor_price_cny_m2, (value) => t("floor_price_value", { value: number(value) }))],
    ["plot_ratio", published(price.plot_ratio, (value) => `${value}`)],
    ["tenure_years", published(price.tenure_years, (value) => t("years", { value }))],
    ["right_type", published(price.right_type, worded)],
    ["development", published(price.development, worded)],
  ]);
}

/** What so much land would cost at the standard price. */
export function calculator(prices) {
  const output = element("output", { for: "area" });
  const input = element("input", { id: "area", type: "number", min: "0", step: "any", inputmode: "decimal" });
  input.addEventListener("input", () => {
    const area = input.valueAsNumber;
    const totals = prices.map((price) => number((price * area) / 10000, 2));
    output.textContent = area > 0 ? t("total", { total: either(totals) }) : "";
  });
  return element(
    "div",
    { class: "calculator" },
    element("label", { for: "area" }, t("area")),
    element("div", { class: "row" }, input, element("span", {}, t("square_metre"))),
    output,
  );
}

/** The four bounds; with their distances where a place was asked for. */
export function boundsPart(bounds, withDistances) {
  const columns = withDistances ? ["side", "line", "distance", "accuracy"] : ["side", "line", "accuracy"];
  const titles = columns.map((key, column) =>
    element("th", { scope: "col", class: column > 1 ? "number" : null }, t(key)),
  );
  const rows = ["east", "west", "south", "north"].map((side) => {
    const { line, distance_m: distance, accuracy_m: accuracy } = bounds[side];
    return element(
      "tr",
      { "data-side": side, class: distance < accuracy ? "near" : null },
      element("th", { scope: "row" }, t(side)),
      element("td", {}, chinese(line)),
      withDistances ? element("td", { class: "number" }, metres(distance)) : null,
      element("td", { class: "number" }, `±${metres(accuracy)}`),
    );
  });
  return details(
    "bounds",
    element("table", {}, element("thead", {}, element("tr", {}, ...titles)), element("tbody", {}, ...rows)),
  );
}

export function parcelPart(parcel) {
  return details(
    "standard_parcel",
    facts([
      ["name", published(parcel.name, chinese)],
      ["parcel_location", published(parcel.location, chinese)],
      ["parcel_area_m2", published(parcel.area_m2, (value) => t("square_metres", { value: number(value, 2) }))],
    ]),
  );
}

const TERMS = ["standard_price", "ground_floor", "plot_ratio", "tenure", "development", "probability", "off_by"];

export function glossary() {
  const words = TERMS.flatMap((term) => [
    element("dt", {}, t(`term_${term}`)),
    element("dd", {}, t(`term_${term}_means`)),
  ]);
  return details("glossary", element("dl", { class: "glossary" }, ...words));
}

export function whomToAsk(source) {
  const drawn = source === "schematic" ? t("schematic") : "";
  return element("p", { class: "muted" }, sentences(drawn, t("whom_to_ask")));
}

function details(key, ...parts) {
  return element("details", { class: key }, element("summary", {}, t(key)), ...parts);
}
