// Where the phone is: the best that it tells within some seconds.

const LONGEST_MS = 20000;
const GOOD_M = 10; // a phone in the open hardly does better
const DENIED = 1; // GeolocationPositionError.PERMISSION_DENIED
const OPTIONS = { enableHighAccuracy: true, maximumAge: 0, timeout: LONGEST_MS };

/** Whether this browser tells a position to this page. */
export const canLocate = () => window.isSecureContext && Boolean(navigator.geolocation);

/**
 * Watch the position until it is good or time is over.
 *
 * `heard` is told every better position; then `found` the best one, or `failed` why there is none.
 * @returns {() => void} ends it with what there is
 */
export function locate({ heard, found, failed }) {
  let best = null;
  let ended = false;

  function end(error) {
    if (ended) return;
    ended = true;
    navigator.geolocation.clearWatch(watch);
    window.clearTimeout(timer);
    if (best) found(best);
    else failed(error?.code === DENIED ? "denied" : "unavailable");
  }

  const timer = window.setTimeout(end, LONGEST_MS);
  const watch = navigator.geolocation.watchPosition(
    ({ coords, timestamp }) => {
      const { longitude: lon, latitude: lat, accuracy: accuracy_m } = coords;
      if (ended || (best && best.accuracy_m <= accuracy_m)) return;
      best = { lon, lat, accuracy_m, at: new Date(timestamp).toISOString() };
      heard(best);
      if (accuracy_m <= GOOD_M) end();
    },
    (error) => {
      if (error.code === DENIED) end(error); // others may pass while it is watched
    },
    OPTIONS,
  );
  return () => end();
}
