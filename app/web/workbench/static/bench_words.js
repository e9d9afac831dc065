// What the workbench says, in the language of the page, and how it makes elements.
import { TEXTS } from "./config.js";

const { chinese, element } = landprice;
export { chinese, element };

const KILOMETRES_FROM_M = 10000;

export const byId = (id) => document.getElementById(id);

export const language = () => (document.documentElement.lang === "en" ? "en" : "zh");

export const has = (key) => key in TEXTS;

/** The text of a key, its {names} filled in. */
export function t(key, values = {}) {
  return TEXTS[key][language()].replace(/{(\w+)}/g, (_, name) => values[name]);
}

export function metres(value) {
  if (value >= KILOMETRES_FROM_M) return t("kilometres", { value: (value / 1000).toFixed(1) });
  return t("metres", { value: Math.round(value) });
}

/** A share as people read it; what is inferred is never sure, nor impossible. */
export function percents(share) {
  return `${Math.min(Math.max(Math.round(share * 100), 1), 99)} %`;
}

/** Names of lines, which stay Chinese. */
export function lines(names) {
  return chinese(names.join(" × "));
}

/** Fill a list, or say why it is empty. */
export function fill(list, items, empty) {
  list.replaceChildren(...(items.length ? items : [element("li", { class: "empty" }, t(empty))]));
}

export function button(key, press, attributes = {}) {
  return element("button", { type: "button", onclick: press, ...attributes }, t(key));
}
