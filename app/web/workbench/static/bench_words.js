// What the workbench says, in the language of the page, and how it makes elements.
import { TEXTS } from "./config.js";
import { language, percents, shares, speech } from "./speech.js";

const { chinese, element } = landprice;
export { chinese, element, language, percents, shares };

export const byId = (id) => document.getElementById(id);

export const { has, t, metres } = speech(TEXTS);

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
