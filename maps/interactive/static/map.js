// What the map does: legend, choice of use, tooltips, records, search, labels. folium makes the
// layers and hands them over to `landprice.install`. A classic script without imports, because it
// also stands in the map as a file.
"use strict";

const landprice = (() => {
  const TEXTS = {
    zh: {
      use: "用途",
      details: "图例与查找",
      legendOnly: "图例",
      detailsShort: "图例",
      legend: "地面单价（元/平方米）",
      valuation: "估价期日",
      count: (n) => `${n} 个`,
      below: (high) => `${high} 及以下`,
      above: (low) => `${low} 及以上`,
      free: "位置不固定：公告文字不足以确定该区域的位置",
      lines: "界线（线型表示可能偏差）",
      offBy: { most: (m) => `±${m} 米以内`, more: (m) => `±${m} 米以上` },
      certainty: "此图的把握",
      sureLevels: ["不到 50%", "50% 以上", "80% 以上", "99% 以上"],
      kinds: { road: "道路", rail: "铁路", river: "河流", planned: "规划道路" },
      base: "底图",
      noBase: "无",
      ownBase: "道路底图",
      baseDiffers: "底图是真实道路，与推定的界线不合属正常。",
      baseFailed: "底图打不开，请检查网络；地价图不受影响。",
      search: "查找道路、路口、标准宗地或区域",
      find: "查找",
      hits: "找到的地点",
      hitCount: (n) => `${n} 个结果，用上下键选择`,
      notFound: "没有找到，请输入道路名称（拼音亦可）、两条路的路口、标准宗地名称或区域编号",
      found: (what) => `已定位：${what}`,
      alsoCalled: (name) => `又名 ${name}`,
      crossing: (one, other) => `${one}与${other}交叉口`,
      schematic: "界线按公告文字推定，并非测量成果。",
      map: "标定地价图。方向键移动，加减号缩放，按 Enter 键查询中心点。",
      nothing: "此处没有该用途的标定区域。",
      locate: "我的位置",
      locateFailed: "定位不可用：需要 https 和浏览器的许可。",
      fullScreen: "全屏",
      measure: "测量距离和面积",
      zoomIn: "放大",
      zoomOut: "缩小",
      close: "关闭",
      unit: "元/平方米",
      accuracy: (m) => `可能偏差 ±${m} 米`,
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
      legendOnly: "Legend",
      detailsShort: "Legend",
      legend: "ground price (yuan/m²)",
      valuation: "Valuation date",
      count: (n) => `${n}`,
      below: (high) => `up to ${high}`,
      above: (low) => `${low} and more`,
      free: "Position not fixed: the notice’s wording does not settle where the region lies",
      lines: "Lines, dashed by how far they may be off",
      offBy: { most: (m) => `up to ±${m} m`, more: (m) => `more than ±${m} m` },
      certainty: "How sure the map is",
      sureLevels: ["less than 50%", "50% and more", "80% and more", "99% and more"],
      kinds: { road: "road", rail: "railway", river: "river", planned: "planned road" },
      base: "Base map",
      noBase: "none",
      ownBase: "Roads",
      baseDiffers: " The base map has the real roads, so the two differ.",
      baseFailed: "The base map cannot be loaded; check the network. The price map is not affected.",
      search: "Find a road, crossing, parcel or region",
      find: "Find",
      hits: "Places found",
      hitCount: (n) => `${n} found, choose with the arrow keys`,
      notFound: "Not found. Type a road (pinyin will do), the crossing of two, a parcel or a region code.",
      found: (what) => `Shown: ${what}`,
      alsoCalled: (name) => `also ${name}`,
      crossing: (one, other) => `${one} × ${other}`,
      schematic: "Boundaries are inferred from text, not surveyed.",
      map: "Map of standard land prices. Arrow keys move, plus and minus zoom, Enter asks at the centre.",
      nothing: "There is no region of this use here.",
      locate: "My place",
      locateFailed: "No position: it needs https and the browser’s permission.",
      fullScreen: "Full screen",
      measure: "Measure length and area",
      zoomIn: "Zoom in",
      zoomOut: "Zoom out",
      close: "Close",
      unit: "yuan/m²",
      accuracy: (m) => `may be off by ${m} m`,
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
  const MISSED_TILES = 4;
  const OWN_BASE = "own";
  const PARCELS_FROM_ZOOM = 13;
  const BASE_NAMES_FROM_ZOOM = 14.5;
  // Pale, yet darker than the ground, so that they show through the fills multiplied over them.
  const BASE_STYLES = {
    water: { color: "#b9d6e6", weight: 2, fillColor: "#cfe3ef" },
    green: { stroke: false, fillColor: "#dcead4" },
    minor: { color: "#cfd4d8", weight: 1 },
    middle: { color: "#bcc3c9", weight: 2 },
    major: { color: "#a9b2b9", weight: 3 },
    rail: { color: "#8d969d", weight: 1.5, dashArray: "6 4" },
  };
  const NAMED_FIRST = ["rail", "river", "road", "planned"];
  const CODES_FROM_PIXELS = 88;
  const MOST_HITS = 8;
  const HAN = /\p{Script=Han}/u;
  const BETWEEN_LINES = /交叉口|交[汇会]处?|路口|[与和、,，/&×+]|\s+/;
  const NARROW = "(max-width: 720px)"; // where the style sheet lays the panel along the top
  const AREA_STYLES = [
    { from: 0.99, color: "#1c6b3c", weight: 2, fillColor: "#2f7d4f", fillOpacity: 0.55 },
    { from: 0.5, stroke: false, fillColor: "#12356b", fillOpacity: 0.12 },
    { from: 0, color: "#12356b", weight: 2, dashArray: "7 5", fillColor: "#12356b", fillOpacity: 0.08 },
  ];
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
    if (!window.matchMedia("(hover: hover)").matches) return; // a finger would open it over its answer
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

  /** Whether an area of one part or several, maybe with holes, holds a place. */
  function covers({ type, coordinates }, { lng, lat }) {
    const parts = type === "MultiPolygon" ? coordinates : [coordinates];
    return parts.some(([outer, ...holes]) => holds(outer, lng, lat) && !holes.some((hole) => holds(hole, lng, lat)));
  }

  /** The middle of a ring of points: the centre of mass of its area. */
  function middleOf(ring) {
    let [area, x, y] = [0, 0, 0];
    ring.forEach((one, i) => {
      const other = ring[(i + 1) % ring.length];
      const cross = one.x * other.y - other.x * one.y;
      area += cross;
      x += (one.x + other.x) * cross;
      y += (one.y + other.y) * cross;
    });
    return area ? L.point(x / (3 * area), y / (3 * area)) : L.bounds(ring).getCenter();
  }

  /** Places along a path in view, from its middle outwards, with room for a name of some length. */
  function stretches(path, view, length) {
    const found = [];
    for (let i = 1; i < path.length; i++) {
      const clipped = L.LineUtil.clipSegment(path[i - 1], path[i], view);
      if (!clipped) continue;
      const [from, to] = clipped;
      const steps = Math.max(1, Math.floor(from.distanceTo(to) / 40));
      for (let step = 0; step < steps; step++) {
        const share = (step + 0.5) / steps;
        found.push(L.point(from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share));
      }
    }
    if (!found.length) return [];
    const [first, last] = [found[0], found[found.length - 1]];
    const vertical = Math.abs(last.y - first.y) > Math.abs(last.x - first.x);
    const span = vertical ? Math.abs(last.y - first.y) : Math.abs(last.x - first.x);
    if (span + 40 < length) return [];
    const middle = (found.length - 1) / 2;
    return found
      .map((at, number) => ({ at, vertical, off: Math.abs(number - middle) }))
      .sort((one, other) => one.off - other.off);
  }

  function plain(text) {
    return text.normalize("NFKC").toLowerCase().replace(/\s+/g, "");
  }

  /** How well a place fits what is looked for, 0 the best; null if it does not. */
  function rankOf({ names, pinyin, location = "" }, wanted) {
    const ranks = [
      names.includes(wanted),
      pinyin.includes(wanted),
      names.some((name) => name.startsWith(wanted)),
      pinyin.some((word) => word.startsWith(wanted)),
      names.some((name) => name.includes(wanted)),
      location.includes(wanted),
      wanted.length > 2 && pinyin.some((word) => word.includes(wanted)),
    ];
    const rank = ranks.indexOf(true);
    return rank < 0 ? null : rank;
  }

  /** Offer below an input what its text may mean, to be chosen by hand or with the arrow keys. */
  function suggest(input, { find, choose, texts }) {
    const id = `${input.id}-hits`;
    const list = element("ul", { id, class: "lp-hits", role: "listbox", hidden: true });
    const count = element("span", { class: "lp-hidden", role: "status" });
    let hits = [];
    let active = -1;
    const settings = { role: "combobox", autocomplete: "off", spellcheck: "false", enterkeyhint: "search" };
    const aria = { "aria-autocomplete": "list", "aria-controls": id, "aria-expanded": "false" };
    for (const [name, value] of Object.entries({ ...settings, ...aria })) input.setAttribute(name, value);
    input.parentElement.append(list, count);

    function show(found) {
      hits = found;
      active = -1;
      const items = hits.map((hit, number) =>
        element(
          "li",
          {
            id: `${id}-${number}`,
            role: "option",
            "aria-selected": "false",
            onpointerdown: (event) => event.preventDefault(), // keep the focus until the click
            onclick: (event) => {
              event.stopPropagation(); // the map looks for what was clicked, which is gone by then
              take(hit);
            },
          },
          chinese(hit.label),
          hit.detail && element("small", {}, chinese(hit.detail)),
        ),
      );
      list.setAttribute("aria-label", texts().hits);
      list.replaceChildren(...items);
      list.hidden = !hits.length;
      count.textContent = hits.length ? texts().hitCount(hits.length) : "";
      input.setAttribute("aria-expanded", `${!list.hidden}`);
      input.removeAttribute("aria-activedescendant");
    }

    function activate(number) {
      active = number;
      [...list.children].forEach((item, place) => item.setAttribute("aria-selected", `${place === active}`));
      input.setAttribute("aria-activedescendant", `${id}-${active}`);
      list.children[active].scrollIntoView({ block: "nearest" });
    }

    function take(hit) {
      show([]);
      choose(hit);
    }

    input.addEventListener("input", () => show(find(input.value)));
    input.addEventListener("blur", () => show([]));
    input.addEventListener("keydown", (event) => {
      const { length } = hits;
      if (event.isComposing || !length) return;
      if (event.key === "ArrowDown") activate((active + 1) % length);
      else if (event.key === "ArrowUp") activate((active <= 0 ? length : active) - 1);
      else if (event.key === "Escape") show([]);
      else if (event.key === "Enter" && active >= 0) take(hits[active]);
      else return;
      event.preventDefault();
    });
    return { close: () => show([]) };
  }

  /** A base map of tiles from another host, from the bottom layer to the top. */
  function tileBase({ urls, attribution }) {
    const options = {
      attribution,
      pane: "base",
      subdomains: "01234567",
      // The hosts refuse a request that does not say which site shows their tiles.
      referrerPolicy: "strict-origin-when-cross-origin",
    };
    return L.layerGroup(urls.map((url) => L.tileLayer(url, options)));
  }

  /** A base map of vectors that this service has itself, fetched when it is first shown. */
  function vectorBase(map, { url, attribution }, { loaded, failed }) {
    const group = L.layerGroup();
    group.getAttribution = () => attribution;
    const style = ({ properties: { kind } }) => {
      const { weight = 1, ...rest } = BASE_STYLES[kind];
      const wider = Math.max(0.5, 2 ** ((map.getZoom() - 14) / 1.5));
      return { ...rest, weight: weight * wider, fillOpacity: 1, fill: "fillColor" in rest };
    };
    let asked = false;
    group.on("add", async () => {
      if (asked) return;
      asked = true;
      try {
        const response = await fetch(url);
        const renderer = L.canvas({ pane: "base", padding: 0.3 });
        const data = await response.json();
        for (const dimension of [2, 1]) {
          const isOf = ({ geometry }) => geometry.type.endsWith("Polygon") === (dimension === 2);
          const features = data.features.filter(isOf);
          const options = { renderer, pane: "base", interactive: false, style };
          group.addLayer(L.geoJSON({ type: "FeatureCollection", features }, options));
        }
        loaded();
      } catch {
        asked = false;
        failed();
      }
    });
    map.on("zoomend", () => group.eachLayer((layer) => layer.setStyle(style)));
    return group;
  }

  class PriceMap {
    constructor(map, { uses, fields, lines, lineSigns, places, bases, ownBase, facts, certainty }) {
      Object.assign(this, { map, uses, fields, lines, lineSigns, places, bases, facts, certainty });
      current = this;
      this.use = Object.keys(uses)[0];
      /** What a click or Enter asks; a page that answers in its own way replaces it. */
      this.onAsk = (place, byKeyboard) => this.openRecords(this.regionsAt(place), place, byKeyboard);
      /** What else happens when the search has found a region. */
      this.onFound = (region) => this.openRecords([region], region.getCenter(), true);
      /** What else happens when another use is shown. */
      this.onUse = () => {};
      // A page may have a search of its own, for more than what is on the map.
      this.hasOwnSearch = !document.querySelector("[data-lp-search]");
      this.highlighted = L.featureGroup();
      this.areas = L.layerGroup();
      this.point = null;
      this.hatch = L.featureGroup();
      this.labels = L.layerGroup();
      map.setMinZoom(ZOOMS.least).setMaxZoom(ZOOMS.most);
      this.makePanes();
      if (ownBase) {
        const told = { loaded: () => this.placeLabels(), failed: () => this.tellBaseFailed(true) };
        this.bases.unshift({ name: OWN_BASE, layer: vectorBase(map, ownBase, told) });
      }
      this.addHatchPattern();
      this.raiseLines();
      this.makeControls();
      this.listen();
      this.setLanguage(document.documentElement.lang);
      this.showUse(this.use);
      this.fit(this.bounds(), false);
      if (ownBase) this.showBase(OWN_BASE);
      this.fillPanel();
    }

    get texts() {
      return this.language === "en" ? TEXTS.en : TEXTS.zh;
    }

    // Preparation -----------------------------------------------------------------------------

    makePanes() {
      const panes = { base: 200, hatch: 410, certainty: 415, lines: 420, areas: 425, highlights: 430, labels: 440, point: 450 };
      for (const [name, zIndex] of Object.entries(panes)) {
        this.map.createPane(name).style.zIndex = zIndex;
      }
      this.map.getPane("labels").setAttribute("aria-hidden", "true"); // the records say the same
      for (const layer of [this.hatch, this.labels, this.areas, this.highlighted]) layer.addTo(this.map);
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
      if (this.hasOwnSearch) this.addButtons();
      L.control.scale({ imperial: false }).addTo(this.map);
      if (this.facts.schematic) {
        const note = L.control({ position: "bottomleft" });
        note.onAdd = () => (this.note = element("p", { class: "lp-note" }));
        note.addTo(this.map);
      }
      this.told = element("p", { class: "lp-told", role: "status", hidden: true });
      this.map.getContainer().append(
        element("div", { class: "lp-crosshair", "aria-hidden": "true" }),
        this.told,
      );
      for (const base of this.bases) if (base.name !== OWN_BASE) this.watchBase(base);
    }

    /** What a map alone needs besides: where the reader is, and the whole screen. */
    addButtons() {
      const bar = L.control({ position: "topleft" });
      const button = (name, sign, onclick) =>
        element("button", { type: "button", "data-name": name, onclick }, sign);
      bar.onAdd = () => {
        this.buttons = element("div", { class: "leaflet-bar lp-buttons" }, button("locate", "◎", () => this.locate()));
        if (document.fullscreenEnabled) {
          const toggle = () =>
            document.fullscreenElement
              ? document.exitFullscreen()
              : document.documentElement.requestFullscreen();
          const corners = { d: "M2 7V2h5M11 2h5v5M16 11v5h-5M7 16H2v-5", class: "lp-corners" };
          const sign = svg("svg", { viewBox: "0 0 18 18", width: 16, height: 16 }, svg("path", corners));
          this.buttons.append(button("fullScreen", sign, toggle));
        }
        this.buttons.append(this.measureButton(button));
        L.DomEvent.disableClickPropagation(this.buttons);
        return this.buttons;
      };
      bar.addTo(this.map);
      this.map.on("locationfound", ({ latlng, accuracy }) => {
        this.showCircle(latlng, accuracy);
        this.showPoint(latlng);
        this.onAsk(latlng, true);
      });
      this.map.on("locationerror", () => this.tell(this.texts.locateFailed));
    }

    measureButton(button) {
      this.measure = new landpriceMeasure(this.map, {
        language: () => this.language,
        tell: (text) => this.tell(text),
      });
      const ruler = { d: "M1 12 12 1l5 5L6 17zM4 9l2 2M7 6l2 2M10 3l2 2", class: "lp-corners" };
      const sign = svg("svg", { viewBox: "0 0 18 18", width: 16, height: 16 }, svg("path", ruler));
      const made = button("measure", sign, () => {
        this.map.closePopup();
        made.setAttribute("aria-pressed", this.measure.toggle());
      });
      made.setAttribute("aria-pressed", false);
      return made;
    }

    /** Ask about a place, or measure from it if the reader is measuring. */
    take(place, byKeyboard) {
      if (this.measure?.active) this.measure.add(place);
      else this.onAsk(place, byKeyboard);
    }

    locate() {
      if (window.isSecureContext) this.map.locate({ enableHighAccuracy: true, timeout: 20000 });
      else this.tell(this.texts.locateFailed);
    }

    listen() {
      this.map.on("click", (event) => this.take(event.latlng, false));
      this.map.on("moveend", () => this.placeLabels());
      this.map.getContainer().addEventListener("keydown", (event) => {
        if (event.key === "Enter" && event.target === this.map.getContainer()) {
          event.preventDefault();
          this.take(this.map.getCenter(), true);
        } else if (event.key === "Backspace" && this.measure?.active) this.measure.takeBack();
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
      this.fillNote();
      for (const button of this.buttons?.children ?? []) {
        const text = texts[button.dataset.name];
        button.title = text;
        button.setAttribute("aria-label", text);
      }
      this.map.closePopup();
      this.fillPanel();
    }

    fillNote() {
      if (!this.note) return;
      const { schematic, baseDiffers } = this.texts;
      this.note.textContent = this.base ? `${schematic}${baseDiffers}` : schematic;
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
          element("summary", {}, wide ? this.summaryText() : texts.detailsShort),
          element("div", { class: "lp-body" }, this.hasOwnSearch ? this.searchForm() : null, this.legend, this.switches()),
        ),
      );
      this.fillLegend();
    }

    summaryText() {
      return this.hasOwnSearch ? this.texts.details : this.texts.legendOnly;
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
        this.legend.append(element("p", { class: "lp-explained" }, this.hatchSample("lp-free"), texts.free));
      }
    }

    hatchSample(name) {
      const pattern = svg("rect", { width: 26, height: 18, fill: `url(#${HATCH})` });
      return svg("svg", { class: `lp-swatch ${name}`, "aria-hidden": "true" }, pattern);
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
      const { kinds, accuracies } = this.lineSigns;
      const known = this.lines.getLayers().map((line) => line.feature.properties);
      const used = Object.keys(texts.kinds).filter((kind) => known.some((line) => line.kind === kind));
      const list = (...rows) =>
        element("ul", { class: "lp-kinds" }, ...rows.map((row) => element("li", {}, ...row)));
      const parts = [
        element("label", { class: "lp-check" }, box, element("span", {}, texts.lines)),
        list(
          ...accuracies.map(({ most, style }, number) => [
            this.lineSample({ ...kinds.road, ...style }),
            most == null ? texts.offBy.more(accuracies[number - 1].most) : texts.offBy.most(most),
          ]),
        ),
        list(
          ...used.map((kind) => [this.lineSample(kinds[kind]), texts.kinds[kind]]),
        ),
      ];
      if (this.certainty.images[this.use]) parts.push(this.certaintyChoice());
      if (this.bases.length) parts.push(this.baseChoice());
      return element("div", { class: "lp-switches" }, ...parts);
    }

    certaintyChoice() {
      const { certainty: title, sureLevels } = this.texts;
      const toggle = (event) => {
        this.certaintyWanted = event.target.checked;
        scale.hidden = !this.certaintyWanted;
        this.showCertainty();
      };
      const checked = Boolean(this.certaintyWanted);
      const box = element("input", { type: "checkbox", name: "lp-certainty", checked, onchange: toggle });
      const rows = sureLevels.map((text, number) => {
        const swatch = element("span", { class: "lp-swatch" });
        swatch.style.backgroundColor = this.certainty.colours[number];
        return element("li", {}, swatch, text);
      });
      const scale = element("ul", { class: "lp-classes", hidden: !checked }, ...rows.reverse());
      return element(
        "div",
        {},
        element("label", { class: "lp-check" }, box, element("span", {}, title)),
        scale,
      );
    }

    lineSample({ color, weight, dashArray, opacity = 1 }) {
      const line = { x1: 1, y1: 5, x2: 25, y2: 5, stroke: color, "stroke-width": weight, opacity };
      const drawn = svg("line", { ...line, "stroke-linecap": "round", "stroke-dasharray": dashArray ?? "none" });
      return svg("svg", { class: "lp-line", "aria-hidden": "true" }, drawn);
    }

    baseChoice() {
      const choose = (event) => this.showBase(event.target.value);
      const shown = this.bases.find(({ layer }) => this.map.hasLayer(layer));
      const choices = [{ name: "", label: this.texts.noBase }, ...this.bases];
      const labels = choices.map(({ name, label }) => {
        const checked = name === (shown ? shown.name : "");
        const radio = { type: "radio", name: "lp-base", value: name, checked, onchange: choose };
        return element("label", { class: "lp-check" }, element("input", radio), element("span", {}, label ?? this.texts.ownBase));
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
        if (!this.isHatched(region.feature.properties)) continue;
        const style = { stroke: false, fillColor: `url(#${HATCH})`, fillOpacity: 1 };
        const options = { ...style, interactive: false, pane: "hatch" };
        L.polygon(region.getLatLngs(), options).addTo(this.hatch);
      }
      for (const radio of this.panelElement.querySelectorAll("[name=lp-use]")) {
        radio.checked = radio.value === use;
      }
      this.fillLegend();
      this.placeLabels();
      this.showCertainty();
      this.onUse(use);
    }

    isHatched({ placement }) {
      return placement === "free";
    }

    /** Show how sure the map is of the shown use at each place, or no longer. */
    showCertainty() {
      if (this.certaintyLayer) this.certaintyLayer.remove();
      this.certaintyLayer = null;
      const image = this.certaintyWanted && this.certainty.images[this.use];
      if (!image) return;
      const options = { pane: "certainty", opacity: 1, alt: "" };
      this.certaintyLayer = L.imageOverlay(image.url, image.bounds, options).addTo(this.map);
    }

    showBase(name) {
      for (const { layer } of this.bases) layer.remove();
      const chosen = this.bases.find((base) => base.name === name);
      if (chosen) chosen.layer.addTo(this.map);
      // Multiplied, the fills keep the legend's colours over a pale base map.
      this.map.getContainer().classList.toggle("lp-over-base", Boolean(chosen));
      this.tellBaseFailed(false);
      this.base = chosen?.name;
      this.fillNote();
      this.placeLabels();
    }

    /** Watch whether a base map's tiles come at all. */
    watchBase({ layer }) {
      layer.eachLayer((tiles) => {
        let missed = 0;
        tiles.on("tileload", () => {
          missed = 0;
          this.tellBaseFailed(false);
        });
        tiles.on("tileerror", () => this.tellBaseFailed(++missed >= MISSED_TILES));
      });
    }

    tellBaseFailed(hasFailed) {
      this.tell(hasFailed ? this.texts.baseFailed : "");
    }

    /** Say something over the map; nothing takes it away. */
    tell(text) {
      if (!this.told) return;
      this.told.hidden = !text;
      this.told.textContent = text;
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

    /** Show some regions, and a place, as large as fits. */
    fitRegions(codes, place) {
      const box = L.latLngBounds(place ? [place] : []);
      const regions = codes.map((code) => this.regionOf(code)).filter(Boolean); // not of another city
      for (const region of regions) box.extend(region.getBounds());
      if (box.isValid()) this.fit(box);
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
    showPoint(place, { follow = true } = {}) {
      if (this.point) this.point.remove();
      this.point = null;
      if (!place) return;
      const style = { radius: 7, color: "#ffffff", weight: 3, fillColor: "#12356b", fillOpacity: 1 };
      const options = { ...style, pane: "point", interactive: false, className: "lp-point" };
      this.point = L.circleMarker(place, options).addTo(this.map);
      if (!follow || this.map.getBounds().pad(-0.05).contains(place)) return;
      const withCity = this.bounds().extend(place);
      const far = this.map.getBoundsZoom(withCity) <= ZOOMS.least;
      if (far) this.map.setView(place, ZOOMS.least, { animate: false });
      else this.fit(withCity, false);
    }

    /** Show how well a place is known, as a circle; null for none. */
    showCircle(place, radius) {
      if (this.circle) this.circle.remove();
      const style = { color: "#12356b", weight: 1.5, fillColor: "#12356b", fillOpacity: 0.12 };
      const options = { ...style, radius, pane: "areas", interactive: false, className: "lp-circle" };
      this.circle = place && L.circle(place, options).addTo(this.map);
    }

    /** Show where a region surely lies, and where it may: areas by their least probability. */
    showAreas(features) {
      this.areas.clearLayers();
      const sorted = [...features].sort((one, other) => one.properties.probability_at_least - other.properties.probability_at_least);
      for (const feature of sorted) {
        const style = AREA_STYLES.find(({ from }) => feature.properties.probability_at_least >= from);
        const options = { ...style, pane: "areas", interactive: false };
        L.geoJSON(feature, { style: options, pane: "areas", interactive: false }).addTo(this.areas);
      }
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
    regionsAt(place) {
      const layers = this.uses[this.use].layer.getLayers();
      return layers.filter(({ feature }) => covers(feature.geometry, place));
    }

    openRecords(regions, place, byKeyboard) {
      const records = regions.map(({ feature }) => this.record(feature.properties));
      if (!records.length) records.push(element("p", {}, this.texts.nothing));
      this.openContent(records, place, byKeyboard);
      this.highlight(regions);
    }

    /** Open what there is to say of a place. */
    openContent(records, place, byKeyboard) {
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
      const input = element("input", { id: "lp-search", type: "search" });
      const status = element("p", { role: "status", class: "lp-status" });
      const choose = (hit) => {
        input.value = hit.label;
        status.textContent = texts.found(hit.label);
        this.showHit(hit);
      };
      const submit = (event) => {
        event.preventDefault();
        const [best] = this.find(input.value);
        if (best) choose(best);
        else status.textContent = texts.notFound;
      };
      const row = element("div", { class: "lp-row" }, input, element("button", { type: "submit" }, texts.find));
      const form = element(
        "form",
        { class: "lp-search", role: "search", onsubmit: submit },
        element("label", { for: "lp-search" }, texts.search),
        row,
        status,
      );
      suggest(input, { find: (text) => this.find(text), choose, texts: () => this.texts });
      return form;
    }

    /**
     * Find what a text may mean, the best first: crossings, lines and regions, by name or pinyin.
     * @typedef {{kind: "line" | "region" | "crossing", ids: string[], label: string, detail: string}} Hit
     * @returns {Hit[]}
     */
    find(text) {
      const wanted = plain(text);
      if (!wanted) return [];
      const ranked = this.places
        .map((place) => ({ place, rank: rankOf(place, wanted), far: this.isOfOtherUse(place) }))
        .filter(({ rank }) => rank != null)
        .sort((one, other) => one.rank - other.rank || one.far - other.far);
      const hits = ranked.map(({ place }) => this.hitOf(place, wanted));
      return [...this.crossings(text), ...hits].slice(0, MOST_HITS);
    }

    isOfOtherUse({ kind, id }) {
      return Number(kind === "region" && this.regionOf(id).feature.properties.use !== this.use);
    }

    /** What a text names for sure, or a typed pinyin most likely means; null if it may be a place. */
    exact(text) {
      const wanted = plain(text);
      const own = this.places.find((place) => rankOf(place, wanted) <= 1 && rankOf(place, wanted) != null);
      if (own) return this.hitOf(own, wanted);
      return /^[a-z\s]+$/i.test(text) ? (this.find(text)[0] ?? null) : null;
    }

    crossings(text) {
      const parts = text.normalize("NFKC").toLowerCase().split(BETWEEN_LINES).map(plain).filter(Boolean);
      if (parts.length !== 2) return [];
      const lines = this.places.filter(({ kind }) => kind === "line");
      const [ones, others] = parts.map((part) =>
        lines
          .map((place) => ({ place, rank: rankOf(place, part) }))
          .filter(({ rank }) => rank != null)
          .sort((one, other) => one.rank - other.rank)
          .slice(0, 4)
          .map(({ place }) => place.id),
      );
      return ones.flatMap((one) =>
        others
          .filter((other) => this.runsEast(one) !== this.runsEast(other))
          .map((other) => ({
            kind: "crossing",
            ids: [one, other],
            label: this.texts.crossing(one, other),
            detail: "",
          })),
      );
    }

    hitOf({ kind, id, names, location }, wanted) {
      if (kind === "line") {
        const other = names.includes(wanted) && names[0] !== wanted ? this.texts.alsoCalled(wanted) : "";
        return { kind, ids: [id], label: id, detail: other };
      }
      const { use, ground_price_cny_m2: price, standard_parcel: parcel } = this.regionOf(id).feature.properties;
      const detail = `${this.uses[use].shortName[this.language]} ${price}`;
      const where = location && !names.some((name) => name.includes(wanted)) ? ` · ${location}` : "";
      return { kind, ids: [id], label: `${this.shortCode(id)} ${parcel ?? ""}`.trim(), detail: detail + where };
    }

    /** Show what was found: a region with its record, or lines. */
    showHit({ kind, ids }) {
      this.map.closePopup();
      if (kind === "region") {
        this.onFound(this.showRegion(ids[0]));
        return;
      }
      const lines = this.lines.getLayers().filter(({ feature }) => ids.includes(feature.properties.name));
      this.highlight(lines);
      const box = L.latLngBounds([]);
      for (const line of lines) box.extend(line.getBounds());
      this.fit(box);
    }

    regionOf(code) {
      return this.regions().find(({ feature }) => feature.id === code);
    }

    runsEast(name) {
      const line = this.lines.getLayers().find(({ feature }) => feature.properties.name === name);
      const box = line.getBounds();
      const width = (box.getEast() - box.getWest()) * Math.cos((box.getNorth() * Math.PI) / 180);
      return width > box.getNorth() - box.getSouth();
    }

    // Labels ----------------------------------------------------------------------------------

    /** Write prices into regions and names along lines, as many as have room. */
    placeLabels() {
      this.labels.clearLayers();
      const view = L.bounds([0, 0], this.map.getSize());
      const taken = [];
      const free = (box) => view.contains(box) && !taken.some((other) => other.overlaps(box));
      for (const region of this.uses[this.use].layer.getLayers()) this.labelRegion(region, free, taken);
      if (this.map.getZoom() >= PARCELS_FROM_ZOOM) this.labelParcels(free, taken);
      if (!this.map.hasLayer(this.lines)) return;
      const rank = ({ kind, accuracy_m: off }) => [NAMED_FIRST.indexOf(kind), off];
      const lines = this.lines.getLayers().sort((one, other) => {
        const [a, b] = [one, other].map((line) => rank(line.feature.properties));
        return a[0] - b[0] || a[1] - b[1];
      });
      for (const line of lines) this.labelLine(line.feature.properties, line, view, free, taken);
      this.labelBase(view, free, taken);
    }

    /** Name the standard parcels of the shown use, which people on the spot know. */
    labelParcels(free, taken) {
      for (const { kind, id, at } of this.places) {
        const properties = kind === "region" && at && this.regionOf(id).feature.properties;
        if (!properties || properties.use !== this.use || !properties.standard_parcel) continue;
        const name = `▲ ${properties.standard_parcel}`;
        const place = this.map.latLngToContainerPoint(at);
        const half = L.point(name.length * 6 + 4, 9);
        const area = L.bounds(place.subtract(half), place.add(half));
        if (!free(area)) continue;
        taken.push(area);
        this.addLabel(at, element("span", { class: "lp-name lp-parcel" }, name));
      }
    }

    /** Name the roads of the service's own base map, where there is room left. */
    labelBase(view, free, taken) {
      if (this.base !== OWN_BASE || this.map.getZoom() < BASE_NAMES_FROM_ZOOM) return;
      const known = new Set(this.lines.getLayers().map(({ feature }) => feature.properties.name));
      const [{ layer: group }] = this.bases;
      for (const layer of group.getLayers().flatMap((one) => one.getLayers())) {
        const { name } = layer.feature.properties;
        const isLine = !(layer instanceof L.Polygon);
        if (name && isLine && !known.has(name)) {
          known.add(name);
          this.labelLine({ name, kind: "base" }, layer, view, free, taken);
        }
      }
    }

    /** What is written into a region, beside its code. */
    labelOf({ ground_price_cny_m2: price }) {
      return `${price}`;
    }

    labelRegion(region, free, taken) {
      const { properties } = region.feature;
      const seen = this.seenPart(region);
      if (!seen) return;
      const label = this.labelOf(properties);
      const room = seen.box.getSize();
      const withCode = Math.min(room.x, room.y) > CODES_FROM_PIXELS;
      const half = withCode ? L.point(26, 18) : L.point(Math.max(16, 4 * label.length), 9);
      if (room.x < 2 * half.x || room.y < 2 * half.y) return;
      const area = L.bounds(seen.at.subtract(half), seen.at.add(half));
      if (!free(area)) return;
      taken.push(area);
      const text = element("span", { class: "lp-price" }, label);
      if (withCode) text.append(element("small", {}, this.shortCode(properties.code)));
      this.addLabel(this.map.containerPointToLatLng(seen.at), text);
    }

    /** The part of a region that is in view, in pixels: its box, and a place in its middle. */
    seenPart(region) {
      const outline = region.getLatLngs()[0];
      const ring = Array.isArray(outline[0]) ? outline[0] : outline;
      const view = L.bounds([8, 8], this.map.getSize().subtract([8, 8]));
      const corners = ring.map((place) => this.map.latLngToContainerPoint(place));
      const seen = L.PolyUtil.clipPolygon(corners, view);
      if (seen.length < 3) return null;
      const box = L.bounds(seen);
      return { box, at: seen.length === corners.length ? middleOf(corners) : box.getCenter() };
    }

    /** Write a line's name where it runs straight and nothing else stands. */
    labelLine({ name, kind }, line, view, free, taken) {
      const length = name.length * (HAN.test(name) ? 12 : 6.5) + 8;
      const places = line.getLatLngs();
      for (const part of Array.isArray(places[0]) ? places : [places]) {
        const path = part.map((place) => this.map.latLngToContainerPoint(place));
        for (const { at, vertical } of stretches(path, view, length)) {
          const half = vertical ? L.point(9, length / 2) : L.point(length / 2, 9);
          const area = L.bounds(at.subtract(half), at.add(half));
          if (!free(area)) continue;
          taken.push(area);
          const direction = vertical ? (HAN.test(name) ? "lp-down" : "lp-turned") : "";
          const place = this.map.containerPointToLatLng(at);
          this.addLabel(place, element("span", { class: `lp-name lp-${kind} ${direction}` }, name));
          return;
        }
      }
    }

    addLabel(place, html) {
      const icon = L.divIcon({ className: "lp-label", html, iconSize: [0, 0] });
      L.marker(place, { icon, interactive: false, keyboard: false, pane: "labels" }).addTo(this.labels);
    }
  }

  return {
    PriceMap,
    chinese,
    describe,
    element,
    suggest,
    svg,
    tileBase,
    vectorBase,
    install: (map, parts) => new PriceMap(map, parts),
    /** The map of this page. */
    get map() {
      return current;
    },
  };
})();
