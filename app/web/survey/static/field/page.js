// The field page: what to observe next, and a note of where the observer stands.
/* global landprice */
import { mark, showCrossings, showHere, showRegions } from "./chart.js";
import { CITY } from "./city.js";
import * as kept from "./notes.js";
import { canLocate, locate } from "./position.js";
import { has, metres, moment, shares, t } from "./words.js";

const { chinese, element } = landprice;
const byId = (id) => document.getElementById(id);
const place = byId("place");
const who = byId("who");
const stand = byId("stand");

const POOR_M = 100; // worse than that tells little of where a crossing is
const TYPED_M = 15; // of a place that was read from a map
const EVERY_MS = 30000;
const GATEWAYS = [502, 504]; // a proxy did not wait for the plan, which the service goes on computing
const NUMBERS = /^\s*(-?[\d.]+)\s*[,，;；\s]\s*(-?[\d.]+)\s*$/u;

let plan = null;
let stop = null; // ends the locating that is under way
let poor = null; // a position that the observer may keep or not
let mended = null; // the refused note that is being mended
let told = null; // the note of which the status tells what becomes of it

function tell(key, values = {}) {
  told = null;
  byId("status").textContent = key ? t(key, values) : "";
}

// The plan --------------------------------------------------------------------------------------

async function loadPlan() {
  try {
    const response = await fetch("plan.json");
    if (GATEWAYS.includes(response.status)) return;
    if (!response.ok) throw new Error(`${response.status}`);
    plan = await response.json();
  } catch {
    if (!plan) byId("plan-told").textContent = t("plan_failed");
    return;
  }
  const { settled, crossings } = plan;
  const then = crossings.length ? crossings[crossings.length - 1].settled : settled;
  const told = crossings.length ? t("plan_about", { now: shares(settled), then: shares(then) }) : t("plan_none");
  byId("plan-told").textContent = told;
  showCrossings(crossings, choose);
  renderPlan();
}

function renderPlan() {
  if (!plan) return;
  const noted = new Set(kept.notes().filter(({ state }) => state !== "refused").map(({ note }) => note.place));
  const before = [plan.settled, ...plan.crossings.map(({ settled }) => settled)];
  const items = plan.crossings.map((one, i) => crossingItem(one, before[i], noted.has(one.place)));
  const focused = document.activeElement?.dataset?.place;
  byId("crossings").replaceChildren(...items);
  if (focused) document.querySelector(`#crossings [data-place="${focused}"]`)?.focus();
  mark(place.value.trim());
}

function crossingItem(one, before, isNoted) {
  const [north, east] = one.lines;
  const gain = t("crossing_gain", { before: shares(before), after: shares(one.settled) });
  const attributes = {
    type: "button",
    "aria-pressed": `${place.value.trim() === one.place}`,
    "data-place": one.place,
    onclick: () => choose(one),
  };
  return element(
    "li",
    {},
    element(
      "button",
      attributes,
      element("span", { class: "number" }, `${one.rank}`),
      element("strong", {}, chinese(`${north} × ${east}`), isNoted ? element("small", { class: "done" }, `✓ ${t("noted")}`) : null),
      aside(t("crossing_about", { radius: metres(one.radius_m) }), gain),
    ),
  );
}

/** Short facts, each of which stays on one line. */
function aside(...facts) {
  return element("span", { class: "muted" }, ...facts.filter(Boolean).map((fact) => element("span", {}, fact)));
}

function choose(one) {
  place.value = one.place;
  showChoice();
  mark(one.place, { follow: true });
  tell(null);
  if (window.matchMedia("(max-width: 860px)").matches) window.scrollTo({ top: 0 }); // where the map is
}

function showChoice() {
  for (const button of document.querySelectorAll("#crossings button")) {
    button.setAttribute("aria-pressed", `${button.dataset.place === place.value.trim()}`);
  }
}

// The place in words ----------------------------------------------------------------------------

/** Offer names of lines; after 与 those that cross the first. */
function offer() {
  const [first, second] = place.value.split("与");
  const axis = CITY.lines[first.trim()];
  const names = Object.keys(CITY.lines);
  const texts =
    second === undefined || !axis
      ? names
      : names.filter((name) => CITY.lines[name] !== axis).map((name) => `${first.trim()}与${name}交叉口`);
  byId("places").replaceChildren(...texts.map((value) => element("option", { value })));
}

place.addEventListener("input", () => {
  offer();
  showChoice();
  mark(place.value.trim());
});

// The observer ----------------------------------------------------------------------------------

function showObserver() {
  const name = kept.observer();
  byId("who-row").hidden = Boolean(name);
  byId("who-told").hidden = !name;
  byId("who-name").textContent = t("who_told", { who: name });
  who.value = name;
}

byId("who-change").addEventListener("click", () => {
  byId("who-row").hidden = false;
  byId("who-told").hidden = true;
  who.focus();
  who.select();
});

// Noting ----------------------------------------------------------------------------------------

/** Whether the form has what every note needs; if not, say what is missing. */
function isComplete() {
  for (const [input, key] of [[place, "place_missing"], [who, "who_missing"]]) {
    const isMissing = !input.value.trim();
    input.toggleAttribute("aria-invalid", false);
    if (isMissing) {
      input.setAttribute("aria-invalid", "true");
      tell(key);
      input.focus();
      return false;
    }
  }
  kept.rememberObserver(who.value.trim());
  return true;
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (stop) stop();
  else if (isComplete()) {
    if (mended) keepNote(mended);
    else start();
  }
});

function start() {
  askAboutPoor(null);
  if (!canLocate()) {
    offerTyping("insecure");
    return;
  }
  tell("locating");
  stop = locate({
    heard(position) {
      tell("locating_accuracy", { accuracy: metres(position.accuracy_m) });
      showHere(position);
    },
    found(position) {
      ended();
      if (position.accuracy_m > POOR_M) askAboutPoor(position);
      else keepNote({ ...position, crs: "wgs84" });
    },
    failed(why) {
      ended();
      offerTyping(why);
    },
  });
  stand.textContent = t("stop");
}

function ended() {
  stop = null;
  stand.textContent = t("stand");
}

function askAboutPoor(position) {
  poor = position;
  byId("choice").hidden = !position;
  if (position) tell("poor", { accuracy: metres(position.accuracy_m) });
}

byId("again").addEventListener("click", () => {
  stand.focus();
  if (isComplete()) start();
});

byId("keep").addEventListener("click", () => {
  stand.focus();
  if (isComplete()) keepNote({ ...poor, crs: "wgs84" });
});

function offerTyping(why) {
  tell(why);
  byId("typed").open = true;
  byId("typed").scrollIntoView({ block: "nearest" });
}

byId("typed-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = byId("coordinate");
  const found = NUMBERS.exec(input.value);
  const [lon, lat] = found ? [Number(found[1]), Number(found[2])] : [NaN, NaN];
  input.setAttribute("aria-invalid", `${!(Number.isFinite(lon) && Number.isFinite(lat))}`);
  if (!Number.isFinite(lon) || !Number.isFinite(lat)) {
    tell("typed_wrong");
    input.focus();
  } else if (isComplete()) {
    const typed = { lon, lat, crs: byId("crs").value, accuracy_m: TYPED_M };
    const { id, at } = mended ?? { at: new Date().toISOString() };
    keepNote({ ...typed, id, at });
    input.value = "";
  }
});

/** Keep a note of a position, and send it. */
function keepNote({ id = newId(), lon, lat, crs, accuracy_m, at }) {
  const note = { id, place: place.value.trim(), lon, lat, crs, accuracy_m, at, who: who.value.trim() };
  stopMending();
  askAboutPoor(null);
  kept.keep(note);
  showObserver();
  told = id;
  tellOutcome();
  kept.send();
}

/** A random UUID; the browser's own function is for https pages alone. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40; // version 4
  bytes[8] = (bytes[8] & 0x3f) | 0x80; // of RFC 9562
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Say what has become of the note that was kept last. */
function tellOutcome() {
  const found = kept.notes().find(({ note }) => note.id === told);
  if (!found) return;
  const { note, state } = found;
  byId("status").textContent = t(`saved_${state}`, { place: note.place, accuracy: metres(note.accuracy_m) });
}

// Notes -----------------------------------------------------------------------------------------

function renderNotes() {
  const all = kept.notes();
  byId("notes").replaceChildren(...all.map(noteItem));
  byId("notes-told").textContent = summary(all);
  renderPlan();
  tellOutcome();
}

function summary(all) {
  if (!all.length) return t("notes_none");
  const count = (state) => all.filter((one) => one.state === state).length;
  const parts = [];
  if (!kept.areKept()) parts.push(t("notes_not_kept"));
  if (count("waiting")) parts.push(t(`notes_${kept.lastTrouble() ?? "waiting"}`, { count: count("waiting") }));
  if (count("refused")) parts.push(t("notes_refused", { count: count("refused") }));
  return parts.join(" ") || t("notes_sent");
}

function noteItem({ note, state, ids, error }) {
  return element(
    "li",
    { "data-state": state },
    element("strong", {}, chinese(note.place)),
    element("span", { class: "state" }, t(`state_${state}`)),
    aside(moment(note.at), `± ${metres(note.accuracy_m)}`, note.who, ids && t("note_number", { ids: ids.join(", ") })),
    error ? refusal(error) : null,
    state === "waiting" ? null : tools(note, error),
  );
}

/** Why a note was refused: in the reader's language where there are words, and exactly. */
function refusal({ code, message }) {
  const key = has(`refused_${code}`) ? `refused_${code}` : "refused_other";
  return element("p", { class: "error" }, t(key), " ", element("span", { lang: "en" }, message));
}

function tools(note, error) {
  const isRefused = Boolean(error);
  const button = (key, onclick) => {
    const label = t(`${key}_what`, { place: note.place });
    return element("button", { type: "button", class: isRefused ? null : "code", "aria-label": label, onclick }, t(key));
  };
  return element(
    "div",
    { class: "tools" },
    isRefused ? button("mend", () => mend(note, error)) : null,
    button("remove", () => {
      if (isRefused && !window.confirm(t("remove_sure"))) return;
      if (mended?.id === note.id) stopMending();
      kept.remove(note.id);
      byId("notes-heading").focus();
    }),
  );
}

function mend(note, error) {
  mended = note;
  place.value = note.place;
  who.value = note.who;
  stand.textContent = t("mend_done");
  byId("coordinate").value = `${note.lon}, ${note.lat}`;
  byId("crs").value = note.crs;
  tell("mending");
  const isOfPosition = ["lon", "lat"].includes(error.field);
  if (isOfPosition) byId("typed").open = true;
  (isOfPosition ? byId("coordinate") : place).focus();
}

function stopMending() {
  mended = null;
  stand.textContent = t("stand");
}

// Start -----------------------------------------------------------------------------------------

/** Keep the page for when there is no network, and what it asks for once more, to be kept too. */
async function keepOffline() {
  if (!navigator.serviceWorker) return;
  navigator.serviceWorker.addEventListener("controllerchange", load);
  await navigator.serviceWorker.register("sw.js");
}

function load() {
  loadPlan();
  showRegions().catch(() => {}); // the map does without
}

function retry() {
  kept.send();
  if (!plan) loadPlan();
}

kept.onChange(renderNotes);
offer();
showObserver();
renderNotes();
load();
keepOffline().catch(() => {}); // then the page needs a network
window.addEventListener("online", retry);
window.setInterval(retry, EVERY_MS);
kept.send();
