// Measures lengths and areas on a map. A classic script, because it also stands in the map as a file.
"use strict";

const landpriceMeasure = (() => {
  const STYLE = { color: "#12356b", weight: 3, pane: "point", interactive: false };
  const POINT = { radius: 5, color: "#12356b", weight: 2, fillColor: "#ffffff", fillOpacity: 1, pane: "point", interactive: false };
  const TEXTS = {
    zh: {
      start: "测量：点击地图逐点量距离，三点以上另给面积；退格键撤回一点，再按按钮结束。",
      length: (m) => (m < 1000 ? `长 ${Math.round(m)} 米` : `长 ${(m / 1000).toFixed(2)} 公里`),
      area: (ha) => `，围成 ${ha.toFixed(2)} 公顷（${(ha * 15).toFixed(1)} 亩）`,
    },
    en: {
      start: "Measuring: click the map point by point; from three points on with the area. Backspace takes a point back, the button ends.",
      length: (m) => (m < 1000 ? `${Math.round(m)} m long` : `${(m / 1000).toFixed(2)} km long`),
      area: (ha) => `, encloses ${ha.toFixed(2)} ha (${(ha * 15).toFixed(1)} mu)`,
    },
  };

  /** Return the area that points enclose, in hectares; on a plane that touches the sphere there. */
  function hectares(places) {
    const { lat: lat0, lng: lng0 } = places[0];
    const metres = (L.CRS.Earth.R * Math.PI) / 180;
    const flat = places.map(({ lat, lng }) => [
      (lng - lng0) * metres * Math.cos((lat0 * Math.PI) / 180),
      (lat - lat0) * metres,
    ]);
    const twice = flat.reduce((sum, [x, y], i) => {
      const [nextX, nextY] = flat[(i + 1) % flat.length];
      return sum + x * nextY - nextX * y;
    }, 0);
    return Math.abs(twice) / 2 / 10_000;
  }

  class Measure {
    /**
     * @param {L.Map} map
     * @param {{language: () => "zh" | "en", tell: (text: string) => void}} host
     */
    constructor(map, { language, tell }) {
      Object.assign(this, { map, language, tell, active: false, places: [] });
      this.drawn = L.layerGroup().addTo(map);
    }

    /** Begin, or end and take away what was measured; return whether it is on. */
    toggle() {
      this.active = !this.active;
      this.places = [];
      this.show();
      return this.active;
    }

    add(place) {
      this.places.push(place);
      this.show();
    }

    takeBack() {
      this.places.pop();
      this.show();
    }

    show() {
      const { places } = this;
      this.drawn.clearLayers();
      if (places.length > 2) L.polygon(places, { ...STYLE, fillOpacity: 0.12 }).addTo(this.drawn);
      else if (places.length) L.polyline(places, STYLE).addTo(this.drawn);
      for (const place of places) L.circleMarker(place, POINT).addTo(this.drawn);
      this.tell(this.active ? this.told() : "");
    }

    told() {
      const { places } = this;
      const texts = TEXTS[this.language()];
      if (places.length < 2) return texts.start;
      const length = places.slice(1).reduce((sum, place, i) => sum + this.map.distance(places[i], place), 0);
      const area = places.length > 2 ? texts.area(hectares(places)) : "";
      return `${texts.length(length)}${area}`;
    }
  }

  return Measure;
})();
