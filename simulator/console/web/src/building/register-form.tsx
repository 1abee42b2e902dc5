import { useState } from 'preact/hooks';
import { postJson } from '../api.ts';
import { useAction } from '../look/use-action.tsx';

/** ID scope and group key, copied by hand from Device Provisioning as in the lab. */
export function RegisterForm({ id, isAgain }: { readonly id: string; readonly isAgain: boolean }) {
  const [idScope, setIdScope] = useState('');
  const [groupKey, setGroupKey] = useState('');
  const { busy, run } = useAction();
  const register = (event: Event) => {
    event.preventDefault();
    run(async () => {
      await postJson('api/meters', { id, command: 'register', idScope, groupKey });
      setGroupKey('');
    });
  };
  return (
    <form class="register" onSubmit={register} autocomplete="off">
      <p class="muted">
        Both are shown under <a href="#/azure/device-provisioning">Device Provisioning</a>.
      </p>
      <label>
        ID scope
        <input
          value={idScope}
          required
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => setIdScope(currentTarget.value)}
        />
      </label>
      <label>
        Group key
        <input
          type="password"
          value={groupKey}
          required
          autocomplete="off"
          onInput={({ currentTarget }) => setGroupKey(currentTarget.value)}
        />
      </label>
      <button type="submit" class={`button ${isAgain ? '' : 'primary'}`} disabled={busy}>
        {isAgain ? 'Register again' : 'Register'}
      </button>
    </form>
  );
}
