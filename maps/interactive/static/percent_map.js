// What the maps of reports share: regions or dots in classes of a percentage, of change or deviation,
// and both languages in one file.
"use strict";

const landpricePercent = (() => {
  const { PriceMap, element } = landprice;

  const RANGES = {
    zh: {
      between: (low, high) => `${signed(low)} 至 ${signed(high)}`,
      fall: (high) => `${signed(high)} 及以下`,
      rise: (low) => `${signed(low)} 及以上`,
      same: (high) => `±${high}% 以内`,
    },
    en: {
      between: (low, high) => `${signed(low)} to ${signed(high)}`,
      fall: (high) => `${signed(high)} and below`,
      rise: (low) => `${signed(low)} and above`,
      same: (high) => `within ±${high}%`,
    },
  };

  /** A percentage with its sign, as typeset. */
  function signed(percent) {
    const sign = percent > 0 ? "+" : percent < 0 ? "−" : "";
    return `${sign}${Math.abs(percent)}%`;
  }

  class PercentMap extends PriceMap {
    /** The classes for the legend, the highest first, with how many of those shown are in each. */
    classRows(swatchClass) {
      const all = this.shown();
      const rows = this.uses[this.use].classes.map(({ low, high, colour }, level) => {
        const count = all.filter((one) => one.level === level).length;
        const swatch = element("span", { class: swatchClass });
        swatch.style.backgroundColor = colour;
        const number = element("span", { class: "lp-count" }, this.texts.count(count));
        return element("li", {}, swatch, element("span", {}, this.rangeText(low, high)), number);
      });
      return element("ul", { class: "lp-classes" }, ...rows.reverse());
    }

    rangeText(low, high) {
      const { between, fall, rise, same } = RANGES[this.language];
      if (low == null) return fall(high);
      if (high == null) return rise(low);
      return low === -high ? same(high) : between(low, high);
    }

    /** The map of prices lets readers choose lines and base maps; here are none to choose. */
    switches() {
      return null;
    }

    /** Let a reader choose the other language; Chinese comes first. */
    offerLanguages() {
      const root = document.documentElement;
      document.querySelector(".lp-language").addEventListener("click", () => {
        root.lang = this.language === "zh" ? "en" : "zh-CN";
        document.title = document.querySelector(`h1 .lp-in-${root.lang.slice(0, 2)}`).textContent;
        this.setLanguage(root.lang);
        this.placeLabels();
      });
    }
  }

  return { PercentMap, signed };
})();
