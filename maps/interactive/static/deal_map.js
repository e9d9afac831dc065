// The map of deals: the map of prices with a dot for each deal, coloured by its deviation. folium
// makes the layers of regions and hands them over to `landpriceDeals.install`.
"use strict";

const landpriceDeals = (() => {
  const { chinese, element } = landprice;
  const { PercentMap, signed } = landpricePercent;

  const TEXTS = {
    zh: {
      map: "成交与标定地价图。方向键移动，加减号缩放，按 Enter 键查询中心点。",
      legend: "成交价对价值的偏差",
      summary: ({ deals, median }) => `${deals} 宗成交，偏差中位数 ${signed(median)}`,
      nothing: "没有这一用途的成交。",
      synthetic: "修正系数为虚构，仅供演示。",
      notShown: (n) => `另有 ${n} 宗没有坐标或属于其他城市，未绘出。`,
      deal: (row, name) => (name ? `第 ${row} 行 ${name}` : `第 ${row} 行`),
      verdicts: { above: "成交高于价值", below: "成交低于价值", not_shown: "未见偏离", too_few: "宗数太少" },
      outliers: { outlier: "异常", extreme: "极端" },
      rows: {
        date: "成交日期",
        price: "成交价（元/平方米）",
        value: "价值（元/平方米）",
        standard: "标定地价（元/平方米）",
        deviation: "偏差",
        region: "区域",
        parcel: "标准宗地",
        deals: "成交宗数",
        median: "偏差中位数",
        quartiles: "四分位",
        verdict: "判断",
        remarks: "备注",
      },
      probability: (percent) => `概率 ${percent}%`,
      unsure: "区域不确定，不计入任何区域",
      unadjusted: "缺少系数，未经修正",
    },
    en: {
      map: "Map of deals and standard land prices. Arrow keys move, plus and minus zoom, Enter asks at the centre.",
      legend: "deviation of prices from values",
      summary: ({ deals, median }) => `${deals} deals, median deviation ${signed(median)}`,
      nothing: "There are no deals of this use.",
      synthetic: "The coefficients are invented.",
      notShown: (n) => `${n} more have no coordinates or are of another city.`,
      deal: (row, name) => (name ? `Row ${row} ${name}` : `Row ${row}`),
      verdicts: { above: "above values", below: "below values", not_shown: "no deviation shown", too_few: "too few to say" },
      outliers: { outlier: "outlier", extreme: "extreme outlier" },
      rows: {
        date: "Date",
        price: "Price, yuan/m²",
        value: "Value, yuan/m²",
        standard: "Standard price, yuan/m²",
        deviation: "Deviation",
        region: "Region",
        parcel: "Standard parcel",
        deals: "Deals",
        median: "Median deviation",
        quartiles: "Quartiles",
        verdict: "Verdict",
        remarks: "Remarks",
      },
      probability: (percent) => `probability ${percent}%`,
      unsure: "unsure region, counts for none",
      unadjusted: "a coefficient is missing, unadjusted",
    },
  };

  const DOT = { radius: 4.5, weight: 1, color: "#3d4852", fillOpacity: 0.9 };
  const OUTLIER = { radius: 7, weight: 2.5, color: "#15191c" };

  class DealMap extends PercentMap {
    constructor(map, { deals, ...parts }) {
      super(map, parts);
      this.deals = deals;
      this.dots = L.layerGroup().addTo(map);
      this.drawDots();
      this.fillLegend();
    }

    get texts() {
      const own = this.language === "en" ? TEXTS.en : TEXTS.zh;
      return { ...super.texts, ...own };
    }

    makePanes() {
      super.makePanes();
      this.map.createPane("deals").style.zIndex = 435;
      this.canvas = L.canvas({ pane: "deals", padding: 0.3, tolerance: 4 });
    }

    // Deals -----------------------------------------------------------------------------------

    /** The deals of the shown use; none before they are there. */
    shown() {
      return this.deals?.[this.use] ?? [];
    }

    showUse(use) {
      super.showUse(use);
      this.drawDots();
    }

    drawDots() {
      if (!this.dots) return;
      this.dots.clearLayers();
      const { classes } = this.uses[this.use];
      // Those that deviate most lie on top.
      const order = [...this.shown()].sort((one, other) => Math.abs(one.percent) - Math.abs(other.percent));
      for (const deal of order) {
        const own = deal.outlier === "none" ? DOT : { ...DOT, ...OUTLIER };
        const style = { ...own, fillColor: classes[deal.level].colour, renderer: this.canvas };
        const dot = L.circleMarker(deal.at, style).addTo(this.dots);
        dot.on("click", (event) => {
          L.DomEvent.stopPropagation(event);
          this.openDeal(deal);
        });
      }
    }

    openDeal(deal) {
      const { texts } = this;
      const { rows } = texts;
      const remarks = [
        texts.outliers[deal.outlier],
        deal.unsure && texts.unsure,
        deal.unadjusted && texts.unadjusted,
      ].filter(Boolean);
      const told = [
        [rows.deviation, element("strong", {}, signed(deal.percent))],
        [rows.price, deal.price],
        [rows.value, deal.value],
        [rows.standard, deal.standard],
        [rows.date, deal.date],
        [rows.region, `${this.shortCode(deal.code)} (${texts.probability(deal.probability)})`],
      ];
      if (remarks.length) told.push([rows.remarks, remarks.join("; ")]);
      this.openContent([this.table(texts.deal(deal.row, deal.name), told)], deal.at, false);
    }

    table(title, rows) {
      const row = ([name, ...content]) =>
        element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, ...content));
      return element(
        "section",
        {},
        element("h2", {}, title),
        element("table", {}, element("tbody", {}, ...rows.map(row))),
      );
    }

    // Regions ---------------------------------------------------------------------------------

    isHatched() {
      return false;
    }

    labelOf({ group }) {
      return group ? signed(group.median) : "";
    }

    tooltip(properties) {
      if (properties.kind) return super.tooltip(properties);
      const { code, group } = properties;
      const told = group ? ` ${this.texts.summary(group)}` : "";
      return element("div", {}, element("strong", {}, this.shortCode(code)), told);
    }

    record({ code, use, standard_parcel: parcel, ground_price_cny_m2: price, group }) {
      const { rows, verdicts } = this.texts;
      const told = [[rows.standard, `${price}`]];
      if (parcel) told.unshift([rows.parcel, chinese(parcel)]);
      if (group) {
        told.push([rows.deals, `${group.deals}`], [rows.median, element("strong", {}, signed(group.median))]);
        if (group.quartiles) told.push([rows.quartiles, group.quartiles.map(signed).join(" / ")]);
        told.push([rows.verdict, verdicts[group.verdict]]);
      } else told.push([rows.deals, "0"]);
      return this.table(`${this.shortCode(code)} ${this.uses[use].name[this.language]}`, told);
    }

    // Legend ----------------------------------------------------------------------------------

    fillLegend() {
      const { texts, facts } = this;
      const { name } = this.uses[this.use];
      const group = facts.groups[this.use];
      this.legend.replaceChildren(
        element("p", { class: "lp-heading" }, element("strong", {}, name[this.language]), ` ${texts.legend}`),
        this.classRows("lp-swatch lp-dot"),
        element("p", { class: "lp-summary" }, group ? texts.summary(group) : texts.nothing),
      );
      if (facts.notShown) this.legend.append(element("p", { class: "lp-caution" }, texts.notShown(facts.notShown)));
      if (facts.synthetic) this.legend.append(element("p", { class: "lp-warning" }, texts.synthetic));
    }

  }

  return {
    install(map, parts) {
      new DealMap(map, parts).offerLanguages();
    },
  };
})();
