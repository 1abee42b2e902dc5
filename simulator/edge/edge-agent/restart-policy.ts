/** When a module that has ended is started again. Pure. */
import type { ManifestModule } from '../manifest/read-manifest.ts';

export interface BackOff {
  readonly firstMs: number;
  readonly longestMs: number;
  /** A module that ran for so long begins with `firstMs` again. */
  readonly healthyMs: number;
}

/** Quick, for a developer's machine. */
export const LOCAL_BACK_OFF: BackOff = { firstMs: 250, longestMs: 30_000, healthyMs: 60_000 };

/** As edgeAgent: 10 s, doubled up to 5 minutes. Source: Azure/iotedge, RestartPolicyManager.cs. */
export const FAITHFUL_BACK_OFF: BackOff = {
  firstMs: 10_000,
  longestMs: 300_000,
  healthyMs: 600_000,
};

/** How a module ended; `failed` is unknown for one that an earlier edgeAgent had started: true. */
export interface ModuleExit {
  readonly failed: boolean;
  /** Failures in a row before this end. */
  readonly restartsInARow: number;
  readonly ranMs: number;
}

/** Milliseconds until the module starts again, or undefined when it stays down. */
export function restartDelayMs(
  policy: ManifestModule['restartPolicy'],
  { failed, restartsInARow, ranMs }: ModuleExit,
  backOff: BackOff,
): number | undefined {
  if (policy === 'never' || (policy !== 'always' && !failed)) return undefined;
  if (ranMs >= backOff.healthyMs) return backOff.firstMs;
  return Math.min(backOff.firstMs * 2 ** restartsInARow, backOff.longestMs);
}
