// A scanned map: shown in a small map of its own, and laid under the lines by control points.
/* global L */
import { button, byId, element, fill, t } from "./bench_words.js";
import { icon } from "./bench_map.js";

const MOST_POINTS = 6;

export class ScanTable {
  /**
   * @param {{ask: Function, map: import("./bench_map.js").BenchMap, say: Function}} bench
   */
  constructor(bench) {
    this.bench = bench;
    this.points = [];
    this.waiting = null; // a point on the scan whose place on the ground is not said yet
    byId("scan-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.read();
    });
    byId("fit").addEventListener("change", () => this.fit());
    byId("opacity").addEventListener("input", () => this.bench.map.scan?.setOpacity(this.opacity));
    byId("scan-remove").addEventListener("click", () => this.remove());
  }

  get opacity() {
    return byId("opacity").value / 100;
  }

  async read() {
    const [file] = byId("scan-file").files;
    if (!file) {
      this.bench.say("read_none");
      return;
    }
    this.bench.say("reading");
    const page = encodeURIComponent(byId("scan-page").value || "1");
    const scan = await this.bench.ask(`scan?page=${page}`, file);
    if (!scan) return;
    this.bench.say("");
    byId("scan-page").max = scan.pages;
    byId("scan-work").hidden = false;
    this.points = [];
    this.name = scan.name;
    this.show(scan);
    this.update();
  }

  show({ width, height }) {
    this.picker?.remove();
    this.picker = L.map("scan-map", {
      crs: L.CRS.Simple,
      minZoom: -5,
      maxZoom: 3,
      zoomSnap: 0.25,
      doubleClickZoom: false,
      attributionControl: false,
    });
    const bounds = [[-height, 0], [0, width]];
    L.imageOverlay(`scan/${this.name}/as-read.png`, bounds).addTo(this.picker);
    this.marks = L.layerGroup().addTo(this.picker);
    this.picker.fitBounds(bounds);
    this.picker.on("click", ({ latlng }) => this.pick(latlng));
    const box = this.picker.getContainer();
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target !== box) return;
      event.preventDefault();
      this.pick(this.picker.getCenter());
    });
  }

  /** Take a place on the scan; the next click on the map says where that is. */
  pick({ lat, lng }) {
    if (this.points.length >= MOST_POINTS && !this.waiting) return;
    this.waiting = { column: lng, row: -lat };
    this.update();
  }

  /** Say where the waiting point is; false if none waits. */
  place(lon, lat) {
    if (!this.waiting) return false;
    this.points.push({ ...this.waiting, lon, lat });
    this.waiting = null;
    this.fit();
    return true;
  }

  drop(number) {
    this.points.splice(number, 1);
    this.fit();
  }

  async fit() {
    this.fitted = null;
    this.update();
    const least = byId("fit").value === "affine" ? 3 : 2;
    if (this.points.length < least) {
      this.bench.map.showScan(null);
      return;
    }
    this.fitted = await this.bench.ask(`scan/${this.name}/fit`, { points: this.points, fit: byId("fit").value });
    if (this.fitted) {
      this.turns = (this.turns ?? 0) + 1;
      this.bench.map.showScan(`scan/${this.name}/turned.png?${this.turns}`, this.fitted.bounds, this.opacity);
    }
    this.update();
  }

  update() {
    const all = this.waiting ? [...this.points, this.waiting] : this.points;
    this.marks.clearLayers();
    all.forEach(({ column, row }, number) => {
      const marker = { icon: icon("number point", `${number + 1}`), interactive: false, keyboard: false, alt: "" };
      this.marks.addLayer(L.marker([-row, column], marker));
    });
    this.bench.map.showControlPoints(all);
    this.bench.map.use(this.bench.isUsing() || this.waiting !== null);
    const off = this.fitted?.residuals_m;
    const items = this.points.map((_, number) => {
      const values = { number: number + 1, off: off?.[number] };
      const told = off ? t("scan_point", values) : t("scan_point_new", values);
      return element("li", {}, told, " ", button("remove", () => this.drop(number)));
    });
    fill(byId("scan-points"), items, "scan_first");
    byId("scan-told").textContent = this.told();
  }

  told() {
    if (this.waiting) return t("scan_next");
    if (!this.fitted) return t("scan_first");
    const { rms_m: rms, metres_a_pixel: scale } = this.fitted;
    return rms === null ? t("scan_unchecked", { scale }) : t("scan_rms", { rms, scale });
  }

  remove() {
    this.points = [];
    this.waiting = null;
    this.fitted = null;
    this.bench.map.showScan(null);
    this.update();
    byId("scan-work").hidden = true;
  }
}
