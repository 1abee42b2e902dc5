import { useEffect, useState } from 'preact/hooks';
import type { PageSession } from '../../core/page-message.ts';
import { readSession } from './session.ts';

/** Who is signed in, and the way out; nothing where nobody has to sign in. */
export function Visitor() {
  const [session, setSession] = useState<PageSession>();
  useEffect(() => {
    void readSession().then((answer) => {
      if (answer !== undefined && answer !== 'signed-out') setSession(answer);
    });
  }, []);
  if (session === undefined || session.signOutUrl === null) return null;
  return (
    <span class="visitor muted">
      <span class="visitor-name" title={session.signedInAs ?? ''}>
        {session.signedInAs}
      </span>
      <a class="link" href={session.signOutUrl}>
        Sign out
      </a>
    </span>
  );
}
