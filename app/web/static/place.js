// The place that is asked for: in the address bar, and as a query to the service.

/**
 * What the reader asks for, unread: a text, or two numbers in a system; and what is known of it.
 * @typedef {{at?: string, lon?: string, lat?: string, crs?: string, known?: string[]}} Place
 */

const OWN = ["at", "lon", "lat", "crs"];

/** @returns {Place | null} the place in a query string */
export function placeIn(query) {
  if (!["at", "lon", "lat"].some((name) => query.has(name))) return null;
  const place = { known: query.getAll("known") };
  for (const name of OWN) {
    if (query.has(name)) place[name] = query.get(name);
  }
  return place;
}

/** @param {Place | null} place */
export function queryOf(place) {
  const query = new URLSearchParams();
  for (const name of OWN) {
    if (place?.[name] != null && place[name] !== "") query.set(name, place[name]);
  }
  for (const fact of place?.known ?? []) query.append("known", fact);
  return query;
}

/** How a parcel to be valued differs from the standard parcel; its names are those of the service. */
const PARCEL = ["plot_ratio", "remaining_years", "date", "development", "area_m2"];

/** @returns {import("./valuation.js").Parcel | null} the parcel to be valued in a query string */
export function parcelIn(query) {
  if (!query.has("appraise")) return null;
  const parcel = Object.fromEntries(PARCEL.filter((name) => query.get(name)).map((name) => [name, query.get(name)]));
  const factor = query.getAll("factor");
  return factor.length ? { ...parcel, factor } : parcel;
}

/** A place, a use and a parcel there as a query to the service. */
export function valuationQueryOf(place, use, parcel) {
  const query = queryOf(place);
  query.set("use", use);
  addParcel(query, parcel);
  return query;
}

function addParcel(query, parcel) {
  for (const name of PARCEL) if (parcel[name]) query.set(name, parcel[name]);
  for (const one of parcel.factor ?? []) query.append("factor", one);
}

/** The address of a certificate: of prices (`price`), or of a valuation (`appraise`). */
export function certificateOf(kind, query, lang) {
  const asked = new URLSearchParams(query);
  if (lang === "en") asked.set("lang", lang);
  return `v1/${kind}.pdf?${asked}`;
}

/** The address of what is shown: a place or a region, a use, a valued parcel, a part of the map, a language. */
export function addressOf({ place = null, region = null, use = null, parcel = null, view = null, lang }) {
  const query = queryOf(place);
  if (region) query.set("region", region);
  if (use) query.set("use", use);
  if (parcel) {
    query.set("appraise", "1");
    addParcel(query, parcel);
  }
  if (view) query.set("view", view);
  if (lang === "en") query.set("lang", "en");
  const text = query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  return text ? `?${text}` : window.location.pathname;
}

/** @returns {{center: [number, number], zoom: number} | null} a part of the map, `lat,lon,zoom` */
export function viewIn(query) {
  const [lat, lon, zoom] = (query.get("view") ?? "").split(",").map(Number);
  const ok = Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && zoom > 0 && zoom < 25;
  return ok ? { center: [lat, lon], zoom } : null;
}
