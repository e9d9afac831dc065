// How a page says things in its language: texts by their keys, lengths, shares.
const KILOMETRES_FROM_M = 10000;

export const language = () => (document.documentElement.lang === "en" ? "en" : "zh");

/**
 * Ways to say things with a page's own texts.
 * @param {Object} texts by key, each in `zh` and `en`
 * @param {{facts?: () => Object, kilometresFromM?: number, decimalBelowM?: number}} options `facts` fill in
 *   {names} that no values are given for
 */
export function speech(texts, { facts = () => ({}), kilometresFromM = KILOMETRES_FROM_M, decimalBelowM = 0 } = {}) {
  /** The text of a key, its {names} filled in. */
  function t(key, values = {}) {
    const all = { ...facts(), ...values };
    return texts[key][language()].replace(/{(\w+)}/g, (_, name) => all[name]);
  }

  function metres(value) {
    if (value >= kilometresFromM) return t("kilometres", { value: (value / 1000).toFixed(1) });
    return t("metres", { value: value < decimalBelowM ? value.toFixed(1) : Math.round(value) });
  }

  return { has: (key) => key in texts, t, metres };
}

/** A share that was counted. */
export const shares = (share) => `${Math.round(share * 100)} %`;

/** A probability: what is inferred is never 100 % sure, nor impossible. */
export const percents = (probability) => shares(Math.min(Math.max(probability, 0.01), 0.99));
