// What the page says, in its language.
import { TEXTS } from "./city.js";

const KILOMETRES_FROM_M = 1000;

const language = () => (document.documentElement.lang === "en" ? "en" : "zh");

export const has = (key) => key in TEXTS;

/** The text of a key, its {names} filled in. */
export function t(key, values = {}) {
  return TEXTS[key][language()].replace(/{(\w+)}/g, (_, name) => values[name]);
}

export function metres(value) {
  if (value >= KILOMETRES_FROM_M) return t("kilometres", { value: (value / 1000).toFixed(1) });
  return t("metres", { value: Math.round(value) });
}

export const percents = (share) => `${Math.round(share * 100)} %`;

/** Day and time on this phone. */
export function moment(iso) {
  const options = { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false };
  return new Date(iso).toLocaleString(language() === "en" ? "en-GB" : "zh-CN", options);
}
