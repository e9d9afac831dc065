// The map of what changed from one edition to the next: the map of prices with other colours,
// signs and records. folium makes the layers and hands them over to `landpriceChanges.install`.
"use strict";

const landpriceChanges = (() => {
  const { chinese, element, svg } = landprice;
  const { PercentMap, signed } = landpricePercent;

  const TEXTS = {
    zh: {
      map: "标定地价变动图。方向键移动，加减号缩放，按 Enter 键查询中心点。",
      legend: "地面单价变动",
      summary: ({ regions, median, lowest, highest }) =>
        `两版共有 ${regions} 个区域：变动中位数 ${signed(median)}，最低 ${signed(lowest)}，最高 ${signed(highest)}`,
      states: { added: "新增", removed: "取消", redrawn: "旧界线（范围调整）" },
      redrawnInferred: "界线按公告文字推定，范围不同也可能只因推定的依据更新。",
      ground: "地面单价",
      measured: (title, unit) => `${title}（${unit}）`,
      item: "项目",
      area: "图上面积",
      hectares: "公顷",
      moved: (percent) => `两版范围相差 ${percent}%，图上虚线为旧界线。`,
      told: (title, word) => `${title}：${word}。`,
    },
    en: {
      map: "Map of changes of standard land prices. Arrow keys move, plus and minus zoom, Enter asks at the centre.",
      legend: "change of the ground price",
      summary: ({ regions, median, lowest, highest }) =>
        `${regions} regions in both: median ${signed(median)}, lowest ${signed(lowest)}, highest ${signed(highest)}`,
      states: { added: "Added", removed: "Removed", redrawn: "Old outline (redrawn)" },
      redrawnInferred: "Boundaries are inferred from text; other evidence alone may redraw a region.",
      ground: "Ground price",
      measured: (title, unit) => `${title} (${unit})`,
      item: "Field",
      area: "Area as drawn",
      hectares: "ha",
      moved: (percent) => `The two outlines differ by ${percent}%; the old one is dashed.`,
      told: (title, word) => `${title}: ${word}.`,
    },
  };

  const SOURCE = "geometry_source";
  const CASING = { color: "#ffffff", opacity: 0.85 };

  class ChangeMap extends PercentMap {
    get texts() {
      const own = this.language === "en" ? TEXTS.en : TEXTS.zh;
      return { ...super.texts, ...own };
    }

    makePanes() {
      super.makePanes();
      this.map.createPane("outlines").style.zIndex = 422;
      this.outlines = L.featureGroup().addTo(this.map);
    }

    // Legend ----------------------------------------------------------------------------------

    fillLegend() {
      const { texts, facts } = this;
      const { name } = this.uses[this.use];
      const all = this.shown();
      const summary = facts.summaries[this.use];
      this.legend.replaceChildren(
        element("p", { class: "lp-heading" }, element("strong", {}, name[this.language]), ` ${texts.legend}`),
        element("p", { class: "lp-date" }, `${texts.valuation} ${facts.before.valuation_date} → ${facts.after.valuation_date}`),
        this.classRows("lp-swatch"),
      );
      if (summary) this.legend.append(element("p", { class: "lp-summary" }, texts.summary(summary)));
      this.fillSigns(all);
    }

    /** What the outlines mean, and which regions have them. */
    fillSigns(all) {
      const { texts } = this;
      const regions = {
        added: all.filter(({ state }) => state === "added"),
        removed: all.filter(({ state }) => state === "removed"),
        redrawn: all.filter(({ redrawn }) => redrawn),
      };
      const rows = Object.entries(regions)
        .filter(([, some]) => some.length)
        .map(([sign, some]) => {
          const count = element("span", { class: "lp-count" }, texts.count(some.length));
          const inferred = some.some((one) => one.geometry_source === "schematic");
          const caution = sign === "redrawn" && inferred ? texts.redrawnInferred : null;
          return element(
            "li",
            {},
            element("div", { class: "lp-sign" }, this.outlineSample(sign), texts.states[sign], count),
            element("div", { class: "lp-codes" }, ...some.map(({ code }) => this.codeButton(code))),
            caution && element("p", { class: "lp-caution" }, caution),
          );
        });
      if (rows.length) this.legend.append(element("ul", { class: "lp-signs" }, ...rows));
    }

    codeButton(code) {
      const show = (event) => {
        event.stopPropagation(); // the map looks for what was clicked, which is gone by then
        if (!this.isWide()) this.panelElement.querySelector("details").open = false;
        this.onFound(this.showRegion(code));
      };
      return element("button", { type: "button", onclick: show }, this.shortCode(code));
    }

    outlineSample(sign) {
      const { color, weight, dashArray = "none" } = this.facts.outlines[sign];
      const sample = sign === "added" ? this.hatchSample("lp-sample") : svg("svg", { class: "lp-swatch lp-sample", "aria-hidden": "true" });
      const box = { x: 3, y: 3, width: 20, height: 10, fill: "none", stroke: color, "stroke-width": weight };
      sample.append(svg("rect", { ...box, "stroke-dasharray": dashArray }));
      return sample;
    }

    // Map -------------------------------------------------------------------------------------

    shown() {
      return this.uses[this.use].layer.getLayers().map(({ feature }) => feature.properties);
    }

    showUse(use) {
      super.showUse(use);
      this.outlines.clearLayers();
      for (const { feature } of this.uses[use].layer.getLayers()) {
        const { state, redrawn } = feature.properties;
        if (redrawn) this.outline(redrawn.outline, "redrawn");
        else if (state !== "common") this.outline(feature.geometry, state);
      }
    }

    outline(geometry, sign) {
      const style = this.facts.outlines[sign];
      const options = { fill: false, pane: "outlines", interactive: false };
      for (const own of [{ ...CASING, weight: style.weight + 2 }, { ...style, className: `lp-${sign}` }]) {
        L.geoJSON(geometry, { ...options, style: { ...options, ...own } }).addTo(this.outlines);
      }
    }

    isHatched({ state }) {
      return state === "added";
    }

    labelOf({ state, percent }) {
      return this.texts.states[state] ?? signed(percent);
    }

    // Records ---------------------------------------------------------------------------------

    tooltip(properties) {
      if (properties.kind) return super.tooltip(properties);
      const { state, code, values } = properties;
      const [[, ...prices]] = values;
      const what = this.labelOf(properties);
      const text = ` ${what} ${prices.join(" → ")} ${this.texts.unit}`;
      return element("div", { class: `lp-${state}` }, element("strong", {}, this.shortCode(code)), text);
    }

    /** What changed of a region, as a table with a column for each edition that has it. */
    record(properties) {
      const { texts, facts } = this;
      const { state, code, use, level, values, redrawn, geometry_source: source } = properties;
      const title = `${this.shortCode(code)} ${this.uses[use].name[this.language]}`;
      const swatch = element("span", { class: "lp-swatch" });
      if (state === "common") swatch.style.backgroundColor = this.uses[use].classes[level].colour;
      const sign = state === "common" ? swatch : this.outlineSample(state);
      const what = state === "common" ? texts.ground : null;
      const editions = [state !== "added" && facts.before, state !== "removed" && facts.after].filter(Boolean);
      const column = ({ year }) => element("th", { scope: "col" }, `${year}`);
      const item = element("span", { class: "lp-hidden" }, texts.item);
      const rows = values.map(([name, ...both]) => this.row(this.titleOf(name), both.map((own) => this.valueOf(name, own))));
      if (redrawn) rows.push(this.row(texts.measured(texts.area, texts.hectares), redrawn.hectares.map(String)));
      return element(
        "section",
        {},
        element("h2", {}, title),
        element("p", { class: "lp-change" }, sign, what, element("strong", {}, this.labelOf(properties))),
        element(
          "table",
          { class: "lp-terms" },
          element("thead", {}, element("tr", {}, element("td", {}, item), ...editions.map(column))),
          element("tbody", {}, ...rows),
        ),
        redrawn && element("p", { class: "lp-caution" }, texts.moved(redrawn.percent)),
        element("p", { class: "lp-caution" }, texts.told(this.titleOf(SOURCE), texts.values[source])),
      );
    }

    row(title, contents) {
      const cells = contents.map((content) => element("td", {}, content));
      return element("tr", {}, element("th", { scope: "row" }, title), ...cells);
    }

    titleOf(name) {
      const { title, unit } = this.fields.find((field) => field.name === name);
      return unit ? this.texts.measured(title[this.language], unit[this.language]) : title[this.language];
    }

    valueOf(name, own) {
      if (own == null) return this.texts.none;
      const word = name === SOURCE ? this.texts.values[own] : own;
      return typeof own === "string" ? chinese(word) : `${own}`;
    }
  }

  return {
    install(map, parts) {
      new ChangeMap(map, parts).offerLanguages();
    },
  };
})();
