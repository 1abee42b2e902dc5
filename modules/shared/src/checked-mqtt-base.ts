/**
 * What edgeHub sends, made such that the SDK cannot stumble over it.
 *
 * Invariants:
 * - a twin request that failed is a failure, though edgeHub answers it without a body;
 * - nothing that edgeHub sends ends the process.
 */
import mqttBase from 'azure-iot-mqtt-base';

const { MqttBase } = mqttBase;

const TWIN_RESPONSE = /^\$iothub\/twin\/res\/(\d+)\//;
const DESIRED_PATCH = /^\$iothub\/twin\/PATCH\/properties\/desired\//;
const INPUT = /^(devices\/[^/]*\/modules\/[^/]*\/inputs\/[^/]*\/)(.*)$/s;

/** A message as it goes to the SDK; undefined when there is nothing in it that could be used. */
type Passed = { readonly topic: string; readonly payload: unknown } | undefined;

/** MQTT of the SDK that passes on what the SDK can take. */
export class CheckedMqttBase extends MqttBase {
  /** Called when a change of the twin came that cannot be read. */
  unreadable: () => void = () => {};

  override emit(event: string | symbol, ...details: unknown[]): boolean {
    const [topic, payload] = details;
    if (event !== 'message' || typeof topic !== 'string') return super.emit(event, ...details);
    const passed = checked(topic, payload);
    if (passed !== undefined) return super.emit(event, passed.topic, passed.payload);
    this.unreadable();
    return true;
  }
}

function checked(topic: string, payload: unknown): Passed {
  const status = TWIN_RESPONSE.exec(topic)?.[1];
  if (status !== undefined) return { topic, payload: twinAnswer(Number(status), payload) };
  if (DESIRED_PATCH.test(topic)) return isObject(parsed(payload)) ? { topic, payload } : undefined;
  return { topic: readableInput(topic), payload };
}

/**
 * The SDK does not look at the status, and recognises an error by its body only; a document that is
 * none ends the process.
 */
function twinAnswer(status: number, payload: unknown): unknown {
  const fails = status >= 300 || (status === 200 && !isObject(parsed(payload)));
  if (!fails) return status === 200 ? payload : Buffer.alloc(0);
  const message = `edgeHub answered the twin request with ${status}`;
  return Buffer.from(JSON.stringify({ errorCode: status, message }));
}

/** A property bag that cannot be decoded is passed on as it stands. */
function readableInput(topic: string): string {
  const [, address, bag] = INPUT.exec(topic) ?? [];
  if (address === undefined || bag === undefined) return topic;
  try {
    decodeURIComponent(bag);
    return topic;
  } catch {
    return `${address}${bag.replaceAll('%', '%25')}`;
  }
}

function parsed(payload: unknown): unknown {
  try {
    return JSON.parse(String(payload));
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
