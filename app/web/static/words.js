// What the page says: texts in the language of the page, numbers as people read them.
import TEXTS from "./texts.js";

const { chinese, map } = landprice;

const KILOMETRES_FROM_M = 10000;
const M2_PER_MU = 2000 / 3; // 1 mu (亩) is a fifteenth of a hectare
const GROUPED_FROM = 10000; // the gazette prints prices of four digits without a separator

export const SIDES = ["north", "south", "east", "west"];
export const OPPOSITE = { north: "south", south: "north", east: "west", west: "east" };

export const language = () => (document.documentElement.lang === "en" ? "en" : "zh");

export const has = (key) => key in TEXTS;

/** The text of a key in the language of the page, its {names} filled in. */
export function t(key, values = {}) {
  const all = { ...map.facts, ...values };
  return TEXTS[key][language()].replace(/{(\w+)}/g, (_, name) => all[name]);
}

/** The parts of a sentence with the name of a line, which stays Chinese. */
export function withLine(key, line, values = {}) {
  const [before, after] = t(key, { ...values, line: "\n" }).split("\n");
  return [before, chinese(line), after].filter(Boolean);
}

/** A value of the gazette: in words where there are some, else as it is printed. */
export const worded = (value) => (has(`value_${value}`) ? t(`value_${value}`) : chinese(value));

/** Sentences one after the other; Chinese ones have no space between them. */
export const sentences = (...all) => all.filter(Boolean).join(language() === "en" ? " " : "");

export function number(value, digits = 0) {
  const options = { maximumFractionDigits: digits, useGrouping: value >= GROUPED_FROM };
  return value.toLocaleString("en", options);
}

export function metres(value) {
  if (value >= KILOMETRES_FROM_M) return t("kilometres", { value: (value / 1000).toFixed(1) });
  return t("metres", { value: value < 10 ? value.toFixed(1) : Math.round(value) });
}

/** A price in 10 000 yuan per mu, as land is traded. */
export function perMu(price) {
  const value = (price * M2_PER_MU) / 10000;
  return number(value, value < 100 ? 1 : 0);
}

/** A probability as people read it: what is inferred is never 100 % sure, nor impossible. */
export function percents(probability) {
  return `${Math.min(Math.max(Math.round(probability * 100), 1), 99)} %`;
}

/** One or two values as people say them: 3785, or 3785 或 4260. */
export const either = (values) => values.join(t("or"));
