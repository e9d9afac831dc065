// Lets a reader of a report choose the other language; Chinese comes first.
"use strict";

document.querySelector(".language").addEventListener("click", () => {
  const root = document.documentElement;
  root.lang = root.lang === "en" ? "zh-CN" : "en";
  document.title = document.title.replace(/^[^·]+/, `${document.querySelector(`h1 .in-${root.lang.slice(0, 2)}`).textContent} `);
});
