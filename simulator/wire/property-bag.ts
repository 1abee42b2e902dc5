/**
 * The properties of a message as the last level of its MQTT topic: `%24.mid=m1&alert=a%20b`.
 *
 * Keys that begin with `$.` are system properties, e.g. `$.mid` the message id.
 * Source: learn.microsoft.com/azure/iot/iot-mqtt-connect-to-iot-hub#sending-device-to-cloud-messages
 */

/** Properties by key, as they stand in the bag (`$.mid` with its prefix). */
export type PropertyBag = Record<string, string>;

/** A property bag that no client should have sent. */
export class MalformedPropertyBagError extends Error {
  override readonly name = 'MalformedPropertyBagError';
  readonly code = 'MALFORMED_PROPERTY_BAG';
}

/**
 * Reads a bag; of a repeated key the last value counts.
 *
 * @throws MalformedPropertyBagError when a percent sequence is not UTF-8
 */
export function decodePropertyBag(text: string): PropertyBag {
  if (text === '') return {};
  const entries = text.split('&').map((pair): [string, string] => {
    const equals = pair.indexOf('=');
    if (equals === -1) return [decode(pair), ''];
    return [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))];
  });
  // fromEntries makes own properties of every key, `__proto__` included.
  return Object.fromEntries(entries);
}

/** Writes a bag that is one topic level: `/`, `+` and `#` are always encoded. */
export function encodePropertyBag(bag: Readonly<PropertyBag>): string {
  return Object.entries(bag)
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
    .join('&');
}

/** The system properties without their prefix (`mid`), and the application's own. */
export function splitPropertyBag(bag: Readonly<PropertyBag>): {
  system: PropertyBag;
  application: PropertyBag;
} {
  const entries = Object.entries(bag);
  const system = entries.filter(([key]) => key.startsWith('$.'));
  return {
    system: Object.fromEntries(system.map(([key, value]) => [key.slice(2), value])),
    application: Object.fromEntries(entries.filter(([key]) => !key.startsWith('$.'))),
  };
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new MalformedPropertyBagError(`'${text}' is not percent-encoded UTF-8`, { cause: error });
  }
}
