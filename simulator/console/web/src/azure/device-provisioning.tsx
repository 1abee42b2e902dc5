import type { SystemStatus } from '../../../core/system-status.ts';
import type { AzureStatus } from '../../../server/status-schemas.ts';
import { postJson } from '../api.ts';
import { ActionButton } from '../look/action-button.tsx';
import { Card } from '../look/card.tsx';
import { CopyButton } from '../look/copy-button.tsx';
import { Facts } from '../look/facts.tsx';
import { SectionView } from '../look/section-view.tsx';
import { Table } from '../look/table.tsx';
import { formatTime } from '../words.ts';
import { SecretKey } from './secret-key.tsx';

type Provisioning = AzureStatus['deviceProvisioning'];

/** ID scope, linked hub, the enrollment group and what has registered. */
export function DeviceProvisioning({ status }: { readonly status: Partial<SystemStatus> }) {
  return (
    <SectionView section={status.azure}>
      {({ deviceProvisioning }) => (
        <>
          <Overview provisioning={deviceProvisioning} />
          <EnrollmentGroup provisioning={deviceProvisioning} />
          <Card title="Registration records">
            <Table
              label="Registration records"
              columns={['Registration id', 'Device id', 'Assigned hub', 'Registered at']}
              rows={deviceProvisioning.registrations.map((record) => [
                <b>{record.registrationId}</b>,
                record.deviceId,
                record.assignedHub,
                formatTime(record.atMs),
              ])}
              empty="Nothing has registered yet."
            />
          </Card>
        </>
      )}
    </SectionView>
  );
}

function Overview({ provisioning }: { readonly provisioning: Provisioning }) {
  const { idScope, linkedHub } = provisioning;
  return (
    <Card title="Device Provisioning">
      <Facts
        facts={[
          [
            'ID scope',
            <span class="copyable">
              <code>{idScope}</code> <CopyButton text={idScope} label="ID scope" />
            </span>,
          ],
          ['Linked hub', <code>{linkedHub}</code>],
        ]}
      />
    </Card>
  );
}

function EnrollmentGroup({ provisioning }: { readonly provisioning: Provisioning }) {
  const { enrollmentGroupId, enrollmentGroupEnabled: enabled } = provisioning;
  return (
    <Card
      title="Enrollment group"
      aside={
        <ActionButton act={() => postJson('api/enrollment-group', { enabled: !enabled })}>
          {enabled ? 'Disable' : 'Enable'}
        </ActionButton>
      }
    >
      <Facts
        facts={[
          ['Name', <code>{enrollmentGroupId}</code>],
          ['Attestation', 'symmetric key'],
          ['State', enabled ? 'enabled' : 'disabled: registrations are refused'],
          ['Primary key', <SecretKey />],
        ]}
      />
    </Card>
  );
}
