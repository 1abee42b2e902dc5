/**
 * The line between the gateway and the cloud: two TCP relays and one switch.
 *
 * edgeHub reaches IoT Hub through it and nothing else, so a cut here is an outage for the gateway
 * and for nobody besides.
 */
import { join } from 'node:path';
import { startControlApi } from '../wire/control-api.ts';
import type { LocalProcessContext, RunningService } from '../wire/local-process.ts';
import { readLinkPosition, writeLinkPosition, type LinkPosition } from './link-switch.ts';
import { Relay } from './relay.ts';

/** What `GET /status` of the link answers. */
export interface LinkStatus extends LinkPosition {
  /** Open now. */
  readonly connections: number;
  /** Bytes from the gateway to the cloud and back, since the process was started. */
  readonly bytesUp: number;
  readonly bytesDown: number;
}

/** Starts the relays in the position the switch was left in; up at first. */
export async function startLink({ settings, log }: LocalProcessContext): Promise<RunningService> {
  const { ports } = settings;
  const file = join(settings.stateFolder, 'link.json');
  let position = readLinkPosition(file) ?? { up: true, sinceMs: Date.now() };
  const relays = [
    new Relay({ from: ports.linkMqtt, to: ports.iotHubMqtt }, position.up),
    new Relay({ from: ports.linkHttps, to: ports.iotHubHttps }, position.up),
  ];
  await Promise.all(relays.map((relay) => relay.start()));

  const turn = (up: boolean): LinkStatus => {
    if (up !== position.up) {
      position = { up, sinceMs: Date.now() };
      writeLinkPosition(file, position);
      for (const relay of relays) {
        if (up) relay.open();
        else relay.shut();
      }
      log.info({ up }, 'link switched');
    }
    return statusOf(position, relays);
  };
  const control = await startControlApi(settings, 'link', (app) => {
    app.get('/status', () => statusOf(position, relays));
    app.post('/cut', () => turn(false));
    app.post('/mend', () => turn(true));
  });
  const stop = async () => {
    await control.stop();
    await Promise.all(relays.map((relay) => relay.stop()));
  };
  return { stop };
}

function statusOf(position: LinkPosition, relays: readonly Relay[]): LinkStatus {
  const traffic = relays.map((relay) => relay.traffic());
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
  return {
    ...position,
    connections: sum(traffic.map(({ connections }) => connections)),
    bytesUp: sum(traffic.map(({ bytesUp }) => bytesUp)),
    bytesDown: sum(traffic.map(({ bytesDown }) => bytesDown)),
  };
}
