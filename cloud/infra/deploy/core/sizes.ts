/** What an environment holds: `cloud/infra/environments/<environment>.json`. */
export interface Sizes {
  readonly workload: Workload;
  readonly iotHub: {
    readonly tier: HubTier;
    readonly units: number;
    readonly partitions: number;
    readonly retentionDays: number;
  };
  readonly eventHubs: {
    readonly throughputUnits: number;
    readonly maximumThroughputUnits: number;
    readonly partitions: number;
    readonly retentionHours: number;
  };
  /** Ten of these are one streaming unit (V2); 3 and 7 are a third and two thirds of one. */
  readonly jobs: {
    readonly hotPathUnits: number;
    readonly coldPathUnits: number;
    readonly alertsUnits: number;
  };
  readonly storage: { readonly redundancy: string; readonly coolAfterDays: number };
  readonly sql: {
    readonly sku: string;
    readonly tier: string;
    readonly capacity: number;
    readonly maximumGb: number;
    readonly zoneRedundant: boolean;
  };
  readonly function: { readonly instanceMemoryMb: number; readonly maximumInstances: number };
  readonly dashboard: {
    readonly sku: string;
    readonly instances: number;
    readonly zoneRedundant: boolean;
  };
  readonly logs: { readonly retentionDays: number; readonly dailyCapGb: number };
  readonly databricks: { readonly enabled: boolean };
  readonly budget: { readonly monthlyUsd: number };
}

/** The meters that the sizes are meant for. */
export interface Workload {
  readonly gateways: number;
  readonly metersBehindGateways: number;
  readonly directMeters: number;
  readonly readingIntervalSeconds: number;
}

/** Tiers of IoT Hub that gateways can use. */
export type HubTier = 'S1' | 'S2' | 'S3';
