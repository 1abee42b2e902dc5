/** The bulk path of a module, with what it needs of the rest. */
import type { Clock } from '../../../shared/src/clock.ts';
import type { Database } from '../../../shared/src/database.ts';
import type { ModuleEnvironment } from '../../../shared/src/env.ts';
import type { Logger } from '../../../shared/src/logger.ts';
import type { Backlog } from '../backlog.ts';
import type { TelemetryPacker } from '../telemetry-packer.ts';
import { BulkPath } from './bulk-path.ts';
import { BulkStore } from './bulk-store.ts';
import { containerOf } from './open-container.ts';

export interface BulkPathParts {
  readonly database: Database;
  readonly backlog: Backlog;
  readonly packer: TelemetryPacker;
  readonly clock: Clock;
  readonly log: Logger;
  readonly environment: ModuleEnvironment;
  /** What messages of this gateway are named by. */
  readonly gateway: string;
}

/** Makes the bulk path; it does nothing before it is configured. */
export function startBulkPath(parts: BulkPathParts): BulkPath {
  const { database, backlog, packer, clock, log, environment, gateway } = parts;
  const { deviceId, bulkSasFile: sasFile, bulkContainerUrl: containerUrl } = environment;
  return new BulkPath({
    store: new BulkStore(database),
    backlog: {
      get waitingReadings() {
        return packer.status().backlogReadings;
      },
      get blocks() {
        return backlog.blocks;
      },
      recount: () => backlog.recount(),
      damaged: (block) => backlog.loseDamaged({ ...block, isThinned: false }),
      delivered: (blocks) =>
        packer.acknowledged(blocks.map(([first, last]) => `telemetry/${gateway}/${first}-${last}`)),
    },
    open: containerOf({ sasFile, containerUrl }),
    clock,
    log,
    gateway,
    deviceId,
  });
}
