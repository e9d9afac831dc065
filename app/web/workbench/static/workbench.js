// The workbench: what the operator knows goes in, and what it changes is seen at once.
import { CONFIG } from "./config.js";
import { BenchMap } from "./bench_map.js";
import { ScanTable } from "./bench_scan.js";
import { button, byId, chinese, element, fill, has, language, lines, metres, percents, shares, t } from "./bench_words.js";

const KEPT = `landprice-workbench-${CONFIG.key}`;
const MOST_MOVES = 12;
const DECIMALS = 7;
const EMPTY = { hints: [], places: [] };

/** All steps, and which of them is shown; what is undone stays until something else is done. */
let steps = [EMPTY];
let at = 0;
let drawn = null;
let version = "";
let trace = [];

const now = () => steps[at];
const tool = () => document.querySelector("input[name=tool]:checked").value;
const isUsing = () => tool() !== "look";
const rounded = (degrees) => Number(degrees.toFixed(DECIMALS));

// Asking the workbench ----------------------------------------------------------------------------

function say(key, values) {
  byId("status").textContent = key ? t(key, values) : "";
}

function complain(message) {
  byId("error").textContent = message;
  byId("error").hidden = !message;
}

/** The sentence of a refusal, in the language of the page where there is one. */
function sentenceOf({ code, message }) {
  const key = `error_${code}`;
  if (!has(key)) return message;
  return language() === "en" ? message : `${t(key)}（${message}）`;
}

/** Send a request; what is refused comes back as `refused`, null if nobody answers; both are shown. */
async function send(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    complain(t("failed"));
    return null;
  }
  const body = await response.json();
  if (response.ok) return body;
  complain(sentenceOf(body.error));
  say("");
  return { refused: body.error.code };
}

/** Post a file as it is, or anything else as JSON. */
function post(path, body) {
  if (body instanceof Blob) return send(path, { method: "POST", body });
  const headers = { "Content-Type": "application/json" };
  return send(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** The same; null if it is refused. */
async function ask(path, body) {
  const answer = await post(path, body);
  return answer?.refused ? null : answer;
}

// Steps -------------------------------------------------------------------------------------------

/** Do one thing after the other: what is said while another is drawn must not be lost. */
let turn = Promise.resolve();
function inTurn(job) {
  turn = turn.then(job, job);
  return turn;
}

/** Draw a step; false if it is refused, and then all is as it was. */
async function draw(step, path = "draw") {
  const started = performance.now();
  say(path === "draw" ? "drawing" : "drawing_anew");
  const answer = await ask(path, step);
  if (!answer) return false;
  drawn = answer;
  say("drawn", { seconds: ((performance.now() - started) / 1000).toFixed(1) });
  return true;
}

/** Do a step; `change` makes it of the one before. */
function doStep(change) {
  return inTurn(async () => {
    complain("");
    const step = change(now());
    if (!(await draw(step))) return false;
    steps = [...steps.slice(0, at + 1), step];
    at += 1;
    show();
    keep();
    return true;
  });
}

function goBy(count) {
  return inTurn(async () => {
    complain("");
    const number = at + count;
    if (number < 0 || number >= steps.length || !(await draw(steps[number]))) return;
    at = number;
    show();
    keep();
  });
}

/** Draw again what is there. */
function redraw(path = "draw") {
  return inTurn(async () => {
    if (await draw(now(), path)) show();
  });
}

const addHints = (...hints) => doStep((step) => ({ ...step, hints: [...step.hints, ...hints] }));

/** Keep what is not saved, should the page be closed. */
function keep() {
  try {
    window.localStorage.setItem(KEPT, JSON.stringify(now()));
  } catch {
    // Without storage the changes last as long as the page.
  }
}

function kept() {
  try {
    return JSON.parse(window.localStorage.getItem(KEPT)) ?? EMPTY;
  } catch {
    return EMPTY;
  }
}

// Showing -----------------------------------------------------------------------------------------

function show() {
  const { settled, settled_before: before } = drawn;
  const [was, is] = [shares(before), shares(settled)];
  byId("settled").textContent = was === is ? is : t("from_to", { before: was, now: is });
  byId("exactness").textContent = now().hints.length ? t(drawn.is_exact ? "exact" : "estimated") : "";
  byId("undo").disabled = at === 0;
  byId("redo").disabled = at === steps.length - 1;
  byId("save-button").disabled = !now().hints.length;
  map.draw(drawn, byId("use").value);
  map.showHints(drawn.hints);
  map.showPlaces(now().places);
  showHints();
  showMoves();
  showPlaces();
}

function showHints() {
  const items = now().hints.map((hint, number) => {
    const { lines: names, error_m: errorM, reason } = drawn.hints[number];
    const off = t("off_by", { m: metres(errorM) });
    const item = element("li", {}, lines(names), ` ${off} `, element("small", {}, chinese(`${hint.words} · ${hint.how}`)));
    const buttons = element("span", { class: "buttons" }, button("remove", () => removeHint(hint)));
    if (reason) {
      item.append(element("small", { class: "doubt" }, t("hint_doubt"), reason[language()]));
      const box = element("input", { type: "checkbox", checked: hint.is_confirmed, onchange: () => confirmHint(hint) });
      buttons.append(element("label", { class: "check" }, box, t("hint_confirm")));
    }
    item.append(buttons);
    return item;
  });
  fill(byId("hints"), items, "hints_none");
}

const removeHint = (hint) => doStep((step) => ({ ...step, hints: step.hints.filter((one) => one !== hint) }));

function confirmHint(hint) {
  const confirmed = { ...hint, is_confirmed: !hint.is_confirmed };
  return doStep((step) => ({ ...step, hints: step.hints.map((one) => (one === hint ? confirmed : one)) }));
}

function showMoves() {
  const items = drawn.moves
    .slice(0, MOST_MOVES)
    .map(({ code, move_m: moveM }) => element("li", {}, `${code} · ${metres(moveM)}`));
  const rest = drawn.moves.length - items.length;
  if (rest > 0) items.push(element("li", { class: "empty" }, t("more", { count: rest })));
  fill(byId("moves"), items, "moves_none");
}

function showPlaces() {
  const use = byId("use").value;
  const told = ({ code, price, probability }) =>
    `${code === null ? t("no_region") : price} (${percents(probability)})`;
  const items = drawn.places.map(({ label, before, now: after }, number) => {
    const change = `${told(before[use])} → ${told(after[use])}`;
    const place = now().places[number];
    const remove = () => doStep((step) => ({ ...step, places: step.places.filter((one) => one !== place) }));
    return element("li", {}, `${label}：${change} `, button("remove", remove));
  });
  fill(byId("places"), items, "places_none");
}

// Tools -------------------------------------------------------------------------------------------

const map = new BenchMap(byId("map"), { press, choose, drag });
const scan = new ScanTable({ ask, map, say, isUsing });
const known = new Map(CONFIG.lines.flatMap(({ name, others }) => [name, ...others].map((one) => [one, name])));
const lineIn = (id) => known.get(byId(id).value.trim()) ?? null;

/** Take a line that was clicked for the tool; false if it has all its lines, and puts a mark there. */
function choose(name) {
  const boxes = { line: ["line"], trace: ["line"], crossing: ["line", "other-line"], place: [] };
  const box = tool() === "look" ? "line" : boxes[tool()].find((id) => !lineIn(id));
  if (!box || scan.waiting) return false;
  byId(box).value = name;
  if (box === "line") map.choose(name);
  return true;
}

function showTool() {
  for (const part of document.querySelectorAll("[data-for]")) {
    part.hidden = !part.dataset.for.split(" ").includes(tool());
  }
  byId("tool-help").textContent = t(`help_${tool()}`);
  map.use(isUsing());
  map.dragging(tool() === "line");
  endTrace();
}

function endTrace() {
  trace = [];
  showTrace();
}

function showTrace() {
  map.showTrace(trace);
  byId("trace-count").textContent = trace.length ? t("vertices", { count: trace.length }) : "";
}

const errorM = () => Number(byId("accuracy").value) || 15;
const hintOf = (words, lonlat, kind = "place") => ({ kind, words, lonlat, error_m: errorM(), how: "workbench" });

function drag(name, { lng, lat }) {
  addHints(hintOf(name, [[rounded(lng), rounded(lat)]]));
}

/** Use the tool at a place. */
function press({ lng, lat }) {
  const place = [rounded(lng), rounded(lat)];
  if (scan.place(...place)) return;
  const [line, other] = [lineIn("line"), lineIn("other-line")];
  switch (tool()) {
    case "line":
      if (line) addHints(hintOf(line, [place]));
      else complain(t("choose_line"));
      break;
    case "crossing":
      if (line && other && line !== other) addHints(hintOf(`${line}与${other}交叉口`, [place]));
      else complain(t("choose_two"));
      break;
    case "trace":
      if (line) {
        trace.push(place);
        showTrace();
      } else complain(t("choose_line"));
      break;
    case "place": {
      doStep((step) => {
        const label = t("place_name", { number: step.places.length + 1 });
        return { ...step, places: [...step.places, { label, lon: place[0], lat: place[1] }] };
      });
      break;
    }
    default:
  }
}

for (const input of document.querySelectorAll("input[name=tool]")) input.addEventListener("change", showTool);
byId("line").addEventListener("input", () => map.choose(lineIn("line")));
byId("trace-drop").addEventListener("click", () => {
  trace.pop();
  showTrace();
});
byId("trace-done").addEventListener("click", async () => {
  const line = lineIn("line");
  if (!line) complain(t("choose_line"));
  else if (trace.length < 2) complain(t("needs_two"));
  else if (await addHints(hintOf(line, trace, "traced"))) endTrace();
});
byId("put").addEventListener("submit", async (event) => {
  event.preventDefault();
  complain("");
  const text = byId("typed").value.trim();
  if (!text) {
    byId("typed").focus();
    return;
  }
  const found = await ask("find", { text, crs: byId("typed-crs").value });
  if (!found) return;
  map.goTo(found, Math.max(found.radius_m, 300));
  press({ lng: found.lon, lat: found.lat });
});

// The plan, files, and what is saved --------------------------------------------------------------

byId("plan-ask").addEventListener("click", async () => {
  complain("");
  say("planning");
  byId("plan-ask").disabled = true;
  const found = await ask("plan", { ...now(), most: 8 });
  byId("plan-ask").disabled = false;
  if (!found) return;
  say("");
  map.showPlan(found.crossings);
  const items = found.crossings.map((one) => {
    const told = t("plan_item", { radius: metres(one.radius_m), settled: shares(one.settled) });
    const here = () => {
      byId("tools").querySelector("[value=crossing]").click();
      [byId("line").value, byId("other-line").value] = one.lines;
      map.choose(one.lines[0]);
      map.goTo(one, one.radius_m);
    };
    const buttons = element("span", { class: "buttons" }, button("plan_here", here));
    return element("li", {}, lines(one.lines), element("small", {}, told), buttons);
  });
  fill(byId("plan"), items, "plan_none");
});

byId("import").addEventListener("submit", async (event) => {
  event.preventDefault();
  const [file] = byId("file").files;
  if (!file) {
    say("read_none");
    return;
  }
  say("reading");
  const query = new URLSearchParams({ name: file.name });
  if (byId("file-crs").value) query.set("crs", byId("file-crs").value);
  if (byId("file-words").value.trim()) query.set("words", byId("file-words").value.trim());
  complain("");
  const hints = await ask(`read?${query}`, file);
  if (hints && (await addHints(...hints))) {
    say("read_done", { count: hints.length });
    byId("file").value = "";
  }
});

function showEntries({ version: current, entries }) {
  version = current;
  map.showSaved(entries);
  const items = entries.map((entry) => {
    const told = `${entry.id} · ${t("off_by", { m: metres(Number(entry.error_m)) })} · ${entry.who} · `;
    const status = element("span", { class: entry.status }, t(`status_${entry.status}`));
    const item = element("li", {}, lines(entry.lines), element("small", {}, told, status, ` · ${entry.how}`));
    if (entry.status === "doubtful" && entry.reason) {
      item.append(element("small", { class: "doubt" }, entry.reason[language()]));
    }
    const buttons = element("span", { class: "buttons" });
    if (entry.status !== "confirmed") buttons.append(button("confirm", () => setStatus(entry.id, "confirmed")));
    if (entry.status !== "withdrawn") buttons.append(button("withdraw", () => setStatus(entry.id, "withdrawn")));
    buttons.append(button("plan_here", () => map.goTo({ lon: entry.lonlat[0][0], lat: entry.lonlat[0][1] }, 400)));
    item.append(buttons);
    return item;
  });
  fill(byId("entries"), items, "entries_none");
}

async function reload() {
  const found = await send("observed");
  if (found && !found.refused) showEntries(found);
}

/** Send a change of the saved observations; what somebody else changed meanwhile is shown. */
async function change(path, body) {
  complain("");
  const answer = await post(path, body);
  if (answer?.refused === "notebook_changed") await reload();
  if (!answer || answer.refused) return null;
  showEntries(answer);
  return answer;
}

async function setStatus(id, status) {
  if (await change("status", { ids: [id], status, version })) await redraw();
}

byId("save").addEventListener("submit", async (event) => {
  event.preventDefault();
  const who = byId("who").value.trim();
  if (!who) {
    say("save_who");
    byId("who").focus();
    return;
  }
  await inTurn(async () => {
    const { hints } = now();
    if (!hints.length) return; // they were saved by the press before
    const answer = await change("save", { hints, who, version });
    if (!answer) return;
    steps = [{ ...now(), hints: [] }];
    at = 0;
    keep();
    if (await draw(now())) show();
    say("saved", { ids: answer.ids.join(", ") });
  });
});

byId("whole").addEventListener("click", () => map.fit());
byId("reload").addEventListener("click", reload);
byId("undo").addEventListener("click", () => goBy(-1));
byId("redo").addEventListener("click", () => goBy(1));
document.addEventListener("keydown", (event) => {
  const isText = event.target.matches?.("input:not([type=radio], [type=checkbox]), select");
  if (!(event.ctrlKey || event.metaKey) || isText) return;
  const key = event.key.toLowerCase();
  if (key === "z" && !event.shiftKey) goBy(-1);
  else if (key === "y" || key === "z") goBy(1);
  else return;
  event.preventDefault();
});
byId("draw-anew").addEventListener("click", async () => {
  complain("");
  byId("draw-anew").disabled = true;
  await redraw("draw-anew");
  byId("draw-anew").disabled = false;
});

// What is shown -----------------------------------------------------------------------------------

for (const input of document.querySelectorAll("input[name=layer]")) {
  input.addEventListener("change", () => {
    map.show(input.value, input.checked);
    if (input.value === "certainty") byId("certainty-legend").hidden = !input.checked;
  });
}
byId("certainty-legend").append(
  ...CONFIG.certaintyColours.map((colour, level) => {
    const swatch = element("span", { class: "swatch" });
    swatch.style.background = colour;
    return element("li", {}, swatch, t(`sure_${level}`));
  }),
);
byId("use").append(...CONFIG.uses.map((use) => element("option", { value: use.code }, use[language()])));
byId("use").addEventListener("change", () => {
  map.drawRegions(byId("use").value);
  showPlaces();
});
byId("base").append(
  element("option", { value: "" }, t("base_none")),
  ...[...map.bases].map(([name, { label }]) => element("option", { value: name }, label)),
);
byId("base").value = CONFIG.ownBase ? "own" : "";
byId("base").addEventListener("change", () => map.showBase(byId("base").value));
byId("lines").append(
  ...CONFIG.lines.map(({ name, others }) => element("option", { value: name }, others.join(" "))),
);

async function start() {
  showTool();
  await reload();
  const before = kept();
  if (before.hints.length + before.places.length && (await doStep(() => before))) say("restored");
  else await redraw(); // what was refused is still kept, and why is on the page
}

start();
