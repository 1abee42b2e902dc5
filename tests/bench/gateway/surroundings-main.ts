/**
 * The world around a gateway as one process: readings go in on one side, IoT Hub takes them on the other.
 *
 * Arguments: path of settings.json, JSON of GatewayIdentities. Jobs and answers go over IPC.
 */
import { ensureCertificates } from '../../../simulator/wire/certificates.ts';
import { readSettings } from '../../../simulator/wire/settings.ts';
import type { Answer, Job } from './jobs.ts';
import { runCount, runFill, runLatency, runLoad, type Surroundings } from './run-jobs.ts';
import { StandInHub, type GatewayIdentities } from './stand-in-hub.ts';

const settings = readSettings(process.argv[2]);
const identities = JSON.parse(process.argv[3] ?? '{}') as GatewayIdentities;
const certificates = await ensureCertificates(settings);
const hub = await StandInHub.start(settings, certificates, identities);
const surroundings: Surroundings = {
  settings,
  hub,
  caPem: certificates.caPem,
  loadKey: identities.keys['meter-simulator'] ?? '',
};

const answer = (message: Answer) => process.send?.(message);

process.on('message', (job: Job) => {
  run(job).then(
    (result) => answer({ state: 'done', result }),
    (error: unknown) => answer({ state: 'failed', reason: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
answer({ state: 'ready' });

function run(job: Job): Promise<unknown> {
  switch (job.kind) {
    case 'load':
      return runLoad(surroundings, job);
    case 'latency':
      return runLatency(surroundings, job);
    case 'fill':
      return runFill(surroundings, job);
    case 'count':
      return runCount(surroundings, job);
  }
}
