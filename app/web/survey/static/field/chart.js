// The map: crossings with their numbers and circles, base maps, and where the observer is.
/* global L, landprice */
import { CITY } from "./city.js";
import { metres, t } from "./words.js";

const CIRCLE = { color: "#1d4f91", weight: 2, fillColor: "#1d4f91", fillOpacity: 0.06, interactive: false };
const CHOSEN = { color: "#b3261e", weight: 3, fillColor: "#b3261e", fillOpacity: 0.1 };
const REGION = { color: "#7b8794", weight: 1, fill: false, interactive: false };
const HERE = { radius: 8, color: "#fff", weight: 3, fillColor: "#0b6e4f", fillOpacity: 1, interactive: false, pane: "here" };
const AROUND = { color: "#0b6e4f", weight: 1, fillOpacity: 0.1, interactive: false };
const CLOSEST_ZOOM = 15;
const IN_VIEW = { paddingTopLeft: [16, 8], paddingBottomRight: [16, 24], maxZoom: CLOSEST_ZOOM }; // the list lies over its edge

const map = L.map("map", { zoomControl: false, zoomSnap: 0.25, minZoom: 9, maxZoom: 18 }).fitBounds(CITY.bounds, IN_VIEW);
const crossings = L.layerGroup().addTo(map);
const here = L.layerGroup().addTo(map);
const regions = L.geoJSON(null, { style: REGION }).addTo(map);
let drawn = [];

map.createPane("base").style.zIndex = 200;
map.createPane("here").style.zIndex = 640; // over the numbers
map.getPane("here").style.pointerEvents = "none";
map.attributionControl.setPrefix(false).addAttribution(landprice.element("span", {}, CITY.attribution).innerHTML);
L.control.zoom({ zoomInTitle: t("zoom_in"), zoomOutTitle: t("zoom_out") }).addTo(map);
L.control.scale({ imperial: false }).addTo(map);
Object.entries({ role: "region", "aria-label": t("map_label") }).forEach((one) => map.getContainer().setAttribute(...one));
showBases();

function showBases() {
  const bases = { [t("base_none")]: L.layerGroup() };
  if (CITY.base) {
    const own = landprice.vectorBase(map, CITY.base, { loaded() {}, failed() {} });
    bases[t("base_own")] = own.addTo(map);
  } else {
    bases[t("base_none")].addTo(map);
  }
  for (const tiles of CITY.tiles) bases[tiles.label] = landprice.tileBase(tiles);
  if (Object.keys(bases).length > 1) L.control.layers(bases).addTo(map);
}

/** Draw the outlines of the regions, which are no more than inferred. */
export async function showRegions() {
  const response = await fetch("../../v1/regions");
  if (!response.ok) return;
  const found = await response.json();
  regions.clearLayers().addData(found);
}

/** Draw the crossings of the plan; `choose` is told which one a finger chooses. */
export function showCrossings(all, choose) {
  const isFirst = !drawn.length;
  crossings.clearLayers();
  drawn = all.map((one) => {
    const at = [one.lat, one.lon];
    const circle = L.circle(at, { ...CIRCLE, radius: one.radius_m }).addTo(crossings);
    const number = landprice.element("span", {}, `${one.rank}`);
    const icon = L.divIcon({ className: "field-number", html: number, iconSize: [26, 26] });
    // The list beside has the same for keyboards.
    const marker = L.marker(at, { icon, title: one.place, keyboard: false }).addTo(crossings);
    marker.on("click", () => choose(one));
    return { place: one.place, circle, marker };
  });
  if (isFirst && drawn.length) map.fitBounds(L.featureGroup(drawn.map(({ circle }) => circle)).getBounds(), IN_VIEW);
}

/** Mark the crossing of a place, if it is in the plan; `follow` brings it into view. */
export function mark(place, { follow = false } = {}) {
  for (const one of drawn) {
    const isChosen = one.place === place;
    one.circle.setStyle(isChosen ? CHOSEN : CIRCLE);
    one.marker.getElement()?.classList.toggle("chosen", isChosen);
    one.marker.setZIndexOffset(isChosen ? 1000 : 0);
    if (isChosen && follow) map.fitBounds(one.circle.getBounds(), IN_VIEW);
  }
}

/** Show where the observer is, WGS84. */
export function showHere({ lon, lat, accuracy_m }) {
  here.clearLayers();
  L.circle([lat, lon], { ...AROUND, radius: accuracy_m }).addTo(here);
  L.circleMarker([lat, lon], HERE).bindTooltip(`± ${metres(accuracy_m)}`).addTo(here);
  if (!map.getBounds().contains([lat, lon])) map.panTo([lat, lon]);
}
