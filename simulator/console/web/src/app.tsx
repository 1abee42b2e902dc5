import { useEffect, useState } from 'preact/hooks';
import { valueOf } from '../../core/section.ts';
import { AzurePage } from './azure/azure-page.tsx';
import { BuildingPage } from './building/building-page.tsx';
import { FlowStrip } from './flow-strip.tsx';
import { GatewayPage } from './gateway/gateway-page.tsx';
import { ShowFault } from './look/use-action.tsx';
import { MailboxPage } from './mailbox/mailbox-page.tsx';
import { useRoute } from './route.ts';
import { followSystem, NOTHING_YET, type System } from './system.ts';

const PAGES = [
  ['building', 'Building'],
  ['gateway', 'Gateway'],
  ['azure', 'Azure'],
  ['mailbox', 'Mailbox'],
] as const;

/** The whole console. */
export function App() {
  const [system, setSystem] = useState(NOTHING_YET);
  const [fault, setFault] = useState<string>();
  const [page = 'building', ...rest] = useRoute();
  useEffect(() => followSystem(setSystem), []);
  return (
    <ShowFault.Provider value={setFault}>
      <Header system={system} page={page} />
      <main>
        <FlowStrip system={system} />
        <div class="faults" role="alert">
          {fault === undefined ? null : (
            <p class="fault">
              {fault}{' '}
              <button type="button" class="button small" onClick={() => setFault(undefined)}>
                Close
              </button>
            </p>
          )}
        </div>
        <Page system={system} page={page} rest={rest} />
      </main>
    </ShowFault.Provider>
  );
}

function Header({ system, page }: { readonly system: System; readonly page: string }) {
  const setup = valueOf(system.status.setup);
  const mails = valueOf(system.status.mails)?.length ?? 0;
  return (
    <header class="top">
      <h1>Console</h1>
      <nav aria-label="Parts of the console">
        {PAGES.map(([name, title]) => (
          <a key={name} href={`#/${name}`} aria-current={name === page ? 'page' : undefined}>
            {title}
            {name === 'mailbox' && mails > 0 ? <span class="count">{mails}</span> : null}
          </a>
        ))}
        {setup === undefined ? null : (
          <a href={setup.dashboardUrl} target="_blank" rel="noreferrer">
            Dashboard ↗
          </a>
        )}
      </nav>
      <span class={`pill ${system.connected ? 'good' : 'bad waiting'}`} role="status">
        {system.connected ? 'Live' : 'Not connected, trying again'}
      </span>
    </header>
  );
}

interface PageProps {
  readonly system: System;
  readonly page: string;
  readonly rest: readonly string[];
}

function Page({ system, page, rest }: PageProps) {
  switch (page) {
    case 'gateway':
      return <GatewayPage system={system} />;
    case 'azure':
      return <AzurePage status={system.status} resource={rest[0]} />;
    case 'mailbox':
      return <MailboxPage status={system.status} openId={rest[0]} />;
    default:
      return <BuildingPage status={system.status} />;
  }
}
