/** What the console knows of the local system, as it is pushed to the pages. */
import type { MailSummary } from './mail.ts';
import type {
  AzureStatus,
  EdgeAgentStatus,
  EdgeHubStatus,
  FunctionsStatus,
  JobsStatus,
  LinkStatus,
  MetersStatus,
  ModuleCounters,
} from '../server/status-schemas.ts';
import type { Section } from './section.ts';

/** What a start decided; it does not change while the system runs. */
export interface Setup {
  /** Meters wait for clicks, and registering takes ID scope and group key. */
  readonly manual: boolean;
  readonly gatewayDeviceId: string;
  readonly iotHubHostName: string;
  readonly dashboardUrl: string;
}

export interface SystemStatus {
  readonly setup: Section<Setup>;
  readonly meters: Section<MetersStatus>;
  readonly azure: Section<AzureStatus>;
  readonly jobs: Section<JobsStatus>;
  readonly functions: Section<FunctionsStatus>;
  readonly link: Section<LinkStatus>;
  readonly edgeHub: Section<EdgeHubStatus>;
  readonly edgeAgent: Section<EdgeAgentStatus>;
  /** Counters of each module that answers, by module id. */
  readonly modules: Section<Readonly<Record<string, ModuleCounters>>>;
  readonly mails: Section<readonly MailSummary[]>;
}

/** Pushed to a page: first all sections, then those that changed. */
export interface StatusMessage {
  /** When the status was collected, epoch milliseconds. */
  readonly atMs: number;
  readonly sections: Partial<SystemStatus>;
}
