// Notes of this phone: kept until they are delivered, and sent whenever there is a network.

/**
 * @typedef {{id: string, place: string, lon: number, lat: number, crs: string, accuracy_m: number,
 *   at: string, who: string}} Note
 * @typedef {{note: Note, state: "waiting" | "sent" | "refused", ids?: string[], error?: object}} Kept
 */

// The same for all tokens of a service, so that what waits is sent when the operator changes it.
const ROOM = `landprice-field ${new URL("../../", window.location.href).pathname}`;
const OBSERVER = `${ROOM} who`;
const REFUSALS = [413, 422];
const TIMEOUT_MS = 20000;

/** @type {Kept[]} */
let all = [];
let isKept = true;
let sending = false;
let trouble = null;
let changed = () => {};

/** All notes, the newest first. */
export const notes = () => [...all].reverse();

/** Whether the browser keeps notes when the page is closed. */
export const areKept = () => isKept;

/** Why the last attempt did not deliver all: "offline", "gone", "failed", or null. */
export const lastTrouble = () => trouble;

/** Call back after each change. */
export function onChange(callback) {
  changed = callback;
}

function load() {
  try {
    all = JSON.parse(window.localStorage.getItem(ROOM) ?? "[]");
  } catch {
    // Without a storage what is in memory holds.
  }
}

/** Change the notes as they are stored, for another tab may have changed them. */
function change(edit) {
  if (isKept) load();
  all = edit(all);
  try {
    window.localStorage.setItem(ROOM, JSON.stringify(all));
    isKept = true;
  } catch {
    isKept = false;
  }
  changed();
}

/** Take a note in, or in the place of the refused one that it mends. */
export function keep(note) {
  const kept = { note, state: "waiting" };
  change((before) =>
    before.some((one) => one.note.id === note.id)
      ? before.map((one) => (one.note.id === note.id ? kept : one))
      : [...before, kept],
  );
}

export function remove(id) {
  change((before) => before.filter(({ note }) => note.id !== id));
}

function settle(id, outcome) {
  change((before) => before.map((one) => (one.note.id === id ? { note: one.note, ...outcome } : one)));
}

/** Send what waits, one after the other; what cannot be delivered goes on waiting. */
export async function send() {
  if (sending) return;
  sending = true;
  const tried = new Set();
  trouble = null;
  try {
    for (;;) {
      const next = all.find(({ note, state }) => state === "waiting" && !tried.has(note.id));
      if (!next) break;
      tried.add(next.note.id);
      const found = await deliver(next.note);
      if (found.state) settle(next.note.id, found);
      else trouble = found.trouble;
      if (trouble && trouble !== "failed") break; // it would be the same with the others
    }
  } finally {
    sending = false;
  }
  changed();
}

async function deliver(note) {
  try {
    const response = await fetch("notes", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(note),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.ok) return { state: "sent", ids: (await response.json()).ids };
    if (REFUSALS.includes(response.status)) return { state: "refused", error: (await response.json()).error };
    return { trouble: response.status === 404 ? "gone" : "failed" };
  } catch {
    return { trouble: "offline" };
  }
}

export function observer() {
  try {
    return window.localStorage.getItem(OBSERVER) ?? "";
  } catch {
    return "";
  }
}

export function rememberObserver(who) {
  try {
    window.localStorage.setItem(OBSERVER, who);
  } catch {
    // Then the name is asked for at each visit.
  }
}

window.addEventListener("storage", () => {
  load();
  changed();
});
load();
