// What the page says, in its language.
import { language, shares, speech } from "../speech.js";
import { TEXTS } from "./city.js";

export { shares };

export const { has, t, metres } = speech(TEXTS, { kilometresFromM: 1000 });

/** Day and time on this phone. */
export function moment(iso) {
  const options = { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false };
  return new Date(iso).toLocaleString(language() === "en" ? "en-GB" : "zh-CN", options);
}
