// Keeps the page, what it names and what it last heard, so that it opens without a network.
// Before this text stands SHELL: what the page consists of, and a version that changes with it.
/* global SHELL */
"use strict";

const HOME = new URL("./", self.location.href);
const OWN = `landprice ${HOME.href} `;
const SHELL_CACHE = OWN + SHELL.version;
const DATA_CACHE = `${OWN}data`;
const DATA = ["plan.json", "../../v1/regions", "../../basemap.json"].map((path) => new URL(path, HOME).href);

self.addEventListener("install", (event) => {
  event.waitUntil(keepShell());
});

async function keepShell() {
  const cache = await caches.open(SHELL_CACHE);
  await cache.addAll(SHELL.files);
  await self.skipWaiting();
}

self.addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

async function takeOver() {
  const old = (name) => name.startsWith(OWN) && name !== SHELL_CACHE && name !== DATA_CACHE;
  await Promise.all((await caches.keys()).filter(old).map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET") return;
  if (url.origin + url.pathname === HOME.href) {
    const lang = url.searchParams.get("lang") === "en" ? "en" : "zh";
    event.respondWith(fromShell(new URL(`./?lang=${lang}`, HOME).href, request));
  } else if (url.href.startsWith(`${HOME.href}assets/`)) {
    event.respondWith(fromShell(url.href, request));
  } else if (DATA.includes(url.href)) {
    event.respondWith(lastHeard(event));
  }
});

/** All of one version: the page is never newer than its scripts. */
async function fromShell(address, request) {
  const cache = await caches.open(SHELL_CACHE);
  return (await cache.match(address)) ?? fetch(request);
}

/** What was heard last time, at once; what is heard now is kept for the next. */
async function lastHeard(event) {
  const cache = await caches.open(DATA_CACHE);
  const kept = await cache.match(event.request.url);
  const heard = hear(event.request, cache);
  if (!kept) return heard;
  event.waitUntil(heard.catch(() => {})); // without a network it stays as it is
  return kept;
}

async function hear(request, cache) {
  const response = await fetch(request);
  if (response.ok) await cache.put(request.url, response.clone());
  return response;
}
