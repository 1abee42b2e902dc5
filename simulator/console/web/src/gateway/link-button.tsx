import type { LinkStatus } from '../../../server/status-schemas.ts';
import { postJson } from '../api.ts';
import { ActionButton } from '../look/action-button.tsx';

/** Cuts or mends the link between gateway and cloud. */
export function LinkButton({ link }: { readonly link: LinkStatus | undefined }) {
  const command = link?.up === false ? 'mend' : 'cut';
  return (
    <ActionButton
      act={() => postJson('api/link', { command })}
      disabled={link === undefined}
      tone={command === 'mend' ? 'primary' : 'danger'}
      label={`${command === 'cut' ? 'Cut' : 'Mend'} the link between gateway and cloud`}
    >
      {command === 'cut' ? 'Cut' : 'Mend'}
    </ActionButton>
  );
}
