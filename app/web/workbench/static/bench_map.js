// The map of the workbench: lines with their spread, regions, certainty, hints, and base maps.
/* global L, landprice */
import { CONFIG } from "./config.js";
import { lines as named, metres, t } from "./bench_words.js";

// The less is known of a line, the fainter it is; the page's legend shows the same.
const LINES = [
  { most: 100, style: { color: "#1d4f91", weight: 3.5, opacity: 1 } },
  { most: 500, style: { color: "#1d4f91", weight: 2, opacity: 0.9 } },
  { most: Infinity, style: { color: "#1d4f91", weight: 1.5, opacity: 0.8, dashArray: "6 5" } },
];
const CHOSEN = { color: "#b3261e", weight: 4, opacity: 1 };
const BAND = { stroke: false, fillColor: "#1d4f91", fillOpacity: 0.035 };
const CHOSEN_BAND = { stroke: true, color: "#b3261e", weight: 1, fillColor: "#b3261e", fillOpacity: 0.2 };
const REGION = { color: "#333", weight: 0.8, fillOpacity: 0.55 };
const HINT = { color: "#b3261e", weight: 3, fillColor: "#fff", fillOpacity: 1, radius: 6 };
const SAVED = { color: "#2f7d4f", weight: 3, fillColor: "#fff", fillOpacity: 1, radius: 5 };
const DOUBTFUL = { color: "#b7791f", dashArray: "3 4" };
const WATCHED = { color: "#6b2fa0", weight: 3, fillColor: "#fff", fillOpacity: 1, radius: 7 };
// From the bottom to the top; what can be clicked is above what is only looked at.
const PANES = { base: 210, scan: 230, certainty: 250, regions: 300, bands: 350, lines: 420, marks: 450 };

const styleOf = ({ properties: { error_m: errorM } }) => LINES.find(({ most }) => errorM <= most).style;
const swap = ([lon, lat]) => [lat, lon];

function icon(className, text = "") {
  const html = document.createElement("span");
  html.textContent = text;
  const size = className === "handle" ? 26 : 28;
  return L.divIcon({ className, html, iconSize: [size, size] });
}

export class BenchMap {
  /**
   * @param {HTMLElement} box
   * @param {{press: (at: L.LatLng) => void, choose: (name: string) => boolean, drag: (name: string, at: L.LatLng) => void}} told
   */
  constructor(box, told) {
    this.told = told;
    this.map = L.map(box, { zoomSnap: 0.25, doubleClickZoom: false, attributionControl: true });
    this.map.attributionControl.setPrefix(false);
    for (const [name, height] of Object.entries(PANES)) {
      this.map.createPane(name).style.zIndex = height;
    }
    for (const name of ["base", "scan", "certainty", "regions", "bands"]) {
      this.map.getPane(name).style.pointerEvents = "none";
    }
    const groups = ["certainty", "regions", "bands", "lines", "plan", "saved", "hints", "places", "trace"];
    this.groups = Object.fromEntries(groups.map((name) => [name, L.layerGroup().addTo(this.map)]));
    this.shown = new Set(["regions", "bands", "plan"]);
    this.groups.certainty.remove();
    this.chosen = null;
    this.isUsing = false;
    this.map.on("click", ({ latlng }) => told.press(latlng));
    this.map.getContainer().addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target !== this.map.getContainer()) return;
      event.preventDefault();
      told.press(this.map.getCenter());
    });
    this.bases = this.makeBases();
    this.showBase(CONFIG.ownBase ? "own" : "");
  }

  makeBases() {
    const bases = new Map();
    if (CONFIG.ownBase) {
      const nothing = () => {};
      bases.set("own", {
        label: t("base_own"),
        layer: landprice.vectorBase(this.map, CONFIG.ownBase, { loaded: nothing, failed: nothing }),
      });
    }
    for (const tiles of CONFIG.tiles) bases.set(tiles.label, { label: tiles.label, layer: landprice.tileBase(tiles) });
    return bases;
  }

  showBase(name) {
    for (const { layer } of this.bases.values()) layer.remove();
    this.bases.get(name)?.layer.addTo(this.map);
  }

  show(name, isShown) {
    if (isShown) this.shown.add(name);
    else this.shown.delete(name);
    if (isShown) this.groups[name].addTo(this.map);
    else this.groups[name].remove();
  }

  /** Whether a click puts something on the map, or only looks. */
  use(isUsing) {
    this.isUsing = isUsing;
    this.map.getContainer().classList.toggle("using", isUsing);
  }

  fit() {
    this.map.fitBounds(L.geoJSON(this.drawn.regions).getBounds());
  }

  /** Draw the city as the workbench has it now. */
  draw({ lines, regions, certainty, bounds }, use) {
    const first = !this.drawn;
    this.drawn = { lines, regions, certainty, bounds };
    this.drawRegions(use);
    this.drawLines();
    if (first) this.fit();
  }

  drawRegions(use) {
    const { regions, certainty, bounds } = this.drawn;
    const own = { type: "FeatureCollection", features: regions.features.filter((one) => one.properties.use === use) };
    const style = ({ properties }) => ({ ...REGION, fillColor: properties.colour });
    this.groups.regions.clearLayers().addLayer(L.geoJSON(own, { style, pane: "regions", interactive: false }));
    const picture = L.imageOverlay(certainty[use], bounds, { pane: "certainty", opacity: 0.75, alt: t("show_certainty") });
    this.groups.certainty.clearLayers().addLayer(picture);
  }

  drawLines() {
    const part = (wanted) => (feature) => feature.properties.part === wanted;
    const isChosen = ({ properties }) => properties.name === this.chosen;
    const bands = L.geoJSON(this.drawn.lines, {
      filter: part("band"),
      style: (feature) => (isChosen(feature) ? CHOSEN_BAND : BAND),
      pane: "bands",
      interactive: false,
    });
    const middles = L.geoJSON(this.drawn.lines, {
      filter: part("middle"),
      style: (feature) => (isChosen(feature) ? CHOSEN : styleOf(feature)),
      pane: "lines",
      onEachFeature: (feature, layer) => this.watchLine(feature, layer),
    });
    this.groups.bands.clearLayers().addLayer(bands);
    this.groups.lines.clearLayers().addLayer(middles);
    this.drawHandle();
  }

  watchLine({ properties: { name, error_m: errorM } }, layer) {
    const tip = () => {
      const told = named([name]);
      told.append(` ${t("off_by", { m: metres(errorM) })}`);
      return told;
    };
    layer.bindTooltip(tip, { sticky: true, className: "lp-tooltip" });
    // A hundred lines would keep keyboards from the panel; there is a list of them.
    layer.on("add", () => layer.getElement()?.setAttribute("tabindex", "-1"));
    layer.on("click", (event) => {
      if (this.told.choose(name)) L.DomEvent.stop(event);
    });
  }

  choose(name) {
    if (name === this.chosen) return; // a dot that is being dragged would be gone
    this.chosen = name;
    if (this.drawn) this.drawLines();
  }

  /** A dot on the chosen line, where the map shows it, to be dragged to where the line runs. */
  drawHandle() {
    this.handle?.remove();
    this.handle = null;
    if (!this.chosen || !this.canDrag) return;
    const middle = this.groups.lines
      .getLayers()
      .flatMap((group) => group.getLayers())
      .find(({ feature }) => feature.properties.name === this.chosen);
    if (!middle) return;
    const at = this.nearest(middle.getLatLngs(), this.map.getCenter());
    const title = t("handle", { line: this.chosen });
    const name = this.chosen;
    this.handle = L.marker(at, { draggable: true, icon: icon("handle"), title, alt: title, keyboard: false });
    this.handle.on("dragend", () => this.told.drag(name, this.handle.getLatLng()));
    this.handle.on("click", L.DomEvent.stop);
    this.handle.addTo(this.map);
  }

  nearest(path, to) {
    const target = this.map.latLngToLayerPoint(to);
    let best = null;
    for (let i = 1; i < path.length; i++) {
      const [one, other] = [path[i - 1], path[i]].map((at) => this.map.latLngToLayerPoint(at));
      const point = L.LineUtil.closestPointOnSegment(target, one, other);
      const off = point.distanceTo(target);
      if (!best || off < best.off) best = { point, off };
    }
    return this.map.layerPointToLatLng(best.point);
  }

  dragging(canDrag) {
    this.canDrag = canDrag;
    if (this.drawn) this.drawHandle();
  }

  showHints(hints) {
    this.groups.hints.clearLayers();
    for (const { lonlat, counts } of hints) this.mark(this.groups.hints, lonlat, { ...HINT, ...(counts ? {} : DOUBTFUL) });
  }

  showSaved(entries) {
    this.groups.saved.clearLayers();
    for (const { lonlat, status } of entries) {
      if (status === "withdrawn") continue;
      this.mark(this.groups.saved, lonlat, { ...SAVED, ...(status === "doubtful" ? DOUBTFUL : {}) });
    }
  }

  mark(group, lonlat, style) {
    const places = lonlat.map(swap);
    if (places.length > 1) group.addLayer(L.polyline(places, { ...style, pane: "marks", interactive: false, fill: false }));
    for (const place of places) {
      group.addLayer(L.circleMarker(place, { ...style, pane: "marks", interactive: false }));
    }
  }

  showPlaces(places) {
    this.groups.places.clearLayers();
    for (const { lon, lat, label } of places) {
      const dot = L.circleMarker([lat, lon], { ...WATCHED, pane: "marks", interactive: false });
      this.groups.places.addLayer(dot.bindTooltip(label, { permanent: true, direction: "right", className: "lp-tooltip" }));
    }
  }

  showPlan(crossings) {
    this.groups.plan.clearLayers();
    crossings.forEach(({ lon, lat, radius_m: radius }, number) => {
      const circle = { pane: "marks", radius, color: "#1d4f91", weight: 1.5, dashArray: "6 5", fill: false, interactive: false };
      const marker = { icon: icon("number", `${number + 1}`), interactive: false, keyboard: false, alt: "" };
      this.groups.plan.addLayer(L.circle([lat, lon], circle)).addLayer(L.marker([lat, lon], marker));
    });
  }

  goTo({ lon, lat }, radiusM = 800) {
    this.map.fitBounds(L.latLng(lat, lon).toBounds(4 * radiusM));
  }

  showTrace(places) {
    this.groups.trace.clearLayers();
    if (places.length) this.mark(this.groups.trace, places, HINT);
  }

  showScan(url, bounds, opacity) {
    this.scan?.remove();
    this.scan = url ? L.imageOverlay(url, bounds, { pane: "scan", opacity }).addTo(this.map) : null;
  }

  showControlPoints(points) {
    this.controls ??= L.layerGroup().addTo(this.map);
    this.controls.clearLayers();
    points.forEach(({ lon, lat }, number) => {
      if (lon == null) return;
      const marker = { icon: icon("number point", `${number + 1}`), interactive: false, keyboard: false, alt: "" };
      this.controls.addLayer(L.marker([lat, lon], marker));
    });
  }
}

export { icon };
