/**
 * Gives the page a language that Intl knows; imported before everything else, for its effect alone.
 *
 * Chromium without a locale of its own (LANG=C, a bare container) calls its language "en-US@posix". uPlot hands
 * that to Intl.NumberFormat while it is loaded, which throws, and the page would stay empty.
 */
try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true });
}
