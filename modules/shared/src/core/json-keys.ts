/**
 * Finds what JSON.parse hides: keys that stand twice in an object, of which it takes the last.
 *
 * Keys in the text are counted, which costs little, and compared with the keys that were parsed.
 * Only where the numbers differ is the text read again.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const COMMA = 0x2c;
const COLON = 0x3a;

/** Keys in a valid JSON text, or more: an escaped quote before a colon looks like the end of one. */
export function countKeys(text: string): number {
  let keys = 0;
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) {
    let before = at - 1;
    while (text.charCodeAt(before) <= SPACE) before -= 1;
    if (text.charCodeAt(before) === QUOTE) keys += 1;
  }
  return keys;
}

/**
 * The first key that stands twice in each entry of a valid JSON text, by the number of the entry: 0,
 * or its place in the array that the text is.
 */
export function repeatedKeys(text: string): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  const open: (Set<string> | undefined)[] = [];
  let entry = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (keys !== undefined && isKey(text, end)) {
        const key = keyOf(text.slice(at, end + 1));
        if (keys.has(key) && !found.has(entry)) found.set(entry, key);
        keys.add(key);
      }
      at = end;
    } else if (code === COMMA) {
      if (open.length === 1 && open[0] === undefined) entry += 1;
    } else noteBracket(text.charAt(at), open);
  }
  return found;
}

function noteBracket(character: string, open: (Set<string> | undefined)[]): void {
  if (character === '{') open.push(new Set());
  else if (character === '[') open.push(undefined);
  else if (character === '}' || character === ']') open.pop();
}

/** Position of the quote that ends the string beginning at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) {
    at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  }
  return at;
}

function isKey(text: string, end: number): boolean {
  let next = end + 1;
  while (text.charCodeAt(next) <= SPACE) next += 1;
  return text.charCodeAt(next) === COLON;
}

/** The same key may be written with and without escapes. */
function keyOf(quoted: string): string {
  return quoted.includes('\\') ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
}
