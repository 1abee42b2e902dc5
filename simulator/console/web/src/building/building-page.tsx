import { useState } from 'preact/hooks';
import { valueOf } from '../../../core/section.ts';
import type { SystemStatus } from '../../../core/system-status.ts';
import type { MeterStatus } from '../../../server/status-schemas.ts';
import { Card } from '../look/card.tsx';
import { SectionView } from '../look/section-view.tsx';
import { LOOK_WORDS } from './meter-look.ts';
import { MeterPanel } from './meter-panel.tsx';
import { MeterWindow } from './meter-window.tsx';

/** More windows than this are found by name. */
const MAX_WINDOWS = 200;
const SEARCH_FROM = 30;

/** The building with its meters, and the panel of the one that was clicked. */
export function BuildingPage({ status }: { readonly status: Partial<SystemStatus> }) {
  const [selectedId, setSelectedId] = useState<string>();
  return (
    <SectionView section={status.meters}>
      {({ meters }) => {
        const selected = meters.find(({ id }) => id === selectedId) ?? meters[0];
        const device = valueOf(status.azure)?.iotHub.devices.find(
          ({ deviceId }) => deviceId === selected?.id,
        );
        return (
          <div class="building-page">
            <Building meters={meters} selectedId={selected?.id} select={setSelectedId} />
            {selected === undefined ? null : (
              <MeterPanel
                key={selected.id}
                meter={selected}
                device={device}
                setup={valueOf(status.setup)}
              />
            )}
          </div>
        );
      }}
    </SectionView>
  );
}

interface BuildingProps {
  readonly meters: readonly MeterStatus[];
  readonly selectedId: string | undefined;
  readonly select: (id: string) => void;
}

function Building({ meters, selectedId, select }: BuildingProps) {
  const [sought, setSought] = useState('');
  const found = meters.filter(({ id }) => id.toLowerCase().includes(sought.toLowerCase()));
  const shown = found.slice(0, MAX_WINDOWS);
  return (
    <Card title="Building" aside={<span class="muted">click a window</span>}>
      {meters.length < SEARCH_FROM ? null : (
        <label class="search">
          Find a meter
          <input value={sought} onInput={({ currentTarget }) => setSought(currentTarget.value)} />
          <span class="muted">
            {shown.length} of {meters.length}
          </span>
        </label>
      )}
      <div class="house">
        <div class="roof" aria-hidden="true" />
        <ul class={`windows ${meters.length > SEARCH_FROM ? 'many' : ''}`} aria-label="Meters">
          {shown.map((meter) => (
            <li key={meter.id}>
              <MeterWindow meter={meter} pressed={meter.id === selectedId} select={select} />
            </li>
          ))}
        </ul>
        <div class="ground" aria-hidden="true" />
      </div>
      <ul class="look-legend muted">
        {Object.entries(LOOK_WORDS).map(([look, words]) => (
          <li key={look}>
            <span class={`key ${look}`} /> {words}
          </li>
        ))}
      </ul>
    </Card>
  );
}
