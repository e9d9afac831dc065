// What the map does: legend, choice of use, tooltips, records, search, labels. folium makes the
// layers and hands them over to `landprice.install`. A classic script without imports, because it
// also stands in the map as a file.
"use strict";

const landprice = (() => {
  const TEXTS = {
    zh: {
      use: "用途",
      details: "图例与查找",
      detailsShort: "图例",
      legend: "地面单价（元/平方米）",
      valuation: "估价期日",
      count: (n) => `${n} 个`,
      below: (high) => `${high} 及以下`,
      above: (low) => `${low} 及以上`,
      free: "位置不固定：公告文字不足以确定该区域的位置",
      lines: "界线",
      kinds: { road: "道路", rail: "铁路", river: "河流", planned: "规划道路" },
      base: "底图",
      noBase: "无",
      search: "查找区域、标准宗地或道路",
      find: "查找",
      notFound: "没有找到，请输入区域编号、标准宗地名称或道路名称",
      found: (what) => `已定位：${what}`,
      schematic: "界线按公告文字推定，并非测量成果。",
      map: "标定地价图。方向键移动，加减号缩放，按 Enter 键查询中心点。",
      nothing: "此处没有该用途的标定区域。",
      zoomIn: "放大",
      zoomOut: "缩小",
      close: "关闭",
      unit: "元/平方米",
      m: (m) => `${m} 米`,
      accuracy: (m) => `精度 ±${m} 米`,
      sides: { east: "东至", west: "西至", south: "南至", north: "北至" },
      values: {
        schematic: "按公告文字推定，并非测量成果",
        centrelines: "按给定的道路中心线",
        official: "官方图形",
        tied: "有依据",
        free: "不固定",
      },
      none: "未公布",
    },
    en: {
      use: "Land use",
      details: "Legend and search",
      detailsShort: "Legend",
      legend: "ground price (yuan/m²)",
      valuation: "Valuation date",
      count: (n) => `${n}`,
      below: (high) => `up to ${high}`,
      above: (low) => `${low} and more`,
      free: "Position not fixed: the notice’s wording does not settle where the region lies",
      lines: "Boundary lines",
      kinds: { road: "road", rail: "railway", river: "river", planned: "planned road" },
      base: "Base map",
      noBase: "none",
      search: "Find a region, parcel or road",
      find: "Find",
      notFound: "Not found. Type a region code, the name of a standard parcel, or of a road.",
      found: (what) => `Shown: ${what}`,
      schematic: "Boundaries are inferred from text, not surveyed.",
      map: "Map of standard land prices. Arrow keys move, plus and minus zoom, Enter asks at the centre.",
      nothing: "There is no region of this use here.",
      zoomIn: "Zoom in",
      zoomOut: "Zoom out",
      close: "Close",
      unit: "yuan/m²",
      m: (m) => `${m} m`,
      accuracy: (m) => `accuracy ±${m} m`,
      sides: { east: "East to", west: "West to", south: "South to", north: "North to" },
      values: {
        schematic: "inferred from the notice’s wording, not surveyed",
        centrelines: "from given centrelines",
        official: "official polygon",
        tied: "tied by facts",
        free: "not fixed",
      },
      none: "not published",
    },
  };

  const SVG = "http://www.w3.org/2000/svg";
  const HATCH = "lp-hatch";
  const ZOOMS = { least: 8, most: 18 };
  const FILL = { opaque: 1, overBase: 0.5 };
  const ROAD_NAMES_FROM_ZOOM = 12.75;
  const NAMED_FIRST = ["rail", "river", "road", "planned"];
  const CODES_FROM_PIXELS = 88;
  const NARROW = "(max-width: 720px)"; // where the style sheet lays the panel along the top
  const OUTLINE = { fill: false, interactive: false, pane: "highlights" };

  if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) {
    const { panBy } = L.Map.prototype;
    L.Map.mergeOptions({ zoomAnimation: false, fadeAnimation: false, inertia: false });
    L.Map.include({
      panBy(offset, options) {
        return panBy.call(this, offset, { ...options, animate: false });
      },
    });
  }

  /** Make an element; strings become text, never HTML. */
  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value === true) made.setAttribute(name, "");
      else if (value !== false && value != null) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child != null));
    return made;
  }

  function svg(tag, attributes, ...children) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  /** The text of a name in Chinese, so marked on an English page. */
  function chinese(text) {
    return element("span", { lang: "zh-CN" }, text);
  }

  let current = null;

  // folium calls this for every feature, before there is a map to ask for its language.
  function describe(feature, layer) {
    layer.bindTooltip(() => current.tooltip(feature.properties), {
      sticky: true,
      className: "lp-tooltip",
    });
    // Tooltips make shapes focusable; a hundred stops would keep keyboards from the panel.
    layer.on("add", () => layer.getElement().setAttribute("tabindex", "-1"));
  }

  function holds(ring, lng, lat) {
    let inside = false;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [x1, y1] = ring[i];
      const [x2, y2] = ring[j];
      if (y1 > lat !== y2 > lat && lng < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) inside = !inside;
    }
    return inside;
  }

  function plain(text) {
    return text.normalize("NFKC").toLowerCase().replace(/\s+/g, "");
  }

  class PriceMap {
    constructor(map, { uses, fields, lines, lineStyles, bases, facts }) {
      Object.assign(this, { map, uses, fields, lines, lineStyles, bases, facts });
      current = this;
      this.use = Object.keys(uses)[0];
      /** What a click or Enter asks; a page that answers in its own way replaces it. */
      this.onAsk = (place, byKeyboard) => this.openRecords(this.regionsAt(place), place, byKeyboard);
      /** What else happens when the search has found a region. */
      this.onFound = (region) => this.openRecords([region], region.getCenter(), true);
      this.highlighted = L.featureGroup();
      this.point = null;
      this.hatch = L.featureGroup();
      this.labels = L.layerGroup();
      map.setMinZoom(ZOOMS.least).setMaxZoom(ZOOMS.most);
      this.makePanes();
      this.addHatchPattern();
      this.raiseLines();
      this.makeControls();
      this.listen();
      this.setLanguage(document.documentElement.lang);
      this.showUse(this.use);
      this.fit(this.bounds(), false);
    }

    get texts() {
      return this.language === "en" ? TEXTS.en : TEXTS.zh;
    }

    // Preparation -----------------------------------------------------------------------------

    makePanes() {
      const panes = { hatch: 410, lines: 420, highlights: 430, labels: 440, point: 450 };
      for (const [name, zIndex] of Object.entries(panes)) {
        this.map.createPane(name).style.zIndex = zIndex;
      }
      this.map.getPane("labels").setAttribute("aria-hidden", "true"); // the records say the same
      for (const layer of [this.hatch, this.labels, this.highlighted]) layer.addTo(this.map);
    }

    addHatchPattern() {
      const stroke = svg("path", { d: "M-1,1 l2,-2 M0,8 l8,-8 M7,9 l2,-2", class: "lp-hatch-line" });
      const pattern = { id: HATCH, width: 8, height: 8, patternUnits: "userSpaceOnUse" };
      const defs = svg("defs", {}, svg("pattern", pattern, stroke));
      const holder = svg("svg", { class: "lp-hatch-pattern", "aria-hidden": "true" }, defs);
      this.map.getContainer().append(holder);
    }

    raiseLines() {
      this.lines.remove();
      this.lines.eachLayer((line) => (line.options.pane = "lines"));
      this.lines.addTo(this.map);
    }

    makeControls() {
      this.panel = L.control({ position: "topright" });
      this.panel.onAdd = () => {
        this.panelElement = element("div", { class: "lp-panel" });
        L.DomEvent.disableClickPropagation(this.panelElement);
        L.DomEvent.disableScrollPropagation(this.panelElement);
        return this.panelElement;
      };
      this.panel.addTo(this.map);
      this.map.attributionControl.setPrefix(false);
      const credit = element("span", {}, this.facts.attribution);
      this.map.attributionControl.addAttribution(credit.innerHTML);
      L.control.scale({ imperial: false }).addTo(this.map);
      if (this.facts.schematic) {
        const note = L.control({ position: "bottomleft" });
        note.onAdd = () => (this.note = element("p", { class: "lp-note" }));
        note.addTo(this.map);
      }
      this.map.getContainer().append(element("div", { class: "lp-crosshair", "aria-hidden": "true" }));
    }

    listen() {
      this.map.on("click", (event) => this.onAsk(event.latlng, false));
      this.map.on("moveend", () => this.placeLabels());
      this.map.getContainer().addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.target === this.map.getContainer()) {
          event.preventDefault();
          this.onAsk(this.map.getCenter(), true);
        }
      });
    }

    // Language and panel ----------------------------------------------------------------------

    setLanguage(lang) {
      this.language = lang.startsWith("en") ? "en" : "zh";
      const { texts } = this;
      const container = this.map.getContainer();
      container.setAttribute("role", "region");
      container.setAttribute("aria-label", texts.map);
      for (const [name, text] of [["in", texts.zoomIn], ["out", texts.zoomOut]]) {
        const button = container.querySelector(`.leaflet-control-zoom-${name}`);
        button.title = text;
        button.setAttribute("aria-label", text);
      }
      if (this.note) this.note.textContent = texts.schematic;
      this.map.closePopup();
      this.fillPanel();
    }

    fillPanel() {
      const { texts } = this;
      const before = this.panelElement.querySelector("details");
      const wide = this.isWide();
      const open = before ? before.open : wide;
      this.legend = element("div", { class: "lp-legend" });
      this.panelElement.replaceChildren(
        this.useChoice(),
        element(
          "details",
          { class: "lp-details", open },
          element("summary", {}, wide ? texts.details : texts.detailsShort),
          element("div", { class: "lp-body" }, this.searchForm(), this.legend, this.switches()),
        ),
      );
      this.fillLegend();
    }

    useChoice() {
      const choose = (event) => this.showUse(event.target.value);
      const labels = Object.keys(this.uses).map((use) => {
        const chosen = use === this.use;
        const radio = { type: "radio", name: "lp-use", value: use, checked: chosen, onchange: choose };
        return element("label", {}, element("input", radio), element("span", {}, this.uses[use].shortName[this.language]));
      });
      const title = element("legend", { class: "lp-hidden" }, this.texts.use);
      return element("fieldset", { class: "lp-uses" }, title, ...labels);
    }

    fillLegend() {
      const { texts } = this;
      const { classes, layer } = this.uses[this.use];
      const prices = layer.getLayers().map((region) => region.feature.properties.ground_price_cny_m2);
      const rows = [...classes].reverse().map(({ low, high, colour }) => {
        const count = prices.filter((price) => price >= (low ?? 0) && price <= (high ?? Infinity)).length;
        const swatch = element("span", { class: "lp-swatch" });
        swatch.style.backgroundColor = colour;
        let range = `${low}–${high}`;
        if (low == null) range = texts.below(high);
        if (high == null) range = texts.above(low);
        const number = element("span", { class: "lp-count" }, texts.count(count));
        return element("li", {}, swatch, element("span", {}, range), number);
      });
      const heading = element(
        "p",
        { class: "lp-heading" },
        element("strong", {}, this.uses[this.use].name[this.language]),
        ` ${texts.legend}`,
      );
      const date = `${texts.valuation} ${this.facts.valuation_date}`;
      const free = layer.getLayers().some((region) => region.feature.properties.placement === "free");
      this.legend.replaceChildren(
        heading,
        element("p", { class: "lp-date" }, date),
        element("ul", { class: "lp-classes" }, ...rows),
      );
      if (free) {
        const pattern = svg("rect", { width: 26, height: 18, fill: `url(#${HATCH})` });
        const sample = svg("svg", { class: "lp-swatch lp-free", "aria-hidden": "true" }, pattern);
        this.legend.append(element("p", { class: "lp-explained" }, sample, texts.free));
      }
    }

    switches() {
      const { texts } = this;
      const toggle = (event) => {
        if (event.target.checked) this.lines.addTo(this.map);
        else this.lines.remove();
        this.placeLabels();
      };
      const checked = this.map.hasLayer(this.lines);
      const box = element("input", { type: "checkbox", name: "lp-lines", checked, onchange: toggle });
      const used = new Set(this.lines.getLayers().map((line) => line.feature.properties.kind));
      const kinds = Object.keys(texts.kinds).filter((kind) => used.has(kind));
      const samples = kinds.map((kind) =>
        element("li", {}, this.lineSample(kind), element("span", {}, texts.kinds[kind])),
      );
      const parts = [
        element("label", { class: "lp-check" }, box, element("span", {}, texts.lines)),
        element("ul", { class: "lp-kinds" }, ...samples),
      ];
      if (this.bases.length) parts.push(this.baseChoice());
      return element("div", { class: "lp-switches" }, ...parts);
    }

    lineSample(kind) {
      const { color, weight, dashArray = "none" } = this.lineStyles[kind];
      const line = { x1: 0, y1: 5, x2: 26, y2: 5, stroke: color, "stroke-width": weight };
      const drawn = svg("line", { ...line, "stroke-dasharray": dashArray });
      return svg("svg", { class: "lp-line", "aria-hidden": "true" }, drawn);
    }

    baseChoice() {
      const choose = (event) => this.showBase(event.target.value);
      const shown = this.bases.find(({ layer }) => this.map.hasLayer(layer));
      const choices = [{ name: "", label: this.texts.noBase }, ...this.bases];
      const labels = choices.map(({ name, label }) => {
        const checked = name === (shown ? shown.name : "");
        const radio = { type: "radio", name: "lp-base", value: name, checked, onchange: choose };
        return element("label", { class: "lp-check" }, element("input", radio), element("span", {}, label));
      });
      const title = element("legend", {}, this.texts.base);
      return element("fieldset", { class: "lp-bases" }, title, ...labels);
    }

    // Layers ----------------------------------------------------------------------------------

    showUse(use) {
      this.use = use;
      this.hatch.clearLayers();
      this.map.closePopup();
      for (const [name, { layer }] of Object.entries(this.uses)) {
        if (name !== use) layer.remove();
      }
      const { layer } = this.uses[use];
      layer.addTo(this.map);
      for (const region of layer.getLayers()) {
        if (region.feature.properties.placement !== "free") continue;
        const style = { stroke: false, fillColor: `url(#${HATCH})`, fillOpacity: 1 };
        const options = { ...style, interactive: false, pane: "hatch" };
        L.polygon(region.getLatLngs(), options).addTo(this.hatch);
      }
      for (const radio of this.panelElement.querySelectorAll("[name=lp-use]")) {
        radio.checked = radio.value === use;
      }
      this.fillLegend();
      this.placeLabels();
    }

    showBase(name) {
      for (const { layer } of this.bases) layer.remove();
      const chosen = this.bases.find((base) => base.name === name);
      if (chosen) chosen.layer.addTo(this.map);
      const fillOpacity = chosen ? FILL.overBase : FILL.opaque;
      for (const { layer } of Object.values(this.uses)) layer.setStyle({ fillOpacity });
      this.panelElement.style.setProperty("--lp-veil", 1 - fillOpacity); // of the legend's colours
    }

    bounds() {
      const all = L.latLngBounds([]);
      for (const { layer } of Object.values(this.uses)) all.extend(layer.getBounds());
      return all;
    }

    /** Tell whether the panel stands beside what the map shows, not along its top. */
    isWide() {
      return !window.matchMedia(NARROW).matches;
    }

    /** Show bounds beside the panel, or below it. */
    fit(bounds, animate = true) {
      const padding = this.isWide()
        ? { paddingTopLeft: [24, 16], paddingBottomRight: [24 + this.panelElement.offsetWidth, 32] }
        : { paddingTopLeft: [8, 64], paddingBottomRight: [8, 26] };
      this.map.fitBounds(bounds, { ...padding, maxZoom: 15, animate });
    }

    regions() {
      return Object.values(this.uses).flatMap(({ layer }) => layer.getLayers());
    }

    /** Outline layers so that they stand out over all others. */
    highlight(layers) {
      this.highlighted.clearLayers();
      for (const layer of layers) {
        const make = layer instanceof L.Polygon ? L.polygon : L.polyline;
        const latLngs = layer.getLatLngs();
        make(latLngs, { ...OUTLINE, color: "#ffffff", weight: 7, opacity: 0.9 }).addTo(this.highlighted);
        make(latLngs, { ...OUTLINE, color: "#12356b", weight: 3.5 }).addTo(this.highlighted);
      }
    }

    highlightRegions(codes) {
      this.highlight(this.regions().filter((region) => codes.includes(region.feature.id)));
    }

    showRegion(code) {
      const region = this.regions().find(({ feature }) => feature.id === code);
      this.showUse(region.feature.properties.use);
      this.highlight([region]);
      this.fit(region.getBounds());
      return region;
    }

    /** Mark a place, or none; the map moves only if the place is out of sight. */
    showPoint(place) {
      if (this.point) this.point.remove();
      this.point = null;
      if (!place) return;
      const style = { radius: 7, color: "#ffffff", weight: 3, fillColor: "#12356b", fillOpacity: 1 };
      const options = { ...style, pane: "point", interactive: false, className: "lp-point" };
      this.point = L.circleMarker(place, options).addTo(this.map);
      if (this.map.getBounds().pad(-0.05).contains(place)) return;
      const withCity = this.bounds().extend(place);
      const far = this.map.getBoundsZoom(withCity) <= ZOOMS.least;
      if (far) this.map.setView(place, ZOOMS.least, { animate: false });
      else this.fit(withCity, false);
    }

    // Records ---------------------------------------------------------------------------------

    tooltip(properties) {
      const { texts } = this;
      if (properties.kind) {
        return element(
          "div",
          {},
          element("strong", {}, chinese(properties.name)),
          ` ${texts.kinds[properties.kind]}, ${texts.accuracy(properties.accuracy_m)}`,
        );
      }
      const sides = Object.entries(texts.sides).map(([side, title]) =>
        element("span", { class: "lp-side" }, `${title} `, chinese(properties[`bound_${side}`])),
      );
      const price = `${properties.ground_price_cny_m2} ${texts.unit}`;
      return element(
        "div",
        {},
        element("strong", {}, this.shortCode(properties.code)),
        ` ${price}`,
        element("div", { class: "lp-sides" }, ...sides),
      );
    }

    shortCode(code) {
      return code.startsWith(this.facts.admin_code) ? code.slice(this.facts.admin_code.length) : code;
    }

    /** The regions of the shown use that hold a place; more than one where they overlap. */
    regionsAt({ lng, lat }) {
      const layers = this.uses[this.use].layer.getLayers();
      return layers.filter(({ feature }) => holds(feature.geometry.coordinates[0], lng, lat));
    }

    openRecords(regions, place, byKeyboard) {
      const records = regions.map(({ feature }) => this.record(feature.properties));
      if (!records.length) records.push(element("p", {}, this.texts.nothing));
      const content = element("div", { class: "lp-records" }, ...records);
      // Below the panel where the map is too narrow for both.
      const size = this.map.getSize();
      const top = this.isWide() ? 8 : 64;
      L.popup({
        maxWidth: Math.min(340, size.x - 60),
        maxHeight: Math.max(180, Math.min(size.y - top - 90, 0.6 * size.y)),
        autoPanPaddingTopLeft: [8, top],
      })
        .setLatLng(place)
        .setContent(content)
        .on("remove", () => this.highlight([]))
        .openOn(this.map);
      this.highlight(regions);
      const close = this.map.getContainer().querySelector(".leaflet-popup-close-button");
      close.setAttribute("aria-label", this.texts.close);
      const scrolled = content.parentElement;
      scrolled.tabIndex = 0;
      scrolled.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        this.map.closePopup();
        this.map.getContainer().focus();
      });
      if (byKeyboard) scrolled.focus();
    }

    /** Everything that is known of a region, as a table. */
    record(properties) {
      const { texts } = this;
      const row = (title, ...content) =>
        element("tr", {}, element("th", { scope: "row" }, title), element("td", {}, ...content));
      const rows = this.fields.map(({ name, title, unit }) => {
        const own = properties[name];
        if (name === "use") return row(title[this.language], this.uses[own].name[this.language]);
        if (own == null) return row(title[this.language], texts.none);
        const word = texts.values[own] ?? `${own}`;
        const text = unit ? `${word} ${unit[this.language]}` : word;
        return row(title[this.language], typeof own === "string" ? chinese(text) : text);
      });
      const sides = Object.entries(texts.sides).map(([side, title]) => {
        const accuracy = ` ${texts.accuracy(properties[`accuracy_${side}_m`])}`;
        return row(title, chinese(properties[`bound_${side}`]), element("small", {}, accuracy));
      });
      rows.splice(8, 0, ...sides);
      return element(
        "section",
        {},
        element("h2", {}, `${this.shortCode(properties.code)} ${this.uses[properties.use].name[this.language]}`),
        element("table", {}, element("tbody", {}, ...rows)),
      );
    }

    // Search ----------------------------------------------------------------------------------

    searchForm() {
      const { texts } = this;
      const entries = this.searchEntries();
      const input = element("input", {
        id: "lp-search",
        type: "search",
        list: "lp-search-list",
        autocomplete: "off",
        oninput: () => {
          if (entries.some(({ label }) => label === input.value)) this.search(input.value, status);
        },
      });
      const options = entries.map(({ label }) => element("option", { value: label }));
      const status = element("p", { role: "status", class: "lp-status" });
      const submit = (event) => {
        event.preventDefault();
        this.search(input.value, status);
      };
      return element(
        "form",
        { class: "lp-search", role: "search", onsubmit: submit },
        element("label", { for: "lp-search" }, texts.search),
        element("div", { class: "lp-row" }, input, element("button", { type: "submit" }, texts.find)),
        element("datalist", { id: "lp-search-list" }, ...options),
        status,
      );
    }

    searchEntries() {
      const regions = this.regions().map((layer) => {
        const { code, standard_parcel: parcel, use } = layer.feature.properties;
        const label = `${this.shortCode(code)} ${parcel}`;
        return { label, layer, use, names: [label, code, this.shortCode(code), parcel].map(plain) };
      });
      const lines = this.lines.getLayers().map((layer) => {
        const { name, other_names: others } = layer.feature.properties;
        return { label: name, layer, names: [name, ...others].map(plain) };
      });
      return [...regions, ...lines];
    }

    search(text, status) {
      const wanted = plain(text);
      const entries = this.searchEntries();
      let found = wanted ? entries.filter(({ names }) => names.includes(wanted)) : [];
      if (wanted && !found.length) {
        found = entries.filter(({ names }) => names.some((name) => name.includes(wanted)));
      }
      const best = found.find(({ use }) => use === this.use) ?? found[0];
      if (!best) {
        status.textContent = this.texts.notFound;
        return;
      }
      if (best.use) {
        this.onFound(this.showRegion(best.layer.feature.id));
      } else {
        this.highlight([best.layer]);
        this.fit(best.layer.getBounds());
      }
      status.textContent = this.texts.found(best.label);
    }

    // Labels ----------------------------------------------------------------------------------

    /** Write prices into regions and names along lines, as many as have room. */
    placeLabels() {
      this.labels.clearLayers();
      const view = L.bounds([0, 0], this.map.getSize());
      const taken = [];
      const free = (box) => view.contains(box) && !taken.some((other) => other.overlaps(box));
      for (const region of this.uses[this.use].layer.getLayers()) this.labelRegion(region, free, taken);
      if (!this.map.hasLayer(this.lines) || this.map.getZoom() < ROAD_NAMES_FROM_ZOOM) return;
      const rank = (line) => NAMED_FIRST.indexOf(line.feature.properties.kind);
      const lines = this.lines.getLayers().sort((one, other) => rank(one) - rank(other));
      for (const line of lines) this.labelLine(line, view, free, taken);
    }

    labelRegion(region, free, taken) {
      const { code, ground_price_cny_m2: price } = region.feature.properties;
      const box = region.getBounds();
      const one = this.map.latLngToContainerPoint(box.getNorthWest());
      const other = this.map.latLngToContainerPoint(box.getSouthEast());
      const room = other.subtract(one);
      const withCode = Math.min(room.x, room.y) > CODES_FROM_PIXELS;
      const half = withCode ? L.point(26, 18) : L.point(16, 9);
      if (room.x < 2 * half.x || room.y < 2 * half.y) return;
      const at = this.map.latLngToContainerPoint(region.getCenter());
      const area = L.bounds(at.subtract(half), at.add(half));
      if (!free(area)) return;
      taken.push(area);
      const text = element("span", { class: "lp-price" }, `${price}`);
      if (withCode) text.append(element("small", {}, this.shortCode(code)));
      this.addLabel(region.getCenter(), text);
    }

    labelLine(line, view, free, taken) {
      const { name, kind } = line.feature.properties;
      const parts = line.getLatLngs().map((part) => {
        const seen = part.map((place) => ({ place, at: this.map.latLngToContainerPoint(place) }));
        return seen.filter(({ at }) => view.contains(at));
      });
      const longest = parts.reduce((one, other) => (other.length > one.length ? other : one), []);
      if (longest.length < 3) return;
      const span = longest[longest.length - 1].at.subtract(longest[0].at);
      const vertical = Math.abs(span.y) > Math.abs(span.x);
      const length = name.length * 12 + 8;
      if (Math.max(Math.abs(span.x), Math.abs(span.y)) < length) return;
      const half = vertical ? L.point(9, length / 2) : L.point(length / 2, 9);
      for (const share of [0.5, 0.3, 0.7, 0.15, 0.85]) {
        const { place, at } = longest[Math.round(share * (longest.length - 1))];
        const area = L.bounds(at.subtract(half), at.add(half));
        if (!free(area)) continue;
        taken.push(area);
        const direction = vertical ? "lp-down" : "";
        this.addLabel(place, element("span", { class: `lp-name lp-${kind} ${direction}` }, name));
        return;
      }
    }

    addLabel(place, html) {
      const icon = L.divIcon({ className: "lp-label", html, iconSize: [0, 0] });
      L.marker(place, { icon, interactive: false, keyboard: false, pane: "labels" }).addTo(this.labels);
    }
  }

  return {
    chinese,
    describe,
    element,
    install: (map, parts) => new PriceMap(map, parts),
    /** The map of this page. */
    get map() {
      return current;
    },
  };
})();
