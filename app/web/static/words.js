// What the page says: texts in the language of the page, numbers as people read them.
import { language, percents, speech } from "./speech.js";
import TEXTS from "./texts.js";

const { chinese, map } = landprice;

const M2_PER_MU = 2000 / 3; // 1 mu (亩) is a fifteenth of a hectare
const GROUPED_FROM = 10000; // the gazette prints prices of four digits without a separator

export const SIDES = ["north", "south", "east", "west"];
export const OPPOSITE = { north: "south", south: "north", east: "west", west: "east" };

export { language, percents };

export const { has, t, metres } = speech(TEXTS, { facts: () => map.facts, decimalBelowM: 10 });

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

/** A price in 10 000 yuan per mu, as land is traded. */
export function perMu(price) {
  const value = (price * M2_PER_MU) / 10000;
  return number(value, value < 100 ? 1 : 0);
}

/** One or two values as people say them: 3785, or 3785 或 4260. */
export const either = (values) => values.join(t("or"));

/** Names one after the other. */
export const listed = (names) => names.join(language() === "en" ? ", " : "、");
