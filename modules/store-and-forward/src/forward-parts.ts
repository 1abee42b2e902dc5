import type { Clock } from '../../shared/src/clock.ts';
import type { KeptValues } from '../../shared/src/kept-values.ts';
import type { Backlog } from './backlog.ts';
import type { BulkPath } from './bulk/bulk-path.ts';
import type { DailyBudget } from './core/daily-budget.ts';
import type { DeliveredStore } from './delivered-store.ts';
import type { ForwardStore } from './forward-store.ts';
import type { Resend } from './resend.ts';
import type { TelemetryPacker } from './telemetry-packer.ts';
import type { UplinkAdmission } from './uplink-admission.ts';

/** What store-and-forward is made of. */
export interface ForwardParts {
  readonly store: ForwardStore;
  readonly packer: TelemetryPacker;
  readonly backlog: Backlog;
  readonly delivered: DeliveredStore;
  readonly resend: Resend;
  readonly bulk: BulkPath;
  readonly kept: KeptValues;
  readonly budget: DailyBudget;
  readonly admission: UplinkAdmission;
  readonly clock: Clock;
  readonly deviceId: string;
}
