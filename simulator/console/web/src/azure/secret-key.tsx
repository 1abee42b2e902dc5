import { useState } from 'preact/hooks';
import { postJson } from '../api.ts';
import { ActionButton } from '../look/action-button.tsx';
import { CopyButton } from '../look/copy-button.tsx';

/** The enrollment group's key: fetched only when asked for, and forgotten when hidden. */
export function SecretKey() {
  const [key, setKey] = useState<string>();
  const reveal = async () => {
    const answer = await postJson<{ key: string }>('api/enrollment-group/key', {});
    setKey(answer.key);
  };
  if (key === undefined) {
    return (
      <span class="copyable">
        <span class="muted" aria-hidden="true">
          ••••••••••••
        </span>{' '}
        <ActionButton act={reveal} label="Show the primary key">
          Show
        </ActionButton>
      </span>
    );
  }
  return (
    <span class="copyable">
      <code class="key-text">{key}</code> <CopyButton text={key} label="primary key" />{' '}
      <button type="button" class="button small" onClick={() => setKey(undefined)}>
        Hide
      </button>
    </span>
  );
}
