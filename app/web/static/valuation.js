// What a parcel at the place is worth: a form for how it differs from the standard parcel, and the
// valuation by each region that may hold it. Amounts stay decimal text, as the service sends them.
import { regionRows, whenValued } from "./answer.js";
import { certificateOf } from "./place.js";
import { has, language, listed, number, percents, sentences, t } from "./words.js";

const { chinese, element, map } = landprice;

const FEN = 100n;
const FEN_A_WAN = 1000000n; // 10 000 yuan (万元)
const GROUPED_FROM = 5; // digits: the gazette prints prices of four without a separator

/**
 * How a parcel differs from the standard parcel, as the reader wrote it.
 * @typedef {{plot_ratio?: string, remaining_years?: string, date?: string, development?: string,
 *   area_m2?: string, factor?: string[]}} Parcel
 * What came of it: the service's answer, or what is wrong with which field.
 * @typedef {{body?: object, error?: string, field?: string, query: URLSearchParams}} Outcome
 */

// Amounts ---------------------------------------------------------------------------------------

/** A decimal amount, its thousands set apart. */
function money(text) {
  const [whole, decimals] = text.split(".");
  const grouped = whole.length < GROUPED_FROM ? whole : whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return decimals ? `${grouped}.${decimals}` : grouped;
}

/** Yuan in 10 000 yuan, of two decimals, rounded half up. */
function inWan(yuan) {
  const fen = BigInt(yuan.replace(".", ""));
  const hundredths = (fen * FEN + FEN_A_WAN / 2n) / FEN_A_WAN;
  return money(`${hundredths / FEN}.${String(hundredths % FEN).padStart(2, "0")}`);
}

/** The amount to say first: the total where an area is known, else what a square metre is worth. */
const headline = ({ total_cny: total, ground_price_cny_m2: ground }) =>
  total == null ? { value: money(ground), unit: t("yuan_m2") } : { value: inWan(total), unit: t("wan") };

const worth = (amounts) => {
  const { value, unit } = headline(amounts);
  return `${value} ${unit}`;
};

/** What a screen reader says of a valuation at once. */
export function spoken({ body, error, field }, standard) {
  if (error) return problemText({ error, field }, standard);
  if (!body.expected) return t("worth_none");
  return sentences(t("worth_spoken", { worth: worth(body.expected) }), range(body));
}

// The form --------------------------------------------------------------------------------------

/**
 * The form, and the outcome under it.
 * @param {{known: object, synthetic: boolean}} coefficients of the edition and use that answered
 * @param {object} standard terms of the likeliest region, and whether there are others: `unsure`
 * @param {Parcel} entered
 * @param {Outcome | null} outcome
 * @param {{value: (parcel: Parcel) => void, showRegion: (code: string) => void}} actions
 */
export function valuationPart({ known, synthetic }, standard, entered, outcome, actions) {
  const fields = [
    numberField("area_m2", entered, t("area_for")),
    known.plot_ratio && numberField("plot_ratio", entered, standardIs(standard, standard.plot_ratio)),
    known.tenure && numberField("remaining_years", entered, standardIs(standard, standard.tenure_years)),
    known.date && dateField(known, standard, entered),
    known.levels.length > 0 && levelField(known.levels, standard, entered),
  ];
  const form = element(
    "form",
    { id: "parcel", novalidate: true, "aria-describedby": "parcel-hint" },
    element("div", { class: "fields" }, ...fields.filter(Boolean)),
    known.factors.length > 0 ? factorField(known.factors, entered) : null,
    element("button", { type: "submit", class: "primary" }, t("appraise")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    actions.value(parcelIn(new FormData(form)));
  });
  const section = element(
    "section",
    { id: "valuation", class: "valuation", "aria-labelledby": "valuation-heading" },
    element("h3", { id: "valuation-heading" }, t("appraise_heading")),
    element("p", { id: "parcel-hint", class: "muted" }, sentences(t("appraise_hint"), unknownTerms(known))),
    synthetic ? invented() : null,
    form,
    element("div", { class: "worth" }),
  );
  if (outcome) showOutcome(section, outcome, standard, actions);
  return section;
}

/** Show what came of a valuation: a problem beside the field that it names, or what is worth how much. */
export function showOutcome(section, outcome, standard, actions) {
  for (const note of section.querySelectorAll(".problem")) note.remove();
  for (const input of section.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    input.setAttribute("aria-describedby", input.dataset.hint);
  }
  const result = section.querySelector(".worth");
  result.replaceChildren();
  if (outcome.body) {
    result.append(...worthParts(outcome, actions));
    return;
  }
  const note = element("p", { class: "problem", id: "parcel-problem" }, problemText(outcome, standard));
  const input = section.querySelector(`[name="${outcome.field}"]`);
  if (!input) {
    result.append(note);
    return;
  }
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", `${input.dataset.hint} parcel-problem`);
  input.closest(".field").append(note);
}

/** @returns {Parcel} what is filled in */
function parcelIn(data) {
  const given = Object.fromEntries([...data].filter(([name, text]) => name !== "factor" && text.trim()));
  const factor = data.getAll("factor");
  return factor.length ? { ...given, factor } : given;
}

function field(name, input, hint) {
  return element(
    "div",
    { class: "field" },
    element("label", { for: input.id }, t(`parcel_${name}`)),
    input,
    element("p", { class: "hint", id: `${input.id}-hint` }, hint),
  );
}

/** What all inputs of a field have. */
function named(name) {
  const id = `parcel-${name.replaceAll("_", "-")}`;
  return { id, name, "data-hint": `${id}-hint`, "aria-describedby": `${id}-hint` };
}

// As text: what is no number must reach the service, which says so; number inputs swallow it.
function numberField(name, entered, hint) {
  const attributes = { ...named(name), type: "text", inputmode: "decimal", autocomplete: "off" };
  return field(name, element("input", { ...attributes, value: entered[name] ?? "" }), hint);
}

function dateField({ since, until }, { valuation_date }, entered) {
  const input = element("input", { ...named("date"), type: "date", value: entered.date ?? "" });
  const hint = t("date_standard", { valuation_date });
  return field("date", input, since ? sentences(hint, t("date_holds", { since, until })) : hint);
}

function levelField(levels, standard, entered) {
  const { development, unsure } = standard;
  const first = development && !unsure ? t("level_standard", { level: development }) : t("by_standard");
  const options = levels.map((level) =>
    element("option", { value: level, selected: level === entered.development, lang: "zh-CN" }, level),
  );
  const input = element("select", named("development"), element("option", { value: "" }, first), ...options);
  return field("development", input, t("level_hint"));
}

function factorField(names, entered) {
  const boxes = names.map((name) =>
    element(
      "label",
      { class: "factor" },
      element("input", { ...named("factor"), id: null, type: "checkbox", value: name, checked: entered.factor?.includes(name) }),
      chinese(name),
    ),
  );
  return element(
    "fieldset",
    { class: "field" },
    element("legend", {}, t("parcel_factor")),
    ...boxes,
    element("p", { class: "hint", id: "parcel-factor-hint" }, t("factor_hint")),
  );
}

const standardIs = ({ unsure }, value) => (value == null || unsure ? t("as_standard") : t("standard_is", { value }));

/** In what a parcel must be as the standard parcel, for no coefficient is known. */
function unknownTerms(known) {
  const terms = { plot_ratio: known.plot_ratio, remaining_years: known.tenure, date: known.date, development: known.development };
  const names = Object.keys(terms).filter((name) => !terms[name]);
  return names.length ? t("not_known", { names: listed(names.map((name) => t(`parcel_${name}`))) }) : "";
}

function problemText({ error }, { tenure_years: years }) {
  if (has(`error_parcel_${error}`)) return t(`error_parcel_${error}`, { years });
  return t(has(`error_${error}`) ? `error_${error}` : "error_other");
}

const invented = () => element("p", { class: "invented" }, t("invented"));

// What it is worth ------------------------------------------------------------------------------

function worthParts({ body, query }, { showRegion }) {
  const { expected, candidates } = body;
  const title = element("h4", { id: "worth-heading" }, t("worth_heading"));
  if (!expected) return [title, element("p", {}, t("worth_none"))];
  const unsure = candidates.length > 1;
  return [
    title,
    body.coefficients?.synthetic ? invented() : null,
    headlinePart(expected),
    unsure ? element("p", { class: "certainty unsure" }, sentences(t("worth_unsure"), range(body))) : null,
    pricesPart(expected),
    unsure || Number(body.none_probability) > 0 ? candidatesPart(body, showRegion) : null,
    ...candidates.map((one) => derivationPart(one, body, unsure)),
    element("p", { class: "muted" }, sentences(t(`basis_${body.basis}`, { edition: body.edition.id }), t("rounding"))),
    element("p", {}, element("a", { class: "certificate", href: certificateOf("appraise", query, language()) }, t("certificate"))),
  ].filter(Boolean);
}

function headlinePart(amounts) {
  const { value, unit } = headline(amounts);
  return element(
    "div",
    { class: "headline" },
    element("p", { class: "price" }, element("strong", { "data-worth": "headline" }, value), element("span", {}, unit)),
    amounts.total_cny == null
      ? null
      : element("p", { class: "muted", "data-worth": "total_cny" }, t("in_yuan", { value: money(amounts.total_cny) })),
  );
}

/** Between what the amount to say first lies with 95 %. */
function range({ low, high, candidates }) {
  const [least, most] = [low, high].map(headline);
  if (candidates.length < 2 || least.value === most.value) return "";
  return t("worth_range", { low: least.value, high: most.value, unit: most.unit });
}

function pricesPart({ ground_price_cny_m2: ground, floor_price_cny_m2: floor }) {
  const rows = [["ground", t("ground_price_value", { value: money(ground) })]];
  if (floor != null) rows.push(["floor", t("floor_price_value", { value: money(floor) })]);
  const cells = rows.flatMap(([name, text]) => [
    element("dt", {}, t(`worth_${name}`)),
    element("dd", { "data-worth": name }, text),
  ]);
  return element("dl", { class: "facts" }, ...cells);
}

function candidatesPart({ candidates, none_probability: none }, showRegion) {
  const told = candidates.map(({ code, probability, amounts }) => ({
    code,
    probability: Number(probability),
    text: worth(amounts),
  }));
  return element(
    "section",
    { class: "candidates", "aria-labelledby": "worth-candidates" },
    element("h5", { id: "worth-candidates" }, t("worth_candidates")),
    element("ul", {}, ...regionRows(told, Number(none), showRegion)),
  );
}

/** How a value came about, step by step. */
function derivationPart({ code, probability, standard, steps, amounts }, { edition }, unsure) {
  const percent = percents(Number(probability));
  const title = unsure ? t("derivation_of", { code: map.shortCode(code), percent }) : t("derivation");
  const first = t("ground_price_value", { value: number(standard.ground_price_cny_m2) });
  const last = t("ground_price_value", { value: money(amounts.ground_price_cny_m2) });
  return element(
    "details",
    { class: "derivation", "data-code": code },
    element("summary", {}, title),
    element(
      "table",
      {},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("th", { scope: "col" }, t("step_basis")),
          element("th", { scope: "col", class: "number" }, t("step_value")),
        ),
      ),
      element(
        "tbody",
        {},
        row(t("standard_price"), first, t("of_region", { code, when: whenValued(edition) })),
        ...steps.map((step) => row(stepName(step.name), stepValue(step), step.formula || t(`rule_${step.rule}`), step.source)),
        row(t("worth_ground"), last),
      ),
    ),
  );
}

/** A step: its name, with what it rests on and who says so under it, and its value. */
function row(name, value, basis, source) {
  return element(
    "tr",
    {},
    element(
      "th",
      { scope: "row" },
      name,
      basis ? element("span", { class: "basis" }, basis) : null,
      source ? element("span", { class: "source", lang: "zh-CN" }, source) : null,
    ),
    element("td", { class: "number" }, value),
  );
}

const stepName = (name) => (has(`step_${name}`) ? t(`step_${name}`) : chinese(name));

function stepValue({ name, value }) {
  if (name !== "development") return `× ${value}`;
  const sign = value.startsWith("-") ? "−" : "+";
  return t("step_added", { value: `${sign}${value.replace("-", "")}` });
}
