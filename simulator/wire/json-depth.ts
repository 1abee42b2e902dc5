/**
 * Whether parsed JSON has more than `levels` levels of objects and arrays.
 *
 * JSON of strangers is asked before anything descends into it: at a byte a level, 50,000 levels fit
 * into one message, and exhaust the stack.
 */
export function isDeeperThan(json: unknown, levels: number): boolean {
  if (typeof json !== 'object' || json === null) return false;
  return levels === 0 || Object.values(json).some((part) => isDeeperThan(part, levels - 1));
}
